"""What becomes of letters when two accounts are one: a closed account is opened by none."""

from __future__ import annotations

from hub.organisations.merging import Merger, Pair, Plan, mergers


@mergers.register
class InvitationMerger(Merger):
    """A letter says whom it was written to, and by whom; the account that stays gets another."""

    key = "invitations"
    stays = frozenset({"invitations.Invitation.user", "invitations.Invitation.written_by"})

    def plan(self, pair: Pair, plan: Plan) -> None:
        """Nothing comes along."""
