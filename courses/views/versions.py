"""The versions of a course, a module or a quiz in the Wagtail admin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.models import Page

from courses.activities import place_of
from courses.enums import ChangeKind
from courses.models import ContentVersion, UnitMixin
from hub.i18n import default_locale_id, languages


@dataclass(frozen=True)
class VersionRow:
    """One version of a unit, for the template."""

    version: ContentVersion
    place: str
    #: The edition the original has now.
    newest_edition: int
    is_first: bool
    #: Whether it is the latest one in its language.
    is_latest: bool

    @property
    def label(self) -> str:
        return self.version.label_at(self.place)

    @property
    def language(self) -> str:
        return str(get_language_info(self.version.language)["name_local"])

    @property
    def kind(self) -> str:
        if self.is_first:
            return _("First version")
        is_substantive = self.version.is_substantive
        return str((ChangeKind.SUBSTANTIVE if is_substantive else ChangeKind.EDITORIAL).label)

    @property
    def substantive_changes(self) -> int:
        return self.version.edition - 1

    @property
    def is_older(self) -> bool:
        """Whether what is public in its language lacks a substantive change of the original."""
        return self.is_latest and self.version.edition < self.newest_edition

    @property
    def address(self) -> str:
        """Where it is read as it was."""
        try:
            return reverse("courses:version", args=[self.version.uuid])
        except NoReverseMatch:
            return ""


class VersionsView(WagtailAdminTemplateMixin, TemplateView):
    """All versions of a unit in all languages, the latest first, for who may edit it.

    Others meet 404.
    """

    template_name = "courses/changing/versions.html"
    page_title = gettext_lazy("Versions")
    header_icon = "history"
    page: Page

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        found = _original(kwargs["unit_key"])
        if found is None or not found.permissions_for_user(request.user).can_edit():
            raise Http404
        self.page = found

    @property
    def editor(self) -> str:
        return str(AdminURLFinder(self.request.user).get_edit_url(self.page))

    def get_page_subtitle(self) -> str:
        return str(self.page.get_admin_display_title())

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": self.editor, "label": self.get_page_subtitle()},
            {"url": "", "label": str(self.get_page_title())},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"rows": self.rows()}

    def rows(self) -> list[VersionRow]:
        versions = list(
            ContentVersion.objects.filter(unit_key=self.page.translation_key)
            .defer("content")
            .order_by("-published_at", "-pk")
        )
        place = place_of(self.page)
        latest: dict[str, ContentVersion] = {}
        for version in versions:
            latest.setdefault(version.language, version)
        own = latest.get(languages()[self.page.locale_id])
        return [
            VersionRow(
                version=version,
                place=place,
                newest_edition=own.edition if own else 1,
                is_first=version.number == 1,
                is_latest=latest[version.language] is version,
            )
            for version in versions
        ]


def _original(unit_key: UUID) -> Page | None:
    """The page of a unit in the language it was written in first."""
    pages = Page.objects.filter(translation_key=unit_key, alias_of__isnull=True)
    found = [page.specific for page in pages.order_by("pk")]
    units = [page for page in found if isinstance(page, UnitMixin)]
    return next((u for u in units if u.locale_id == default_locale_id()), next(iter(units), None))
