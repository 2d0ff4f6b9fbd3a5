"""Making PDF files: the only importer of WeasyPrint.

A document is HTML of our own templates and one style sheet; it uses what stands in it, its fonts
and nothing else: no network, no file. Each file is both PDF/A-3a (ISO 19005-3) and PDF/UA-1
(ISO 14289-1).
"""

from __future__ import annotations

import atexit
import base64
import gc
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pydyf
from defusedxml import ElementTree

from .composing import COMPOSED, clusters, composed
from .kept_drawings import MOST_KEPT, Pictures
from .kept_fonts import FontCuts, Fonts
from .typefaces import REPLACEMENT, Typeface, typeface

if TYPE_CHECKING:
    from weasyprint import CSS, HTML, Attachment
    from weasyprint.document import Document
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

VARIANT = "pdf/a-3a"
#: How hard streams are packed; the hardest, 9, makes a file 3 % smaller and 6 % more work.
PACKED = 4
#: How elements look before a style sheet says anything.
ELEMENTS = Path(__file__).with_name("elements.css")

_KEPT_PICTURES: dict[str, Any] = {}

# WeasyPrint's font configuration corrupts memory when two threads use it at once.
_LOCK = Lock()


PDFUA_DECLARATION = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


class _Stream(pydyf.Stream):
    """A stream whose end is clear, packed no harder than is worth it.

    Before ``endstream`` pydyf puts a line feed: after data that end in a carriage return some
    checkers see one end of line there and miss a byte of the data.
    """

    @property
    def data(self) -> bytes:
        content = b"\n".join(pydyf._to_bytes(item) for item in self.stream)
        extra = pydyf.Dictionary(self.extra)
        if self.compress:
            extra["Filter"] = "/FlateDecode"
            content = _packed(content)
        extra["Length"] = len(content)
        return b"\n".join((extra.data, b"stream", content)) + b"\r\nendstream"


@lru_cache(maxsize=MOST_KEPT)
def _packed(content: bytes) -> bytes:
    """Compressed; emblem, annex and colour profile are the same in many documents."""
    return zlib.compress(content, level=PACKED)


class _PDF(pydyf.PDF):
    """A file with an identifier that is given, not computed.

    pydyf would write all objects a second time to compute one.
    """

    identifier: bytes

    def add_object(self, item: pydyf.Object) -> None:
        super().add_object(item)
        if isinstance(item, pydyf.Stream):
            item.__class__ = _Stream
            if item.extra.get("Type") == "/XRef":
                item.extra["ID"] = pydyf.Array([pydyf.String(self.identifier).data] * 2)


def face_for(text: str, fonts: dict[int, Path], preferred_fonts: dict[int, Path]) -> Typeface:
    """The preferred typeface, if there is one, where it has every letter, else the complete one."""
    if preferred_fonts:
        preferred = typeface(tuple(preferred_fonts.items()), stacks_marks=False)
        if preferred.has(text):
            return preferred
    files = fonts
    marked = set(clusters(text))
    if marked and marked <= COMPOSED:
        # Only then: a further mark would not find its place at a composed letter.
        files = {weight: composed(path) for weight, path in files.items()}
    return typeface(tuple(files.items()), stacks_marks=True)


def data_uri(svg: str) -> str:
    """The address of a drawing that stands in the document itself; "" if there is none."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" if svg else ""


@contextmanager
def drawing() -> Iterator[None]:
    """Laying out and writing stand within: nobody else draws meanwhile, nor looks for garbage.

    A drawing is made of tens of thousands of objects that are all in use until it is finished:
    looking through them again and again is a twentieth of the time of a certificate.
    """
    with _LOCK:
        is_collecting = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if is_collecting:
                gc.enable()


def pictures(given: dict[str, Any]) -> Pictures:
    """The pictures of one document: those it is ``given`` by address, and all that are kept."""
    return Pictures(_KEPT_PICTURES, given)


def lay_out(html: str, stylesheet: Path, face: Typeface, pictures: Pictures) -> Document:
    """The pages of ``html``; it may use what stands in it and nothing else.

    The style sheet names no family: the text is set in ``face``.
    """
    fonts, css = _typesetting(stylesheet, face)
    return _parser()(html).render(
        font_config=fonts, stylesheets=[css], pdf_variant=VARIANT, cache=pictures
    )


@cache
def _parser() -> type[HTML]:
    """What reads the HTML of a design: ten times as fast where it is well-formed XML."""
    from cssselect2 import ElementWrapper
    from weasyprint import CSS, HTML

    class Words(HTML):
        def __init__(self, html: str) -> None:
            try:
                root = ElementTree.fromstring(html)
            except ElementTree.ParseError:
                super().__init__(string=html, url_fetcher=_only_data())
                return
            self.base_url = None
            self.url_fetcher = _only_data()
            self.media_type = "print"
            self.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
            self.etree_element = self.wrapper_element.etree_element

        def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
            """Instead of the style sheet that WeasyPrint brings; a certificate has no forms."""
            return [elements]

    elements = CSS(filename=ELEMENTS)
    return Words


@cache
def _typesetting(stylesheet: Path, face: Typeface) -> tuple[FontConfiguration, CSS]:
    """Fonts and parsed style sheet, kept for the life of the process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    rules = [
        f'@font-face {{ font-family: "Certificate"; font-weight: {weight}; '
        f'src: url("{path.as_uri()}"); }}'
        for weight, path in face.files
    ]
    # PDF/A forbids smoothed pictures, and the hyphen WeasyPrint would take is in few fonts.
    rules += [
        '@page { font-family: "Certificate"; }',
        'html { font-family: "Certificate"; }',
        'html { hyphenate-character: "-"; image-rendering: pixelated; }',
    ]
    return fonts, CSS(string="\n".join([*rules, stylesheet.read_text()]), font_config=fonts)


