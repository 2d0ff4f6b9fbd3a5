"""Wiring of courses and of what was learnt into the Wagtail admin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.admin.menu import MenuItem
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.views.bulk_action import BulkAction
from wagtail.admin.widgets import Button
from wagtail.log_actions import LogActionRegistry
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from hub.organisations.models import User
from hub.organisations.permissions import GroupPermission, holds_anywhere, organisations_where

from .actions.crediting import ACCEPT, DECLINE, RECORD, TAKE_BACK
from .actions.crediting import OVERRIDE as SET_BY_HAND
from .bank_actions import OFFER_AGAIN, RETIRE
from .changing import CHANGED, VersionPublished
from .completion_list import PERMISSION
from .external_learning import MANAGE, OVERRIDE, may_manage
from .guards import (
    keep_empty_copy_a_draft,
    name_copied_prerequisites,
    refuse_to_delete_used,
    refuse_to_empty_courses,
)
from .interchange.importing import IMPORT as IMPORT_QUESTION
from .interchange.package_import import IMPORT as IMPORT_COURSE
from .marking import may_mark
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
from .reports import CompletionReportView
from .views import package
from .views.attendance import AttendanceTemplateView, AttendanceView
from .views.catalogue import explore
from .views.corrections import CorrectionsView, DecideView
from .views.evidence_pack import EvidencePackView, MadePackView, fetch_pack
from .views.external_learning import (
    PeopleView,
    RecordForPeopleView,
    RecordListView,
    RecordView,
)
from .views.marking import MarkingListView, MarkResponseView
from .views.overriding import OverrideView
from .views.question_reports import ReportListView, ReportView
from .views.reason import CompletionReasonView
from .views.statistics import BankStatisticsView, QuizStatisticsView
from .views.versions import VersionsView
from .viewsets import BankQuestionViewSet, TopicViewSet


class CoursesMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(user_has_any_page_permission(request.user))


class CompletionListMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return holds_anywhere(request.user, PERMISSION)


class MarkingMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_mark(request.user)


class ReportsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_see_reports(request.user)


class FurtherRecordsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return may_manage(request.user)


class SetByHandMenuItem(MenuItem):
    """For who sets courses by hand and records nothing; others find it beside each person."""

    def is_shown(self, request: HttpRequest) -> bool:
        return not may_manage(request.user) and holds_anywhere(request.user, OVERRIDE)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    return [
        path("kurse/", explore, name="courses_explorer"),
        path("kurspaket/<int:pk>/", package.download, name="download_course_package"),
        path(
            "kurspaket/<int:pk>/einlesen/",
            package.PackageImportView.as_view(),
            name="import_course_package",
        ),
        path("freitexte/", MarkingListView.as_view(), name="marking_list"),
        path("freitexte/<int:pk>/", MarkResponseView.as_view(), name="mark_response"),
        path("gemeldete-fragen/", ReportListView.as_view(), name="question_reports"),
        path(
            "gemeldete-fragen/ergebnisse/",
            ReportListView.as_view(results_only=True),
            name="question_reports_results",
        ),
        path("gemeldete-fragen/<uuid:report>/", ReportView.as_view(), name="question_report"),
        path("korrekturen/<uuid:unit_key>/", CorrectionsView.as_view(), name="courses_corrections"),
        path("fassungen/<uuid:unit_key>/", VersionsView.as_view(), name="courses_versions"),
        path(
            "korrekturen/entscheiden/<uuid:correction>/",
            DecideView.as_view(),
            name="courses_correction",
        ),
        path(
            "fragenstatistik/quiz/<uuid:quiz_key>/",
            QuizStatisticsView.as_view(),
            name="courses_quiz_statistics",
        ),
        path(
            "fragenstatistik/frage/<uuid:question_key>/",
            BankStatisticsView.as_view(),
            name="courses_bank_statistics",
        ),
        path("nachweise/", RecordListView.as_view(), name="external_learning"),
        path(
            "nachweise/ergebnisse/",
            RecordListView.as_view(results_only=True),
            name="external_learning_results",
        ),
        path("nachweise/personen/", PeopleView.as_view(), name="external_people"),
        path("nachweise/erfassen/", RecordForPeopleView.as_view(), name="external_record_for"),
        path("nachweise/teilnahmeliste/", AttendanceView.as_view(), name="external_attendance"),
        path(
            "nachweise/teilnahmeliste/vorlage/",
            AttendanceTemplateView.as_view(),
            name="external_attendance_template",
        ),
        path("nachweise/<uuid:record>/", RecordView.as_view(), name="external_record"),
        path(
            "nachweise/von-hand/<int:membership>/",
            OverrideView.as_view(),
            name="override_completion",
        ),
        path("nachweispaket/", EvidencePackView.as_view(), name="courses_evidence_pack"),
        path(
            "nachweispaket/<uuid:run>/",
            MadePackView.as_view(),
            name="courses_made_evidence_pack",
        ),
        path("nachweispaket/<uuid:run>/datei/", fetch_pack, name="courses_evidence_pack_file"),
        path("abschlussliste/", CompletionReportView.as_view(), name="completion_list"),
        path(
            "abschlussliste/ergebnisse/",
            CompletionReportView.as_view(results_only=True),
            name="completion_list_results",
        ),
        path(
            "abschlussliste/<uuid:enrolment>/",
            CompletionReasonView.as_view(),
            name="completion_reason",
        ),
    ]


@hooks.register("register_admin_menu_item")
def register_menu_item() -> MenuItem:
    return CompletionListMenuItem(
        _("Completion list"),
        reverse("completion_list"),
        name="completion-list",
        icon_name="list-ul",
        order=300,
    )


@hooks.register("register_admin_menu_item")
def register_further_records_menu_item() -> MenuItem:
    return FurtherRecordsMenuItem(
        _("Further records"),
        reverse("external_learning"),
        name="further-records",
        icon_name="doc-full-inverse",
        order=305,
    )


@hooks.register("register_admin_menu_item")
def register_evidence_pack_menu_item() -> MenuItem:
    return CompletionListMenuItem(
        _("Evidence pack"),
        reverse("courses_evidence_pack"),
        name="evidence-pack",
        icon_name="download",
        order=307,
    )


@hooks.register("register_admin_menu_item")
def register_set_by_hand_menu_item() -> MenuItem:
    return SetByHandMenuItem(
        _("Set courses by hand"),
        reverse("external_people"),
        name="set-by-hand",
        icon_name="check",
        order=306,
    )


@hooks.register("register_admin_menu_item")
def register_courses_menu_item() -> MenuItem:
    return CoursesMenuItem(
        _("Courses"),
        reverse("courses_explorer"),
        name="courses",
        icon_name="clipboard-list",
        order=90,
    )


@hooks.register("register_admin_menu_item")
def register_marking_menu_item() -> MenuItem:
    return MarkingMenuItem(
        _("Mark free texts"),
        reverse("marking_list"),
        name="marking",
        icon_name="edit",
        order=95,
    )


@hooks.register("register_admin_menu_item")
def register_reports_menu_item() -> MenuItem:
    return ReportsMenuItem(
        _("Reported questions"),
        f"{reverse('question_reports')}?status=open",
        name="question-reports",
        icon_name="warning",
        order=155,
    )


@hooks.register("register_admin_viewset")
def register_viewset() -> Any:
    return TopicViewSet()


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
    actions.register_action(RECORD, _("Record a training"), _("Training recorded"))
    actions.register_action(ACCEPT, _("Accept a record"), _("Record accepted"))
    actions.register_action(DECLINE, _("Decline a record"), _("Record declined"))
    actions.register_action(TAKE_BACK, _("Take a record back"), _("Record taken back"))
    actions.register_action(SET_BY_HAND, _("Set a course by hand"), _("Course set by hand"))


@hooks.register("register_organisation_permissions")
def offer_permissions() -> list[GroupPermission]:
    return [
        GroupPermission(PERMISSION, _("See and hand over the completion list")),
        GroupPermission(MANAGE, _("Record and accept further records")),
        GroupPermission(OVERRIDE, _("Set courses as completed by hand")),
    ]


@hooks.register("construct_homepage_panels")
def add_panels(request: HttpRequest, panels: list[Any]) -> None:
    """HR finds the numbers of its own list, editors what is due to be read again."""
    user = request.user
    if not user.is_superuser and (organisations := organisations_where(user, PERMISSION)):
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
