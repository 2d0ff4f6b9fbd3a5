"""``manage.py enrol_as_required``: nobody is left out whom an authority asks for a course."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from courses.actions import enrol_everybody


class Command(BaseCommand):
    help = (
        "Enrols people as their authorities ask: whom a process left out that was stopped, and "
        "whose employment begins today. Meant to run every night, before open_refreshers. Safe "
        "to stop, to repeat and to race."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Enrol them, and say how many enrolments that made or changed."""
        count = enrol_everybody()
        self.stdout.write(
            ngettext(
                "%(count)s enrolment was made or changed.",
                "%(count)s enrolments were made or changed.",
                count,
            )
            % {"count": count}
        )
