"""The plug-in point of merges: each app says what becomes of its rows when two accounts are one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from django.apps import apps
from django.utils import timezone

from hub.organisations.models import AccountMerge, Membership, Organisation, User
from hub.organisations.permissions import organisations_where
from hub.registry import Registry

from .steps import Plan


@dataclass
class Pair:
    """Two accounts of one person: which one she goes on with, and who puts them together."""

    kept: User
    gone: User
    actor: User
    now: datetime = field(default_factory=timezone.now)
    #: By key of an employment of the account that goes, the one it becomes part of.
    part_of: dict[int, Membership] = field(init=False)
    memberships: list[Membership] = field(init=False)

    def __post_init__(self) -> None:
        self.memberships = list(
            Membership.objects.filter(user__in=[self.kept, self.gone]).order_by("starts_on", "pk")
        )
        self.part_of = {}
        for membership in self.of(self.gone):
            if (place := self._place_of(membership)) is not None:
                self.part_of[membership.pk] = place

    def of(self, user: User) -> list[Membership]:
        """The employments of one of the two."""
        return [membership for membership in self.memberships if membership.user_id == user.pk]

    def seen(self, permission: str) -> list[Organisation]:
        """The authorities of which the actor may read what the plan says.

        Those for which she holds the permission; where it is about her own accounts, all.
        """
        if self.actor == self.kept:
            places = {row.organisation_id for row in self.memberships}
            return list(Organisation.objects.filter(pk__in=places))
        return organisations_where(self.actor, permission)

    def _place_of(self, membership: Membership) -> Membership | None:
        """The employment of the other account at the same authority in the same period.

        Of several the one that is open, else the one that began last.
        """
        same = [other for other in self.of(self.kept) if _is_same(other, membership)]
        return max(same, key=lambda row: (row.ends_on is None, row.starts_on), default=None)


def _is_same(one: Membership, other: Membership) -> bool:
    return (
        one.organisation_id == other.organisation_id
        and (one.ends_on is None or other.starts_on <= one.ends_on)
        and (other.ends_on is None or one.starts_on <= other.ends_on)
    )


class Merger:
    """What of an app belongs to people. The relations are named "app.Model.field"."""

    key: ClassVar[str]
    #: The relations to ``User`` and ``Membership`` whose rows ``plan`` takes along.
    moves: ClassVar[frozenset[str]] = frozenset()
    #: Those that say who did something, with which login, and go on saying it.
    stays: ClassVar[frozenset[str]] = frozenset()

    def lock(self, kept: User, gone: User) -> None:
        """Lock the rows of both accounts that ``plan`` reads, in the order of their keys."""

    def plan(self, pair: Pair, plan: Plan) -> None:
        """Add to ``plan`` what becomes of the rows; write nothing."""
        raise NotImplementedError

    def merged(self, pair: Pair) -> None:
        """Do what no step may tell of; called after all steps, in the same transaction."""

    def undone(self, merge: AccountMerge) -> None:
        """Undo what ``merged`` did; called before the steps are undone."""

    def forget(self, merge: AccountMerge) -> None:
        """Forget what ``undone`` would have needed; called when it is too late for undoing."""

    def against_undo(self, merge: AccountMerge) -> Iterable[str]:
        """Why a merge cannot be undone any more, in sentences."""
        return ()


mergers: Registry[Merger] = Registry(
    "merger", key_attribute="key", contract=("moves", "stays", "plan")
)


def all_mergers() -> list[Merger]:
    """A merger of each kind; what depends on others comes before these."""
    return [cls() for _key, cls in reversed(mergers.items())]


def relations() -> set[str]:
    """Every relation of any model to ``User`` or ``Membership``, as "app.Model.field"."""
    return {
        f"{model._meta.label}.{column.name}"
        for model in apps.get_models(include_auto_created=True)
        for column in (*model._meta.local_fields, *model._meta.local_many_to_many)
        if column.related_model in (User, Membership)
    }


def unknown_relations() -> set[str]:
    """Relations of which no merger says what becomes of them."""
    known = (cls.moves | cls.stays for _key, cls in mergers.items())
    return relations().difference(*known)
