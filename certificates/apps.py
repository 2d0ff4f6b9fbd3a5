"""Wiring of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from hub.registry import import_plugins


class CertificatesConfig(AppConfig):
    name = "certificates"
    verbose_name = _("Certificates")

    def ready(self) -> None:
        from . import checks, panels, signal_handlers  # noqa: F401

        import_plugins("designs")
        import_plugins("merging")
        signal_handlers.connect()
