"""Completing activities, and what follows from it for the course."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses import rules
from courses.activities import OutlineItem, choice_of, outline, required_of, within
from courses.enums import (
    NOT_LEARNT_HERE,
    CompletionMode,
    CompletionSource,
    DecisionCause,
    EnrolmentStatus,
    Outcome,
)
from courses.models import (
    ActivityMixin,
    Completion,
    CompletionDecision,
    ContentVersion,
    CoursePage,
    Enrolment,
)
from courses.refreshing import earlier_proof
from courses.signals import activity_completed, course_completed
from courses.versions import current_version
from hub.organisations.models import User

from .enrolling import ask_again


class ActivityLocked(ValidationError):
    """Other parts of the course have to be completed first; the message names them."""

    def __init__(self, first: Iterable[OutlineItem]) -> None:
        titles = ", ".join(item.title for item in first)
        super().__init__(_("Please complete first: %(titles)s.") % {"titles": titles})


def visit_activity(*, enrolment: Enrolment, activity_key: UUID) -> None:
    """Remember where the person is, so that "Weiterlernen" leads back there."""
    if enrolment.last_activity_key != activity_key and not enrolment.is_completed:
        Enrolment.objects.filter(pk=enrolment.pk).update(last_activity_key=activity_key)
        enrolment.last_activity_key = activity_key


def require_unlocked(
    *, activity_key: UUID, items: Sequence[OutlineItem], completed: Iterable[UUID]
) -> None:
    """Raise ``ActivityLocked`` if an activity of an outline is closed to who completed that."""
    first = rules.locked_by(items, set(completed)).get(activity_key, ())
    if first:
        raise ActivityLocked(item for item in items if item.key in first)


def complete_activity(
    *,
    enrolment: Enrolment,
    page: ActivityMixin,
    version: ContentVersion | None = None,
    items: Sequence[OutlineItem] | None = None,
    source: CompletionSource = CompletionSource.LEARNER,
    actor: User | None = None,
    reason: str = "",
    confirmation: str = "",
    was_open: bool = False,
) -> Completion:
    """Record that an activity is completed: the only writer of ``Completion``.

    ``version`` is the text the person had before her, ``items`` the outline of the course if the
    caller has just read it; the current ones if none are given. ``confirmation`` is the sentence
    she confirmed. A second call returns the first completion and changes nothing. ``enrolment`` is
    as it is now when this returns. Sends ``activity_completed`` and, when nothing required is
    missing any more, ``course_completed`` after commit.

    Raises ``ActivityLocked`` where a learner has to complete something else first, unless it
    ``was_open`` when she began: what she began she may finish, whatever the rules became since.
    """
    with transaction.atomic():
        # The lock makes two tabs, a double click and a retry wait for each other.
        enrolment.refresh_from_db(from_queryset=Enrolment.objects.select_for_update())
        completions = _completions(enrolment)
        completion = completions.get(page.activity_key)
        # A quiz that was moved to another course meanwhile decides nothing in this one.
        is_of_course = page.course.course_key == enrolment.course_key
        asks_first = completion is None and source == CompletionSource.LEARNER and not was_open
        if is_of_course and items is None and (asks_first or not enrolment.is_completed):
            items = outline(page.course)
        if completion is None:
            if is_of_course and asks_first:
                require_unlocked(
                    activity_key=page.activity_key,
                    items=within(items or (), enrolment.scope_keys),
                    completed=completions,
                )
            completion = completions[page.activity_key] = Completion.objects.create(
                enrolment=enrolment,
                activity_key=page.activity_key,
                content_version=version or current_version(page),
                source=source,
                actor=actor,
                reason=reason,
                confirmation=confirmation,
                completed_at=timezone.now(),
            )
            transaction.on_commit(
                partial(activity_completed.send, sender=Completion, completion=completion)
            )
        if is_of_course and not enrolment.is_completed:
            _derive_status(enrolment, page.course, items or (), completions, DecisionCause.ACTIVITY)
    return completion


def _completions(enrolment: Enrolment) -> dict[UUID, Completion]:
    """What is completed in an enrolment, by activity, with the versions' ids; one query."""
    found = enrolment.completions.order_by().select_related("content_version")
    versions = ("uuid", "unit_key", "language", "number", "title", "edition", "published_at")
    return {
        completion.activity_key: completion
        for completion in found.only(
            *(field.name for field in Completion._meta.concrete_fields),
            *(f"content_version__{name}" for name in versions),
        )
    }


