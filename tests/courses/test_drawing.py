"""Drawing: never a question twice, always as many as there can be, unseen ones first."""

from itertools import chain, combinations
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from courses.drawing import deal, extremes, unseen_first

KEYS = [UUID(int=number) for number in range(12)]
pools = st.lists(st.lists(st.sampled_from(KEYS), unique=True), max_size=4)


def most_there_can_be(pools, counts):
    """Hall's theorem, tried out: what every choice of draws together leaves at most."""
    draws = list(zip(pools, counts, strict=True))
    return min(
        len(set(chain.from_iterable(pool for pool, _count in some)))
        + sum(count for draw in draws if draw not in some for _pool, count in [draw])
        for size in range(len(draws) + 1)
        for some in combinations(draws, size)
    )


@given(st.data())
def test_it_deals_as_many_as_there_can_be_and_none_twice(data):
    found = data.draw(pools)
    # Distinct counts tell equal pools apart in the check above.
    counts = data.draw(
        st.lists(st.integers(0, 9), min_size=len(found), max_size=len(found), unique=True)
    )
    dealt = deal(found, counts)
    everything = list(chain.from_iterable(dealt))
    assert len(everything) == len(set(everything))
    for pool, count, keys in zip(found, counts, dealt, strict=True):
        assert set(keys) <= set(pool)
        assert len(keys) <= count
    assert len(everything) == most_there_can_be(found, counts)


@given(st.lists(st.sampled_from(KEYS), unique=True), st.integers(0, 20))
def test_one_draw_gets_what_it_wants_or_what_there_is(pool, count):
    (dealt,) = deal([pool], [count])
    assert dealt == pool[: min(count, len(pool))]


@given(
    st.lists(st.sampled_from(KEYS), unique=True),
    st.dictionaries(st.sampled_from(KEYS), st.integers(1, 3)),
    st.integers(),
)
def test_what_was_seen_less_often_comes_first(keys, seen, seed):
    ordered = unseen_first(keys, seen, Random(seed))
    assert sorted(ordered) == sorted(keys)
    times = [seen.get(key, 0) for key in ordered]
    assert times == sorted(times)


def test_a_draw_does_not_depend_on_the_order_of_the_database():
    assert unseen_first(KEYS, {}, Random(7)) == unseen_first(KEYS[::-1], {}, Random(7))


def test_the_sum_of_points_depends_on_what_is_drawn():
    assert extremes([2, 3], [], None) == (5, 5)
    assert extremes([2], [([1, 5, 3], 2)], None) == (6, 10)
    assert extremes([2], [([1, 5, 3], 2)], 2) == (3, 8)
