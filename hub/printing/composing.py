"""A typeface in which a letter with its combining marks is one glyph.

The 155 sequences of DIN 91379 have no character of their own ("Z̦", "R̥̄"). Set as a letter and a
mark moved over it, they are printed rightly, but programs that put words together from the places
of glyphs (poppler, pdfium) see a blank or another line there, and a search misses the name. So a
copy of the font gets a composed glyph for each of them, at the very places the font itself names
for its marks; the PDF then says of one glyph that it is "Z̦".
"""

from __future__ import annotations

import atexit
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from fontTools.otlLib.builder import buildLigatureSubstSubtable
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables.otTables import Lookup

#: DIN 91379:2022-08, the letters with combining marks; of T̈ there is no small one.
_CAPITALS = (
    "A̋ C̀ C̄ C̆ C̈ C̕ C̣ C̦ C̨̆ D̂ F̀ F̄ G̀ H̄ H̦ H̱ J́ J̌ K̀ K̂ K̄ K̇ K̕ K̛ K̦ K͟H K͟h L̂ L̥ L̥̄ L̦ M̀ M̂ M̆ M̐ N̂ N̄ N̆ N̦ "
    "P̀ P̄ P̕ P̣ R̆ R̥ R̥̄ S̀ S̄ S̛̄ S̱ T̀ T̄ T̈ T̕ T̛ U̇ Z̀ Z̄ Z̆ Z̈ Z̧ Ç̆ Û̄ ÿ́ Č̕ Č̣ ē̍ Ī́ ō̍ Ž̦ Ž̧ Ḳ̄ Ṣ̄ Ṭ̄ Ạ̈ Ọ̈ Ụ̄ Ụ̈"
)
#: Letters that lose their dot under a mark, as every font of that kind has it.
_DOTLESS = {"i": "ı", "j": "ȷ"}

Components = tuple[tuple[str, int, int], ...]


def clusters(text: str) -> Iterator[str]:
    """Each letter of ``text``, as NFC, that has marks of its own, together with them."""
    letter = ""
    for character in unicodedata.normalize("NFC", text) + " ":
        if unicodedata.category(character).startswith("M"):
            letter += character
        else:
            if len(letter) > 1:
                yield letter
            letter = character


#: The letters that are composed, with their marks.
COMPOSED = frozenset(
    cluster
    for letters in (_CAPITALS, _CAPITALS.lower(), _CAPITALS.upper())
    for cluster in clusters(letters)
)


# Threads that ask at once would write into the same file.
_LOCK = Lock()


def composed(path: Path) -> Path:
    """A copy of a font file with a glyph for each of ``COMPOSED``; it goes with the process.

    The file itself where it lacks one of the letters or does not say where their marks belong. It
    takes a second, once in a process, with the first name that needs it.
    """
    with _LOCK:
        return _composed(path)


@cache
def _composed(path: Path) -> Path:
    font = TTFont(path, recalcBBoxes=False, recalcTimestamp=False)
    try:
        _compose(font)
    except LookupError:
        return path
    target = Path(_folder().name) / f"{path.stem}.ttf"
    # Taken over as it was read: putting it together anew costs half of all this.
    font.tables.pop("GPOS")
    # Unpacked: it is read on this machine only.
    font.flavor = None
    font.save(target)
    return target


def _compose(font: TTFont) -> None:
    cmap = font.getBestCmap()
    made: dict[tuple[str, ...], str] = {}
    for number, cluster in enumerate(sorted(COMPOSED)):
        letter = _DOTLESS.get(cluster[0], cluster[0])
        names = [cmap[ord(character)] for character in letter + cluster[1:]]
        made[tuple(names)] = _add_glyph(font, f"composed{number}", _places(font, *names))
    _substitute(font, made)


@cache
def _folder() -> TemporaryDirectory[str]:
    """Of this process; another one may be writing its own at the same moment."""
    folder = TemporaryDirectory(prefix="hub-fonts-")
    atexit.register(folder.cleanup)
    return folder


def _places(font: TTFont, base: str, *marks: str) -> Components:
    """The letter and its marks, each with the distance from the origin of the letter.

    Raises ``LookupError`` where the font does not say where a mark belongs.
    """
    return ((base, 0, 0), *((mark, *_distance(font, base, mark)) for mark in marks))


def _distance(font: TTFont, base: str, mark: str) -> tuple[int, int]:
    """How far a mark is moved over its letter: OpenType, GPOS lookup type 4."""
    for table in _tables_of_marks(font):
        if base in table.BaseCoverage.glyphs and mark in table.MarkCoverage.glyphs:
            own = table.MarkArray.MarkRecord[table.MarkCoverage.glyphs.index(mark)]
            place = table.BaseArray.BaseRecord[table.BaseCoverage.glyphs.index(base)]
            anchor, of_mark = place.BaseAnchor[own.Class], own.MarkAnchor
            if anchor is not None:
                return (
                    anchor.XCoordinate - of_mark.XCoordinate,
                    anchor.YCoordinate - of_mark.YCoordinate,
                )
    raise LookupError(f"{mark} has no place at {base}.")


def _tables_of_marks(font: TTFont) -> Iterator[Any]:
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            inner = getattr(table, "ExtSubTable", table)
            if inner.LookupType == 4:
                yield inner


def _add_glyph(font: TTFont, name: str, components: Components) -> str:
    pen = TTGlyphPen(font["glyf"])
    for component, right, up in components:
        pen.addComponent(component, (1, 0, 0, 1, right, up))
    glyph = pen.glyph()
    # The width is that of the letter.
    glyph.components[0].flags |= 0x0200
    font.setGlyphOrder([*font.getGlyphOrder(), name])
    font["glyf"].glyphs[name] = glyph
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = (font["hmtx"][components[0][0]][0], glyph.xMin)
    return name


def _substitute(font: TTFont, made: dict[tuple[str, ...], str]) -> None:
    """Let the font take the composed glyph wherever the letter is followed by the marks."""
    lookup = Lookup()
    lookup.LookupType, lookup.LookupFlag = 4, 0
    lookup.SubTable = [buildLigatureSubstSubtable(made)]
    lookup.SubTableCount = 1
    table = font["GSUB"].table
    table.LookupList.Lookup.append(lookup)
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "ccmp":
            record.Feature.LookupListIndex.append(len(table.LookupList.Lookup) - 1)
    # Of composed glyphs as well, the largest ones.
    limits = font["maxp"]
    limits.maxComponentDepth += 1
    limits.maxComponentElements = max(limits.maxComponentElements, 4)
    limits.maxCompositePoints += limits.maxPoints
    limits.maxCompositeContours += limits.maxContours
