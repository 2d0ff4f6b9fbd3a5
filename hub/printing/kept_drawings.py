"""Drawing once what stands in many documents: the annex of a course, an authority's emblem.

WeasyPrint keeps the layout of a page and the tree of an SVG picture, but draws both anew for every
document; that is a third of the time of a certificate. Here the drawing is written to a stream of
its own, kept, and copied into every document. What refers to parts of one document (nested
groups, patterns, other fonts) is drawn anew as before, so that a kept drawing never differs from a
fresh one; `tests/pdf/test_kept_drawings.py` compares them byte by byte.

It reaches into WeasyPrint's streams (``_fonts``, ``_resources``, ``_tags``): those names are all it
knows of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pydyf

#: Emblems and annexes kept in one process.
MOST_KEPT = 64


@dataclass(frozen=True)
class Drawing:
    """What a piece of a page adds to a document."""

    content: bytes
    states: dict[str, Any]
    tags: dict[Any, dict[str, Any]]
    #: By key of the font: its glyphs' texts and widths.
    glyphs: dict[Any, tuple[dict[int, str], dict[int, int]]]

    def fits(self, stream: Any) -> bool:
        """Whether the document already has the fonts, which belong to one document each."""
        return stream._fonts.keys() >= self.glyphs.keys()

    def copy_to(self, stream: Any) -> None:
        """Write it to a stream as drawing would."""
        stream.stream.append(self.content)
        stream._resources["ExtGState"].update(self.states)
        if stream._tags is not None:
            stream._tags.update({box: dict(tag) for box, tag in self.tags.items()})
        for key, (texts, widths) in self.glyphs.items():
            font = stream._fonts[key]
            for kept, new in ((font.to_unicode, texts), (font.widths, widths)):
                kept.update({glyph: value for glyph, value in new.items() if glyph not in kept})


def drawn(stream: Any, draw: Callable[[Any], None]) -> Drawing | None:
    """What ``draw`` writes to a stream like this one; nothing if it cannot stand elsewhere."""
    resources = pydyf.Dictionary(
        {name: pydyf.Dictionary() for name in ("ExtGState", "XObject", "Pattern", "Shading")}
    )
    resources["ColorSpace"] = stream._resources["ColorSpace"]
    tags = None if stream._tags is None else {}
    own = stream.clone(fonts={}, resources=resources, images={}, tags=tags)
    draw(own)
    states = resources.pop("ExtGState")
    resources.pop("ColorSpace")
    # A state named by its transparency is the same in every document; others are numbered.
    is_numbered = any(resources.values()) or any(name[0] not in "aA" for name in states)
    if is_numbered or any(font.missing for font in own._fonts.values()):
        return None
    return Drawing(
        content=b"\n".join(pydyf._to_bytes(item) for item in own.stream),
        states=states,
        tags=tags or {},
        glyphs={
            key: (dict(font.to_unicode), dict(font.widths)) for key, font in own._fonts.items()
        },
    )


class KeptPage:
    """A page with a finished layout that is drawn once."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._drawing: Drawing | None = None
        self._is_kept = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._page, name)

    def paint(self, stream: Any, scale: float = 1) -> None:
        """Called by WeasyPrint for each document."""
        if self._drawing is None and self._is_kept:
            self._drawing = drawn(stream, lambda own: self._page.paint(own, scale))
            self._is_kept = self._drawing is not None
        if self._drawing is not None and self._drawing.fits(stream):
            self._drawing.copy_to(stream)
        else:
            self._page.paint(stream, scale)


class KeptPicture:
    """How a vector picture is drawn: once for each size."""

    def __init__(self, draw: Callable[..., None]) -> None:
        self._draw = draw
        self._drawings: dict[tuple[float, float], Drawing | None] = {}

    def draw(self, stream: Any, width: float, height: float, style: Any) -> None:
        """Called by WeasyPrint for each place of the picture."""
        size = (width, height)
        if size not in self._drawings:
            self._drawings[size] = drawn(stream, lambda own: self._draw(own, width, height, style))
        drawing = self._drawings[size]
        if drawing is not None and not drawing.glyphs:
            with stream.stacked():
                drawing.copy_to(stream)
        else:
            self._draw(stream, width, height, style)


class Pictures(dict[str, Any]):
    """The pictures of one document, as WeasyPrint fills its cache.

    Vector pictures go to ``kept`` as well, which outlives the document: the same emblem stands on
    every certificate of an authority. Pixels, the QR code, are of one document alone.
    """

    def __init__(self, kept: dict[str, Any], given: dict[str, Any]) -> None:
        super().__init__({**kept, **given})
        self._kept = kept

    def __setitem__(self, address: str, picture: Any) -> None:
        if hasattr(picture, "draw") and not hasattr(picture, "get_x_object"):
            # WeasyPrint uses the picture it has put here, not what it would find here.
            picture.draw = KeptPicture(picture.draw).draw
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[address] = picture
        super().__setitem__(address, picture)
