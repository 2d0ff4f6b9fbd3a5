"""A list in pages of bounded size, for who reads all of it without meeting a row twice.

The order is that of primary keys, which never change: a row that is there all the while is read
exactly once, whatever is added, renamed or deleted meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from hub.exports.actions import filter_key
from hub.exports.exporters import Exporter, ExportScope, OfferedFilter
from hub.spreadsheets import Column, Row

from .problems import Problem, field_error

DEFAULT_LIMIT, MAX_LIMIT = 500, 1_000
#: What an address may carry beside filters.
CURSOR, LIMIT = "cursor", "limit"
_SALT = "exports.api.cursor"


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some rows of a list, each with its key at its end; in them the order is the exporter's."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    #: Where the next page begins; empty behind the last row.
    next_cursor: str


def page_of(
    exporter: Exporter, scope: ExportScope, filters: QueryDict, *, limit: int, cursor: str
) -> ListPage:
    """The next ``limit`` rows behind ``cursor``, in two queries of the list however long it is.

    Raises ``Problem`` for filters that cannot be applied, and for a cursor that is not of this list
    with these filters.
    """
    refuse_unknown(filters, exporter.offered_filters(scope))
    begins_after = _read(cursor, exporter, filters)
    try:
        found = exporter.get_queryset(scope, filters)
    except ValidationError as error:
        raise _invalid(_by_field(error, exporter.offered_filters(scope))) from error
    ordered = found.order_by("pk")
    if begins_after is not None:
        ordered = ordered.filter(pk__gt=begins_after)
    keys = list(ordered.values_list("pk", flat=True)[: limit + 1])
    here, has_more = keys[:limit], len(keys) > limit
    columns, keyed = exporter.table(scope, filters, only=here)
    rows = [(*row, key) for key, row in keyed]
    return ListPage(columns, rows, _cursor(here[-1], exporter, filters) if has_more else "")


def refuse_unknown(filters: QueryDict, offered: Sequence[OfferedFilter]) -> None:
    """Raise ``Problem`` for filters that do not exist, and for those without a value.

    Without them the list would be longer than what was meant.
    """
    known = {offer.key: offer for offer in offered}
    errors = []
    for key in filters:
        if key not in known:
            errors.append(field_error(key, key, [_("This filter does not exist.")]))
        elif not all(value.strip() for value in filters.getlist(key)):
            message = _("Please give it a value, or leave it out.")
            errors.append(field_error(key, known[key].label, [message]))
        elif len(filters.getlist(key)) > 1 and not known[key].takes_many:
            errors.append(field_error(key, known[key].label, [_("Please give it once only.")]))
    if errors:
        raise _invalid(errors)


def _by_field(error: ValidationError, offered: Sequence[OfferedFilter]) -> list[dict[str, Any]]:
    if not hasattr(error, "error_dict"):
        return [field_error("", "", error.messages)]
    return [
        field_error(field, _label(field, offered), messages)
        for field, messages in error.message_dict.items()
    ]


def _label(field: str, offered: Sequence[OfferedFilter]) -> str:
    """What a field is called; one of two days stands in the address as two filters."""
    return next(
        (o.label for o in offered if o.key == field or o.key.startswith(f"{field}_")), field
    )


def _invalid(errors: Sequence[dict[str, Any]]) -> Problem:
    return Problem(
        422,
        _("The address is not valid"),
        _("Something in the address cannot be applied. No row was handed over."),
        errors=errors,
    )


def limit_refused() -> Problem:
    """How many rows a page has was asked for wrongly."""
    message = _("Please enter a whole number from 1 to %(most)s.") % {"most": MAX_LIMIT}
    return _invalid([field_error(LIMIT, _("Rows of a page"), [message])])


def _cursor(key: Any, exporter: Exporter, filters: QueryDict) -> str:
    return signing.dumps([exporter.identifier, filter_key(filters), str(key)], salt=_SALT)


def _read(cursor: str, exporter: Exporter, filters: QueryDict) -> str | None:
    if not cursor:
        return None
    try:
        identifier, key_of_filters, key = signing.loads(cursor, salt=_SALT)
    except signing.BadSignature:
        identifier = key_of_filters = key = ""
    if (identifier, key_of_filters) != (exporter.identifier, filter_key(filters)):
        message = _("This is no page of this list with these filters. Please begin without it.")
        raise _invalid([field_error(CURSOR, _("Beginning of the page"), [message])])
    return str(key)
