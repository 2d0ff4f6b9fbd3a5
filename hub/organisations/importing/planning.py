"""What follows from a list of employees and the people there are; nothing is read or written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import chain, count
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hub.organisations.models import Employment
from hub.organisations.models.imports import Outcome
from hub.organisations.names import name_key, search_form, user_name

from .columns import Columns
from .employees import OPEN_END, Employee, Note
from .matching import Refusal, match_people
from .people import Person, Staff

USER_FIELDS = ("last_name", "first_name", "email", "username")
MEMBERSHIP_FIELDS = (
    "staff_number",
    "department",
    "audiences",
    "employment",
    "starts_on",
    "ends_on",
)
#: Leaves room for a number.
MAX_USERNAME_LENGTH = 140


class Change(NamedTuple):
    """What a field holds, ``None`` where there was nothing before, and what it will hold."""

    old: Any
    new: Any


@dataclass(slots=True)
class Step:
    """What becomes of one row.

    ``NEW`` with a person is somebody who comes back: the account is there, the membership is new.
    """

    employee: Employee
    outcome: Outcome
    person: Person | None = None
    changes: dict[str, Change] = field(default_factory=dict)
    notes: Sequence[Note] = ()

    @property
    def name(self) -> str:
        """Who it is about, as the list has it."""
        names = (self.employee.last_name, self.employee.first_name)
        return ", ".join(name for name in names if name)


@dataclass
class Plan:
    """What an import does, row by row in the order of the file."""

    steps: list[Step]
    new_departments: list[str]
    ignored_columns: list[str]
    #: Below which row the people stand, counted from 0.
    heading_row: int
    #: Who works for the authority and is in no row, by name; nothing happens to them.
    missing: list[Person] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows come to which outcome, and how many people are in none."""
        counted = Counter(step.outcome for step in self.steps)
        counted[Outcome.MISSING] = len(self.missing)
        return {outcome.value: counted[outcome] for outcome in Outcome}

    @property
    def fingerprint(self) -> str:
        """A checksum of what is done: the same for plans that do the same to the same people.

        And that read them below the same row: who confirms has seen which one it was.
        """
        done = [
            (step.employee.row, step.outcome, step.person and step.person.user_id, step.changes)
            for step in self.steps
        ]
        text = json.dumps([self.heading_row, done, self.new_departments], default=plain_value)
        return sha256(text.encode()).hexdigest()

    def with_outcome(self, *outcomes: Outcome) -> list[Step]:
        return [step for step in self.steps if step.outcome in outcomes]


def make_plan(employees: list[Employee], columns: Columns, staff: Staff, *, today: date) -> Plan:
    """What an import does with each employee."""
    people = match_people(employees, columns, staff, today=today)
    planner = _Planner(employees, columns, staff, today)
    steps = [planner.step(employee, people.get(employee.row)) for employee in employees]
    departments = {step.changes["department"].new for step in steps if "department" in step.changes}
    return Plan(
        steps,
        sorted(departments - {""} - set(staff.departments)),
        columns.ignored,
        columns.heading_row,
        _missing(employees, people, staff, today),
    )


def _missing(
    employees: list[Employee], people: dict[int, Person], staff: Staff, today: date
) -> list[Person]:
    """Who works for the authority and is in no row, not even in one that cannot be taken."""
    found = {person.user_id for person in people.values()}
    numbers = {employee.staff_number for employee in employees if employee.staff_number}
    emails = {employee.email.casefold() for employee in employees if employee.email}
    missing = [
        person
        for person in staff.by_user.values()
        if person.ends_on >= today
        and not person.is_elsewhere
        and person.user_id not in found
        and person.staff_number not in numbers
        and person.email.casefold() not in emails
    ]
    return sorted(missing, key=lambda person: name_key(person.last_name, person.first_name))


def plain_value(value: Any) -> Any:
    """Audiences and dates of a change for JSON; no end is nothing."""
    if isinstance(value, frozenset):
        return sorted(value)
    return None if value == OPEN_END else value.isoformat()


def in_words(value: Any) -> str:
    """A value of a change as people read it."""
    if value in (None, "", frozenset(), OPEN_END):
        return "–"
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return str(dict(Employment.choices).get(value, value))


