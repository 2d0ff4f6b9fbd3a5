"""Carries a plan out: the only part of the import that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from wagtail.log_actions import log

from hub.organisations.models import Audience, Department, Membership, Organisation, User
from hub.organisations.names import name_key
from hub.organisations.signals import memberships_changed
from hub.tables import Row, read_rows

from .columns import ColumnChoice, Columns, chosen_columns, find_columns
from .employees import OPEN_END, Employee, read_employees
from .people import read_audiences, read_staff
from .planning import MEMBERSHIP_FIELDS, USER_FIELDS, Outcome, Plan, Step, make_plan

#: Fields of a membership that are columns of its table by the same name.
PLAIN_FIELDS = ("staff_number", "employment", "starts_on", "ends_on")
BATCH = 500
#: Hears how many people are done.
Tell = Callable[[int], None]


def _in_silence(done: int) -> None:
    """For who does not want to hear it."""


class PlanChanged(Exception):
    """Somebody changed the people since the plan that was confirmed; ``plan`` is the one of now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def plan_import(
    *,
    organisation: Organisation,
    content: bytes,
    mapping: Mapping[str, str] | None = None,
    heading_row: int | None = None,
) -> Plan:
    """What importing a file would do; nothing is written. Raises ``UnreadableError``.

    ``mapping`` says for a field which heading is meant, where the usual ones do not fit, and
    ``heading_row``, counted from 1, in which row the headings are, where they are not recognised.
    """
    rows = read_rows(content)
    understood = _understand(organisation, rows, mapping=mapping, heading_row=heading_row)
    return _plan(organisation, *understood)


def plan_rows(
    *, organisation: Organisation, rows: Sequence[Row], choice: ColumnChoice | None
) -> Plan:
    """The same for rows that were read before, with columns that somebody has chosen."""
    return _plan(organisation, *_understand(organisation, rows, choice=choice))


def import_employees(
    *,
    organisation: Organisation,
    content: bytes,
    mapping: Mapping[str, str] | None = None,
    heading_row: int | None = None,
    actor: User | None = None,
) -> Plan:
    """Take the employees of a file over, and return what was done.

    All in one transaction and with one log entry; rows that cannot be taken are left out. The same
    file a second time changes nothing. Who is missing from the file stays as he or she was. Sends
    ``memberships_changed`` after commit. Raises ``UnreadableError``.
    """
    rows = read_rows(content)
    understood = _understand(organisation, rows, mapping=mapping, heading_row=heading_row)
    return _import(organisation, *understood, actor=actor)


def import_rows(
    *,
    organisation: Organisation,
    rows: Sequence[Row],
    choice: ColumnChoice | None,
    actor: User | None,
    fingerprint: str,
    about: Mapping[str, str],
    tell: Tell,
) -> Plan:
    """The same for rows that were read and planned before.

    ``fingerprint`` is that of the plan which was confirmed: where another would be carried out,
    nothing is written. ``about`` goes into the log, and ``tell`` hears how many people are done.
    Raises ``PlanChanged``.
    """
    understood = _understand(organisation, rows, choice=choice)
    return _import(
        organisation, *understood, actor=actor, fingerprint=fingerprint, about=about, tell=tell
    )


def _import(
    organisation: Organisation,
    employees: list[Employee],
    columns: Columns,
    *,
    actor: User | None,
    fingerprint: str | None = None,
    about: Mapping[str, str] | None = None,
    tell: Tell = _in_silence,
) -> Plan:
    with transaction.atomic():
        # Imports wait for each other, also those for other authorities: user names are everybody's.
        list(Organisation.objects.select_for_update(no_key=True).order_by("pk"))
        plan = _plan(organisation, employees, columns)
        if fingerprint is not None and plan.fingerprint != fingerprint:
            raise PlanChanged(plan)
        memberships = _write(plan, organisation, tell)
        log(
            organisation,
            "organisations.import",
            user=actor,
            data={**plan.counts, **(about or {})},
        )
        if memberships:
            transaction.on_commit(
                partial(
                    memberships_changed.send,
                    sender=Membership,
                    membership_ids=[membership.pk for membership in memberships],
                )
            )
    return plan


def _understand(
    organisation: Organisation,
    rows: Sequence[Row],
    *,
    mapping: Mapping[str, str] | None = None,
    heading_row: int | None = None,
    choice: ColumnChoice | None = None,
) -> tuple[list[Employee], Columns]:
    """What the rows say, and in which columns."""
    if choice is not None:
        columns = chosen_columns(rows, choice)
    else:
        label = organisation.department_label
        columns = find_columns(
            rows, mapping=mapping, department_label=label, heading_row=heading_row
        )
    return read_employees(rows, columns, audiences=read_audiences()), columns


def _plan(organisation: Organisation, employees: list[Employee], columns: Columns) -> Plan:
    return make_plan(employees, columns, read_staff(organisation), today=timezone.localdate())


