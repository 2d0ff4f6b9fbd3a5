"""Figures without persons: right ones, and nothing that tells what one person did."""

from __future__ import annotations

import statistics as oracle
from collections import Counter
from functools import lru_cache
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from courses.statistics import (
    Figures,
    Hint,
    Observation,
    Shown,
    Silence,
    Sums,
    Tally,
    add_up,
    figures,
    hints,
    rounded,
    rounded_together,
)

GROUP = 5


def seen(share, rest=0.5, *rows, text="q"):
    return Observation(text=text, share=share, rest=rest, rows=rows)


def sums_of(observations, group=GROUP):
    return add_up(observations, group).get("q")


def of(count, persons=100, group=GROUP):
    return Shown(count, persons, group)


# Reckoning


def test_persons_count_in_whole_groups_in_the_order_they_came():
    first = [seen(1, 0.5, "a")] * 10
    assert sums_of(first[:4]).persons == 0
    assert sums_of(first).persons == 10
    later = [seen(0, 0.5, "b")] * 4
    found = sums_of(first + later)
    assert (found.persons, found.points, found.rows) == (10, 10, Counter(a=10))


def test_texts_are_kept_apart():
    found = add_up([seen(1, text="old")] * 5 + [seen(0, text="new")] * 10, GROUP)
    assert (found["old"].persons, found["old"].points) == (5, 5)
    assert (found["new"].persons, found["new"].points) == (10, 0)


def test_the_correlation_is_that_of_the_textbook():
    # By hand: shares 1 1 1 0 0 and rests .9 .8 .7 .4 .2 give 0.6 / sqrt(1.2 × 0.34) = 0.939.
    pairs = [(1, 0.9), (1, 0.8), (1, 0.7), (0, 0.4), (0, 0.2)]
    assert sums_of([seen(x, y) for x, y in pairs]).correlation == pytest.approx(0.939, abs=1e-3)


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0.25, 0.5, 1]), st.integers(0, 20).map(lambda n: n / 20)),
        min_size=5,
        max_size=60,
    )
)
def test_the_correlation_agrees_with_another_reckoning(pairs):
    pairs = pairs[: len(pairs) // GROUP * GROUP]
    found = sums_of([seen(x, y) for x, y in pairs]).correlation
    xs, ys = zip(*pairs, strict=True)
    if len(set(xs)) == 1 or len(set(ys)) == 1:
        assert found is None
    else:
        assert found == pytest.approx(oracle.correlation(xs, ys), abs=1e-6)


def test_figures_of_a_hundred_persons():
    people = [seen(1, 0.8, "right")] * 63 + [seen(0, 0.4, "wrong")] * 34 + [seen(0, 0.4)] * 3
    shown = figures(
        sums_of(people), is_scored=True, tally=Tally.ONE, rows=["right", "wrong", "none"],
        right={"right"},
    )  # fmt: skip
    assert shown.persons == 100
    assert (shown.share.count, shown.share.percent) == (65, 65)
    assert shown.rows["right"] is shown.share
    assert shown.rows["wrong"].percent == 35
    assert shown.rows["none"].is_below
    assert shown.rows["none"].percent == 5
    assert shown.discrimination == 1.0
    assert shown.silence is None


def test_partial_points_count_as_far_as_they_go():
    people = [seen(0.5, 0.5, "a")] * 20 + [seen(1, 0.5, "a", "b")] * 20
    shown = figures(sums_of(people), is_scored=True, tally=Tally.SEVERAL, rows=["a", "b"])
    assert shown.share.percent == 75
    assert shown.rows["a"].is_above
    assert shown.rows["b"].percent == 50


def test_discrimination_is_below_nothing_where_the_better_fail():
    people = [seen(1, 0.2), seen(0, 0.9), seen(1, 0.3), seen(0, 0.8), seen(1, 0.9)] * 20
    shown = figures(sums_of(people), is_scored=True)
    assert shown.discrimination == round(oracle.correlation(*zip(*[
        (p.share, p.rest) for p in people
    ], strict=True)), 1) < 0  # fmt: skip
    assert Hint.REVERSED in hints(shown, tally=Tally.NOTHING)


@pytest.mark.parametrize(
    ("people", "is_scored", "why"),
    [
        ([seen(None)] * 40, False, Silence.UNSCORED),
        ([seen(1, 0.9), seen(0, 0.1)] * 9, True, Silence.TOO_FEW),
        ([seen(1, None), seen(0, None)] * 20, True, Silence.ALONE),
        ([seen(1, 0.5), seen(0, 0.5)] * 20, True, Silence.TOO_ALIKE),
        ([seen(1, 0.9)] * 35 + [seen(0, 0.1)] * 5, True, Silence.TOO_ALIKE),
    ],
)
def test_where_there_is_no_discrimination_it_is_said_why(people, is_scored, why):
    shown = figures(sums_of(people), is_scored=is_scored)
    assert shown.discrimination is None
    assert shown.silence is why


@pytest.mark.parametrize("count", range(10))
def test_too_few_show_nothing_but_full_groups(count):
    shown = figures(
        sums_of([seen(1, 0.9, "a")] * count), is_scored=True, tally=Tally.ONE, rows=["a"]
    )
    assert shown == Figures(count // 5 * 5, silence=Silence.TOO_FEW)
    assert hints(shown, tally=Tally.ONE) == []


def shown_of(share, persons=100, discrimination=None, **rows):
    return Figures(
        persons,
        of(share, persons),
        {row: of(count, persons) for row, count in rows.items()},
        discrimination,
        is_enough=True,
    )


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (shown_of(60, a=60, b=40), []),
        (shown_of(95, a=95, b=5), [Hint.EASY]),
        (shown_of(100, a=100, b=0), [Hint.EASY]),
        (shown_of(30, a=30, b=25, c=25, d=20), [Hint.HARD]),
        (shown_of(0, a=0, b=100), [Hint.LURE, Hint.HARD]),
        (shown_of(60, a=60, b=40, c=0), [Hint.IDLE]),
        (shown_of(60, a=60, b=40, discrimination=-0.2), [Hint.REVERSED]),
        (shown_of(60, a=60, b=40, discrimination=-0.1), []),
        (shown_of(0, persons=15, a=0, b=15), []),
    ],
)
def test_hints(shown, expected):
    assert hints(shown, tally=Tally.ONE, right={"a"}) == expected


