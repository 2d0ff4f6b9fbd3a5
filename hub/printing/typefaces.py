"""Which letters a font has, and what is printed for those it lacks.

A letter without a glyph breaks both PDF/A and PDF/UA, so it must never reach the renderer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont

#: Stands for a character that cannot be printed.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_FONTS = settings.NODE_MODULES / "@kern-ux" / "native" / "dist" / "fonts"
#: By weight, the files that have every letter of DIN 91379.
COMPLETE_FONTS: dict[int, Path] = {
    400: _FONTS / "noto-sans" / "NotoSans-Regular.woff2",
    500: _FONTS / "noto-sans" / "NotoSans-Bold.woff2",
}
#: By weight, the files of the hub's own typeface, which has fewer.
PREFERRED_FONTS: dict[int, Path] = {
    400: _FONTS / "fira-sans" / "FiraSans-Regular.woff2",
    500: _FONTS / "fira-sans" / "FiraSans-Medium.woff2",
}

# No letter of DIN 91379 has more; a pile of marks would reach into other lines.
MAX_MARKS = 2


@dataclass(frozen=True)
class Typeface:
    """One family: its font files by weight.

    ``stacks_marks`` says that the fonts put combining marks in their place, as names after
    DIN 91379 need them ("R̥̄"); another typeface is not used for a text that has such marks.
    """

    files: tuple[tuple[int, Path], ...]
    stacks_marks: bool

    @cached_property
    def letters(self) -> frozenset[int]:
        """The characters all files print, without combining marks."""
        return frozenset(code for code in self._glyphs if not _is_mark(chr(code)))

    @cached_property
    def marks(self) -> frozenset[int]:
        """The combining marks all files print in their place."""
        return self._glyphs - self.letters if self.stacks_marks else frozenset()

    def has(self, text: str) -> bool:
        """Whether ``text`` can be set in this typeface as it is."""
        return self.letters.issuperset(map(ord, unicodedata.normalize("NFC", text)))

    @cached_property
    def letters_by_glyph(self) -> list[dict[int, str]]:
        """For each file, which letter a glyph is."""
        tables = []
        for _weight, path in self.files:
            font = TTFont(path, lazy=True)
            glyphs = font.getReverseGlyphMap()
            tables.append({glyphs[name]: chr(code) for code, name in font.getBestCmap().items()})
        return tables

    @cached_property
    def _glyphs(self) -> frozenset[int]:
        tables = [TTFont(path, lazy=True).getBestCmap() for _weight, path in self.files]
        # Control, format, private and unassigned characters have no place in PDF/A.
        shared = (
            code
            for code in set.intersection(*map(set, tables))
            if not unicodedata.category(chr(code)).startswith("C")
        )
        return frozenset(shared) | {ord("\n")}


@cache
def typeface(files: tuple[tuple[int, Path], ...], *, stacks_marks: bool) -> Typeface:
    """The typeface of these files; the same one for every call, so that files are read once."""
    return Typeface(files, stacks_marks)


def printable(text: str, face: Typeface) -> str:
    """``text`` as ``face`` can print it.

    Removed is what cannot be seen: characters XML forbids, marks that turn the direction of
    writing, variation selectors. A character without a glyph is taken apart where that gives
    letters ("Ａ" becomes "A") and becomes "�" otherwise. Line breaks stay.
    """
    if face.letters.issuperset(map(ord, text)):
        return text
    return "".join(_parts(unicodedata.normalize("NFC", text), face.letters | face.marks))


def _parts(text: str, glyphs: frozenset[int]) -> Iterator[str]:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if _is_mark(character) else 0
        if category in {"Cc", "Zl", "Zp", "Zs"}:
            yield character if ord(character) in glyphs else " " * character.isspace()
        elif category not in {"Cf", "Cs"} and marks <= MAX_MARKS and not _selects(character):
            composed = unicodedata.normalize("NFKC", character)
            forms = character, composed, unicodedata.normalize("NFKD", character)
            yield next((form for form in forms if glyphs.issuperset(map(ord, form))), REPLACEMENT)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _selects(character: str) -> bool:
    """Whether the character only chooses a variant of the one before it."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
