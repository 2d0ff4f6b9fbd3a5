"""What the start page of the administration shows of courses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.ui.components import Component
from wagtail.models import Page

from hub.organisations.models import Organisation

from .activities import scheduled_pages
from .bank import scheduled_questions
from .completion_list import ListStatus, rows_of
from .corrections import originals
from .enums import CorrectionStatus, ReportStatus
from .external_learning import records_of
from .models import BankQuestion, Correction, CoursePage
from .permissions import may_approve_corrections
from .question_reports import reports_of
from .reported_questions import reported_questions

PATIENCE_MINUTES = 4


@dataclass(frozen=True)
class Figure:
    """A number of the own list, with the way to the rows it counts."""

    label: str
    count: int
    url: str


class OwnListPanel(Component):
    """Ihre Behörde: how many rows of HR's own list are open, overdue, done and to be refreshed.

    It counts what HR may read by name anyway, so it is no statistic that small groups need
    protection from (domain 2.4).
    """

    order = 100
    template_name = "courses/reports/own_list_panel.html"

    def __init__(self, organisations: Sequence[Organisation]) -> None:
        self.organisations = organisations

    def get_context_data(self, parent_context: Mapping[str, Any] | None) -> dict[str, Any]:
        found = dict(
            rows_of(self.organisations)
            .values_list("list_status")
            .annotate(rows=Count("pk"))
            .order_by()
        )
        address = reverse("completion_list")
        return {
            "organisations": self.organisations,
            "total": sum(found.values()),
            "address": address,
            "figures": [
                Figure(str(status.label), found.get(status.value, 0), f"{address}?status={status}")
                for status in ListStatus
            ],
        }


class HeldBackPanel(Component):
    """What did not go live though its day has come; ``publish_scheduled`` tries again.

    Pages, and questions of the bank.
    """

    order = 140
    template_name = "courses/reports/held_back_panel.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None) -> dict[str, Any]:
        # The command runs every few minutes; until then nothing is late.
        late = timezone.now() - timedelta(minutes=PATIENCE_MINUTES)
        pages = Page.objects.filter(pk__in=scheduled_pages(before=late)).order_by("path")
        questions = BankQuestion.objects.filter(pk__in=scheduled_questions(before=late))
        finder = AdminURLFinder()
        return {
            "held_back": [
                (found.get_admin_display_title(), finder.get_edit_url(found))
                for found in (*pages[:10], *questions.defer("question")[:10])
            ]
        }


class ReviewPanel(Component):
    """Courses whose content somebody should have read again by now (requirement R6)."""

    order = 150
    template_name = "courses/reports/review_panel.html"

    def get_context_data(self, parent_context: Mapping[str, Any] | None) -> dict[str, Any]:
        return {
            "courses": CoursePage.objects.live()
            .filter(review_on__lte=localdate(), alias_of__isnull=True)
            .only("title", "draft_title", "review_on", "path", "depth")
            .order_by("review_on", "title")[:10]
        }


class CorrectionsPanel(Component):
    """Corrections that wait for a second pair of eyes, or that are not carried out yet."""

    order = 130
    template_name = "courses/corrections/panel.html"

    def __init__(self, user: Any) -> None:
        self.user = user

    def get_context_data(self, parent_context: Mapping[str, Any] | None) -> dict[str, Any]:
        found = list(
            Correction.objects.filter(
                Q(status=CorrectionStatus.PROPOSED)
                | Q(status=CorrectionStatus.LIVE, finished_at__isnull=True)
            ).select_related("proposed_by")
        )
        units = originals({correction.unit_key for correction in found})
        own = [
            (correction, units[correction.unit_key])
            for correction in found
            if correction.unit_key in units
            and may_approve_corrections(self.user, units[correction.unit_key])
        ]
        return {
            "user": self.user,
            "waiting": [pair for pair in own if pair[0].status == CorrectionStatus.PROPOSED],
            "unfinished": [pair for pair in own if pair[0].status == CorrectionStatus.LIVE],
        }


class ReportsPanel(Component):
    """Gemeldete Fragen: how many reports are open, and the newest ones with the way to each."""

    order = 135
    template_name = "courses/question_reports/panel.html"
    newest_shown = 5

    def __init__(self, user: Any) -> None:
        self.user = user

    def get_context_data(self, parent_context: Mapping[str, Any] | None) -> dict[str, Any]:
        found = reports_of(self.user).filter(status=ReportStatus.OPEN)
        newest = found.select_related("version")[: self.newest_shown]
        return {
            "count": found.count(),
            "newest": reported_questions(list(newest), self.user),
        }


class WaitingRecordsPanel(Component):
    """Further records that people of one's own authorities have handed in, the oldest first."""

    order = 110
    template_name = "courses/external_learning/panel.html"

    def __init__(self, user: Any) -> None:
        self.user = user

    def get_context_data(self, parent_context: Mapping[str, Any] | None) -> dict[str, Any]:
        waiting = records_of(self.user).waiting()
        oldest = list(waiting.select_related("membership__user")[:5])
        return {"count": waiting.count() if oldest else 0, "oldest": oldest}
