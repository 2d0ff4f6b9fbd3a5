"""The mails about regular hand-overs: to whom, when, and what becomes of one that is not taken."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from hub.mails.connections import ServerIsDown, connected
from hub.mails.languages import administration_languages
from hub.mails.refusals import MailProblem, distance, problem_of

from . import making
from .models import NoticeState, ScheduleNotice
from .notice_message import message_of
from .rights import has_left
from .scheduling import against

logger = logging.getLogger(__name__)

#: So many mails share a connection.
BATCH = 50
#: How long a call may take for a batch before another one takes it for broken off. A mail that was
#: taken in hand then is sent (again) with the same ``Message-ID``.
LEASE = timedelta(hours=1)
#: After so long a time nobody waits for a mail that says that something was stopped.
LONGEST_WAIT = timedelta(days=30)
#: What waits for longer waits because something is wrong.
STUCK_AFTER = timedelta(days=1)


@dataclass
class Sent:
    """What became of mails, and what is left."""

    done: Counter[NoticeState] = field(default_factory=Counter)
    is_server_down: bool = False
    waiting: int = 0
    #: Since when the one waits that waits longest.
    oldest: datetime | None = None

    @property
    def is_stuck(self) -> bool:
        """Whether an operator has to look: mails wait that should have gone."""
        return self.is_server_down or (
            self.oldest is not None and self.oldest < timezone.now() - STUCK_AFTER
        )


def ready() -> QuerySet[ScheduleNotice]:
    """What waits and could be sent, whether or not it is its turn: the file of the run is made."""
    return ScheduleNotice.objects.filter(
        Q(run=None) | Q(run__finished_at__isnull=False), state=NoticeState.WAITING
    )


def send_waiting() -> Sent:
    """Send what waits and may be tried now; safe to repeat and to race.

    Each batch is taken in hand by a short transaction, and each mail is written back by itself, so
    that of a call that dies one mail at most is sent twice.
    """
    outcome = Sent()
    _give_up_unmade(outcome)
    try:
        while batch := _take_in_hand():
            _send(batch, outcome)
    except ServerIsDown:
        outcome.is_server_down = True
    waiting = ready()
    outcome.waiting = waiting.count()
    outcome.oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    return outcome


def _give_up_unmade(outcome: Sent) -> None:
    """Of a run that nobody could make in time there is nothing to say."""
    waiting = ScheduleNotice.objects.filter(
        state=NoticeState.WAITING, run__isnull=False, run__finished_at=None
    )
    for notice in waiting.select_related("run", "schedule"):
        run, schedule = notice.run, notice.schedule
        # Of two accounts that became one it waits: they may be two again.
        if run is not None and (schedule.stopped_at or making.is_too_late(run)):
            _end(notice, NoticeState.NEEDLESS, outcome)


def _take_in_hand() -> list[ScheduleNotice]:
    now = timezone.now()
    with transaction.atomic():
        batch = list(
            ready()
            .filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=now))
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("schedule__organisation", "schedule__owner", "run__since")
            .order_by("created_at", "pk")[:BATCH]
        )
        ScheduleNotice.objects.filter(pk__in=[notice.pk for notice in batch]).update(
            next_try_at=now + LEASE
        )
    return batch


def _send(batch: Sequence[ScheduleNotice], outcome: Sent) -> None:
    wanted = []
    for notice in batch:
        try:
            is_wanted = _is_wanted(notice)
        except Exception:
            # One list must not keep the mails about all others back.
            logger.exception("Nobody knows whether the mail %s is wanted", notice.uuid)
            _postpone(notice, MailProblem.MESSAGE)
            continue
        if is_wanted:
            wanted.append(notice)
        else:
            _end(notice, NoticeState.NEEDLESS, outcome)
    if not wanted:
        return
    languages = administration_languages({notice.schedule.owner_id for notice in wanted})
    left = list(wanted)
    try:
        with connected() as connection:
            for notice in wanted:
                _try(notice, languages[notice.schedule.owner_id], connection, outcome)
                left.remove(notice)
    except ServerIsDown:
        for notice in left:
            _postpone(notice, MailProblem.SERVER)
        raise


def _is_wanted(notice: ScheduleNotice) -> bool:
    """Whether the person may still be told: nobody gets a link to what is gone or not hers."""
    schedule, run = notice.schedule, notice.run
    if run is None:
        is_hers = not has_left(schedule.owner, schedule.organisation)
        return is_hers and timezone.now() - notice.created_at < LONGEST_WAIT
    return making.is_kept(run) and against(schedule) is None


def _try(
    notice: ScheduleNotice, language: str, connection: BaseEmailBackend, outcome: Sent
) -> None:
    """Send one mail and write down what became of it. Raises ``OSError`` where none can be sent."""
    address = notice.schedule.owner.email
    try:
        validate_email(address)
        message = message_of(notice, language)
    except ValidationError:
        notice.problem = MailProblem.INVALID if address else MailProblem.ADDRESS
        return _end(notice, NoticeState.REFUSED, outcome)
    except Exception:
        # One mail must not keep all others back.
        logger.exception("The mail %s cannot be written", notice.uuid)
        return _postpone(notice, MailProblem.MESSAGE)
    try:
        connection.send_messages([message])
    except OSError as error:  # among them all errors of smtplib
        problem = problem_of(error)
        if problem == MailProblem.SERVER:
            raise
        if problem == MailProblem.ADDRESS:
            notice.problem = problem
            return _end(notice, NoticeState.REFUSED, outcome)
        return _postpone(notice, problem)
    notice.problem, notice.sent_at = "", timezone.now()
    return _end(notice, NoticeState.SENT, outcome)


def _end(notice: ScheduleNotice, state: NoticeState, outcome: Sent) -> None:
    notice.state, notice.next_try_at = state, None
    notice.tries += state != NoticeState.NEEDLESS
    notice.save(update_fields=["state", "tries", "problem", "next_try_at", "sent_at"])
    outcome.done[state] += 1


def _postpone(notice: ScheduleNotice, problem: MailProblem) -> None:
    """Later, each time after twice as long, half a day at most; until the file is gone."""
    notice.tries += 1
    notice.problem, notice.next_try_at = problem, timezone.now() + distance(notice.tries)
    notice.save(update_fields=["tries", "problem", "next_try_at"])
