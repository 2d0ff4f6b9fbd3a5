"""What courses add to the menu of the Wagtail admin: for each role the work it has, no more."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.auth import user_has_any_page_permission

from hub.exports.menu import report_entry
from hub.exports.reports import permitted
from hub.organisations.importing.runs import IMPORT
from hub.organisations.menu import LISTS, PEOPLE, Entry
from hub.organisations.permissions import holds_anywhere

from .completion_list import REPORT
from .external_learning import OVERRIDE, may_manage
from .marking import may_mark
from .offered_reports import (
    CompletionMatrixReport,
    CoverageReport,
    DistrictReport,
    EndingProofsReport,
    LearningHoursReport,
    OpenTrainingsReport,
    ReleasedProofsReport,
)
from .question_reports import may_see_reports


def edits_pages(user: Any) -> bool:
    return bool(user_has_any_page_permission(user))


def sees_completions(user: Any) -> bool:
    return bool(permitted(user, REPORT))


def sets_by_hand(user: Any) -> bool:
    """Of those who record nothing; who records trainings as well finds it beside each person."""
    return not may_manage(user) and holds_anywhere(user, OVERRIDE)


def mends_addresses(user: Any) -> bool:
    """Who takes employees in can correct an address; operators see how the sending goes."""
    return holds_anywhere(user, IMPORT)


ENTRIES = {
    "register_admin_menu_item": (
        Entry("courses", _("Courses"), "courses_explorer", "clipboard-list", 90, edits_pages),
        Entry("marking", _("Mark free texts"), "marking_list", "edit", 95, may_mark),
        Entry(
            "question-reports",
            _("Reported questions"),
            "question_reports",
            "warning",
            155,
            may_see_reports,
            query="?status=open",
        ),
    ),
    PEOPLE: (
        Entry(
            "further-records",
            _("Further records"),
            "external_learning",
            "doc-full-inverse",
            60,
            may_manage,
        ),
        Entry(
            "set-by-hand", _("Set courses by hand"), "external_people", "check", 65, sets_by_hand
        ),
        Entry("reminders", _("Reminders"), "sent_reminders", "mail", 80, mends_addresses),
    ),
    LISTS: (
        Entry(
            "completion-list",
            _("Completion list"),
            "completion_list",
            "list-ul",
            10,
            sees_completions,
        ),
        report_entry(OpenTrainingsReport, "time", 20),
        report_entry(EndingProofsReport, "history", 30),
        report_entry(CompletionMatrixReport, "table", 40),
        report_entry(ReleasedProofsReport, "view", 45),
        Entry(
            "evidence-pack",
            _("Evidence pack"),
            "courses_evidence_pack",
            "download",
            60,
            sees_completions,
        ),
        report_entry(CoverageReport, "table", 70),
        report_entry(LearningHoursReport, "time", 80),
        report_entry(DistrictReport, "globe", 90),
    ),
}
