"""Evaluations that name people: the matrix, what is open, what ends soon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from courses import (
    completion_list,
    completion_matrix,
    ending_proofs,
    open_trainings,
    released_proofs,
)
from courses.list_filters import Offered, offered
from courses.models import Enrolment, ProofRelease
from hub.exports.list_pages import Cell, CellListView, HeadColumn, cell
from hub.organisations.models import Membership


class PeopleListView(CellListView):
    """The base: what the filters offer is read once, and names the courses as well."""

    default_ordering = "person"
    orderings = {
        "person": ("membership__name_key",),
        "department": ("membership__department__name",),
    }
    order_last = completion_list.NAME_ORDER

    @cached_property
    def found(self) -> Offered:
        return offered(self.organisations)

    def get_filterset_kwargs(self) -> dict[str, Any]:
        return super().get_filterset_kwargs() | {
            "organisations": self.organisations,
            "found": self.found,
        }

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return completion_list.search_by_name(queryset, self.search_query)

    def order_by(self, key: str) -> Sequence[Any]:
        return [self.found.rank()] if key == "course" else super().order_by(key)


PERSON = HeadColumn("person", label=_("Person"), sort_key="person")
DEPARTMENT = HeadColumn("department", label=_("Department"), sort_key="department")
COURSE = HeadColumn("course", label=_("Course"), sort_key="course")


def _named(last_name: str, first_name: str) -> str:
    return f"{last_name}, {first_name}" if first_name else last_name


class EnrolmentListView(PeopleListView):
    """A row for each enrolment, beginning with whose it is."""

    model: type[Model] = Enrolment
    #: Makes of the values of ``fields`` what stands in the columns, with the titles of courses.
    read: Callable[[Iterable[tuple[Any, ...]], Mapping[UUID, str]], Iterable[tuple[Any, ...]]]

    def cells(self, rows: Iterable[tuple[Any, ...]]) -> list[list[Cell]]:
        return [
            [cell(_named(last, first)), *map(cell, values)]
            for last, first, *values, _uuid in self.read(rows, self.found.titles)
        ]


class OpenTrainingsView(EnrolmentListView):
    """Offen und überfällig: who has mandatory training open, what is overdue first."""

    identifier = open_trainings.REPORT
    header_icon = "time"
    index_url_name = "open_trainings"
    index_results_url_name = "open_trainings_results"
    filterset_class = open_trainings.OpenFilterSet
    fields = open_trainings.FIELDS
    read = staticmethod(open_trainings.read)
    legend = open_trainings.STATUSES
    default_ordering = "due_on"
    orderings = PeopleListView.orderings | {"due_on": ("list_due_on",)}
    columns = [
        PERSON,
        DEPARTMENT,
        COURSE,
        HeadColumn("due_on", label=_("Due"), sort_key="due_on"),
        HeadColumn("status", label=_("Status")),
    ]

    def get_base_queryset(self) -> QuerySet[Any]:
        return open_trainings.rows_of(self.organisations)


class EndingProofsView(EnrolmentListView):
    """Läuft bald ab: whose proof ends soon, or whose refresher is due."""

    identifier = ending_proofs.REPORT
    header_icon = "history"
    index_url_name = "ending_proofs"
    index_results_url_name = "ending_proofs_results"
    filterset_class = ending_proofs.EndingFilterSet
    fields = ending_proofs.FIELDS
    read = staticmethod(ending_proofs.read)
    legend = ending_proofs.ProofStatus
    default_ordering = "due_on"
    orderings = PeopleListView.orderings | {
        "expires_on": ("expires_on",),
        # Where nothing is asked before, a proof is to be refreshed when it ends.
        "due_on": ("refresher_due",),
    }
    columns = [
        PERSON,
        DEPARTMENT,
        COURSE,
        HeadColumn("expires_on", label=_("Valid until"), sort_key="expires_on"),
        HeadColumn("status", label=_("Status")),
        HeadColumn("due_on", label=_("Refresher due"), sort_key="due_on"),
    ]

    def get_base_queryset(self) -> QuerySet[Any]:
        return ending_proofs.rows_of(self.organisations)


class ReleasedProofsView(EnrolmentListView):
    """Freigegebene Nachweise: what people show of what they learnt at another authority."""

    model = ProofRelease
    identifier = released_proofs.REPORT
    header_icon = "view"
    index_url_name = "released_proofs"
    index_results_url_name = "released_proofs_results"
    filterset_class = released_proofs.ReleasedFilterSet
    fields = released_proofs.FIELDS
    read = staticmethod(released_proofs.read)
    legend = released_proofs.ReleaseStatus
    columns = [
        PERSON,
        DEPARTMENT,
        COURSE,
        HeadColumn("status", label=_("Status")),
        HeadColumn("valid_until", label=_("Valid until"), sort_key="valid_until"),
    ]

    def get_base_queryset(self) -> QuerySet[Any]:
        return released_proofs.rows_of(self.organisations)


class CompletionMatrixView(PeopleListView):
    """Abschlussmatrix: a row for each person, a column for each course."""

    model = Membership
    identifier = completion_matrix.REPORT
    header_icon = "table"
    index_url_name = "completion_matrix"
    index_results_url_name = "completion_matrix_results"
    filterset_class = completion_matrix.MatrixFilterSet
    fields = completion_matrix.FIELDS
    legend = completion_matrix.CellStatus
    order_last = completion_matrix.ORDER
    orderings = {"person": ("name_key",), "department": ("department__name",)}

    @cached_property
    def courses(self) -> list[UUID]:
        """The courses that have a column; none where a filter does not exist."""
        return self.filters.shown() if self.filters.is_valid() else []

    @property
    def columns(self) -> list[HeadColumn]:  # type: ignore[override]
        if not hasattr(self, "request"):
            return [PERSON, DEPARTMENT]
        return [
            PERSON,
            DEPARTMENT,
            *(HeadColumn(str(key), label=self.found.title_of(key)) for key in self.courses),
        ]

    def get_valid_orderings(self) -> list[str]:
        return ["person", "-person", "department", "-department"]

    def get_base_queryset(self) -> QuerySet[Membership]:
        return completion_matrix.people_of(self.organisations)

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return completion_matrix.search_by_name(queryset, self.search_query)

    def cells(self, rows: Iterable[tuple[Any, ...]]) -> list[list[Cell]]:
        people = list(rows)
        told = completion_matrix.cells_of(
            self.organisations, [person for *_names, person in people], self.courses
        )
        lines = []
        for last_name, first_name, department, organisation, person in people:
            known = told.get((organisation, person), {})
            line = [cell(_named(last_name, first_name)), cell(department)]
            for course in self.courses:
                found = known.get(course, completion_matrix.NOT_ASKED)
                line.append(Cell(str(found), found.status.value))
            lines.append(line)
        return lines

    def get_table_kwargs(self) -> dict[str, Any]:
        return super().get_table_kwargs() | {"is_matrix": True}
