"""``manage.py remove_expired_hand_overs``: what was kept to be fetched goes in time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from hub.exports.actions import sweep


class Command(BaseCommand):
    help = (
        "Deletes the files of hand-overs that were kept for long enough. Meant to run every night."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them, and say how many there were."""
        count = sweep()
        text = ngettext("%(count)s file was deleted.", "%(count)s files were deleted.", count)
        self.stdout.write(text % {"count": count})
