"""``manage.py make_scheduled_hand_overs``: what is due of regular hand-overs, and the mails."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.exports.models import NoticeState
from hub.exports.notices import send_waiting
from hub.exports.scheduled_runs import make_due

#: The exit status where something waits that should be done.
STUCK = 3


class Command(BaseCommand):
    help = (
        "Makes the lists that are to be made regularly, and mails their owners a link that needs "
        "the login. Meant to run every night, better every hour: each is made once, and what a "
        "mail server did not take is tried again. Exits with 3 where a list could not be made, or "
        "where mails wait that should have gone."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make and send them, and say how many there were; no name and no list is printed."""
        made = make_due(timezone.localdate())
        sent = send_waiting()
        self.line(_("Made: %(count)d"), made.made)
        self.line(_("Stopped: %(count)d"), made.stopped)
        self.line(_("Not made: %(count)d"), made.failed)
        self.line(_("Sent: %(count)d"), sent.done[NoticeState.SENT])
        self.line(_("Not needed any more: %(count)d"), sent.done[NoticeState.NEEDLESS])
        self.line(_("Address refused: %(count)d"), sent.done[NoticeState.REFUSED])
        self.line(_("Still waiting: %(count)d"), sent.waiting)
        if made.failed:
            raise CommandError(
                _("A list could not be made. The next run tries again; the log says why."),
                returncode=STUCK,
            )
        if sent.is_server_down:
            raise CommandError(
                _("The mail server takes nothing. The mails wait for the next run."),
                returncode=STUCK,
            )
        if sent.is_stuck:
            raise CommandError(_("Mails have been waiting for over a day."), returncode=STUCK)

    def line(self, words: str, count: int) -> None:
        self.stdout.write(words % {"count": count})
