"""The catalogue: all courses, filtered by topic."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.models import Locale

from courses.models import CourseIndexPage, CoursePage
from courses.permissions import is_accessible
from courses.progress import states_by_course
from hub.finding import slim


def live_courses(locale_id: int, request: HttpRequest) -> list[CoursePage]:
    """The courses of one language that may be seen, in the order of the page tree.

    With topics and the state of who asks.
    """
    found = (
        slim(CoursePage.objects.live(), "summary", "level", "duration_minutes")
        .filter(locale=locale_id)
        .order_by("path")
        .prefetch_related("topics__labels")
    )
    courses = [course for course in found if is_accessible(course, request)]
    states = states_by_course(request.user)
    for course in courses:
        course.state = states.get(course.course_key)
    return courses


def catalogue_context(page: CourseIndexPage, request: HttpRequest) -> dict[str, Any]:
    """Courses and topics; ``?thema=`` narrows by the slug of a topic."""
    courses = live_courses(page.locale_id, request)
    topics = sorted(
        {topic for course in courses for topic in course.topics.all()}, key=lambda t: t.label
    )
    chosen = next((t for t in topics if t.slug == request.GET.get("thema")), None)
    if chosen is not None:
        courses = [course for course in courses if chosen in course.topics.all()]
    return {"courses": courses, "topics": topics, "chosen_topic": chosen}


def explore(request: HttpRequest) -> HttpResponse:
    """Lead an editor to the German courses in Wagtail's explorer."""
    catalogue = CourseIndexPage.objects.filter(locale=Locale.get_default()).first()
    if catalogue is None:
        return redirect("wagtailadmin_explore_root")
    return redirect("wagtailadmin_explore", catalogue.pk)
