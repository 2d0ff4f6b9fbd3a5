"""Wiring of transfers into the Wagtail admin: what the log calls them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry

from .actions import MADE


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action(MADE, _("Make a transfer code"), _("Transfer code made"))
