"""One run: queue whom the days remind, send what waits, remove what is old."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from courses.enums import DigestState
from courses.models import ReminderDigest, ReminderRun

from .queueing import OPEN, Due, due, queue, take_up_again
from .sending import send_waiting

#: How long it is kept that somebody was reminded.
LIFETIME = timedelta(days=90)
#: Who waits for longer waits because something is wrong.
STUCK_AFTER = timedelta(days=1)


@dataclass
class Outcome:
    """What a run did, and what is left."""

    queued: int = 0
    done: Counter[DigestState] = field(default_factory=Counter)
    is_server_down: bool = False
    waiting: int = 0
    #: Since when the one waits that waits longest.
    oldest: datetime | None = None
    without_address: int = 0

    @property
    def is_stuck(self) -> bool:
        """Whether an operator has to look: mails wait that should have gone."""
        if self.is_server_down:
            return True
        return self.oldest is not None and self.oldest < timezone.now() - STUCK_AFTER


def remind(*, on: date | None = None) -> Outcome:
    """Remind everybody whom the days since the last run remind, until and with ``on``, by default
    today.

    Safe to repeat and to race. What cannot be sent now waits for a later run.
    """
    today = timezone.localdate()
    take_up_again(today)
    outcome = Outcome(queued=queue(on or today, today))
    outcome.done, outcome.is_server_down = send_waiting(today)
    remove_old(today)
    return _with_rest(outcome)


def _with_rest(outcome: Outcome) -> Outcome:
    waiting = ReminderDigest.objects.filter(state__in=OPEN)
    outcome.waiting = waiting.count()
    outcome.oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    latest = ReminderRun.objects.order_by("-day").first()
    outcome.without_address = latest.without_address if latest else 0
    return outcome


def preview(*, on: date | None = None) -> tuple[Due, int]:
    """Who would be queued, and how many wait already; changes nothing."""
    waiting = ReminderDigest.objects.filter(state__in=OPEN).count()
    return due(on or timezone.localdate()), waiting


def remove_old(today: date) -> None:
    """Remove what was sent, needless or refused so long ago, and the days that were looked at.

    The latest day stays: the next run begins after it.
    """
    ReminderDigest.objects.exclude(state__in=OPEN).filter(day__lt=today - LIFETIME).delete()
    latest = ReminderRun.objects.order_by("-day").first()
    if latest is not None:
        ReminderRun.objects.filter(day__lt=today - LIFETIME).exclude(pk=latest.pk).delete()
