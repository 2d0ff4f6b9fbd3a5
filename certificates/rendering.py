"""Making the PDF: the only importer of WeasyPrint.

A pure function of the frozen payload: no database, no request, no clock, no network and no file
but the design's own. One file is both PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) and
carries the payload as ``nachweis.json``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from threading import Lock
from typing import Any

import pydyf
import segno
from django.template.loader import render_to_string
from django.utils.translation import override
from fontTools.ttLib import TTFont
from weasyprint import CSS, HTML, Attachment
from weasyprint.document import Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from .designs import CertificateDesign, designs
from .payload import Payload

# WeasyPrint's font configuration corrupts memory when two threads use it at once.
_LOCK = Lock()

_PDFUA = b"""
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


def render_pdf(payload: Payload, design: CertificateDesign) -> bytes:
    """The certificate as PDF/A-3a and PDF/UA-1; equal payloads give equal bytes."""
    data = json.dumps(payload.to_json(), ensure_ascii=False, sort_keys=True, indent=2).encode()
    shown = _map_texts(payload, lambda text: printable(text, design))
    with override(payload.language):
        html = render_to_string(
            design.template_name,
            {
                "payload": shown,
                "dates": _dates(shown),
                "logo": _data_uri(payload.organisation.logo_svg),
                "qr": _qr_code(payload.check_url),
                "completed_at": f"{payload.issued_on}T00:00:00+00:00",
                **design.get_context(shown),
            },
        )
    with _LOCK:
        fonts, stylesheet = _prepared(design.slug)
        return HTML(string=html, url_fetcher=_only_data()).write_pdf(
            font_config=fonts,
            stylesheets=[stylesheet],
            attachments=[
                Attachment(
                    string=data,
                    name="nachweis.json",
                    description="Certificate data",
                    relationship="Source",
                    created=_as_datetime(payload.issued_on),
                    modified=_as_datetime(payload.issued_on),
                )
            ],
            pdf_variant="pdf/a-3a",
            pdf_identifier=hashlib.md5(data, usedforsecurity=False).hexdigest().encode(),
            finisher=_make_pdfua,
        )


def printable(text: str, design: CertificateDesign) -> str:
    """``text`` in letters the design's fonts have.

    A letter without a glyph breaks PDF/A and PDF/UA: it is decomposed where that helps and becomes
    a visible "□" otherwise. Control characters and marks that change the direction of writing are
    removed.
    """
    glyphs = _glyphs(design.slug)
    letters = []
    for letter in unicodedata.normalize("NFC", text):
        if letter == "\n":
            letters.append(" ")
        elif unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} and letter != "\u00ad":
            continue
        elif ord(letter) in glyphs:
            letters.append(letter)
        else:
            base = unicodedata.normalize("NFKD", letter)
            plain = "".join(part for part in base if ord(part) in glyphs)
            letters.append(plain or "□")
    return "".join(letters)


def _map_texts(payload: Payload, change: Any) -> Payload:
    """The payload with every text that is printed changed."""
    return replace(
        payload,
        person_name=change(payload.person_name),
        legal_text=change(payload.legal_text),
        responsible_body=change(payload.responsible_body),
        statement=change(payload.statement),
        note=change(payload.note),
        organisation=replace(
            payload.organisation,
            name=change(payload.organisation.name),
            department=change(payload.organisation.department),
        ),
        course=replace(
            payload.course,
            title=change(payload.course.title),
            objectives=[change(objective) for objective in payload.course.objectives],
        ),
        activities=[
            replace(activity, title=change(activity.title)) for activity in payload.activities
        ],
        signatories=[
            replace(signatory, name=change(signatory.name), role=change(signatory.role))
            for signatory in payload.signatories
        ],
    )


def _dates(payload: Payload) -> dict[str, date | None]:
    """The dates of the payload for the template's ``date`` filter."""
    return {
        name: date.fromisoformat(value) if value else None
        for name, value in (
            ("completed_on", payload.completed_on),
            ("issued_on", payload.issued_on),
            ("valid_until", payload.valid_until),
            ("legal_as_of", payload.legal_as_of),
            ("course_version", payload.course.version_date),
        )
    }


def _as_datetime(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _data_uri(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" if svg else ""


def _qr_code(address: str) -> str:
    """A QR code as a picture; a fixed mask saves the search for the best one."""
    return segno.make_qr(address, error="m", mask=0).png_data_uri(scale=1, border=0)


@cache
def _glyphs(slug: str) -> frozenset[int]:
    """The letters that all fonts of a design have."""
    tables = [set(TTFont(path).getBestCmap()) for path in designs.get(slug).fonts.values()]
    return frozenset(set.intersection(*tables))


@cache
def _prepared(slug: str) -> tuple[FontConfiguration, CSS]:
    """Fonts and parsed style sheet of a design, kept for the life of the process."""
    design = designs.get(slug)
    fonts = FontConfiguration()
    faces = "".join(
        f'@font-face {{ font-family: "Certificate"; font-weight: {weight}; '
        f'src: url("{path.as_uri()}"); }}\n'
        for weight, path in design.fonts.items()
    )
    return fonts, CSS(string=faces + design.stylesheet.read_text(), font_config=fonts)


@cache
def _only_data() -> URLFetcher:
    """The document may use what stands in it and nothing else."""
    return URLFetcher(allowed_protocols=("data",), allow_redirects=False)


def _make_pdfua(document: Document, pdf: pydyf.PDF) -> None:
    """Declare PDF/UA-1 beside PDF/A-3a; WeasyPrint declares one variant only."""
    metadata = next(
        item
        for item in pdf.objects
        if isinstance(item, pydyf.Stream) and item.extra.get("Type") == "/Metadata"
    )
    metadata.stream = [
        part.replace(b"</rdf:RDF>", _PDFUA + b"</rdf:RDF>", 1) for part in metadata.stream
    ]
    # Some checkers read the metadata without decompressing it.
    metadata.compress = False
    # WeasyPrint lists each attachment twice.
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
