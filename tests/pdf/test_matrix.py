"""Every design, kind and language, with the shortest and the longest data, conforms.

With scanned signatures and an emblem as well, before the operator's key signs the file.
"""

import io
from dataclasses import replace

import page
import pikepdf
import pytest
from django.conf import settings
from django.utils.translation import override
from PIL import Image

from certificates.designs import ClassicDesign, designs
from certificates.models import CertificateKind
from certificates.payload import Course, IssuingOrganisation, Payload, Signatory
from certificates.rendering import render
from certificates.signatures import signature_uri
from certificates.wording import shipped_wording

from .test_rendering import HOSTILE, LOGO, LONG, activity, payload

LANGUAGES = [code for code, _name in settings.LANGUAGES]
#: As long as the fields of the hub let a text be, and longer than any of them is in earnest.
LONGEST = (LONG * 2)[:500]


def scan() -> str:
    """A scanned signature, as the editors' form keeps it."""
    paper = io.BytesIO()
    Image.linear_gradient("L").resize((900, 300)).convert("RGBA").save(paper, "PNG")
    return signature_uri(paper.getvalue())


SCAN = scan()
DRAWING = signature_uri(LOGO.encode())


def shortest(**changes) -> Payload:
    return payload(
        number="A-1-1",
        check_url="https://a.b/P/7",
        person_name="Y",
        organisation=IssuingOrganisation("A", "", "", ""),
        course=Course("K", "k", "", [], 0, 1, "2026-11-03", "ab" * 32, "de"),
        activities=[],
        valid_until=None,
        legal_text="",
        legal_as_of=None,
        responsible_body="",
        signatories=[],
        **changes,
    )


def longest(text: str = LONGEST, **changes) -> Payload:
    return payload(
        person_name=text,
        organisation=IssuingOrganisation(text, text, LOGO, f"{text}\n{text}"),
        course=Course(text, "k", text, [text] * 12, 99999, 999, "2026-11-03", "ab" * 32, "en"),
        activities=[activity(number % 28 + 1, text) for number in range(40)],
        legal_text=f"{text}\n" * 4,
        responsible_body=text,
        signatories=[Signatory(text, text)] * 4,
        **changes,
    )


def hostile(**changes) -> Payload:
    marks = "\u202eRTL\u2066 \u200f שלום 🎉👩‍👩‍👧 \x00\x1b \ufeff {{ x }} {% load x %} %PDF (\\) >>"
    return longest(f"{HOSTILE} https://example.org/?a=b&c=d {marks}"[:300], **changes)


def shortest_with_pictures(**changes) -> Payload:
    case = shortest(**changes)
    organisation = replace(case.organisation, logo_svg=LOGO)
    return replace(case, organisation=organisation, signatories=[Signatory("Z", "", SCAN)])


def longest_with_pictures(**changes) -> Payload:
    pictures = [SCAN, DRAWING, SCAN, DRAWING]
    return replace(
        longest(**changes),
        signatories=[Signatory(LONGEST, LONGEST, picture) for picture in pictures],
    )


DATA = {
    "shortest": shortest,
    "shortest with pictures": shortest_with_pictures,
    "longest": longest,
    "longest with pictures": longest_with_pictures,
    "hostile": hostile,
}


@pytest.mark.parametrize("size", DATA)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", CertificateKind.values)
@pytest.mark.parametrize("design", list(designs))
def test_it_conforms(design, kind, language, size):
    with override(language):
        words = shipped_wording(has_passed=kind == CertificateKind.CERTIFICATE)
    if size == "hostile":
        words = {}
    case = DATA[size](kind=kind, language=language, **words)
    content = render(case, designs.get(design)()).content
    for profile in ("3a", "ua1"):
        report = page.validate_pdf_bytes(content, profile=profile)
        assert report.is_compliant, [failure.message for failure in report.failures]
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert str(pdf.Root.Lang) == language
        assert "/JavaScript" not in pdf.Root.get("/Names", {})
        assert "/OpenAction" not in pdf.Root
        assert not any("/Annots" in sheet for sheet in pdf.pages)
        figures = [str(item.Alt) for item in pdf.objects if is_figure(item)]
    # The QR code, the emblem, and each signature; all have a text.
    signatures = sum(bool(signatory.signature) for signatory in case.signatories)
    assert len(figures) == 1 + bool(case.organisation.logo_svg) + signatures
    assert all(figures)


def is_figure(item) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"


def test_a_long_annex_can_be_leafed_through_by_bookmarks():
    content = render(longest(), ClassicDesign()).content
    with pikepdf.open(io.BytesIO(content)) as pdf, pdf.open_outline() as outline:
        assert len(pdf.pages) > 3
        (title,) = outline.root
        assert title.title == payload().title
        inside = [item.title for item in title.children]
        assert "Anlage: Was gelernt wurde" in inside
        annex = title.children[-1]
        assert [item.title for item in annex.children] == [
            "Lernziele",
            "Inhalte",
            "Rechtsgrundlage",
        ]
        assert len({_sheet_of(item) for item in annex.children}) > 1


def _sheet_of(item):
    return (item.destination or item.action.D)[0].objgen


def test_the_shortest_has_bookmarks_as_well():
    content = render(shortest(), ClassicDesign()).content
    with pikepdf.open(io.BytesIO(content)) as pdf, pdf.open_outline() as outline:
        assert outline.root


def test_a_name_without_a_letter_still_has_a_sheet():
    empty = replace(payload(), person_name="\u200b\u202e")
    content = render(empty, ClassicDesign()).content
    assert page.is_pdf_compliant_bytes(content, profile="ua1")
