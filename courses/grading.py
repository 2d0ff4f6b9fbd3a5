"""Points: values in, values out. Knows neither the database nor a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True)
class Score:
    """Points reached of the points possible; both in hundredths of a point."""

    points: Decimal
    maximum: Decimal

    @property
    def is_full(self) -> bool:
        return self.points == self.maximum

    @property
    def share(self) -> Fraction:
        """The exact share of the points."""
        return Fraction(self.points) / Fraction(self.maximum) if self.maximum else Fraction(0)

    @property
    def percent(self) -> int:
        """Whole percent, never rounded up to a mark that was not reached."""
        return int(self.points * 100 / self.maximum) if self.maximum else 0


def one_right(chosen: Collection[str], right: Collection[str], maximum: int) -> Score:
    """All points for exactly the right options, else none."""
    points = maximum if right and set(chosen) == set(right) else 0
    return Score(Decimal(points), Decimal(maximum))


def share_right(chosen: Collection[str], right: Collection[str], maximum: int) -> Score:
    """The share of right options chosen, less the wrong ones chosen, never below nothing."""
    hits = len(set(chosen) & set(right))
    slips = len(set(chosen) - set(right))
    share = max(Decimal(0), Decimal(hits - slips) / Decimal(len(right))) if right else Decimal(0)
    points = (share * maximum).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)
    return Score(points, Decimal(maximum))


def total(scores: Iterable[Score]) -> Score:
    """The sum over the questions of an attempt."""
    points = maximum = Decimal(0)
    for score in scores:
        points += score.points
        maximum += score.maximum
    return Score(points, maximum)


def can_be_passed(
    questions: Collection[tuple[int, int]], drawn: int | None, pass_mark: int
) -> bool:
    """Whether every draw of ``drawn`` questions (all if ``None``) lets somebody reach the mark.

    ``questions`` are pairs of reachable and possible points. The draw is by chance, so the one with
    the fewest reachable points must do.
    """
    margins = sorted(100 * reachable - pass_mark * possible for reachable, possible in questions)
    worst = margins if drawn is None else margins[:drawn]
    return bool(worst) and sum(worst) >= 0


def is_passed(score: Score, pass_mark: int) -> bool:
    """Whether ``score`` reaches ``pass_mark`` percent, without rounding in favour or against."""
    return score.points * 100 >= score.maximum * pass_mark and score.maximum > 0
