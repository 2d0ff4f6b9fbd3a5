"""Attempts at a quiz: begun, answered, submitted, graded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import SystemRandom
from types import MappingProxyType
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses import grading, rules
from courses.activities import outline, within
from courses.bank import pool
from courses.enums import FeedbackTime
from courses.models import Attempt, Enrolment, OwnSettings, QuizPage, Response
from courses.questions import Answer
from courses.quizzing import (
    FrozenQuiz,
    draw,
    frozen_quiz,
    grade_attempt,
    marked_by_person,
    question_set,
    unanswered,
)
from courses.recounting import regrade_graded
from courses.versions import current_version
from hub.i18n import default_locale_id

from .completing import complete_activity, require_unlocked


def next_attempt(latest: Attempt | None, quiz: FrozenQuiz) -> rules.NextAttempt:
    """Whether a person whose latest attempt at a quiz was ``latest`` may try again now."""
    return rules.next_attempt(
        made=latest.number if latest else 0,
        last_submitted_at=latest.submitted_at if latest else None,
        max_attempts=quiz.max_attempts,
        waiting_hours=quiz.waiting_hours,
        now=timezone.now(),
    )


def start_attempt(*, enrolment: Enrolment, quiz: QuizPage) -> Attempt:
    """Draw the questions of a new attempt; returns the open one if there is one.

    Raises ``ValidationError`` where the quiz allows no further attempt, or not yet, and its
    ``ActivityLocked`` where something else has to be completed first.
    """
    with transaction.atomic():
        Enrolment.objects.select_for_update().get(pk=enrolment.pk)
        attempts = Attempt.objects.filter(enrolment=enrolment, activity_key=quiz.activity_key)
        latest = attempts.order_by("-number").first()
        if latest is not None and latest.is_open:
            return latest
        _require_unlocked(enrolment, quiz)
        version = current_version(quiz)
        frozen = frozen_quiz(version.pk)
        if not next_attempt(latest, frozen).is_allowed:
            raise ValidationError(_("No further attempt is possible now."))
        offered = pool(
            frozen.chosen,
            frozen.draws,
            language=frozen.language,
            activity_key=quiz.activity_key,
            user_id=enrolment.user_id,
        )
        return Attempt.objects.create(
            enrolment=enrolment,
            activity_key=quiz.activity_key,
            number=latest.number + 1 if latest else 1,
            content_version=version,
            drawn=draw(frozen, SystemRandom(), offered),
        )


def _require_unlocked(enrolment: Enrolment, quiz: QuizPage) -> None:
    """Hold the prerequisites of a quiz and of what it stands below, in its course of today.

    No query for a test directly below the course that has none. A translation may lag behind its
    original, whose prerequisites count.
    """
    is_nested = quiz.depth > quiz.course.depth + 1
    if quiz.prerequisites or is_nested or quiz.locale_id != default_locale_id():
        completed = enrolment.completions.order_by().values_list("activity_key", flat=True)
        require_unlocked(
            activity_key=quiz.activity_key,
            items=within(outline(quiz.course), enrolment.scope_keys),
            completed=completed,
        )


def attempt_ends_at(attempt: Attempt) -> datetime | None:
    """When the time of an attempt is up for the person who takes it; ``None`` if it never is."""
    limit = frozen_quiz(attempt.content_version_id).time_limit_minutes
    if limit is None:
        return None
    own = OwnSettings.objects.of(attempt.enrolment.user)
    return rules.ends_at(attempt.started_at, limit, own.more_time)


def is_time_up(attempt: Attempt) -> bool:
    """Whether an answer comes too late, also for one that was on its way."""
    ends_at = attempt_ends_at(attempt)
    return ends_at is not None and timezone.now() > ends_at + rules.GRACE


def _locked(attempt: Attempt) -> Attempt:
    """The row as it is now, with the version it was taken on; nobody else changes it meanwhile."""
    return (
        Attempt.objects.select_for_update(of=("self",))
        .select_related("content_version")
        .defer("content_version__content")
        .get(pk=attempt.pk)
    )


def _open_attempt(attempt: Attempt) -> Attempt:
    """The locked row of an attempt that takes answers; raises ``ValidationError`` otherwise."""
    locked = _locked(attempt)
    if not locked.is_open:
        raise ValidationError(
            _("This attempt is already submitted. Its answers can no longer be changed.")
        )
    if is_time_up(attempt):
        raise ValidationError(_("The time is up. What you had answered until then counts."))
    return locked


def save_answers(
    *, attempt: Attempt, raw: Mapping[UUID, Answer], position: int | None = None
) -> dict[UUID, list[str]]:
    """Keep answers as they are given; returns what could not be kept, by question.

    ``raw`` holds what the browser sent for some or all questions, ``position`` the number of the
    question the person is at. Answers to a submitted attempt or after its time are refused with
    ``ValidationError``; an answer that does not belong to its question, or whose feedback was shown
    already, is left out, all others are kept.
    """
    with transaction.atomic():
        return _keep(_open_attempt(attempt), raw, position)


def _keep(
    locked: Attempt, raw: Mapping[UUID, Answer], position: int | None
) -> dict[UUID, list[str]]:
    """See ``save_answers``; called under the lock of the attempt."""
    errors: dict[UUID, list[str]] = {}
    asked = question_set(locked)
    checked = _checked_questions(locked)
    responses = []
    now = timezone.now()
    for question_id, given in raw.items():
        question = asked.get(question_id)
        if question is None:
            errors[question_id] = [_("This question does not belong to the attempt.")]
            continue
        if question_id in checked:
            errors[question_id] = [_("You have seen the feedback: this answer stands.")]
            continue
        try:
            answer = question.block.parse(question.value, given)
        except ValidationError as error:
            errors[question_id] = error.messages
            continue
        responses.append(
            Response(attempt=locked, question_id=question_id, answer=answer, answered_at=now)
        )
    _store(responses, ["answer", "answered_at"])
    if position is not None and locked.position != position and position <= len(asked):
        locked.position = position
        locked.save(update_fields=["position"])
    return errors


def _store(responses: Sequence[Response], fields: list[str]) -> None:
    """Write the ``fields`` of responses, of which there is one for each question."""
    Response.objects.bulk_create(
        responses,
        update_conflicts=True,
        unique_fields=["attempt", "question_id"],
        update_fields=fields,
    )


def _checked_questions(attempt: Attempt) -> Collection[UUID]:
    if frozen_quiz(attempt.content_version_id).feedback_time != FeedbackTime.AT_ONCE:
        return ()
    checked = attempt.responses.filter(checked_at__isnull=False)
    return set(checked.values_list("question_id", flat=True))


def flag_question(*, attempt: Attempt, question_id: UUID, is_flagged: bool) -> None:
    """Remember, or no longer, that the person wants to look at a question again.

    Raises ``ValidationError`` for an attempt that takes no answers and for a foreign question.
    """
    with transaction.atomic():
        locked = _open_attempt(attempt)
        if question_id not in question_set(locked):
            raise ValidationError(_("This question does not belong to the attempt."))
        flag = Response(
            attempt=locked,
            question_id=question_id,
            answer={},
            answered_at=timezone.now(),
            is_flagged=is_flagged,
        )
        _store([flag], ["is_flagged"])


def check_answer(*, attempt: Attempt, question_id: UUID) -> None:
    """Let an answer stand, so that its feedback may be shown. Safe to repeat.

    Raises ``ValidationError`` for an attempt that takes no answers, a quiz that gives its feedback
    at the end, and a question without an answer.
    """
    with transaction.atomic():
        locked = _open_attempt(attempt)
        if frozen_quiz(locked.content_version_id).feedback_time != FeedbackTime.AT_ONCE:
            raise ValidationError(_("This quiz gives its feedback at the end."))
        response = locked.responses.filter(question_id=question_id).exclude(answer={}).first()
        if response is None:
            raise ValidationError(_("Please answer the question first."))
        if response.checked_at is None:
            response.checked_at = timezone.now()
            response.save(update_fields=["checked_at"])


@dataclass(frozen=True)
class HandedIn:
    """What came of submitting an attempt: it is submitted if nothing stood against it."""

    #: What could not be kept, by question.
    errors: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    #: The questions without an answer, or with half a one.
    unanswered: Sequence[UUID] = ()

    @property
    def is_submitted(self) -> bool:
        return not self.errors and not self.unanswered


def hand_in(
    *,
    attempt: Attempt,
    quiz: QuizPage,
    raw: Mapping[UUID, Answer],
    position: int | None = None,
    with_gaps: bool = False,
) -> HandedIn:
    """Keep answers as ``save_answers`` does, and submit the attempt if nothing stands against it.

    ``with_gaps`` says that the person knows which questions have no answer. What is submitted gets
    its grade as by ``submit_attempt``.
    """
    with transaction.atomic():
        locked = _open_attempt(attempt)
        if errors := _keep(locked, raw, position):
            return HandedIn(errors=errors)
        answers = _answers(locked)
        if not with_gaps and (gaps := unanswered(question_set(locked), answers)):
            return HandedIn(unanswered=gaps)
        _submit(locked, attempt.enrolment, quiz, answers)
    return HandedIn()


def submit_attempt(*, attempt: Attempt, quiz: QuizPage) -> Attempt:
    """Grade an attempt once; a second call returns the result of the first.

    Passing completes the quiz on the content version the attempt was taken on. Free texts wait for
    a person to mark them, and the grade waits with them. Questions that were corrected while it was
    under way count as corrected.
    """
    with transaction.atomic():
        locked = _locked(attempt)
        if locked.is_open:
            _submit(locked, attempt.enrolment, quiz, _answers(locked))
    return locked


def _answers(attempt: Attempt) -> dict[UUID, Answer]:
    return dict(attempt.responses.values_list("question_id", "answer"))


def _submit(
    locked: Attempt, enrolment: Enrolment, quiz: QuizPage, answers: Mapping[UUID, Answer]
) -> None:
    """Grade an open attempt; called under its lock."""
    locked.submitted_at = timezone.now()
    if to_mark := marked_by_person(locked, answers):
        locked.responses.filter(question_id__in=to_mark).update(is_to_mark=True)
    if write_grade(attempt=locked, answers=answers, is_final=not to_mark):
        complete_activity(
            enrolment=enrolment, page=quiz, version=locked.content_version, was_open=True
        )


def write_grade(
    *,
    attempt: Attempt,
    answers: Mapping[UUID, Answer],
    is_final: bool,
    marked: Mapping[UUID, Decimal] = MappingProxyType({}),
) -> bool:
    """Write what a submitted attempt scores, called under its lock; returns whether it is passed.

    Only a final grade passes, and what was passed once stays so. ``marked`` are the points given by
    persons, by question. Corrections that came before the grade was final count at once.
    """
    score = grade_attempt(attempt, answers, marked)
    attempt.points, attempt.maximum = score.points, score.maximum
    is_first_final = is_final and attempt.graded_at is None
    if is_final:
        attempt.graded_at = attempt.graded_at or timezone.now()
        pass_mark = frozen_quiz(attempt.content_version_id).pass_mark
        attempt.is_passed = attempt.is_passed or grading.is_passed(score, pass_mark)
    attempt.save(
        update_fields=[
            *("submitted_at", "points", "maximum"),
            *("graded_at", "is_passed", "is_result_new"),
        ]
    )
    if is_first_final:
        return regrade_graded(attempt, answers, marked).is_passed
    return attempt.is_passed


def see_result(*, attempt: Attempt) -> None:
    """Remember that the person has seen what her free texts scored."""
    if attempt.is_result_new:
        Attempt.objects.filter(pk=attempt.pk).update(is_result_new=False)
        attempt.is_result_new = False
