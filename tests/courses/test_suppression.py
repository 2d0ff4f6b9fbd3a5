"""Figures of groups: true ones, and nothing that tells what fewer than five people did.

The attack knows how the figures are made, who is in which group, and every table of every week.
It goes through all that may have happened, keeps what would have led to the same tables, and asks
of every set of one to four people whether only one number of completions is left.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.suppression import (
    CountedGroup,
    NewGroup,
    Person,
    Span,
    band,
    form_groups,
    still_counts,
    table,
)

SMALLEST = 5
Counts = tuple[int, ...]


# Groups and bands


def people(count, *, department: int | None = 1, audiences=(), begin=0, waiting=False):
    return [
        Person(key, department, frozenset(audiences), waiting)
        for key in range(begin, begin + count)
    ]


def test_who_has_most_in_common_is_counted_together():
    found = form_groups(
        [
            *people(6, department=1, audiences=[1]),
            *people(3, department=1, audiences=[1, 2], begin=10),
            *people(2, department=1, audiences=[1, 3], begin=20),
        ],
        SMALLEST,
    )
    assert found == [
        NewGroup(1, frozenset([1]), [0, 1, 2, 3, 4, 5]),
        NewGroup(1, frozenset([1]), [10, 11, 12, 20, 21]),
    ]


def test_too_few_wait_for_colleagues_and_after_long_are_counted_with_others():
    few = [*people(4, audiences=[1]), *people(2, department=2, audiences=[1, 2], begin=10)]
    assert form_groups(few, SMALLEST) == []
    few = [*people(4, audiences=[1], waiting=True)]
    few += people(2, department=2, audiences=[1, 2], begin=10, waiting=True)
    assert form_groups(few, SMALLEST) == [NewGroup(None, frozenset([1]), [0, 1, 2, 3, 10, 11])]


def test_people_without_a_department_are_no_department():
    assert form_groups(people(9, department=None), SMALLEST) == []
    (group,) = form_groups(people(9, department=None, waiting=True), SMALLEST)
    assert group.department is None


somebody = st.builds(
    Person,
    key=st.integers(0, 10**6),
    department=st.none() | st.integers(1, 3),
    audiences=st.frozensets(st.integers(1, 3), max_size=2),
    is_waiting_long=st.booleans(),
)


@given(
    st.lists(somebody, max_size=60, unique_by=lambda person: person.key), st.sampled_from([5, 7])
)
def test_groups_are_large_enough_true_and_disjoint(everybody, smallest):
    by_key = {person.key: person for person in everybody}
    seen = set()
    for group in form_groups(everybody, smallest):
        assert len(group.people) >= smallest
        assert not seen & set(group.people)
        seen |= set(group.people)
        for key in group.people:
            assert group.department in (None, by_key[key].department)
            assert group.audiences <= by_key[key].audiences
    waiting = [person for key, person in by_key.items() if key not in seen]
    assert sum(person.is_waiting_long for person in waiting) < smallest
    assert all(
        sum(person.department == department for person in waiting) < smallest
        for department in (1, 2, 3)
    )


@given(st.sampled_from([5, 7, 9]), st.integers(0, 300), st.data())
def test_a_band_is_true_wide_and_the_same_for_all_its_numbers(smallest, more, data):
    size = smallest + more
    count = data.draw(st.integers(0, size))
    span = band(count, size, smallest)
    assert 0 <= span.least <= count <= span.most <= size
    assert span.most - span.least + 1 >= (smallest + 1) // 2
    assert {band(n, size, smallest) for n in range(span.least, span.most + 1)} == {span}


def test_large_groups_are_told_of_precisely():
    assert band(30, 40, SMALLEST) == Span(40, 29, 31)
    assert (band(30, 40, SMALLEST).least_percent, band(30, 40, SMALLEST).most_percent) == (72, 78)


@pytest.mark.parametrize(("count", "size"), [(1, 4), (-1, 6), (7, 6)])
def test_there_is_no_band_of_what_must_not_be_told(count, size):
    with pytest.raises(ValueError, match="cannot be told"):
        band(count, size, SMALLEST)


def test_when_a_group_is_told_of_no_more():
    assert still_counts(size=6, recorded=6, present=3)
    assert not still_counts(size=6, recorded=6, present=2)
    assert not still_counts(size=6, recorded=5, present=5)


def test_a_table_adds_up():
    groups = [
        CountedGroup(1, frozenset([1, 2]), Span(10, 3, 5)),
        CountedGroup(1, frozenset([1]), Span(20, 9, 11)),
        CountedGroup(None, frozenset(), Span(6, 0, 2)),
    ]
    found = table(groups)
    assert found.total == Span(36, 12, 18)
    assert found.departments == {1: Span(30, 12, 16)}
    assert found.audiences == {1: Span(30, 12, 16), 2: Span(10, 3, 5)}
    assert table([]).total is None


# The attack

#: What is told in a week, given how many of each unit have completed it by then. A unit is people
#: whom the attacker cannot tell apart by any table, at most a counting group, at least a person.
Telling = Callable[[Counts], Hashable]


def small_sets(sizes: Sequence[int], known: Sequence[int] = ()) -> list[Counts]:
    """All sets of one to four people, by how many they take of each unit."""
    ranges = [
        range(1 if unit in known else min(size, SMALLEST - 1) + 1)
        for unit, size in enumerate(sizes)
    ]
    return [taken for taken in product(*ranges) if 1 <= sum(taken) < SMALLEST]


def possible_weeks(
    sizes: Sequence[int], history: Sequence[Counts], tell: Sequence[Telling], known: Sequence[int]
) -> list[set[Counts]]:
    """For each week what may have been the case, given the tables of all weeks.

    Who has completed something stays so: that helps the attacker. ``known`` are units whose
    numbers the attacker knows anyway, such as herself.
    """

    def fits(week: int, counts: Counts) -> bool:
        return all(counts[unit] == history[week][unit] for unit in known)

    every = list(product(*(range(size + 1) for size in sizes)))
    weeks = []
    for week, truth in enumerate(history):
        told = tell[week](truth)
        weeks.append({c for c in every if fits(week, c) and tell[week](c) == told})
    for before, after in pairwise(range(len(weeks))):
        weeks[after] = {c for c in weeks[after] if any(at_most(b, c) for b in weeks[before])}
    for after, before in pairwise(range(len(weeks) - 1, -1, -1)):
        weeks[before] = {c for c in weeks[before] if any(at_most(c, a) for a in weeks[after])}
    return weeks


def at_most(one: Counts, other: Counts) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


def bounds(sizes: Sequence[int], counts: Counts, taken: Counts) -> tuple[int, int]:
    """How many of a set of people may be among those of each unit who are counted."""
    least = most = 0
    for size, count, of in zip(sizes, counts, taken, strict=True):
        least += max(0, count - (size - of))
        most += min(count, of)
    return least, most


def given_away(
    sizes: Sequence[int],
    history: Sequence[Counts],
    tell: Sequence[Telling],
    known: Sequence[int] = (),
) -> list[tuple[int, Counts]]:
    """The sets of fewer than five people of whom it follows how many have completed it, by week."""
    found = []
    for week, possible in enumerate(possible_weeks(sizes, history, tell, known)):
        assert history[week] in possible
        for taken in small_sets(sizes, known):
            ranges = [bounds(sizes, counts, taken) for counts in possible]
            if min(least for least, _most in ranges) == max(most for _least, most in ranges):
                found.append((week, taken))
    return found


def given_away_between(
    sizes: Sequence[int], history: Sequence[Counts], tell: Sequence[Telling]
) -> list[tuple[int, Counts]]:
    """The same for how many completed it between two weeks that follow each other."""
    weeks = possible_weeks(sizes, history, tell, ())
    found = []
    for week, (before, after) in enumerate(pairwise(weeks)):
        steps = {
            tuple(a - b for a, b in zip(later, earlier, strict=True))
            for earlier in before
            for later in after
            if at_most(earlier, later)
        }
        for taken in small_sets(sizes):
            ranges = [bounds(sizes, step, taken) for step in steps]
            if min(least for least, _most in ranges) == max(most for _least, most in ranges):
                found.append((week, taken))
    return found


# A town: two departments, two audiences that cut across them


def tables_of(groups: Sequence[NewGroup], sizes: Sequence[int] | None = None) -> Telling:
    """What is told of ``groups``; the units of the attack are the groups themselves."""

    def tell(counts: Counts) -> Hashable:
        found = table(
            CountedGroup(g.department, g.audiences, band(count, len(g.people), SMALLEST))
            for g, count in zip(groups, counts, strict=True)
        )
        return (
            found.total,
            tuple(sorted(found.departments.items())),
            tuple(sorted(found.audiences.items())),
        )

    return tell


places = st.tuples(st.sampled_from([1, 2]), st.sampled_from([(), (1,), (2,), (1, 2)]))
#: Of so few people each can be a unit of the attack.
hamlets = st.lists(places, min_size=8, max_size=10)
#: Two to four groups.
towns = st.lists(places, min_size=13, max_size=22)


def townspeople(residents, begin=0):
    return [
        Person(begin + key, department, frozenset(audiences), is_waiting_long=True)
        for key, (department, audiences) in enumerate(residents)
    ]


@settings(deadline=None, max_examples=15)
@given(residents=hamlets, data=st.data())
def test_no_table_gives_anybody_away_whoever_is_told_apart(residents, data):
    """Every person is a unit of the attack: nothing is taken for granted of the groups."""
    everybody = townspeople(residents)
    groups = form_groups(everybody, SMALLEST)
    by_groups = tables_of(groups)

    def tell(done: Counts) -> Hashable:
        return by_groups(tuple(sum(done[key] for key in g.people) for g in groups))

    truth = tuple(data.draw(st.sampled_from([0, 1])) for _person in everybody)
    same = data.draw(st.sampled_from([truth, (0,) * len(truth), (1,) * len(truth)]))
    assert given_away([1] * len(truth), [same], [tell]) == []


def counted_weeks(data, first):
    """Groups and truth week by week: people come, groups are made of them, people complete it.

    Some come late; some have left and are counted on with their groups.
    """
    everybody = townspeople(first)
    groups = form_groups(everybody, SMALLEST)
    waiting = {p.key for p in everybody} - {key for g in groups for key in g.people}
    by_week = [list(groups)]
    for _week in range(data.draw(st.integers(1, 2))):
        late = townspeople(data.draw(st.lists(places, max_size=4)), begin=len(everybody))
        everybody += late
        waiting |= {person.key for person in late}
        new = form_groups([everybody[key] for key in sorted(waiting)], SMALLEST)
        waiting -= {key for g in new for key in g.people}
        groups = [*groups, *new]
        by_week.append(list(groups))
    sizes = [len(g.people) for g in groups]
    counts = [0] * len(groups)
    history = []
    for _week in by_week:
        # By chance, or all at once.
        for n, size in enumerate(sizes):
            counts[n] = data.draw(st.integers(counts[n], size) | st.just(counts[n]) | st.just(size))
        history.append(tuple(counts))
    return groups, by_week, history


@settings(deadline=None, max_examples=20)
@given(data=st.data(), first=towns)
def test_no_series_of_tables_gives_anybody_away(data, first):
    groups, by_week, history = counted_weeks(data, first)
    sizes = [len(g.people) for g in groups]
    # A retired group is in no table from some week on.
    retired = data.draw(st.integers(0, len(groups)))

    def telling(week: int) -> Telling:
        told = [
            n
            for n, group in enumerate(groups)
            if group in by_week[week] and not (n == retired and week)
        ]
        inner = tables_of([groups[n] for n in told])
        return lambda counts: inner(tuple(counts[n] for n in told))

    tell = [telling(week) for week in range(len(by_week))]
    assert given_away(sizes, history, tell) == []
    assert given_away_between(sizes, history, tell) == []


@settings(deadline=None, max_examples=20)
@given(data=st.data(), first=towns)
def test_whoever_is_in_a_group_herself_learns_nothing_of_the_others(data, first):
    """The attacker is one of a counting group and knows what she has completed."""
    groups = form_groups(townspeople(first), SMALLEST)
    if not groups:
        return
    inner = tables_of(groups)
    # The first group is two units: the attacker, and the others.
    sizes = [1, len(groups[0].people) - 1, *(len(g.people) for g in groups[1:])]

    def tell(counts: Counts) -> Hashable:
        return inner((counts[0] + counts[1], *counts[2:]))

    history, counts = [], [0] * len(sizes)
    for _week in range(2):
        counts = [
            data.draw(st.integers(now, size) | st.just(size))
            for now, size in zip(counts, sizes, strict=True)
        ]
        history.append(tuple(counts))
    assert given_away(sizes, history, [tell, tell], known=[0]) == []


@settings(deadline=None, max_examples=30)
@given(history=st.lists(st.integers(0, 6), min_size=1, max_size=5).map(sorted), size=st.just(6))
def test_no_series_of_one_small_group_gives_anybody_away(history, size):
    group = NewGroup(1, frozenset(), list(range(size)))
    tell = [tables_of([group])] * len(history)
    counts = [(count,) for count in history]
    assert given_away([size], counts, tell) == []
    assert given_away_between([size], counts, tell) == []


# The attack has teeth: what others do is broken by it


def hidden_below_five(*cells: Sequence[int]) -> Telling:
    """Exact numbers of completions, left out where the cell has fewer than five people."""

    def tell(counts: Counts) -> Hashable:
        return tuple(
            sum(counts[unit] for unit in cell) if len(cell) >= SMALLEST else None for cell in cells
        )

    return tell


def test_hiding_small_cells_alone_is_broken_by_the_total():
    department, rest = list(range(7)), [7, 8]
    tell = hidden_below_five(department, rest, department + rest)
    truth = (1, 1, 1, 1, 0, 0, 0, 1, 0)
    assert (0, (0,) * 7 + (1, 1)) in given_away([1] * 9, [truth], [tell])


def test_hiding_small_cells_alone_is_broken_by_whoever_comes():
    before = hidden_below_five(range(6))
    after = hidden_below_five(range(7))
    truth = (1, 1, 1, 0, 0, 0, 0)
    assert (1, (0,) * 6 + (1,)) in given_away([1] * 7, [truth, truth], [before, after])


def test_exact_numbers_of_groups_are_broken_where_all_have_completed_it():
    group = NewGroup(1, frozenset(), list(range(6)))
    assert given_away([6], [(6,)], [lambda counts: counts])
    assert given_away([6], [(0,)], [lambda counts: counts])
    assert not given_away([6], [(6,)], [tables_of([group])])


def test_exact_numbers_of_groups_are_broken_where_nobody_has_done_anything_since():
    assert given_away_between([6], [(3,), (3,)], [lambda counts: counts] * 2)


def rounded_to_five(*cells: Sequence[int]) -> Telling:
    return lambda counts: tuple(5 * round(sum(counts[n] for n in cell) / 5) for cell in cells)


def test_rounding_alone_is_broken_by_whoever_leaves():
    # Eight of nine had completed it; the one who leaves takes the number below the edge.
    truth = (1, 1, 1, 1, 1, 1, 1, 0, 1)
    everybody, without_last = rounded_to_five(range(9)), rounded_to_five(range(8))
    found = given_away([1] * 9, [truth, truth], [everybody, without_last])
    assert (0, (0,) * 8 + (1,)) in found


def test_bands_alone_are_broken_by_groups_that_are_made_anew():
    def bands_of(*cells: Sequence[int]) -> Telling:
        return lambda counts: tuple(
            band(sum(counts[n] for n in cell), len(cell), SMALLEST) for cell in cells
        )

    truth = (1, 1, 0, 0, 1, 0)
    found = given_away([1] * 6, [truth, truth], [bands_of(range(5)), bands_of([0, 1, 2, 3, 5])])
    assert (0, (0, 0, 0, 0, 1, 0)) in found
