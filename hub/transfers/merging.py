"""What becomes of transfer codes when two accounts are one: a closed account moves nowhere."""

from __future__ import annotations

from hub.organisations.merging import Merger, Pair, Plan, mergers


@mergers.register
class TransferMerger(Merger):
    """A code is of the account it was made for."""

    key = "transfers"
    stays = frozenset({"transfers.TransferCode.user"})

    def plan(self, pair: Pair, plan: Plan) -> None:
        """Nothing comes along."""
