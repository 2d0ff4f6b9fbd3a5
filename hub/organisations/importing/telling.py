"""What becomes of a row, in the words of whoever reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.utils.text import Truncator

from hub.tables import Row

from .columns import LABELS, possible_heading_rows
from .planning import Change, Step, in_words

#: They stand beside what is told.
NAMES = ("last_name", "first_name")
#: So much of a list is shown to see where its headings are.
FIRST_ROWS, FIRST_COLUMNS, CELL_LENGTH = 10, 8, 40


class ShownRow(NamedTuple):
    """A row of a list as it is shown; its number is that of spreadsheet programs."""

    number: int
    cells: list[str]


def notes_in_words(step: Step) -> list[str]:
    """What is to be said about a row, beginning with the column where one is meant."""
    return [f"{note.column}: {note.text}" if note.column else note.text for note in step.notes]


def changes_in_words(step: Step) -> list[str]:
    """What a row changes: the old value and the new one; of what is new, what it will hold."""
    return [
        f"{LABELS[name]}: {_in_words(change)}"
        for name, change in step.changes.items()
        if change.old is not None or (name not in NAMES and in_words(change.new) != "–")
    ]


def first_rows(rows: Sequence[Row], heading_row: int) -> list[ShownRow]:
    """The first rows of a list that are not empty, and its ``heading_row``, counted from 1.

    Long texts are cut, and so are columns beyond the first ones; all rows have the same length.
    """
    numbers = {*possible_heading_rows(rows)[:FIRST_ROWS], heading_row}
    shown = [
        ShownRow(number, [cell_in_words(cell) for cell in rows[number - 1][:FIRST_COLUMNS]])
        for number in sorted(numbers)
    ]
    width = max(len(row.cells) for row in shown)
    for row in shown:
        row.cells.extend([""] * (width - len(row.cells)))
    return shown


def cell_in_words(cell: Any) -> str:
    """A cell of a list as people read it, in one line and not too long."""
    if isinstance(cell, date):
        return in_words(cell)
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # spreadsheets know no whole numbers
    return Truncator(" ".join(str(cell).split())).chars(CELL_LENGTH)


def _in_words(change: Change) -> str:
    new = in_words(change.new)
    return new if change.old is None else f"{in_words(change.old)} → {new}"
