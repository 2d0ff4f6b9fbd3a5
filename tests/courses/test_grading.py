from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import grading
from courses.grading import Score

OPTIONS = st.sets(st.sampled_from("abcdefgh"))


@pytest.mark.parametrize(
    ("chosen", "right", "maximum", "points"),
    [
        (["a"], ["a"], 1, "1"),
        (["b"], ["a"], 1, "0"),
        ([], ["a"], 3, "0"),
        (["a", "b"], ["a"], 2, "0"),
        ([], [], 2, "0"),
    ],
)
def test_one_right(chosen, right, maximum, points):
    assert grading.one_right(chosen, right, maximum) == Score(Decimal(points), Decimal(maximum))


@pytest.mark.parametrize(
    ("chosen", "right", "maximum", "points"),
    [
        (["a", "b"], ["a", "b"], 2, "2.00"),
        (["a"], ["a", "b"], 2, "1.00"),
        (["a", "c"], ["a", "b"], 2, "0.00"),
        (["a", "b", "c"], ["a", "b"], 2, "1.00"),
        (["a", "b", "c", "d"], ["a", "b"], 2, "0.00"),
        (["a"], ["a", "b", "c"], 1, "0.33"),
        ([], ["a"], 1, "0.00"),
        (["a"], [], 1, "0.00"),
    ],
)
def test_share_right(chosen, right, maximum, points):
    assert grading.share_right(chosen, right, maximum).points == Decimal(points)


@given(chosen=OPTIONS, right=OPTIONS, maximum=st.integers(1, 100))
def test_a_score_stays_within_its_bounds(chosen, right, maximum):
    for grade in (grading.one_right, grading.share_right):
        score = grade(sorted(chosen), sorted(right), maximum)
        assert Decimal(0) <= score.points <= score.maximum == maximum


@given(chosen=st.permutations("abcd"), right=st.permutations("abc"))
def test_the_order_of_options_does_not_matter(chosen, right):
    score = grading.share_right(chosen, right, 4)
    assert score == grading.share_right(sorted(chosen), sorted(right), 4)


@given(right=OPTIONS.filter(bool), maximum=st.integers(1, 100))
def test_all_points_can_be_reached(right, maximum):
    assert grading.share_right(right, right, maximum).is_full
    assert grading.one_right(right, right, maximum).is_full


def test_total_adds_points_and_maxima():
    scores = [Score(Decimal("0.33"), Decimal(1)), Score(Decimal(2), Decimal(3))]
    assert grading.total(scores) == Score(Decimal("2.33"), Decimal(4))


@pytest.mark.parametrize(
    ("points", "maximum", "mark", "passed"),
    [
        ("3", 4, 75, True),
        ("2.99", 4, 75, False),
        ("0", 0, 75, False),
        ("2", 3, 66, True),
        ("2", 3, 67, False),
    ],
)
def test_passing_rounds_neither_up_nor_down(points, maximum, mark, passed):
    assert grading.is_passed(Score(Decimal(points), Decimal(maximum)), mark) is passed


def test_percent_never_shows_a_mark_that_was_not_reached():
    assert Score(Decimal("2.99"), Decimal(4)).percent == 74
    assert Score(Decimal(0), Decimal(0)).percent == 0


@pytest.mark.parametrize(
    ("are_right", "maximum", "points"),
    [
        ([True, True], 3, "3.00"),
        ([True, False, False], 1, "0.33"),
        ([False, False], 2, "0.00"),
        ([], 2, "0.00"),
    ],
)
def test_share_of_parts(are_right, maximum, points):
    assert grading.share_of_parts(are_right, maximum) == Score(Decimal(points), Decimal(maximum))


PARTS = st.lists(st.booleans(), min_size=1, max_size=20)


@given(are_right=PARTS, maximum=st.integers(1, 100))
def test_parts_stay_within_bounds_and_all_of_them_are_everything(are_right, maximum):
    score = grading.share_of_parts(are_right, maximum)
    assert Decimal(0) <= score.points <= score.maximum == maximum
    assert score.is_full is all(are_right)
    assert grading.share_of_parts([True] * len(are_right), maximum).is_full


@given(are_right=PARTS, maximum=st.integers(1, 100), data=st.data())
def test_one_more_right_never_lowers(are_right, maximum, data):
    position = data.draw(st.integers(0, len(are_right) - 1))
    better = [*are_right[:position], True, *are_right[position + 1 :]]
    worse, more = (grading.share_of_parts(parts, maximum) for parts in (are_right, better))
    assert more.points >= worse.points


@given(percent=st.integers(0, 100), maximum=st.integers(1, 100))
def test_a_percentage_stays_within_bounds(percent, maximum):
    score = grading.part_of(percent, 100, maximum)
    assert Decimal(0) <= score.points <= maximum
    assert score.is_full is (percent == 100)


@pytest.mark.parametrize(
    ("number", "tolerance", "is_right"),
    [("3.5", "0", True), ("3.6", "0.1", True), ("3.4", "0.1", True), ("3.61", "0.1", False)],
)
def test_tolerance_includes_its_ends(number, tolerance, is_right):
    assert grading.within_tolerance(Decimal(number), Decimal("3.5"), Decimal(tolerance)) is is_right
    assert not grading.within_tolerance(None, Decimal("3.5"), Decimal(tolerance))


def test_what_is_not_scored_is_nothing_of_nothing():
    assert grading.total([grading.unscored(), Score(Decimal(1), Decimal(1))]).is_full


@pytest.mark.parametrize(
    ("questions", "drawn", "expected"),
    [
        ([(0, 0)], None, False),
        ([(1, 1), (0, 0)], None, True),
        ([(1, 1), (0, 0)], 1, False),
        ([(1, 1), (0, 0)], 2, True),
    ],
)
def test_a_draw_without_points_cannot_be_passed(questions, drawn, expected):
    assert grading.can_be_passed(questions, drawn, 50) is expected
