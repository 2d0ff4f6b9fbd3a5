"""Free texts: which wait for a person, and the points she gives."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Locale
from wagtail.permission_policies.pages import PagePermissionPolicy

from hub.organisations.models import User

from .actions import complete_activity, write_grade
from .grading import MARKING_STEP
from .models import Attempt, Marking, QuizPage, Response
from .quizzing import AskedQuestion, question_set


def may_mark(user: User | AnonymousUser) -> bool:
    """Whether a person may publish any page, and so mark free texts."""
    return bool(PagePermissionPolicy().user_has_permission(user, "publish"))


def answers_of_quizzes(user: User) -> QuerySet[Response]:
    """The submitted answers to quizzes that a person may publish, the oldest first."""
    may_publish = PagePermissionPolicy().instances_user_has_permission_for(user, "publish")
    quizzes = QuizPage.objects.filter(pk__in=may_publish.values("pk"))
    return (
        Response.objects.filter(
            attempt__submitted_at__isnull=False,
            attempt__activity_key__in=quizzes.values("translation_key"),
        )
        .select_related("attempt", "attempt__content_version")
        .defer("attempt__content_version__content")
        .order_by("attempt__submitted_at", "pk")
    )


def question_of(response: Response) -> AskedQuestion | None:
    """The question that was answered; ``None`` if its type is not installed any more."""
    return question_set(response.attempt).get(response.question_id)


def mark_response(
    *, response: Response, points: Decimal, comment: str, marker: User, latest: int | None
) -> Marking:
    """Give a free text its points; when nothing of the attempt waits any more, grade it.

    ``latest`` is the marking that the person saw when she decided. The same marking sent twice
    counts once. Raises ``ValidationError`` for points the question does not have, and when somebody
    else has marked the text meanwhile. What was passed once stays passed.
    """
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update().get(pk=response.attempt_id)
        response = Response.objects.get(pk=response.pk)
        _check(response, points)
        before = response.markings.last()
        if before is not None and (before.points, before.comment, before.marked_by_id) == (
            points,
            comment,
            marker.pk,
        ):
            return before
        if (before.pk if before else None) != latest:
            raise ValidationError(
                _(
                    "Somebody else has marked this answer meanwhile. Please look at it before you "
                    "change it."
                )
            )
        marking = Marking.objects.create(
            response=response,
            points=points,
            comment=comment,
            marked_by=marker,
            marked_at=timezone.now(),
        )
        response.is_to_mark = False
        response.save(update_fields=["is_to_mark"])
        is_passed = _grade_again(attempt)
        if quiz := quiz_of(attempt):
            log(quiz, "courses.mark_response", user=marker, data={"response": response.pk})
            if is_passed:
                complete_activity(
                    enrolment=attempt.enrolment,
                    page=quiz,
                    version=attempt.content_version,
                    was_open=True,
                )
    return marking


def quiz_of(attempt: Attempt) -> QuizPage | None:
    """The page of the quiz, in the language of the attempt if there is one."""
    pages = QuizPage.objects.filter(translation_key=attempt.activity_key)
    language = attempt.content_version.language
    return (
        pages.filter(locale__language_code=language).first()
        or pages.filter(locale=Locale.get_default()).first()
        or pages.first()
    )


def marked_points(attempt: Attempt) -> dict[UUID, Decimal]:
    """The points that count today, by question: those of the latest marking."""
    return {
        marking.response.question_id: marking.points
        for marking in Marking.objects.filter(response__attempt=attempt)
        .select_related("response")
        .order_by("pk")
    }


def _check(response: Response, points: Decimal) -> None:
    """Raises ``ValidationError`` for points that cannot be given."""
    question = question_of(response)
    if question is None or not question.block.is_marked_by_person:
        raise ValidationError(_("This question is not marked by a person."))
    if not 0 <= points <= question.value["points"] or points % MARKING_STEP:
        raise ValidationError(
            _("Please give 0 to %(maximum)s points, in steps of a quarter.")
            % {"maximum": question.value["points"]}
        )


def _grade_again(attempt: Attempt) -> bool:
    """Write the grade with all markings, final when nothing waits any more; says if it passes."""
    is_final = not attempt.responses.filter(is_to_mark=True).exists()
    attempt.is_result_new = attempt.is_result_new or is_final
    return write_grade(
        attempt=attempt,
        answers=dict(attempt.responses.values_list("question_id", "answer")),
        marked=marked_points(attempt),
        is_final=is_final,
    )
