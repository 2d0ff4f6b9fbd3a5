"""Moodle's gap texts ("Cloze", "multianswer"): questions written into the text in curly brackets.

``{2:SHORTANSWER:=Berlin#Right~%50%Bonn#Until 1990~*#No}`` is a gap of weight 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from django.utils.translation import gettext as _

from courses.interchange.markup import QuestionRefused, clean_html
from courses.interchange.numbers import to_decimal

TYPED = {"SHORTANSWER": False, "SA": False, "MW": False}
TYPED_EXACTLY = {"SHORTANSWER_C": True, "SAC": True, "MWC": True}
NUMERICAL = {"NUMERICAL", "NM"}
CHOSEN = {
    *("MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH", "MULTICHOICE_S"),
    *("MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS"),
}

_find_start = re.compile(r"\{(\d{0,3}):([A-Z_]{2,20}):").search
_share = re.compile(r"%(-?\d{1,3}(?:[.,]\d{1,10})?)%")
_unescape = re.compile(r"\\([\\{}~#=/\"*])").sub
_escape = re.compile(r"[\\{}~#=\"*]").sub


@dataclass
class Gap:
    """One gap: what is accepted, what else is offered, what is said to it."""

    weight: int = 1
    answers: list[str] = field(default_factory=list)
    distractors: list[str] = field(default_factory=list)
    feedback: str = ""
    is_typed: bool = True
    case_matters: bool = False
    #: Something of it has no place here.
    is_simplified: bool = False


def read_gaps(html: str) -> tuple[str, list[Gap]]:
    """The text with each gap as ``[[1]]``, ``[[2]]`` …, and the gaps.

    Raises ``QuestionRefused`` for a gap that no gap of the hub can be.
    """
    pieces, gaps, position = [], [], 0
    while found := _find_start(html, position):
        end = _end_of_gap(html, found.end())
        if end is None:
            break
        gaps.append(_gap(found[1], found[2], html[found.end() : end]))
        pieces += [html[position : found.start()], f"[[{len(gaps)}]]"]
        position = end + 1
    return "".join([*pieces, html[position:]]), gaps


def _end_of_gap(html: str, start: int) -> int | None:
    """Where the bracket closes that was opened before ``start``."""
    position = start
    while (position := html.find("}", position)) >= 0:
        if not _is_escaped(html, position):
            return position
        position += 1
    return None


def _is_escaped(text: str, position: int) -> bool:
    slashes = 0
    while position - slashes > 0 and text[position - slashes - 1] == "\\":
        slashes += 1
    return slashes % 2 == 1


def _gap(weight: str, kind: str, body: str) -> Gap:
    gap = Gap(weight=int(weight or 1) or 1)
    feedbacks: list[tuple[str, str]] = []
    for share, raw, feedback in _answers(body):
        text = _clean(raw)
        if feedback:
            feedbacks.append(("" if raw.strip() == "*" else text, feedback))
        if kind in TYPED or kind in TYPED_EXACTLY:
            gap.case_matters = kind in TYPED_EXACTLY
            _take_typed(gap, share, raw, text)
        elif kind in NUMERICAL:
            _take_number(gap, share, raw)
        elif kind in CHOSEN:
            gap.is_typed = False
            (gap.answers if share == 100 else gap.distractors).append(text)
            gap.is_simplified |= 0 < share < 100
        else:
            raise QuestionRefused(
                _("The text holds a gap of the type “%(kind)s”, which the hub does not have.")
                % {"kind": kind}
            )
    if not any(gap.answers):
        raise QuestionRefused(_("A gap has no right answer."))
    gap.feedback = _joined(feedbacks)
    return gap


def _take_typed(gap: Gap, share: float, raw: str, text: str) -> None:
    if raw.strip() == "*":
        if share > 0:
            raise QuestionRefused(_("A gap takes every answer as right."))
        return
    if share > 0 and has_wildcard(raw):
        raise QuestionRefused(wildcard_reason(text))
    if share == 100:
        gap.answers.append(text)
    else:
        gap.is_simplified |= share > 0


def _take_number(gap: Gap, share: float, raw: str) -> None:
    if raw.strip() == "*":
        return
    text, _sign, tolerance = _clean(raw).partition(":")
    number, width = to_decimal(text), to_decimal(tolerance or "0")
    if number is None or width is None or (share > 0 and width):
        raise QuestionRefused(
            _("A gap asks for a number with a tolerance; the hub has no such gaps.")
        )
    if share == 100:
        gap.answers.append(text.strip())
    else:
        gap.is_simplified |= share > 0


def _joined(feedbacks: Sequence[tuple[str, str]]) -> str:
    """One feedback for the gap, out of those for its answers."""
    distinct = list(dict.fromkeys(feedback for _text, feedback in feedbacks))
    if len(distinct) <= 1:
        return distinct[0] if distinct else ""
    return " ".join(f"{text}: {feedback}" if text else feedback for text, feedback in feedbacks)


def _answers(body: str) -> Iterator[tuple[float, str, str]]:
    """Percent, text as it stands, and feedback of each answer."""
    for part in _split(body, "~"):
        answer, *feedback = _split(part, "#")
        answer, share = answer.strip(), 0.0
        if answer.startswith("="):
            answer, share = answer[1:], 100.0
        elif found := _share.match(answer):
            answer, share = answer[found.end() :], float(found[1].replace(",", "."))
        if answer.strip():
            yield share, answer, _clean("#".join(feedback))


def _split(text: str, sign: str) -> Iterator[str]:
    """``text`` between the ``sign``s that are neither escaped nor part of an entity (``&#…``)."""
    start = position = 0
    while (position := text.find(sign, position)) >= 0:
        if not _is_escaped(text, position) and not (position and text[position - 1] == "&"):
            yield text[start:position]
            start = position + 1
        position += 1
    yield text[start:]


def _clean(raw: str) -> str:
    return clean_html(_unescape(r"\1", raw)).line


def has_wildcard(raw: str) -> bool:
    """Whether a text holds a "*" that stands for anything."""
    position = -1
    while (position := raw.find("*", position + 1)) >= 0:
        if not _is_escaped(raw, position):
            return True
    return False


def wildcard_reason(text: str) -> str:
    return _(
        "The answer “%(text)s” holds a “*” that stands for anything. "
        "Please write out the answers that are right."
    ) % {"text": text}


def write_gap(
    answers: Iterable[str], distractors: Sequence[str], feedback: str, *, case_matters: bool
) -> str:
    """A gap as Moodle reads it, in HTML."""
    kind = "MULTICHOICE" if distractors else "SHORTANSWER_C" if case_matters else "SHORTANSWER"
    said = f"#{_escaped(feedback)}" if feedback else ""
    parts = [f"={_escaped(answer)}{said}" for answer in answers]
    parts += [f"%0%{_escaped(distractor)}{said}" for distractor in distractors]
    if not distractors and said:
        parts.append(f"*{said}")
    return f"{{1:{kind}:{'~'.join(parts)}}}"


def _escaped(text: str) -> str:
    # "&" first, so that "#" of an entity is none of the text.
    return _escape(r"\\\g<0>", escape(text, quote=False))
