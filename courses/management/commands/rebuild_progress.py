"""``manage.py rebuild_progress [--check]``: the state of all enrolments, written anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from courses.actions import rebuild_progress

#: The exit status of ``--check`` where something differs; 0 says that all is as recorded.
DIFFERS = 3


class Command(BaseCommand):
    help = (
        "Writes anew what follows from completions and decisions: status, outcome, dates and "
        "version of every enrolment. Lowers nobody's state; safe to repeat and beside the traffic."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="Only say what differs; exits with 3 if anything does.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say each enrolment that differs, by its uuid, and how many there were."""
        count = contradicting = 0
        for difference in rebuild_progress(is_check=options["check"]):
            count += 1
            contradicting += not difference.fields
            what = ", ".join(difference.fields) or _("the record contradicts itself")
            self.stdout.write(f"{difference.enrolment}: {what}")
        self.stdout.write(_("Enrolments that differed: %(count)d") % {"count": count})
        if count if options["check"] else contradicting:
            raise CommandError(_("Not all is as recorded."), returncode=DIFFERS)
