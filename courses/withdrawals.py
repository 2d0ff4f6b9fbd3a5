"""What makes a proof void that was valid: said by plug-ins, for learning knows no documents.

A plug-in subclasses ``Withdrawal`` and registers it in a module ``withdrawals`` of an installed
app.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from hub.registry import Registry


class Withdrawal:
    """One way in which proofs become void."""

    key: str

    def rows(self) -> QuerySet[Any]:
        """One row for each proof that is void, with its enrolment as ``enrolment``."""
        raise NotImplementedError


withdrawals: Registry[Withdrawal] = Registry("withdrawal", key_attribute="key", contract=("rows",))


def is_withdrawn(enrolment: str = "pk") -> Q:
    """Whether a proof is void; ``enrolment`` is where the rows that are asked have it.

    Whoever completed the course has completed it all the same; what is void is shown to nobody else
    as a proof.
    """
    void = (cls().rows().filter(enrolment=OuterRef(enrolment)) for _key, cls in withdrawals.items())
    return reduce(or_, (Q(Exists(rows)) for rows in void), Q(pk__in=[]))
