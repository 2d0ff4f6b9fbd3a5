"""What all activities share, and the module: reading it and marking it as learnt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from courses import actions
from courses.activities import neighbours, outline, within
from courses.enums import CompletionMode
from courses.models import ActivityMixin, ContentVersion, CoursePage, Enrolment, ModulePage
from courses.permissions import learner_membership, require_learnable
from courses.progress import CourseProgress, course_progress
from courses.texts import module_text
from courses.versions import current_version
from courses.views.buttons import button
from courses.views.lookup import localized_activity


def is_preview(request: HttpRequest) -> bool:
    """Whether an editor looks at what is typed, which nobody has published."""
    return bool(getattr(request, "is_preview", False))


def serve_activity(
    page: ActivityMixin, request: HttpRequest, serve: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    """Serve an activity to people who work for one of the authorities; others log in first.

    It can be learnt as long as its course is published. Where something else has to be completed
    first, the page says so and shows nothing else. Editors preview it at any time.
    """
    if is_preview(request):
        return serve(request)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    learner_membership(request)
    require_learnable(page, request)
    context = activity_context(page, request)
    if context["activity"] is not None and context["activity"].is_locked:
        return render(request, "courses/locked.html", context | {"page": page})
    page.learner_context = context
    return serve(request)


def up_to_date_progress(
    course: CoursePage, enrolment: Enrolment | None, request: HttpRequest
) -> CourseProgress:
    """The progress in a course, after completing it where nothing is missing any more."""
    items = outline(course)
    progress = course_progress(items, enrolment)
    is_due = progress.progress.is_complete and not is_preview(request)
    if is_due and enrolment is not None and not enrolment.is_completed:
        actions.settle(enrolment=enrolment, course=course, items=items)
    return progress


def activity_context(
    page: ActivityMixin, request: HttpRequest, *, enrolment: Enrolment | None = None
) -> dict[str, Any]:
    """The course around an activity, the own progress, what comes before and after.

    Progress is that of ``enrolment``, of the latest if none is given. Remembers the place for
    "Weiterlernen" when the person is enrolled and the activity is open to her.
    """
    known: dict[str, Any] | None = getattr(page, "learner_context", None)
    if known is not None and enrolment is None:
        return known  # while it is served
    course = page.course
    if enrolment is None:
        enrolment = actions.current_enrolment(request.user, course.course_key)
    progress = up_to_date_progress(course, enrolment, request)
    activity = next(
        (state for state in progress.activities if state.item.key == page.activity_key), None
    )
    is_open = activity is None or not activity.is_locked
    if enrolment is not None and is_open and not is_preview(request):
        actions.visit_activity(enrolment=enrolment, activity_key=page.activity_key)
    before, after = neighbours([state.item for state in progress.activities], page.activity_key)
    return {
        "course": course,
        "enrolment": enrolment,
        "progress": progress,
        "activity": activity,
        "previous": before,
        "next": after,
    }


def module_context(page: ModulePage, request: HttpRequest) -> dict[str, Any]:
    """The module's text with the version that is shown, so that exactly this one is cited.

    A preview shows the draft, which is no version yet.
    """
    context = activity_context(page, request)
    context["confirmation"] = confirmation_in(context["course"])
    if is_preview(request):
        return context
    version = current_version(page)
    return context | {"version": version, "text": module_text(version)}


def confirmation_in(course: CoursePage) -> str:
    """The sentence that people confirm by marking a text of a course as learnt."""
    return course.read_confirmation or _(
        "I have read this module completely and understood what matters."
    )


@button
def mark_as_learnt(request: HttpRequest, activity_key: UUID) -> HttpResponse:
    """Complete an activity that the person confirms herself; joins the course where needed.

    The form names the content version that was read; a version of another text is refused.
    """
    page = localized_activity(activity_key)
    if page.completion_mode != CompletionMode.MANUAL:
        raise Http404
    require_learnable(page, request)
    membership = learner_membership(request)
    version = shown_version(page, request.POST.get("version", ""))
    if version is None:
        messages.error(
            request,
            _("The text may have changed since you opened it. Please look at it once more."),
        )
        return redirect(page.get_url())
    items = outline(page.course)
    enrolment = actions.enrol(membership=membership, course=page.course)
    was_completed = enrolment.is_completed
    try:
        actions.complete_activity(
            enrolment=enrolment,
            page=page,
            version=version,
            items=items,
            confirmation=confirmation_in(page.course),
        )
    except actions.ActivityLocked as error:
        messages.error(request, " ".join(error.messages))
        return redirect(page.get_url())
    if enrolment.is_completed and not was_completed:
        return redirect("courses:finished", enrolment.uuid)
    messages.success(request, _("“%(title)s” is marked as learnt.") % {"title": page.title})
    left = [
        item
        for item in within(items, enrolment.scope_keys)
        if not item.is_beyond_scope or item.key == page.activity_key
    ]
    _previous, following = neighbours(left, page.activity_key)
    return redirect(following.url if following else page.course.get_url())


def shown_version(page: ActivityMixin, version: str) -> ContentVersion | None:
    """The version a form names, if it is one of this activity's."""
    try:
        return ContentVersion.objects.defer("content").get(uuid=version, unit_key=page.activity_key)
    except (ContentVersion.DoesNotExist, ValidationError):
        return None
