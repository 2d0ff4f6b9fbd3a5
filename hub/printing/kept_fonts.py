"""Cutting a font down once for many documents.

A document carries of each font the letters it shows. The cut and its packing are a tenth of the
time of a certificate, and nearly all certificates need the same letters; so each carries the common
ones as well, and whose name has no other letter shares the cut. A file grows by 5 KB for it.

What is in a file follows from its own text, never from what was drawn before: equal payloads give
equal bytes, and nobody's letters are in the file of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from string import ascii_letters, digits
from typing import Any

from fontTools.ttLib import TTFont

#: What names, titles, days and addresses of this country are written with.
COMMON = frozenset(ascii_letters + digits + "ÄÖÜäöüßéğışçńłčšž .,:;!?()/&+-–„“”’…")
#: Cuts kept of one typeface in one process; each takes some 30 KB.
MOST_CUTS = 64

Subset = Callable[[Iterable[int], bool], None]


class FontCuts:
    """The cuts of the fonts of one typeface, kept for the life of the process."""

    def __init__(self) -> None:
        self._common: dict[str, frozenset[int]] = {}
        self._cuts: dict[tuple[str, bool, frozenset[int]], bytes] = {}

    def cut(self, font: Any, subset: Subset, glyphs: Iterable[int], hinting: bool) -> None:
        """Called by WeasyPrint instead of ``subset``, which cuts ``font`` down to ``glyphs``."""
        if font.missing or not glyphs:
            subset(glyphs, hinting)
            return
        wanted = frozenset(glyphs) | self._common_glyphs(font)
        key = (font.hash, hinting, wanted)
        if key not in self._cuts:
            subset(wanted, hinting)
            if len(self._cuts) >= MOST_CUTS:
                self._cuts.clear()
            self._cuts[key] = font.file_content
        font.file_content = self._cuts[key]

    def _common_glyphs(self, font: Any) -> frozenset[int]:
        if font.hash not in self._common:
            table = TTFont(BytesIO(font.file_content), fontNumber=font.index, lazy=True)
            names = table.getBestCmap()
            self._common[font.hash] = frozenset(
                table.getGlyphID(names[ord(letter)]) for letter in COMMON if ord(letter) in names
            )
        return self._common[font.hash]


class Fonts(dict[Any, Any]):
    """The fonts of one document, as WeasyPrint fills it while it draws."""

    def __init__(self, cuts: FontCuts) -> None:
        super().__init__()
        self._cuts = cuts

    def __setitem__(self, key: Any, font: Any) -> None:
        font.subset = partial(self._cuts.cut, font, font.subset)
        super().__setitem__(key, font)
