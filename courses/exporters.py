"""Lists HR hands over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, TextChoices
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from hub.exports.exporters import ExportScope, FilteredExporter, exporters
from hub.organisations.models import Membership
from hub.spreadsheets import Column, Row

from . import completion_list, completion_matrix, ending_proofs, open_trainings, released_proofs
from .models import Enrolment

#: Read at once, so that memory stays flat.
CHUNK = 2000
LAST_NAME = Column(gettext_lazy("Last name"), "text", 22, "last_name")
FIRST_NAME = Column(gettext_lazy("First name"), "text", 18, "first_name")
DEPARTMENT = Column(gettext_lazy("Department"), "text", 30, "department")
COURSE = Column(gettext_lazy("Course"), "text", 52, "course")


@exporters.register
class CompletionExporter(FilteredExporter):
    """The completion list, exactly as filtered on screen."""

    identifier = completion_list.REPORT
    label = gettext_lazy("Completion list")
    description = gettext_lazy(
        "Who completed which course, when, on which content version, and until when it holds."
    )
    required_permission = completion_list.PERMISSION
    columns = (
        LAST_NAME,
        FIRST_NAME,
        DEPARTMENT,
        COURSE,
        Column(gettext_lazy("Content version"), "text", 26, "content_version"),
        Column(gettext_lazy("Status"), "text", 28, "status"),
        Column(gettext_lazy("Completed on"), "date", 18, "completed_on"),
        Column(gettext_lazy("Valid until"), "date", 14, "valid_until"),
        Column(gettext_lazy("Due"), "date", 14, "due_on"),
        Column(gettext_lazy("Kind of evidence"), "text", 40, "evidence"),
    )

    filterset_class = completion_list.CompletionFilterSet
    rows_of = staticmethod(completion_list.rows_of)
    search = staticmethod(completion_list.search_by_name)

    def rows(self, queryset: QuerySet[Enrolment]) -> Iterator[tuple[str, Row]]:
        words = {status.value: str(status.label) for status in completion_list.ListStatus}
        ordered = queryset.order_by(*completion_list.NAME_ORDER)
        # A row is an enrolment, and so one cycle of one course under one membership.
        for *row, uuid in completion_list.read(
            ordered, completion_list.courses_of(), words, "uuid"
        ):
            yield str(uuid), row


@exporters.register
class CompletionMatrixExporter(FilteredExporter):
    """The matrix: a row for each person, a column for each course that the page shows."""

    identifier = completion_matrix.REPORT
    label = gettext_lazy("Completion matrix")
    description = gettext_lazy(
        "A row for each person, a column for each course: completed, open, overdue, expired or "
        "not asked."
    )
    required_permission = completion_list.PERMISSION
    columns = (LAST_NAME, FIRST_NAME, DEPARTMENT)
    further_columns = gettext_lazy("a column for each course")

    filterset_class = completion_matrix.MatrixFilterSet
    rows_of = staticmethod(completion_matrix.people_of)
    search = staticmethod(completion_matrix.search_by_name)

    def rows(self, queryset: QuerySet[Membership]) -> Iterator[tuple[str, Row]]:
        """The people alone; ``table`` adds what they have completed."""
        # A row is a person: her number stays whatever becomes of her name and her employment.
        for last_name, first_name, department, _organisation, person in (
            queryset.order_by(*completion_matrix.ORDER)
            .values_list(*completion_matrix.FIELDS)
            .iterator(chunk_size=CHUNK)
        ):
            yield str(person), (last_name, first_name, department or "")

    def table(
        self, scope: ExportScope, filters: QueryDict, *, only: Collection[Any] | None = None
    ) -> tuple[Sequence[Column], Iterator[tuple[str, Row]]]:
        filterset = self.valid_filterset(scope, filters)
        found = self.search(filterset.qs, filters.get("q", ""))
        people = self.rows(found if only is None else found.filter(pk__in=only))
        courses = filterset.shown()
        columns = [
            Column(filterset.found.title_of(key), "text", 36, f"course_{key}") for key in courses
        ]
        return [*self.columns, *columns], self._with_cells(people, scope, courses)

    def _with_cells(
        self, people: Iterator[tuple[str, Row]], scope: ExportScope, courses: list[UUID]
    ) -> Iterator[tuple[str, Row]]:
        while chunk := list(islice(people, CHUNK)):
            told = completion_matrix.cells_of(
                [scope.organisation], [UUID(person) for person, _row in chunk], courses
            )
            for person, row in chunk:
                cells = told.get((scope.organisation.pk, UUID(person)), {})
                yield (
                    person,
                    (
                        *row,
                        *(str(cells.get(key, completion_matrix.NOT_ASKED)) for key in courses),
                    ),
                )


@exporters.register
class OpenTrainingsExporter(FilteredExporter):
    """Open and overdue, exactly as filtered on screen."""

    identifier = open_trainings.REPORT
    label = gettext_lazy("Open and overdue")
    description = gettext_lazy(
        "Who of the own staff has mandatory training open, and by when; what is overdue first."
    )
    required_permission = completion_list.PERMISSION
    columns = (
        LAST_NAME,
        FIRST_NAME,
        DEPARTMENT,
        COURSE,
        Column(gettext_lazy("Due"), "date", 14, "due_on"),
        Column(gettext_lazy("Status"), "text", 20, "status"),
    )

    filterset_class = open_trainings.OpenFilterSet
    rows_of = staticmethod(open_trainings.rows_of)
    search = staticmethod(completion_list.search_by_name)

    def rows(self, queryset: QuerySet[Any]) -> Iterator[tuple[str, Row]]:
        return _keyed(queryset, open_trainings.ORDER, open_trainings.FIELDS, open_trainings.read)


@exporters.register
class EndingProofsExporter(FilteredExporter):
    """What ends soon, exactly as filtered on screen."""

    identifier = ending_proofs.REPORT
    label = gettext_lazy("Ending soon")
    description = gettext_lazy("Whose proof ends within some days, and whose refresher is due.")
    required_permission = completion_list.PERMISSION
    columns = (
        LAST_NAME,
        FIRST_NAME,
        DEPARTMENT,
        COURSE,
        Column(gettext_lazy("Valid until"), "date", 14, "valid_until"),
        Column(gettext_lazy("Status"), "text", 28, "status"),
        Column(gettext_lazy("Refresher due"), "date", 18, "refresher_due_on"),
    )

    filterset_class = ending_proofs.EndingFilterSet
    rows_of = staticmethod(ending_proofs.rows_of)
    search = staticmethod(completion_list.search_by_name)

    def rows(self, queryset: QuerySet[Any]) -> Iterator[tuple[str, Row]]:
        return _keyed(queryset, ending_proofs.ORDER, ending_proofs.FIELDS, ending_proofs.read)


@exporters.register
class ReleasedProofsExporter(FilteredExporter):
    """What people have released, exactly as filtered on screen."""

    identifier = released_proofs.REPORT
    label = gettext_lazy("Released proofs")
    description = gettext_lazy(
        "Valid proofs from other authorities that people have released, and until when they hold."
    )
    required_permission = completion_list.PERMISSION
    columns = (
        LAST_NAME,
        FIRST_NAME,
        DEPARTMENT,
        COURSE,
        Column(gettext_lazy("Status"), "text", 14, "status"),
        Column(gettext_lazy("Valid until"), "date", 14, "valid_until"),
    )

    filterset_class = released_proofs.ReleasedFilterSet
    rows_of = staticmethod(released_proofs.rows_of)
    search = staticmethod(completion_list.search_by_name)

    def rows(self, queryset: QuerySet[Any]) -> Iterator[tuple[str, Row]]:
        order = completion_list.NAME_ORDER
        return _keyed(queryset, order, released_proofs.FIELDS, released_proofs.read)


def _keyed(
    queryset: QuerySet[Any],
    order: Sequence[Any],
    fields: Sequence[str],
    read: Callable[[Iterable[tuple[Any, ...]], Mapping[UUID, str]], Iterator[tuple[Any, ...]]],
) -> Iterator[tuple[str, Row]]:
    """The rows of a list as its page reads them, each with its own number."""
    titles = completion_list.courses_of().titles
    rows = queryset.order_by(*order).values_list(*fields).iterator(chunk_size=CHUNK)
    for *values, uuid in read(rows, titles):
        yield (
            str(uuid),
            [str(value.label) if isinstance(value, TextChoices) else value for value in values],
        )
