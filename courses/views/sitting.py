"""The pages of a quiz that is being taken, whoever keeps the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundWidget
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.blocks import StructValue

from courses.enums import FeedbackTime, QuizLayout
from courses.grading import Score
from courses.models import Marking, QuizPage
from courses.questions import Answer, Review
from courses.quizzing import AskedQuestion, QuestionForm, score_of
from courses.sittings import Given, Sitting

#: Ends the names of the hidden fields that say which answer a page showed.
SHOWN = "-shown"

NOTHING = Given(answer={})


@dataclass(frozen=True)
class QuestionOnPage:
    """A question as a page shows it: asked, or with its feedback."""

    question: AskedQuestion
    given: Given = NOTHING
    errors: Sequence[str] = ()
    #: What was sent and could not be kept: it stands in the fields, to be corrected.
    refused: Answer | None = None

    @cached_property
    def fields(self) -> list[forms.BoundField]:
        """The fields of its parts, filled with the stored answer or with what could not be kept."""
        typed = self.refused
        if typed is None:
            typed = self.question.as_typed(self.given.answer)
        error_id = f"fehler-{self.question.number}" if self.errors else ""
        return list(QuestionForm(self.question, typed, error_id=error_id))

    @property
    def parts(self) -> Iterator[tuple[forms.BoundField, StructValue | None]]:
        """The fields of its parts, each with its picture if it has one."""
        pictures = self.question.block.pictures(self.question.value)
        for field in self.fields:
            yield field, pictures.get(field.name)

    @property
    def options(self) -> Iterator[tuple[BoundWidget, StructValue | None]]:
        """The choices of a question's only field, each with its picture if it has one."""
        pictures = self.question.block.pictures(self.question.value)
        for option in self.fields[0].subwidgets:
            yield option, pictures.get(option.data["value"])

    @property
    def shown(self) -> Iterator[tuple[str, str]]:
        """Names and values by which the page sends back the answer it showed."""
        for name, given in self.question.as_sent(self.given.answer).items():
            yield from ((name + SHOWN, text) for text in given)

    @property
    def has_answer(self) -> bool:
        """Whether anything was answered, be it a part only."""
        return bool(self.given.answer)

    @property
    def is_answered(self) -> bool:
        """Whether nothing is left open."""
        return self.question.is_answered(self.given.answer)

    @property
    def is_waiting(self) -> bool:
        """Whether a person still has to mark the answer."""
        return self.given.is_to_mark

    @property
    def marking(self) -> Marking | None:
        """What the person who marked the answer gave and wrote."""
        return self.given.marking

    @cached_property
    def review(self) -> Review:
        """The feedback on the answer, with the points that count."""
        question, answer = self.question, self.given.answer
        points = self.marking.points if self.marking else None
        review = question.block.review(question.value, answer, question.order)
        return replace(review, score=score_of(question, answer, points))


def questions_on_page(
    sitting: Sitting,
    errors: Mapping[UUID, Sequence[str]] | None = None,
    sent: QueryDict | None = None,
) -> list[QuestionOnPage]:
    """All questions of a sitting with what was done so far, read anew.

    ``errors`` say what could not be kept of what was ``sent``.
    """
    given, errors = sitting.given(), errors or {}
    return [
        QuestionOnPage(
            question,
            given.get(question_id, NOTHING),
            errors.get(question_id, ()),
            question.sent(sent) if sent is not None and question_id in errors else None,
        )
        for question_id, question in sitting.asked.items()
    ]


def changed_answers(sitting: Sitting, sent: QueryDict) -> dict[UUID, Answer]:
    """The answers that were changed on the page that sends them.

    The page says which answers it showed when it was opened. What it did not touch is left alone:
    another tab may have answered it since.
    """
    changed = {}
    for question_id, question in sitting.asked.items():
        given = question.sent(sent)
        if _sorted(given) != _sorted(question.sent(sent, suffix=SHOWN)):
            changed[question_id] = given
    return changed


def _sorted(answer: Answer) -> dict[str, list[str]]:
    return {part: sorted(given) for part, given in answer.items()}


