"""Who may hand which list over, for which authorities."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from hub.organisations.models import Organisation, User
from hub.organisations.permissions import organisations_where

from .exporters import exporters
from .reports import reports, switched_on


def organisations_handing_over(user: User | AnonymousUser, identifier: str) -> list[Organisation]:
    """The authorities of which ``user`` may hand a list over: none of one that is switched off.

    ``identifier`` is the key of an exporter; one that is not installed any more gives none.
    """
    if identifier not in exporters:
        return []
    held = organisations_where(user, exporters.get(identifier).required_permission)
    return switched_on(held, identifier, user) if identifier in reports else held
