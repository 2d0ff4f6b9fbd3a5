from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import cycles, rules
from courses.enums import RefresherContent
from courses.models.pages import parse_days

A, B, TEST = (uuid4() for _n in range(3))


class TestValidity:
    @pytest.mark.parametrize(
        ("completed_on", "months", "earlier_until", "expected"),
        [
            (date(2026, 3, 10), 12, None, date(2027, 3, 10)),
            (date(2026, 2, 1), 12, date(2026, 3, 10), date(2027, 3, 10)),
            (date(2026, 3, 10), 12, date(2026, 3, 10), date(2027, 3, 10)),
            (date(2026, 5, 1), 12, date(2026, 3, 10), date(2027, 5, 1)),
            (date(2026, 8, 31), 6, None, date(2027, 2, 28)),
            (date(2026, 8, 31), None, date(2026, 9, 30), None),
        ],
    )
    def test_who_is_early_loses_no_day_and_who_is_late_gains_none(
        self, completed_on, months, earlier_until, expected
    ):
        assert rules.valid_until(completed_on, months, earlier_until) == expected

    def test_the_window_ends_with_the_validity(self):
        end = date(2026, 3, 31)
        assert cycles.window_opens_on(end, 60, date(2025, 3, 31)) == date(2026, 1, 30)

    def test_a_refresher_cannot_be_begun_at_once_however_soon_it_is_due(self):
        assert cycles.window_opens_on(date(2026, 3, 31), 60, date(2026, 3, 1)) == date(2026, 3, 16)

    def test_refreshers_long_before_the_end_do_not_add_up(self):
        """An authority asks every year for what holds for three."""
        day, until = date(2026, 1, 1), None
        for _year in range(6):
            until = rules.valid_until(day, 36, until)
            assert until is not None
            assert until == rules.add_months(day, 36)
            day = rules.add_months(day, 12)

    def test_what_was_decided_by_the_first_rules_still_follows_from_them(self):
        day, until = date(2026, 2, 1), date(2027, 3, 1)
        assert rules.valid_until(day, 12, until, rule_version=1) == date(2028, 3, 1)

    def test_who_refreshes_long_before_the_end_loses_no_day(self):
        # Refreshed early once, and so valid for nearly two terms.
        assert rules.valid_until(date(2026, 2, 1), 12, date(2027, 3, 1)) == date(2027, 3, 1)

    def test_a_refresher_is_due_at_the_end_or_at_a_later_deadline(self):
        early, late = date(2026, 1, 1), date(2026, 6, 1)
        assert cycles.due_on(early, late) == late
        assert cycles.due_on(late, early) == late
        assert cycles.due_on(None, early) == early
        assert cycles.due_on(early, None) == early
        assert cycles.due_on(None, None) is None


TODAY = date(2026, 11, 27)


@st.composite
def proofs(draw):
    """Arguments of ``asked_again_on``, without what was known before."""
    completed_on = TODAY - timedelta(days=draw(st.integers(0, 2000)))
    ends = st.integers(0, 1500).map(lambda days: completed_on + timedelta(days=days))
    return {
        "completed_on": completed_on,
        "months": draw(st.sampled_from([1, 2, 6, 12, 24, 60, 32767])),
        "expires_on": draw(st.none() | ends),
        "first_day": TODAY - timedelta(days=draw(st.sampled_from([0, 10, 400, 3000]))),
        "today": TODAY,
    }


class TestAskedAgain:
    """By when an authority asks for the refresher of a proof."""

    @given(proofs())
    def test_nobody_is_late_by_surprise_and_no_proof_is_outlived(self, asked):
        day = cycles.asked_again_on(**asked)
        if day is None:
            # Only where the proof ends first, or so soon that she could not be told before.
            soon = asked["today"] + timedelta(days=cycles.NOTICE_DAYS)
            natural = rules.add_months(asked["completed_on"], asked["months"])
            assert asked["expires_on"] is not None
            assert asked["expires_on"] <= max(natural, soon)
            return
        assert day >= asked["today"] + timedelta(days=cycles.NOTICE_DAYS)
        assert day >= rules.add_months(asked["completed_on"], asked["months"])
        assert asked["expires_on"] is None or day < asked["expires_on"]

    @given(proofs())
    def test_the_answer_is_the_same_on_every_later_day(self, asked):
        day = first = cycles.asked_again_on(**asked)
        for later in (0, 1, 20, 45, 700):
            today = asked["today"] + timedelta(days=later)
            day = cycles.asked_again_on(**asked | {"today": today}, known=day)
            assert day == first

    @given(proofs())
    def test_a_changed_requirement_gives_notice_once_more_and_then_holds(self, asked):
        known = cycles.asked_again_on(**asked)
        for months in (3, 48, 1, None, 6):
            changed = asked | {"months": months}
            day = cycles.asked_again_on(**changed, known=known)
            if day is None:
                assert months is None or asked["expires_on"] is not None
            else:
                earliest = asked["today"] + timedelta(days=cycles.NOTICE_DAYS)
                assert day >= min(known or earliest, earliest)
            assert cycles.asked_again_on(**changed, known=day) == day
            known = day

    @given(proofs())
    def test_who_asks_for_less_often_asks_for_no_earlier_day(self, asked):
        days = [
            cycles.asked_again_on(**asked | {"months": months}) or date.max
            for months in (1, 6, 12, 36)
        ]
        assert days == sorted(days)

    @given(proofs())
    def test_without_months_nothing_is_asked(self, asked):
        assert cycles.asked_again_on(**asked | {"months": None}) is None


