"""In which quizzes questions of the bank are asked, by choice or by chance."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, QuerySet
from django.db.models.functions import Cast
from wagtail.models import Page, ReferenceIndex

from .models import BankQuestion, QuizPage
from .questions.from_bank import BANK_QUESTION, RANDOM_DRAW
from .reckoning import reckon


@dataclass(frozen=True)
class Use:
    """A quiz, in one language, that asks a question or may ask it."""

    quiz: QuizPage
    #: Chosen by its editor; otherwise a random draw may draw it.
    is_chosen: bool


def uses(questions: Collection[BankQuestion]) -> list[Use]:
    """The quizzes that have chosen one of ``questions`` or would draw it by a keyword.

    Drafts count. It reads all quizzes, whose number is small; lists use ``usage_counts``.
    """
    wanted = set(
        BankQuestion.objects.filter(
            translation_key__in=[question.translation_key for question in questions]
        ).values_list("pk", flat=True)
    )
    tags = [
        {tag.slug for tag in question.tags.all()}
        for question in questions
        if not question.is_retired
    ]
    return [
        Use(quiz, is_chosen)
        for quiz, entries in _quizzes()
        for is_chosen in [
            any(e["type"] == BANK_QUESTION and e["value"]["question"] in wanted for e in entries)
        ]
        if is_chosen
        or any(
            e["type"] == RANDOM_DRAW and any(set(e["value"]["tags"]) <= own for own in tags)
            for e in entries
        )
    ]


def _quizzes() -> Iterator[tuple[QuizPage, list[dict[str, Any]]]]:
    """Every quiz with the stored entries of its stream, also those of its latest draft."""
    quizzes = QuizPage.objects.filter(alias_of__isnull=True).select_related(
        "latest_revision", "locale"
    )
    for quiz in quizzes.order_by("path"):
        entries = list(quiz.questions.raw_data)
        if quiz.has_unpublished_changes and quiz.latest_revision:
            entries += json.loads(quiz.latest_revision.content.get("questions") or "[]")
        yield quiz, entries


def quizzes_harmed_without(questions: Collection[BankQuestion], uses: Iterable[Use]) -> list[str]:
    """The live quizzes that would be short of questions, or could not be passed, without them."""
    keys = {question.translation_key for question in questions}
    harmed = []
    for use in uses:
        if not use.quiz.live:
            continue
        before, after = reckon(use.quiz), reckon(use.quiz, without=keys)
        if len(after.short_places) > len(before.short_places) or (
            before.can_be_passed and not after.can_be_passed
        ):
            harmed.append(use.quiz.get_admin_display_title())
    return harmed


def _references() -> QuerySet[ReferenceIndex]:
    """Wagtail's record of which quiz chose which row of the bank."""
    models = ContentType.objects.get_for_models(BankQuestion, Page)
    return ReferenceIndex.objects.filter(
        to_content_type=models[BankQuestion], base_content_type=models[Page]
    )


def chosen_anywhere() -> QuerySet:
    """For a subquery: the keys of all questions that some quiz has chosen."""
    rows = _references().annotate(row=Cast("to_object_id", BigIntegerField())).values("row")
    return BankQuestion.objects.filter(pk__in=rows).order_by().values("translation_key")


def usage_counts(questions: Iterable[BankQuestion]) -> dict[UUID, int]:
    """How many quizzes have chosen each question, by key; a quiz counts once for all languages.

    Three queries, however many questions.
    """
    keys = [question.translation_key for question in questions]
    key_of = dict(
        BankQuestion.objects.filter(translation_key__in=keys)
        .order_by()
        .values_list("pk", "translation_key")
    )
    references = list(
        _references()
        .filter(to_object_id__in=[str(pk) for pk in key_of])
        .values_list("to_object_id", "object_id")
    )
    quiz_of = dict(
        Page.objects.filter(pk__in={int(page) for _row, page in references})
        .order_by()
        .values_list("pk", "translation_key")
    )
    quizzes: dict[UUID, set[UUID]] = defaultdict(set)
    for row, page in references:
        if int(page) in quiz_of:
            quizzes[key_of[int(row)]].add(quiz_of[int(page)])
    return {key: len(quizzes[key]) for key in keys}
