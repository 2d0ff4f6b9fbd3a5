"""The evaluation of issued certificates in the Wagtail admin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from certificates import issued_list
from certificates.models import Certificate
from hub.exports.list_pages import Cell, CellListView, HeadColumn, cell


class IssuedCertificatesView(CellListView):
    """Ausgestellte Nachweise: by period and course, with number and state."""

    model = Certificate
    identifier = issued_list.REPORT
    header_icon = "doc-full"
    index_url_name = "issued_certificates"
    index_results_url_name = "issued_certificates_results"
    filterset_class = issued_list.IssuedFilterSet
    fields = issued_list.FIELDS
    default_ordering = "-issued_on"
    columns = [
        HeadColumn("number", label=_("Number"), sort_key="number"),
        HeadColumn("person", label=_("Person"), sort_key="person"),
        HeadColumn("department", label=_("Department"), sort_key="department"),
        HeadColumn("kind", label=_("Kind"), sort_key="kind"),
        HeadColumn("course", label=_("Course"), sort_key="course_title"),
        HeadColumn("issued_on", label=_("Issued on"), sort_key="issued_on"),
        HeadColumn("valid_until", label=_("Valid until"), sort_key="valid_until"),
        HeadColumn("status", label=_("Status")),
        HeadColumn("replaced_by", label=_("Replaced by")),
    ]
    orderings = {
        "person": ("enrolment__membership__name_key",),
        "department": ("enrolment__membership__department__name",),
        "issued_on": ("issued_at__date",),
    }
    order_last: Sequence[Any] = issued_list.ORDER[1:]

    def get_base_queryset(self) -> QuerySet[Any]:
        return issued_list.rows_of(self.organisations)

    def get_filterset_kwargs(self) -> dict[str, Any]:
        return super().get_filterset_kwargs() | {"organisations": self.organisations}

    def search_queryset(self, queryset: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset.found_by(self.search_query)
        return found

    def cells(self, rows: Iterable[tuple[Any, ...]]) -> list[list[Cell]]:
        return [
            [cell(number), cell(f"{last}, {first}" if first else last), *map(cell, values)]
            for number, last, first, *values, _uuid in issued_list.read(rows)
        ]
