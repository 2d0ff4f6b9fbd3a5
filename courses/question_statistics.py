"""Fragenstatistik: what persons did the first time they were asked, as figures without persons.

What counts, see ``docs/decisions/0015-item-statistics.md``: the first submitted attempt of each
person at a quiz, once it is graded, by the key of the text it showed. Corrections since then change
nothing here: a wrong key is to be seen, not to be hidden. Free texts count as they are marked now.
An attempt without a single answer does not count: it says nothing of the questions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import FilteredRelation, FloatField, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone
from wagtail.blocks import StreamValue

from . import statistics
from .comparing import Stored, fingerprint, parsed, questions_in
from .drawing import RandomDraw
from .models import Attempt, ContentVersion, Marking
from .querysets import AttemptQuerySet, drew
from .questions import Answer, QuestionBlock, TallyRow
from .questions.from_bank import from_bank, with_points
from .statistics import Figures, Hint, Observation, Shown

#: So long it takes at most until an attempt that is being graded can be read. Counting it before
#: could put somebody else in front of it later, and so change a group that was shown.
SETTLED = timedelta(minutes=1)


#: So many different answers are marked once only while attempts are read.
_ANSWERS_KEPT = 10_000


class _Row(NamedTuple):
    """An attempt with one of its answers; ``question_id`` is empty where there is none."""

    pk: int
    user: int
    version: int
    drawn_json: str
    points: float
    maximum: float
    question_id: UUID | None
    answer_json: str
    marked: float | None


class Standing(Enum):
    """What a question is to the quiz today."""

    ASKED = auto()
    BY_CHANCE = auto()
    GONE = auto()


@dataclass(frozen=True, eq=False)
class Wording:
    """What a question asks, in one language, until it asks something else."""

    question_id: UUID
    fingerprint: str
    language: str
    child: StreamValue.StreamChild
    #: The first version of its unit that has it.
    number: int
    published_at: datetime

    @property
    def key(self) -> tuple[UUID, str, str]:
        return self.question_id, self.language, self.fingerprint

    @property
    def block(self) -> QuestionBlock:
        block: QuestionBlock = self.child.block
        return block


@dataclass(frozen=True)
class WordingStatistics:
    """The figures of one wording."""

    wording: Wording
    is_current: bool
    figures: Figures
    hints: Sequence[Hint]
    #: What answers were counted for; without a number where too few were asked.
    rows: Sequence[tuple[TallyRow, Shown | None]]


@dataclass(frozen=True)
class QuestionStatistics:
    """The figures of a question: those of today's wordings first, then the former ones."""

    question_id: UUID
    is_from_bank: bool
    standing: Standing
    wordings: Sequence[WordingStatistics]

    @property
    def current(self) -> list[WordingStatistics]:
        return [wording for wording in self.wordings if wording.is_current]

    @property
    def former(self) -> list[WordingStatistics]:
        return [wording for wording in self.wordings if not wording.is_current]


class Wordings:
    """The wordings of questions by the versions of their units, each read once."""

    def __init__(self, versions: Iterable[ContentVersion]) -> None:
        #: By the version that showed the question, and its id as attempts write it.
        self.shown: dict[tuple[int, str], Wording] = {}
        #: The keys of those in the latest version of each language.
        self.current: set[tuple[UUID, str, str]] = set()
        self._known: dict[tuple[UUID, str, str], Wording] = {}
        self._read: dict[tuple[str, str], Wording | None] = {}
        latest: dict[tuple[UUID, str], int] = {}
        for version in versions:
            latest[version.unit_key, version.language] = version.pk
            stored = questions_in(version.unit_key, version.content)
            for question_id, question in stored.items():
                if wording := self._wording(version, question_id, question):
                    self.shown[version.pk, str(question_id)] = wording
        newest = set(latest.values())
        self.current = {w.key for (pk, _id), w in self.shown.items() if pk in newest}

    def _wording(
        self, version: ContentVersion, question_id: UUID, stored: Stored
    ) -> Wording | None:
        # Most questions stand in many versions to the letter.
        same = (version.language, f"{question_id}{json.dumps(stored, sort_keys=True)}")
        if same not in self._read:
            self._read[same] = self._new(version, question_id, stored)
        return self._read[same]

    def _new(self, version: ContentVersion, question_id: UUID, stored: Stored) -> Wording | None:
        child = parsed(stored)
        if child is None:
            return None
        wording = Wording(
            question_id,
            fingerprint(stored),
            version.language,
            child,
            version.number,
            version.published_at,
        )
        return self._known.setdefault(wording.key, wording)

    def of(self, question_id: UUID) -> list[Wording]:
        """All wordings of a question: today's first, the newer before the older."""
        found = [w for w in self._known.values() if w.question_id == question_id]
        return sorted(
            found,
            key=lambda w: (
                w.key not in self.current,
                w.language != settings.LANGUAGE_CODE,
                w.language,
                -w.number,
            ),
        )


