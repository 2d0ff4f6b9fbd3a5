"""HR's lists on screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, Table

from hub.exports.list_pages import ListReportView

from . import completion_list
from .models import Enrolment


class ListTable(Table):
    """Rows of plain values drawn by one template; one for each cell takes ten times as long."""

    template_name = "courses/reports/completion_table.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return super().get_context_data(parent_context) | {"statuses": completion_list.ListStatus}


class CompletionReportView(ListReportView):
    """Abschlussliste: who completed what, when, on which version, until when."""

    model = Enrolment
    identifier = completion_list.REPORT
    header_icon = "list-ul"
    index_url_name = "completion_list"
    index_results_url_name = "completion_list_results"
    filterset_class = completion_list.CompletionFilterSet
    default_ordering = "person"
    table_class = ListTable
    columns = [
        Column("person", label=_("Person"), sort_key="person"),
        Column("department", label=_("Department"), sort_key="department"),
        Column("course", label=_("Course"), sort_key="course"),
        Column("version", label=_("Content version"), sort_key="version"),
        Column("list_status", label=_("Status"), sort_key="list_status"),
        Column("completed_at", label=_("Completed on"), sort_key="completed_at"),
        Column("expires_on", label=_("Valid until"), sort_key="expires_on"),
        Column("due_on", label=_("Due"), sort_key="due_on"),
        Column("evidence", label=_("Kind of evidence"), sort_key="evidence"),
    ]
    order_last = completion_list.NAME_ORDER
    orderings = {
        "person": ("membership__name_key",),
        "department": ("membership__department__name",),
        # By day: HR does not learn who was earlier on the same one.
        "completed_at": ("completed_at__date",),
        "due_on": ("list_due_on",),
        "version": ("course_version__published_at", "course_version__number"),
    }

    @cached_property
    def courses(self) -> completion_list.Courses:
        return completion_list.courses_of(self.organisations)

    def get_base_queryset(self) -> QuerySet[Enrolment]:
        return completion_list.rows_of(self.organisations)

    def get_filterset_kwargs(self) -> dict[str, Any]:
        return super().get_filterset_kwargs() | {
            "organisations": self.organisations,
            "courses": self.courses,
        }

    def order_by(self, key: str) -> Sequence[Any]:
        return [self.courses.rank()] if key == "course" else super().order_by(key)

    def search_queryset(self, queryset: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        return completion_list.search_by_name(queryset, self.search_query)

    def get_table(self, object_list: QuerySet[Enrolment], **kwargs: Any) -> Table:
        # The status keeps its key, by which the stylesheet colours it.
        words = {status.value: status for status in completion_list.ListStatus}
        self.rows = list(completion_list.read(object_list, self.courses, words, "uuid"))
        return super().get_table(self.rows, **kwargs)

    def decorate_paginated_queryset(self, object_list: QuerySet[Enrolment]) -> list[Any]:
        return self.rows
