"""The log of hand-overs in the Wagtail admin, and the way to hand over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import quote
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic

from hub.organisations.menu import LISTS
from hub.organisations.permissions import OrganisationPermissionPolicy
from hub.organisations.views import NameSearchMixin
from hub.organisations.viewsets import ReadOnlyScopedModelViewSet

from . import schedule_views, token_views
from .actions import extent_in_words
from .api import accesses
from .auditing import LogPermissionPolicy, SchedulePermissionPolicy, filters_for
from .exporters import list_label
from .models import ApiToken, ExportRun, ExportSchedule
from .views import HandOverView, MadeView, fetch_file


def _moment(moment: datetime | None) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT") if moment else "–"


def _who(run: ExportRun) -> str:
    """Who handed over; of what a program read, with which token, and who answers for that."""
    if run.api_token is not None:
        return gettext("interface: %(token)s (%(person)s)") % {
            "token": run.api_token.name,
            "person": run.user,
        }
    return str(run.user or _("an operator, by a command"))


def _format(run: ExportRun) -> str:
    if run.file_format == accesses.FORMAT:
        return gettext("interface")
    return run.file_format.upper()


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
            Column("file_format", label=_("Format"), accessor=_format),
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

    def get_schedule_display_value(self) -> str:
        schedule = self.object.schedule
        return schedule.get_rhythm_display() if schedule else "–"

    def get_user_display_value(self) -> str:
        return _who(self.object)

    def get_created_at_display_value(self) -> str:
        return _moment(self.object.created_at)

    def get_finished_at_display_value(self) -> str:
        return _moment(self.object.finished_at)

    def get_file_format_display_value(self) -> str:
        return _format(self.object)


class ExportRunViewSet(ReadOnlyScopedModelViewSet):
    """Übergaben: who took which list out of the hub, what for; nobody can change it."""

    model = ExportRun
    name = "exports"
    url_prefix = "uebergaben"
    icon = "download"
    menu_label = _("Hand-overs")
    menu_name = "hand-overs"
    menu_order = 100
    menu_hook = LISTS
    index_view_class = ExportRunIndexView
    inspect_view_class = ExportRunInspectView
    inspect_view_fields = [
        "number",
        "created_at",
        "exporter",
        "purpose",
        "filters",
        "since",
        "schedule",
        "organisation",
        "user",
        "file_format",
        "row_count",
        "request_count",
        "sha256",
        "manifest_sha256",
        "finished_at",
        "uuid",
    ]
    list_select_related = ["user", "organisation", "api_token"]

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


class NamedScheduleIndexView(NameSearchMixin, schedule_views.ScheduleIndexView):
    person = "owner"


class ExportScheduleViewSet(ReadOnlyScopedModelViewSet):
    """Regelmäßige Übergaben: which list is made how often, for whom and what for."""

    model = ExportSchedule
    name = "export_schedules"
    url_prefix = "regelmaessige-uebergaben"
    icon = "calendar-alt"
    menu_label = _("Regular hand-overs")
    menu_name = "schedules"
    menu_order = 105
    menu_hook = LISTS
    index_view_class = NamedScheduleIndexView
    inspect_view_class = schedule_views.ScheduleInspectView
    index_template_name = "exports/schedules.html"
    list_select_related = ["organisation", "owner"]
    search_fields = ["purpose"]
    list_per_page = 50

    @property
    def permission_policy(self) -> SchedulePermissionPolicy:
        return schedule_views.policy()

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("neu/<slug:identifier>/", schedule_views.SetUpView.as_view(), name="set_up"),
            path("erneuern/<int:pk>/", schedule_views.RenewView.as_view(), name="renew"),
            path("stoppen/<int:pk>/", schedule_views.StopView.as_view(), name="stop"),
        ]


class TokenPermissionPolicy(OrganisationPermissionPolicy):
    """One permission for everything there is to do with tokens; nobody changes or deletes one."""

    def _get_permission_codenames(self, actions: Iterable[str]) -> set[str]:
        return {"manage_apitoken"} if {"view", "add", "manage_apitoken"} & set(actions) else set()


class ApiTokenViewSet(ReadOnlyScopedModelViewSet):
    """Schnittstelle: with what programs read the lists of an authority."""

    model = ApiToken
    name = "api_tokens"
    url_prefix = "schnittstelle"
    icon = "key"
    menu_label = pgettext_lazy("menu", "Interface")
    menu_name = "api-tokens"
    menu_order = 120
    menu_hook = LISTS
    index_view_class = token_views.ApiTokenIndexView
    inspect_view_class = token_views.ApiTokenInspectView
    list_select_related = ["organisation", "made_by"]
    search_fields = ["name", "hint"]
    list_per_page = 50

    @property
    def permission_policy(self) -> TokenPermissionPolicy:
        return TokenPermissionPolicy(self.model, organisation_lookup="organisation")

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(**kwargs) | {"add_url_name": self.get_url_name("add")}

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("neu/", token_views.MakeTokenView.as_view(), name="add"),
            path("widerrufen/<int:pk>/", token_views.RevokeTokenView.as_view(), name="revoke"),
        ]
