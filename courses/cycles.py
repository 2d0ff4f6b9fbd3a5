"""When a proof ends, when it can be refreshed, what a refresher contains: values in, values out.

What counts as changed is said by ``ContentVersion.edition``; nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from .enums import RefresherContent
from .rules import add_months

#: So many days a person has at least who is newly asked for a refresher before her proof ends.
NOTICE_DAYS = 30


def asked_again_on(
    completed_on: date,
    months: int | None,
    *,
    expires_on: date | None,
    first_day: date,
    today: date,
    known: date | None = None,
) -> date | None:
    """By when an authority asks for a refresher, where that is before the proof ends.

    ``None`` where the end of the proof decides, or where nobody asks. That is ``months`` after the
    completion, but never by surprise: who is newly asked, or for an earlier day, has
    ``NOTICE_DAYS``, counted at the earliest from her ``first_day`` at the authority. ``known`` is
    the day that was found before: by it the same question has the same answer on any later day.
    """
    if not months:
        return None
    notice = timedelta(days=NOTICE_DAYS)
    in_time = today + notice if known is None else min(known, today + notice)
    day = max(add_months(completed_on, months), first_day + notice, in_time)
    return day if expires_on is None or day < expires_on else None


def window_opens_on(due_on: date, window_days: int, completed_on: date) -> date:
    """The first day on which a refresher can be begun that is due on a day.

    At most half of the time since the completion, or refreshers would follow each other at once.
    """
    return due_on - min(timedelta(days=window_days), (due_on - completed_on) // 2)


def due_on(asked_by: date | None, refresher_due_on: date | None) -> date | None:
    """By when a begun refresher is due that an authority asks for.

    On the day that the proof says (``Enrolment.refresher_due_on``). A deadline of the authority
    counts when it is later: it cannot ask today for what should have been there yesterday.
    """
    return max((day for day in (asked_by, refresher_due_on) if day is not None), default=None)


@dataclass(frozen=True)
class Choice:
    """The parts of a course to choose from, in its order, and how many of them it asks for."""

    electives: Sequence[UUID] = ()
    needed: int = 0


NO_CHOICE = Choice()


def contents(
    required: Sequence[UUID],
    tests: Collection[UUID],
    *,
    choice: Choice = NO_CHOICE,
    today: Mapping[UUID, int],
    learnt: Mapping[UUID, int],
) -> list[UUID]:
    """The activities of a refresher by difference; ``required`` ones first, in course order.

    ``today`` are the editions of the units now, ``learnt`` the highest ones the person has
    completed. What she never completed is new to her. Where nothing is new, ``what_remains``.
    """
    changed = [key for key in required if today.get(key, 1) > learnt.get(key, 0)]
    changed += chosen_again(choice, today=today, learnt=learnt)
    return changed or what_remains(required, tests)


def chosen_again(
    choice: Choice, *, today: Mapping[UUID, int], learnt: Mapping[UUID, int]
) -> list[UUID]:
    """The parts a person has chosen, of which the text is another now: those that she needs.

    Who has learnt more than the course asks for, and enough of it is unchanged, needs none of them;
    what she never chose is nothing that could have changed for her.
    """
    chosen = [key for key in choice.electives if key in learnt]
    changed = [key for key in chosen if today.get(key, 1) > learnt[key]]
    unchanged = len(chosen) - len(changed)
    return changed[: max(0, choice.needed - unchanged)]


def what_remains(required: Sequence[UUID], tests: Collection[UUID]) -> list[UUID]:
    """What a refresher contains when nothing has changed: the required tests, else everything.

    To know it still is shown by the test; reading what one knows shows nothing. A course without a
    test has only its texts.
    """
    return [key for key in required if key in tests] or list(required)


def scope_of(
    content: str,
    required: Sequence[UUID],
    tests: Collection[UUID],
    *,
    choice: Choice = NO_CHOICE,
    today: Mapping[UUID, int],
    learnt: Mapping[UUID, int],
) -> list[str] | None:
    """What ``Enrolment.scope`` holds for a refresher that begins now; ``None`` is everything.

    A course of parts to choose from, of which none has changed, is learnt again as a whole.
    """
    if content == RefresherContent.WHOLE:
        return None
    found = contents(required, tests, choice=choice, today=today, learnt=learnt)
    return [str(key) for key in found] or None


def reminded_spans(
    days: Iterable[int], *, after: date, until: date
) -> list[tuple[date, date, int]]:
    """Which last days are reminded of after one day and until another, the nearest first.

    Each span is its first and last day, both included, and how many days before them the reminder
    is due.
    """
    return [
        (after + timedelta(days=before + 1), until + timedelta(days=before), before)
        for before in sorted(set(days))
    ]
