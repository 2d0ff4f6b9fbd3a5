"""Wiring of the app."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _


class InvitationsConfig(AppConfig):
    name = "hub.invitations"
    label = "invitations"
    verbose_name = _("Invitation letters")

    def ready(self) -> None:
        from .telling import tell_of_open_letter

        user_logged_in.connect(tell_of_open_letter, dispatch_uid="invitations.tell_of_open_letter")
