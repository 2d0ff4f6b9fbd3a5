"""What a frozen quiz asks and by which rules, in words: its blueprint.

A blueprint says how people were tested without giving the test away: learners are told the rules
and what is covered, HR and authorities what is asked, and only editors what is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .drawing import RandomDraw
from .frozen import FrozenQuestion, frozen_questions
from .models import BankQuestion, ContentVersion, QuestionTag
from .questions import Review
from .questions.unknown import UNKNOWN
from .quizzing import AskedQuestion, FrozenQuiz, as_written, parse_quiz
from .readers import Reader


@dataclass(frozen=True)
class Place:
    """One place of a quiz: a question, or words for what is drawn there by chance.

    Without ``question`` and ``words`` it is a question of a type that is not installed any more.
    """

    question: AskedQuestion | None = None
    #: What is right, with feedback; for editors only.
    key: Review | None = None
    words: str = ""


@dataclass(frozen=True)
class Blueprint:
    """The rules of a quiz, what it covers, and for those who may see them its questions."""

    rules: Sequence[tuple[str, str]]
    #: How many questions of which type, and what is drawn by chance.
    covers: Sequence[str]
    places: Sequence[Place]


def blueprint(version: ContentVersion, reader: Reader) -> Blueprint:
    """The blueprint of a quiz's version, as much of it as ``reader`` may see; a few queries."""
    quiz = parse_quiz(version.content, version.language)
    tags = _tag_names(quiz)
    asked = _bank_questions(quiz, version)
    places = []
    for number, place in enumerate(quiz.places, 1):
        if isinstance(place, RandomDraw):
            places.append(Place(words=_draw_in_words(place, tags)))
        else:
            child = quiz.questions.get(place)
            typed = FrozenQuestion(quiz.language, child) if child is not None else None
            places.append(_place(place, number, typed or asked.get(place), reader))
    return Blueprint(
        rules=_rules(quiz, version.content),
        covers=_covers(places),
        places=places if reader.sees_questions else [],
    )


def bank_place(version: ContentVersion, reader: Reader) -> Place:
    """The question of the bank that a version froze."""
    stored = version.content["question"]
    child = BankQuestion._meta.get_field("question").stream_block.to_python([stored])[0]
    is_known = child.block_type != UNKNOWN
    question = FrozenQuestion(version.language, child) if is_known else None
    return _place(version.unit_key, 1, question, reader)


def _place(key: UUID, number: int, question: FrozenQuestion | None, reader: Reader) -> Place:
    if question is None:
        return Place()
    asked = as_written(key, number, question)
    shown = asked.block.review(asked.value, {}, asked.order) if reader.sees_key else None
    return Place(question=asked, key=shown)


def _bank_questions(quiz: FrozenQuiz, version: ContentVersion) -> dict[UUID, FrozenQuestion]:
    """The questions that were chosen from the bank, as they were when the quiz was published.

    One that was published only later stands as it was then. Two queries.
    """
    if not quiz.chosen:
        return {}
    rows = ContentVersion.objects.filter(
        unit_key__in=quiz.chosen, language__in={quiz.language, settings.LANGUAGE_CODE}
    ).values_list("unit_key", "pk", "language", "number", "published_at")
    best: dict[UUID, tuple[Any, ...]] = {}
    for key, pk, language, number, published_at in rows:
        was_there = published_at <= version.published_at
        rank = (language == quiz.language, was_there, number if was_there else -number, pk)
        best[key] = max(best.get(key, ()), rank)
    frozen = frozen_questions(rank[-1] for rank in best.values())
    return {key: frozen[rank[-1]] for key, rank in best.items() if rank[-1] in frozen}


def _tag_names(quiz: FrozenQuiz) -> dict[str, str]:
    """What the keywords of random draws are called; one query if there are any."""
    slugs = {slug for draw in quiz.draws for slug in draw.tags}
    if not slugs:
        return {}
    return dict(QuestionTag.objects.filter(slug__in=slugs).values_list("slug", "name"))


def _draw_in_words(draw: RandomDraw, names: dict[str, str]) -> str:
    keywords = ", ".join(sorted(names.get(slug, slug) for slug in draw.tags))
    text = ngettext(
        "%(count)d question by chance from the question bank: %(keywords)s",
        "%(count)d questions by chance from the question bank: %(keywords)s",
        draw.count,
    )
    return text % {"count": draw.count, "keywords": keywords}


def _covers(places: Iterable[Place]) -> list[str]:
    types: Counter[str] = Counter()
    drawn = []
    for place in places:
        if place.question is not None:
            types[str(place.question.block.label)] += 1
        elif place.words:
            drawn.append(place.words)
        else:
            types[_("Question of a type that is not installed")] += 1
    return [f"{count} × {label}" for label, count in types.items()] + drawn


def _rules(quiz: FrozenQuiz, content: dict[str, Any]) -> list[tuple[str, str]]:
    rules = [
        (_("Pass mark"), _("%(percent)d percent of the points") % {"percent": quiz.pass_mark}),
        (_("Questions in each attempt"), number_format(quiz.question_count)),
        (
            _("Order of the questions"),
            _("shuffled for each attempt") if quiz.is_shuffled else _("fixed"),
        ),
        (_("Pages"), str(quiz.layout.label)),
        (_("Feedback"), str(quiz.feedback_time.label)),
        (
            _("Number of attempts"),
            number_format(quiz.max_attempts) if quiz.max_attempts else _("as many as wanted"),
        ),
        (_("Waiting time between attempts"), _hours(quiz.waiting_hours)),
        (_("Which attempt counts"), str(quiz.counted_attempt.label)),
        (_("Time limit"), _minutes(quiz.time_limit_minutes) or _("none")),
        (_("Duration"), _minutes(content.get("duration_minutes"))),
    ]
    return [(label, text) for label, text in rules if text]


def _hours(hours: int) -> str:
    if not hours:
        return _("none")
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def _minutes(minutes: int | None) -> str:
    if not minutes:
        return ""
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
