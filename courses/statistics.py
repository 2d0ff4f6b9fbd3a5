"""How questions do, without persons: observations in, figures out. Knows neither ORM nor request.

What is shown is safe by how it is reckoned, see ``docs/decisions/0015-item-statistics.md``:

* persons count in whole groups of the smallest size, in the order in which they came. So two looks
  at the figures differ by a whole group or not at all;
* every count is rounded to the nearest multiple of the smallest size. So the difference between
  two looks does not say either what the group between them did;
* what rounds to nobody or to everybody is only said to be below or above a bound.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from math import floor, sqrt

#: So many groups are needed to say how a question goes with the others, and what to look at.
GROUPS_TO_JUDGE = 4
#: From this share on a question counts as easy, up to that one as hard; in percent.
EASY, HARD = 95, 30
#: A wrong answer that so few choose, in percent, hardly misleads anybody.
IDLE = 5


class Tally(Enum):
    """What is counted of the answers to a question beside their points."""

    #: Only points: what was typed is nobody's business.
    NOTHING = auto()
    #: Each answer counts for one row at most, and is right if and only if this row is.
    ONE = auto()
    #: Each answer counts for any number of rows.
    SEVERAL = auto()
    #: The rows are parts of the question; an answer counts for those that are right.
    PARTS = auto()


@dataclass(frozen=True)
class Observation:
    """What one person did with one question the first time she was asked."""

    #: The wording that was asked; anything that tells it from others.
    text: Hashable
    #: Which share of the question's points she got; ``None`` if it earns none.
    share: float | None
    #: Which share of the points of all other questions; ``None`` if there were none to get.
    rest: float | None
    #: The rows her answer counts for.
    rows: Collection[str] = ()


@dataclass
class Sums:
    """The sums over the persons who were asked one text, in whole groups of ``group``.

    Whoever does not fill a group yet waits for those who come next.
    """

    group: int
    persons: int = 0
    points: float = 0
    rows: Counter[str] = field(default_factory=Counter)
    #: The sums that a correlation of ``share`` (x) and ``rest`` (y) needs.
    pairs: int = 0
    x: float = 0
    y: float = 0
    xx: float = 0
    yy: float = 0
    xy: float = 0
    _waiting: list[Observation] = field(default_factory=list)

    def add(self, observation: Observation) -> None:
        self._waiting.append(observation)
        if len(self._waiting) == self.group:
            for waiting in self._waiting:
                self._count(waiting)
            self._waiting.clear()

    def _count(self, observation: Observation) -> None:
        self.persons += 1
        self.rows.update(observation.rows)
        share, rest = observation.share, observation.rest
        if share is None:
            return
        self.points += share
        if rest is not None:
            self.pairs += 1
            self.x += share
            self.y += rest
            self.xx += share * share
            self.yy += rest * rest
            self.xy += share * rest

    @property
    def correlation(self) -> float | None:
        """How share and rest go together, from -1 to 1; ``None`` if one of them never varies."""
        n = self.pairs
        spread = (n * self.xx - self.x**2) * (n * self.yy - self.y**2)
        # What floats leave of nothing is far below the least spread that points can have.
        if spread <= 1e-9:
            return None
        return max(-1.0, min(1.0, (n * self.xy - self.x * self.y) / sqrt(spread)))


def add_up(observations: Iterable[Observation], group: int) -> dict[Hashable, Sums]:
    """The sums for each text; ``observations`` come in the order in which persons were graded.

    Memory grows with the number of texts, not of persons.
    """
    sums: dict[Hashable, Sums] = {}
    for observation in observations:
        if observation.text not in sums:
            sums[observation.text] = Sums(group)
        sums[observation.text].add(observation)
    return sums


@dataclass(frozen=True)
class Shown:
    """A number of persons as it may be shown: rounded, or only below or above a bound."""

    rounded: int
    persons: int
    group: int

    @property
    def is_below(self) -> bool:
        """Whether it is only said that it is less than ``count``."""
        return self.rounded <= 0

    @property
    def is_above(self) -> bool:
        """Whether it is only said that it is more than ``count``."""
        return self.rounded >= self.persons

    @property
    def count(self) -> int:
        return min(max(self.rounded, self.group), self.persons - self.group)

    @property
    def percent(self) -> int:
        return round(100 * self.count / self.persons)


class Silence(Enum):
    """Why nothing is said on how a question goes with the others."""

    UNSCORED = auto()
    TOO_FEW = auto()
    ALONE = auto()
    TOO_ALIKE = auto()


class Hint(Enum):
    """What an editor should look at."""

    REVERSED = auto()
    LURE = auto()
    HARD = auto()
    EASY = auto()
    IDLE = auto()


@dataclass(frozen=True)
class Figures:
    """What may be shown of one text of a question."""

    #: Whole groups only.
    persons: int = 0
    #: ``None`` if the question earns no points, or too few were asked.
    share: Shown | None = None
    #: By the keys of the rows; empty if too few were asked.
    rows: Mapping[str, Shown] = field(default_factory=dict)
    #: To one decimal: the corrected item-rest correlation.
    discrimination: float | None = None
    #: Why there is no ``discrimination``.
    silence: Silence | None = None
    #: Whether there are two groups or more: of one alone nothing can be shown but its size.
    is_enough: bool = False


def rounded(count: float, group: int) -> int:
    """The nearest multiple of ``group``; what lies in the middle goes up."""
    return floor((2 * count + group) / (2 * group)) * group


def rounded_together(counts: Sequence[int], persons: int, group: int) -> list[int]:
    """The same for answers of which each person gave one at most.

    If everybody answered and all counts were rounded up, or all down, as far as can be, the number
    of persons would give them all away: then the largest one goes the other way.
    """
    found = [rounded(count, group) for count in counts]
    excess = sum(found) - persons
    if sum(counts) == persons and abs(excess) == len(counts) * (group // 2):
        found[counts.index(max(counts))] -= group if excess > 0 else -group
    return found


def figures(
    sums: Sums | None,
    *,
    is_scored: bool,
    tally: Tally = Tally.NOTHING,
    rows: Sequence[str] = (),
    right: Collection[str] = (),
) -> Figures:
    """What may be shown of ``sums``: nothing but this is shown to anybody.

    ``rows`` are all that an answer could count for, ``right`` those that are right.
    """
    if sums is None or sums.persons < 2 * sums.group:
        return Figures(sums.persons if sums else 0, silence=Silence.TOO_FEW)
    group, persons = sums.group, sums.persons
    counts = [sums.rows[row] for row in rows]
    if tally is Tally.ONE:
        numbers = rounded_together(counts, persons, group)
    else:
        numbers = [rounded(count, group) for count in counts]
    shown = {row: Shown(n, persons, group) for row, n in zip(rows, numbers, strict=True)}
    share = None
    if is_scored:
        # The same number twice must not be rounded in two ways.
        alone = shown[next(iter(right))] if tally is Tally.ONE and len(right) == 1 else None
        share = alone or Shown(rounded(sums.points, group), persons, group)
    discrimination, silence = _discrimination(sums, share)
    return Figures(persons, share, shown, discrimination, silence, is_enough=True)


def _discrimination(sums: Sums, share: Shown | None) -> tuple[float | None, Silence | None]:
    least = GROUPS_TO_JUDGE * sums.group
    if share is None:
        return None, Silence.UNSCORED
    if sums.persons < least:
        return None, Silence.TOO_FEW
    if sums.pairs < least:
        return None, Silence.ALONE
    # Of a few persons who differ from all others it would tell how they did in the whole quiz.
    if not 2 * sums.group <= share.rounded <= sums.persons - 2 * sums.group:
        return None, Silence.TOO_ALIKE
    correlation = sums.correlation
    if correlation is None:
        return None, Silence.TOO_ALIKE
    return round(correlation, 1) + 0.0, None


def hints(shown: Figures, *, tally: Tally, right: Collection[str] = ()) -> list[Hint]:
    """What to look at, the gravest first; follows from what is shown, so it tells nothing more."""
    share = shown.share
    if share is None or shown.persons < GROUPS_TO_JUDGE * share.group:
        return []
    found = []
    if shown.discrimination is not None and shown.discrimination * sqrt(shown.persons) <= -2:
        # Two standard errors below nothing: no mere chance.
        found.append(Hint.REVERSED)
    wrong = [number for row, number in shown.rows.items() if row not in right]
    if tally is Tally.ONE and any(number.rounded > share.rounded for number in wrong):
        found.append(Hint.LURE)
    if share.is_below or share.percent <= HARD:
        found.append(Hint.HARD)
    if share.is_above or share.percent >= EASY:
        found.append(Hint.EASY)
    elif tally in (Tally.ONE, Tally.SEVERAL) and any(
        number.percent <= (2 * IDLE if number.is_below else IDLE) for number in wrong
    ):
        found.append(Hint.IDLE)
    return found
