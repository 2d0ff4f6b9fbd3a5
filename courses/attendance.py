"""Attendance lists: whom the rows of a file are about, and what becomes of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.organisations.importing.columns import HEADINGS, ROWS_TO_SEARCH
from hub.organisations.models import Membership, Organisation, User
from hub.organisations.names import search_form
from hub.spreadsheets import Column, write_xlsx
from hub.tables import Row, UnreadableError, read_rows

from .actions import LearningFacts, already_recorded, record_learning
from .models import ExternalLearning

MAX_BYTES = 5 * 1024**2
#: A list is recorded while somebody waits, and each row may complete a course.
MAX_ROWS = 300
#: By which a person is recognised, the surer one first; names are for reading only.
KEYS = ("staff_number", "email")
FIELDS = (*KEYS, "last_name", "first_name")


class Outcome(models.TextChoices):
    """What becomes of a row."""

    RECORDED = "recorded", gettext_lazy("will be recorded")
    THERE = "there", gettext_lazy("already there")
    REFUSED = "refused", gettext_lazy("cannot be matched")


@dataclass
class Entry:
    """A row: its number in the file, what it says, whom it is about and what becomes of it."""

    row: int
    #: What its cells say, by field.
    said: dict[str, str]
    membership: Membership | None = None
    outcome: Outcome = Outcome.REFUSED
    #: What is to be said about it, beginning with the column where one is meant.
    note: str = ""

    @property
    def name(self) -> str:
        """As the hub knows the person; as the list has it where nobody was found."""
        if self.membership is not None:
            return str(self.membership.user)
        said = (self.said.get("first_name"), self.said.get("last_name"))
        return " ".join(part for part in said if part) or self.said.get("email", "")


@dataclass
class AttendancePlan:
    """What recording a list would do, row by row in the order of the file."""

    entries: list[Entry]
    records: list[ExternalLearning] = field(default_factory=list)

    def with_outcome(self, outcome: Outcome) -> list[Entry]:
        return [entry for entry in self.entries if entry.outcome == outcome]

    @property
    def recorded(self) -> list[Entry]:
        return self.with_outcome(Outcome.RECORDED)

    @property
    def there(self) -> list[Entry]:
        return self.with_outcome(Outcome.THERE)

    @property
    def refused(self) -> list[Entry]:
        return self.with_outcome(Outcome.REFUSED)


@dataclass(frozen=True)
class _Columns:
    heading_row: int
    positions: dict[str, int]
    headings: dict[str, str]


def plan_attendance(
    *, organisation: Organisation, content: bytes, facts: LearningFacts, actor: User
) -> AttendancePlan:
    """What recording an attendance list would do; nothing is written. Raises ``UnreadableError``.

    People are recognised by staff number, then by e-mail, among those who work for the authority
    today. Nobody of another authority is looked at, so no message can tell of them.
    """
    rows = read_rows(content)
    columns = _find_columns(rows)
    entries = _read(rows, columns)
    _match(entries, columns, organisation)
    _refuse_twice(entries)
    matched = [entry for entry in entries if entry.membership is not None and not entry.note]
    known = already_recorded([entry.membership for entry in matched if entry.membership], facts)
    for entry in matched:
        membership = entry.membership
        if membership is None:
            continue
        if membership.user_id == actor.pk:
            entry.note = _("This is you. Please let a colleague record it.")
        elif membership.pk in known:
            entry.outcome = Outcome.THERE
            if known[membership.pk].waits:
                entry.note = _("The person has handed it in. Please decide upon it in the list.")
        else:
            entry.outcome = Outcome.RECORDED
    return AttendancePlan(entries)


def record_attendance(
    *, organisation: Organisation, content: bytes, facts: LearningFacts, actor: User
) -> AttendancePlan:
    """Record all rows of an attendance list that can be, in one transaction.

    The same list a second time changes nothing. Raises ``UnreadableError``, and
    ``ValidationError`` for a course that cannot be credited.
    """
    plan = plan_attendance(organisation=organisation, content=content, facts=facts, actor=actor)
    plan.records = record_learning(
        memberships=[entry.membership for entry in plan.recorded if entry.membership],
        facts=facts,
        actor=actor,
    )
    return plan


def template() -> bytes:
    """An empty attendance list to be filled in."""
    columns = [
        Column("Personalnummer", "text", 18),
        Column("E-Mail", "text", 36),
        Column("Nachname", "text", 24),
        Column("Vorname", "text", 24),
    ]
    notes = [
        ("Personalnummer", "Daran wird die Person erkannt."),
        ("E-Mail", "Genügt, wenn die Personalnummer fehlt."),
        ("Nachname, Vorname", "Nur zum Lesen. Am Namen wird niemand erkannt."),
        ("Nicht in der Liste", "Art, Titel, Tag und Dauer geben Sie im KI-Hub ein."),
    ]
    return b"".join(write_xlsx(columns, [], sheet_title="Teilnahmeliste", notes=notes))


def _find_columns(rows: Sequence[Row]) -> _Columns:
    meanings = {form: name for name in FIELDS for form in HEADINGS[name]}
    for number, row in enumerate(rows[:ROWS_TO_SEARCH]):
        positions: dict[str, int] = {}
        headings: dict[str, str] = {}
        for position, cell in enumerate(row):
            name = meanings.get(search_form(str(cell)))
            if name and name in positions:
                raise UnreadableError(
                    _("The columns “%(first)s” and “%(second)s” mean the same. Please keep one.")
                    % {"first": headings[name], "second": str(cell).strip()}
                )
            if name:
                positions[name], headings[name] = position, str(cell).strip()
        if positions.keys() & set(KEYS):
            return _Columns(number, positions, headings)
    raise UnreadableError(
        _(
            "The file has no row with the heading “Personalnummer” or “E-Mail”. Please add it "
            "above the entries."
        )
    )


def _read(rows: Sequence[Row], columns: _Columns) -> list[Entry]:
    entries = []
    for number, row in enumerate(rows[columns.heading_row + 1 :], columns.heading_row + 2):
        said = {
            name: _text(row[position]) if position < len(row) else ""
            for name, position in columns.positions.items()
        }
        if any(said.values()):
            entries.append(Entry(number, said))
    if not entries:
        raise UnreadableError(_("The list is empty: below the headings there is no entry."))
    if len(entries) > MAX_ROWS:
        raise UnreadableError(
            _("The list has %(count)d entries, and %(limit)d are possible. Please divide it.")
            % {"count": len(entries), "limit": MAX_ROWS}
        )
    return entries


def _text(cell: Any) -> str:
    """What a cell says; spreadsheet programs turn a number of digits into one with decimals."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


