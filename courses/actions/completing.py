"""Completing activities, and what follows from it for the course."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from courses import cycles, rules
from courses.activities import OutlineItem, outline, required_of, within
from courses.enums import CompletionSource, Outcome
from courses.models import ActivityMixin, Completion, ContentVersion, CoursePage, Enrolment
from courses.refreshing import earlier_proof
from courses.signals import activity_completed, course_completed
from courses.versions import current_version
from hub.organisations.models import User


def visit_activity(*, enrolment: Enrolment, activity_key: UUID) -> None:
    """Remember where the person is, so that "Weiterlernen" leads back there."""
    if enrolment.last_activity_key != activity_key and not enrolment.is_completed:
        Enrolment.objects.filter(pk=enrolment.pk).update(last_activity_key=activity_key)
        enrolment.last_activity_key = activity_key


def complete_activity(
    *,
    enrolment: Enrolment,
    page: ActivityMixin,
    version: ContentVersion | None = None,
    items: Sequence[OutlineItem] | None = None,
    source: CompletionSource = CompletionSource.LEARNER,
    actor: User | None = None,
    reason: str = "",
) -> Completion:
    """Record that an activity is completed: the only writer of ``Completion``.

    ``version`` is the text the person had before her, ``items`` the outline of the course if the
    caller has just read it; the current ones if none are given. A second call returns the first
    completion and changes nothing. ``enrolment`` is as it is now when this returns. Sends
    ``activity_completed`` and, when nothing required is missing any more, ``course_completed``
    after commit.
    """
    with transaction.atomic():
        # The lock makes two tabs, a double click and a retry wait for each other.
        enrolment.refresh_from_db(from_queryset=Enrolment.objects.select_for_update())
        completions = {
            completion.activity_key: completion for completion in enrolment.completions.order_by()
        }
        completion = completions.get(page.activity_key)
        if completion is None:
            completion = completions[page.activity_key] = Completion.objects.create(
                enrolment=enrolment,
                activity_key=page.activity_key,
                content_version=version or current_version(page),
                source=source,
                actor=actor,
                reason=reason,
                completed_at=timezone.now(),
            )
            transaction.on_commit(
                partial(activity_completed.send, sender=Completion, completion=completion)
            )
        # A quiz that was moved to another course meanwhile decides nothing in this one.
        if not enrolment.is_completed and page.course.course_key == enrolment.course_key:
            if items is None:
                items = outline(page.course)
            _derive_status(enrolment, page.course, items, completions)
    return completion


def settle(*, enrolment: Enrolment, course: CoursePage, items: Sequence[OutlineItem]) -> None:
    """Write the status of an enrolment anew, ``items`` being the outline of its course.

    For people who had done everything else when a part of the course was taken away or became
    optional: nothing they can do would complete it any more. Safe to repeat.
    """
    with transaction.atomic():
        enrolment.refresh_from_db(from_queryset=Enrolment.objects.select_for_update())
        completed = set(enrolment.completions.order_by().values_list("activity_key", flat=True))
        _derive_status(enrolment, course, items, completed)


def _derive_status(
    enrolment: Enrolment,
    course: CoursePage,
    items: Sequence[OutlineItem],
    completed: Collection[UUID],
) -> None:
    """Write the status that follows from the completions; called under the enrolment's lock."""
    asked = within(items, enrolment.scope_keys)
    required, tests = required_of(asked)
    reached = rules.progress(required, completed)
    status = rules.status(enrolment.status, reached, has_begun=bool(completed))
    if reached.is_complete and not enrolment.is_completed:
        now = timezone.now()
        version = current_version(course, with_content=True)
        proof = earlier_proof(enrolment)
        enrolment.status = status
        enrolment.outcome = _outcome(enrolment, proof, tests, required_of(items)[1])
        enrolment.completed_at = now
        enrolment.course_version = version
        enrolment.expires_on = cycles.valid_until(
            timezone.localdate(now),
            version.content["refresh_months"],
            proof.expires_on if proof else None,
        )
        enrolment.save()
        transaction.on_commit(partial(course_completed.send, sender=Enrolment, enrolment=enrolment))
    elif status != enrolment.status:
        enrolment.status = status
        enrolment.save(update_fields=["status"])


def _outcome(
    enrolment: Enrolment,
    proof: Enrolment | None,
    tests: Collection[UUID],
    tests_of_course: Collection[UUID],
) -> Outcome:
    """Passed, where a test had to be passed: in this cycle, or before and it holds unchanged."""
    is_carried_over = (
        enrolment.scope is not None and proof is not None and proof.outcome == Outcome.PASSED
    )
    if tests or (tests_of_course and is_carried_over):
        return Outcome.PASSED
    return Outcome.ATTENDED
