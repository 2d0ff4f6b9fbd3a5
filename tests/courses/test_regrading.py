"""Regrading as plain arithmetic: nothing is ever taken."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from courses import grading
from courses.enums import CorrectionKind
from courses.grading import Score
from courses.regrading import Amendment, Result, amended, is_better, regraded


def score(points, maximum=1):
    return Score(Decimal(points), Decimal(maximum))


@st.composite
def scores(draw):
    maximum = draw(st.integers(1, 5))
    hundredths = draw(st.integers(0, maximum * 100))
    return Score(Decimal(hundredths) / 100, Decimal(maximum))


amendments = st.builds(Amendment, st.sampled_from(CorrectionKind), scores())
questions = st.lists(st.tuples(scores(), st.lists(amendments, max_size=4)), min_size=1, max_size=6)
marks = st.integers(1, 100)


def test_each_kind():
    half, full, none = score("0.5"), score(1), score(0)
    for kind, corrected, expected in (
        (CorrectionKind.TYPO, full, half),
        (CorrectionKind.UNCLEAR, full, full),
        (CorrectionKind.UNCLEAR, none, half),
        (CorrectionKind.WRONG_KEY, full, full),
        (CorrectionKind.WRONG_KEY, none, none),
        (CorrectionKind.VOID, full, None),
    ):
        assert amended(half, [Amendment(kind, corrected)]) == expected


def test_a_later_correction_does_not_revive_what_is_void():
    later = [Amendment(CorrectionKind.VOID), Amendment(CorrectionKind.WRONG_KEY, score(1))]
    assert amended(score(0), later) is None


def test_when_all_is_void_the_result_stays():
    before = Result(score(1, 2), is_passed=True)
    assert regraded(before, [None, None], 75) == before


def graded(drawn, mark):
    total = grading.total(original for original, _amendments in drawn)
    return Result(total, grading.is_passed(total, mark))


@given(questions, marks)
def test_nothing_is_taken(drawn, mark):
    before = graded(drawn, mark)
    after = regraded(before, [amended(*question) for question in drawn], mark)
    assert after.is_passed >= before.is_passed
    assert not is_better(before.score, after.score)
    assert after.score.percent >= before.score.percent
    assert 0 <= after.score.points <= after.score.maximum


@given(questions, marks)
def test_twice_is_once(drawn, mark):
    now = [amended(*question) for question in drawn]
    once = regraded(graded(drawn, mark), now, mark)
    assert regraded(once, now, mark) == once


@given(questions, marks)
def test_a_pass_is_never_shown_below_the_mark_it_was_given_for(drawn, mark):
    before = graded(drawn, mark)
    after = regraded(before, [amended(*question) for question in drawn], mark)
    assert after.is_passed == grading.is_passed(after.score, mark)


@given(questions, marks, st.permutations(range(6)))
def test_corrections_of_different_questions_do_as_well_in_any_order(drawn, mark, order):
    """One after the other is never less than all at once, whatever comes first."""
    all_at_once = regraded(graded(drawn, mark), [amended(*question) for question in drawn], mark)
    now = [original for original, _amendments in drawn]
    result = graded(drawn, mark)
    for index in (index for index in order if index < len(drawn)):
        now[index] = amended(*drawn[index])
        result = regraded(result, now, mark)
    assert not is_better(all_at_once.score, result.score)
    assert result.is_passed >= all_at_once.is_passed
