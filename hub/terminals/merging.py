"""What becomes of shared devices when two accounts are one."""

from __future__ import annotations

from hub.organisations.merging import Merger, Pair, Plan, mergers


@mergers.register
class TerminalMerger(Merger):
    """Who switched a device on did it with the login of that day."""

    key = "terminals"
    stays = frozenset({"terminals.Terminal.switched_on_by"})

    def plan(self, pair: Pair, plan: Plan) -> None:
        """Nothing comes along."""
