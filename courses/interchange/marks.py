"""What the percentages of other programs mean in the hub's way of grading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from .markup import QuestionRefused


@dataclass(frozen=True)
class Judged:
    """Which options are right, so which type the question has, and what is counted differently."""

    type_key: str
    is_correct: list[bool]
    notes: list[str]


def judge_options(shares: Sequence[Decimal], *, takes_several: bool) -> Judged:
    """What the percentages of options come to.

    In the hub each right option counts the same and each wrong one takes as much away; a single
    choice is right or wrong. Raises ``QuestionRefused`` where nothing is right, or too much.
    """
    is_correct = [share > 0 if takes_several else share == 100 for share in shares]
    right = sum(is_correct)
    if not right:
        raise QuestionRefused(_("No answer is marked as fully right."))
    if not takes_several:
        if right > 1:
            raise QuestionRefused(
                _("Several answers are fully right, although only one may be chosen.")
            )
        others = any(share and share != 100 for share in shares)
        note = _("Partial and negative points of single answers were left out.")
        return Judged("single_choice", is_correct, [note] if others else [])
    even = Decimal(100) / right
    uneven = any(
        abs(share - (even if correct else -even)) > 1
        for share, correct in zip(shares, is_correct, strict=True)
    )
    note = _(
        "Partial points are spread evenly here: each right answer counts the same, each wrong one "
        "takes as much away, never below nothing."
    )
    return Judged("multiple_choice", is_correct, [note] if uneven else [])
