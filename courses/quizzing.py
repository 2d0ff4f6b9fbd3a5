"""An attempt's own questions: drawn from, shown and graded on a frozen content version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from wagtail.blocks import StreamValue, StructValue

from . import grading
from .bank import NOTHING, Pool
from .drawing import RandomDraw, deal, unseen_first
from .frozen import FrozenQuestion, frozen_questions
from .models import Attempt, ContentVersion, QuizPage
from .questions import Answer, QuestionBlock
from .questions.from_bank import from_bank, with_points
from .questions.unknown import UNKNOWN


class QuestionForm(forms.Form):
    """The native fields that ask one question, one for each part, filled with an answer."""

    def __init__(self, question: AskedQuestion, answer: Answer) -> None:
        super().__init__(prefix=str(question.id))
        for part, field in question.block.get_fields(question.value, question.order).items():
            given = answer.get(part, [])
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

    def field_names(self) -> dict[str, str]:
        """The names of the form fields by part."""
        return {part: f"{self.id}-{part}" for part in self.block.parts(self.value)}

    def as_sent(self, answer: Answer) -> dict[str, list[str]]:
        """An answer by the names of the form fields that send it."""
        names = self.field_names()
        return {names[part]: given for part, given in answer.items() if part in names}

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
    #: What its editor chose from the bank, with other points if the quiz gives them.
    chosen: Mapping[UUID, int | None]
    draws: Sequence[RandomDraw]
    pass_mark: int
    draw_count: int | None


@lru_cache(maxsize=256)
def frozen_quiz(version_pk: int) -> FrozenQuiz:
    """The quiz of a content version. Versions never change, so neither does the answer."""
    version = ContentVersion.objects.only("language", "content").get(pk=version_pk)
    content = version.content
    chosen, draws, typed = from_bank(content["questions"])
    stream = QuizPage._meta.get_field("questions").stream_block.to_python(typed)
    return FrozenQuiz(
        language=version.language,
        questions={UUID(child.id): child for child in stream if child.block_type != UNKNOWN},
        chosen=chosen,
        draws=draws,
        pass_mark=content["pass_mark"],
        draw_count=content["draw_count"],
    )


def draw(quiz: FrozenQuiz, random: Random, pool: Pool = NOTHING) -> list[dict[str, Any]]:
    """Draw and shuffle the questions of a new attempt.

    ``pool`` is what the bank has for the quiz today; where it has fewer than the quiz draws, the
    attempt asks what there is. No question is asked twice.
    """
    offers = dict(pool.chosen)
    preferred = [unseen_first(offered, pool.times_seen, random) for offered in pool.drawable]
    dealt = deal(preferred, [random_draw.count for random_draw in quiz.draws])
    for offered, keys in zip(pool.drawable, dealt, strict=True):
        offers |= {key: offered[key] for key in keys}
    ids = [*quiz.questions, *offers]
    random.shuffle(ids)
    ids = ids[: quiz.draw_count]
    versions = {key: offers[key].version for key in ids if key in offers}
    frozen = frozen_questions(versions.values())
    children = dict(quiz.questions)
    children |= {key: frozen[pk].child for key, pk in versions.items() if pk in frozen}
    return [
        {
            "id": str(question_id),
            "order": children[question_id].block.draw_order(children[question_id].value, random),
            **({"version": versions[question_id]} if question_id in versions else {}),
        }
        for question_id in ids
        if question_id in children
    ]


def question_set(attempt: Attempt) -> dict[UUID, AskedQuestion]:
    """The questions of an attempt by id, in the order in which they are asked."""
    quiz = frozen_quiz(attempt.content_version_id)
    frozen = frozen_questions(entry["version"] for entry in attempt.drawn if "version" in entry)
    asked = {}
    for number, entry in enumerate(attempt.drawn, start=1):
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
                number=number,
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


def grade_attempt(attempt: Attempt, answers: Mapping[UUID, Answer]) -> grading.Score:
    """The score of the answers given; what was not answered scores nothing."""
    return grading.total(
        question.block.grade(question.value, answers.get(question.id, {}))
        for question in question_set(attempt).values()
    )
