"""On which days something regular is due."""

from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.exports.rhythms import Rhythm, due_days, latest_due, next_due

FAR = date(2031, 12, 31)
DAYS = st.dates(date(2026, 1, 1), date(2030, 12, 31))


def first(count, rhythm, starts_on):
    return [f"{day:%d.%m.%Y}" for day in islice(due_days(rhythm, starts_on, FAR), count)]


def test_the_31st_does_not_drift():
    assert first(5, Rhythm.MONTHLY, date(2027, 1, 31)) == [
        *("31.01.2027", "28.02.2027", "31.03.2027", "30.04.2027", "31.05.2027"),
    ]
    assert first(2, Rhythm.MONTHLY, date(2028, 1, 31))[1] == "29.02.2028"


def test_every_three_months_over_the_turn_of_the_year():
    assert first(4, Rhythm.QUARTERLY, date(2026, 11, 30)) == [
        *("30.11.2026", "28.02.2027", "30.05.2027", "30.08.2027"),
    ]


def test_weekly_over_the_turn_of_the_year():
    assert first(3, Rhythm.WEEKLY, date(2026, 12, 28)) == ["28.12.2026", "04.01.2027", "11.01.2027"]


@given(rhythm=st.sampled_from(Rhythm), starts_on=DAYS, length=st.integers(0, 366), today=DAYS)
def test_any_span_of_days(rhythm, starts_on, length, today):
    ends_on = starts_on + timedelta(days=length)
    days = list(due_days(rhythm, starts_on, ends_on))
    assert days[0] == starts_on
    assert days[-1] <= ends_on
    assert days == sorted(set(days))
    if rhythm == Rhythm.WEEKLY:
        assert {day.weekday() for day in days} == {starts_on.weekday()}
    else:
        for day in days:
            is_last = (day + timedelta(days=1)).month != day.month
            assert day.day == starts_on.day or (is_last and day.day < starts_on.day)
    latest, following = latest_due(iter(days), today), next_due(iter(days), today)
    # Together they part the days at today: nothing is due twice, nothing never.
    assert [d for d in days if d > today][:1] == ([following] if following else [])
    assert [d for d in days if d <= today][-1:] == ([latest] if latest else [])


@pytest.mark.parametrize("rhythm", Rhythm)
def test_one_day_only(rhythm):
    day = date(2026, 12, 1)
    assert list(due_days(rhythm, day, day)) == [day]
