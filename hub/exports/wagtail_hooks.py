"""Wiring into the Wagtail admin."""

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from .views import export_run_policy


class HandOversMenuItem(MenuItem):
    def is_shown(self, request) -> bool:
        return export_run_policy.user_has_permission(request.user, "view")


@hooks.register("register_admin_urls")
def register_admin_urls():
    return [path("", include("hub.exports.urls"))]


@hooks.register("register_admin_menu_item")
def register_menu_item():
    return HandOversMenuItem(
        _("Hand-overs"), reverse("exports:index"), icon_name="download", order=310
    )
