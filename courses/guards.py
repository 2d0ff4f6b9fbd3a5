"""What keeps live courses from losing their last part, and quizzes their chosen questions."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.models import Page

from .activities import can_be_completed, courses_left_empty
from .bank_usage import uses
from .models import ActivityMixin, BankQuestion, CoursePage


def refuse_to_empty_courses(
    request: HttpRequest, pages: Sequence[Page], destination: Page | None = None
) -> HttpResponse | None:
    """Send away, with what to do instead, who would take its last part from a live course."""
    emptied = courses_left_empty(pages, destination)
    if not emptied:
        return None
    for course in emptied:
        messages.error(
            request,
            _(
                "Nothing was changed: nobody could complete the course “%(course)s” any more. "
                "Please publish another part of it first, or unpublish the course."
            )
            % {"course": course.get_admin_display_title()},
            buttons=[
                messages.button(
                    reverse("wagtailadmin_explore", args=[course.pk]), _("To the course")
                )
            ],
        )
    return redirect(
        get_valid_next_url_from_request(request)
        or reverse("wagtailadmin_explore", args=[pages[0].get_parent().pk])
    )


def keep_empty_copy_a_draft(request: HttpRequest, copy: Page) -> None:
    """A course copied without its parts is a draft, also when a public copy was asked for."""
    course = copy.specific
    if isinstance(course, CoursePage) and course.live and not can_be_completed(course):
        course.unpublish(user=request.user)
        messages.warning(
            request,
            _("The copy is a draft, for it has no part yet that can be completed."),
        )


def name_copied_prerequisites(course: Page, copy: Page) -> None:
    """Let the parts of a copied course wait for each other as those of the original do.

    Every copy is a unit of its own with a key of its own, so what was copied names the parts of the
    old course, which hold nobody back in the new one.
    """
    old, new = (
        list(top.get_descendants().order_by("path").values_list("translation_key", flat=True))
        for top in (course, copy)
    )
    if len(old) != len(new):
        return  # copied without its parts
    names = {str(key): str(named) for key, named in zip(old, new, strict=True)}
    for part in copy.get_descendants().filter(alias_of__isnull=True).specific():
        draft = part.get_latest_revision_as_object()
        if not isinstance(part, ActivityMixin) or not (part.prerequisites or draft.prerequisites):
            continue
        renamed = [names[key] for key in part.prerequisites if key in names]
        type(part).objects.filter(pk=part.pk).update(prerequisites=renamed)
        draft.prerequisites = [names[key] for key in draft.prerequisites if key in names]
        draft.save_revision(changed=False)


def unpublish_emptied_courses(page: Page) -> None:
    """A course whose last part was taken from the web goes with it.

    Where somebody does that, ``refuse_to_empty_courses`` comes first; a part that expires on its
    day asks nobody.
    """
    for course in CoursePage.objects.live().ancestor_of(page):
        if not can_be_completed(course):
            course.unpublish()


def refuse_to_delete_used(
    request: HttpRequest, questions: Sequence[BankQuestion]
) -> HttpResponse | None:
    """Send away who would delete a question that a quiz has chosen; it can be retired instead."""
    refused = [
        (question, quizzes)
        for question in questions
        if (quizzes := [use.quiz for use in uses([question]) if use.is_chosen])
    ]
    if not refused:
        return None
    bank = BankQuestion.snippet_viewset
    for question, quizzes in refused:
        messages.error(
            request,
            _(
                "Nothing was deleted: “%(question)s” is chosen in %(quizzes)s. Please take it out "
                "there first, or retire it: then it is no longer offered."
            )
            % {
                "question": question,
                "quizzes": ", ".join(quiz.get_admin_display_title() for quiz in quizzes),
            },
            buttons=[
                messages.button(reverse(bank.get_url_name(view), args=[question.pk]), label)
                for view, label in (("usage", _("In which quizzes")), ("retire", _("Retire")))
            ],
        )
    return redirect(get_valid_next_url_from_request(request) or reverse(bank.get_url_name("list")))
