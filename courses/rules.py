"""When a course is completed, and what is still missing: values in, values out."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

from .enums import EnrolmentStatus, MoreTime, RequirementKind


@dataclass(frozen=True)
class Progress:
    """How far a person is: completed and required activities, and what is missing in order."""

    done: int
    required: int
    missing: tuple[UUID, ...]

    @property
    def percent(self) -> int:
        """Whole percent; 100 only when nothing is missing, never more."""
        return self.done * 100 // self.required if self.required else 0

    @property
    def is_complete(self) -> bool:
        return self.required > 0 and not self.missing


def progress(required: Iterable[UUID], completed: Collection[UUID]) -> Progress:
    """Compare the required activities, in course order, with the completed ones."""
    keys = tuple(required)
    missing = tuple(key for key in keys if key not in completed)
    return Progress(done=len(keys) - len(missing), required=len(keys), missing=missing)


def status(current: str, reached: Progress, *, has_begun: bool) -> EnrolmentStatus:
    """The status that follows from the completions.

    A completed enrolment stays completed: a course that grows later lowers nobody's state.
    """
    if current == EnrolmentStatus.COMPLETED or reached.is_complete:
        return EnrolmentStatus.COMPLETED
    return EnrolmentStatus.IN_PROGRESS if has_begun else EnrolmentStatus.ENROLLED


class Asks(Protocol):
    """What of a requirement decides."""

    course_key: UUID
    kind: str
    due_on: date | None


Asking = TypeVar("Asking", bound=Asks)


def decisive(requirements: Iterable[Asking]) -> list[Asking]:
    """Of several requirements for one course the one that counts, for each course.

    What is mandatory counts before what is recommended, then what is due first.
    """
    by_course: dict[UUID, Asking] = {}
    for asked in sorted(
        requirements,
        key=lambda asked: (asked.kind != RequirementKind.MANDATORY, asked.due_on or date.max),
    ):
        by_course.setdefault(asked.course_key, asked)
    return list(by_course.values())


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later; the last day of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


#: What was sent in time may arrive a little late.
GRACE = timedelta(seconds=30)


def ends_at(started_at: datetime, limit_minutes: int | None, more_time: str) -> datetime | None:
    """When the time of an attempt is up for a person; ``None`` if it never is."""
    if limit_minutes is None or more_time == MoreTime.NO_LIMIT:
        return None
    return started_at + timedelta(minutes=float(more_time) * limit_minutes)


@dataclass(frozen=True)
class NextAttempt:
    """Whether a person may try a quiz again."""

    #: How many attempts are left; ``None`` if there is no limit.
    left: int | None
    #: When the waiting time is over; ``None`` if there is nothing to wait for.
    waits_until: datetime | None

    @property
    def is_allowed(self) -> bool:
        return self.left != 0 and self.waits_until is None


def next_attempt(
    *,
    made: int,
    last_submitted_at: datetime | None,
    max_attempts: int | None,
    waiting_hours: int,
    now: datetime,
) -> NextAttempt:
    """What follows from ``made`` submitted attempts, the latest of which ended then."""
    left = None if max_attempts is None else max(0, max_attempts - made)
    until = last_submitted_at + timedelta(hours=waiting_hours) if last_submitted_at else None
    return NextAttempt(left=left, waits_until=until if until and until > now else None)
