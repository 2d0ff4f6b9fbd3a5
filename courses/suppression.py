"""How many of a group have completed something, without telling it of anybody. Neither ORM nor
request.

The one place where figures about groups of people are made safe (domain 2.4). See
``docs/decisions/0030-figures-of-groups.md`` for the reasoning; in short:

* people are put together in *counting groups* of the smallest size or more, once and for good. A
  figure is always that of whole groups, so no two figures, of whatever table and day, differ by
  less than a group;
* of a group it is only told in which *band* its number lies. Each band holds at least three
  numbers (with groups of five), also the one that begins with nobody and the one that ends with
  everybody: 0 % and 100 % are never told.

Who counts depends on where people work, never on what they have completed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Person:
    """Somebody who is in no counting group yet; whoever asks chooses the keys."""

    key: int
    department: int | None
    audiences: frozenset[int] = frozenset()
    #: Whether to be counted with others of the authority rather than to wait for colleagues.
    is_waiting_long: bool = False


@dataclass(frozen=True)
class NewGroup:
    """A counting group, with what all of its people have in common."""

    department: int | None
    audiences: frozenset[int]
    people: Sequence[int]


def form_groups(people: Iterable[Person], smallest: int) -> list[NewGroup]:
    """Put people together who have as much as possible in common; nobody is in two groups.

    First those of the same department and the same audiences, then those of the same department,
    then, of those who wait for long, those of the same audiences, then the others. Whoever is left
    waits for the next time; so no group is smaller than ``smallest``.
    """
    groups: list[NewGroup] = []
    left = sorted(people, key=lambda person: person.key)

    def gather(of: list[Person], *, by_department: bool, by_audiences: bool) -> list[Person]:
        alike: dict[tuple[object, object], list[Person]] = defaultdict(list)
        for person in of:
            place = person.department if by_department else None
            alike[place, person.audiences if by_audiences else None].append(person)
        rest: list[Person] = []
        for found in alike.values():
            if len(found) < smallest or (by_department and found[0].department is None):
                rest += found
                continue
            groups.append(
                NewGroup(
                    found[0].department if by_department else None,
                    frozenset.intersection(*(person.audiences for person in found)),
                    [person.key for person in found],
                )
            )
        return rest

    left = gather(left, by_department=True, by_audiences=True)
    left = gather(left, by_department=True, by_audiences=False)
    left = [person for person in left if person.is_waiting_long]
    left = gather(left, by_department=False, by_audiences=True)
    gather(left, by_department=False, by_audiences=False)
    return groups


def still_counts(*, size: int, recorded: int, present: int) -> bool:
    """Whether the figures of a group are still told.

    Whoever has left or works elsewhere is counted on with her group, as she was then; once more
    than half are gone the group says too little about today. A group of which somebody was deleted
    (``recorded`` is below ``size``) would differ from itself by one person.
    """
    return recorded == size and 2 * present >= size


@dataclass(frozen=True)
class Span:
    """A number of people as it may be told: of ``persons`` at least ``least``, at most ``most``."""

    persons: int
    least: int
    most: int

    def __add__(self, other: Span) -> Span:
        return Span(self.persons + other.persons, self.least + other.least, self.most + other.most)

    @property
    def least_percent(self) -> int:
        return 100 * self.least // self.persons

    @property
    def most_percent(self) -> int:
        return -(-100 * self.most // self.persons)


def band(count: int, size: int, smallest: int) -> Span:
    """In which band the number of those who have completed something lies, in a counting group.

    The numbers from nobody to everybody are cut into as many bands of about the same length as
    there can be with three numbers each (with ``smallest`` 5; 4 with 7 and so on).

    Raises ``ValueError`` for a group that is too small, and for a number it cannot have.
    """
    if size < smallest or not 0 <= count <= size:
        raise ValueError(f"{count} of {size} people cannot be told of in groups of {smallest}.")
    bands = (size + 1) // ((smallest + 1) // 2)
    number = count * bands // (size + 1)

    def begins(nth: int) -> int:
        return -(-nth * (size + 1) // bands)

    return Span(size, begins(number), begins(number + 1) - 1)


@dataclass(frozen=True)
class CountedGroup:
    """A counting group and the band of those of it who have completed something."""

    department: int | None
    audiences: frozenset[int]
    span: Span


@dataclass(frozen=True)
class Table:
    """All that is told of the groups of one authority: each figure is a sum over whole groups."""

    total: Span | None = None
    departments: dict[int, Span] = field(default_factory=dict)
    audiences: dict[int, Span] = field(default_factory=dict)


def table(groups: Iterable[CountedGroup]) -> Table:
    """The figures by department, by audience and altogether.

    A department or an audience without a group of its own is not in it: too few people.
    """
    total: Span | None = None
    departments: dict[int, Span] = {}
    audiences: dict[int, Span] = {}
    for group in groups:
        total = total + group.span if total else group.span
        if group.department is not None:
            _add(departments, group.department, group.span)
        for audience in group.audiences:
            _add(audiences, audience, group.span)
    return Table(total, departments, audiences)


def _add(spans: dict[Key, Span], key: Key, span: Span) -> None:
    spans[key] = spans[key] + span if key in spans else span
