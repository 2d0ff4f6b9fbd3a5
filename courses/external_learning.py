"""Who may see and decide upon further records of whom: the tenant fence of this part."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from hub.organisations.lookups import name_contains
from hub.organisations.models import Membership, Organisation, User
from hub.organisations.permissions import holds_anywhere, organisations_where
from hub.organisations.told import told_to

from .models import ExternalLearning
from .querysets import ExternalLearningQuerySet

#: Who records and accepts further records of an authority's people.
MANAGE = "courses.manage_external_learning"
#: Who sets courses as completed by hand for an authority's people.
OVERRIDE = "courses.override_completion"


def may_manage(user: User | AnonymousUser) -> bool:
    """Whether a person records and accepts further records for any authority."""
    return holds_anywhere(user, MANAGE)


def records_of(user: User | AnonymousUser) -> ExternalLearningQuerySet:
    """The further records that a person may see and decide upon as HR."""
    records: ExternalLearningQuerySet = ExternalLearning.objects.in_organisations(
        organisations_where(user, MANAGE)
    )
    return records


def with_document(user: User | AnonymousUser, record: UUID) -> ExternalLearning | None:
    """The record whose document a person may have: her own, or one that she decides upon."""
    in_charge = organisations_where(user, MANAGE)
    return (
        ExternalLearning.objects.filter(
            Q(membership__user=user.pk) | told_to(in_charge, "membership"), uuid=record
        )
        .exclude(document="")
        .first()
    )


def people_of(organisations: list[Organisation], query: str = "") -> QuerySet[Membership]:
    """Who works for the authorities today, in the order of names, found by name or number."""
    people = (
        Membership.objects.active()
        .in_organisations(organisations)
        .select_related("user", "organisation", "department")
        .order_by("name_key", "pk")
    )
    for word in query.split():
        people = people.filter(name_contains(word) | Q(staff_number__iexact=word))
    return people
