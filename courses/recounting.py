"""What attempts count once the corrections of their questions are taken into account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from wagtail.blocks import StreamValue

from . import grading
from .comparing import (
    Stored,
    bones,
    has_typed_answers,
    is_graded,
    known_parts,
    parsed,
    questions_in,
)
from .enums import CorrectionKind
from .frozen import FrozenQuestion, frozen_questions
from .models import Attempt, ContentVersion, Correction, Marking, Regrading, Response
from .querysets import CorrectionQuerySet
from .questions import Answer
from .questions.from_bank import with_points
from .quizzing import AskedQuestion, asked_questions, frozen_quiz, score_of
from .regrading import Amendment, Result, amended, regraded

#: Attempts whose questions of the bank are read at once.
BATCH = 200


@dataclass(frozen=True)
class Shown:
    """The version of a unit in which an attempt showed a question."""

    language: str
    number: int
    published_at: datetime


@dataclass(frozen=True)
class Taken:
    """A submitted attempt with its answers."""

    attempt: Attempt
    answers: Mapping[UUID, Answer]
    #: What it counted so far.
    before: Result
    #: The points that persons gave, by question.
    marked: Mapping[UUID, Decimal]
    #: The questions of the bank it drew, by their versions; may hold those of other attempts, too.
    bank: Mapping[int, FrozenQuestion]

    @property
    def questions(self) -> dict[UUID, AskedQuestion]:
        """What it asked, in order; no query once the quiz was read."""
        return asked_questions(
            frozen_quiz(self.attempt.content_version_id), self.attempt.drawn, self.bank
        )


def in_force(corrections: CorrectionQuerySet) -> list[Correction]:
    """Those of ``corrections`` that are in force, in the order in which they came.

    Hardly any attempt has one: what belongs to them is asked for only where there are some.
    """
    versions = ContentVersion.objects.defer("content")
    return list(
        corrections.in_force()
        .prefetch_related(Prefetch("before", versions), Prefetch("after_version", versions))
        .order_by("in_force_at", "pk")
    )


class Recounter:
    """Recounts attempts by corrections; keeps what it has read, however many attempts there are."""

    def __init__(self, corrections: Sequence[Correction]) -> None:
        self.corrections: dict[UUID, list[Correction]] = defaultdict(list)
        for correction in corrections:
            self.corrections[correction.question_id].append(correction)
        self._versions: dict[int, Shown] = {}
        self._texts: dict[tuple[UUID, str], StreamValue.StreamChild | None] = {}

    def result(self, taken: Taken) -> Result:
        """What an attempt counts by all corrections; never less than before."""
        scores = [
            amended(
                score_of(
                    question, taken.answers.get(question.id, {}), taken.marked.get(question.id)
                ),
                [
                    self._amendment(correction, question, taken)
                    for correction in self.concerning(taken, question.id)
                ],
            )
            for question in taken.questions.values()
        ]
        quiz = frozen_quiz(taken.attempt.content_version_id)
        return regraded(taken.before, scores, quiz.pass_mark)

    def concerning(self, taken: Taken, question_id: UUID) -> list[Correction]:
        """The corrections of a question that came after the text an attempt showed, in order."""
        found: list[Correction] = []
        for correction in reversed(self.corrections.get(question_id, [])):
            if correction.unit_key not in (taken.attempt.activity_key, question_id):
                continue  # of the same question in the page this quiz was copied from
            if self._shows_what_it_brought(taken, correction):
                break
            found.insert(0, correction)
        return found

    def _shows_what_it_brought(self, taken: Taken, correction: Correction) -> bool:
        if correction.after is None or correction.in_force_at is None:
            return False
        shown = self._shown(taken.attempt, correction.question_id)
        if shown.language == correction.before.language:
            return (
                correction.after_version is not None
                and shown.number >= correction.after_version.number
            )
        # Another language follows when its translation is brought up to date.
        stored = _text_asked(taken, correction.question_id)
        return (
            shown.published_at >= correction.in_force_at
            and stored is not None
            and bones(stored) == bones(correction.after)
        )

    def _shown(self, attempt: Attempt, question_id: UUID) -> Shown:
        pk = version_asked(attempt, question_id)
        if pk not in self._versions:
            version = ContentVersion.objects.defer("content").get(pk=pk)
            self._versions[pk] = Shown(version.language, version.number, version.published_at)
        return self._versions[pk]

    def _amendment(
        self, correction: Correction, question: AskedQuestion, taken: Taken
    ) -> Amendment:
        kind = CorrectionKind(correction.kind)
        language = self._shown(taken.attempt, question.id).language
        child = self._text(correction, language)
        if (
            correction.after is None
            or child is None
            or not is_graded(question.block)
            or child.block.name != question.block.name
        ):
            return Amendment(kind)
        # A quiz may give a question of the bank other points than it has by itself.
        points = frozen_quiz(taken.attempt.content_version_id).chosen.get(question.id)
        value = with_points(child.value, points)
        answer = known_parts(child.block, value, taken.answers.get(question.id, {}))
        if (
            kind == CorrectionKind.WRONG_KEY
            and language != correction.before.language
            and has_typed_answers(correction.after)
        ):
            # What was typed in one language cannot be held against the answers of another.
            kind = CorrectionKind.UNCLEAR
        return Amendment(kind, child.block.grade(value, answer))

    def _text(self, correction: Correction, language: str) -> StreamValue.StreamChild | None:
        """The corrected question in a language, if it is there by now, else in its own."""
        if correction.after is None:
            return None
        key = (correction.uuid, language)
        if key not in self._texts:
            stored = correction.after
            if language != correction.before.language:
                translated = latest_text(correction.unit_key, correction.question_id, language)
                if translated is not None and bones(translated) == bones(stored):
                    stored = translated
            self._texts[key] = parsed(stored)
        return self._texts[key]


def _text_asked(taken: Taken, question_id: UUID) -> Stored | None:
    """A question as its own text has it, without the points that the quiz gives it."""
    version = version_asked(taken.attempt, question_id)
    if version in taken.bank:
        child = taken.bank[version].child
    else:
        child = frozen_quiz(taken.attempt.content_version_id).questions.get(question_id)
    if child is None:
        return None
    value = child.block.get_prep_value(child.value)
    return {"type": child.block_type, "id": str(question_id), "value": value}


def version_asked(attempt: Attempt, question_id: UUID) -> int:
    """The primary key of the version in which an attempt asked a question.

    A question of the bank names its own; one typed in the quiz stands in the quiz's.
    """
    wanted = str(question_id)
    for entry in attempt.drawn:
        if entry["id"] == wanted and "version" in entry:
            return int(entry["version"])
    return attempt.content_version_id


def latest_text(unit_key: UUID, question_id: UUID, language: str) -> Stored | None:
    """A question as the latest version of its unit in a language has it."""
    content = (
        ContentVersion.objects.filter(unit_key=unit_key, language=language)
        .order_by("-number")
        .values_list("content", flat=True)
        .first()
    )
    return questions_in(unit_key, content).get(question_id) if content else None


def stream(attempts: QuerySet[Attempt]) -> Iterator[Taken]:
    """Attempts with their answers and what they count, one after the other.

    Three queries and flat memory, however many there are, and one for each ``BATCH`` that drew
    from the bank what was not read before.
    """
    latest = Regrading.objects.filter(attempt=OuterRef("pk")).order_by("-pk")
    rows = attempts.order_by("pk").annotate(
        counted_points=Subquery(latest.values("points")[:1]),
        counted_maximum=Subquery(latest.values("maximum")[:1]),
        counted_is_passed=Subquery(latest.values("is_passed")[:1]),
    )
    pks = attempts.order_by().values("pk")
    answers = _Following(
        Response.objects.filter(attempt__in=pks)
        .order_by("attempt_id")
        .values_list("attempt_id", "question_id", "answer")
    )
    # Of several markings of a text the latest counts.
    marked = _Following(
        Marking.objects.filter(response__attempt__in=pks)
        .order_by("response__attempt_id", "pk")
        .values_list("response__attempt_id", "response__question_id", "points")
    )
    for batch in _batches(rows.iterator(chunk_size=BATCH)):
        bank = bank_questions_of(batch)
        for attempt in batch:
            pk = attempt.pk
            yield Taken(attempt, answers.of(pk), _counted(attempt), marked.of(pk), bank)


def _batches(attempts: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(attempts, BATCH)):
        yield batch


def bank_questions_of(attempts: Iterable[Attempt]) -> dict[int, FrozenQuestion]:
    """What attempts drew from the bank, by versions; one query for all that was not read before."""
    return frozen_questions(
        entry["version"] for attempt in attempts for entry in attempt.drawn if "version" in entry
    )


class _Following:
    """Rows of (attempt, question, value) in the order of the attempts, read beside these."""

    def __init__(self, rows: QuerySet[Any, tuple[int, UUID, Any]]) -> None:
        self._rows = rows.iterator()
        self._ahead = next(self._rows, None)

    def of(self, attempt: int) -> dict[UUID, Any]:
        """The values of the next attempt, by question."""
        found = {}
        while self._ahead is not None and self._ahead[0] <= attempt:
            pk, question_id, value = self._ahead
            if pk == attempt:
                found[question_id] = value
            self._ahead = next(self._rows, None)
        return found


def _counted(attempt: Any) -> Result:
    if attempt.counted_points is None:
        return Result(attempt.score, attempt.is_passed)
    score = grading.Score(attempt.counted_points, attempt.counted_maximum)
    return Result(score, attempt.counted_is_passed)


def regrading(taken: Taken, result: Result, correction: Correction) -> Regrading:
    """The row, not saved, that says what an attempt counts after a correction."""
    return Regrading(
        attempt=taken.attempt,
        correction=correction,
        points=result.score.points,
        maximum=result.score.maximum,
        is_passed=result.is_passed,
        is_better=result != taken.before,
    )


def regrade_graded(
    attempt: Attempt, answers: Mapping[UUID, Answer], marked: Mapping[UUID, Decimal]
) -> Result:
    """Recount an attempt that was just graded by corrections that came while it was under way.

    Called under its lock, so that it cannot miss one. One query where there is none.
    """
    before = Result(attempt.score, attempt.is_passed)
    taken = Taken(attempt, answers, before, marked, bank_questions_of([attempt]))
    drawn = [entry["id"] for entry in attempt.drawn]
    corrections = in_force(Correction.objects.filter(question_id__in=drawn))
    recounter = Recounter(corrections)
    concerning = [
        correction
        for correction in corrections
        if correction in recounter.concerning(taken, correction.question_id)
    ]
    if not concerning:
        return taken.before
    result = recounter.result(taken)
    Regrading.objects.bulk_create(regrading(taken, result, correction) for correction in concerning)
    return result