@dataclass(frozen=True)
class _Marked:
    """What an answer to a wording scores and counts for."""

    points: float
    maximum: float
    rows: Collection[str]


def _mark(wording: Wording, points: int | None, answer_json: str, marked: float | None) -> _Marked:
    """``points`` are those a quiz gives instead of the question's own, ``marked`` a person's."""
    block, value = wording.block, with_points(wording.child.value, points)
    answer: Answer = json.loads(answer_json)
    score = block.grade(value, answer)
    is_marked = block.is_marked_by_person and marked is not None
    return _Marked(
        points=marked if is_marked and marked is not None else float(score.points),
        maximum=float(score.maximum),
        rows=block.tallied(value, answer),
    )


class _Reader:
    """Makes observations of what attempts did with the questions that are looked at."""

    def __init__(
        self,
        wordings: Wordings,
        points: Mapping[int, Mapping[UUID, int | None]],
        *,
        asks_once: bool,
    ) -> None:
        """``points`` are those that a version of a quiz gives questions of the bank.

        With ``asks_once``, who was asked a bank question in one quiz does not count in another.
        """
        self._wordings = wordings.shown
        self._points = points
        self._asks_once = asks_once
        self._asked: dict[str, set[int]] = defaultdict(set)
        # Many persons give the same answers.
        self._mark = lru_cache(maxsize=_ANSWERS_KEPT)(_mark)

    def read(self, rows: Iterable[_Row]) -> Iterator[Observation]:
        """``rows`` come attempt by attempt, one for each answer or one without."""
        for _pk, group in groupby(rows, key=itemgetter(0)):
            attempt = next(group)
            answers = {row.question_id: row for row in (attempt, *group)}
            for entry in json.loads(attempt.drawn_json):
                if wording := self._wording(attempt, entry):
                    yield self._observe(attempt, wording, answers.get(wording.question_id))

    def _wording(self, attempt: _Row, entry: Mapping[str, Any]) -> Wording | None:
        """What was asked; ``None`` for questions that are not looked at.

        A copied quiz has questions of the same ids, but no version of this one.
        """
        question_id = entry["id"]
        version = entry.get("version", attempt.version)
        wording = self._wordings.get((version, question_id))
        if wording is not None and self._asks_once and "version" in entry:
            if attempt.user in self._asked[question_id]:
                return None
            self._asked[question_id].add(attempt.user)
        return wording

    def _observe(self, attempt: _Row, wording: Wording, row: _Row | None) -> Observation:
        points = self._points.get(attempt.version, {}).get(wording.question_id)
        marked = self._mark(wording, points, row.answer_json, row.marked) if row else None
        if marked is None:
            marked = self._mark(wording, points, "{}", None)
        others = attempt.maximum - marked.maximum
        return Observation(
            text=wording,
            share=marked.points / marked.maximum if marked.maximum else None,
            rest=(attempt.points - marked.points) / others if others > 0 else None,
            rows=marked.rows,
        )


def quiz_statistics(quiz_key: UUID) -> list[QuestionStatistics]:
    """The statistics of the questions of a quiz, in its order, then those it asks no more.

    A question of the bank has the figures of all quizzes that asked it, the same as in the bank:
    two figures over groups that overlap could be subtracted.
    """
    versions = _versions([quiz_key])
    contents = {version.pk: from_bank(version.content["questions"]) for version in versions}
    places = contents[_latest(versions).pk][0] if versions else []
    may_draw = any(isinstance(place, RandomDraw) for place in places)
    drawn = {
        place
        for all_places, _chosen, _typed in contents.values()
        for place in all_places
        if isinstance(place, RandomDraw)
    }
    bank = {key for _places, chosen, _typed in contents.values() for key in chosen}
    if drawn:
        bank |= _bank_questions_asked(quiz_key)
    wordings = Wordings([*versions, *_versions(bank)])
    order = [place for place in places if isinstance(place, UUID)]
    found = _statistics(quiz_key, wordings, bank)

    def standing(question_id: UUID) -> Standing:
        if question_id in order:
            return Standing.ASKED
        return Standing.BY_CHANCE if may_draw and question_id in bank else Standing.GONE

    questions = [
        QuestionStatistics(key, key in bank, standing(key), shown) for key, shown in found.items()
    ]
    places_of = {key: place for place, key in enumerate(order)}
    return sorted(
        questions,
        key=lambda question: (
            question.standing.value,
            places_of.get(question.question_id, 0),
            str(question.wordings[0].wording.child.value["text"].source),
        ),
    )


def bank_statistics(question_key: UUID) -> QuestionStatistics:
    """The statistics of a question of the bank, over all quizzes that asked it."""
    wordings = Wordings(_versions([question_key]))
    found = _statistics(None, wordings, {question_key})
    return QuestionStatistics(question_key, True, Standing.ASKED, found.get(question_key, []))


