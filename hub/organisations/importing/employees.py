"""What the rows of a list of employees say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from unicodedata import normalize

from django.core.exceptions import ValidationError
from django.db.models import CharField
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from hub.organisations.models import Department, Employment, Membership, User
from hub.organisations.names import search_form
from hub.tables import Row

from .columns import Columns

#: No end; lists out of SAP write it as 31.12.9999.
OPEN_END = date.max
EARLIEST = date(1900, 1, 1)
#: How lists call the kinds of employment, in their search form.
EMPLOYMENTS = {
    Employment.EMPLOYEE: (
        *("beschaeftigt", "beschaeftigte", "tarifbeschaeftigt", "tarifbeschaeftigte"),
        *("tariflich", "angestellt", "angestellte", "employee"),
    ),
    Employment.CIVIL_SERVANT: (
        *("beamte", "beamter", "beamtin", "verbeamtet", "beamtet", "beamtenverhaeltnis"),
        *("civil servant",),
    ),
    Employment.TRAINEE: (
        *("auszubildende", "auszubildender", "azubi", "ausbildung", "anwaerter", "anwaerterin"),
        *("trainee", "apprentice"),
    ),
    Employment.EXTERNAL: ("extern", "externe", "externer", "external"),
}
_employment_of = {form: kind for kind, forms in EMPLOYMENTS.items() for form in forms}
_is_german_date = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})").fullmatch
_split_at_signs = re.compile(r"[;|]").split


@dataclass(frozen=True, slots=True)
class Note:
    """What is to be said about a row; ``column`` is the heading, empty for the row as a whole."""

    column: str
    text: str


@dataclass(slots=True)
class Employee:
    """What one row says of a person; ``None`` where it says nothing.

    An empty cell says nothing, except for the end of a membership: there it means that none is
    known, ``OPEN_END``.
    """

    row: int
    staff_number: str | None = None
    last_name: str | None = None
    first_name: str | None = None
    email: str | None = None
    username: str | None = None
    department: str | None = None
    audiences: frozenset[str] | None = None
    employment: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    #: Why the row cannot be taken.
    notes: list[Note] = field(default_factory=list)


def read_employees(
    rows: Sequence[Row], columns: Columns, *, audiences: Sequence[tuple[str, str]]
) -> list[Employee]:
    """The employees below the headings; ``audiences`` are the codes and names of those there are.

    What cannot be understood is told in the notes of its row.
    """
    readers = _readers(audiences)
    first = columns.heading_row + 1
    return [
        _employee(number, row, columns, readers)
        for number, row in enumerate(rows[first:], start=first + 1)
        if any(not _is_blank(cell) for cell in row)
    ]


def _employee(
    number: int, row: Row, columns: Columns, readers: dict[str, Callable[[Any], Any]]
) -> Employee:
    employee = Employee(number)
    for name, position in columns.positions.items():
        cell = row[position] if position < len(row) else ""
        if not _is_blank(cell):
            try:
                setattr(employee, name, readers[name](cell))
            except ValidationError as error:
                employee.notes += [Note(columns.heading(name), text) for text in error.messages]
        elif name == "ends_on":
            employee.ends_on = OPEN_END
    if not employee.notes:
        employee.notes += _what_is_missing(employee, columns)
    return employee


def _what_is_missing(employee: Employee, columns: Columns) -> Iterator[Note]:
    if not employee.last_name:
        yield Note(columns.heading("last_name"), _("The last name is missing."))
    if not employee.staff_number and not employee.email:
        yield Note(
            "",
            _(
                "The person has neither a staff number nor an e-mail address and could not be "
                "recognised the next time."
            ),
        )


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _readers(audiences: Sequence[tuple[str, str]]) -> dict[str, Callable[[Any], Any]]:
    """By field, the function that understands a cell or raises ``ValidationError``."""
    known = {search_form(text): name for code, name in audiences for text in (code, name)}
    return {
        "staff_number": _checked(Membership, "staff_number"),
        "last_name": _checked(User, "last_name"),
        "first_name": _checked(User, "first_name"),
        "email": _checked(User, "email"),
        "username": _checked(User, "username"),
        "department": _checked(Department, "name"),
        "audiences": lambda cell: _audiences(_text(cell), known),
        "employment": lambda cell: _employment(_text(cell)),
        "starts_on": _date,
        "ends_on": _date,
    }


def _checked(model: type[User | Membership | Department], name: str) -> Callable[[Any], str]:
    model_field: CharField = model._meta.get_field(name)  # type: ignore[assignment]

    def read(cell: Any) -> str:
        text = _text(cell)
        model_field.run_validators(text)
        return text

    return read


def _text(cell: Any) -> str:
    """A cell as text: composed letters, no spaces around, one between words."""
    if isinstance(cell, date | time | timedelta):
        raise ValidationError(_("The cell holds a date or a time. Please format it as text."))
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # spreadsheets know no whole numbers
    text = " ".join(normalize("NFC", str(cell)).split())
    if not text.isprintable():
        raise ValidationError(_("The cell holds invisible characters. Please type it anew."))
    return text


def _date(cell: Any) -> date:
    if isinstance(cell, datetime):
        cell = cell.date()
    day = cell if isinstance(cell, date) else _parsed_date(_text(cell))
    if day is None or day < EARLIEST:
        raise ValidationError(
            _("“%(text)s” is no date. Please write it like 31.12.2026."), params={"text": cell}
        )
    return day


def _parsed_date(text: str) -> date | None:
    try:
        if german := _is_german_date(text):
            day, month, year = map(int, german.groups())
            return date(year, month, day)
        return parse_date(text)
    except ValueError:
        return None


def _employment(text: str) -> str:
    form = search_form(text)
    if form in _employment_of:
        return _employment_of[form]
    for value, label in Employment.choices:
        if form in (search_form(value), search_form(str(label))):
            return value
    raise ValidationError(
        _("“%(text)s” is no kind of employment. Possible are: %(possible)s."),
        params={
            "text": text,
            "possible": ", ".join(str(label) for _value, label in Employment.choices),
        },
    )


def _audiences(text: str, known: dict[str, str]) -> frozenset[str]:
    """Names separated by semicolons or bars; by commas, too, where that is no part of a name."""
    parts = []
    for part in _split_at_signs(text):
        parts += [part] if search_form(part) in known else part.split(",")
    unknown = [part.strip() for part in parts if part.strip() and search_form(part) not in known]
    if unknown:
        raise ValidationError(
            _(
                "There is no audience “%(name)s”. Please use the names of the hub, with semicolons "
                "between them."
            ),
            params={"name": ", ".join(unknown)},
        )
    return frozenset(known[search_form(part)] for part in parts if part.strip())
