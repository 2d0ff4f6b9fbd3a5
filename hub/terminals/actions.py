"""Switching shared devices on and off."""

from __future__ import annotations

from django.db import transaction
from wagtail.log_actions import log

from hub.organisations.models import Organisation, User

from .models import Terminal

#: The permission for an authority.
MANAGE = "terminals.manage_terminals"
#: What the log calls it.
ON, OFF = "terminals.on", "terminals.off"


@transaction.atomic
def switch_on(*, organisation: Organisation, name: str, minutes: int, actor: User) -> Terminal:
    """Make a device known as a shared one; its browser has to be told (``remember_device``)."""
    terminal = Terminal.objects.create(
        organisation=organisation, name=name, minutes=minutes, switched_on_by=actor
    )
    log(terminal, ON, user=actor, data={"authority": organisation.slug, "minutes": minutes})
    return terminal


@transaction.atomic
def switch_off(*, terminal: Terminal, actor: User) -> None:
    """Let a device be one like any other from its next request on. Safe to repeat."""
    deleted, _by_model = Terminal.objects.filter(pk=terminal.pk).delete()
    if deleted:
        log(terminal, OFF, user=actor, data={"authority": terminal.organisation.slug})
