"""An attempt's own questions: drawn from, shown and graded on a frozen content version."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

from wagtail.blocks import StreamValue, StructValue

from . import grading
from .models import Attempt, ContentVersion, QuizPage
from .questions import QuestionBlock
from .questions.unknown import UNKNOWN


@dataclass(frozen=True)
class AskedQuestion:
    """One question of an attempt, as its content version has it, in the order it was drawn."""

    id: UUID
    number: int
    block: QuestionBlock
    value: StructValue
    order: tuple[str, ...]


def _load(stored: list[dict[str, Any]]) -> dict[UUID, StreamValue.StreamChild]:
    stream = QuizPage._meta.get_field("questions").stream_block.to_python(stored)
    return {UUID(child.id): child for child in stream if child.block_type != UNKNOWN}


@lru_cache(maxsize=256)
def _frozen_questions(version_pk: int) -> dict[UUID, StreamValue.StreamChild]:
    """The questions of a content version. Versions never change, so neither does the answer."""
    return _load(
        ContentVersion.objects.values_list("content", flat=True).get(pk=version_pk)["questions"]
    )


def draw(version: ContentVersion, random: Random) -> list[dict[str, Any]]:
    """Draw and shuffle the questions of a new attempt."""
    children = list(_load(version.content["questions"]).items())
    count = version.content["draw_count"]
    random.shuffle(children)
    return [
        {"id": str(question_id), "order": child.block.draw_order(child.value, random)}
        for question_id, child in children[:count]
    ]


def question_set(attempt: Attempt) -> dict[UUID, AskedQuestion]:
    """The questions of an attempt by id, in the order in which they are asked."""
    frozen = _frozen_questions(attempt.content_version_id)
    return {
        UUID(drawn["id"]): AskedQuestion(
            id=UUID(drawn["id"]),
            number=number,
            block=frozen[UUID(drawn["id"])].block,
            value=frozen[UUID(drawn["id"])].value,
            order=tuple(drawn["order"]),
        )
        for number, drawn in enumerate(attempt.drawn, start=1)
        if UUID(drawn["id"]) in frozen
    }


def grade_attempt(attempt: Attempt, answers: dict[UUID, list[str]]) -> grading.Score:
    """The score of the answers given; what was not answered scores nothing."""
    return grading.total(
        question.block.grade(question.value, answers.get(question.id, []))
        for question in question_set(attempt).values()
    )
