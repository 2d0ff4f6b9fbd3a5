"""When a course is completed, and what is still missing: values in, values out."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar
from uuid import UUID

from .enums import EnrolmentStatus, RequirementKind


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
