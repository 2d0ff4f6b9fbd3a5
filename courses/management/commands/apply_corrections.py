"""``manage.py apply_corrections``: regrade what corrections in force have not reached yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from courses.corrections import apply_correction, unfinished


class Command(BaseCommand):
    help = (
        "Regrade the attempts that corrections in force concern. Goes on where it was stopped; "
        "run it every few minutes, like publish_scheduled."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for correction in unfinished():
            count = apply_correction(correction=correction)
            self.stdout.write(f"{correction.uuid}: {count}")
