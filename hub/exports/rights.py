"""Who may hand which list over, for which authorities, and who has left."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from hub.organisations.models import Membership, Organisation, User
from hub.organisations.permissions import organisations_where

from .exporters import exporters
from .reports import reports, switched_on

#: What goes on handing over by itself ends after a year and a day; then a person decides anew.
LONGEST = timedelta(days=366)


def organisations_handing_over(user: User | AnonymousUser, identifier: str) -> list[Organisation]:
    """The authorities of which ``user`` may hand a list over: none of one that is switched off.

    ``identifier`` is the key of an exporter; one that is not installed any more gives none.
    """
    if identifier not in exporters:
        return []
    held = organisations_where(user, exporters.get(identifier).required_permission)
    return switched_on(held, identifier, user) if identifier in reports else held


def has_left(user: User, organisation: Organisation | None = None) -> bool:
    """Whether all employments of a person have ended; an operator may never have had one.

    With ``organisation``, those there count for who had one there: she may work for another
    authority by now.
    """
    memberships = Membership.objects.filter(user=user)
    there = memberships.filter(organisation=organisation)
    if organisation is not None and there.exists():
        memberships = there
    return not user.is_active or (not memberships.not_ended().exists() and memberships.exists())


def is_within_a_year(day: date) -> bool:
    """Whether something may go on by itself until this day."""
    today = timezone.localdate()
    return today <= day <= today + LONGEST
