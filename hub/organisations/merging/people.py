"""What becomes of employments and of the accounts themselves."""

from __future__ import annotations

from copy import copy
from datetime import date

from django.utils.translation import gettext as _
from wagtail import VERSION as WAGTAIL_VERSION

from hub.organisations.models import Membership
from hub.organisations.models.people import NAMES
from hub.organisations.permissions import organisations_where

from .accounts import MERGE
from .mergers import Merger, Pair, mergers
from .steps import Figure, Plan

#: Wagtail 8 has tokens for an interface of its own.
_OF_NEWER_WAGTAIL = ("wagtailcore.APIToken.user",) if WAGTAIL_VERSION >= (8,) else ()


@mergers.register
class PeopleMerger(Merger):
    """Employments come along; the account that goes is closed. Rights never come along."""

    key = "people"
    moves = frozenset(
        {"organisations.Membership.user", "organisations.Membership_audiences.membership"}
    )
    stays = frozenset(
        {
            "organisations.AccountMerge.gone",
            "organisations.AccountMerge.kept",
            "organisations.AccountMerge.merged_by",
            "organisations.AccountMerge.undone_by",
            "organisations.EmployeeImport.confirmed_by",
            "organisations.EmployeeImport.uploaded_by",
            "organisations.User_groups.user",
            "organisations.User_user_permissions.user",
            "wagtail_localize.SegmentOverride.last_translated_by",
            "wagtail_localize.StringTranslation.last_translated_by",
            "wagtailadmin.EditingSession.user",
            "wagtailadmin.FormState.user",
            "wagtailcore.Comment.resolved_by",
            "wagtailcore.Comment.user",
            "wagtailcore.CommentReply.user",
            "wagtailcore.ModelLogEntry.user",
            "wagtailcore.Page.locked_by",
            "wagtailcore.Page.owner",
            "wagtailcore.PageLogEntry.user",
            "wagtailcore.PageSubscription.user",
            "wagtailcore.Revision.user",
            "wagtailcore.TaskState.finished_by",
            "wagtailcore.UploadedFile.uploaded_by_user",
            "wagtailcore.WorkflowState.requested_by",
            "wagtaildocs.Document.uploaded_by_user",
            "wagtailimages.Image.uploaded_by_user",
            "wagtailusers.UserProfile.user",
            *_OF_NEWER_WAGTAIL,
        }
    )

    def merged(self, pair: Pair) -> None:
        """What has not ended goes by the name of the account that it belongs to now."""
        Membership.objects.filter(user__in=[pair.kept, pair.gone]).take_names()

    def plan(self, pair: Pair, plan: Plan) -> None:
        plan.obstacles += _obstacles(pair)
        kept, gone = pair.of(pair.kept), pair.of(pair.gone)
        plan.figures.append(Figure(_("Employments"), len(kept), len(gone)))
        audiences = _audiences_of(kept)
        own = {each.pk for each in organisations_where(pair.actor, MERGE)}
        for membership in gone:
            place = pair.part_of.get(membership.pk)
            if place is None:
                plan.change(membership, user_id=pair.kept.pk)
            else:
                before = place.staff_number
                _put_together(place, membership, plan, audiences[place.pk])
                if place.organisation_id in own:
                    plan.notes += _number_that_goes(before, place, membership)
        if pair.part_of:
            plan.notes.append(_("Employments at the same authority in the same period become one."))
        if pair.gone.groups.exists() or pair.gone.is_staff or pair.gone.is_superuser:
            plan.notes.append(
                _("The account that is closed may do more than learn. Rights do not come along.")
            )
        # A copy: who asks only what would happen goes on with the account as it is.
        plan.change(copy(pair.gone), loose=True, is_active=False)


def _obstacles(pair: Pair) -> list[str]:
    found = []
    if not pair.kept.is_active:
        found.append(_("The account that is to stay is closed. Please choose the other one."))
    if pair.gone == pair.actor:
        found.append(_("You are signed in with the account that would be closed."))
    places = {row.organisation_id for row in pair.memberships if row.ends_on is None}
    if len(places) > 1:
        found.append(
            _(
                "The two accounts work for different authorities today. Please have one of the "
                "employments ended first."
            )
        )
    return found


def _audiences_of(memberships: list[Membership]) -> dict[int, set[int]]:
    """The audiences of each employment."""
    found: dict[int, set[int]] = {membership.pk: set() for membership in memberships}
    rows = Membership.audiences.through.objects.filter(membership__in=memberships)
    for membership_id, audience_id in rows.values_list("membership_id", "audience_id"):
        found[membership_id].add(audience_id)
    return found


def _put_together(
    place: Membership, membership: Membership, plan: Plan, audiences: set[int]
) -> None:
    """One employment becomes part of another: its period and audiences are those of both.

    What the one says that ends later counts, of two that end together the one that stays; where it
    says nothing, what the other one says. ``audiences`` are those it has by now.
    """
    rows = Membership.audiences.through.objects.filter(membership=membership)
    for row in rows.order_by("pk"):
        if row.audience_id in audiences:
            plan.remove(row)
        else:
            plan.change(row, loose=True, membership_id=place.pk)
            audiences.add(row.audience_id)
    latest, other = place, membership
    if _end(membership) > _end(place):
        latest, other = membership, place
    # First it goes, for two open employments may not have the same staff number.
    plan.remove(membership)
    plan.change(
        place,
        loose=True,
        starts_on=min(place.starts_on, membership.starts_on),
        ends_on=latest.ends_on,
        employment=latest.employment,
        staff_number=latest.staff_number or other.staff_number,
        department_id=latest.department_id or other.department_id,
        **{name: getattr(latest, name) for name in NAMES},
    )


def _end(membership: Membership) -> date:
    return membership.ends_on or date.max


def _number_that_goes(before: str, place: Membership, membership: Membership) -> list[str]:
    """What HR is told where both employments had a staff number, and one of them goes."""
    gone = {before, membership.staff_number} - {"", place.staff_number}
    return [
        _(
            "Staff number %(kept)s stays, %(gone)s goes. If the latter is the right one, please "
            "turn the accounts round; a list of employees with it would make a new account."
        )
        % {"kept": place.staff_number, "gone": number}
        for number in gone
    ]
