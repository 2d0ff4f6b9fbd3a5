"""What a change of requirements does: shown before it is made, made only as it was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from wagtail.log_actions import log

from hub.i18n import default_locale_id
from hub.organisations.models import Membership, Organisation, User

from .actions.enrolling import Step, employments_of, enrol_authority, enrolment_steps
from .enums import SystemRole, SystemStatus
from .models import AISystem, CoursePage, Enrolment, Requirement
from .tasks import enrol_authority_later

#: From so many people on, nobody is kept waiting.
BACKGROUND_FROM = 300
#: What a requirement says.
VALUES = (
    "organisation_id",
    "course_key",
    "audience_id",
    "department_id",
    "ai_system_id",
    "system_role",
    "kind",
    "due_on",
    "due_days",
    "refresh_months",
    "reason",
)


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
    #: Have completed it and nothing open, and get another day for the refresher, one or none.
    refreshed: int = 0
    #: Of those who have completed it: the proof has ended, so that the refresher opens by itself.
    expired: int = 0
    #: Stands for the people and what becomes of each.
    fingerprint: str = ""

    @property
    def touched(self) -> int:
        """How many enrolments are made, changed or released, and proofs that change."""
        return self.enrolled + self.changed + self.released + self.refreshed


def effect_of(
    *, organisation: Organisation, course_key: UUID, requirements: Iterable[Requirement]
) -> Effect:
    """Whom it would touch if ``requirements`` were all that an authority asks for a course.

    Nothing is written, and the requirements need not be saved. It is what ``enrol_authority`` then
    does. Four queries, however many people there are.
    """
    people = Membership.objects.filter(organisation=organisation).not_ended()
    there = Enrolment.objects.for_course(course_key).select_related("membership")
    there = there.filter(user__in=people.values("user"))
    memberships = list(employments_of(people))
    elsewhere = Requirement.objects.filter(
        organisation__in={membership.organisation_id for membership in memberships},
        course_key=course_key,
    ).exclude(organisation=organisation)
    steps = enrolment_steps(memberships, list(there), [*requirements, *elsewhere])
    own = {row.pk for row in memberships if row.organisation_id == organisation.pk}
    return _summed_up(steps, organisation, own, timezone.localdate())


def _summed_up(
    steps: Iterable[Step], organisation: Organisation, own: Collection[int], today: date
) -> Effect:
    """What concerns an authority with its ``own`` employments.

    What another one asks of people of both is none of its business, nor whether they have done it.
    """
    numbers: Counter[str] = Counter()
    touched = []
    steps = list(steps)
    learning = {step.enrolment.user_id for step in steps if not step.enrolment.is_completed}
    for step in steps:
        enrolment, due_on = step.enrolment, step.enrolment.due_on
        is_decided_here = bool(
            step.employment and step.employment.organisation_id == organisation.pk
        )
        if enrolment.is_completed:
            is_done = organisation.pk in step.done_for
            numbers["completed"] += is_done
            numbers["expired"] += is_done and enrolment.has_expired(on=today)
            # Where the refresher is open, its deadline is what changes.
            if is_decided_here and step.is_changed and enrolment.user_id not in learning:
                numbers["refreshed"] += 1
                touched.append((enrolment.user_id, "refreshed", "", str(enrolment.refresh_on)))
            continue
        outcome = _outcome(step)
        if outcome and not is_decided_here:
            # It is let go; whether another authority asks for it is not told.
            outcome = "released" if step.before.get("membership_id") in own else ""
        if not outcome:
            continue
        numbers[outcome] += 1
        if outcome == "released":
            touched.append((enrolment.user_id, outcome, "", ""))
            continue
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


@dataclass(frozen=True)
class Preview:
    """What HR is shown before a requirement is saved or taken back."""

    requirement: Requirement
    is_withdrawn: bool
    effect: Effect
    #: How many belong to its group, also those who are asked by another requirement as well.
    people: int
    is_course_live: bool
    #: Stands for all that is shown, and for the requirements as they are.
    fingerprint: str


class NotAsShown(Exception):
    """What is to be done is not what was shown; ``preview`` is what would happen now."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview


