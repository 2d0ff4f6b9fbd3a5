"""An attempt's own questions: drawn from, shown and graded on a frozen content version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from wagtail.blocks import StreamValue, StructValue
from wagtail.rich_text import RichText

from . import grading
from .bank import NOTHING, Pool
from .drawing import RandomDraw, deal, unseen_first
from .enums import CountedAttempt, FeedbackTime, QuizLayout
from .frozen import FrozenQuestion, frozen_questions
from .models import Attempt, ContentVersion, QuizPage
from .questions import Answer, QuestionBlock
from .questions.from_bank import from_bank, with_points
from .questions.unknown import UNKNOWN


class QuestionForm(forms.Form):
    """The native fields that ask one question, one for each part, filled with what was typed.

    With ``error_id``, the fields point to the message that says what is wrong with them.
    """

    def __init__(self, question: AskedQuestion, typed: Answer, *, error_id: str = "") -> None:
        super().__init__(prefix=str(question.id))
        for part, field in question.block.get_fields(question.value, question.order).items():
            given = typed.get(part, [])
            if error_id:
                described = [error_id, f"id_{question.id}-{part}_helptext"]
                field.widget.attrs |= {
                    "aria-invalid": "true",
                    "aria-describedby": " ".join(described[: 2 if field.help_text else 1]),
                }
            takes_several = getattr(field.widget, "allow_multiple_selected", False)
            field.initial = given if takes_several else "".join(given)
            self.fields[part] = field


@dataclass(frozen=True)
class AskedQuestion:
    """One question of an attempt, as its content version has it, in the order it was drawn."""

    id: UUID
    number: int
    block: QuestionBlock
    value: StructValue
    order: tuple[str, ...]
    #: The language of its text: a question of the bank may not be translated yet.
    language: str

    @cached_property
    def label(self) -> str:
        """ "Frage 3", in the language of the request."""
        return gettext("Question %(number)s") % {"number": self.number}

    def is_answered(self, answer: Answer) -> bool:
        """Whether nothing is left open: every part has an answer."""
        return all(answer.get(part) for part in self.block.parts(self.value))

    def field_names(self) -> dict[str, str]:
        """The names of the form fields by part."""
        return {part: f"{self.id}-{part}" for part in self.block.parts(self.value)}

    def as_typed(self, answer: Answer) -> Answer:
        """A stored answer as the form fields show it."""
        return {
            part: self.block.unparse_part(self.value, part, given)
            for part, given in answer.items()
            if part in self.field_names()
        }

    def as_sent(self, answer: Answer) -> dict[str, list[str]]:
        """A stored answer by the names of the form fields that send it."""
        names = self.field_names()
        return {names[part]: given for part, given in self.as_typed(answer).items()}

    def sent(self, data: QueryDict, *, suffix: str = "") -> Answer:
        """What a browser sent for the question, unchecked; the fields' names end in ``suffix``."""
        given = {
            part: [text for text in data.getlist(name + suffix) if text.strip()]
            for part, name in self.field_names().items()
        }
        return {part: texts for part, texts in given.items() if texts}


@dataclass(frozen=True)
class ScoreBand:
    """What the result says from a share of the points on."""

    from_percent: int
    text: RichText


@dataclass(frozen=True)
class FrozenQuiz:
    """A quiz as one of its content versions has it; it decides how an attempt at it goes."""

    language: str
    #: What it asks in the order of the editor: questions by their ids, and random draws.
    places: Sequence[UUID | RandomDraw]
    #: Those typed in place; of a type that is not installed they are left out.
    questions: Mapping[UUID, StreamValue.StreamChild]
    #: Those chosen from the bank, with other points if the quiz gives them.
    chosen: Mapping[UUID, int | None]
    pass_mark: int
    draw_count: int | None
    is_shuffled: bool
    layout: QuizLayout
    feedback_time: FeedbackTime
    max_attempts: int | None
    waiting_hours: int
    counted_attempt: CountedAttempt
    time_limit_minutes: int | None
    #: The highest share first.
    score_bands: Sequence[ScoreBand]

    @property
    def question_count(self) -> int:
        """How many questions an attempt asks, if the bank has what the quiz draws."""
        available = len(self.questions) + len(self.chosen) + sum(draw.count for draw in self.draws)
        return min(self.draw_count or available, available)

    @property
    def limits_attempts(self) -> bool:
        """Whether it matters how many attempts a person has made, and when the last one was."""
        return self.max_attempts is not None or self.waiting_hours > 0

    @property
    def draws(self) -> list[RandomDraw]:
        """What the quiz takes from the bank by chance."""
        return [place for place in self.places if isinstance(place, RandomDraw)]

    def band(self, percent: int) -> ScoreBand | None:
        """The feedback for a share of the points."""
        return next((band for band in self.score_bands if band.from_percent <= percent), None)


