"""Wiring of shared devices into the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogActionRegistry

from hub.organisations.menu import PEOPLE, Entry
from hub.organisations.permissions import GroupPermission, holds_anywhere

from . import admin_urls
from .actions import MANAGE, OFF, ON


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    return admin_urls.urlpatterns


@hooks.register(PEOPLE)
def offer_terminals() -> MenuItem:
    return Entry(
        "terminals",
        _("Shared devices"),
        "terminals",
        "desktop",
        50,
        lambda user: holds_anywhere(user, MANAGE),
    )()


@hooks.register("register_organisation_permissions")
def offer_permissions() -> list[GroupPermission]:
    return [GroupPermission(MANAGE, _("Manage shared devices"))]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action(ON, _("Switch on a shared device"), _("Shared device switched on"))
    actions.register_action(OFF, _("Switch off a shared device"), _("Shared device switched off"))
