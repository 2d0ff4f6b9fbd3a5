"""The quiz: its own page, taking an attempt, and the result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundWidget
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from wagtail.blocks import StructValue

from courses import actions
from courses.corrections import notices_for
from courses.models import Attempt, QuizPage
from courses.permissions import learner_membership, require_learnable
from courses.questions import Answer, Review
from courses.questions.unknown import UNKNOWN
from courses.quizzing import AskedQuestion, QuestionForm, frozen_quiz, question_set
from courses.views.activity import activity_context, is_preview
from courses.views.buttons import button
from courses.views.lookup import localized_page

#: Ends the names of the hidden fields that say which answer a page showed.
SHOWN = "-shown"


def quiz_context(page: QuizPage, request: HttpRequest) -> dict[str, Any]:
    """What to expect, the open attempt and the best result so far."""
    context = activity_context(page, request)
    attempts = (
        list(
            Attempt.objects.filter(
                enrolment=context["enrolment"], activity_key=page.activity_key
            ).order_by("-number")
        )
        if context["enrolment"]
        else []
    )
    return context | {
        "correction_notices": notices_for(request.user, activity_key=page.activity_key)
        if context["enrolment"]
        else [],
        "previewed": previewed_questions(page) if is_preview(request) else [],
        "question_count": page.draw_count or len(page.questions),
        "open_attempt": next((attempt for attempt in attempts if attempt.is_open), None),
        "last_result": next((attempt for attempt in attempts if not attempt.is_open), None),
    }


@button
def start(request: HttpRequest, activity_key: UUID) -> HttpResponse:
    """Begin an attempt, or go on with the open one."""
    quiz = localized_page(QuizPage, activity_key)
    require_learnable(quiz, request)
    enrolment = actions.enrol(membership=learner_membership(request), course=quiz.course)
    attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz)
    return redirect("courses:attempt", attempt.uuid)


@dataclass(frozen=True)
class QuestionOnPage:
    """A question with the form that asks it, for the template."""

    question: AskedQuestion
    answer: Answer
    errors: Sequence[str] = ()

    @cached_property
    def fields(self) -> list[forms.BoundField]:
        """The fields of its parts, filled with the stored answer."""
        return list(QuestionForm(self.question, self.answer))

    @property
    def options(self) -> Iterator[tuple[BoundWidget, StructValue | None]]:
        """The choices of a question's only field, each with its picture if it has one."""
        pictures = self.question.block.pictures(self.question.value)
        for option in self.fields[0].subwidgets:
            yield option, pictures.get(option.data["value"])

    @property
    def shown(self) -> Iterator[tuple[str, str]]:
        """Names and values by which the page sends back the answer it showed."""
        for name, given in self.question.as_sent(self.answer).items():
            yield from ((name + SHOWN, text) for text in given)

    @property
    def is_answered(self) -> bool:
        return bool(self.answer)


def previewed_questions(page: QuizPage) -> list[QuestionOnPage]:
    """All questions in the order of the editor, also those just typed and not saved."""
    asked = [
        AskedQuestion(
            id=UUID(child.id) if child.id else uuid4(),
            number=number,
            block=child.block,
            value=child.value,
            order=tuple(child.block.option_ids(child.value)),
        )
        for number, child in enumerate(page.questions, start=1)
        if child.block_type != UNKNOWN
    ]
    return [QuestionOnPage(question, answer={}) for question in asked]


def _own_attempt(request: HttpRequest, attempt: UUID) -> Attempt:
    """The attempt of the person who asks; anybody else's does not exist for her."""
    return get_object_or_404(
        Attempt.objects.select_related("enrolment"),
        uuid=attempt,
        enrolment__user=request.user,
    )


def _questions_on_page(attempt: Attempt, errors: dict[UUID, list[str]]) -> list[QuestionOnPage]:
    asked = question_set(attempt)
    answers = dict(attempt.responses.values_list("question_id", "answer"))
    return [
        QuestionOnPage(question, answers.get(question_id, {}), errors.get(question_id, ()))
        for question_id, question in asked.items()
    ]


def _changed_answers(attempt: Attempt, sent: QueryDict) -> dict[UUID, Answer]:
    """The answers that were changed on the page that sends them.

    The page says which answers it showed when it was opened. What it did not touch is left alone:
    another tab may have answered it since.
    """
    changed = {}
    for question_id, question in question_set(attempt).items():
        given = question.sent(sent)
        if _sorted(given) != _sorted(question.sent(sent, suffix=SHOWN)):
            changed[question_id] = given
    return changed


