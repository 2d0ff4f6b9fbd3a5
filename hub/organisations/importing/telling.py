"""What becomes of a row, in the words of whoever reads it."""

from __future__ import annotations

from .columns import LABELS
from .planning import Change, Step, in_words

#: They stand beside what is told.
NAMES = ("last_name", "first_name")


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


def _in_words(change: Change) -> str:
    new = in_words(change.new)
    return new if change.old is None else f"{in_words(change.old)} → {new}"
