"""HR's lists on screen."""

from __future__ import annotations

from functools import cached_property

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets.button import HeaderButton

from . import completion_list
from .models import Enrolment
from .permissions import enrolment_policy


class DateColumn(Column):
    cell_template_name = "courses/reports/date_cell.html"


class CompletionReportView(ReportView):
    """Abschlussliste: who completed what, when, on which version, until when."""

    model = Enrolment
    permission_policy = enrolment_policy
    any_permission_required = [completion_list.PERMISSION]
    page_title = _("Completion list")
    header_icon = "list-ul"
    index_url_name = "completion_list"
    index_results_url_name = "completion_list_results"
    filterset_class = completion_list.CompletionFilterSet
    is_searchable = True
    search_backend_name = None
    search_fields = ["user__last_name", "user__first_name"]
    default_ordering = "person"
    columns = [
        Column("person", label=_("Person"), sort_key="person"),
        Column("department", label=_("Department"), sort_key="department"),
        Column("course", label=_("Course"), sort_key="course"),
        Column("version", label=_("Content version")),
        Column("list_status_label", label=_("Status"), sort_key="list_status"),
        DateColumn("completed_on", label=_("Completed on"), sort_key="completed_at"),
        DateColumn("expires_on", label=_("Valid until"), sort_key="expires_on"),
        DateColumn("due_on", label=_("Due"), sort_key="due_on"),
    ]
    #: What the sort keys mean to the database.
    orderings = {
        "person": ("user__last_name", "user__first_name", "pk"),
        "department": ("membership__department__name", "user__last_name", "pk"),
    }

    def get(self, request, *args, **kwargs):
        if request.GET.get("export"):
            # Wagtail's own export asks for no purpose, writes no log and guards no formulas.
            return redirect(self.hand_over_url)
        return super().get(request, *args, **kwargs)

    @cached_property
    def titles(self):
        return completion_list.course_titles()

    @property
    def hand_over_url(self) -> str:
        query = self.request.GET.copy()
        for key in ("p", "export", "ordering", "_w_filter_fragment"):
            query.pop(key, None)
        url = reverse("exports:hand_over", args=["abschlussliste"])
        return f"{url}?{query.urlencode()}" if query else url

    @property
    def header_buttons(self):
        return [
            HeaderButton(
                label=_("Hand over as XLSX or CSV"), url=self.hand_over_url, icon_name="download"
            )
        ]

    show_export_buttons = False

    def get_base_queryset(self):
        return (
            completion_list.rows_for(self.request.user)
            .select_related("user", "membership__department", "course_version")
            .defer("course_version__content")
        )

    def order_queryset(self, queryset):
        descending = self.ordering.startswith("-")
        key = self.ordering.lstrip("-")
        if key == "course":
            rank = completion_list.by_course_title(self.titles)
            return queryset.order_by(
                rank.desc() if descending else rank.asc(), *completion_list.NAME_ORDER
            )
        fields = self.orderings.get(key, (key, "user__last_name", "pk"))
        first, *rest = fields
        return queryset.order_by(f"-{first}" if descending else first, *rest)

    def search_queryset(self, queryset):
        if self.is_searching:
            return completion_list.search_by_name(queryset, self.search_query)
        return queryset

    def get_queryset(self):
        queryset = self.order_queryset(self.get_base_queryset())
        return self.search_queryset(self.filter_queryset(queryset))

    def get_filtered_queryset(self):
        return self.get_queryset()

    def decorate_paginated_queryset(self, object_list):
        for enrolment in object_list:
            user, version = enrolment.user, enrolment.course_version
            enrolment.person = f"{user.last_name}, {user.first_name}"
            enrolment.department = enrolment.membership.department or "–"
            enrolment.course = self.titles.get(enrolment.course_key, "–")
            enrolment.version = version.label if version else "–"
            enrolment.list_status_label = completion_list.ListStatus(enrolment.list_status).label
            enrolment.completed_on = enrolment.completed_at
        return object_list