@cache
def _cuts(face: Typeface) -> FontCuts:
    """What was cut out of the files of a typeface, kept for the life of the process."""
    return FontCuts()


def forget() -> None:
    """Give up everything that is kept for the life of the process."""
    _cuts.cache_clear()
    _typesetting.cache_clear()
    _KEPT_PICTURES.clear()


# Later, when the interpreter itself is taken down, the folder of unpacked fonts would stay behind.
atexit.register(forget)


@cache
def _only_data() -> URLFetcher:
    """The document may use what stands in it and nothing else."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=("data",), allow_redirects=False)


def attachment(
    data: bytes, *, name: str, description: str, relationship: str, written_at: datetime
) -> Attachment:
    """A file that goes inside the document; ``relationship`` as in ISO 19005-3, 6.8."""
    # WeasyPrint takes a second to import: processes that never make a PDF are spared it.
    from weasyprint import Attachment

    return Attachment(
        string=data,
        name=name,
        description=description,
        relationship=relationship,
        url_fetcher=_only_data(),
        created=written_at,
        modified=written_at,
    )


def write_pdf(
    document: Document,
    face: Typeface,
    *,
    identifier: bytes,
    attachments: Sequence[Attachment] = (),
    languages: Sequence[str] = (),
) -> bytes:
    """The file; equal pages and an equal ``identifier`` (32 characters) give equal bytes.

    ``languages`` are those of the pages where they differ from that of the document. What stands
    on a page in another one must stand in a ``section``.
    """
    document.fonts = Fonts(_cuts(face))
    content: bytes = document.write_pdf(
        attachments=list(attachments),
        pdf_variant=VARIANT,
        pdf_identifier=False,
        finisher=partial(_finish, face, identifier, languages),
    )
    return content


def _finish(
    face: Typeface,
    identifier: bytes,
    languages: Sequence[str],
    document: Document,
    pdf: pydyf.PDF,
) -> None:
    """What is left to do before the file is written."""
    _declare_pdfua(pdf)
    if languages:
        _say_languages(languages, pdf)
    if face.stacks_marks:
        _separate_marks(face, document, pdf)
    pdf.__class__ = _PDF
    pdf.identifier = identifier
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream):
            item.__class__ = _Stream


def _declare_pdfua(pdf: pydyf.PDF) -> None:
    """Declare PDF/UA-1 beside PDF/A-3a; WeasyPrint declares one variant only."""
    metadata = next(
        item for item in pdf.objects if getattr(item, "extra", {}).get("Type") == "/Metadata"
    )
    metadata.stream = [
        part.replace(b"</rdf:RDF>", PDFUA_DECLARATION + b"</rdf:RDF>", 1)
        for part in metadata.stream
    ]
    # Some checkers read the metadata without decompressing it.
    metadata.compress = False
    # WeasyPrint lists each attachment twice.
    if listed := pdf.catalog.get("AF"):
        listed[:] = dict.fromkeys(listed)


def _say_languages(languages: Sequence[str], pdf: pydyf.PDF) -> None:
    """Say of each section which language it is in; WeasyPrint says it of the document only."""
    language_of = dict(zip(pdf.page_references, languages, strict=True))
    for item in pdf.objects:
        if isinstance(item, dict) and item.get("S") == "/Sect":
            item["Lang"] = pydyf.String(language_of[item["Pg"]])


def _separate_marks(face: Typeface, document: Document, pdf: pydyf.PDF) -> None:
    """Say of each glyph which letter it is, where WeasyPrint says it of letter and mark together.

    In "Ž̦" it would give the letter no text at all, which neither PDF/A nor a screen reader takes.
    """
    maps = {
        item["BaseFont"]: pdf.objects[int(item["ToUnicode"].split()[0])].stream
        for item in pdf.objects
        if isinstance(item, dict) and "ToUnicode" in item
    }
    for font in document.fonts.values():
        letters = _best_table(face.letters_by_glyph, font.to_unicode)
        lines = maps[font.name]
        for glyph, text in font.to_unicode.items():
            letter = letters.get(glyph, text or REPLACEMENT)
            if not text or unicodedata.category(letter[0]).startswith("M"):
                before, after = (
                    f"<{glyph:04x}> <{_utf16(part)}>".encode() for part in (text, letter)
                )
                lines[lines.index(before)] = after


def _best_table(tables: list[dict[int, str]], used: dict[int, str]) -> dict[int, str]:
    """The table of the file in use: the one that agrees about most of the glyphs."""
    return max(tables, key=lambda table: sum(table.get(glyph) == used[glyph] for glyph in used))


def _utf16(text: str) -> str:
    return text.encode("utf-16-be").hex()
