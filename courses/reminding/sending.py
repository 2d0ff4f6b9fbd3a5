"""Sending what waits, batch by batch."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from courses.enums import DigestState
from courses.models import ReminderDigest
from courses.models.reminders import address_key
from hub.mails.connections import ServerIsDown, connected
from hub.mails.refusals import MailProblem, distance, problem_of, was_answered

from .contents import Catalogue, Letter, letters
from .message import message_of

logger = logging.getLogger(__name__)

#: So many mails share a connection. If the machine dies, nobody knows of one batch whether it was
#: sent; it is sent (again) on the next day.
BATCH = 50
#: How long a run may take for a batch before another takes it for broken off.
LEASE = timedelta(hours=1)
#: After so long a time nobody waits for the mail any more.
LONGEST_WAIT = timedelta(days=30)
#: What the trying of a mail writes.
WRITTEN = (
    "state",
    "tries",
    "problem",
    "refused_address",
    "next_try_at",
    "sent_at",
    "organisation",
)


def send_waiting(today: date) -> tuple[Counter[DigestState], bool]:
    """Send what waits and may be tried now.

    Says how many are now in which state, and whether the mail server was down: then the others go
    on waiting without being tried. Each batch is taken in hand by a short transaction, so that no
    two runs have the same mail, and written back in another; none is open while a server is asked.
    Stops at midnight: the mails of the new day are queued first.
    """
    done: Counter[DigestState] = Counter()
    started_on = timezone.localdate()
    catalogue = Catalogue.read()
    while timezone.localdate() == started_on and (batch := _take_in_hand(today)):
        try:
            _send(batch, catalogue, today)
        except ServerIsDown:
            return done, True
        finally:
            _write_back(batch)
            done.update(DigestState(digest.state) for digest in batch)
    return done, False


def _take_in_hand(today: date) -> list[ReminderDigest]:
    now = timezone.now()
    with transaction.atomic():
        batch = list(
            ReminderDigest.objects.select_for_update(skip_locked=True)
            .filter(
                Q(next_try_at__isnull=True) | Q(next_try_at__lte=now),
                state=DigestState.WAITING,
                day__lte=today,
            )
            .order_by("created_at", "pk")[:BATCH]
        )
        ReminderDigest.objects.filter(pk__in=[digest.pk for digest in batch]).update(
            state=DigestState.SENDING, next_try_at=now + LEASE
        )
    return batch


def _write_back(batch: Sequence[ReminderDigest]) -> None:
    """What was not tried waits as before: the rows in memory still say so."""
    ReminderDigest.objects.bulk_update(batch, WRITTEN)


def _send(batch: Sequence[ReminderDigest], catalogue: Catalogue, today: date) -> None:
    written = letters(batch, catalogue, today)
    for digest in batch:
        if digest.pk not in written:
            digest.state, digest.next_try_at = DigestState.NEEDLESS, None
    if not written:
        return
    with connected() as connection:
        for letter in written.values():
            _try(letter, connection)


def _try(letter: Letter, connection: BaseEmailBackend) -> None:
    """Send one mail and note what became of it; raises ``OSError`` where no other can be sent."""
    digest, user, now = letter.digest, letter.user, timezone.now()
    digest.organisation = letter.organisation
    try:
        validate_email(user.email)
        message = message_of(letter, now)
    except ValidationError:
        return _refuse(letter, MailProblem.INVALID if user.email else MailProblem.ADDRESS)
    except Exception:
        # One course or person must not keep the mails of all others back.
        logger.exception("The reminder %s cannot be written", digest.uuid)
        return _postpone(letter, MailProblem.MESSAGE)
    # If the conversation breaks off or the process is stopped, nobody knows whether it was sent.
    digest.state, digest.next_try_at = DigestState.SENDING, now + LEASE
    try:
        connection.send_messages([message])
    except OSError as error:  # among them all errors of smtplib
        problem = problem_of(error)
        if was_answered(error):
            digest.state, digest.next_try_at = DigestState.WAITING, None
        if problem == MailProblem.SERVER:
            digest.problem = problem
            raise
        if problem == MailProblem.ADDRESS:
            return _refuse(letter, problem)
        return _postpone(letter, problem)
    digest.state, digest.sent_at = DigestState.SENT, now
    digest.problem, digest.next_try_at = "", None
    return None


def _refuse(letter: Letter, problem: MailProblem) -> None:
    digest = letter.digest
    digest.state, digest.problem, digest.next_try_at = DigestState.REFUSED, problem, None
    digest.tries += 1
    digest.refused_address = address_key(letter.user.email)


def _postpone(letter: Letter, problem: MailProblem) -> None:
    digest, now = letter.digest, timezone.now()
    if now - digest.created_at > LONGEST_WAIT:
        return _refuse(letter, MailProblem.TOO_LONG)
    digest.tries += 1
    digest.problem, digest.next_try_at = problem, now + distance(digest.tries)
    return None
