"""Whose accounts somebody may put together, and which of them look like duplicates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from hub.organisations.lookups import name_contains
from hub.organisations.models import AccountMerge, Membership, Organisation, User
from hub.organisations.permissions import organisations_where
from hub.organisations.told import told_to

#: Who may put duplicate accounts of an authority's people together.
MERGE = "organisations.merge_accounts"
#: How many accounts a search shows, and how many pairs are proposed.
MOST = 50


def mergeable(actor: User) -> QuerySet[User]:
    """The accounts that somebody may put together with another one.

    For HR those of people who work or worked for its authorities, and went to no other one after
    that: their employer decides upon their login. Accounts that may do more than learn are left to
    who administers the hub, as are two accounts of different authorities. An account that is closed
    by a merge is in no other one.
    """
    accounts = User.objects.exclude(
        Exists(AccountMerge.objects.standing().filter(gone=OuterRef("pk")))
    )
    if actor.is_active and actor.is_superuser:
        return accounts
    held = organisations_where(actor, MERGE)
    employments = Membership.objects.filter(user=OuterRef("pk"))
    gone_to = Membership.objects.filter(
        user=OuterRef("user"), starts_on__gt=OuterRef("starts_on")
    ).exclude(organisation__in=held)
    return only_learning(accounts).filter(
        Exists(employments.filter(told_to(held)).filter(~Exists(gone_to))),
        ~Exists(employments.not_ended().exclude(organisation__in=held)),
    )


def only_learning(accounts: QuerySet[User]) -> QuerySet[User]:
    """Accounts that may do no more than learn."""
    return accounts.filter(
        ~Exists(User.groups.through.objects.filter(user=OuterRef("pk"))),
        ~Exists(User.user_permissions.through.objects.filter(user=OuterRef("pk"))),
        is_staff=False,
        is_superuser=False,
    )


def authority_of(actor: User, one: User, other: User) -> Organisation | None:
    """The authority of both accounts for which somebody may put them together, if there is one.

    Where both work or worked for several, the one of which the person has been for longest.
    """
    held = organisations_where(actor, MERGE)
    return (
        Organisation.objects.filter(
            Exists(Membership.objects.filter(organisation=OuterRef("pk"), user=one)),
            Exists(Membership.objects.filter(organisation=OuterRef("pk"), user=other)),
            pk__in=[organisation.pk for organisation in held],
        )
        .order_by("memberships__starts_on", "pk")
        .first()
    )


def pair_of(actor: User, kept: UUID, gone: UUID) -> tuple[User, User] | None:
    """Two accounts that somebody may put together; ``None`` where she may not."""
    found = {user.uuid: user for user in mergeable(actor).filter(uuid__in=[kept, gone])}
    if len(found) < 2:
        return None
    one, other = found[kept], found[gone]
    if not actor.is_superuser and authority_of(actor, one, other) is None:
        return None
    return one, other


def search(actor: User, query: str) -> list[User]:
    """The accounts that hold every word in name, user name, staff number or e-mail address.

    With their employments at the authorities of who searches as ``own_memberships``.
    """
    found = mergeable(actor)
    for word in query.split():
        found = found.filter(
            _named(actor, word)
            | Q(username__icontains=word)
            | Q(email__icontains=word)
            | Exists(_own(actor).filter(user=OuterRef("pk"), staff_number__iexact=word))
        )
    if not query.split():
        return []
    return list(with_employments(actor, found).order_by("name_key", "pk")[:MOST])


def _named(actor: User, word: str) -> Q:
    """Accounts whose person one's own authorities know by a name that holds a word."""
    known = Q(Exists(_own(actor).filter(name_contains(word), user=OuterRef("pk"))))
    # Who administers the hub finds accounts without any employment, too.
    return known | name_contains(word) if actor.is_superuser else known


def with_employments(actor: User, accounts: QuerySet[User]) -> QuerySet[User]:
    """Accounts with their employments that somebody may see, as ``own_memberships``."""
    employments = _own(actor).select_related("organisation", "department").order_by("-starts_on")
    return accounts.prefetch_related(
        Prefetch("memberships", employments, to_attr="own_memberships")
    )


def _own(actor: User) -> QuerySet[Membership]:
    return Membership.objects.filter(told_to(organisations_where(actor, MERGE)))


@dataclass(frozen=True)
class Proposal:
    """Two accounts that may be of one person, and why."""

    one: User
    other: User
    why: str


def proposals(actor: User) -> list[Proposal]:
    """Likely duplicates of one's own authorities; nothing is done about them by itself.

    Two accounts had the same staff number at one authority, or have the same name at one authority
    and addresses of the same domain. The number of queries depends on nothing.
    """
    keys: dict[tuple[int, int], str] = {}
    for users in _same_number(actor):
        for pair in combinations(sorted(users), 2):
            keys.setdefault(pair, _("same staff number"))
    for users in _same_name(actor):
        for pair in combinations(sorted(users), 2):
            keys.setdefault(pair, _("same name and same domain of the e-mail address"))
    wanted = {pk for pair in keys for pk in pair}
    accounts = with_employments(actor, mergeable(actor)).in_bulk(wanted) if wanted else {}
    found = (
        Proposal(accounts[one], accounts[other], why)
        for (one, other), why in keys.items()
        if one in accounts and other in accounts
    )
    return sorted(found, key=lambda proposal: (proposal.one.name_key, proposal.one.pk))[:MOST]


def _same_number(actor: User) -> Iterator[set[int]]:
    numbered = _own(actor).exclude(staff_number="").order_by()
    shared = _shared(numbered, "staff_number")
    return _together(
        ((organisation, number), user)
        for organisation, number, user in numbered.filter(staff_number__in=shared).values_list(
            "organisation", "staff_number", "user"
        )
    )


def _same_name(actor: User) -> Iterator[set[int]]:
    addressed = _own(actor).exclude(user__email="").order_by()
    shared = _shared(addressed, "name_key")
    return _together(
        ((organisation, name, email.rpartition("@")[2].casefold()), user)
        for organisation, name, email, user in addressed.filter(name_key__in=shared).values_list(
            "organisation", "name_key", "user__email", "user"
        )
    )


def _shared(employments: QuerySet[Membership], what: str) -> list[str]:
    """What several accounts of one authority have in common, at most as much as is shown."""
    several = (
        employments.values("organisation", what)
        .annotate(people=Count("user", distinct=True))
        .filter(people__gt=1)
        .order_by("organisation", what)
    )
    return list(several.values_list(what, flat=True)[:MOST])


def _together(rows: Iterable[tuple[object, int]]) -> Iterator[set[int]]:
    groups: dict[object, set[int]] = defaultdict(set)
    for key, user in rows:
        groups[key].add(user)
    return (users for users in groups.values() if len(users) > 1)
