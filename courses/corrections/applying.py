"""Corrections come into force when a text is public; then results are counted anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from ..actions import complete_activity
from ..comparing import Stored, fingerprint, questions_in
from ..enums import CompletionSource, CorrectionStatus
from ..models import (
    Attempt,
    Completion,
    ContentVersion,
    Correction,
    CorrectionNotice,
    QuizPage,
    Regrading,
)
from ..recounting import Recounter, Taken, regrading, stream
from ..regrading import Result
from .effects import attempts_concerned, others_in_force
from .units import originals

#: Attempts regraded in one transaction.
CHUNK = 200
#: How many are regraded at once when a text is published; more wait for ``apply_corrections``.
AT_ONCE = 1000


def bring_into_force(version: ContentVersion) -> None:
    """Called when a text went live: what was approved for it counts from now on.

    Proposals for changes that the new text does not have are replaced. Safe to repeat.
    """
    with transaction.atomic():
        waiting = list(
            Correction.objects.open()
            .select_for_update(of=("self",))
            .select_related("before")
            .defer("before__content")
            .filter(unit_key=version.unit_key)
        )
        waiting = [c for c in waiting if _waits_for(c, version)]
        if not waiting:
            return
        now = questions_in(version.unit_key, version.content)
        met = [c for c in waiting if _is_met(c, now)]
        put_into_force([c for c in met if c.status == CorrectionStatus.APPROVED], version)
        Correction.objects.filter(pk__in=[c.pk for c in waiting if c not in met]).update(
            status=CorrectionStatus.REPLACED
        )


def _waits_for(correction: Correction, version: ContentVersion) -> bool:
    """Whether the publication of a text decides what becomes of a correction.

    A question of the bank is void as soon as that is approved, whatever is published.
    """
    is_withdrawal = correction.is_of_bank and correction.is_void
    return correction.before.language == version.language and not is_withdrawal


def _is_met(correction: Correction, now: dict[UUID, Stored]) -> bool:
    stored = now.get(correction.question_id)
    if correction.is_void or stored is None:
        return correction.is_void and stored is None
    return fingerprint(stored) == correction.after_sha256


def put_into_force(corrections: Iterable[Correction], version: ContentVersion) -> None:
    """Let approved corrections count from now on; ``version`` is the text that brings them.

    They are carried out after commit.
    """
    for correction in corrections:
        correction.status = CorrectionStatus.LIVE
        correction.after_version = version
        correction.in_force_at = timezone.now()
        correction.save(update_fields=["status", "after_version", "in_force_at"])
        # What fails here is taken up by the command; the text is public all the same.
        transaction.on_commit(partial(_apply_if_few, correction.pk), robust=True)


def _apply_if_few(correction_pk: int) -> None:
    correction = Correction.objects.get(pk=correction_pk)
    if attempts_concerned(correction)[: AT_ONCE + 1].count() <= AT_ONCE:
        apply_correction(correction=correction)


def unfinished() -> QuerySet[Correction]:
    """The corrections in force that not all attempts were regraded by."""
    return Correction.objects.filter(
        status=CorrectionStatus.LIVE, finished_at__isnull=True
    ).order_by("in_force_at", "pk")


def apply_correction(*, correction: Correction) -> int:
    """Regrade the attempts a correction in force concerns; returns how many it has regraded.

    In chunks, each in a transaction of its own. Stopped in the middle, it goes on where it was when
    called again; nothing is done twice.
    """
    _wait_for_grades(correction)
    done, last = 0, 0
    while True:
        with transaction.atomic():
            locked = Correction.objects.select_for_update().get(pk=correction.pk)
            if locked.finished_at is not None:
                return done
            pks = list(
                attempts_concerned(locked)
                .filter(
                    ~Exists(Regrading.objects.filter(attempt=OuterRef("pk"), correction=locked)),
                    pk__gt=last,
                )
                .order_by("pk")
                .values_list("pk", flat=True)[:CHUNK]
            )
            if not pks:
                _finish(locked)
                return done
            done += _regrade_chunk(locked, pks)
            last = pks[-1]


def _wait_for_grades(correction: Correction) -> None:
    """Wait for what is graded at this moment.

    What is graded later finds the correction in force (``regrade_graded``).
    """
    attempts = Attempt.objects.filter(graded_at__isnull=True).that_asked(
        correction.unit_key, correction.question_id
    )
    with transaction.atomic():
        list(attempts.select_for_update().order_by("pk").values_list("pk"))


def _regrade_chunk(correction: Correction, pks: list[int]) -> int:
    attempts = Attempt.objects.filter(pk__in=pks)
    # Another correction of the same attempts may be carried out at this moment. The later of the
    # two must find what the earlier one wrote: the latest regrading counts.
    list(attempts.select_for_update().order_by("pk").values_list("pk"))
    recounter = Recounter(others_in_force(correction))
    attempts = attempts.select_related("enrolment", "content_version")
    regraded = [
        (taken, recounter.result(taken))
        for taken in list(stream(attempts.defer("content_version__content")))
        if correction in recounter.concerning(taken, correction.question_id)
    ]
    _write(correction, regraded)
    return len(regraded)


def _write(correction: Correction, regraded: list[tuple[Taken, Result]]) -> None:
    """Write regradings, tell whom they are better for, complete what is passed now."""
    rows = Regrading.objects.bulk_create(
        regrading(taken, result, correction) for taken, result in regraded
    )
    CorrectionNotice.objects.bulk_create(
        CorrectionNotice(user_id=row.attempt.enrolment.user_id, regrading=row)
        for row in rows
        if row.is_better
    )
    _complete(
        [t.attempt for t, result in regraded if result.is_passed and not t.before.is_passed],
        correction,
    )


def _complete(attempts: Collection[Attempt], correction: Correction) -> None:
    pages = originals({attempt.activity_key for attempt in attempts})
    for attempt in attempts:
        page = pages.get(attempt.activity_key)
        if isinstance(page, QuizPage):  # of one that is deleted, nothing can be completed any more
            complete_activity(
                enrolment=attempt.enrolment,
                page=page,
                version=attempt.content_version,
                source=CompletionSource.CORRECTION,
                actor=correction.decided_by,
                reason=str(correction.uuid),
            )


def _finish(correction: Correction) -> None:
    correction.finished_at = timezone.now()
    correction.better_count = _people(correction.regradings.filter(is_better=True))
    correction.passed_count = (
        Completion.objects.filter(source=CompletionSource.CORRECTION, reason=str(correction.uuid))
        .values("enrolment__user")
        .distinct()
        .count()
    )
    correction.save(update_fields=["finished_at", "better_count", "passed_count"])


def _people(regradings: QuerySet[Regrading]) -> int:
    return regradings.values("attempt__enrolment__user").distinct().count()
