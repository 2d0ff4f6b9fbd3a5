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
