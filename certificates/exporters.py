"""The list of certificates that HR hands over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from hub.exports.exporters import FilteredExporter, exporters
from hub.spreadsheets import Column, Row

from . import issued_list

#: Read at once, so that memory stays flat.
CHUNK = 2000


@exporters.register
class IssuedCertificatesExporter(FilteredExporter):
    """Issued certificates, exactly as filtered on screen."""

    identifier = issued_list.REPORT
    label = _("Issued certificates")
    description = _("Which certificates were issued, to whom, for which course, in which state.")
    required_permission = issued_list.PERMISSION
    columns = (
        Column(_("Number"), "text", 20, "number"),
        Column(_("Last name"), "text", 22, "last_name"),
        Column(_("First name"), "text", 18, "first_name"),
        Column(_("Department"), "text", 30, "department"),
        Column(_("Kind"), "text", 26, "kind"),
        Column(_("Course"), "text", 52, "course"),
        Column(_("Issued on"), "date", 18, "issued_on"),
        Column(_("Valid until"), "date", 14, "valid_until"),
        Column(_("Status"), "text", 14, "status"),
        Column(_("Replaced by"), "text", 20, "replaced_by"),
    )

    filterset_class = issued_list.IssuedFilterSet
    rows_of = staticmethod(issued_list.rows_of)

    @staticmethod
    def search(queryset: Any, query: str) -> QuerySet[Any]:
        found: QuerySet[Any] = queryset.found_by(query)
        return found

    def rows(self, queryset: QuerySet[Any]) -> Iterator[tuple[str, Row]]:
        rows = queryset.order_by(*issued_list.ORDER).values_list(*issued_list.FIELDS)
        # A row is a certificate; its uuid opens nothing to whoever is not its owner.
        for *values, uuid in issued_list.read(rows.iterator(chunk_size=CHUNK)):
            yield (
                str(uuid),
                [str(value.label) if isinstance(value, TextChoices) else value for value in values],
            )