def _sorted(answer: Answer) -> dict[str, list[str]]:
    return {part: sorted(given) for part, given in answer.items()}


@login_required
def take(request: HttpRequest, attempt: UUID) -> HttpResponse:
    """Ask the questions of an attempt, keep the answers, and submit them.

    Every button of the form sends all answers, so nothing is lost without JavaScript either.
    """
    own = _own_attempt(request, attempt)
    membership = learner_membership(request)
    if not own.is_open:
        return redirect("courses:result", own.uuid)
    quiz = localized_page(QuizPage, own.activity_key)
    require_learnable(quiz, request)
    actions.go_along(enrolment=own.enrolment, membership=membership)
    errors: dict[UUID, list[str]] = {}
    unanswered: list[QuestionOnPage] = []
    if request.method == "POST":
        try:
            errors = actions.save_answers(attempt=own, raw=_changed_answers(own, request.POST))
        except ValidationError:  # submitted meanwhile in another tab
            return redirect("courses:result", own.uuid)
    questions = _questions_on_page(own, errors)
    if request.method == "POST" and not errors:
        unanswered = [question for question in questions if not question.is_answered]
        action = request.POST.get("action")
        if action == "submit_anyway" or (action == "submit" and not unanswered):
            actions.submit_attempt(attempt=own, quiz=quiz)
            return redirect("courses:result", own.uuid)
        if action != "submit":
            messages.success(request, _("Your answers are saved. You can go on at any time."))
            return redirect(quiz.course.get_url())
    return render(
        request,
        "courses/attempt.html",
        {
            "page": quiz,
            "course": quiz.course,
            "attempt": own,
            "questions": questions,
            "unanswered": unanswered,
            "answered_count": sum(question.is_answered for question in questions),
            "text_language": frozen_quiz(own.content_version_id).language,
        },
        status=422 if errors or unanswered else 200,
    )


@login_required
@require_POST
def answer(request: HttpRequest, attempt: UUID, question_id: UUID) -> JsonResponse:
    """Keep one answer as it is given (JavaScript); says so, or says what to do."""
    own = _own_attempt(request, attempt)
    learner_membership(request)
    question = question_set(own).get(question_id)
    if question is None:
        raise Http404
    given = question.sent(request.POST)
    try:
        errors = actions.save_answers(attempt=own, raw={question_id: given})
    except ValidationError as error:
        return JsonResponse({"message": " ".join(error.messages)}, status=409)
    if errors:
        return JsonResponse({"message": " ".join(map(str, errors[question_id]))}, status=422)
    return JsonResponse({"message": _("Answer saved."), "answered": bool(given)})


@dataclass(frozen=True)
class ReviewedQuestion:
    question: AskedQuestion
    review: Review
    is_answered: bool


@login_required
@require_GET
def result(request: HttpRequest, attempt: UUID) -> HttpResponse:
    """The result in words, with feedback for each question; only for the person herself."""
    own = _own_attempt(request, attempt)
    if own.is_open:
        return redirect("courses:attempt", own.uuid)
    quiz = localized_page(QuizPage, own.activity_key)
    frozen = frozen_quiz(own.content_version_id)
    answers = dict(own.responses.values_list("question_id", "answer"))
    reviewed = [
        ReviewedQuestion(
            question=question,
            review=question.block.review(
                question.value, answers.get(question.id, {}), question.order
            ),
            is_answered=bool(answers.get(question.id)),
        )
        for question in question_set(own).values()
    ]
    context = activity_context(quiz, request)
    activity = context["activity"]
    is_voluntary = activity is not None and not activity.item.is_required
    return render(
        request,
        "courses/result.html",
        context
        | {
            "page": quiz,
            "attempt": own,
            "counted": own.counted,
            "correction_notices": notices_for(request.user, activity_key=own.activity_key),
            "reviewed": reviewed,
            "right_count": sum(item.review.score.is_full for item in reviewed),
            "has_partial_points": any(
                0 < item.review.score.points < item.review.score.maximum for item in reviewed
            ),
            "is_voluntary": is_voluntary,
            "can_go_on": own.counted.is_passed or is_voluntary,
            "pass_mark": frozen.pass_mark,
            "text_language": frozen.language,
        },
    )
