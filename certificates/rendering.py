"""Making the PDF: the only importer of WeasyPrint.

A pure function of the frozen payload: no database, no request, no clock, no network and no file
but the design's own. One file is both PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) and
carries the payload as ``nachweis.json``.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pydyf
import segno
from django.template.loader import render_to_string
from django.utils.translation import override

from .designs import CertificateDesign
from .payload import Payload
from .typefaces import REPLACEMENT, Typeface, printable, typeface

if TYPE_CHECKING:
    from weasyprint import CSS
    from weasyprint.document import Document, Page
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

VARIANT = "pdf/a-3a"
ATTACHMENT_NAME = "nachweis.json"
#: What of a payload is no text to print.
PICTURES = frozenset({"logo_svg", "signature"})

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
    """A stream whose end is clear.

    Before ``endstream`` pydyf puts a line feed: after data that end in a carriage return some
    checkers see one end of line there and miss a byte of the data.
    """

    @property
    def data(self) -> bytes:
        return super().data.removesuffix(b"\nendstream") + b"\r\nendstream"


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


def render_pdf(payload: Payload, design: CertificateDesign) -> bytes:
    """The certificate as PDF/A-3a and PDF/UA-1; equal payloads give equal bytes."""
    # WeasyPrint takes a second to import: processes that never make a PDF are spared it.
    from weasyprint import Attachment

    content = payload.to_json()
    face = _face_for("".join(_texts(content)), design)
    shown = Payload.from_json(_map_texts(content, lambda text: printable(text, face)))
    with override(payload.language):
        context = {
            "payload": shown,
            "logo": _data_uri(payload.organisation.logo_svg),
            "qr": _qr_code(payload.check_url),
            "is_complete": REPLACEMENT not in "".join(_texts(shown.to_json())),
            **design.get_context(shown),
        }
        sheet = render_to_string(design.template_name, context)
        annex = design.annex_template_name and render_to_string(design.annex_template_name, context)
    data = json.dumps(content, ensure_ascii=False, sort_keys=True, indent=2).encode(
        errors="backslashreplace"
    )
    issued_at = datetime.fromisoformat(payload.issued_on).replace(tzinfo=UTC)
    with _LOCK:
        document = _lay_out(sheet, design.stylesheet, face)
        if annex:
            behind = _annex_pages(annex, design.stylesheet, face)
            document = document.copy([*document.pages, *behind])
        return document.write_pdf(
            attachments=[
                Attachment(
                    string=data,
                    name=ATTACHMENT_NAME,
                    description=f"{shown.title} {shown.number}",
                    relationship="Source",
                    created=issued_at,
                    modified=issued_at,
                )
            ],
            pdf_variant=VARIANT,
            pdf_identifier=False,
            finisher=partial(_finish, face, hashlib.sha256(data).hexdigest()[:32].encode()),
        )


def _face_for(text: str, design: CertificateDesign) -> Typeface:
    """The preferred typeface of the design where it has every letter, else the complete one."""
    if design.preferred_fonts:
        preferred = typeface(tuple(design.preferred_fonts.items()), stacks_marks=False)
        if preferred.has(text):
            return preferred
    return typeface(tuple(design.fonts.items()), stacks_marks=True)


def _texts(content: Any) -> Iterator[str]:
    """Every printed text of a payload."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for item in content:
            yield from _texts(item)
    elif isinstance(content, dict):
        for key, value in content.items():
            if key not in PICTURES:
                yield from _texts(value)


def _map_texts(content: Any, change: Callable[[str], str]) -> Any:
    """A payload with every printed text changed."""
    if isinstance(content, str):
        return change(content)
    if isinstance(content, list):
        return [_map_texts(item, change) for item in content]
    if isinstance(content, dict):
        return {
            key: value if key in PICTURES else _map_texts(value, change)
            for key, value in content.items()
        }
    return content


def _data_uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" if svg else ""


def _qr_code(address: str) -> str:
    """A QR code as a picture; a fixed mask saves the search for the best one."""
    return segno.make_qr(address, error="m", mask=0).png_data_uri(scale=1, border=0)


def _lay_out(html: str, stylesheet: Path, face: Typeface) -> Document:
    """The pages of ``html``; it may use what stands in it and nothing else."""
    from weasyprint import HTML

    fonts, css = _typesetting(stylesheet, face)
    return HTML(string=html, url_fetcher=_only_data()).render(
        font_config=fonts, stylesheets=[css], pdf_variant=VARIANT
    )


@lru_cache(maxsize=64)
def _annex_pages(html: str, stylesheet: Path, face: Typeface) -> list[Page]:
    """The pages behind the sheet: all who learnt the same share them, so the layout is kept."""
    return _lay_out(html, stylesheet, face).pages


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


def _forget() -> None:
    _annex_pages.cache_clear()
    _typesetting.cache_clear()


# Later, when the interpreter itself is taken down, the folder of unpacked fonts would stay behind.
atexit.register(_forget)


@cache
def _only_data() -> URLFetcher:
    """The document may use what stands in it and nothing else."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=("data",), allow_redirects=False)


def _finish(face: Typeface, identifier: bytes, document: Document, pdf: pydyf.PDF) -> None:
    """What is left to do before the file is written."""
    _declare_pdfua(pdf)
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
    listed = pdf.catalog["AF"]
    listed[:] = dict.fromkeys(listed)


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
            if not text or unicodedata.category(letter).startswith("M"):
                before, after = (
                    f"<{glyph:04x}> <{_utf16(part)}>".encode() for part in (text, letter)
                )
                lines[lines.index(before)] = after


def _best_table(tables: list[dict[int, str]], used: dict[int, str]) -> dict[int, str]:
    """The table of the file in use: the one that agrees about most of the glyphs."""
    return max(tables, key=lambda table: sum(table.get(glyph) == used[glyph] for glyph in used))


def _utf16(text: str) -> str:
    return text.encode("utf-16-be").hex()
