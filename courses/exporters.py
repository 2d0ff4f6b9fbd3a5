"""Lists HR hands over."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.exports.exporters import (
    Exporter,
    ExportScope,
    OfferedFilter,
    exporters,
    filters_in_words,
    filters_offered_by,
)
from hub.spreadsheets import Column, Row

from . import completion_list
from .models import Enrolment


@exporters.register
class CompletionExporter(Exporter):
    """The completion list, exactly as filtered on screen."""

    identifier = completion_list.REPORT
    label = gettext_lazy("Completion list")
    description = gettext_lazy(
        "Who completed which course, when, on which content version, and until when it holds."
    )
    required_permission = completion_list.PERMISSION
    columns = (
        Column(gettext_lazy("Last name"), "text", 22, "last_name"),
        Column(gettext_lazy("First name"), "text", 18, "first_name"),
        Column(gettext_lazy("Department"), "text", 30, "department"),
        Column(gettext_lazy("Course"), "text", 52, "course"),
        Column(gettext_lazy("Content version"), "text", 26, "content_version"),
        Column(gettext_lazy("Status"), "text", 28, "status"),
        Column(gettext_lazy("Completed on"), "date", 18, "completed_on"),
        Column(gettext_lazy("Valid until"), "date", 14, "valid_until"),
        Column(gettext_lazy("Due"), "date", 14, "due_on"),
        Column(gettext_lazy("Kind of evidence"), "text", 40, "evidence"),
    )

    def get_queryset(self, scope: ExportScope, filters: QueryDict) -> QuerySet[Enrolment]:
        filterset = self._filterset(scope, filters)
        if not filterset.is_valid():
            raise ValidationError(filterset.errors)
        return completion_list.search_by_name(filterset.qs, filters.get("q", ""))

    def describe(self, scope: ExportScope, filters: QueryDict) -> list[tuple[str, str]]:
        filterset = self._filterset(scope, filters)
        if not filterset.is_valid():
            raise ValidationError(filterset.errors)
        query = filters.get("q", "").strip()
        return filters_in_words(filterset) + ([(_("Name"), query)] if query else [])

    def offered_filters(self, scope: ExportScope) -> list[OfferedFilter]:
        filterset = self._filterset(scope, QueryDict())
        return [*filters_offered_by(filterset), OfferedFilter("q", _("Name"))]

    def _filterset(
        self, scope: ExportScope, filters: QueryDict
    ) -> completion_list.CompletionFilterSet:
        return completion_list.CompletionFilterSet(
            filters,
            queryset=completion_list.rows_of([scope.organisation]),
            organisations=[scope.organisation],
        )

    def rows(self, queryset: QuerySet[Enrolment]) -> Iterator[tuple[str, Row]]:
        words = {status.value: str(status.label) for status in completion_list.ListStatus}
        ordered = queryset.order_by(*completion_list.NAME_ORDER)
        # A row is an enrolment, and so one cycle of one course under one membership.
        for *row, uuid in completion_list.read(
            ordered, completion_list.courses_of(), words, "uuid"
        ):
            yield str(uuid), row