def take_sitting(
    request: HttpRequest,
    sitting: Sitting,
    page: QuizPage,
    *,
    result_url: str,
    context: Mapping[str, Any],
) -> HttpResponse:
    """Ask the questions; or keep what was sent and do what the button that was pressed says."""
    desk = _Desk(request, sitting, page, context)
    if request.method != "POST":
        return desk.ask()
    sent = request.POST
    position = _number(sent.get("go")) or desk.position
    answers = changed_answers(sitting, sent)
    action = sent.get("action", "")
    try:
        if action in ("submit", "submit_anyway"):
            handed_in = sitting.hand_in(answers, position, with_gaps=action == "submit_anyway")
            if handed_in.is_submitted:
                return redirect(result_url)
            return desk.ask(errors=handed_in.errors, unanswered=handed_in.unanswered)
        errors = sitting.save(answers, position)
    except ValidationError as error:  # submitted in another tab, or the time is up
        messages.info(request, " ".join(error.messages))
        return redirect(request.get_full_path())
    if errors:
        return desk.ask(errors=errors)
    if "go" in sent:
        return redirect(desk.address(position))
    for treatment in ("flag", "unflag", "check"):
        if question := desk.question(sent.get(treatment)):
            return desk.treat(treatment, question)
    if action == "keep":
        return redirect(desk.address(desk.position))
    messages.success(request, _("Your answers are saved. You can go on at any time."))
    return redirect(page.course.get_url())


class _Desk:
    """One request to the pages of a sitting."""

    def __init__(
        self, request: HttpRequest, sitting: Sitting, page: QuizPage, context: Mapping[str, Any]
    ) -> None:
        self.request = request
        self.sitting = sitting
        self.page = page
        self.context = context
        self.is_paged = sitting.quiz.layout == QuizLayout.ONE
        asked_for = _number(request.GET.get("frage")) or sitting.position
        self.position = max(1, min(asked_for, len(sitting.asked)))

    def address(self, number: int) -> str:
        """Where a question stands."""
        query = f"?frage={number}" if self.is_paged else ""
        return f"{self.request.path}{query}#frage-{number}"

    def question(self, question_id: str | None) -> AskedQuestion | None:
        """The question a button names, if it is one of this sitting."""
        asked = self.sitting.asked.values()
        return next((question for question in asked if str(question.id) == question_id), None)

    def treat(self, action: str, question: AskedQuestion) -> HttpResponse:
        """Flag one question, or check its answer."""
        try:
            if action == "check":
                self.sitting.check(question.id)
            else:
                self.sitting.flag(question.id, is_flagged=action == "flag")
        except ValidationError as error:
            return self.ask(errors={question.id: error.messages})
        return redirect(self.address(question.number))

    def ask(
        self,
        *,
        errors: Mapping[UUID, Sequence[str]] | None = None,
        unanswered: Sequence[UUID] = (),
    ) -> HttpResponse:
        """The page with the questions, the errors in what was sent, and what is missing."""
        items = questions_on_page(self.sitting, errors, self.request.POST)
        ends_at = self.sitting.ends_at()
        return render(
            self.request,
            "courses/attempt.html",
            {
                **self.context,
                "page": self.page,
                "course": self.page.course,
                "items": items,
                "shown_items": items[self.position - 1 : self.position] if self.is_paged else items,
                "is_paged": self.is_paged,
                "position": self.position,
                "following": self.position + 1
                if self.is_paged and self.position < len(items)
                else None,
                "checks_at_once": self.sitting.quiz.feedback_time == FeedbackTime.AT_ONCE,
                "unanswered": [item for item in items if item.question.id in unanswered],
                "answered_count": sum(item.is_answered for item in items),
                "ends_at": ends_at,
                "seconds_left": max(0, int((ends_at - timezone.now()).total_seconds()))
                if ends_at
                else None,
                "text_language": self.sitting.quiz.language,
            },
            status=422 if errors or unanswered else 200,
        )


def _number(text: str | None) -> int | None:
    """The number of a question an address or a button names; no quiz has one of five digits."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else None


def result_context(sitting: Sitting, score: Score) -> dict[str, Any]:
    """What the result says about every question of a sitting."""
    reviewed = questions_on_page(sitting)
    scored = [item for item in reviewed if item.question.block.is_scored]
    band = sitting.quiz.band(score.percent)
    return {
        "reviewed": reviewed,
        "score": score,
        "scored_count": len(scored),
        "right_count": sum(item.review.score.is_full for item in scored),
        "has_partial_points": any(
            0 < item.review.score.points < item.review.score.maximum
            for item in scored
            if item.question.block.takes_several
        ),
        "waiting_count": sum(item.is_waiting for item in reviewed),
        "band": band,
        "pass_mark": sitting.quiz.pass_mark,
        "text_language": sitting.quiz.language,
    }
