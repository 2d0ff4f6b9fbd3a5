"""The contract of a list that can be handed over.

A plug-in subclasses ``Exporter`` and registers it in a module ``exporters`` of an installed app.
The framework asks for the purpose, writes the log, builds the scope and the file; the exporter
says which rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from hub.organisations.models import Organisation, User
from hub.registry import Registry
from hub.spreadsheets import Column, Row

#: What the framework adds behind the columns of an exporter; the second one to changes only.
ROW_KEY_COLUMN = Column(gettext_lazy("Row key"), "text", 38, "row_key")
CHANGE_COLUMN = Column(pgettext_lazy("what became of a row", "Change"), "text", 14, "change")


@dataclass(frozen=True)
class ExportScope:
    """Whose rows may leave: made by the framework from the policy, an exporter cannot widen it."""

    user: User
    organisation: Organisation


@dataclass(frozen=True, slots=True)
class OfferedFilter:
    """A filter that an address may carry, as programs are told of it."""

    #: In the address.
    key: str
    label: str
    kind: Literal["text", "date", "choice"] = "text"
    #: Of a choice: what stands in the address, and what it means.
    choices: Sequence[tuple[str, str]] = ()
    #: Whether it may be given several times; the rows of all of them are listed.
    takes_many: bool = False


class Exporter:
    """A list with fixed columns. Rows are yielded, never collected."""

    #: Stable key, part of addresses, of file names and of the log.
    identifier: str
    label: str | Promise
    description: str | Promise
    #: Who may hand it over, for which authorities: "app.codename", offered to groups by the hook
    #: ``register_organisation_permissions``.
    required_permission: str
    #: Each with a ``key`` of its own, which never changes: programs read it.
    columns: Sequence[Column]
    #: What further columns stand for, in a few words, where ``table`` adds some.
    further_columns: str | Promise = ""
    #: The filters that name people, by their key in an address: the log does not tell whom to those
    #: who may only audit it. A search is one.
    naming_filters: frozenset[str] = frozenset({"q"})

    def get_queryset(self, scope: ExportScope, filters: QueryDict) -> QuerySet[Any]:
        """The rows of the scope, narrowed by the filters of an address.

        Raises ``ValidationError`` for filters that cannot be applied: a list that is longer than
        what was chosen must not leave the hub. Each row is one object: programs read a list in
        pages, for which the queryset is narrowed to primary keys and ordered by them.
        """
        raise NotImplementedError

    def rows(self, queryset: QuerySet[Any]) -> Iterator[tuple[str, Row]]:
        """The key of each row, and its values in the order of ``columns``.

        A key is of one row and stays the same as long as the row is: by it the next hand-over tells
        what changed and what is gone. It stands in the file, so it must not tell who is meant.
        """
        raise NotImplementedError

    def table(
        self, scope: ExportScope, filters: QueryDict, *, only: Collection[Any] | None = None
    ) -> tuple[Sequence[Column], Iterator[tuple[str, Row]]]:
        """The columns of a file and its rows; with ``only``, those with these primary keys.

        For a list that has a column for each of something: it adds them behind ``columns``, each
        with a key that stays with what it stands for. Raises ``ValidationError`` as
        ``get_queryset`` does.
        """
        found = self.get_queryset(scope, filters)
        return self.columns, self.rows(found if only is None else found.filter(pk__in=only))

    def describe(self, scope: ExportScope, filters: QueryDict) -> list[tuple[str, str]]:
        """The filters in words, label and value, for the form, the log and the file."""
        return []

    def offered_filters(self, scope: ExportScope) -> list[OfferedFilter]:
        """The filters that programs may use; any other one of theirs is refused.

        ``cursor`` and ``limit`` are the framework's.
        """
        return []


class FilteredExporter(Exporter):
    """A list that is narrowed as its page is: by a filter set, and by the search ``q``.

    The two functions are those of the page; a class holds them as a ``staticmethod``.
    """

    #: Takes the authorities as ``organisations``: what is offered is theirs.
    filterset_class: type[django_filters.FilterSet]
    #: All rows of authorities.
    rows_of: Callable[[Sequence[Organisation]], QuerySet[Any]]
    #: The rows that a search finds; all for an empty one.
    search: Callable[[Any, str], QuerySet[Any]]

    def filterset(self, scope: ExportScope, filters: QueryDict) -> Any:
        """The filter set of the page, over the rows of the scope."""
        own = [scope.organisation]
        return self.filterset_class(filters, queryset=self.rows_of(own), organisations=own)

    def get_queryset(self, scope: ExportScope, filters: QueryDict) -> QuerySet[Any]:
        return self.search(self.valid_filterset(scope, filters).qs, filters.get("q", ""))

    def describe(self, scope: ExportScope, filters: QueryDict) -> list[tuple[str, str]]:
        query = filters.get("q", "").strip()
        words = filters_in_words(self.valid_filterset(scope, filters))
        return [*words, (_("Name"), query)] if query else words

    def offered_filters(self, scope: ExportScope) -> list[OfferedFilter]:
        offered = filters_offered_by(self.filterset(scope, QueryDict()))
        return [*offered, OfferedFilter("q", _("Name"))]

    def valid_filterset(self, scope: ExportScope, filters: QueryDict) -> Any:
        """The filter set; raises ``ValidationError`` for filters that do not exist here."""
        filterset = self.filterset(scope, filters)
        if not filterset.is_valid():
            raise ValidationError(filterset.errors)
        return filterset


class ExporterRegistry(Registry[Exporter]):
    """Exporters whose columns programs can tell apart."""

    def register(self, cls: type[Exporter]) -> type[Exporter]:
        """Register ``cls``; also raises ``TypeError`` for columns without a key of their own."""
        keys = [column.key for column in getattr(cls, "columns", ())]
        given = {"", ROW_KEY_COLUMN.key, CHANGE_COLUMN.key}
        if given.intersection(keys) or len(set(keys)) < len(keys):
            raise TypeError(f"{cls.__qualname__}: each column needs a key of its own, not {keys}.")
        return super().register(cls)


exporters = ExporterRegistry(
    "exporter",
    key_attribute="identifier",
    contract=("label", "description", "required_permission", "columns", "get_queryset", "rows"),
)


#: What is handed over and is no list, by its key in the log.
other_hand_overs: dict[str, str | Promise] = {}


def list_label(identifier: str) -> str:
    """What a list is called; its key where its plug-in is not installed any more."""
    if identifier in exporters:
        return str(exporters.get(identifier).label)
    return str(other_hand_overs.get(identifier, identifier))


def filters_in_words(filterset: django_filters.FilterSet) -> list[tuple[str, str]]:
    """Label and value of every filter that is set in a valid ``filterset``."""
    form = filterset.form
    return [
        (str(form.fields[name].label), _in_words(form.fields[name], form.cleaned_data[name]))
        for name in form.fields
        if form.cleaned_data.get(name)
    ]


def filters_offered_by(filterset: django_filters.FilterSet) -> list[OfferedFilter]:
    """The filters of ``filterset`` as programs are told of them."""
    return [
        offered
        for name, field in filterset.form.fields.items()
        for offered in _offered(name, field)
    ]


def _offered(name: str, field: Any) -> Iterator[OfferedFilter]:
    label = str(field.label)
    if isinstance(field, django_filters.fields.DateRangeField):
        for suffix in field.widget.suffixes:
            yield OfferedFilter(field.widget.suffixed(name, suffix), label, "date")
    elif hasattr(field, "choices"):
        choices = [(str(value), str(words)) for value, words in field.choices if str(value)]
        takes_many = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
        yield OfferedFilter(name, label, "choice", choices, takes_many)
    else:
        yield OfferedFilter(name, label)


def _in_words(field: Any, value: Any) -> str:
    if isinstance(value, slice):
        days = [_day(end) if end else "…" for end in (value.start, value.stop)]
        return _("%(first)s to %(last)s") % {"first": days[0], "last": days[1]}
    choices = {str(key): str(label) for key, label in getattr(field, "choices", ())}
    values = value if isinstance(value, list | tuple | QuerySet) else [value]
    return ", ".join(choices.get(str(item), str(item)) for item in values)


def _day(value: Any) -> str:
    day = localdate(value) if isinstance(value, datetime) else value
    return date_format(day, "SHORT_DATE_FORMAT")