def _match(entries: list[Entry], columns: _Columns, organisation: Organisation) -> None:
    """Say whom each row is about, or why that cannot be said."""
    by_key: dict[str, dict[str, list[Membership]]] = {key: defaultdict(list) for key in KEYS}
    for membership in (
        Membership.objects.active().in_organisations([organisation]).select_related("user")
    ):
        if number := _plain(membership.staff_number):
            by_key["staff_number"][number].append(membership)
        if membership.user.email:
            by_key["email"][membership.user.email.casefold()].append(membership)
    for entry in entries:
        keys: dict[str, Callable[[str], str]] = {"staff_number": _plain, "email": str.casefold}
        found = {
            name: by_key[name][form(entry.said[name])]
            for name, form in keys.items()
            if entry.said.get(name)
        }
        entry.membership, entry.note = _decide(found, columns)


def _plain(number: str) -> str:
    """A staff number without what spreadsheet programs lose: leading zeros."""
    return number.strip().casefold().lstrip("0")


def _decide(found: dict[str, list[Membership]], columns: _Columns) -> tuple[Membership | None, str]:
    """The person of a row, or what is wrong with it, beginning with its column."""
    if not found:
        return None, _("There is neither a staff number nor an e-mail address.")
    for name, people in found.items():
        heading = columns.headings[name]
        if len({person.user_id for person in people}) > 1:
            return None, _("%(column)s: Several people here have it.") % {"column": heading}
    matched = {person.user_id: person for people in found.values() for person in people}
    if len(matched) > 1:
        return None, _("%(columns)s: They belong to different people.") % {
            "columns": ", ".join(columns.headings[name] for name in found)
        }
    # One of both is enough, where the other is not known here.
    for person in matched.values():
        return person, ""
    return None, _("%(columns)s: Nobody who works here today has it.") % {
        "columns": ", ".join(columns.headings[name] for name in found)
    }


def _refuse_twice(entries: list[Entry]) -> None:
    """The first row of a person counts; the others say which one that is."""
    first: dict[int, Entry] = {}
    for entry in entries:
        if entry.membership is None:
            continue
        before = first.setdefault(entry.membership.user_id, entry)
        if before is not entry:
            entry.note = _("This is the same person as in row %(row)d.") % {"row": before.row}
