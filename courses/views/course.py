"""The page of a course, and joining it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from courses import actions
from courses.activities import outline
from courses.evidence_marks import marks_of
from courses.models import CoursePage
from courses.permissions import learner_membership, require_accessible
from courses.progress import CourseState, course_progress
from courses.refreshing import refresher_of
from courses.views.activity import up_to_date_progress
from courses.views.buttons import button
from courses.views.lookup import localized_page
from hub.organisations.permissions import active_membership


def course_context(page: CoursePage, request: HttpRequest) -> dict[str, Any]:
    """Outline, own progress and what is missing; of a refresher, why it contains what it does."""
    enrolment = actions.current_enrolment(request.user, page.course_key)
    progress = up_to_date_progress(page, enrolment, request)
    context = {"progress": progress, "can_learn": active_membership(request.user) is not None}
    if enrolment is None:
        return context
    refresher = refresher_of(enrolment, [state.item for state in progress.activities])
    if refresher is not None:
        context["progress"] = progress.with_reasons(refresher.words)
    state = CourseState(
        enrolment,
        timezone.localdate(),
        proof=refresher.proof if refresher else None,
        window_days=page.refresh_window_days,
    )
    return context | {"state": state, "refresher": refresher, "marks": marks_of(enrolment)}


@button
def enrol(request: HttpRequest, course_key: UUID) -> HttpResponse:
    """Join a course, or begin its refresher, and go to the first activity; safe to repeat.

    Only the button that says so begins a refresher before the certificate has ended.
    """
    course = localized_page(CoursePage, course_key)
    require_accessible(course, request)
    enrolment = actions.enrol(
        membership=learner_membership(request),
        course=course,
        refresh_early="refresher" in request.POST,
    )
    progress = course_progress(outline(course), enrolment)
    if enrolment.cycle > 1 and not enrolment.is_completed:
        message = _("The refresher of “%(course)s” is open.")
    else:
        message = _("You have joined the course “%(course)s”.")
    messages.success(request, message % {"course": course.title})
    # What a refresher contains, and why, stands on the page of the course.
    if progress.next_item is None or enrolment.scope is not None:
        return redirect(course.get_url())
    return redirect(progress.next_item.url)