def preview(requirement: Requirement, *, is_withdrawn: bool = False) -> Preview:
    """What it would do to save a requirement as it is given, or to take it back.

    Raises ``Requirement.DoesNotExist`` where it was deleted meanwhile. Seven queries.
    """
    there = list(
        Requirement.objects.filter(
            organisation=requirement.organisation_id, course_key=requirement.course_key
        ).order_by("pk")
    )
    others = [row for row in there if row.pk != requirement.pk]
    if requirement.pk is not None and len(others) == len(there):
        raise Requirement.DoesNotExist
    wanted = others if is_withdrawn else [*others, requirement]
    effect = effect_of(
        organisation=requirement.organisation,
        course_key=requirement.course_key,
        requirements=wanted,
    )
    said = [[_values(row) for row in rows] for rows in (there, wanted)]
    return Preview(
        requirement=requirement,
        is_withdrawn=is_withdrawn,
        effect=effect,
        people=_people_of(requirement),
        is_course_live=CoursePage.objects.live()
        .filter(translation_key=requirement.course_key, locale=default_locale_id())
        .exists(),
        fingerprint=fingerprint((said, effect.fingerprint)),
    )


def save_requirement(*, requirement: Requirement, confirmed: str, actor: User) -> Preview:
    """Save a requirement, new or changed, and enrol whom it concerns, as it was shown.

    ``confirmed`` is the fingerprint of the preview that was shown. Raises ``NotAsShown`` where it
    would do something else now, ``ValidationError`` where another requirement asks the same group
    meanwhile, ``Requirement.DoesNotExist`` where it was deleted. Then nothing is written.
    """
    with transaction.atomic():
        _wait_for_others(requirement)
        requirement.validate_constraints()
        shown = _as_shown(preview(requirement), confirmed)
        before = Requirement.objects.filter(pk=requirement.pk).first()
        requirement.save()
        action = "wagtail.edit" if before else "wagtail.create"
        _log(shown, action, actor, before=before, after=requirement)
        _carry_out(shown)
    return shown


def withdraw_requirement(*, requirement: Requirement, confirmed: str, actor: User) -> Preview:
    """Delete a requirement and release whom nothing else asks, as it was shown.

    Raises ``NotAsShown`` and ``Requirement.DoesNotExist`` as ``save_requirement`` does.
    """
    with transaction.atomic():
        _wait_for_others(requirement)
        shown = _as_shown(preview(requirement, is_withdrawn=True), confirmed)
        _log(shown, "wagtail.delete", actor, before=requirement, after=None)
        requirement.delete()
        _carry_out(shown)
    return shown


def _wait_for_others(requirement: Requirement) -> None:
    """One change of an authority's requirements after the other."""
    Organisation.objects.select_for_update(no_key=True).get(pk=requirement.organisation_id)


def _as_shown(now: Preview, confirmed: str) -> Preview:
    if now.fingerprint != confirmed:
        raise NotAsShown(now)
    return now


def _carry_out(shown: Preview) -> None:
    requirement = shown.requirement
    carry_out(requirement.organisation_id, requirement.course_key, shown.effect)


def carry_out(organisation_id: int, course_key: UUID, effect: Effect) -> None:
    """Enrol few people at once, many when the change is written, beside the request."""
    if effect.touched < BACKGROUND_FROM:
        enrol_authority(organisation_id=organisation_id, course_key=course_key)
    else:
        later = partial(enrol_authority_later.enqueue, organisation_id, str(course_key))
        transaction.on_commit(later)


def _people_of(requirement: Requirement) -> int:
    people = Membership.objects.filter(organisation=requirement.organisation_id).not_ended()
    if requirement.audience_id:
        people = people.filter(audiences=requirement.audience_id)
    if requirement.department_id:
        people = people.filter(department=requirement.department_id)
    if requirement.ai_system_id:
        people = people.filter(_has_to_do_with(requirement))
    return people.values("user").distinct().count()


def _has_to_do_with(requirement: Requirement) -> Q:
    """Who uses or oversees the system that a requirement is about; nobody once it has ended."""
    path = (
        "overseen_systems"
        if requirement.system_role == SystemRole.OVERSEERS
        else "audiences__ai_systems"
    )
    systems = AISystem.objects.filter(pk__in=[requirement.ai_system_id])
    system = systems.exclude(status=SystemStatus.ENDED)
    return Q(**{f"{path}__in": system})


def _values(requirement: Requirement) -> dict[str, Any]:
    """What a requirement says, as the log keeps it."""
    values = {name: getattr(requirement, name) for name in VALUES}
    return {name: str(value) for name, value in values.items() if value not in (None, "")}


def _log(
    shown: Preview,
    action: str,
    actor: User,
    *,
    before: Requirement | None,
    after: Requirement | None,
) -> None:
    effect = shown.effect
    log(
        shown.requirement,
        action,
        user=actor,
        data={
            "before": _values(before) if before else None,
            "after": _values(after) if after else None,
            "enrolled": effect.enrolled,
            "changed": effect.changed,
            "released": effect.released,
            "refreshed": effect.refreshed,
        },
        content_changed=True,
    )
