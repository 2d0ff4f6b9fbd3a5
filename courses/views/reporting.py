"""Fehler melden: where a learner says what is wrong with a question of her attempt."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from courses import actions
from courses.enums import QuizLayout
from courses.models import Attempt, QuestionReport
from courses.permissions import learner_membership, require_learnable
from courses.question_reports import report_question, was_reported_today
from courses.quizzing import AskedQuestion, frozen_quiz, question_set
from courses.report_forms import ReportForm
from courses.views.lookup import localized_quiz
from courses.views.quiz import own_attempt


@login_required
def report(request: HttpRequest, attempt: UUID, question_id: UUID) -> HttpResponse:
    """Ask what is wrong and tell the editors; then lead back to the question.

    A question that her own attempt did not show does not exist for a person.
    """
    own = own_attempt(request, attempt)
    learner_membership(request)
    question = question_set(own).get(question_id)
    if question is None:
        raise Http404
    page = localized_quiz(own)
    if own.is_open:
        require_learnable(page, request)
    form = ReportForm(request.POST or None, initial={"token": uuid4()})
    if request.method == "POST" and form.is_valid() and _send(form, own, question):
        if own.is_open and actions.is_time_up(own):
            # The way back ends at the result, at its beginning.
            messages.success(request, _("Thank you. Your report has reached the editors."))
        return redirect(_back(own, question, is_reported=True))
    context = _context(own, question) | {"form": form, "page": page, "course": page.course}
    status = 422 if form.is_bound else 200
    return render(request, "courses/report_question.html", context, status=status)


def _send(form: ReportForm, own: Attempt, question: AskedQuestion) -> bool:
    """Whether the report has arrived; otherwise the form says why not."""
    try:
        report_question(attempt=own, question_id=question.id, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


def _context(own: Attempt, question: AskedQuestion) -> dict[str, Any]:
    return {
        "attempt": own,
        "question": question,
        "longest": QuestionReport.LONGEST,
        "back": _back(own, question),
        "ends_at": actions.attempt_ends_at(own) if own.is_open else None,
        "was_reported": was_reported_today(attempt=own, question_id=question.id),
    }


def _back(own: Attempt, question: AskedQuestion, *, is_reported: bool = False) -> str:
    """Where the question stands: in the attempt, or in its result."""
    query = {}
    if own.is_open and frozen_quiz(own.content_version_id).layout == QuizLayout.ONE:
        query["frage"] = question.number
    if is_reported:
        query["gemeldet"] = question.number
    address = reverse("courses:attempt" if own.is_open else "courses:result", args=[own.uuid])
    place = "gemeldet" if is_reported else f"frage-{question.number}"
    return f"{address}{'?' + urlencode(query) if query else ''}#{place}"
