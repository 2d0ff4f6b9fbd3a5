"""Wiring of courses and of what was learnt into the Wagtail admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.widgets import Button
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from hub.exports.reports import permitted
from hub.organisations.models import User
from hub.organisations.permissions import GroupPermission

from . import admin_urls, menu
from .actions.crediting import ACCEPT, DECLINE, RECORD, TAKE_BACK
from .actions.crediting import OVERRIDE as SET_BY_HAND
from .actions.releasing import RELEASED, TAKEN_BACK
from .ai_systems import OVERSEER_NAMED, OVERSEER_RELEASED
from .bank_actions import OFFER_AGAIN, RETIRE
from .changing import CHANGED, VersionPublished
from .completion_list import PERMISSION, REPORT
from .external_learning import MANAGE, OVERRIDE, may_manage
from .guards import (
    keep_empty_copy_a_draft,
    name_copied_prerequisites,
    refuse_to_delete_used,
    refuse_to_empty_courses,
)
from .interchange.importing import IMPORT as IMPORT_QUESTION
from .interchange.package_import import IMPORT as IMPORT_COURSE
from .models import BankQuestion, CourseIndexPage, CoursePage, QuizPage
from .panels import (
    CorrectionsPanel,
    HeldBackPanel,
    OwnListPanel,
    ReportsPanel,
    ReviewPanel,
    WaitingRecordsPanel,
)
from .permissions import may_approve_any_correction
from .question_reports import CLOSE, REOPEN, may_see_reports
from .viewsets import (
    AISystemViewSet,
    BankQuestionViewSet,
    RequirementProposalViewSet,
    RequirementViewSet,
    TopicViewSet,
)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    return admin_urls.urlpatterns


for hook, entries in menu.ENTRIES.items():
    for entry in entries:
        hooks.register(hook, entry)


@hooks.register("register_admin_viewset")
def register_viewsets() -> list[Any]:
    return [
        TopicViewSet(),
        RequirementViewSet(),
        AISystemViewSet(),
        RequirementProposalViewSet(),
    ]


register_snippet(BankQuestionViewSet)


@hooks.register("before_delete_snippet")
def keep_used_questions(request: HttpRequest, instances: list[Any]) -> HttpResponse | None:
    return refuse_to_delete_used(request, [i for i in instances if isinstance(i, BankQuestion)])


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action("courses.mark_response", _("Mark a free text"), _("Free text marked"))
    actions.register_action(RETIRE, _("Retire a question"), _("Question retired"))
    actions.register_action(OFFER_AGAIN, _("Offer a question again"), _("Question offered again"))
    actions.register_action(
        IMPORT_QUESTION, _("Import a question"), _("Question imported from a file")
    )
    actions.register_action(
        IMPORT_COURSE, _("Import a course package"), _("Course package imported")
    )
    actions.register_action(CHANGED)(VersionPublished)
    actions.register_action(CLOSE, _("Close a report"), _("Report of a question closed"))
    actions.register_action(REOPEN, _("Open a report again"), _("Report of a question reopened"))
    actions.register_action(
        "courses.correction_proposed", _("Propose a correction"), _("Correction proposed")
    )
    actions.register_action(
        "courses.correction_approved", _("Approve a correction"), _("Correction approved")
    )
    actions.register_action(
        "courses.correction_declined", _("Decline a correction"), _("Correction declined")
    )
    actions.register_action(OVERSEER_NAMED, _("Name who oversees"), _("Oversight assigned"))
    actions.register_action(OVERSEER_RELEASED, _("End oversight"), _("Oversight ended"))
    actions.register_action(RECORD, _("Record a training"), _("Training recorded"))
    actions.register_action(ACCEPT, _("Accept a record"), _("Record accepted"))
    actions.register_action(DECLINE, _("Decline a record"), _("Record declined"))
    actions.register_action(TAKE_BACK, _("Take a record back"), _("Record taken back"))
    actions.register_action(RELEASED, _("Release a proof"), _("Proof released"))
    actions.register_action(TAKEN_BACK, _("Take a release back"), _("Release taken back"))
    actions.register_action(SET_BY_HAND, _("Set a course by hand"), _("Course set by hand"))


@hooks.register("register_organisation_permissions")
def offer_permissions() -> list[GroupPermission]:
    return [
        GroupPermission(PERMISSION, _("See and hand over the completion list")),
        GroupPermission(MANAGE, _("Record and accept further records")),
        GroupPermission(OVERRIDE, _("Set courses as completed by hand")),
        GroupPermission("courses.view_figures", _("See figures of departments and audiences")),
        GroupPermission("courses.view_district_figures", _("See figures of whole authorities")),
        GroupPermission("courses.view_requirement", _("See requirements")),
        GroupPermission("courses.add_requirement", _("Add requirements")),
        GroupPermission("courses.change_requirement", _("Change requirements")),
        GroupPermission("courses.delete_requirement", _("Delete requirements")),
        GroupPermission("courses.view_aisystem", _("See the register of AI systems")),
        GroupPermission("courses.add_aisystem", _("Add AI systems to the register")),
        GroupPermission("courses.change_aisystem", _("Change AI systems of the register")),
        GroupPermission("courses.delete_aisystem", _("Delete AI systems from the register")),
    ]


@hooks.register("construct_homepage_panels")
def add_panels(request: HttpRequest, panels: list[Any]) -> None:
    """HR finds the numbers of its own list, editors what is due to be read again."""
    user = request.user
    if not user.is_superuser and (organisations := permitted(user, REPORT)):
        panels.append(OwnListPanel(organisations))
    if may_manage(user):
        panels.append(WaitingRecordsPanel(user))
    if may_approve_any_correction(user):
        panels.append(CorrectionsPanel(user))
    if user_has_any_page_permission(user):
        panels += [HeldBackPanel(), ReviewPanel()]
    if may_see_reports(user):
        panels.append(ReportsPanel(user))


@hooks.register("insert_editor_js")
def open_at_block() -> SafeString:
    return format_html(
        '<script type="module" src="{}"></script>', versioned_static("courses/open_block.js")
    )


@hooks.register("register_page_header_buttons")
def offer_trial(
    page: Page, user: User, view_name: str, next_url: str | None = None
) -> Iterator[Button]:
    """Who edits a quiz can take it as learners would."""
    if isinstance(page, QuizPage) and page.permissions_for_user(user).can_edit():
        yield Button(
            _("Trial run"),
            reverse("courses:begin_trial", args=[page.pk]),
            icon_name="view",
            priority=15,
        )


@hooks.register("register_page_header_buttons")
def offer_statistics(
    page: Page, user: User, view_name: str, next_url: str | None = None
) -> Iterator[Button]:
    """Who edits a quiz sees how its questions do."""
    if isinstance(page, QuizPage) and page.permissions_for_user(user).can_edit():
        yield Button(
            _("Question statistics"),
            reverse("courses_quiz_statistics", args=[page.translation_key]),
            icon_name="table",
            priority=17,
        )


@hooks.register("register_page_listing_more_buttons")
def offer_statistics_in_lists(
    page: Page, user: User, next_url: str | None = None
) -> Iterator[Button]:
    yield from offer_statistics(page, user, "listing", next_url)


@hooks.register("register_page_header_buttons")
def offer_packages(
    page: Page, user: User, view_name: str, next_url: str | None = None
) -> Iterator[Button]:
    """A course can be downloaded by who edits it, taken over by who may add courses."""
    if isinstance(page, CoursePage) and page.permissions_for_user(user).can_edit():
        yield Button(
            _("Download course package"),
            reverse("download_course_package", args=[page.pk]),
            icon_name="download",
            priority=16,
        )
    if isinstance(page, CourseIndexPage) and page.permissions_for_user(user).can_add_subpage():
        yield Button(
            _("Import a course package"),
            reverse("import_course_package", args=[page.pk]),
            icon_name="upload",
            priority=16,
        )


@hooks.register("before_unpublish_page")
@hooks.register("before_delete_page")
def keep_last_part(request: HttpRequest, page: Page) -> HttpResponse | None:
    return refuse_to_empty_courses(request, [page])


@hooks.register("before_move_page")
def keep_last_part_in_place(
    request: HttpRequest, page: Page, destination: Page
) -> HttpResponse | None:
    return refuse_to_empty_courses(request, [page], destination)


@hooks.register("before_bulk_action")
def keep_last_parts(
    request: HttpRequest, action_type: str, objects: list[Any], action: BulkAction
) -> HttpResponse | None:
    if action.model is not Page or action_type not in {"delete", "move", "unpublish"}:
        return None
    return refuse_to_empty_courses(
        request, objects, action.cleaned_form.cleaned_data.get("chooser")
    )


@hooks.register("after_copy_page")
def look_at_copy(request: HttpRequest, page: Page, copy: Page) -> None:
    if isinstance(page.specific, CoursePage):
        name_copied_prerequisites(page, copy)
    keep_empty_copy_a_draft(request, copy)
