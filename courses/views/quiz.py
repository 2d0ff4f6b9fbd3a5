"""The quiz of a learner: its page, taking an attempt, and the result."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from courses import actions
from courses.corrections import notices_for
from courses.frozen import FrozenQuestion, frozen_questions
from courses.models import Attempt, Enrolment, QuizPage
from courses.permissions import learner_membership, require_learnable
from courses.quizzing import (
    as_written,
    counted,
    frozen_quiz,
    parse_quiz,
    question_set,
)
from courses.reckoning import reckon
from courses.sittings import AttemptSitting
from courses.versions import current_version
from courses.views.activity import activity_context, is_preview
from courses.views.buttons import button
from courses.views.lookup import localized_page, localized_quiz
from courses.views.sitting import (
    QuestionOnPage,
    changed_answers,
    reported_number,
    result_context,
    take_sitting,
)
from courses.views.unsent import keep_unsent, take_unsent
from hub.i18n import text_language


def quiz_context(page: QuizPage, request: HttpRequest) -> dict[str, Any]:
    """What to expect, the open attempt and the result that counts so far."""
    context = activity_context(page, request)
    if is_preview(request):
        quiz = parse_quiz(page.get_evidence(), text_language(page))
        return context | {"quiz": quiz, "previewed": previewed_questions(page)}
    version = current_version(page)
    quiz = frozen_quiz(version.pk)
    attempts = _attempts(page, context["enrolment"])
    submitted = [attempt for attempt in attempts if not attempt.is_open]
    return context | {
        "version": version,
        "quiz": quiz,
        "correction_notices": notices_for(request.user, activity_key=page.activity_key)
        if submitted
        else [],
        "open_attempt": next((attempt for attempt in attempts if attempt.is_open), None),
        "last_result": submitted[0] if submitted else None,
        "counted": counted(submitted, quiz.counted_attempt),
        "next_attempt": actions.next_attempt(submitted[0] if submitted else None, quiz),
    }


def _attempts(page: QuizPage, enrolment: Enrolment | None) -> list[Attempt]:
    """The person's attempts at a quiz, the latest first; one whose time is up is submitted."""
    if enrolment is None:
        return []
    found = list(
        Attempt.objects.with_counted()
        .filter(enrolment=enrolment, activity_key=page.activity_key)
        .select_related("enrolment__user")
        .defer("drawn")
        .order_by("-number")
    )
    if found and found[0].is_open and actions.is_time_up(found[0]):
        found[0] = actions.submit_attempt(attempt=found[0], quiz=page)
    return found


@button
def start(request: HttpRequest, activity_key: UUID) -> HttpResponse:
    """Begin an attempt, or go on with the open one."""
    quiz = localized_page(QuizPage, activity_key, "prerequisites")
    require_learnable(quiz, request)
    enrolment = actions.enrol(membership=learner_membership(request), course=quiz.course)
    try:
        attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(quiz.get_url())
    return redirect("courses:attempt", attempt.uuid)


def previewed_questions(page: QuizPage) -> list[QuestionOnPage]:
    """All questions in the order of the editor, also those just typed and not saved.

    Of random draws it shows an example.
    """
    places = reckon(page).places
    frozen = frozen_questions(offer.version for place in places for offer in place.dealt.values())
    shown: list[tuple[UUID, FrozenQuestion]] = []
    for place in places:
        if place.is_from_bank:
            shown += (
                (key, frozen[offer.version])
                for key, offer in place.dealt.items()
                if offer.version in frozen
            )
        else:
            child_id = UUID(place.child.id) if place.child.id else uuid4()
            shown.append((child_id, FrozenQuestion(text_language(page), place.child)))
    return [
        QuestionOnPage(as_written(question_id, number, question))
        for number, (question_id, question) in enumerate(shown, start=1)
    ]


def own_attempt(request: HttpRequest, attempt: UUID) -> Attempt:
    """The attempt of the person who asks; anybody else's does not exist for her."""
    own = get_object_or_404(
        Attempt.objects.select_related("enrolment"), uuid=attempt, enrolment__user=request.user
    )
    own.enrolment.user = request.user
    return own


