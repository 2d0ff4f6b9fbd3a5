"""Who waits for a mail: one row for each person, written before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.utils import timezone

from courses.enums import DigestState
from courses.models import ReminderDigest, ReminderRun
from courses.models.reminders import address_key
from courses.reminders import reminders_due
from hub.organisations.models import Membership, Organisation

BATCH = 500
#: A mail in one of these is still to be sent; a person has one such at most.
OPEN = (DigestState.WAITING, DigestState.SENDING)


@dataclass
class Due:
    """The people a span of days reminds."""

    since: date
    on: date
    with_address: set[int] = field(default_factory=set)
    without_address: set[int] = field(default_factory=set)


def due(on: date) -> Due:
    """Who is to be reminded since the last run, until and with a day. Reads only."""
    since = _last_day() or on - timedelta(days=1)
    found = Due(since, on)
    for reminder in reminders_due(on, since=since):
        user = reminder.enrolment.user
        (found.with_address if user.email else found.without_address).add(user.pk)
    return found


def _last_day() -> date | None:
    return ReminderRun.objects.order_by("-day").values_list("day", flat=True).first()


def queue(on: date, today: date) -> int:
    """Put everybody into the queue whom the days until ``on`` remind; says how many are new.

    All of them and the day are written in one short transaction, so that each span of days is
    queued once, whoever breaks off, repeats or races. Who waits already is reminded of both in one
    mail; who had a mail today gets the next one tomorrow.
    """
    found = due(on)
    if found.since >= on:
        return 0
    employers = _employers(sorted(found.with_address), on)
    try:
        with transaction.atomic():
            ReminderRun.objects.create(day=on, without_address=len(found.without_address))
            return sum(
                _add(dict(batch), found, today) for batch in _batches(sorted(employers.items()))
            )
    except IntegrityError:
        if ReminderRun.objects.filter(day=on).exists():
            return 0  # another run was faster
        raise


def _batches(items: Sequence) -> Iterator[Sequence]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def _employers(users: Sequence[int], on: date) -> dict[int, int]:
    """By person, the authority she works for on a day."""
    found: dict[int, int] = {}
    for batch in _batches(users):
        found |= dict(
            Membership.objects.active(on)
            .filter(user__in=batch, organisation__is_active=True)
            .order_by("starts_on", "pk")
            .values_list("user_id", "organisation_id")
        )
    return found


def _add(employers: dict[int, int], found: Due, today: date) -> int:
    known = list(
        ReminderDigest.objects.select_for_update()
        .filter(Q(state__in=OPEN) | Q(day__gte=today), user__in=employers)
        .values_list("user_id", "state")
    )
    waiting = {user for user, state in known if state in OPEN}
    had_one = {user for user, _state in known}
    ReminderDigest.objects.filter(user__in=waiting, state__in=OPEN).update(until=found.on)
    new = [
        ReminderDigest(
            user_id=user,
            organisation_id=organisation,
            day=today + timedelta(days=user in had_one),
            since=found.since,
            until=found.on,
        )
        for user, organisation in employers.items()
        if user not in waiting
    ]
    ReminderDigest.objects.bulk_create(new)
    return len(new)


def take_up_again(today: date) -> None:
    """Make today the day of what waits since earlier ones.

    Among it is what a run had in hand that broke off, on whatever day before: it may have been sent
    or not. Taken up on another day it is lost in no case, and nobody gets two on one day. A run
    that goes on past midnight still has its last batch (``next_try_at``).
    """
    ReminderDigest.objects.filter(
        Q(state=DigestState.WAITING)
        | Q(state=DigestState.SENDING, next_try_at__lte=timezone.now()),
        day__lt=today,
    ).update(
        state=DigestState.WAITING,
        day=today,
        next_try_at=Case(When(state=DigestState.WAITING, then=F("next_try_at"))),
    )
    _try_corrected(today)


def refused(organisations: Iterable[Organisation]) -> Iterator[ReminderDigest]:
    """The latest mail of each person whose address was refused, by name.

    Of people who work for one of the authorities today and have no other address by now.
    """
    still_there = Membership.objects.active().filter(
        user=OuterRef("user"), organisation=OuterRef("organisation")
    )
    later = ReminderDigest.objects.filter(user=OuterRef("user"), day__gt=OuterRef("day"))
    rows = ReminderDigest.objects.filter(
        Exists(still_there),
        ~Exists(later.exclude(state=DigestState.NEEDLESS)),
        state=DigestState.REFUSED,
        organisation__in=organisations,
        user__is_active=True,
    )
    for digest in rows.select_related("user", "organisation").order_by("user__name_key", "pk"):
        if not is_corrected(digest):
            yield digest


def is_corrected(digest: ReminderDigest) -> bool:
    """Whether the person has another address than the one that was refused."""
    return digest.refused_address != address_key(digest.user.email)


def _try_corrected(today: date) -> None:
    """Let wait again what was refused at an address that has been corrected since."""
    latest: dict[int, ReminderDigest] = {}
    rows = ReminderDigest.objects.filter(state=DigestState.REFUSED).select_related("user")
    for digest in rows.order_by("day", "pk").iterator(chunk_size=BATCH):
        latest[digest.user_id] = digest
    corrected = {
        digest.pk: digest.user_id
        for digest in latest.values()
        if digest.user.email and is_corrected(digest)
    }
    with transaction.atomic():
        has_another = set(
            ReminderDigest.objects.select_for_update()
            .filter(Q(state__in=OPEN) | Q(day__gte=today), user__in=corrected.values())
            .exclude(pk__in=corrected)
            .values_list("user_id", flat=True)
        )
        again = [pk for pk, user in corrected.items() if user not in has_another]
        ReminderDigest.objects.filter(pk__in=again, state=DigestState.REFUSED).update(
            state=DigestState.WAITING,
            day=today,
            tries=0,
            problem="",
            refused_address="",
            next_try_at=None,
        )
