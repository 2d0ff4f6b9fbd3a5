"""Forget what became of old invitation letters."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from hub.invitations.actions import KEPT, sweep


class Command(BaseCommand):
    help = (
        f"Forget invitation letters that were written and expired more than {KEPT.days} days ago. "
        "Call it now and then; writing letters does the same."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        count = sweep()
        if options["verbosity"]:
            self.stdout.write(_("Letters forgotten: %(count)d.") % {"count": count})