def take(request: HttpRequest, attempt: UUID) -> HttpResponse:
    """Ask the questions of an attempt, keep the answers, and submit them.

    Every button of the form sends all answers of the page, so nothing is lost without JavaScript
    either. What somebody sends whose session has ended is kept until she has signed in again.
    """
    if not request.user.is_authenticated:
        if request.method == "POST":
            keep_unsent(request, attempt)
        return redirect_to_login(request.get_full_path())
    own = own_attempt(request, attempt)
    membership = learner_membership(request)
    if not own.is_open:
        return redirect("courses:result", own.uuid)
    page = localized_quiz(own)
    require_learnable(page, request)
    actions.go_along(enrolment=own.enrolment, membership=membership)
    # What is sent too late is refused where it would be kept, and leads here again.
    if request.method == "GET" and actions.is_time_up(own):
        actions.submit_attempt(attempt=own, quiz=page)
        messages.info(request, _("The time is up. What you had answered until then counts."))
        return redirect("courses:result", own.uuid)
    sitting = AttemptSitting(own, page)
    unsent = take_unsent(request, attempt)
    if unsent is not None:
        if sitting.save(changed_answers(sitting, unsent), position=None):
            messages.warning(request, _("You are signed in again. Please look at your answers."))
        else:
            messages.success(request, _("You are signed in again, and your answers are saved."))
    return take_sitting(
        request,
        sitting,
        page,
        result_url=reverse("courses:result", args=[own.uuid]),
        context={"attempt": own},
        report_url=lambda question: reverse(
            "courses:report_question", args=[own.uuid, question.id]
        ),
    )


@require_POST
def answer(request: HttpRequest, attempt: UUID, question_id: UUID) -> JsonResponse:
    """Keep one answer, or a flag, as it is given (JavaScript); says so, or says what to do."""
    if not request.user.is_authenticated:
        message = _("You are no longer signed in, so the answer is not saved yet.")
        return JsonResponse({"message": message}, status=401)
    own = own_attempt(request, attempt)
    learner_membership(request)
    question = question_set(own).get(question_id)
    if question is None:
        raise Http404
    try:
        if is_flagged := request.POST.get("flagged"):
            actions.flag_question(
                attempt=own, question_id=question_id, is_flagged=is_flagged == "true"
            )
            return JsonResponse({"message": ""})
        given = question.sent(request.POST)
        errors = actions.save_answers(
            attempt=own, raw={question_id: given}, position=question.number
        )
    except ValidationError as error:
        return JsonResponse({"message": " ".join(error.messages)}, status=409)
    if errors:
        return JsonResponse({"message": " ".join(map(str, errors[question_id]))}, status=422)
    return JsonResponse({"message": _("Answer saved.")})


@login_required
@require_GET
def result(request: HttpRequest, attempt: UUID) -> HttpResponse:
    """The result in words, with feedback for each question; only for the person herself."""
    own = own_attempt(request, attempt)
    if own.is_open:
        return redirect("courses:attempt", own.uuid)
    page = localized_quiz(own)
    actions.see_result(attempt=own)
    # A quiz that was moved since shows the progress in its course of today.
    is_in_its_course = page.course.course_key == own.enrolment.course_key
    enrolment = own.enrolment if is_in_its_course else None
    context = activity_context(page, request, enrolment=enrolment)
    activity = context["activity"]
    is_voluntary = activity is not None and not activity.item.is_required
    sitting = AttemptSitting(own, page)
    today = frozen_quiz(current_version(page).pk)
    latest = own.latest_of_its_quiz() if today.limits_attempts else own
    return render(
        request,
        "courses/result.html",
        context
        | result_context(sitting, own.counted.score)
        | {
            "page": page,
            "attempt": own,
            "reported": reported_number(request),
            "counted": own.counted,
            "correction_notices": notices_for(request.user, activity_key=own.activity_key)
            if own.counted.is_corrected
            else [],
            "is_passed": own.counted.is_passed,
            "is_waiting": own.is_waiting,
            "is_voluntary": is_voluntary,
            "can_go_on": own.counted.is_passed or is_voluntary,
            "next_attempt": actions.next_attempt(latest, today),
        },
    )