def test_hints_of_what_is_typed_are_about_points_only():
    assert hints(shown_of(100), tally=Tally.NOTHING) == [Hint.EASY]
    assert hints(Figures(100, is_enough=True), tally=Tally.ONE) == []


# What is shown is true


@given(st.integers(0, 400), st.sampled_from([5, 7, 9, 11]))
def test_rounding_goes_to_the_nearest_multiple(count, group):
    found = rounded(count, group)
    assert found % group == 0
    assert abs(found - count) <= group / 2


@given(st.lists(st.integers(0, 60), min_size=2, max_size=13), st.sampled_from([5, 7, 11]))
def test_what_is_shown_is_true(counts, group):
    counts[-1] += -sum(counts) % group  # whole groups
    persons = sum(counts)
    if persons < 2 * group:
        return
    names = [str(number) for number in range(len(counts) - 1)]
    sums = Sums(group, persons, 0, Counter(dict(zip(names, counts, strict=False))))
    found = figures(sums, is_scored=False, tally=Tally.ONE, rows=names)
    for name, count in zip(names, counts, strict=False):
        shown = found.rows[name]
        assert group <= shown.count <= persons - group
        if shown.is_below:
            assert count < shown.count
        elif shown.is_above:
            assert count > shown.count
        else:
            assert abs(count - shown.count) < group


