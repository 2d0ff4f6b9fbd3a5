"""What the hub knows of an authority and its people, read at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, F, OuterRef, Q

from hub.organisations.models import Audience, Membership, Organisation, User
from hub.organisations.told import told_to

from .employees import OPEN_END


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with the latest membership in the authority; fields as in ``Employee``."""

    user_id: int
    membership_id: int
    staff_number: str
    last_name: str
    first_name: str
    email: str
    username: str
    department: str
    audiences: frozenset[str]
    employment: str
    starts_on: date
    ends_on: date
    #: Belongs to another authority by now: name, e-mail and user name are no longer ours.
    is_elsewhere: bool
    #: May do more than learn.
    is_privileged: bool


@dataclass
class Staff:
    """The people of an authority and how they are recognised."""

    by_user: dict[int, Person] = field(default_factory=dict)
    #: The person who had a number last.
    by_number: dict[str, Person] = field(default_factory=dict)
    #: Without those who belong to another authority by now.
    by_email: dict[str, list[Person]] = field(default_factory=lambda: defaultdict(list))
    departments: list[str] = field(default_factory=list)
    #: Of everybody in the hub, in small letters.
    usernames: set[str] = field(default_factory=set)


def read_audiences() -> list[tuple[str, str]]:
    """Codes and names of the audiences there are."""
    return list(Audience.objects.values_list("code", "name"))


def read_staff(organisation: Organisation) -> Staff:
    """Everybody who works or worked for an authority; five queries, however many they are."""
    staff = Staff(
        departments=list(organisation.departments.values_list("name", flat=True)),
        usernames={name.casefold() for name in User.objects.values_list("username", flat=True)},
    )
    numbers: dict[str, int] = {}
    for person in sorted(_people(organisation), key=_when):
        staff.by_user[person.user_id] = person
        if person.staff_number:
            numbers[person.staff_number] = person.user_id
    staff.by_number = {number: staff.by_user[user_id] for number, user_id in numbers.items()}
    for person in staff.by_user.values():
        if person.email and not person.is_elsewhere:
            staff.by_email[person.email.casefold()].append(person)
    return staff


def _when(person: Person) -> tuple[date, date, int]:
    return person.ends_on, person.starts_on, person.membership_id


def _people(organisation: Organisation) -> Iterable[Person]:
    """A person for each membership."""
    memberships = Membership.objects.filter(told_to([organisation])).order_by()
    audiences = defaultdict(set)
    for membership_id, name in Membership.audiences.through.objects.filter(
        membership__organisation=organisation
    ).values_list("membership_id", "audience__name"):
        audiences[membership_id].add(name)
    in_a_group = Exists(User.groups.through.objects.filter(user=OuterRef("user")))
    rows = memberships.annotate(
        is_privileged=Q(in_a_group) | Q(user__is_staff=True) | Q(user__is_superuser=True),
        department_name=F("department__name"),
    ).values_list(
        "user_id",
        "pk",
        "staff_number",
        "last_name",
        "first_name",
        "user__last_name",
        "user__first_name",
        "user__email",
        "user__username",
        "department_name",
        "employment",
        "starts_on",
        "ends_on",
        "is_privileged",
    )
    elsewhere = _ends_elsewhere(organisation)
    for (
        user_id,
        pk,
        number,
        last,
        first,
        last_today,
        first_today,
        email,
        username,
        *membership,
        is_privileged,
    ) in rows:
        department, employment, starts_on, ends_on = membership
        is_elsewhere = elsewhere.get(user_id, date.min) > (ends_on or OPEN_END)
        yield Person(
            user_id=user_id,
            membership_id=pk,
            staff_number=number,
            # Only where it is nobody else's the name of the account, which a list may change.
            last_name=last if is_elsewhere else last_today,
            first_name=first if is_elsewhere else first_today,
            email=email,
            username=username,
            department=department or "",
            audiences=frozenset(audiences[pk]),
            employment=employment,
            starts_on=starts_on,
            ends_on=ends_on or OPEN_END,
            is_elsewhere=is_elsewhere,
            is_privileged=is_privileged,
        )


def _ends_elsewhere(organisation: Organisation) -> dict[int, date]:
    """When the people of an authority leave or left the others they work or worked for."""
    ends: dict[int, date] = {}
    ours = organisation.memberships.order_by().values("user")
    for user_id, ends_on in (
        Membership.objects.exclude(organisation=organisation)
        .filter(user__in=ours)
        .order_by()
        .values_list("user_id", "ends_on")
    ):
        ends[user_id] = max(ends.get(user_id, date.min), ends_on or OPEN_END)
    return ends
