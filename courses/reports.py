"""HR's lists on screen."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.ui.tables import Column, Table
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets.button import HeaderButton

from hub.exports.reports import organisations_for
from hub.organisations.models import Organisation

from . import completion_list
from .models import Enrolment


class ListTable(Table):
    """Rows of plain values drawn by one template; one for each cell takes ten times as long."""

    template_name = "courses/reports/completion_table.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return super().get_context_data(parent_context) | {"statuses": completion_list.ListStatus}


class EntryPaginator(WagtailPaginator):
    """Counts entries; "enrolments" would sound like signing in to German readers."""

    verbose_name = _("entry")
    verbose_name_plural = _("entries")


class CompletionReportView(ReportView):
    """Abschlussliste: who completed what, when, on which version, until when."""

    model = Enrolment
    page_title = _("Completion list")
    header_icon = "list-ul"
    index_url_name = "completion_list"
    index_results_url_name = "completion_list_results"
    filterset_class = completion_list.CompletionFilterSet
    is_searchable = True
    search_backend_name = None
    default_ordering = "person"
    verbose_name_plural = _("entries")
    table_class = ListTable
    paginator_class = EntryPaginator
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
    #: What the sort keys mean to the database, where they are no fields.
    orderings = {
        "person": ("user__name_key",),
        "department": ("membership__department__name",),
        # By day: HR does not learn who was earlier on the same one.
        "completed_at": ("completed_at__date",),
        "due_on": ("list_due_on",),
        "version": ("course_version__published_at", "course_version__number"),
    }

    organisations: list[Organisation]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.organisations = organisations_for(request.user, completion_list.REPORT)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "export" in request.GET:
            # Wagtail's own export asks for no purpose, writes no log and guards no formulas.
            return redirect(self.hand_over_url)
        return super().get(request, *args, **kwargs)

    @cached_property
    def courses(self) -> completion_list.Courses:
        return completion_list.courses_of(self.organisations)

    @property
    def hand_over_url(self) -> str:
        query = self.request.GET.copy()
        for key in ("p", "export", "ordering", "_w_filter_fragment"):
            query.pop(key, None)
        url = reverse("exports:hand_over", args=[completion_list.REPORT])
        return f"{url}?{query.urlencode()}" if query else url

    @property
    def header_buttons(self) -> list[HeaderButton]:
        return [
            HeaderButton(
                label=_("Hand over as a file"), url=self.hand_over_url, icon_name="download"
            )
        ]

    show_export_buttons = False

    def get_base_queryset(self) -> QuerySet[Enrolment]:
        return completion_list.rows_of(self.organisations)

    def get_filterset_kwargs(self) -> dict[str, Any]:
        return super().get_filterset_kwargs() | {
            "organisations": self.organisations,
            "courses": self.courses,
        }

    def filter_queryset(self, queryset: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        # A filter that does not exist finds nothing; an unfiltered list would mislead.
        if not self.filters.is_valid():
            messages.warning(
                self.request,
                _("This filter does not exist here. Please choose it in the filters once more."),
            )
            return queryset.none()
        return self.filters.filter_queryset(queryset)

    def order_queryset(self, queryset: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        sign, key = ("-", self.ordering[1:]) if self.ordering[0] == "-" else ("", self.ordering)
        if key == "course":
            rank = self.courses.rank()
            return queryset.order_by(
                rank.desc() if sign else rank.asc(), *completion_list.NAME_ORDER
            )
        fields = [f"{sign}{field}" for field in self.orderings.get(key, (key,))]
        return queryset.order_by(*fields, *completion_list.NAME_ORDER)

    def search_queryset(self, queryset: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        return completion_list.search_by_name(queryset, self.search_query)

    def get_filtered_queryset(self) -> QuerySet[Enrolment]:
        return self.get_queryset()

    def get_table(self, object_list: QuerySet[Enrolment], **kwargs: Any) -> Table:
        # The status keeps its key, by which the stylesheet colours it.
        words = {status.value: status for status in completion_list.ListStatus}
        self.rows = list(completion_list.read(object_list, self.courses, words, "uuid"))
        return super().get_table(self.rows, **kwargs)

    def decorate_paginated_queryset(self, object_list: QuerySet[Enrolment]) -> list[Any]:
        return self.rows
