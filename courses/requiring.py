"""What a change of requirements does: shown before it is made, made only as it was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.utils import timezone

from hub.organisations.models import Membership, Organisation

from .actions.enrolling import Step, enrolment_steps
from .models import Enrolment, Requirement


@dataclass(frozen=True)
class Effect:
    """How many people a set of requirements touches; nothing says how far anybody is."""

    #: Will be enrolled.
    enrolled: int = 0
    #: Have it open, and get another kind or deadline.
    changed: int = 0
    #: Have it open, and it is not asked any longer.
    released: int = 0
    #: Of those enrolled or changed: the deadline has passed at once.
    overdue: int = 0
    #: Are asked, and have completed it: left alone.
    completed: int = 0
    #: Of these: the proof has ended, so that the refresher opens by itself.
    expired: int = 0
    #: Stands for the people and what becomes of each.
    fingerprint: str = ""

    @property
    def touched(self) -> int:
        """How many enrolments are made, changed or released."""
        return self.enrolled + self.changed + self.released


def effect_of(
    *, organisation: Organisation, course_key: UUID, requirements: Iterable[Requirement]
) -> Effect:
    """Whom it would touch if ``requirements`` were all that an authority asks for a course.

    Nothing is written, and the requirements need not be saved. It is what ``enrol_authority`` then
    does. Three queries, however many people there are.
    """
    people = Membership.objects.filter(organisation=organisation).not_ended()
    there = Enrolment.objects.for_course(course_key).filter(user__in=people.values("user"))
    steps = enrolment_steps(list(people.order_by("pk")), list(there), requirements)
    return _summed_up(steps, timezone.localdate())


def _summed_up(steps: Iterable[Step], today: date) -> Effect:
    numbers: Counter[str] = Counter()
    touched = []
    for step in steps:
        enrolment, due_on = step.enrolment, step.enrolment.due_on
        if enrolment.is_completed:
            numbers["completed"] += 1
            numbers["expired"] += enrolment.has_expired(on=today)
            continue
        outcome = _outcome(step)
        if not outcome:
            continue
        numbers[outcome] += 1
        numbers["overdue"] += _is_late(due_on, today) and not _is_late(
            step.before.get("due_on"), today
        )
        touched.append((enrolment.user_id, outcome, enrolment.kind, str(due_on)))
    return Effect(**numbers, fingerprint=fingerprint(sorted(touched)))


def _outcome(step: Step) -> str:
    """The field of ``Effect`` that counts a step; empty if the person notices nothing of it."""
    if step.is_new:
        return "enrolled"
    if step.is_released:
        return "released"
    now = step.enrolment.kind, step.enrolment.due_on
    is_changed = now != (step.before["kind"], step.before["due_on"])
    return "changed" if is_changed and step.enrolment.kind else ""


def _is_late(due_on: date | None, today: date) -> bool:
    return due_on is not None and due_on < today


def fingerprint(what: Any) -> str:
    """Stands for values of Python's own types, in order."""
    return sha256(repr(what).encode()).hexdigest()
