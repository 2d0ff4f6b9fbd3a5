"""Wiring of invitation letters into the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogActionRegistry

from hub.organisations.menu import PEOPLE, Entry
from hub.organisations.permissions import GroupPermission, holds_anywhere

from . import admin_urls
from .actions import REDEEMED, REVOKED, WRITE, WRITTEN


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    return admin_urls.urlpatterns


@hooks.register(PEOPLE)
def offer_letters() -> MenuItem:
    return Entry(
        "invitation-letters",
        _("Invitation letters"),
        "invitation_people",
        "mail",
        40,
        lambda user: holds_anywhere(user, WRITE),
    )()


@hooks.register("register_organisation_permissions")
def offer_permissions() -> list[GroupPermission]:
    return [GroupPermission(WRITE, _("Write invitation letters"))]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action(WRITTEN, _("Write invitation letters"), _("Invitation letters written"))
    actions.register_action(
        REDEEMED, _("Redeem an invitation letter"), _("Invitation letter redeemed")
    )
    actions.register_action(
        REVOKED, _("Revoke an invitation letter"), _("Invitation letter revoked")
    )