class TestContents:
    def contents(self, *, today, learnt, required=(A, B, TEST), tests=(TEST,)):
        return cycles.contents(required, tests, today=today, learnt=learnt)

    def test_what_has_a_higher_edition_than_was_learnt(self):
        today = {A: 3, B: 2, TEST: 1}
        assert self.contents(today=today, learnt={A: 1, B: 1, TEST: 1}) == [A, B]
        assert self.contents(today=today, learnt={A: 2, B: 2, TEST: 1}) == [A]

    def test_what_was_never_learnt_is_new(self):
        assert self.contents(today={A: 1, B: 1}, learnt={A: 1, TEST: 1}) == [B]
        assert self.contents(today={}, learnt={A: 1, B: 1}) == [TEST]

    def test_a_later_edition_than_todays_is_no_change(self):
        assert self.contents(today={A: 1}, learnt={A: 2, B: 1, TEST: 1}) == [TEST]

    def test_without_changes_the_test_remains_and_without_a_test_everything(self):
        learnt = {A: 1, B: 1, TEST: 1}
        assert self.contents(today={}, learnt=learnt) == [TEST]
        assert self.contents(today={}, learnt=learnt, required=(A, B)) == [A, B]

    def test_the_scope_is_text_or_the_whole_course(self):
        def scope(content, required):
            return cycles.scope_of(content, required, (TEST,), today={A: 2}, learnt={A: 1})

        assert scope(RefresherContent.CHANGES, (A,)) == [str(A)]
        assert scope(RefresherContent.WHOLE, (A,)) is None
        assert scope(RefresherContent.CHANGES, ()) is None

    def test_of_what_was_chosen_what_changed_and_is_still_needed(self):
        def chosen(needed, today, learnt):
            choice = cycles.Choice((A, B), needed)
            return cycles.chosen_again(choice, today=today, learnt=learnt)

        assert chosen(1, {A: 2, B: 2}, {A: 1}) == [A]
        assert chosen(2, {A: 2, B: 2}, {A: 1, B: 1}) == [A, B]
        # More than is asked for: what is unchanged suffices, or one of what changed.
        assert chosen(1, {A: 2}, {A: 1, B: 1}) == []
        assert chosen(1, {A: 2, B: 2}, {A: 1, B: 1}) == [A]
        # The course asks for more today: what was never chosen belongs to the whole course.
        assert chosen(2, {A: 2, B: 1}, {A: 1}) == [A]
        assert chosen(0, {A: 2, B: 2}, {A: 1, B: 1}) == []


class TestReminders:
    def test_a_day_is_reminded_of_what_ends_so_many_days_later(self):
        today = date(2026, 3, 1)
        spans = cycles.reminded_spans([30, 7], after=date(2026, 2, 28), until=today)
        assert spans == [
            (date(2026, 3, 8), date(2026, 3, 8), 7),
            (date(2026, 3, 31), date(2026, 3, 31), 30),
        ]

    def test_after_an_outage_no_day_is_left_out(self):
        spans = cycles.reminded_spans([7], after=date(2026, 2, 25), until=date(2026, 3, 1))
        assert spans == [(date(2026, 3, 5), date(2026, 3, 8), 7)]

    def test_days_are_read_as_people_write_them(self):
        assert parse_days("7,60 , 30,7") == [60, 30, 7]
        assert parse_days(" ") == []
        for wrong in ("morgen", "0", "366", "-3", "7;30", "7,", ",".join(map(str, range(1, 12)))):
            with pytest.raises(ValueError):
                parse_days(wrong)
