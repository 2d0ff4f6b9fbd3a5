"""Putting two accounts together, and undoing it: shown first, done as shown, undone exactly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from hub.organisations.models import AccountMerge, Membership, User

from .accounts import authority_of, mergeable, only_learning
from .mergers import Pair, all_mergers
from .steps import CannotBeRestored, Plan, do, from_json, left_behind, undo

MERGED, UNDONE = "organisations.merge", "organisations.undo_merge"


@dataclass(frozen=True)
class Preview:
    """What is shown before two accounts are put together."""

    pair: Pair
    plan: Plan
    #: Stands for all that is shown and every step.
    fingerprint: str

    @property
    def is_possible(self) -> bool:
        return not self.plan.obstacles


class NotAsShown(Exception):
    """What is to be done is not what was shown; ``preview`` is what would happen now."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview


class CannotBeUndone(Exception):
    """A merge cannot be undone (any more); ``reasons`` are sentences."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons


def preview(*, kept: User, gone: User, actor: User) -> Preview:
    """What would happen if ``gone`` became part of ``kept``; nothing is written."""
    return _planned(Pair(kept, gone, actor))


def _planned(pair: Pair) -> Preview:
    plan = Plan()
    for merger in all_mergers():
        figures, notes = plan.figures, plan.notes
        plan.figures, plan.notes = [], []
        merger.plan(pair, plan)
        # What goes last is read first: where people work, then what they learnt.
        plan.figures += figures
        plan.notes += notes
    if any(left_behind(plan.steps)):
        plan.obstacles.append(
            _("Something depends on these accounts of which the hub does not know what to do.")
        )
    # The present moment is another one each time.
    steps = repr([step.as_json() for step in plan.steps]).replace(pair.now.isoformat(), "now")
    shown = repr((plan.figures, plan.notes, plan.obstacles))
    return Preview(pair, plan, sha256((steps + shown).encode()).hexdigest())


def merge_accounts(
    *, kept: User, gone: User, confirmed: str, reason: str, actor: User
) -> AccountMerge:
    """Make ``gone`` part of ``kept`` as it was shown, and close it.

    ``confirmed`` is the fingerprint of the preview that was shown. A second call returns the merge
    and changes nothing. Raises ``NotAsShown`` where something else would happen now, or it is not
    possible; then nothing is written.
    """
    with transaction.atomic():
        pair = _locked(kept, gone, actor)
        there = AccountMerge.objects.standing().filter(kept=kept, gone=gone).first()
        if there is not None:
            return there
        shown = _planned(pair)
        if shown.fingerprint != confirmed or not shown.is_possible:
            raise NotAsShown(shown)
        merge = AccountMerge.objects.create(
            kept=kept,
            gone=gone,
            organisation=authority_of(actor, kept, gone),
            reason=reason,
            steps=[step.as_json() for step in shown.plan.steps],
            merged_by=actor,
            merged_at=pair.now,
        )
        do(shown.plan.steps)
        for merger in all_mergers():
            merger.merged(pair)
        _log(merge, MERGED, actor, reason)
    return merge


def _locked(kept: User, gone: User, actor: User) -> Pair:
    """The two accounts with all that is moved, locked until the transaction ends.

    What belongs to people is locked before they are, as where somebody is enrolled: nobody waits
    for each other. Once the accounts are locked nothing can be added to them, and what was added
    until then is locked, too.
    """
    mergers = all_mergers()
    for merger in mergers:
        merger.lock(kept, gone)
    accounts = User.objects.select_for_update().filter(pk__in=[kept.pk, gone.pk])
    users = {user.pk: user for user in accounts.order_by("pk")}
    memberships = Membership.objects.select_for_update().filter(user__in=users)
    list(memberships.order_by("pk").values_list("pk"))
    for merger in mergers:
        merger.lock(kept, gone)
    # Whatever was written before the locks were there is older than the merge.
    return Pair(users[kept.pk], users[gone.pk], actor, timezone.now())


def undo_merge(*, merge: AccountMerge, reason: str, actor: User) -> AccountMerge:
    """Make two accounts of one again, as they were, and open the closed one.

    A second call changes nothing. Raises ``CannotBeUndone``; then nothing is written.
    """
    with transaction.atomic():
        merge.refresh_from_db(from_queryset=AccountMerge.objects.select_for_update(of=("self",)))
        if merge.is_undone:
            return merge
        _locked(merge.kept, merge.gone, actor)
        if reasons := _against_undo(merge, timezone.now()):
            raise CannotBeUndone(*reasons)
        mergers = all_mergers()
        for merger in mergers:
            merger.undone(merge)
        try:
            undo(from_json(merge.steps))
        except CannotBeRestored as error:
            raise CannotBeUndone(_changed_since()) from error
        # Somebody may have been given another name since; the rows came back with that of then.
        Membership.objects.filter(user__in=[merge.kept_id, merge.gone_id]).take_names()
        merge.undone_by, merge.undone_at, merge.undone_reason = actor, timezone.now(), reason
        merge.told_at = None
        # The other rows are as they were; nothing is left to go back to.
        merge.steps = []
        merge.save()
        _log(merge, UNDONE, actor, reason)
    return merge


def forget_expired() -> int:
    """Forget what undoing takes of merges that are too old for it, and say of how many.

    That they were merged stays. Safe to stop and to repeat.
    """
    expired = AccountMerge.objects.expired(timezone.now()).select_related("kept", "gone")
    count = 0
    for merge in expired:
        with transaction.atomic():
            for merger in all_mergers():
                merger.forget(merge)
            AccountMerge.objects.filter(pk=merge.pk).update(steps=[])
        count += 1
    return count


def _changed_since() -> str:
    return _(
        "What came over has been changed since by other means, so that it cannot go back as it was."
    )


def _against_undo(merge: AccountMerge, now: datetime) -> list[str]:
    """Why a merge cannot be undone, in sentences; empty if it can."""
    if now >= merge.undo_until:
        return [_("A merge can be undone for 30 days. They are over.")]
    later = AccountMerge.objects.standing().filter(merged_at__gte=merge.merged_at)
    accounts = [merge.kept_id, merge.gone_id]
    if (
        later.exclude(pk=merge.pk).filter(kept__in=accounts).exists()
        or later.exclude(pk=merge.pk).filter(gone__in=accounts).exists()
    ):
        return [_("One of the accounts was merged again since. Please undo that first.")]
    found = (reason for merger in all_mergers() for reason in merger.against_undo(merge))
    return list(dict.fromkeys(found))


def reasons_against_undo(merge: AccountMerge) -> list[str]:
    """Why a merge that stands cannot be undone today, as far as can be told before trying."""
    return _against_undo(merge, timezone.now())


def may_undo(actor: User, merge: AccountMerge) -> bool:
    """Whether somebody who sees a merge may undo it: who could make it today, were it not there."""
    if actor.is_superuser:
        return True
    return (
        mergeable(actor).filter(pk=merge.kept_id).exists()
        and only_learning(User.objects.filter(pk=merge.gone_id)).exists()
    )


def mark_as_told(*, user: User | AnonymousUser, merge: UUID) -> None:
    """The person has read that her accounts were merged, or are two again. Safe to repeat."""
    AccountMerge.objects.filter(kept=user.pk, told_at__isnull=True, uuid=merge).update(
        told_at=timezone.now()
    )


def _log(merge: AccountMerge, action: str, actor: User, reason: str) -> None:
    log(
        merge,
        action,
        user=actor,
        data={
            "kept": str(merge.kept.uuid),
            "closed": str(merge.gone.uuid),
            "authority": merge.organisation.slug if merge.organisation else None,
            "reason": reason,
        },
    )
