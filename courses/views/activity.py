"""What all activities share, and the module: reading it and marking it as learnt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.models import Page

from courses import actions
from courses.activities import neighbours, outline
from courses.enums import CompletionMode
from courses.models import ActivityMixin, ContentVersion, ModulePage
from courses.permissions import learner_membership, require_accessible
from courses.progress import course_progress
from courses.versions import current_version
from courses.views.lookup import localized_page


def serve_activity(
    page: ActivityMixin, request: HttpRequest, serve: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    """Serve an activity to people who work for one of the authorities; others log in first."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    learner_membership(request)
    return serve(request)


def is_preview(request: HttpRequest) -> bool:
    """Whether an editor looks at what is typed, which nobody has published."""
    return bool(getattr(request, "is_preview", False))


def activity_context(page: ActivityMixin, request: HttpRequest) -> dict[str, Any]:
    """The course around an activity, the own progress, what comes before and after.

    Remembers the place for "Weiterlernen" when the person is enrolled.
    """
    course = page.course
    enrolment = actions.current_enrolment(request.user, course.course_key)
    if enrolment is not None and not is_preview(request):
        actions.visit_activity(enrolment=enrolment, activity_key=page.activity_key)
    progress = course_progress(outline(course), enrolment)
    before, after = neighbours([state.item for state in progress.activities], page.activity_key)
    return {
        "course": course,
        "enrolment": enrolment,
        "progress": progress,
        "activity": next(
            (state for state in progress.activities if state.item.key == page.activity_key), None
        ),
        "previous": before,
        "next": after,
    }


def module_context(page: ModulePage, request: HttpRequest) -> dict[str, Any]:
    """The module's text with the version that is shown, so that exactly this one is cited.

    What an editor previews has none: a version is public, and the text is cached under it.
    """
    return activity_context(page, request) | {
        "version": None if is_preview(request) else current_version(page),
        "headings": [block["value"] for block in page.body.raw_data if block["type"] == "heading"],
    }


@login_required
@require_POST
def mark_as_learnt(request: HttpRequest, activity_key: UUID) -> HttpResponse:
    """Complete an activity that the person confirms herself; joins the course where needed.

    The form names the content version that was read; a version of another text is refused.
    """
    page = localized_page(Page, activity_key)
    if not isinstance(page, ActivityMixin) or page.completion_mode != CompletionMode.MANUAL:
        raise Http404
    require_accessible(page, request)
    membership = learner_membership(request)
    version = shown_version(page, request.POST.get("version", ""))
    if version is None:
        messages.error(
            request,
            _("The text may have changed since you opened it. Please look at it once more."),
        )
        return redirect(page.get_url())
    enrolment = actions.enrol(membership=membership, course=page.course)
    was_completed = enrolment.is_completed
    actions.complete_activity(enrolment=enrolment, page=page, version=version)
    if enrolment.is_completed and not was_completed:
        return redirect("courses:finished", enrolment.uuid)
    messages.success(request, _("“%(title)s” is marked as learnt.") % {"title": page.title})
    _before, after = neighbours(outline(page.course), page.activity_key)
    return redirect(after.url if after else page.course.get_url())


def shown_version(page: ActivityMixin, version: str) -> ContentVersion | None:
    """The version a form names, if it is one of this activity's."""
    try:
        return ContentVersion.objects.get(uuid=version, unit_key=page.activity_key)
    except (ContentVersion.DoesNotExist, ValidationError):
        return None
