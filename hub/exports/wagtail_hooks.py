"""Wiring of the hand-overs into the Wagtail admin."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry

from hub.organisations.permissions import GroupPermission

from .viewsets import ExportRunViewSet


@hooks.register("register_admin_viewset")
def register_viewset() -> ExportRunViewSet:
    return ExportRunViewSet()


@hooks.register("register_organisation_permissions")
def offer_permissions() -> list[GroupPermission]:
    return [GroupPermission("exports.view_exportrun", _("See the log of hand-overs"))]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action("exports.hand_over", _("Hand over a list"), _("List handed over"))
    actions.register_action("exports.fetch", _("Fetch a list"), _("Kept list fetched"))
