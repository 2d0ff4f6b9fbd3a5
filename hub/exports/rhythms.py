"""On which days something regular is due; values in, values out."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rhythm(models.TextChoices):
    """How often; on which day says the first one."""

    WEEKLY = "weekly", _("weekly")
    MONTHLY = "monthly", _("monthly")
    QUARTERLY = "quarterly", _("quarterly")


_MONTHS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3}


def due_days(rhythm: str, starts_on: date, ends_on: date) -> Iterator[date]:
    """Every day on which it is due, the first one first.

    By months it is due on the day of the first month, in one that is too short on its last day: the
    31st stays the 31st.
    """
    for number in count():
        if rhythm == Rhythm.WEEKLY:
            day = starts_on + timedelta(weeks=number)
        else:
            day = _months_later(starts_on, number * _MONTHS[Rhythm(rhythm)])
        if day > ends_on:
            return
        yield day


def latest_due(days: Iterator[date], today: date) -> date | None:
    """The last of ``days`` until and with today; who missed several makes up for one."""
    return max((day for day in days if day <= today), default=None)


def next_due(days: Iterator[date], today: date) -> date | None:
    """The first of ``days`` after today."""
    return next((day for day in days if day > today), None)


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