def settle(*, enrolment: Enrolment, course: CoursePage, items: Sequence[OutlineItem]) -> None:
    """Write the status of an enrolment anew, ``items`` being the outline of its course.

    For people who had done everything else when a part of the course was taken away or became
    optional: nothing they can do would complete it any more. Safe to repeat.
    """
    with transaction.atomic():
        enrolment.refresh_from_db(from_queryset=Enrolment.objects.select_for_update())
        _derive_status(enrolment, course, items, _completions(enrolment), DecisionCause.COURSE)


def _derive_status(
    enrolment: Enrolment,
    course: CoursePage,
    items: Sequence[OutlineItem],
    completions: dict[UUID, Completion],
    cause: DecisionCause,
) -> None:
    """Write the status that follows from the completions; called under the enrolment's lock."""
    asked = rules.Asked.by(within(items, enrolment.scope_keys))
    reached = rules.progress(asked, completions)
    status = rules.status(enrolment.status, reached, has_begun=bool(completions))
    if reached.is_complete and not enrolment.is_completed:
        decision = _decide(enrolment, course, items, asked, completions, cause)
        follow(enrolment, decision)
        ask_again(enrolment)
        enrolment.course_version = decision.course_version  # with its text, for who is told of it
        enrolment.save()
        transaction.on_commit(partial(course_completed.send, sender=Enrolment, enrolment=enrolment))
    elif status != enrolment.status:
        enrolment.status = status
        enrolment.save(update_fields=["status"])


def _decide(
    enrolment: Enrolment,
    course: CoursePage,
    items: Sequence[OutlineItem],
    asked: rules.Asked,
    completions: dict[UUID, Completion],
    cause: DecisionCause,
) -> CompletionDecision:
    """Write down that a cycle is completed, and on what that rests."""
    now = timezone.now()
    version = current_version(course, with_content=True)
    proof = earlier_proof(enrolment)
    inputs = rules.Inputs(
        asked=asked,
        completed={
            key: (completion.content_version.uuid, completion.source)
            for key, completion in completions.items()
        },
        refresh_months=version.content["refresh_months"],
        earlier_until=proof.expires_on if proof else None,
    )
    return CompletionDecision.objects.create(
        enrolment=enrolment,
        rule_version=rules.VERSION,
        cause=cause,
        course_version=version,
        inputs=inputs.as_json(),
        outcome=_outcome(enrolment, items, asked, completions, proof),
        expires_on=inputs.expires_on(timezone.localdate(now)),
        decided_at=now,
    )


def _outcome(
    enrolment: Enrolment,
    items: Sequence[OutlineItem],
    asked: rules.Asked,
    completions: dict[UUID, Completion],
    proof: Enrolment | None,
) -> Outcome:
    """Passed, where a test had to be passed: in this cycle, or before and it holds unchanged."""
    counted = asked.counted(completions)
    tests = [
        completions[item.key]
        for item in items
        if item.key in counted and item.completion_mode == CompletionMode.GRADED
    ]
    if tests:
        is_passed = all(test.source not in NOT_LEARNT_HERE for test in tests)
    elif enrolment.scope is not None and proof is not None:
        is_passed = proof.outcome == Outcome.PASSED and _has_test(items)
    else:
        is_passed = False
    return Outcome.PASSED if is_passed else Outcome.ATTENDED


def _has_test(items: Sequence[OutlineItem]) -> bool:
    """Whether a test belongs to what completes a course, be it one to choose."""
    _required, tests = required_of(items)
    chosen = choice_of(items).electives
    return bool(tests) or any(
        item.key in chosen and item.completion_mode == CompletionMode.GRADED for item in items
    )


def follow(enrolment: Enrolment, decision: CompletionDecision) -> None:
    """Set, without saving, all of an enrolment that follows from the decision to complete it."""
    enrolment.status = EnrolmentStatus.COMPLETED
    enrolment.outcome = decision.outcome
    enrolment.completed_at = decision.decided_at
    enrolment.expires_on = decision.expires_on
    enrolment.course_version_id = decision.course_version_id
