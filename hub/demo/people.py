"""The twelve authorities and the people who work there. All people are invented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.files import File

from hub.exports.reports import reports
from hub.organisations.models import (
    Audience,
    Department,
    Employment,
    Membership,
    Organisation,
    User,
)
from hub.organisations.names import user_name

from .content import ContentError, Table
from .identifiers import stable_id

ROLES = ("employee", "hr", "council", "editor", "reviewer", "administrator")
WITHOUT_OFFICE = ("Bauhof", "Baubetriebshof", "Kindertageseinrichtungen")
SPECIALISTS = {
    "it-beschaffung": ("IT", "Digital", "Zentrale", "Finanzen", "Hauptamt", "Innerer Service"),
    "kontrolle": ("Personal", "Büro", "Zentrale", "Hauptamt", "Innerer Service"),
}
#: For how many days the people of these states have worked where they do.
_DAYS_HERE = {"new": 4, "arrived": 9}


@dataclass(frozen=True)
class Account:
    """A documented account: who it is, what it may do, what its state of learning shows."""

    role: str
    username: str
    first_name: str
    last_name: str
    authority: str
    department: str
    audiences: tuple[str, ...]
    has_email: bool = True
    state: str = ""
    note: str = ""
    former_authority: str = ""
    former_last_name: str = ""


@dataclass
class Person:
    """A person with her present membership and, after a transfer, the one before."""

    user: User
    membership: Membership
    audiences: tuple[str, ...]
    account: Account | None = None
    former: Membership | None = None


@dataclass
class Town:
    """An authority and what the content file says about it beside the record."""

    organisation: Organisation
    people: int
    a_due_in_days: int
    b_kind: str
    #: After how many months it asks for course A again, where that is not the general plan.
    a_refresh_months: int | None = None
    departments: list[Department] = field(default_factory=list)
    #: The keys of the evaluations it has switched on.
    evaluations: tuple[str, ...] = ()


def create_authorities(folder: Path) -> dict[str, Town]:
    """Authorities with logo, departments and audiences, by slug. Raises ``ContentError``."""
    table = Table.read(folder / "authorities.toml")
    for order, entry in enumerate(table.tables("audiences"), start=1):
        Audience.objects.create(
            code=entry.text("code"),
            name=entry.text("name"),
            description=entry.text("description"),
            sort_order=order,
        )
        entry.done()
    towns = {}
    for entry in table.tables("authorities"):
        slug = entry.text("slug")
        organisation = Organisation(
            uuid=stable_id("organisation", slug),
            slug=slug,
            address="\n".join(entry.texts("address")),
            **{
                key: entry.text(key)
                for key in (
                    "name",
                    "short_name",
                    "kind",
                    "code",
                    "official_key",
                    "department_label",
                    "hr_label",
                )
            },
        )
        logo = folder / "logos" / f"{slug}.svg"
        try:
            with logo.open("rb") as file:
                organisation.logo = File(file, name=logo.name)
                organisation.full_clean()
                organisation.save()
        except (OSError, ValidationError) as error:
            raise entry.error(str(error)) from error
        evaluations = tuple(entry.texts("evaluations", []))
        if unknown := [key for key in evaluations if key not in reports]:
            raise entry.error(f"no evaluation {unknown[0]}")
        departments = Department.objects.bulk_create(
            Department(organisation=organisation, name=name) for name in entry.texts("departments")
        )
        towns[slug] = Town(
            organisation,
            entry.take("people", int),
            entry.take("a_due_in_days", int),
            entry.text("b_kind"),
            entry.take("a_refresh_months", int, None),
            departments,
            evaluations,
        )
        entry.done()
    return towns


def read_accounts(folder: Path) -> list[Account]:
    """The documented accounts. Raises ``ContentError``."""
    accounts = []
    for entry in Table.read(folder / "accounts.toml").tables("accounts"):
        account = Account(
            role=entry.text("role"),
            username=entry.text("username"),
            first_name=entry.text("first_name"),
            last_name=entry.text("last_name"),
            authority=entry.text("authority"),
            department=entry.text("department"),
            audiences=tuple(entry.texts("audiences", ["beschaeftigte"])),
            has_email=entry.take("email", bool, True),
            state=entry.text("state", default=""),
            note=entry.text("note", default=""),
            former_authority=entry.text("former_authority", default=""),
            former_last_name=entry.text("former_last_name", default=""),
        )
        entry.done()
        if account.role not in ROLES:
            raise entry.error(f"unknown role {account.role}")
        accounts.append(account)
    return accounts


def names(folder: Path, random: Random) -> Iterator[tuple[str, str]]:
    """First and last names without end, none twice; the remarkable ones come early."""
    table = Table.read(folder / "people.toml")
    first_names, last_names = table.texts("first_names"), table.texts("last_names")
    showcase = [(first, last) for first, last in table.take("showcase", list)]
    seen: set[tuple[str, str]] = set()
    while True:
        # Every seventh name is a remarkable one while they last: they spread over the authorities.
        if showcase and len(seen) % 7 == 0:
            name = showcase.pop(0)
        else:
            name = (random.choice(first_names), random.choice(last_names))
        if name not in seen:
            seen.add(name)
            yield name


def create_people(
    towns: dict[str, Town], folder: Path, *, password: str, random: Random, today: date
) -> list[Person]:
    """All accounts with their memberships; everybody has the same password, hashed once."""
    accounts = read_accounts(folder)
    people: list[Person] = []
    hashed = make_password(password)
    supply = names(folder, random)
    taken = {account.username for account in accounts}
    for slug, town in towns.items():
        ours = [account for account in accounts if account.authority == slug]
        people += [_documented(account, town, hashed, today) for account in ours]
        for _number in range(town.people - len(ours)):
            people.append(_anybody(*next(supply), town, hashed, taken, random, today))
    User.objects.bulk_create(person.user for person in people)
    _set_former(people, towns, today)
    Membership.objects.bulk_create(person.former for person in people if person.former)
    Membership.objects.bulk_create(person.membership for person in people)
    audiences = {audience.code: audience for audience in Audience.objects.all()}
    through = Membership.audiences.through
    through.objects.bulk_create(
        through(membership=membership, audience=audiences[code])
        for person in people
        for membership in (person.membership, person.former)
        if membership
        for code in person.audiences
    )
    return people


def _user(username: str, first_name: str, last_name: str, town: Town, hashed: str) -> User:
    return User(
        uuid=stable_id("user", username),
        username=username,
        first_name=first_name,
        last_name=last_name,
        email=f"{username}@{town.organisation.slug}.example",
        password=hashed,
    )


def _documented(account: Account, town: Town, hashed: str, today: date) -> Person:
    user = _user(
        account.username,
        account.first_name,
        account.former_last_name or account.last_name,
        town,
        hashed,
    )
    if not account.has_email:
        user.email = ""
    user.is_superuser = user.is_staff = account.role == "administrator"
    departments = {department.name: department for department in town.departments}
    if account.department not in departments:
        raise ContentError(
            f"accounts.toml: {account.username}: {town.organisation} has no department"
            f" {account.department}"
        )
    starts_on = today - timedelta(days=_DAYS_HERE.get(account.state, 900))
    # Nobody begins on a weekend: what she does on the first day would lie before it.
    starts_on -= timedelta(days=max(0, starts_on.weekday() - 4))
    membership = Membership(
        user=user,
        organisation=town.organisation,
        department=departments[account.department],
        employment=Employment.EMPLOYEE,
        starts_on=starts_on,
        ends_on=today - timedelta(days=10) if account.state == "left" else None,
    )
    return Person(user, membership, account.audiences, account)


def _set_former(people: list[Person], towns: dict[str, Town], today: date) -> None:
    for person in people:
        if person.account and person.account.former_authority:
            town = towns[person.account.former_authority]
            moved_on = today - timedelta(days=60)
            person.former = Membership(
                user=person.user,
                organisation=town.organisation,
                department=town.departments[0],
                starts_on=today - timedelta(days=900),
                ends_on=moved_on - timedelta(days=1),
            )
            person.membership.starts_on = moved_on


def _anybody(
    first_name: str,
    last_name: str,
    town: Town,
    hashed: str,
    taken: set[str],
    random: Random,
    today: date,
) -> Person:
    username = base = user_name(first_name, last_name)
    number = 2
    while username in taken:
        username = f"{base}{number}"
        number += 1
    taken.add(username)
    department = random.choice(town.departments)
    user = _user(username, first_name, last_name, town, hashed)
    has_office = department.name not in WITHOUT_OFFICE
    if random.random() < (0.04 if has_office else 0.75):
        user.email = ""
    employment = random.choices(list(Employment), weights=(66, 20 if has_office else 0, 7, 7), k=1)[
        0
    ]
    audiences = _audiences(department.name, employment, random) if has_office else ["beschaeftigte"]
    if employment == Employment.EXTERNAL:
        audiences = ["externe"]
    membership = Membership(
        user=user,
        organisation=town.organisation,
        department=department,
        employment=employment,
        starts_on=_start(employment, random, today),
    )
    return Person(user, membership, tuple(audiences))


def _start(employment: str, random: Random, today: date) -> date:
    """Most have been there for years, some have just come; trainees begin in late summer."""
    if employment == Employment.TRAINEE:
        return date(today.year - 1 - random.randrange(2), 8, 1)
    days = random.choice((random.randrange(3, 90), *(random.randrange(90, 6000) for _ in range(7))))
    return today - timedelta(days=days)


def _audiences(department: str, employment: str, random: Random) -> list[str]:
    audiences = ["beschaeftigte"]
    if random.random() < 0.45:
        audiences.append("nutzende")
    if employment != Employment.TRAINEE and random.random() < 0.1:
        audiences.append("fuehrungskraefte")
    for code, words in SPECIALISTS.items():
        if any(word in department for word in words) and random.random() < 0.4:
            audiences.append(code)
    if employment == Employment.CIVIL_SERVANT and random.random() < 0.06:
        audiences.append("aufsicht")
    return audiences
