"""A file in two steps: upload it and see what it would do, then have it done."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from . import uploads

MEGABYTE = 1024 * 1024


class FileForm(forms.Form):
    """A form with a ``file`` of at most ``max_bytes``; cleaned, the file is its bytes."""

    max_bytes: ClassVar[int]

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > self.max_bytes:
            raise forms.ValidationError(
                _("The file is larger than %(size)d MB.") % {"size": self.max_bytes // MEGABYTE}
            )
        self.file_name = str(upload.name)[:255]
        self.content: bytes = upload.read()
        return self.content


class LookFirstView(WagtailAdminTemplateMixin, FormView):
    """Shows what a file would do and keeps it until that is confirmed.

    ``form_valid`` shows it, with the token that ``keep`` gives; ``confirmed`` does it.
    """

    #: Under which the file waits, see ``hub.uploads``.
    purpose: ClassVar[str]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "token" not in request.POST:
            return super().post(request, *args, **kwargs)
        content = uploads.kept(request.POST["token"], purpose=self.purpose, owner=self.owner)
        if content is None:
            messages.error(
                request, _("The file was kept for an hour only. Please upload it again.")
            )
            return redirect(request.path)
        return self.confirmed(content)

    @property
    def owner(self) -> int:
        key: Any = self.request.user.pk
        return int(key)

    def keep(self, content: bytes) -> str:
        """Keep the file; the token is to come back with the confirmation."""
        return uploads.keep(content, purpose=self.purpose, owner=self.owner)

    def confirmed(self, content: bytes) -> HttpResponseBase:
        """Do what was shown."""
        raise NotImplementedError
