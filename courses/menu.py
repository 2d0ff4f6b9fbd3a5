"""What courses add to the menu of the Wagtail admin: for each role the work it has, no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.admin.menu import MenuItem

from hub.organisations.permissions import holds_anywhere

from .completion_list import PERMISSION
from .external_learning import OVERRIDE, may_manage
from .marking import may_mark
from .question_reports import may_see_reports

#: Whether a person has the work an entry leads to.
Allows = Callable[[Any], bool]


class WorkMenuItem(MenuItem):
    """An entry for those whose work it leads to."""

    def __init__(self, *args: Any, allows: Allows, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.allows = allows

    def is_shown(self, request: HttpRequest) -> bool:
        return self.allows(request.user)


@dataclass(frozen=True)
class Entry:
    """An entry of the menu; called when the menu is built, which is when addresses are known."""

    name: str
    label: Promise
    view_name: str
    icon_name: str
    order: int
    allows: Allows
    query: str = ""

    def __call__(self) -> WorkMenuItem:
        return WorkMenuItem(
            self.label,
            reverse(self.view_name) + self.query,
            name=self.name,
            icon_name=self.icon_name,
            order=self.order,
            allows=self.allows,
        )


def edits_pages(user: Any) -> bool:
    return bool(user_has_any_page_permission(user))


def sees_completions(user: Any) -> bool:
    return holds_anywhere(user, PERMISSION)


def sets_by_hand(user: Any) -> bool:
    """Of those who record nothing; who records trainings as well finds it beside each person."""
    return not may_manage(user) and holds_anywhere(user, OVERRIDE)


ENTRIES = (
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
    Entry(
        "completion-list", _("Completion list"), "completion_list", "list-ul", 300, sees_completions
    ),
    Entry(
        "further-records",
        _("Further records"),
        "external_learning",
        "doc-full-inverse",
        305,
        may_manage,
    ),
    Entry("set-by-hand", _("Set courses by hand"), "external_people", "check", 306, sets_by_hand),
    Entry(
        "evidence-pack",
        _("Evidence pack"),
        "courses_evidence_pack",
        "download",
        307,
        sees_completions,
    ),
)
