"""What the columns of a list of employees mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.organisations.names import search_form
from hub.tables import Row, UnreadableError

#: What a list can say of a person, and how that is called.
LABELS = {
    "staff_number": gettext_lazy("Staff number"),
    "last_name": gettext_lazy("Last name"),
    "first_name": gettext_lazy("First name"),
    "email": gettext_lazy("Email"),
    "username": gettext_lazy("User name"),
    "department": gettext_lazy("Department"),
    "audiences": gettext_lazy("Audiences"),
    "employment": gettext_lazy("Kind of employment"),
    "starts_on": gettext_lazy("From"),
    "ends_on": gettext_lazy("Until"),
}
#: The headings that are understood, in their search form, so that capitals and signs are all one.
HEADINGS = {
    "staff_number": (
        *("personalnummer", "personal nummer", "personalnr", "personal nr", "pers nr", "persnr"),
        *("mitarbeiternummer", "staff number", "staff no", "employee number", "personnel number"),
    ),
    "last_name": ("nachname", "name", "familienname", "last name", "surname", "family name"),
    "first_name": ("vorname", "vornamen", "rufname", "first name", "first names", "given name"),
    "email": (
        *("e mail", "email", "mail", "e mail adresse", "email adresse", "mailadresse"),
        *("e mail address", "email address"),
    ),
    "username": (
        *("benutzername", "anmeldename", "benutzerkennung", "kennung", "login"),
        *("user name", "username"),
    ),
    "department": (
        *("organisationseinheit", "fachbereich", "fachdienst", "abteilung", "amt", "dienststelle"),
        *("department", "unit", "organisational unit"),
    ),
    "audiences": ("zielgruppe", "zielgruppen", "zielgruppe n", "audience", "audiences"),
    "employment": (
        *("beschaeftigungsart", "art der beschaeftigung", "beschaeftigungsverhaeltnis"),
        *("employment", "kind of employment"),
    ),
    "starts_on": (
        *("eintritt", "eintrittsdatum", "eintritt am", "beginn", "von", "seit"),
        *("from", "start", "start date", "entry"),
    ),
    "ends_on": (
        *("austritt", "austrittsdatum", "austritt am", "ende", "bis"),
        *("until", "to", "end", "end date", "exit"),
    ),
}
#: Without these nobody could be recognised when the next list comes.
NEEDED = (("last_name",), ("first_name",), ("staff_number", "email"))
#: Above the headings there may be a title, a date, a logo. Empty rows do not count.
ROWS_TO_SEARCH = 20


class ColumnsError(UnreadableError):
    """The rows can be read, but not what their columns mean; somebody has to say it."""


@dataclass(frozen=True)
class ColumnChoice:
    """Which columns are meant, as somebody has said it: numbers of a row and of columns."""

    heading_row: int
    positions: dict[str, int]


@dataclass(frozen=True)
class Columns:
    """In which columns of a table a field stands, and how their headings are called."""

    heading_row: int
    positions: dict[str, int]
    headings: dict[str, str]
    ignored: list[str] = field(default_factory=list)

    def heading(self, name: str) -> str:
        """The heading of a field as it stands in the file, or what the hub calls it."""
        return self.headings.get(name) or str(LABELS[name])


def find_columns(
    rows: Sequence[Row],
    *,
    mapping: Mapping[str, str] | None = None,
    department_label: str = "",
    heading_row: int | None = None,
) -> Columns:
    """The columns of a table, by the first of its rows whose headings suffice.

    ``heading_row`` says which row holds the headings, counted from 1 as in the file; no other is
    looked at then, and it may stand as far down as it likes.

    ``mapping`` says for a field which heading is meant where the usual ones do not fit;
    ``department_label`` is what the authority calls a department. Raises ``ColumnsError``.
    """
    meanings = _meanings(department_label)
    chosen = {search_form(heading): name for name, heading in (mapping or {}).items()}
    # What is chosen by hand holds alone for its field.
    meanings = {form: name for form, name in meanings.items() if name not in chosen.values()}
    meanings |= chosen
    if heading_row is None:
        numbers = possible_heading_rows(rows)
    else:
        _check_heading_row(rows, heading_row)
        numbers = [heading_row]
    for number in (number - 1 for number in numbers):
        row = rows[number]
        found = [(meanings.get(search_form(str(cell))), cell) for cell in row]
        names = {name for name, _cell in found if name}
        if names.issuperset(chosen.values()) and _suffices(names):
            return _columns(number, found)
    if heading_row is not None:
        raise ColumnsError(
            _(
                "Row %(row)d does not hold the headings that are needed. Please say in which row "
                "they are, or which columns are meant."
            )
            % {"row": heading_row}
        )
    raise ColumnsError(_complaint(mapping or {}))


def chosen_columns(rows: Sequence[Row], choice: ColumnChoice) -> Columns:
    """The columns of a table as somebody has said them. Raises ``ColumnsError``."""
    if not _suffices(choice.positions.keys()):
        raise ColumnsError(_complaint({}))
    names = {position: name for name, position in choice.positions.items()}
    row = rows[choice.heading_row]
    return _columns(choice.heading_row, [(names.get(n), cell) for n, cell in enumerate(row)])


def proposed_columns(
    rows: Sequence[Row], *, department_label: str = "", heading_row: int | None = None
) -> ColumnChoice:
    """Where the headings seem to be and what they seem to mean, for who is to say it.

    The first row that suffices, as ``find_columns`` takes it; else the one in which most is
    understood; where nothing is, the first one with most cells. Of columns that mean the same it is
    the first. ``heading_row``, counted from 1, is taken instead where it is given. Raises
    ``UnreadableError`` for a table that says nothing.
    """
    meanings = _meanings(department_label)

    def weight(number: int) -> tuple[bool, int, int]:
        forms = [search_form(str(cell)) for cell in rows[number - 1]]
        names = [meanings[form] for form in forms if form in meanings]
        # Of rows that suffice it is the first, however much the others say.
        return (True, 0, 0) if _suffices(set(names)) else (False, len(names), sum(map(bool, forms)))

    if heading_row is None:
        heading_row = max(possible_heading_rows(rows), key=weight, default=None)
        if heading_row is None:
            raise UnreadableError(_("The file is empty. Please choose another one."))
    else:
        _check_heading_row(rows, heading_row)
    positions: dict[str, int] = {}
    for position, cell in enumerate(rows[heading_row - 1]):
        if name := meanings.get(search_form(str(cell))):
            positions.setdefault(name, position)
    return ColumnChoice(heading_row - 1, positions)


def check_heading_row(rows: Sequence[Row], heading_row: int) -> None:
    """Refuse a row, counted from 1, below which no list can begin. Raises ``ColumnsError``."""
    _check_heading_row(rows, heading_row)
    if not any(says_something(row) for row in rows[heading_row:]):
        raise ColumnsError(
            _("Below row %(row)d there is nobody. Please say in which row the headings are.")
            % {"row": heading_row}
        )


def says_something(row: Row) -> bool:
    """Whether there is any text in a row."""
    return any(str(cell).strip() for cell in row)


def possible_heading_rows(rows: Sequence[Row]) -> list[int]:
    """The rows in which headings are looked for, counted from 1; none of them is empty."""
    saying = (number for number, row in enumerate(rows, 1) if says_something(row))
    return list(islice(saying, ROWS_TO_SEARCH))


def headings_key(headings: Row) -> str:
    """The same for all lists with these headings, whatever their capitals and signs.

    Where a heading is nothing but signs, they count. Empty cells at the end are no part of it: a
    workbook has them where another row is longer.
    """
    forms = "\n".join(search_form(str(cell)) or str(cell).strip() for cell in headings)
    return sha256(forms.rstrip("\n").encode()).hexdigest()


def _suffices(names: Set[str]) -> bool:
    """Whether these fields are enough to recognise people by."""
    return all(names & set(one_of) for one_of in NEEDED)


def _meanings(department_label: str) -> dict[str, str]:
    """What headings mean, by their search form."""
    meanings = {form: name for name, forms in HEADINGS.items() for form in forms}
    if department_label:
        meanings.setdefault(search_form(department_label), "department")
    return meanings


def _check_heading_row(rows: Sequence[Row], heading_row: int) -> None:
    """Raises ``ColumnsError`` for a row that is not in the table, or in which nothing stands."""
    if not 1 <= heading_row <= len(rows):
        raise ColumnsError(
            _("There is no row %(row)d for the headings: the last row of the list is %(last)d.")
            % {"row": heading_row, "last": len(rows)}
        )
    if not says_something(rows[heading_row - 1]):
        raise ColumnsError(
            _("Row %(row)d is empty. Please say in which row the headings are.")
            % {"row": heading_row}
        )


def _columns(number: int, found: Sequence[tuple[str | None, Any]]) -> Columns:
    positions: dict[str, int] = {}
    headings: dict[str, str] = {}
    for position, (name, cell) in enumerate(found):
        if name in headings:
            raise ColumnsError(
                _(
                    "The columns “%(first)s” and “%(second)s” mean the same: %(meaning)s. "
                    "Please keep one of them or say which one is meant."
                )
                % {"first": headings[name], "second": cell, "meaning": LABELS[name]}
            )
        if name:
            positions[name], headings[name] = position, str(cell).strip()
    ignored = [str(cell).strip() for name, cell in found if not name and str(cell).strip()]
    return Columns(number, positions, headings, ignored)


def _complaint(mapping: Mapping[str, str]) -> str:
    if mapping:
        return _("The file has no row with these headings: %(headings)s.") % {
            "headings": ", ".join(f"“{heading}”" for heading in mapping.values())
        }
    return _(
        "The file has no row with the headings “%(last_name)s”, “%(first_name)s” and "
        "“%(staff_number)s” or “%(email)s”. Please add them or say which columns are meant."
    ) % {name: LABELS[name] for one_of in NEEDED for name in one_of}
