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
from courses.views.activity import up_to_date_progress
from courses.views.buttons import button
from courses.views.lookup import localized_page
from hub.organisations.permissions import active_membership


def course_context(page: CoursePage, request: HttpRequest) -> dict[str, Any]:
    """Outline, own progress and what is missing."""
    enrolment = actions.current_enrolment(request.user, page.course_key)
    progress = up_to_date_progress(page, enrolment, request)
    return {
        "state": CourseState(enrolment, timezone.localdate()) if enrolment else None,
        "progress": progress,
        "marks": marks_of(enrolment),
        "can_learn": active_membership(request.user) is not None,
    }


@button
def enrol(request: HttpRequest, course_key: UUID) -> HttpResponse:
    """Join a course and go to its first activity; safe to repeat."""
    course = localized_page(CoursePage, course_key)
    require_accessible(course, request)
    enrolment = actions.enrol(membership=learner_membership(request), course=course)
    progress = course_progress(outline(course), enrolment)
    messages.success(
        request, _("You have joined the course “%(course)s”.") % {"course": course.title}
    )
    return redirect(progress.next_item.url if progress.next_item else course.get_url())
