"""Wiring of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from hub.registry import import_plugins


class CoursesConfig(AppConfig):
    name = "courses"
    verbose_name = _("Courses")

    def ready(self) -> None:
        from . import checks, signal_handlers  # noqa: F401

        import_plugins("questions")
        import_plugins("evidence")
        import_plugins("merging")
        import_plugins("withdrawals")
        signal_handlers.connect()
