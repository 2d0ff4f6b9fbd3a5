"""Changes of state: each atomic, logged, safe to repeat, announced after commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import chain
from random import SystemRandom
from types import MappingProxyType
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hub.organisations.models import Membership, User

from . import grading, rules
from .activities import OutlineItem, outline
from .bank import pool
from .enums import CompletionMode, CompletionSource, EnrolmentSource, FeedbackTime, Outcome
from .models import (
    ActivityMixin,
    Attempt,
    Completion,
    ContentVersion,
    CoursePage,
    Enrolment,
    OwnSettings,
    QuizPage,
    Requirement,
    Response,
)
from .questions import Answer
from .quizzing import (
    FrozenQuiz,
    draw,
    frozen_quiz,
    grade_attempt,
    marked_by_person,
    question_set,
)
from .recounting import regrade_graded
from .signals import activity_completed, course_completed
from .versions import current_version


def enrol(*, membership: Membership, course: CoursePage) -> Enrolment:
    """Enrol a person in a course on her own wish; returns the current enrolment if there is one.

    What was completed and has expired begins anew: a refresher is a cycle of its own.
    """
    current = current_enrolment(membership.user, course.course_key)
    if current is not None and not current.has_expired(on=timezone.localdate()):
        go_along(enrolment=current, membership=membership)
        return current
    enrolment, _created = Enrolment.objects.get_or_create(
        user=membership.user,
        course_key=course.course_key,
        cycle=current.cycle + 1 if current else 1,
        defaults={"membership": membership, "source": EnrolmentSource.SELF},
    )
    return enrolment


def go_along(*, enrolment: Enrolment, membership: Membership) -> None:
    """Take what is still open along to the authority a person works for now.

    From then on its requirements count. What is completed stays where it was completed.
    """
    if enrolment.membership_id != membership.pk and not enrolment.is_completed:
        enrol_as_required(membership_ids=[membership.pk])
        enrolment.refresh_from_db()


def enrol_as_required(*, membership_ids: Collection[int]) -> None:
    """Enrol the people of memberships in the courses their authorities ask of them.

    What they have open goes along to a membership that has begun, with what is asked of it and by
    when. Who was ever enrolled in a course is not enrolled in it again. Memberships that have ended
    are left out. The number of queries does not depend on how many memberships there are.
    """
    today = timezone.localdate()
    with transaction.atomic():
        memberships = list(
            Membership.objects.filter(pk__in=membership_ids)
            .exclude(ends_on__lt=today)
            .order_by("pk")
        )
        wanted = {
            (enrolment.user_id, enrolment.course_key): enrolment
            for enrolment in _required_enrolments(memberships)
        }
        there = list(
            Enrolment.objects.select_for_update().filter(
                user__in=[membership.user_id for membership in memberships]
            )
        )
        begun = {
            membership.user_id: membership
            for membership in memberships
            if membership.starts_on <= today
        }
        _adapt([e for e in there if not e.is_completed and e.user_id in begun], begun, wanted)
        known = {(enrolment.user_id, enrolment.course_key) for enrolment in there}
        # Somebody may enrol on her own wish at the same moment.
        Enrolment.objects.bulk_create(
            (enrolment for key, enrolment in wanted.items() if key not in known),
            batch_size=500,
            ignore_conflicts=True,
        )


def _adapt(
    enrolments: Iterable[Enrolment],
    membership_of: dict[int, Membership],
    wanted: dict[tuple[int, UUID], Enrolment],
) -> None:
    """Bring open enrolments in line with the memberships of their people, by user."""
    changed = []
    for enrolment in enrolments:
        before = (enrolment.membership_id, enrolment.kind, enrolment.due_on)
        moves = enrolment.membership_id != membership_of[enrolment.user_id].pk
        enrolment.membership = membership_of[enrolment.user_id]
        asked = wanted.get((enrolment.user_id, enrolment.course_key))
        if asked is not None:
            enrolment.kind, enrolment.due_on = asked.kind, asked.due_on
        elif moves:
            enrolment.kind, enrolment.due_on = "", None
        if before != (enrolment.membership_id, enrolment.kind, enrolment.due_on):
            changed.append(enrolment)
    Enrolment.objects.bulk_update(changed, ["membership", "kind", "due_on"], batch_size=500)


def _required_enrolments(memberships: Sequence[Membership]) -> list[Enrolment]:
    """An enrolment, not saved, for each membership and each course that is asked of it."""
    requirements = defaultdict(list)
    for requirement in Requirement.objects.filter(
        organisation__in={membership.organisation_id for membership in memberships}
    ):
        requirements[requirement.organisation_id, requirement.audience_id].append(requirement)
    # None is the audience of everybody.
    audiences: dict[int, list[int | None]] = {membership.pk: [None] for membership in memberships}
    for pk, audience_id in Membership.audiences.through.objects.filter(
        membership__in=audiences
    ).values_list("membership_id", "audience_id"):
        audiences[pk].append(audience_id)
    return [
        Enrolment(
            user_id=membership.user_id,
            membership=membership,
            course_key=requirement.course_key,
            source=EnrolmentSource.REQUIREMENT,
            kind=requirement.kind,
            due_on=requirement.due_on,
        )
        for membership in memberships
        for requirement in rules.decisive(
            chain.from_iterable(
                requirements[membership.organisation_id, audience]
                for audience in audiences[membership.pk]
            )
        )
    ]


def current_enrolment(user: User | AnonymousUser, course_key: UUID) -> Enrolment | None:
    """The latest cycle of a person in a course."""
    if not user.is_authenticated:
        return None
    return Enrolment.objects.filter(user=user, course_key=course_key).order_by("-cycle").first()


def visit_activity(*, enrolment: Enrolment, activity_key: UUID) -> None:
    """Remember where the person is, so that "Weiterlernen" leads back there."""
    if enrolment.last_activity_key != activity_key and not enrolment.is_completed:
        Enrolment.objects.filter(pk=enrolment.pk).update(last_activity_key=activity_key)
        enrolment.last_activity_key = activity_key


def complete_activity(
    *,
    enrolment: Enrolment,
    page: ActivityMixin,
    version: ContentVersion | None = None,
    items: Sequence[OutlineItem] | None = None,
    source: CompletionSource = CompletionSource.LEARNER,
    actor: User | None = None,
    reason: str = "",
) -> Completion:
    """Record that an activity is completed: the only writer of ``Completion``.

    ``version`` is the text the person had before her, ``items`` the outline of the course if the
    caller has just read it; the current ones if none are given. A second call returns the first
    completion and changes nothing. ``enrolment`` is as it is now when this returns. Sends
    ``activity_completed`` and, when nothing required is missing any more, ``course_completed``
    after commit.
    """
    with transaction.atomic():
        # The lock makes two tabs, a double click and a retry wait for each other.
        enrolment.refresh_from_db(from_queryset=Enrolment.objects.select_for_update())
        completions = {
            completion.activity_key: completion for completion in enrolment.completions.order_by()
        }
        completion = completions.get(page.activity_key)
        if completion is None:
            completion = completions[page.activity_key] = Completion.objects.create(
                enrolment=enrolment,
                activity_key=page.activity_key,
                content_version=version or current_version(page),
                source=source,
                actor=actor,
                reason=reason,
                completed_at=timezone.now(),
            )
            transaction.on_commit(
                partial(activity_completed.send, sender=Completion, completion=completion)
            )
        # A quiz that was moved to another course meanwhile decides nothing in this one.
        if not enrolment.is_completed and page.course.course_key == enrolment.course_key:
            if items is None:
                items = outline(page.course)
            _derive_status(enrolment, page.course, items, completions)
    return completion


def settle(*, enrolment: Enrolment, course: CoursePage, items: Sequence[OutlineItem]) -> None:
    """Write the status of an enrolment anew, ``items`` being the outline of its course.

    For people who had done everything else when a part of the course was taken away or became
    optional: nothing they can do would complete it any more. Safe to repeat.
    """
    with transaction.atomic():
        enrolment.refresh_from_db(from_queryset=Enrolment.objects.select_for_update())
        completed = set(enrolment.completions.order_by().values_list("activity_key", flat=True))
        _derive_status(enrolment, course, items, completed)


def _derive_status(
    enrolment: Enrolment,
    course: CoursePage,
    items: Sequence[OutlineItem],
    completed: Collection[UUID],
) -> None:
    """Write the status that follows from the completions; called under the enrolment's lock."""
    required = [
        item for item in items if item.is_required and item.completion_mode != CompletionMode.NONE
    ]
    reached = rules.progress((item.key for item in required), completed)
    status = rules.status(enrolment.status, reached, has_begun=bool(completed))
    if reached.is_complete and not enrolment.is_completed:
        now = timezone.now()
        version = current_version(course)
        graded = any(item.completion_mode == CompletionMode.GRADED for item in required)
        enrolment.status = status
        enrolment.outcome = Outcome.PASSED if graded else Outcome.ATTENDED
        enrolment.completed_at = now
        enrolment.course_version = version
        if months := version.content["refresh_months"]:
            enrolment.expires_on = rules.add_months(timezone.localdate(now), months)
        enrolment.save()
        transaction.on_commit(partial(course_completed.send, sender=Enrolment, enrolment=enrolment))
    elif status != enrolment.status:
        enrolment.status = status
        enrolment.save(update_fields=["status"])


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

    Raises ``ValidationError`` where the quiz allows no further attempt, or not yet.
    """
    with transaction.atomic():
        Enrolment.objects.select_for_update().get(pk=enrolment.pk)
        attempts = Attempt.objects.filter(enrolment=enrolment, activity_key=quiz.activity_key)
        latest = attempts.order_by("-number").first()
        if latest is not None and latest.is_open:
            return latest
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


def _open_attempt(attempt: Attempt) -> Attempt:
    """The locked row of an attempt that takes answers; raises ``ValidationError`` otherwise."""
    locked = Attempt.objects.select_for_update().get(pk=attempt.pk)
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
    errors: dict[UUID, list[str]] = {}
    with transaction.atomic():
        locked = _open_attempt(attempt)
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


def submit_attempt(*, attempt: Attempt, quiz: QuizPage) -> Attempt:
    """Grade an attempt once; a second call returns the result of the first.

    Passing completes the quiz on the content version the attempt was taken on. Free texts wait for
    a person to mark them, and the grade waits with them. Questions that were corrected while it was
    under way count as corrected.
    """
    with transaction.atomic():
        locked = (
            Attempt.objects.select_for_update(of=("self",))
            .select_related("content_version")
            .defer("content_version__content")
            .get(pk=attempt.pk)
        )
        if locked.is_open:
            locked.submitted_at = timezone.now()
            answers = dict(locked.responses.values_list("question_id", "answer"))
            if to_mark := marked_by_person(locked, answers):
                locked.responses.filter(question_id__in=to_mark).update(is_to_mark=True)
            if write_grade(attempt=locked, answers=answers, is_final=not to_mark):
                complete_activity(
                    enrolment=attempt.enrolment, page=quiz, version=locked.content_version
                )
    return locked


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
