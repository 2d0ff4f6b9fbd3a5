"""Points: values in, values out. Knows neither the database nor a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

HUNDREDTH = Decimal("0.01")
#: Where a person marks an answer, points are given in steps of this.
MARKING_STEP = Decimal("0.25")


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


def share_of_parts(are_right: Sequence[bool], maximum: int) -> Score:
    """The share of the parts that are right: pairs, steps in their place, gaps.

    A wrong part takes nothing away; a question without parts gets nothing.
    """
    return part_of(sum(are_right), len(are_right), maximum)


def within_tolerance(number: Decimal | None, right: Decimal, tolerance: Decimal) -> bool:
    """Whether a number is the right one or differs by ``tolerance`` at most."""
    return number is not None and abs(number - right) <= tolerance


def all_or_nothing(is_right: bool, maximum: int) -> Score:
    """All points or none."""
    return Score(Decimal(maximum if is_right else 0), Decimal(maximum))


def unscored() -> Score:
    """The score of what earns nothing: nothing of nothing."""
    return Score(Decimal(0), Decimal(0))


def part_of(reached: int, of: int, maximum: int) -> Score:
    """``reached`` parts of ``of`` in points, to the hundredth."""
    share = Decimal(reached) / Decimal(of) if of else Decimal(0)
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
    the fewest reachable points must do. Nobody passes a draw of questions that earn no points.
    """
    unscored_count = sum(possible == 0 for _reachable, possible in questions)
    if unscored_count >= (len(questions) if drawn is None else drawn):
        return False
    margins = sorted(100 * reachable - pass_mark * possible for reachable, possible in questions)
    worst = margins if drawn is None else margins[:drawn]
    return sum(worst) >= 0


def is_passed(score: Score, pass_mark: int) -> bool:
    """Whether ``score`` reaches ``pass_mark`` percent, without rounding in favour or against."""
    return score.points * 100 >= score.maximum * pass_mark and score.maximum > 0
