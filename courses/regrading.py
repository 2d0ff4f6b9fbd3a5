"""What an attempt counts after corrections: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import grading
from .enums import CorrectionKind
from .grading import Score


@dataclass(frozen=True)
class Amendment:
    """A correction of one question, and what the answer scores by the corrected text."""

    kind: CorrectionKind
    #: ``None`` where there is no corrected text: a void question.
    score: Score | None = None


@dataclass(frozen=True)
class Result:
    """What an attempt counts."""

    score: Score
    is_passed: bool


def is_better(score: Score, than: Score) -> bool:
    """Whether a score is the greater share of what was possible; exact."""
    return score.points * than.maximum > than.points * score.maximum


def amended(original: Score, amendments: Sequence[Amendment]) -> Score | None:
    """The score of a question after its corrections, in their order; ``None`` when it is void.

    What is unclear keeps the better score, a wrong key counts by the corrected text, a typo changes
    nothing. What is void stays void.
    """
    score = original
    for amendment in amendments:
        if amendment.kind == CorrectionKind.VOID:
            return None
        if amendment.score is None or amendment.kind == CorrectionKind.TYPO:
            continue
        if amendment.kind == CorrectionKind.WRONG_KEY or is_better(amendment.score, score):
            score = amendment.score
    return score


def regraded(before: Result, questions: Iterable[Score | None], pass_mark: int) -> Result:
    """What an attempt counts, given the amended scores of all its questions.

    The better share of the points counts: a correction never lowers a result and never takes a
    pass. ``questions`` do not depend on ``before``, so doing it twice is doing it once.
    """
    now = grading.total(score for score in questions if score is not None)
    score = now if is_better(now, before.score) else before.score
    return Result(score, before.is_passed or grading.is_passed(score, pass_mark))
