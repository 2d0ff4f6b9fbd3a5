"""Wiring of the app, and of Wagtail's own pages for accounts and groups."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _
from wagtail.users.apps import WagtailUsersAppConfig

from hub.registry import import_plugins


class OrganisationsConfig(AppConfig):
    name = "hub.organisations"
    label = "organisations"
    verbose_name = _("Authorities")
    default = True

    def ready(self) -> None:
        from . import checks, permissions  # noqa: F401

        import_plugins("merging")
        user_logged_in.connect(
            permissions.remember_administration,
            dispatch_uid="organisations.remember_administration",
        )


class WagtailUsersConfig(WagtailUsersAppConfig):
    """Wagtail's account pages with the hub's own rules."""

    default = False
    user_viewset = "hub.organisations.viewsets.UserViewSet"
