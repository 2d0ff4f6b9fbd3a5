"""What becomes of the log of hand-overs when two accounts are one: it says who it was."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from hub.organisations.merging import Merger, Pair, Plan, mergers
from hub.organisations.models import User

from .models import ExportSchedule, NoticeState, ScheduleNotice


@mergers.register
class HandOverMerger(Merger):
    """Who handed a list over did it with the login of that day.

    A token stands still with the account of who made it (``api.tokens``). Regular hand-overs that
    are running or have a mail to send come along; whether the other account may have them is asked
    each time.
    """

    key = "hand-overs"
    moves = frozenset({"exports.ExportSchedule.owner"})
    stays = frozenset(
        {
            "exports.ApiToken.made_by",
            "exports.ApiToken.revoked_by",
            "exports.ExportRun.user",
            "exports.ExportSchedule.stopped_by",
            "exports.ReportSwitch.changed_by",
        }
    )

    def lock(self, kept: User, gone: User) -> None:
        list(_coming_along(gone).select_for_update(of=("self",)))

    def plan(self, pair: Pair, plan: Plan) -> None:
        """Its owner is told of each file by mail, at the account that stays."""
        for schedule in _coming_along(pair.gone):
            plan.change(schedule, owner_id=pair.kept.pk)


def _coming_along(owner: User) -> QuerySet[ExportSchedule]:
    waiting = ScheduleNotice.objects.filter(schedule=OuterRef("pk"), state=NoticeState.WAITING)
    running = ExportSchedule.objects.running().values("pk")
    return (
        ExportSchedule.objects.filter(Exists(waiting) | Q(pk__in=running))
        .filter(owner=owner)
        .order_by("pk")
    )