def _latest(versions: Sequence[ContentVersion]) -> ContentVersion:
    """The latest version in the language that the quiz is written in first, if there is one."""
    own = [v for v in versions if v.language == settings.LANGUAGE_CODE]
    return max(own or versions, key=lambda version: version.number)


def _versions(unit_keys: Collection[UUID]) -> list[ContentVersion]:
    if not unit_keys:
        return []
    versions = ContentVersion.objects.filter(unit_key__in=unit_keys)
    return list(versions.order_by("unit_key", "language", "number"))


def _firsts(quiz_keys: Collection[UUID]) -> AttemptQuerySet:
    attempts = Attempt.objects.filter(activity_key__in=quiz_keys)
    firsts = attempts.first_of_each_person().answered()
    return firsts.graded_before(timezone.now() - SETTLED)


def _bank_questions_asked(quiz_key: UUID) -> set[UUID]:
    """The keys of the bank questions that first attempts at a quiz asked."""
    drawn = _firsts([quiz_key]).values_list("drawn", flat=True)
    return {
        UUID(entry["id"]) for entries in drawn.iterator() for entry in entries if "version" in entry
    }


def _quizzes_that_asked(question_keys: Collection[UUID]) -> set[UUID]:
    if not question_keys:
        return set()
    asked = Q()
    for key in question_keys:
        asked |= drew(key)
    attempts = Attempt.objects.submitted().with_drawn_text().filter(asked)
    return set(attempts.order_by().values_list("activity_key", flat=True).distinct())


def _statistics(
    quiz_key: UUID | None, wordings: Wordings, bank: Collection[UUID]
) -> dict[UUID, list[WordingStatistics]]:
    """The figures of all wordings of the questions that are looked at.

    The first of today's is always there; other languages and former ones if something is shown.
    """
    quizzes = _quizzes_that_asked(bank) | ({quiz_key} if quiz_key else set())
    reader = _Reader(wordings, _points_given(quizzes, bank), asks_once=len(quizzes) > 1)
    questions = {wording.question_id for wording in wordings.shown.values()}
    has_marked = any(w.block.is_marked_by_person for w in wordings.shown.values())
    rows = _rows(quizzes, questions, has_marked=has_marked)
    sums = statistics.add_up(reader.read(rows), settings.SMALLEST_GROUP)
    found = {
        question_id: [
            shown
            for place, wording in enumerate(wordings.of(question_id))
            for shown in [_shown(wording, sums.get(wording), wordings)]
            if (shown.is_current and place == 0) or shown.figures.is_enough
        ]
        for question_id in questions
    }
    return {question_id: shown for question_id, shown in found.items() if shown}


def _points_given(
    quizzes: Collection[UUID], bank: Collection[UUID]
) -> dict[int, dict[UUID, int | None]]:
    if not bank:
        return {}
    versions = ContentVersion.objects.filter(unit_key__in=quizzes).values_list("pk", "content")
    return {pk: from_bank(content["questions"])[1] for pk, content in versions}


def _rows(
    quizzes: Collection[UUID], questions: Collection[UUID], *, has_marked: bool
) -> Iterator[_Row]:
    """What the first attempts of persons answered, in the order in which they were graded.

    One query and flat memory, however many there are.
    """
    marked: Any = Value(None, output_field=FloatField())
    if has_marked:
        latest = Marking.objects.filter(response=OuterRef("answers__pk")).order_by("-pk")
        marked = Cast(Subquery(latest.values("points")[:1]), FloatField())
    rows = (
        _firsts(quizzes)
        .annotate(
            answers=FilteredRelation(
                "responses", condition=Q(responses__question_id__in=questions)
            ),
            # As plain values: reading each column of each row as what it is takes half the time.
            drawn_json=Cast("drawn", TextField()),
            answer_json=Cast("answers__answer", TextField()),
            points_reached=Cast("points", FloatField()),
            points_possible=Cast("maximum", FloatField()),
            points_marked=marked,
        )
        .values_list(
            *("pk", "enrolment__user", "content_version", "drawn_json"),
            *("points_reached", "points_possible"),
            *("answers__question_id", "answer_json", "points_marked"),
        )
    )
    return map(_Row._make, rows.iterator(chunk_size=2000))


def _shown(wording: Wording, sums: statistics.Sums | None, wordings: Wordings) -> WordingStatistics:
    block = wording.block
    rows = block.tally_rows(wording.child.value)
    right = {row.key for row in rows if row.is_right}
    found = statistics.figures(
        sums,
        is_scored=block.is_scored,
        tally=block.tally,
        rows=[row.key for row in rows],
        right=right,
    )
    return WordingStatistics(
        wording=wording,
        is_current=wording.key in wordings.current,
        figures=found,
        hints=statistics.hints(found, tally=block.tally, right=right),
        rows=[(row, found.rows.get(row.key)) for row in rows],
    )