class _Planner:
    """Decides about one employee after the other."""

    def __init__(
        self, employees: Iterable[Employee], columns: Columns, staff: Staff, today: date
    ) -> None:
        self.columns = columns
        self.today = today
        self.taken = staff.usernames
        chosen = {employee.username.casefold() for employee in employees if employee.username}
        self.reserved = self.taken | chosen
        self.staff = staff
        self.departments = {_form(name): name for name in staff.departments}
        self.departments |= {name: name for name in staff.departments}

    def step(self, employee: Employee, person: Person | None) -> Step:
        try:
            if employee.notes:
                return Step(employee, Outcome.REFUSED, notes=employee.notes)
            return self._decide(employee, person)
        except Refusal as refusal:
            return Step(employee, Outcome.REFUSED, notes=[refusal.note(self.columns)])

    def _decide(self, employee: Employee, person: Person | None) -> Step:
        said = self._said(employee)
        if person is None:
            return self._join(employee, said)
        changes = _differences(person, said)
        start = said.get("starts_on", self.today)
        comes_back = person.ends_on < start <= said.get("ends_on", OPEN_END)
        if person.is_elsewhere:
            # What the other authority knows of the person is neither changed nor told.
            if comes_back or changes.keys() & set(MEMBERSHIP_FIELDS):
                raise Refusal(
                    "",
                    _("No list can change this person. Please ask who administers the hub."),
                )
            return Step(employee, Outcome.UNCHANGED, person)
        self._check_username(said, person)
        _check_rights(person, changes)
        if comes_back:
            changes = {name: changes[name] for name in USER_FIELDS if name in changes}
            return Step(employee, Outcome.NEW, person, changes | self._membership(said))
        _check_dates(said.get("starts_on", person.starts_on), said.get("ends_on", person.ends_on))
        self._check_number(person, said)
        return Step(employee, _outcome(changes), person, changes)

    def _check_number(self, person: Person, said: dict[str, Any]) -> None:
        """Refuse to open a membership again whose number belongs to somebody else by now."""
        number = said.get("staff_number", person.staff_number)
        holder = self.staff.by_number.get(number)
        is_open = said.get("ends_on", person.ends_on) == OPEN_END
        if is_open and holder and holder.ends_on == OPEN_END and holder.user_id != person.user_id:
            raise Refusal("staff_number", _("This staff number belongs to somebody else here."))

    def _said(self, employee: Employee) -> dict[str, Any]:
        """What a row says, with the department as it is written already."""
        said = {
            name: value
            for name in (*USER_FIELDS, *MEMBERSHIP_FIELDS)
            if (value := getattr(employee, name)) is not None
        }
        if name := said.get("department"):
            known = self.departments.get(name) or self.departments.setdefault(_form(name), name)
            said["department"] = known
        return said

    def _join(self, employee: Employee, said: dict[str, Any]) -> Step:
        """Somebody who never worked for the authority."""
        if said.get("ends_on", OPEN_END) < self.today:
            note = Note(
                self.columns.heading("ends_on"), _("Left already and has no account; none is made.")
            )
            return Step(employee, Outcome.UNCHANGED, notes=[note])
        self._check_username(said, None)
        membership = self._membership(said)
        user = {"first_name": "", "email": ""} | said
        user["username"] = said.get("username") or self._free_username(employee)
        changes = {name: Change(None, user[name]) for name in USER_FIELDS}
        return Step(employee, Outcome.NEW, changes=changes | membership)

    def _membership(self, said: dict[str, Any]) -> dict[str, Change]:
        """A new membership; what a row does not say is as in a form left empty."""
        values: dict[str, Any] = {
            "staff_number": "",
            "department": "",
            "audiences": frozenset(),
            "employment": Employment.EMPLOYEE.value,
            "starts_on": self.today,
            "ends_on": OPEN_END,
        } | said
        _check_dates(values["starts_on"], values["ends_on"])
        return {name: Change(None, values[name]) for name in MEMBERSHIP_FIELDS}

    def _check_username(self, said: dict[str, Any], person: Person | None) -> None:
        chosen = said.get("username", "").casefold()
        own = person.username.casefold() if person else ""
        if chosen != own and chosen in self.taken:
            raise Refusal(
                "username",
                _("This user name is not available. Please choose another or leave it empty."),
            )

    def _free_username(self, employee: Employee) -> str:
        readable = user_name(employee.first_name or "", employee.last_name or "")
        base = readable[:MAX_USERNAME_LENGTH] or "person"
        candidates = chain((base,), (f"{base}{number}" for number in count(2)))
        username = next(name for name in candidates if name.casefold() not in self.reserved)
        self.reserved.add(username.casefold())
        return username


def _form(department: str) -> str:
    """What tells departments apart: not capitals, spaces or hyphens."""
    return search_form(department) or department


def _differences(person: Person, said: dict[str, Any]) -> dict[str, Change]:
    return {
        name: Change(old, new)
        for name, new in said.items()
        if new != (old := getattr(person, name))
    }


def _check_rights(person: Person, changes: dict[str, Change]) -> None:
    """Keep a list from taking over an account by which more is done than learning."""
    for name in ("email", "username"):
        if person.is_privileged and name in changes:
            raise Refusal(
                name,
                _(
                    "The account has more rights than to learn, so no list can change how to "
                    "sign in with it. Please ask who administers the hub."
                ),
            )


def _check_dates(starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise Refusal("ends_on", _("The end lies before the start."))


def _outcome(changes: dict[str, Change]) -> Outcome:
    if not changes:
        return Outcome.UNCHANGED
    leaves = "ends_on" in changes and changes["ends_on"].old == OPEN_END
    return Outcome.LEAVES if leaves else Outcome.CHANGED
