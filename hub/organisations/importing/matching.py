"""Who of an authority's people a row is about: by staff number, then by e-mail, never by a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date

from django.utils.translation import gettext as _

from hub.organisations.names import search_form

from .columns import Columns
from .employees import Employee, Note
from .people import Person, Staff

#: What must stand in one row only.
UNIQUE: dict[str, Callable[[Employee], str]] = {
    "staff_number": lambda employee: employee.staff_number or "",
    "email": lambda employee: (employee.email or "").casefold(),
    "username": lambda employee: (employee.username or "").casefold(),
}


class Refusal(Exception):
    """Why a row cannot be taken; ``name`` is the field, empty where it is about the whole row."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name
        self.text = text

    def note(self, columns: Columns) -> Note:
        return Note(columns.heading(self.name) if self.name else "", self.text)


def match_people(
    employees: list[Employee], columns: Columns, staff: Staff, *, today: date
) -> dict[int, Person]:
    """The people that the rows are about, by row; who is in none is new.

    Rows that contradict each other or what is known get a note. Nobody of another authority is
    looked at, so no message can tell of them.
    """
    for name, key in UNIQUE.items():
        for employee, others in _together(employees, key):
            text = _("The same stands in row %(rows)s. Please enter what belongs to one person.")
            employee.notes.append(Note(columns.heading(name), text % {"rows": others}))
    people: dict[int, Person] = {}
    for employee in employees:
        try:
            person = _match(employee, staff, today)
        except Refusal as refusal:
            employee.notes.append(refusal.note(columns))
        else:
            if person:
                people[employee.row] = person
    for employee, others in _together(
        [employee for employee in employees if employee.row in people],
        lambda employee: people[employee.row].user_id,
    ):
        text = _("This is the same person as in row %(rows)s.")
        employee.notes.append(Note("", text % {"rows": others}))
    return people


def _together(
    employees: Iterable[Employee], key: Callable[[Employee], str | int]
) -> Iterable[tuple[Employee, str]]:
    """Employees that share their key with other rows, and which these are."""
    sharing = defaultdict(list)
    for employee in employees:
        if key(employee):
            sharing[key(employee)].append(employee)
    for group in sharing.values():
        for employee in group if len(group) > 1 else ():
            rows = (str(other.row) for other in group if other is not employee)
            yield employee, ", ".join(rows)


def _match(employee: Employee, staff: Staff, today: date) -> Person | None:
    same_email = [
        person
        for person in staff.by_email.get((employee.email or "").casefold(), ())
        if not _is_given_out_anew(person, employee, today)
    ]
    person = staff.by_number.get(employee.staff_number or "")
    if person and not _is_given_out_anew(person, employee, today):
        others = [other for other in same_email if other.ends_on >= today and other is not person]
        if others and person not in same_email:
            raise Refusal("email", _("This e-mail address belongs to somebody else here."))
        return person
    if len(same_email) > 1:
        raise Refusal(
            "email",
            _("Several people here have this e-mail address. Please enter the staff number."),
        )
    for person in same_email:
        has_other_number = employee.staff_number and person.staff_number
        if has_other_number and not _share_a_name(person, employee):
            raise Refusal(
                "email",
                _("This e-mail address belongs to the staff number %(number)s here.")
                % {"number": person.staff_number},
            )
        return person
    return None


def _is_given_out_anew(person: Person, employee: Employee, today: date) -> bool:
    """Whether number or address of somebody who left have gone over to somebody else.

    Raises ``Refusal`` where one name only and either number or address is the same: after a
    marriage it may be the same person, else a stranger would get her record.
    """
    if person.ends_on >= today or person.is_elsewhere:
        return False
    same = _same_names(person, employee)
    has_same_keys = (person.staff_number, person.email.casefold()) == (
        employee.staff_number,
        (employee.email or "").casefold(),
    )
    if any(same) and not all(same) and not has_same_keys:
        raise Refusal(
            "last_name",
            _(
                "Somebody with a similar name had this number or address and has left. Please ask "
                "who administers the hub whether it is the same person."
            ),
        )
    return not any(same)


def _share_a_name(person: Person, employee: Employee) -> bool:
    return any(_same_names(person, employee))


def _same_names(person: Person, employee: Employee) -> list[bool]:
    return [
        bool(name) and search_form(name) == search_form(other or "")
        for name, other in (
            (person.last_name, employee.last_name),
            (person.first_name, employee.first_name),
        )
    ]
