"""What people type as an answer: texts compared by rules, numbers read as people write them.

Values in, values out. Knows neither the database nor a request.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

#: Marks that mean the same and differ by keyboard and by the word processor they come from.
SAME_MARKS = str.maketrans(
    {
        **dict.fromkeys("„“”‟«»″", '"'),
        **dict.fromkeys("‚‘’‛‹›′`´", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
        # Marks that nobody sees.
        **dict.fromkeys("\u00ad\u200b\u2060\ufeff", None),
    }
)
UMLAUTS_WRITTEN_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ẞ": "SS"}
)


@dataclass(frozen=True)
class TextRules:
    """What two texts may differ in and still be the same answer.

    Always without importance: space around the text, how much space is between words, kinds of
    quotation marks and dashes, and how a letter with an accent is stored (Unicode NFC).
    """

    #: Whether "KI" and "ki" differ.
    case_matters: bool = False
    #: Whether "Kälte" and "Kaelte", "Straße" and "Strasse" differ.
    umlauts_matter: bool = False

    def form(self, text: str) -> str:
        """The form in which equal answers are equal."""
        text = unicodedata.normalize("NFC", text).translate(SAME_MARKS)
        if not self.umlauts_matter:
            text = text.translate(UMLAUTS_WRITTEN_OUT)
        if not self.case_matters:
            # casefold() would turn ß into ss, whatever the rule for umlauts says.
            text = text.lower()
        return " ".join(unicodedata.normalize("NFC", text).split())

    def are_equal(self, one: str, other: str) -> bool:
        """Whether two texts are the same answer."""
        return self.form(one) == self.form(other)


#: More digits than any question asks for; a longer text is no number but an accident.
LONGEST_NUMBER = 40
MINUS = "-−–‐‑"
GROUP_SPACES = re.compile(r"(?<=[0-9])[ \u00a0\u2009\u202f'’](?=[0-9]{3}(?![0-9]))")
SIGN = re.compile(rf"^([+{re.escape(MINUS)}]?)\s*")


def read_number(text: str, *, language: str, unit: str = "") -> Decimal | None:
    """The number somebody typed, ``None`` if it is none.

    German and English notation are both understood: ``3,5``, ``3.5``, ``1.000``, ``1,000.5``,
    ``−3``, ``1 000``; the ``unit`` may stand behind it. Where one text means two numbers (``1.000``
    and ``1,000`` have a group of three digits or three decimals), ``language`` decides: the point
    groups thousands in German and separates decimals in English.
    """
    text = _without_unit(unicodedata.normalize("NFKC", text.strip()), unit)
    if len(text) > LONGEST_NUMBER:
        return None
    sign, text = _split_sign(text)
    plain = _plain(GROUP_SPACES.sub("", text), decimal_mark="." if is_english(language) else ",")
    return None if plain is None else Decimal(sign + plain)


def is_english(language: str) -> bool:
    """Whether numbers are written with a decimal point; all others of the hub's write a comma."""
    return language.partition("-")[0] == "en"


def plain_number(number: Decimal) -> str:
    """A number as it is stored: without exponent, with a point before the decimals.

    Read again it is the same number in every language: three decimals get a zero behind them,
    since ``1.234`` would be a thousand in German.
    """
    text = format(number.normalize() + 0, "f")
    return f"{text}0" if re.fullmatch(r"-?[1-9][0-9]{0,2}\.[0-9]{3}", text) else text


def shown_number(number: Decimal, *, language: str) -> str:
    """A number as people of a language write it, without marks between thousands."""
    text = format(number.normalize() + 0, "f")
    return text if is_english(language) else text.replace(".", ",")


def _without_unit(text: str, unit: str) -> str:
    unit = unicodedata.normalize("NFKC", unit.strip())
    if unit and text.casefold().endswith(unit.casefold()):
        return text[: -len(unit)].rstrip()
    return text


def _split_sign(text: str) -> tuple[str, str]:
    """Sign and rest; a minus may be typed as any of the dashes."""
    found = SIGN.match(text)
    sign = found[1] if found else ""
    return "-" if sign and sign in MINUS else "", SIGN.sub("", text)


def _plain(text: str, *, decimal_mark: str) -> str | None:
    """Digits with at most a point before the decimals; ``None`` for what is no number."""
    marks = [mark for mark in text if mark in ".,"]
    if not marks:
        return text if re.fullmatch(r"[0-9]+", text) else None
    last = marks[-1]
    grouped = re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:{re.escape(last)}[0-9]{{3}})+", text)
    if grouped and (len(marks) > 1 or last != decimal_mark):
        return text.replace(last, "")
    if marks.count(last) > 1:
        return None
    whole, decimals = text.rsplit(last, 1)
    other = "," if last == "." else "."
    if other in whole and not re.fullmatch(rf"[0-9]{{1,3}}(?:\{other}[0-9]{{3}})+", whole):
        return None
    whole = whole.replace(other, "") or "0"
    is_number = re.fullmatch(r"[0-9]+", whole) and re.fullmatch(r"[0-9]+", decimals)
    return f"{whole}.{decimals}" if is_number else None
