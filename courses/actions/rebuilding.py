"""Writing the state of enrolments anew from what was recorded: completions and decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from courses import rules
from courses.enums import EnrolmentStatus
from courses.models import Completion, CompletionDecision, Enrolment

from .completing import follow

#: All of an enrolment that follows from completions and the decision.
DERIVED = ("status", "outcome", "completed_at", "expires_on", "course_version")
#: How many enrolments are locked and held in memory at a time.
BATCH = 500


@dataclass(frozen=True)
class Difference:
    """An enrolment that says something else than what was recorded."""

    enrolment: UUID
    #: The fields of ``DERIVED`` that differ; empty where the record itself contradicts.
    fields: tuple[str, ...]


def rebuild_progress(*, is_check: bool = False) -> Iterator[Difference]:
    """Write all that is derived anew, and yield what differed; ``is_check`` writes nothing.

    Where a course was completed, the kept decision is followed, not the rules of today: nobody's
    state is lowered. What contradicts itself is told and left as it is: a completed enrolment
    without a decision, a decision that does not follow from its own inputs, or one that rests on a
    completion that was never recorded. Goes in batches, each in a
    transaction of its own under the locks of its enrolments, so it may run beside the traffic.
    """
    last = 0
    while True:
        with transaction.atomic():
            rows = Enrolment.objects.filter(pk__gt=last).order_by("pk")
            if not is_check:
                rows = rows.select_for_update()
            batch = list(rows[:BATCH])
            found = list(_rebuild(batch, is_check=is_check))
        yield from found
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


def _rebuild(batch: list[Enrolment], *, is_check: bool) -> Iterator[Difference]:
    decisions = CompletionDecision.objects.filter(enrolment__in=batch).in_bulk(
        field_name="enrolment_id"
    )
    completed: dict[int, set[UUID]] = defaultdict(set)
    for enrolment_id, key in (
        Completion.objects.filter(enrolment__in=batch)
        .order_by()
        .values_list("enrolment_id", "activity_key")
    ):
        completed[enrolment_id].add(key)
    changed = []
    for enrolment in batch:
        decision, done = decisions.get(enrolment.pk), completed[enrolment.pk]
        if decision is None and enrolment.is_completed:
            yield Difference(enrolment.uuid, ())
            continue
        before = _derived(enrolment)
        _derive(enrolment, decision, has_begun=bool(done))
        fields = tuple(
            name
            for name, old, new in zip(DERIVED, before, _derived(enrolment), strict=True)
            if old != new
        )
        if fields:
            changed.append(enrolment)
        if fields or (decision is not None and not _holds(decision, done)):
            yield Difference(enrolment.uuid, fields)
    if not is_check:
        Enrolment.objects.bulk_update(changed, DERIVED, batch_size=100)


def _derived(enrolment: Enrolment) -> tuple[object, ...]:
    return tuple(
        getattr(enrolment, Enrolment._meta.get_field(name).attname)  # type: ignore[union-attr]
        for name in DERIVED
    )


def _derive(enrolment: Enrolment, decision: CompletionDecision | None, *, has_begun: bool) -> None:
    if decision is not None:
        follow(enrolment, decision)
        return
    enrolment.status = EnrolmentStatus.IN_PROGRESS if has_begun else EnrolmentStatus.ENROLLED
    enrolment.outcome = ""
    enrolment.completed_at = enrolment.expires_on = enrolment.course_version_id = None


def _holds(decision: CompletionDecision, completed: Collection[UUID]) -> bool:
    """Whether a decision follows from its inputs, and these from the completions."""
    inputs = rules.Inputs.from_json(decision.inputs)
    if not inputs.completed.keys() <= set(completed):
        return False
    if decision.rule_version == 0:
        return True
    day = timezone.localdate(decision.decided_at)
    return inputs.is_complete and (
        inputs.expires_on(day, rule_version=decision.rule_version) == decision.expires_on
    )