def _write(plan: Plan, organisation: Organisation, tell: Tell) -> list[Membership]:
    """Carry the steps out; returns the memberships that were made or changed."""
    departments = _departments(plan, organisation)
    joining = plan.with_outcome(Outcome.NEW)
    staying = plan.with_outcome(Outcome.CHANGED, Outcome.LEAVES)
    memberships: list[Membership] = []
    _update_users([step for step in (*joining, *staying) if step.person])
    # Who leaves comes before who joins: a staff number may pass from one to the other.
    for write, steps in ((_update_memberships, staying), (_create_memberships, joining)):
        for start in range(0, len(steps), BATCH):
            memberships += write(steps[start : start + BATCH], organisation, departments)
            tell(len(memberships))
    _take_names(step for step in (*joining, *staying) if step.person)
    _set_audiences(zip(staying + joining, memberships, strict=True))
    return memberships


def _take_names(steps: Iterable[Step]) -> None:
    """Tell employments of a new name, wherever somebody works; also one that goes on after all."""
    users = [
        step.person.user_id
        for step in steps
        if step.person and step.changes.keys() & {"last_name", "first_name", "ends_on"}
    ]
    for start in range(0, len(users), BATCH):
        Membership.objects.filter(user__in=users[start : start + BATCH]).take_names()


def _departments(plan: Plan, organisation: Organisation) -> dict[str, int]:
    """The departments of the authority by name, after those of the plan were made."""
    Department.objects.bulk_create(
        Department(organisation=organisation, name=name) for name in plan.new_departments
    )
    return dict(organisation.departments.values_list("name", "pk"))


def _create_users(steps: list[Step]) -> dict[int, User]:
    """Make accounts nobody can sign in with yet, by row."""
    password = make_password(None)
    users = User.objects.bulk_create(
        (User(password=password, **_after(step, USER_FIELDS)) for step in steps), batch_size=BATCH
    )
    return {step.employee.row: user for step, user in zip(steps, users, strict=True)}


def _update_users(steps: list[Step]) -> None:
    """Write what changed of names and addresses."""
    changed = _changed_fields(steps, USER_FIELDS)
    if not changed:
        return
    users = []
    for step in steps:
        if step.person and step.changes.keys() & changed:
            user = User(pk=step.person.user_id, **_after(step, USER_FIELDS))
            user.name_key = name_key(user.last_name, user.first_name)
            users.append(user)
    if changed & {"last_name", "first_name"}:
        changed.add("name_key")
    User.objects.bulk_update(users, sorted(changed), batch_size=BATCH)


def _create_memberships(
    steps: list[Step], organisation: Organisation, departments: dict[str, int]
) -> list[Membership]:
    """Make what is new, with accounts for those who have none; a membership for each step."""
    users = _create_users([step for step in steps if not step.person])
    return Membership.objects.bulk_create(
        (
            Membership(
                user=(
                    User(pk=step.person.user_id, **_after(step, USER_FIELDS))
                    if step.person
                    else users[step.employee.row]
                ),
                organisation=organisation,
                **_membership_columns(_after(step, MEMBERSHIP_FIELDS), departments),
            )
            for step in steps
        ),
        batch_size=BATCH,
    )


def _update_memberships(
    steps: list[Step], organisation: Organisation, departments: dict[str, int]
) -> list[Membership]:
    """Write what changed; returns a membership for each step."""
    memberships = [
        Membership(
            pk=step.person.membership_id,
            **_membership_columns(_after(step, MEMBERSHIP_FIELDS), departments),
        )
        for step in steps
        if step.person
    ]
    if changed := _changed_fields(steps, (*PLAIN_FIELDS, "department")):
        rows = [
            membership
            for step, membership in zip(steps, memberships, strict=True)
            if step.changes.keys() & changed
        ]
        Membership.objects.bulk_update(rows, sorted(changed), batch_size=BATCH)
    return memberships


def _changed_fields(steps: list[Step], names: Iterable[str]) -> set[str]:
    """Those of some fields that any of the steps changes."""
    return {name for step in steps for name in step.changes} & set(names)


def _after(step: Step, names: Iterable[str]) -> dict[str, Any]:
    """What the fields hold after a step."""
    return {
        name: step.changes[name].new if name in step.changes else getattr(step.person, name)
        for name in names
    }


def _membership_columns(values: dict[str, Any], departments: dict[str, int]) -> dict[str, Any]:
    columns = {name: values[name] for name in PLAIN_FIELDS}
    if columns["ends_on"] == OPEN_END:
        columns["ends_on"] = None
    return columns | {"department_id": departments.get(values["department"])}


def _set_audiences(steps: Iterable[tuple[Step, Membership]]) -> None:
    """Put the memberships into the audiences of the plan, where they change."""
    wanted = {
        membership.pk: step.changes["audiences"].new
        for step, membership in steps
        if "audiences" in step.changes
    }
    if not wanted:
        return
    through = Membership.audiences.through
    audiences = dict(Audience.objects.values_list("name", "pk"))
    through.objects.filter(membership__in=wanted).delete()
    through.objects.bulk_create(
        (
            through(membership_id=membership_id, audience_id=audiences[name])
            for membership_id, names in wanted.items()
            for name in sorted(names)
        ),
        batch_size=BATCH,
    )
