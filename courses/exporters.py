"""Lists HR hands over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.exports.exporters import Exporter, ExportScope, exporters
from hub.spreadsheets import Column

from . import completion_list
from .models import Enrolment
from .models.versions import version_label
from .permissions import enrolment_policy


@exporters.register
class CompletionExporter(Exporter):
    """The completion list, exactly as filtered on screen."""

    identifier = "abschlussliste"
    label = gettext_lazy("Completion list")
    description = gettext_lazy(
        "Who completed which course, when, on which content version, and until when it holds."
    )
    permission_policy = enrolment_policy
    required_permission = completion_list.PERMISSION
    columns = (
        Column(gettext_lazy("Last name"), "text", 22),
        Column(gettext_lazy("First name"), "text", 18),
        Column(gettext_lazy("Department"), "text", 30),
        Column(gettext_lazy("Course"), "text", 40),
        Column(gettext_lazy("Content version"), "text", 26),
        Column(gettext_lazy("Status"), "text", 18),
        Column(gettext_lazy("Completed on"), "date", 16),
        Column(gettext_lazy("Valid until"), "date", 14),
        Column(gettext_lazy("Due"), "date", 14),
    )

    def get_queryset(self, scope: ExportScope, filters: Any) -> QuerySet[Enrolment]:
        rows = completion_list.rows_for(scope.user).in_organisations([scope.organisation])
        filterset = completion_list.CompletionFilterSet(
            filters, queryset=rows, request=_RequestOf(scope.user)
        )
        return completion_list.search_by_name(filterset.qs, filters.get("q", ""))

    def rows(self, queryset: QuerySet[Enrolment]) -> Iterator[Sequence[Any]]:
        titles = completion_list.course_titles()
        words = dict(completion_list.ListStatus.choices)
        words = {status: str(word) for status, word in words.items()}
        labels: dict[tuple[int, Any], str] = {}
        values = queryset.order_by(*completion_list.NAME_ORDER).values_list(
            "user__last_name",
            "user__first_name",
            "membership__department__name",
            "course_key",
            "course_version__number",
            "course_version__published_at",
            "list_status",
            "completed_at",
            "expires_on",
            "due_on",
        )
        for (
            last,
            first,
            department,
            key,
            number,
            published,
            status,
            done,
            until,
            due,
        ) in values.iterator(chunk_size=2000):
            version = ""
            if number is not None:
                version = labels.get((number, published)) or labels.setdefault(
                    (number, published), version_label(number, published)
                )
            yield (
                last,
                first,
                department or "",
                titles.get(key, ""),
                version,
                words[status],
                localdate(done) if done else None,
                until,
                due,
            )

    def describe(self, scope: ExportScope, filters: Any) -> list[tuple[str, str]]:
        return [
            (_("Filter"), f"{key}: {', '.join(filters.getlist(key))}")
            for key in filters
            if any(filters.getlist(key))
        ]


class _RequestOf:
    """What the filters need of a request: whose choices they offer."""

    def __init__(self, user: Any) -> None:
        self.user = user
