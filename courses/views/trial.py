"""Probelauf: an editor takes a quiz as learners would, also a draft, and leaves no trace.

What she answers stands in her session and nowhere else: no attempt, no statistics, no list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from random import SystemRandom
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from courses import grading
from courses.actions import HandedIn
from courses.bank import pool
from courses.models import QuizPage
from courses.questions import Answer
from courses.quizzing import asked_questions, draw, grade_answers, parse_quiz, unanswered
from courses.sittings import Given, Sitting
from courses.views.sitting import result_context, take_sitting
from hub.i18n import text_language


def _draft(request: HttpRequest, page: int) -> QuizPage:
    """The quiz as it was saved last, for who may edit it; for anybody else there is none."""
    found = get_object_or_404(QuizPage, pk=page)
    if not found.permissions_for_user(request.user).can_edit():
        raise Http404
    return cast(QuizPage, found.get_latest_revision_as_object())


def _session_key(page: int) -> str:
    return f"courses_trial_{page}"


class TrialSitting(Sitting):
    """A sitting that is kept in a session."""

    def __init__(self, request: HttpRequest, page: QuizPage) -> None:
        self._session = request.session
        self._key = _session_key(page.pk)
        if self._key not in self._session:
            self._session[self._key] = self._new_state(page)
        self._state: dict[str, Any] = self._session[self._key]
        self.quiz = parse_quiz(self._state["content"], self._state["language"])
        self.asked = asked_questions(self.quiz, self._state["drawn"])
        self.position = self._state["position"]

    @staticmethod
    def _new_state(page: QuizPage) -> dict[str, Any]:
        content = json.loads(json.dumps(page.get_evidence(), cls=DjangoJSONEncoder))
        language = text_language(page)
        quiz = parse_quiz(content, language)
        offered = pool(quiz.chosen, quiz.draws, language=language)
        return {
            "content": content,
            "language": language,
            "drawn": draw(quiz, SystemRandom(), offered),
            "given": {},
            "position": 1,
            "is_submitted": False,
        }

    @property
    def is_submitted(self) -> bool:
        return bool(self._state["is_submitted"])

    def _write(self) -> None:
        self._session[self._key] = self._state

    def given(self) -> Mapping[UUID, Given]:
        return {
            question_id: Given(
                **kept, is_to_mark=self.is_submitted and self._needs_a_person(question_id, **kept)
            )
            for question_id, kept in (
                (UUID(key), kept) for key, kept in self._state["given"].items()
            )
        }

    def _needs_a_person(self, question_id: UUID, answer: Answer, **_kept: Any) -> bool:
        return bool(answer) and self.asked[question_id].block.is_marked_by_person

    def ends_at(self) -> datetime | None:
        return None

    def _change(self, question_id: UUID, **changes: Any) -> None:
        kept = self._state["given"].setdefault(str(question_id), {"answer": {}})
        kept |= changes
        self._write()

    def save(self, raw: Mapping[UUID, Answer], position: int | None) -> dict[UUID, list[str]]:
        errors = {}
        given = self.given()
        for question_id, sent in raw.items():
            question = self.asked[question_id]
            if question_id in given and given[question_id].is_checked:
                errors[question_id] = [_("You have seen the feedback: this answer stands.")]
                continue
            try:
                self._change(question_id, answer=question.block.parse(question.value, sent))
            except ValidationError as error:
                errors[question_id] = error.messages
        if position is not None:
            self._state["position"] = position
        self._write()
        return errors

    def flag(self, question_id: UUID, *, is_flagged: bool) -> None:
        self._change(question_id, is_flagged=is_flagged)

    def check(self, question_id: UUID) -> None:
        given = self.given().get(question_id)
        if given is None or not given.answer:
            raise ValidationError(_("Please answer the question first."))
        self._change(question_id, is_checked=True)

    def hand_in(
        self, raw: Mapping[UUID, Answer], position: int | None, *, with_gaps: bool
    ) -> HandedIn:
        if errors := self.save(raw, position):
            return HandedIn(errors=errors)
        if not with_gaps and (gaps := unanswered(self.asked, self._answers())):
            return HandedIn(unanswered=gaps)
        self._state["is_submitted"] = True
        self._write()
        return HandedIn()

    def _answers(self) -> dict[UUID, Answer]:
        return {key: given.answer for key, given in self.given().items()}

    def score(self) -> grading.Score:
        """What was answered so far scores this; what a person has to mark scores nothing."""
        return grade_answers(self.asked, self._answers())


@login_required
def begin(request: HttpRequest, page: int) -> HttpResponse:
    """A new trial, of the text as it was saved last."""
    _draft(request, page)
    request.session.pop(_session_key(page), None)
    return redirect("courses:trial", page)


@login_required
def take(request: HttpRequest, page: int) -> HttpResponse:
    """The questions, as learners see them."""
    draft = _draft(request, page)
    sitting = TrialSitting(request, draft)
    if sitting.is_submitted:
        return redirect("courses:trial_result", page)
    if not sitting.asked:
        raise Http404
    return take_sitting(
        request,
        sitting,
        draft,
        result_url=reverse("courses:trial_result", args=[page]),
        context={"is_trial": True},
    )


@login_required
def result(request: HttpRequest, page: int) -> HttpResponse:
    """The result, as learners see it."""
    draft = _draft(request, page)
    sitting = TrialSitting(request, draft)
    if not sitting.is_submitted:
        return redirect("courses:trial", page)
    score = sitting.score()
    context = result_context(sitting, score)
    return render(
        request,
        "courses/result.html",
        context
        | {
            "page": draft,
            "course": draft.course,
            "is_trial": True,
            "is_waiting": context["waiting_count"] > 0,
            "is_passed": not context["waiting_count"]
            and grading.is_passed(score, sitting.quiz.pass_mark),
        },
    )
