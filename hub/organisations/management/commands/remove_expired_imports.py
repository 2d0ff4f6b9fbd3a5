"""``manage.py remove_expired_imports``: lists of employees and reports are kept for days only."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from hub.organisations.importing.runs import sweep


class Command(BaseCommand):
    help = (
        "Deletes the files of imports that nobody has confirmed for a day, and reports that are a "
        "week old. Meant to run every night."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them, and say how many there were."""
        files, reports = sweep()
        text = _("Deleted: files of %(files)d imports, rows of %(reports)d.")
        self.stdout.write(text % {"files": files, "reports": reports})