@lru_cache(maxsize=256)
def frozen_quiz(version_pk: int) -> FrozenQuiz:
    """The quiz of a content version. Versions never change, so neither does the answer."""
    version = ContentVersion.objects.only("language", "content").get(pk=version_pk)
    return parse_quiz(version.content, version.language)


def parse_quiz(content: Mapping[str, Any], language: str) -> FrozenQuiz:
    """The quiz of what ``QuizPage.get_evidence`` froze.

    A setting that is younger than the content is as it was before there was a choice.
    """
    places, chosen, typed = from_bank(content["questions"])
    questions = QuizPage._meta.get_field("questions").stream_block.to_python(typed)
    bands = QuizPage._meta.get_field("score_feedback").stream_block.to_python(
        content.get("score_feedback", [])
    )
    return FrozenQuiz(
        language=language,
        places=places,
        chosen=chosen,
        questions={UUID(child.id): child for child in questions if child.block_type != UNKNOWN},
        pass_mark=content["pass_mark"],
        draw_count=content["draw_count"],
        is_shuffled=content.get("is_shuffled", True),
        layout=QuizLayout(content.get("layout", QuizLayout.ALL)),
        feedback_time=FeedbackTime(content.get("feedback_time", FeedbackTime.AT_END)),
        max_attempts=content.get("max_attempts"),
        waiting_hours=content.get("waiting_hours", 0),
        counted_attempt=CountedAttempt(content.get("counted_attempt", CountedAttempt.BEST)),
        time_limit_minutes=content.get("time_limit_minutes"),
        score_bands=sorted(
            (ScoreBand(**child.value) for child in bands), key=lambda band: -band.from_percent
        ),
    )


def draw(quiz: FrozenQuiz, random: Random, pool: Pool = NOTHING) -> list[dict[str, Any]]:
    """Draw the questions of a new attempt, shuffled where the quiz is.

    ``pool`` is what the bank has for the quiz today; where it has fewer than the quiz draws, the
    attempt asks what there is. No question is asked twice.
    """
    preferred = [unseen_first(offered, pool.times_seen, random) for offered in pool.drawable]
    counts = [random_draw.count for random_draw in quiz.draws]
    dealt = deal(preferred, counts) if pool.drawable else []
    versions = {key: offer.version for key, offer in pool.chosen.items()}
    for offered, keys in zip(pool.drawable, dealt, strict=True):
        versions |= {key: offered[key].version for key in keys}
    by_chance = iter(dealt)
    in_order = [
        question_id
        for place in quiz.places
        for question_id in ([place] if isinstance(place, UUID) else next(by_chance, []))
        if question_id in quiz.questions or question_id in versions
    ]
    taken = random.sample(in_order, len(in_order))[: quiz.draw_count]
    if not quiz.is_shuffled:
        taken = [question_id for question_id in in_order if question_id in taken]
    frozen = frozen_questions(versions[key] for key in taken if key in versions)
    children = dict(quiz.questions)
    children |= {key: frozen[pk].child for key, pk in versions.items() if pk in frozen}
    return [
        {
            "id": str(question_id),
            "order": children[question_id].block.draw_order(children[question_id].value, random),
            **({"version": versions[question_id]} if question_id in versions else {}),
        }
        for question_id in taken
        if question_id in children
    ]


