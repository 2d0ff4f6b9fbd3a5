"""What a correction does or would do: numbers, no persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ..enums import CorrectionKind
from ..models import Attempt, Completion, ContentVersion, Correction
from ..recounting import Recounter, in_force, stream
from .changes import ChangedQuestion
from .units import Unit


@dataclass(frozen=True)
class Effect:
    """What a correction does or would do, in numbers of people."""

    asked: int = 0
    better: int = 0
    now_pass: int = 0
    #: A correction takes no pass; said aloud so that nobody need wonder.
    now_fail: int = 0
    #: In how many quizzes they were asked.
    quizzes: int = 0


def preview(*, draft: Unit, change: ChangedQuestion, kind: CorrectionKind) -> Effect:
    """What a correction would do if it were in force now, over all quizzes; changes nothing.

    Attempts are read one after the other; the number of queries depends on how many versions of
    quizzes there are, and not on how many people took them.
    """
    planned = Correction(
        unit_key=draft.translation_key,
        question_id=change.question_id,
        kind=kind,
        before=ContentVersion.objects.defer("content").get(pk=change.version),
        after=change.text_by(kind),
    )
    recounter = Recounter([*others_in_force(planned), planned])
    better, passing, asked, quizzes = set(), set(), set(), set()
    for taken in stream(_with_completion(attempts_concerned(planned))):
        attempt: Any = taken.attempt
        asked.add(attempt.enrolment_user)
        quizzes.add(attempt.activity_key)
        result = recounter.result(taken)
        if result != taken.before:
            better.add(attempt.enrolment_user)
        if result.is_passed and not attempt.has_completion:
            passing.add(attempt.enrolment_user)
    return Effect(asked=len(asked), better=len(better), now_pass=len(passing), quizzes=len(quizzes))


def attempts_concerned(correction: Correction) -> QuerySet[Attempt]:
    """The attempts with a result that asked its question, whatever text they showed."""
    return Attempt.objects.graded().that_asked(correction.unit_key, correction.question_id)


def _with_completion(attempts: QuerySet[Attempt]) -> QuerySet[Any]:
    return attempts.annotate(
        enrolment_user=F("enrolment__user"),
        has_completion=Exists(
            Completion.objects.filter(
                enrolment=OuterRef("enrolment"), activity_key=OuterRef("activity_key")
            )
        ),
    )


def others_in_force(correction: Correction) -> list[Correction]:
    """The corrections that attempts may have to be recounted by along with this one.

    A question of the bank is asked beside the questions of any quiz.
    """
    found = Correction.objects.all()
    if not correction.is_of_bank:
        found = found.filter(Q(unit_key=correction.unit_key) | Q(unit_key=F("question_id")))
    return in_force(found)
