"""Whom a day reminds of a deadline, or of a proof that ends. Mails: ``courses.reminding``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.db.models import Exists, Q

from hub.i18n import default_locale_id
from hub.organisations.models import Membership

from . import cycles
from .models import CoursePage, Enrolment
from .querysets import REFRESHER_DUE, EnrolmentQuerySet


class ReminderKind(models.TextChoices):
    """What somebody is reminded of; never shown, so without words."""

    #: An open course, or a refresher, is to be completed.
    DEADLINE = "deadline"
    #: A proof ends, and no refresher with a deadline is open.
    VALIDITY = "validity"
    #: The authority asks for the refresher before the proof ends, and none is open.
    REFRESHER = "refresher"

    @classmethod
    def of(cls, enrolment: Enrolment) -> ReminderKind:
        """What a person is to be reminded of in this enrolment."""
        if enrolment.completed_at is None:
            return cls.DEADLINE
        return cls.REFRESHER if enrolment.refresh_on else cls.VALIDITY


def ends_on(enrolment: Enrolment) -> date | None:
    """The day that people are reminded of; ``None`` where there is none."""
    if enrolment.completed_at is None:
        return enrolment.due_on
    return enrolment.refresher_due_on


@dataclass(frozen=True)
class Reminder:
    """One person is to be reminded of one course."""

    enrolment: Enrolment
    kind: ReminderKind
    ends_on: date
    #: From the day on which the reminder is due, not from the one on which it is sent.
    days_before: int


def reminders_due(on: date, *, since: date | None = None) -> Iterator[Reminder]:
    """The reminders of a day, by the days that courses set; one query for each course.

    ``since`` is the day up to which reminders were sent already, the day before if none is given:
    who runs it after an outage misses none. Of several reminders of one end only the last is left.
    Reminded are people who work for an active authority on that day, of courses that are public.
    """
    since = since or on - timedelta(days=1)
    for course in CoursePage.objects.live().filter(locale=default_locale_id()):
        yield from _of_course(course, since, on)


def _of_course(course: CoursePage, since: date, on: date) -> Iterator[Reminder]:
    spans = cycles.reminded_spans(course.reminders, after=since, until=on)
    if not spans or since >= on:
        return
    is_due, ends = Q(), Q()
    for first, last, _before in spans:
        is_due |= Q(due_on__range=(first, last))
        ends |= Q(refresher_due__range=(first, last))
    enrolments = (
        _to_be_reminded(is_due, ends, on)
        .filter(course_key=course.course_key)
        .select_related("user", "membership__organisation")
        .order_by("pk")
    )
    for enrolment in enrolments.iterator(chunk_size=500):
        day = ends_on(enrolment)
        if day is None:
            continue
        yield Reminder(
            enrolment=enrolment,
            kind=ReminderKind.of(enrolment),
            ends_on=day,
            # The spans begin with the reminder that is nearest to the end.
            days_before=next(days for first, last, days in spans if first <= day <= last),
        )


def _to_be_reminded(is_due: Q, ends: Q, on: date) -> EnrolmentQuerySet:
    """What is open and ``is_due``, and proofs that ``ends`` holds of and no refresher stands for.

    ``ends`` may ask for ``refresher_due``, the day on which a proof ends or is to be refreshed.

    Of people who work for an active authority on a day.
    """
    later = Enrolment.objects.later_than_outer()
    working = Membership.objects.active(on).filter(
        user=models.OuterRef("user"), organisation__is_active=True
    )
    return Enrolment.objects.alias(refresher_due=REFRESHER_DUE).filter(
        Q(is_due, completed_at__isnull=True)
        | Q(
            ends & ~Exists(later.exclude(completed_at__isnull=True, due_on__isnull=True)),
            completed_at__isnull=False,
        ),
        Exists(working),
        user__is_active=True,
    )


def open_for(
    users: Collection[int], courses: Collection[CoursePage], on: date, *, since: date
) -> EnrolmentQuerySet:
    """What people have to do by the days on which ``courses`` begin to remind, or are late with.

    Also proofs that end by then or are to be refreshed, if not before ``since``. What is
    due first comes first.
    """
    is_due, ends = Q(pk__in=()), Q(pk__in=())
    for course in courses:
        last = on + timedelta(days=max(course.reminders))
        is_due |= Q(course_key=course.course_key, due_on__lte=last)
        ends |= Q(course_key=course.course_key, refresher_due__range=(since, last))
    return _to_be_reminded(is_due, ends, on).filter(user__in=users).order_by("pk")
