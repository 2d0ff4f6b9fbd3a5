"""An attempt's own questions: drawn from, shown and graded on a frozen content version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from random import Random
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from wagtail.blocks import StreamValue, StructValue

from . import grading
from .models import Attempt, ContentVersion, QuizPage
from .questions import Answer, QuestionBlock
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
class FrozenQuiz:
    """A quiz as one of its content versions has it."""

    language: str
    #: In the order of the editor; those of a type that is not installed are left out.
    questions: Mapping[UUID, StreamValue.StreamChild]
    pass_mark: int
    draw_count: int | None


@lru_cache(maxsize=256)
def frozen_quiz(version_pk: int) -> FrozenQuiz:
    """The quiz of a content version. Versions never change, so neither does the answer."""
    version = ContentVersion.objects.only("language", "content").get(pk=version_pk)
    content = version.content
    stream = QuizPage._meta.get_field("questions").stream_block.to_python(content["questions"])
    return FrozenQuiz(
        language=version.language,
        questions={UUID(child.id): child for child in stream if child.block_type != UNKNOWN},
        pass_mark=content["pass_mark"],
        draw_count=content["draw_count"],
    )


def draw(quiz: FrozenQuiz, random: Random) -> list[dict[str, Any]]:
    """Draw and shuffle the questions of a new attempt."""
    children = list(quiz.questions.items())
    random.shuffle(children)
    return [
        {"id": str(question_id), "order": child.block.draw_order(child.value, random)}
        for question_id, child in children[: quiz.draw_count]
    ]


def question_set(attempt: Attempt) -> dict[UUID, AskedQuestion]:
    """The questions of an attempt by id, in the order in which they are asked."""
    questions = frozen_quiz(attempt.content_version_id).questions
    return {
        question_id: AskedQuestion(
            id=question_id,
            number=number,
            block=questions[question_id].block,
            value=questions[question_id].value,
            order=tuple(drawn["order"]),
        )
        for number, drawn in enumerate(attempt.drawn, start=1)
        if (question_id := UUID(drawn["id"])) in questions
    }


def grade_attempt(
    attempt: Attempt,
    answers: Mapping[UUID, Answer],
    marked: Mapping[UUID, Decimal] = MappingProxyType({}),
) -> grading.Score:
    """The score of the answers given; what was not answered scores nothing.

    ``marked`` are the points that a person gave, by question.
    """
    return grading.total(
        score_of(question, answers.get(question.id, {}), marked.get(question.id))
        for question in question_set(attempt).values()
    )


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
