"""``manage.py open_refreshers``: who is asked to refresh a course finds it in "My learning"."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import ngettext

from courses.actions import open_due_refreshers


class Command(BaseCommand):
    help = (
        "Opens the refreshers of people whose certificate ends soon and whose authority asks for "
        "the course. Meant to run every night."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--date", type=date.fromisoformat, help="The day to look from; today if none is given."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Open them, and say how many there were."""
        count = open_due_refreshers(on=options["date"])
        self.stdout.write(
            ngettext("%(count)s refresher was opened.", "%(count)s refreshers were opened.", count)
            % {"count": count}
        )
