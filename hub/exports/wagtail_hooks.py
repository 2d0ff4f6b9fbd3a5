"""Wiring of the hand-overs into the Wagtail admin."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry

from hub.organisations.menu import LISTS, Entry
from hub.organisations.permissions import GroupPermission
from hub.organisations.viewsets import ReadOnlyScopedModelViewSet

from . import admin_urls, auditing, scheduling
from .api import tokens
from .catalogue_views import SWITCH_PERMISSION, VIEW_PERMISSION, catalogues_of
from .switching import SWITCH
from .viewsets import ApiTokenViewSet, ExportRunViewSet, ExportScheduleViewSet


@hooks.register("register_admin_viewset")
def register_viewsets() -> list[ReadOnlyScopedModelViewSet]:
    return [ExportRunViewSet(), ExportScheduleViewSet(), ApiTokenViewSet()]


@hooks.register("register_organisation_permissions")
def offer_permissions() -> list[GroupPermission]:
    return [
        GroupPermission(auditing.VIEW_PERMISSION, _("See the log of hand-overs")),
        GroupPermission(
            auditing.AUDIT_PERMISSION,
            _("Audit the log of hand-overs, without names of employees (staff council)"),
        ),
        GroupPermission(VIEW_PERMISSION, _("See the catalogue of evaluations")),
        GroupPermission(SWITCH_PERMISSION, _("Switch evaluations on and off")),
        GroupPermission(
            tokens.PERMISSION, _("Make and revoke tokens of the interface for HR systems")
        ),
    ]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action("exports.hand_over", _("Hand over a list"), _("List handed over"))
    actions.register_action("exports.fetch", _("Fetch a list"), _("Kept list fetched"))
    actions.register_action(
        scheduling.SET_UP, _("Set up a regular hand-over"), _("Regular hand-over set up")
    )
    actions.register_action(
        scheduling.STOP, _("Stop regular hand-over"), _("Regular hand-over stopped")
    )
    actions.register_action(
        scheduling.END, _("End a regular hand-over"), _("Regular hand-over ended")
    )
    actions.register_action(tokens.MAKE, _("Make a token"), _("Token of the interface made"))
    actions.register_action(tokens.REVOKE, _("Revoke token"), _("Token of the interface revoked"))
    actions.register_action(SWITCH, _("Switch an evaluation"), _("Evaluation switched"))


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    return admin_urls.urlpatterns


def reads_catalogue(user: Any) -> bool:
    return bool(catalogues_of(user))


hooks.register(
    LISTS,
    Entry(
        "report-catalogue",
        _("Catalogue of evaluations"),
        "report_catalogues",
        "list-ul",
        110,
        reads_catalogue,
    ),
)
