"""When a course is completed, and what is still missing: values in, values out."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from .enums import EnrolmentStatus, MoreTime, RequirementKind

#: Counts the changes of what this module decides; every ``CompletionDecision`` names it.
VERSION = 2

#: No month is shorter; validity in months is compared with days by it.
DAYS_OF_A_MONTH = 28


class Part(Protocol):
    """What of a part of a course the rules ask."""

    @property
    def key(self) -> UUID: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def counts(self) -> bool:
        """Whether it can be completed at all; what only informs decides nothing."""

    @property
    def prerequisites(self) -> Sequence[UUID]: ...
    @property
    def above(self) -> Sequence[UUID]:
        """The parts below which it stands; it is closed as long as one of them is."""

    @property
    def electives_needed(self) -> int:
        """How many optional parts its course asks for: a fact of the course, told by each part."""


@dataclass(frozen=True)
class Asked:
    """What a course asks for: all ``required`` parts, and some of the ``electives``."""

    required: tuple[UUID, ...]
    electives: tuple[UUID, ...] = ()
    #: Never more than there are: a part that was taken away makes no course impossible.
    electives_needed: int = 0

    @classmethod
    def by(cls, parts: Iterable[Part]) -> Asked:
        """What the parts of a course, or of that share of it which a refresher has, ask for."""
        counting = [part for part in parts if part.counts]
        electives = tuple(part.key for part in counting if not part.is_required)
        needed = max((part.electives_needed for part in counting), default=0)
        return cls(
            required=tuple(part.key for part in counting if part.is_required),
            electives=electives,
            electives_needed=min(needed, len(electives)),
        )

    def counted(self, completed: Collection[UUID]) -> list[UUID]:
        """Those of the completed parts that the decision rests on."""
        offered = self.electives if self.electives_needed else ()
        return [key for key in (*self.required, *offered) if key in completed]


@dataclass(frozen=True)
class Progress:
    """How far a person is: how much is done of what is asked for, and what is missing, in order."""

    done: int
    required: int
    missing: tuple[UUID, ...]
    #: How many of ``electives`` are missing; which ones is up to the person.
    electives_missing: int = 0
    electives: tuple[UUID, ...] = ()

    @property
    def percent(self) -> int:
        """Whole percent; 100 only when nothing is missing, never more."""
        return self.done * 100 // self.required if self.required else 0

    @property
    def is_complete(self) -> bool:
        return self.required > 0 and self.done == self.required


def progress(asked: Asked, completed: Collection[UUID]) -> Progress:
    """Compare what a course asks for with the completed activities."""
    missing = tuple(key for key in asked.required if key not in completed)
    chosen = sum(key in completed for key in asked.electives)
    electives_missing = max(0, asked.electives_needed - chosen)
    total = len(asked.required) + asked.electives_needed
    return Progress(
        done=total - len(missing) - electives_missing,
        required=total,
        missing=missing,
        electives_missing=electives_missing,
        electives=tuple(key for key in asked.electives if key not in completed)
        if electives_missing
        else (),
    )


def locked_by(
    parts: Sequence[Part], completed: Collection[UUID], begun: Collection[UUID] = ()
) -> dict[UUID, tuple[UUID, ...]]:
    """By part that is closed to a person, what she has to complete first, in course order.

    What is completed or begun stays open; else a part is closed together with one it stands below.
    A prerequisite that is no part of the course today, or can never be completed, holds nobody
    back; and where prerequisites lead in a circle (publishing refuses that, but two people may
    publish at once) those of the circle do not count.
    """
    own, needs = _own_needs(parts), prerequisites_of(parts)
    order = [part.key for part in parts]
    is_open = {*completed, *begun}
    found = {}
    for part in parts:
        if part.key in is_open:
            continue
        held = {part.key, *part.above} - is_open
        waiting = set().union(*(own.get(key, ()) for key in held)).difference(completed)
        first = {need for need in waiting if part.key not in _leads_to(need, needs)}
        if first:
            found[part.key] = tuple(need for need in order if need in first)
    return found


def _own_needs(parts: Sequence[Part]) -> dict[UUID, frozenset[UUID]]:
    """What each part itself asks for, of what is in the same course and can be completed."""
    counting = frozenset(part.key for part in parts if part.counts)
    return {part.key: counting.intersection(part.prerequisites) for part in parts}


def prerequisites_of(parts: Sequence[Part]) -> dict[UUID, frozenset[UUID]]:
    """What each part waits for, with what those wait for below which it stands."""
    own = _own_needs(parts)
    return {
        part.key: own[part.key].union(*(own.get(key, ()) for key in part.above)) for part in parts
    }


def _leads_to(key: UUID, needs: Mapping[UUID, Collection[UUID]]) -> set[UUID]:
    """``key`` and all that must be completed before it."""
    found: set[UUID] = set()
    waiting = [key]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += needs.get(at, ())
    return found


def circle(needs: Mapping[UUID, Collection[UUID]], key: UUID) -> set[UUID]:
    """The prerequisites of ``key`` that in the end wait for ``key``; empty without a circle."""
    return {need for need in needs.get(key, ()) if key in _leads_to(need, needs)}


def towards(
    parts: Sequence[Part], reached: Progress, locked: Collection[UUID], completed: Collection[UUID]
) -> UUID | None:
    """Where to go on: the first part that is open and that completing the course needs.

    First what is required, then what that waits for although it is optional, then the optional
    parts of which some are missing.
    """
    needs = prerequisites_of(parts)
    order = [part.key for part in parts if part.key not in completed and part.key not in locked]
    wanted = set(reached.missing)
    awaited = set().union(*(_leads_to(key, needs) for key in wanted)) if wanted else set()
    for choice in (wanted, awaited, set(reached.electives)):
        for key in order:
            if key in choice:
                return key
    return None


@dataclass(frozen=True)
class Inputs:
    """All that a decision rests on."""

    asked: Asked
    #: By activity, which text it was completed on and who said so.
    completed: Mapping[UUID, tuple[UUID, str]]
    refresh_months: int | None
    #: Until when the proof before holds: who refreshes early loses no day.
    earlier_until: date | None = None

    def as_json(self) -> dict[str, Any]:
        """What a ``CompletionDecision`` keeps."""
        return {
            "required": [str(key) for key in self.asked.required],
            "electives": [str(key) for key in self.asked.electives],
            "electives_needed": self.asked.electives_needed,
            "completed": {
                str(key): [str(version), source]
                for key, (version, source) in self.completed.items()
            },
            "refresh_months": self.refresh_months,
            "earlier_until": self.earlier_until.isoformat() if self.earlier_until else None,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Inputs:
        """The inputs of a kept decision."""
        return cls(
            asked=Asked(
                required=tuple(map(UUID, kept["required"])),
                electives=tuple(map(UUID, kept["electives"])),
                electives_needed=kept["electives_needed"],
            ),
            completed={
                UUID(key): (UUID(version), source)
                for key, (version, source) in kept["completed"].items()
            },
            refresh_months=kept["refresh_months"],
            earlier_until=date.fromisoformat(kept["earlier_until"])
            if kept.get("earlier_until")
            else None,
        )

    @property
    def is_complete(self) -> bool:
        return progress(self.asked, self.completed).is_complete

    def expires_on(self, day: date, *, rule_version: int = VERSION) -> date | None:
        """Until when it holds if it was completed on a day; ``None`` if without an end."""
        return valid_until(day, self.refresh_months, self.earlier_until, rule_version=rule_version)


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


def deadline(due_on: date | None, due_days: int | None, *, since: date) -> date | None:
    """By when something is to be done that is asked of somebody since a day.

    Of a fixed day and a number of days the later one counts: nobody is late on her first day, and
    nobody has less time than the others.
    """
    in_time = since + timedelta(days=due_days) if due_days else None
    return max((day for day in (due_on, in_time) if day is not None), default=None)


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


def valid_until(
    completed_on: date,
    months: int | None,
    earlier_until: date | None,
    *,
    rule_version: int = VERSION,
) -> date | None:
    """The last day on which a completion holds; ``None`` if it holds without an end.

    Who refreshes early loses no day: the new time begins when the proof she has ends. Who does so
    long before, because her authority asks for it, keeps that day at least; or the validity would
    grow with each refresher. Before version 2 of the rules there was nobody like that.
    """
    if not months:
        return None
    if earlier_until is None or earlier_until <= completed_on:
        return add_months(completed_on, months)
    is_within = earlier_until - completed_on <= timedelta(days=longest_window(months))
    if is_within or rule_version < 2:
        return add_months(earlier_until, months)
    return max(add_months(completed_on, months), earlier_until)


def longest_window(months: int) -> int:
    """How many days before its end a proof may be refreshed as if on its last day.

    Half of the validity, or refreshers would follow each other at once.
    """
    return months * DAYS_OF_A_MONTH // 2


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
