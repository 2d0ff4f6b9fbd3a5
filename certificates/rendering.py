"""Making the PDF of a certificate.

A pure function of the frozen payload: no database, no request, no clock, no network and no file
but the design's own. One file is both PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) and
carries the payload as ``nachweis.json`` and the same facts as an Open Badges credential.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.translation import override

from hub.printing import documents
from hub.printing.documents import attachment, data_uri, drawing, face_for, lay_out, write_pdf
from hub.printing.kept_drawings import MOST_KEPT, KeptPage, Pictures
from hub.printing.qr_codes import QRCode
from hub.printing.typefaces import REPLACEMENT, Typeface, printable

from .credential import credential
from .designs import CertificateDesign
from .payload import Payload
from .wording import how_made

if TYPE_CHECKING:
    from weasyprint import Attachment
    from weasyprint.document import Document

#: What a template writes for the QR code; the picture is handed over with the document.
QR_ADDRESS = "data:,qr"
#: The frozen record as the hub keeps it, and the same facts in the words of Open Badges.
RECORD_NAME = "nachweis.json"
CREDENTIAL_NAME = "credential.json"
#: What of a payload is no text to print.
PICTURES = frozenset({"logo_svg", "signature"})


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
    face = face_for(texts, design.fonts, design.preferred_fonts)
    shown, printed = payload, texts
    if not face.letters.issuperset(map(ord, texts)):
        shown = Payload.from_json(_map_texts(content, lambda text: printable(text, face)))
        printed = "".join(_texts(shown.to_json()))
    with override(payload.language):
        context = {
            "payload": shown,
            "logo": data_uri(payload.organisation.logo_svg),
            "qr": QR_ADDRESS,
            "how_made": how_made(payload, is_signed=is_signed),
            "is_complete": REPLACEMENT not in printed,
            **design.get_context(shown),
        }
        annex = ""
        if design.annex_template_name:
            annex = render_to_string(design.annex_template_name, context)
    record = _json(content)
    with drawing():
        pictures = documents.pictures({QR_ADDRESS: QRCode(payload.check_url)})
        sheet, document = _sheet(design, context, payload.language, face, pictures)
        if annex:
            behind = _annex_pages(annex, design.stylesheet, face)
            document = document.copy([*document.pages, *behind])
        pdf = write_pdf(
            document,
            face,
            identifier=hashlib.sha256(record).hexdigest()[:32].encode(),
            attachments=_attachments(payload, shown, record),
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
    return [
        attachment(
            data,
            name=name,
            description=f"{shown.title} {shown.number}",
            relationship=relationship,
            written_at=datetime.fromisoformat(payload.issued_on).replace(tzinfo=UTC),
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
        document = lay_out(html, design.stylesheet, face, pictures)
        if len(document.pages) == 1:
            break
    return html, document


@lru_cache(maxsize=MOST_KEPT)
def _annex_pages(html: str, stylesheet: Path, face: Typeface) -> list[KeptPage]:
    """The pages behind the sheet: all who learnt the same share them, so they are kept."""
    pages = lay_out(html, stylesheet, face, documents.pictures({})).pages
    return [KeptPage(page) for page in pages]


def _forget() -> None:
    _annex_pages.cache_clear()
    documents.forget()


# Before the fonts go, to which the pages that are kept refer.
atexit.register(_forget)
