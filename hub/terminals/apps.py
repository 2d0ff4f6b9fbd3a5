"""Wiring of the app."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class TerminalsConfig(AppConfig):
    name = "hub.terminals"
    label = "terminals"
    verbose_name = _("Shared devices")

    def ready(self) -> None:
        from .sessions import begin_at_signing_in

        user_logged_in.connect(begin_at_signing_in, dispatch_uid="terminals.begin")
