"""``manage.py keep_counting_groups``: who is counted together in figures of groups."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import ngettext

from courses.counting_groups import keep_counting_groups


class Command(BaseCommand):
    help = (
        "Makes counting groups of people who are in none yet and retires those of which too many "
        "are gone, for the authorities that have figures of groups switched on. Meant to run every "
        "night."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--date", type=date.fromisoformat, help="The day to look from; today if none is given."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep them, and say how many are new."""
        count = keep_counting_groups(on=options["date"])
        self.stdout.write(
            ngettext(
                "%(count)s counting group was made.", "%(count)s counting groups were made.", count
            )
            % {"count": count}
        )
