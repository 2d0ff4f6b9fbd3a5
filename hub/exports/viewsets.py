"""The log of hand-overs in the Wagtail admin, and the way to hand over."""

from __future__ import annotations

from datetime import datetime

from django.contrib.admin.utils import quote
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic

from hub.organisations.views import NameSearchMixin
from hub.organisations.viewsets import ReadOnlyScopedModelViewSet

from .actions import extent_in_words
from .auditing import LogPermissionPolicy, filters_for
from .exporters import list_label
from .models import ExportRun
from .views import HandOverView, MadeView, fetch_file


def _moment(moment: datetime | None) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT") if moment else "–"


def _who(run: ExportRun) -> str:
    return str(run.user or _("an operator, by a command"))


class ExportRunIndexView(NameSearchMixin, generic.IndexView):
    person = "user"
    default_ordering = "-created_at"

    @property
    def columns(self) -> list[Column]:  # type: ignore[override]
        return [
            TitleColumn(
                "created_at",
                label=_("When"),
                accessor=lambda run: _moment(run.created_at),
                sort_key="created_at",
                get_url=lambda run: reverse("exports:inspect", args=[quote(run.pk)]),
            ),
            Column("number", label=_("Number"), accessor="reference", sort_key="number"),
            Column("exporter", label=_("List"), accessor=lambda run: list_label(run.exporter)),
            Column("purpose", label=_("Purpose")),
            Column("user", label=_("Who"), accessor=_who, sort_key="user__name_key"),
            Column("organisation", label=_("Authority"), sort_key="organisation__name"),
            Column("file_format", label=_("Format"), accessor=lambda run: run.file_format.upper()),
            Column("row_count", label=_("Rows"), sort_key="row_count"),
        ]


class ExportRunInspectView(generic.InspectView):
    def get_exporter_display_value(self) -> str:
        return list_label(self.object.exporter)

    def get_number_display_value(self) -> str:
        return str(self.object.reference)

    def get_filters_display_value(self) -> str:
        """The filters in the words of the day of the hand-over."""
        words = filters_for(self.request.user, self.object)
        return "; ".join(f"{label}: {value}" for label, value in words) or "–"

    def get_since_display_value(self) -> str:
        return extent_in_words(self.object)

    def get_user_display_value(self) -> str:
        return _who(self.object)

    def get_created_at_display_value(self) -> str:
        return _moment(self.object.created_at)

    def get_finished_at_display_value(self) -> str:
        return _moment(self.object.finished_at)

    def get_file_format_display_value(self) -> str:
        return str(self.object.file_format.upper())


class ExportRunViewSet(ReadOnlyScopedModelViewSet):
    """Übergaben: who took which list out of the hub, what for; nobody can change it."""

    model = ExportRun
    name = "exports"
    url_prefix = "uebergaben"
    icon = "download"
    menu_label = _("Hand-overs")
    menu_name = "hand-overs"
    menu_order = 310
    add_to_admin_menu = True
    index_view_class = ExportRunIndexView
    inspect_view_class = ExportRunInspectView
    inspect_view_fields = [
        "number",
        "created_at",
        "exporter",
        "purpose",
        "filters",
        "since",
        "organisation",
        "user",
        "file_format",
        "row_count",
        "sha256",
        "manifest_sha256",
        "finished_at",
        "uuid",
    ]
    list_select_related = ["user", "organisation"]

    search_fields = ["purpose"]
    list_per_page = 50

    @property
    def permission_policy(self) -> LogPermissionPolicy:
        return LogPermissionPolicy(self.model, organisation_lookup="organisation")

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("neu/<slug:identifier>/", HandOverView.as_view(), name="hand_over"),
            path("liste/<uuid:run>/", MadeView.as_view(), name="made"),
            path("liste/<uuid:run>/datei/", fetch_file, name="file"),
        ]
