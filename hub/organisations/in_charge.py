"""Pages of the administration for who does something for an authority's people."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from .models import Organisation, User
from .permissions import organisations_where


class InChargeMixin(WagtailAdminTemplateMixin):
    """A page for who holds one of ``permissions`` for an authority; others get 404."""

    permissions: tuple[str, ...]
    request: HttpRequest

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not self.organisations:
            raise Http404

    @cached_property
    def organisations(self) -> list[Organisation]:
        """The authorities for which the person may do it."""
        return organisations_where(self.request.user, *self.permissions)

    @property
    def actor(self) -> User:
        return cast(User, self.request.user)
