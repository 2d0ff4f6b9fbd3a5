"""To whom HR of an authority may write."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from hub.organisations.models import Membership, Organisation, User


def invitable(organisations: Iterable[Organisation]) -> QuerySet[Membership]:
    """One membership for each person to whom the authorities may write a letter.

    Who may do more than learn is none of them: with the code somebody else would have that power.
    Whoever works for two authorities belongs to the one that came last, and before the first day to
    the one that she works for until then: a code opens what was learnt in both.
    """
    today = timezone.localdate()
    own = Membership.objects.not_ended(today).filter(user=OuterRef("user"))
    began_later = own.filter(
        Q(starts_on__gt=OuterRef("starts_on"))
        | Q(starts_on=OuterRef("starts_on"), pk__gt=OuterRef("pk")),
        starts_on__lte=today,
    )
    begins_before = own.filter(
        Q(starts_on__lt=OuterRef("starts_on"))
        | Q(starts_on=OuterRef("starts_on"), pk__lt=OuterRef("pk"))
    )
    return (
        Membership.objects.not_ended(today)
        .in_organisations(organisations)
        .filter(user__is_active=True, user__is_staff=False, user__is_superuser=False)
        .filter(organisation__is_active=True)
        .exclude(Exists(User.groups.through.objects.filter(user=OuterRef("user"))))
        .exclude(Exists(User.user_permissions.through.objects.filter(user=OuterRef("user"))))
        .filter(
            Q(~Exists(began_later), starts_on__lte=today)
            | Q(~Exists(begins_before), starts_on__gt=today)
        )
        .order_by("name_key", "pk")
    )
