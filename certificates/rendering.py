"""Making the PDF: the only importer of WeasyPrint.

A pure function of the frozen payload: no database, no request, no clock, no network and no file
but the design's own. One file is both PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) and
carries the payload as ``nachweis.json`` and the same facts as an Open Badges credential.
"""

from __future__ import annotations

import atexit
import base64
import gc
import hashlib
import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pydyf
from defusedxml import ElementTree
from django.template.loader import render_to_string
from django.utils.translation import override

from .composing import COMPOSED, clusters, composed
from .credential import credential
from .designs import CertificateDesign
from .kept_drawings import MOST_KEPT, KeptPage, Pictures
from .kept_fonts import FontCuts, Fonts
from .payload import Payload
from .qr_codes import QRCode
from .typefaces import REPLACEMENT, Typeface, printable, typeface
from .wording import how_made

if TYPE_CHECKING:
    from weasyprint import CSS, HTML, Attachment
    from weasyprint.document import Document
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

VARIANT = "pdf/a-3a"
#: What a template writes for the QR code; the picture is handed over with the document.
QR_ADDRESS = "data:,qr"
#: The frozen record as the hub keeps it, and the same facts in the words of Open Badges.
RECORD_NAME = "nachweis.json"
CREDENTIAL_NAME = "credential.json"
#: How hard streams are packed; the hardest, 9, makes a file 3 % smaller and 6 % more work.
PACKED = 4
#: How elements look before a design says anything.
ELEMENTS = Path(__file__).parent / "designs" / "elements.css"
#: What of a payload is no text to print.
PICTURES = frozenset({"logo_svg", "signature"})

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


@dataclass(frozen=True)
class RenderedPDF:
    """A drawn document."""

    content: bytes
    #: Equal for documents that differ in their wording alone.
    shape: str
    #: Characters no typeface has, in the order they come.
    missing: tuple[str, ...]
    #: Set in the preferred typeface, without marks to be put in place.
    has_common_letters: bool


def render_pdf(payload: Payload, design: CertificateDesign) -> bytes:
    """The certificate as PDF/A-3a and PDF/UA-1; equal payloads give equal bytes."""
    return render(payload, design).content


def render(payload: Payload, design: CertificateDesign, *, is_signed: bool = False) -> RenderedPDF:
    """The certificate as PDF/A-3a and PDF/UA-1, and what is to be known of it.

    ``is_signed`` says that it will be signed, so that the sheet can say it, too.
    """
    content = payload.to_json()
    texts = "".join(_texts(content))
    face = _face_for(texts, design)
    shown, printed = payload, texts
    if not face.letters.issuperset(map(ord, texts)):
        shown = Payload.from_json(_map_texts(content, lambda text: printable(text, face)))
        printed = "".join(_texts(shown.to_json()))
    with override(payload.language):
        context = {
            "payload": shown,
            "logo": _data_uri(payload.organisation.logo_svg),
            "qr": QR_ADDRESS,
            "how_made": how_made(payload, is_signed=is_signed),
            "is_complete": REPLACEMENT not in printed,
            **design.get_context(shown),
        }
        annex = ""
        if design.annex_template_name:
            annex = render_to_string(design.annex_template_name, context)
    record = _json(content)
    with _drawing():
        pictures = Pictures(_KEPT_PICTURES, {QR_ADDRESS: QRCode(payload.check_url)})
        sheet, document = _sheet(design, context, payload.language, face, pictures)
        if annex:
            behind = _annex_pages(annex, design.stylesheet, face)
            document = document.copy([*document.pages, *behind])
        document.fonts = Fonts(_cuts(face))
        pdf = document.write_pdf(
            attachments=_attachments(payload, shown, record),
            pdf_variant=VARIANT,
            pdf_identifier=False,
            finisher=partial(_finish, face, hashlib.sha256(record).hexdigest()[:32].encode()),
        )
    return RenderedPDF(
        content=pdf,
        shape=_shape(design, face, len(document.pages), sheet, annex),
        missing=_missing(texts, face),
        has_common_letters=not face.stacks_marks,
    )


def _json(data: dict[str, Any]) -> bytes:
    # On one line: Python breaks lines at ten times the cost.
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    return text.encode(errors="backslashreplace")


def _attachments(payload: Payload, shown: Payload, record: bytes) -> list[Attachment]:
    """The frozen record, and the credential for machines that do not know the hub."""
    # WeasyPrint takes a second to import: processes that never make a PDF are spared it.
    from weasyprint import Attachment

    issued_at = datetime.fromisoformat(payload.issued_on).replace(tzinfo=UTC)
    return [
        Attachment(
            string=data,
            name=name,
            description=f"{shown.title} {shown.number}",
            relationship=relationship,
            url_fetcher=_only_data(),
            created=issued_at,
            modified=issued_at,
        )
        for name, relationship, data in (
            (CREDENTIAL_NAME, "Alternative", _json(credential(payload))),
            (RECORD_NAME, "Source", record),
        )
    ]


#: Words and values of attributes, but not the drawing of an emblem.
_WORDING = re.compile(r">[^<]+<|=\"(?!data:)[^\"]*\"")


def _shape(design: CertificateDesign, face: Typeface, pages: int, *html: str) -> str:
    """What the document is made of, without its wording."""
    parts = [type(design).__qualname__, str(face.files), str(pages)]
    parts += [_WORDING.sub("", text) for text in html]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _missing(texts: str, face: Typeface) -> tuple[str, ...]:
    """The characters for which another one is printed."""
    if face.has(texts):
        return ()
    return tuple(
        letter
        for letter in dict.fromkeys(unicodedata.normalize("NFC", texts))
        if REPLACEMENT in printable(letter, face)
    )


def _face_for(text: str, design: CertificateDesign) -> Typeface:
    """The preferred typeface of the design where it has every letter, else the complete one."""
    if design.preferred_fonts:
        preferred = typeface(tuple(design.preferred_fonts.items()), stacks_marks=False)
        if preferred.has(text):
            return preferred
    files = design.fonts
    marked = set(clusters(text))
    if marked and marked <= COMPOSED:
        # Only then: a further mark would not find its place at a composed letter.
        files = {weight: composed(path) for weight, path in files.items()}
    return typeface(tuple(files.items()), stacks_marks=True)


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


@contextmanager
def _drawing() -> Iterator[None]:
    """Nobody else draws meanwhile, and nobody looks for garbage.

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


def _sheet(
    design: CertificateDesign,
    context: dict[str, Any],
    language: str,
    face: Typeface,
    pictures: Pictures,
) -> tuple[str, Document]:
    """The sheet, as words and laid out; once more without white space if it takes two pages."""
    for is_tight in (False, True):
        with override(language):
            html = render_to_string(design.template_name, {**context, "is_tight": is_tight})
        document = _lay_out(html, design.stylesheet, face, pictures)
        if len(document.pages) == 1:
            break
    return html, document


def _lay_out(html: str, stylesheet: Path, face: Typeface, pictures: Pictures) -> Document:
    """The pages of ``html``; it may use what stands in it and nothing else."""
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


@lru_cache(maxsize=MOST_KEPT)
def _annex_pages(html: str, stylesheet: Path, face: Typeface) -> list[KeptPage]:
    """The pages behind the sheet: all who learnt the same share them, so they are kept."""
    pictures = Pictures(_KEPT_PICTURES, {})
    return [KeptPage(page) for page in _lay_out(html, stylesheet, face, pictures).pages]


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


def _forget() -> None:
    _cuts.cache_clear()
    _annex_pages.cache_clear()
    _typesetting.cache_clear()
    _KEPT_PICTURES.clear()


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