def question_set(attempt: Attempt) -> dict[UUID, AskedQuestion]:
    """The questions of an attempt by id, in the order in which they are asked."""
    return asked_questions(frozen_quiz(attempt.content_version_id), attempt.drawn)


def asked_questions(
    quiz: FrozenQuiz,
    drawn: Sequence[Mapping[str, Any]],
    bank: Mapping[int, FrozenQuestion] | None = None,
) -> dict[UUID, AskedQuestion]:
    """The questions that were drawn for a quiz; one query for those of the bank.

    Who has many attempts to look at reads these before (``bank``, by their versions).
    """
    frozen = bank
    if frozen is None:
        frozen = frozen_questions(entry["version"] for entry in drawn if "version" in entry)
    asked: dict[UUID, AskedQuestion] = {}
    for entry in drawn:
        question_id = UUID(entry["id"])
        if "version" in entry:
            question = frozen.get(entry["version"])
        elif question_id in quiz.questions:
            question = FrozenQuestion(quiz.language, quiz.questions[question_id])
        else:
            question = None
        if question is not None:
            asked[question_id] = AskedQuestion(
                id=question_id,
                number=len(asked) + 1,
                block=question.child.block,
                value=with_points(question.child.value, quiz.chosen.get(question_id)),
                order=tuple(entry["order"]),
                language=question.language,
            )
    return asked


def as_written(question_id: UUID, number: int, question: FrozenQuestion) -> AskedQuestion:
    """A question in the order of its editor, for a preview."""
    child = question.child
    return AskedQuestion(
        id=question_id,
        number=number,
        block=child.block,
        value=child.value,
        order=tuple(child.block.option_ids(child.value)),
        language=question.language,
    )


def grade_attempt(
    attempt: Attempt,
    answers: Mapping[UUID, Answer],
    marked: Mapping[UUID, Decimal] = MappingProxyType({}),
) -> grading.Score:
    """The score of the answers given in an attempt; ``marked`` are the points a person gave."""
    return grade_answers(question_set(attempt), answers, marked)


def grade_answers(
    asked: Mapping[UUID, AskedQuestion],
    answers: Mapping[UUID, Answer],
    marked: Mapping[UUID, Decimal] = MappingProxyType({}),
) -> grading.Score:
    """The score of the answers given; what was not answered scores nothing.

    ``marked`` are the points that a person gave, by question.
    """
    return grading.total(
        score_of(question, answers.get(question_id, {}), marked.get(question_id))
        for question_id, question in asked.items()
    )


def unanswered(asked: Mapping[UUID, AskedQuestion], answers: Mapping[UUID, Answer]) -> list[UUID]:
    """The questions that have no answer yet, or not in every part."""
    return [
        question_id
        for question_id, question in asked.items()
        if not question.is_answered(answers.get(question_id, {}))
    ]


def score_of(question: AskedQuestion, answer: Answer, marked: Decimal | None) -> grading.Score:
    """The score of one answer; ``marked`` are the points that a person gave, if one did."""
    score = question.block.grade(question.value, answer)
    if marked is None or not question.block.is_marked_by_person:
        return score
    return grading.Score(marked, score.maximum)


def marked_by_person(attempt: Attempt, answers: Mapping[UUID, Answer]) -> list[UUID]:
    """The questions that were answered and that a person has to mark."""
    return [
        question_id
        for question_id, question in question_set(attempt).items()
        if question.block.is_marked_by_person and answers.get(question_id)
    ]


def counted(submitted: Sequence[Attempt], which: CountedAttempt) -> Attempt | None:
    """Of submitted attempts, the latest first, the one whose result counts.

    An attempt that a person still has to mark has no result yet.
    """
    graded = [attempt for attempt in submitted if not attempt.is_waiting]
    if which == CountedAttempt.LATEST:
        return next(iter(graded), None)
    return max(
        graded,
        key=lambda attempt: (attempt.counted.is_passed, attempt.counted.score.share),
        default=None,
    )
