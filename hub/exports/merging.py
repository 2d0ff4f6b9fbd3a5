"""What becomes of the log of hand-overs when two accounts are one: it says who it was."""

from __future__ import annotations

from hub.organisations.merging import Merger, Pair, Plan, mergers


@mergers.register
class HandOverMerger(Merger):
    """Who handed a list over did it with the login of that day.

    A token stands still with the account of who made it (``api.tokens``).
    """

    key = "hand-overs"
    stays = frozenset(
        {
            "exports.ApiToken.made_by",
            "exports.ApiToken.revoked_by",
            "exports.ExportRun.user",
            "exports.ReportSwitch.changed_by",
        }
    )

    def plan(self, pair: Pair, plan: Plan) -> None:
        """Nothing comes along."""
