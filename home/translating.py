"""Translating pages with wagtail-localize, under the hub's own rule of who may publish.

wagtail-localize asks who updates a translation or makes it a mirror of the original again only for
the right to translate or to edit. Both change what is public, so here they need the right to
publish: nothing goes live without the approval of the Untergruppe.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from wagtail.models import Page
from wagtail_localize.views.convert import convert_to_alias
from wagtail_localize.views.update_translations import (
    UpdateTranslationsForm,
)
from wagtail_localize.views.update_translations import (
    UpdateTranslationsView as LocalizeUpdateTranslationsView,
)


class UpdateTranslationsView(LocalizeUpdateTranslationsView):
    """Takes changes of the original over; publishes them for who may publish each translation."""

    def get_form(self) -> UpdateTranslationsForm:
        form = super().get_form()
        if not self._may_publish():
            field = form.fields["publish_translations"]
            field.disabled = True
            field.help_text = _("Only who may publish the translated pages can do this.")
        return form

    def _may_publish(self) -> bool:
        targets: list[Any] = [
            translation.get_target_instance()
            for translation in self.object.translations.filter(enabled=True)
        ]
        return all(
            target.permissions_for_user(self.request.user).can_publish()
            for target in targets
            if isinstance(target, Page)
        )


def make_mirror(request: HttpRequest, page_id: int) -> HttpResponse:
    """Replace a translation by its original, for who may publish it."""
    page = get_object_or_404(Page, id=page_id)
    if not page.permissions_for_user(request.user).can_publish():
        raise PermissionDenied
    response: HttpResponse = convert_to_alias(request, page_id)
    return response
