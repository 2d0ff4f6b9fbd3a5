"""Wiring of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from hub.registry import import_plugins


class ExportsConfig(AppConfig):
    name = "hub.exports"
    label = "exports"
    verbose_name = _("Hand-overs")

    def ready(self) -> None:
        import_plugins("exporters")
        import_plugins("offered_reports")
        import_plugins("merging")
