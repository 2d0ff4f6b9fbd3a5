"""``manage.py remove_expired_merges``: what undoing a merge takes is kept for 30 days only."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from hub.organisations.merging.actions import forget_expired


class Command(BaseCommand):
    help = (
        "Deletes what would be needed to undo merges of accounts that are older than 30 days. "
        "That they were merged stays. Meant to run every night."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete it, and say of how many merges."""
        count = forget_expired()
        self.stdout.write(_("Can no longer be undone: %(count)d merges.") % {"count": count})
