"""``manage.py send_reminders [--dry-run] [--date]``: one friendly mail to whom a day reminds."""

from __future__ import annotations

import signal
import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.enums import DigestState
from courses.reminding import Outcome, preview, remind

#: The exit status where mails wait that should have gone.
STUCK = 3


class Command(BaseCommand):
    help = (
        "Sends one mail to everybody whom a deadline or the end of a certificate reminds. Meant to "
        "run every day, better every hour: nobody gets two on one day, days on which nothing ran "
        "are made up for, and what a mail server did not take is tried again. Exits with 3 where "
        "mails wait that should have gone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say how many mails there would be."
        )
        parser.add_argument(
            "--date",
            type=date.fromisoformat,
            help="The last day to look at; today if none is given. A later one needs --dry-run.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Send them, and say how many there were; no name and no address is printed."""
        on = options["date"]
        if options["dry_run"]:
            return self.say_what_would_be(on)
        if on is not None and on > timezone.localdate():
            raise CommandError(_("This day is still to come. Please add --dry-run to look at it."))
        # A service manager stops by this; what was in hand is then written back.
        signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(128 + signal.SIGTERM))
        outcome = remind(on=on)
        self.say(outcome)
        if outcome.is_server_down:
            raise CommandError(
                _("The mail server takes nothing. The mails wait for the next run."),
                returncode=STUCK,
            )
        if outcome.is_stuck:
            raise CommandError(_("Mails have been waiting for over a day."), returncode=STUCK)
        return None

    def say_what_would_be(self, on: date | None) -> None:
        found, waiting = preview(on=on)
        self.line(
            _("To be reminded since %(day)s: %(count)d"),
            day=date_format(found.since, "SHORT_DATE_FORMAT"),
            count=len(found.with_address),
        )
        self.line(_("Without an e-mail address: %(count)d"), count=len(found.without_address))
        self.line(_("Waiting already: %(count)d"), count=waiting)

    def say(self, outcome: Outcome) -> None:
        self.line(_("Newly queued: %(count)d"), count=outcome.queued)
        self.line(_("Sent: %(count)d"), count=outcome.done[DigestState.SENT])
        self.line(_("Not needed any more: %(count)d"), count=outcome.done[DigestState.NEEDLESS])
        self.line(_("Address refused: %(count)d"), count=outcome.done[DigestState.REFUSED])
        self.line(_("Without an e-mail address: %(count)d"), count=outcome.without_address)
        self.line(_("Still waiting: %(count)d"), count=outcome.waiting)

    def line(self, words: str, **values: Any) -> None:
        self.stdout.write(words % values)
