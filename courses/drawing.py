"""Who gets which question by chance: values in, values out. Knows no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID


@dataclass(frozen=True)
class RandomDraw:
    """So many questions by chance that have all of these keywords, named by their slugs."""

    tags: frozenset[str]
    count: int


def unseen_first(
    keys: Iterable[UUID], times_seen: Mapping[UUID, int], random: Random
) -> list[UUID]:
    """``keys`` in a random order, but what a person has seen less often before the rest."""
    # Sorted first, so that a given random draws the same whatever the database's order.
    shuffled = sorted(keys)
    random.shuffle(shuffled)
    return sorted(shuffled, key=lambda key: times_seen.get(key, 0))


def deal(pools: Sequence[Sequence[UUID]], counts: Sequence[int]) -> list[list[UUID]]:
    """For each pool as many of its questions as counted, none of them twice.

    A pool is in order of preference. Where pools overlap, a question is passed on to the pool that
    has no other, so that as many are dealt as there can be at all.
    """
    taken_by: dict[UUID, int] = {}
    places = sorted(
        (place for place, count in enumerate(counts) for _again in range(count)),
        key=lambda place: len(pools[place]),
    )
    for place in places:
        _take_one(place, pools, taken_by, visited=set())
    dealt: list[list[UUID]] = [[] for _pool in pools]
    for key, place in taken_by.items():
        dealt[place].append(key)
    return dealt


def _take_one(
    place: int, pools: Sequence[Sequence[UUID]], taken_by: dict[UUID, int], visited: set[int]
) -> bool:
    """Give a pool one more question, if need be one that another pool can replace."""
    visited.add(place)
    free = next((key for key in pools[place] if key not in taken_by), None)
    if free is not None:
        taken_by[free] = place
        return True
    for key in pools[place]:
        other = taken_by[key]
        if other not in visited and _take_one(other, pools, taken_by, visited):
            taken_by[key] = place
            return True
    return False


def extremes(
    fixed: Collection[int], drawn: Sequence[tuple[Sequence[int], int]], limit: int | None
) -> tuple[int, int]:
    """The least and the greatest sum of points that an attempt may have.

    ``fixed`` are the points of what is always there, ``drawn`` the points of each pool with the
    number drawn from it, ``limit`` how many of all these are asked by chance (all if ``None``).
    """
    lowest = sorted([*fixed, *(p for pool, count in drawn for p in sorted(pool)[:count])])
    highest = sorted(
        [*fixed, *(p for pool, count in drawn for p in sorted(pool, reverse=True)[:count])],
        reverse=True,
    )
    return sum(lowest[:limit]), sum(highest[:limit])
