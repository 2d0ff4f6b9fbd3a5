"""Of whom an authority is told by name: of those who work there, and for a while who has left."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Q
from django.utils.timezone import localdate

from .models import Organisation


def told_since(months: int, today: date) -> date:
    """The earliest last day of an employment that is still told ``months`` after it."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def told_to(organisations: Iterable[Organisation], employment: str = "") -> Q:
    """The condition that authorities are still told of an employment (domain 2.6).

    ``employment`` is the path from the model to the membership, for example ``"membership"``. One
    of those that hold, or that ended no longer ago than ``Organisation.months_after_leaving``.
    """
    path = f"{employment}__" if employment else ""
    today = localdate()
    by_months: defaultdict[int, list[int]] = defaultdict(list)
    for organisation in organisations:
        by_months[organisation.months_after_leaving].append(organisation.pk)
    told = Q(pk__in=[])
    for months, keys in by_months.items():
        lasts = Q(**{f"{path}ends_on__isnull": True})
        recent = Q(**{f"{path}ends_on__gte": told_since(months, today)})
        told |= Q(lasts | recent, **{f"{path}organisation__in": keys})
    return told
