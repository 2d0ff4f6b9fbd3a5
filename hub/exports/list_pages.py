"""The page of an evaluation that is a list: scoped, narrowed, paged, with the way to its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page
from django.db.models import Count, F, OrderBy, QuerySet, TextChoices, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.ui.tables import Column, Table
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets.button import HeaderButton

from hub.organisations.models import Organisation

from .reports import Report, organisations_for, reports

#: Beyond it somebody plays with the address; databases have an end to what can be skipped.
_LAST_PAGE = 1_000_000
#: What an address has beside the filters.
_NO_FILTERS = ("p", "export", "ordering", "_w_filter_fragment")


class EntryPaginator(WagtailPaginator):
    """Counts entries; "enrolments" would sound like signing in to German readers."""

    verbose_name = _("entry")
    verbose_name_plural = _("entries")


class CountingPaginator(EntryPaginator):
    """Reads the rows of a page, and how many there are in all, by one query.

    For querysets of ``values_list``.
    """

    def get_page(self, number: Any) -> Page:
        try:
            wanted = int(number)
        except (TypeError, ValueError):
            wanted = 1
        if not 0 < wanted <= _LAST_PAGE:
            return super().get_page(number)
        first = (wanted - 1) * self.per_page
        counted = self.object_list.annotate(in_all=Window(Count("pk")))
        rows = list(counted[first : first + self.per_page])
        if not rows and wanted > 1:
            return super().get_page(number)
        self.count = rows[0][-1] if rows else 0
        return self._get_page([row[:-1] for row in rows], wanted, self)


class ListReportView(ReportView):
    """The base of such a page: for the authorities that have the evaluation switched on.

    Of a subclass its rows come from ``get_base_queryset``. What is narrowed here is narrowed in
    the file, too: the address says how.
    """

    identifier: str
    is_searchable = True
    search_backend_name = None
    show_export_buttons = False
    verbose_name_plural = _("entries")
    paginator_class = EntryPaginator
    #: What the sort keys mean to the database, where they are no fields.
    orderings: Mapping[str, Sequence[Any]] = {}
    #: By what rows are ordered that are equal to the sort key.
    order_last: Sequence[Any] = ("pk",)

    organisations: list[Organisation]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.organisations = organisations_for(request.user, self.identifier)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "export" in request.GET:
            # Wagtail's own export asks for no purpose, writes no log and guards no formulas.
            return redirect(self.hand_over_url)
        return super().get(request, *args, **kwargs)

    @property
    def report(self) -> type[Report]:
        return reports.get(self.identifier)

    def get_page_title(self) -> str:
        return str(self.report.label)

    @property
    def hand_over_url(self) -> str:
        """Where the list is handed over as it is narrowed now."""
        query = self.request.GET.copy()
        for key in _NO_FILTERS:
            query.pop(key, None)
        url = reverse("exports:hand_over", args=[self.identifier])
        return f"{url}?{query.urlencode()}" if query else url

    @property
    def header_buttons(self) -> list[HeaderButton]:
        return [
            HeaderButton(
                label=_("Hand over as a file"), url=self.hand_over_url, icon_name="download"
            )
        ]

    def get_filtered_queryset(self) -> QuerySet[Any]:
        return self.get_queryset()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # A filter that does not exist finds nothing; an unfiltered list would mislead.
        if not self.filters.is_valid():
            messages.warning(
                self.request,
                _("This filter does not exist here. Please choose it in the filters once more."),
            )
            return queryset.none()
        return self.filters.filter_queryset(queryset)

    def order_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        is_descending, key = self.ordering.startswith("-"), self.ordering.removeprefix("-")
        fields = []
        for field in self.order_by(key):
            expression = F(field) if isinstance(field, str) else field
            fields.append(_sorted(expression, is_descending))
        return queryset.order_by(*fields, *self.order_last)

    def order_by(self, key: str) -> Sequence[Any]:
        """The fields or expressions that a sort key means; empty ones come last."""
        return self.orderings.get(key, (key,))


def _sorted(expression: Any, is_descending: bool) -> OrderBy:
    """Up or down; what is empty comes last either way, on every database."""
    return OrderBy(expression, descending=is_descending, nulls_last=True)


@dataclass(frozen=True)
class Cell:
    """What a cell says; a state has its key as well, by which the stylesheet colours it."""

    text: str
    state: str = ""


def cell(value: Any) -> Cell:
    """A value of a row as a page shows it: a day, a state or a text; a dash for nothing."""
    if isinstance(value, TextChoices):
        return Cell(str(value.label), value.value)
    if isinstance(value, date):
        return Cell(date_format(value, "SHORT_DATE_FORMAT"))
    return Cell(str(value or "–"))


class HeadColumn(Column):
    """The heading of a column, as assistive technology is told of it."""

    header_template_name = "exports/list_heading.html"


class CellTable(Table):
    """Rows of ``Cell``s, the first of which is the heading of its row.

    One template draws them all: one for each cell takes ten times as long. Where the window is
    narrow a row becomes a block.
    """

    template_name = "exports/list_table.html"

    def __init__(self, *args: Any, legend: Any = (), is_matrix: bool = False, **kwargs: Any):
        """``legend`` are states with their ``meaning``; the headings of a matrix stay in sight."""
        super().__init__(*args, **kwargs)
        self.legend = legend
        self.is_matrix = is_matrix

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        headings = list(self.columns.values())
        return super().get_context_data(parent_context) | {
            "lines": [list(zip(headings, row, strict=True)) for row in self.data],
            "legend": self.legend,
            "is_matrix": self.is_matrix,
        }


class CellListView(ListReportView):
    """A list whose rows are plain values; the page takes two queries of its own, with filters."""

    table_class = CellTable
    paginator_class = CountingPaginator
    #: What is read of a row.
    fields: Sequence[str]
    #: The states a row may have, each with its ``meaning``.
    legend: Iterable[Any] = ()

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().values_list(*self.fields)

    def cells(self, rows: Iterable[tuple[Any, ...]]) -> list[list[Cell]]:
        """What stands in each row, from the values of ``fields``."""
        raise NotImplementedError

    def get_table(self, object_list: Any) -> Table:
        return super().get_table(self.cells(object_list))

    def get_table_kwargs(self) -> dict[str, Any]:
        return super().get_table_kwargs() | {
            "caption": str(self.report.label),
            "legend": self.legend,
        }