@given(st.lists(st.integers(0, 40), min_size=2, max_size=13), st.sampled_from([5, 7, 11]))
def test_the_sum_never_gives_all_counts_away(counts, group):
    counts[-1] += -sum(counts) % group  # whole groups, and everybody answered
    found = rounded_together(counts, sum(counts), group)
    assert abs(sum(found) - sum(counts)) < len(counts) * (group // 2)


# Nobody is given away: an attacker who has kept every state of the page since the first day


@lru_cache
def batches(cells, group):
    """Every way in which a group of persons may choose among ``cells``."""
    return [c for c in product(range(group + 1), repeat=cells) if sum(c) == group]


@lru_cache(100_000)
def page(counts, group, rows):
    """What is shown of a question; the cells without a row are those who answered nothing."""
    names = [str(number) for number in range(rows)]
    chosen = Counter(dict(zip(names, counts, strict=False)))
    sums = Sums(group, sum(counts), counts[0], chosen)
    found = figures(sums, is_scored=True, tally=Tally.ONE, rows=names, right={"0"})
    rows_shown = tuple((s.is_below, s.is_above, s.count) for s in found.rows.values())
    return found.persons, found.share, rows_shown


def add(one, other):
    return tuple(map(sum, zip(one, other, strict=True)))


def what_each_group_may_have_done(pages, cells, group, rows):
    """For each group every way it may have chosen, given all pages that were shown.

    Who looks knows how the figures are made, and who was in which group.
    """
    possible = [{(0,) * cells}]
    for shown in pages[1:]:
        after = {add(c, b) for c in possible[-1] for b in batches(cells, group)}
        possible.append({c for c in after if page(c, group, rows) == shown})
    after = possible[-1]
    found = []
    for before in reversed(possible[:-1]):
        ways = [(c, b) for c in before for b in batches(cells, group) if add(c, b) in after]
        found.insert(0, {b for _c, b in ways})
        after = {c for c, _b in ways}
    return found


def assert_nobody_is_given_away(history, cells, *, group=GROUP, all_answer=False):
    """Of no group it follows that all of it chose an answer, or that nobody did.

    With ``all_answer``, who looks knows that nobody left the question out.
    """
    rows = cells if all_answer else cells - 1
    states = [(0,) * cells]
    for choices in history:
        batch = tuple(choices.count(cell) for cell in range(cells))
        states.append(add(states[-1], batch))
    pages = [page(state, group, rows) for state in states]
    for ways in what_each_group_may_have_done(pages, cells, group, rows):
        for cell in range(rows):
            assert min(way[cell] for way in ways) < group
            assert max(way[cell] for way in ways) > 0


def histories(cells, most, group=GROUP):
    """Groups that choose by chance, and groups that are all of one mind."""
    mixed = st.lists(st.integers(0, cells - 1), min_size=group, max_size=group)
    alike = st.integers(0, cells - 1).map(lambda cell: [cell] * group)
    return st.lists(mixed | alike, min_size=1, max_size=most)


@pytest.mark.parametrize("all_answer", [True, False])
@settings(deadline=None, max_examples=100)
@given(history=histories(2, 12))
def test_no_series_of_pages_tells_what_a_group_did_with_two_answers(all_answer, history):
    assert_nobody_is_given_away(history, 2, all_answer=all_answer)


@pytest.mark.parametrize("all_answer", [True, False])
@settings(deadline=None, max_examples=50)
@given(history=histories(3, 9))
def test_no_series_of_pages_tells_what_a_group_did_with_three_answers(all_answer, history):
    assert_nobody_is_given_away(history, 3, all_answer=all_answer)


@pytest.mark.parametrize("all_answer", [True, False])
@settings(deadline=None, max_examples=10)
@given(history=histories(4, 6))
def test_no_series_of_pages_tells_what_a_group_did_with_four_answers(all_answer, history):
    assert_nobody_is_given_away(history, 4, all_answer=all_answer)


@settings(deadline=None, max_examples=30)
@given(history=histories(3, 5, group=7))
def test_it_holds_for_larger_groups_too(history):
    assert_nobody_is_given_away(history, 3, group=7, all_answer=True)


def test_a_sum_at_the_edge_tells_nothing_either():
    # Eight persons in each of five rows: all would be rounded up, and the sum would say so.
    eights = [[0, 0, 1, 1, 2], [2, 3, 3, 4, 4], *([[0, 1, 2, 3, 4]] * 6)]
    assert_nobody_is_given_away([*eights, [4] * 5, [0] * 5], 5, all_answer=True)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 4 * GROUP), min_size=1, max_size=12))
@example([20] * 12)
@example([0] * 12)
def test_no_series_of_mean_shares_tells_what_a_group_scored(history):
    """In quarters of a question: of no group it follows that all, or none, got all the points."""

    def mean(groups, quarters):
        sums = Sums(GROUP, groups * GROUP, quarters / 4)
        share = figures(sums, is_scored=True).share
        return share and (share.is_below, share.is_above, share.count)

    total, possible = 0, [{0}]
    for number, quarters in enumerate(history, start=1):
        total += quarters
        after = {c + b for c in possible[-1] for b in range(4 * GROUP + 1)}
        possible.append({c for c in after if mean(number, c) == mean(number, total)})
    after = possible[-1]
    for before in reversed(possible[:-1]):
        ways = [(c, b) for c in before for b in range(4 * GROUP + 1) if c + b in after]
        assert min(b for _c, b in ways) < 4 * GROUP
        assert max(b for _c, b in ways) > 0
        after = {c for c, _b in ways}


@given(st.lists(st.sampled_from(["a", "b", ""]), max_size=60))
def test_one_more_person_changes_nothing_until_a_group_is_full(choices):
    def shown(count):
        people = [seen(float(row == "a"), n / 60, row) for n, row in enumerate(choices[:count])]
        return figures(
            sums_of(people), is_scored=True, tally=Tally.ONE, rows=["a", "b"], right={"a"}
        )

    for count in range(len(choices)):
        if (count + 1) % GROUP:
            assert shown(count + 1) == shown(count)
