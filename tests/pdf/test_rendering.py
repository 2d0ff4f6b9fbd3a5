import io
from dataclasses import replace

import page
import pikepdf
import pytest

from certificates.designs import ClassicDesign
from certificates.payload import Activity, Course, IssuingOrganisation, Payload, Signatory
from certificates.rendering import printable, render_pdf

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<rect width="10" height="10" fill="#1c3f94"/></svg>'
)
LONG = "Gökçe Đorđević-Müller-Lüdenscheidt van der Straeten " * 6
HOSTILE = '<link rel=attachment href="file:///etc/passwd"><script>1</script> &amp; {{ x }}'


def payload(**changes) -> Payload:
    values = {
        "kind": "certificate",
        "number": "COE-2026-00042",
        "code": "7KQ4-M2XD-9FTR-BH6W",
        "check_url": "https://ki-hub.example/P/7KQ4-M2XD-9FTR-BH6W",
        "language": "de",
        "person_name": "Dr. Jörg Schulze Dieckhoff",
        "organisation": IssuingOrganisation("Stadt Coesfeld", "Fachbereich 32", LOGO, "Markt 1"),
        "course": Course(
            "KI-Grundlagen", "k", "Basis", ["Sie kennen KI."], 60, 2, "2026-11-03", "ab" * 32
        ),
        "activities": [
            Activity(f"Modul {n}", "module", n, "2026-11-03", "cd" * 32, "2026-11-20", "de")
            for n in range(1, 7)
        ],
        "completed_on": "2026-11-24",
        "issued_on": "2026-11-24",
        "valid_until": "2028-11-24",
        "legal_text": "Art. 4 KI-VO.",
        "legal_as_of": "2026-11-01",
        "responsible_body": "Untergruppe Qualifizierung",
        "signatories": [Signatory("Untergruppe Qualifizierung", "Verantwortliche Stelle")],
        "title": "Zertifikat",
        "statement": "hat den folgenden Kurs abgeschlossen:",
        "note": "Es ist keine amtliche Zertifizierung.",
    }
    return Payload(**{**values, **changes})


def titled(title: str, **changes) -> Payload:
    base = payload(**changes)
    return replace(base, course=replace(base.course, title=title))


CASES = {
    "normal": payload(),
    "attendance without end": payload(
        kind="attendance", title="Teilnahmebescheinigung", valid_until=None
    ),
    "English": payload(language="en", title="Certificate"),
    "Cyrillic and Greek": payload(person_name="Юрий Ωμέγα Đặng Thị Ngọc Ḩāfiẓ ʻAlī"),
    "very long": titled(LONG, person_name=LONG),
    "one letter": titled("K", person_name="Y"),
    "hostile": titled(HOSTILE, person_name=HOSTILE),
    "marks and emoji": payload(person_name="Ann\u202ea 🎉 Ter\x00horst\u200b"),
    "many modules": payload(
        activities=[
            Activity(f"Modul {n} {LONG}", "module", n, "2026-11-03", "cd" * 32, "2026-11-20", "de")
            for n in range(20)
        ]
    ),
    "no logo, no department": payload(organisation=IssuingOrganisation("Gemeinde", "", "", "")),
}


@pytest.mark.parametrize("name", CASES)
def test_every_certificate_is_archivable_and_accessible(name):
    content = render_pdf(CASES[name], ClassicDesign())
    for profile in ("3a", "ua1"):
        report = page.validate_pdf_bytes(content, profile=profile)
        assert report.is_compliant, [failure.message for failure in report.failures]


def test_equal_payloads_give_equal_bytes():
    design = ClassicDesign()
    assert render_pdf(payload(), design) == render_pdf(payload(), design)
    assert render_pdf(payload(), design) != render_pdf(payload(number="COE-2026-00043"), design)


def test_the_file_says_what_it_is_and_carries_its_data():
    content = render_pdf(payload(), ClassicDesign())
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert pdf.Root.Lang == "de"
        assert str(pdf.docinfo.Title) == "Zertifikat COE-2026-00042"
        assert str(pdf.docinfo.Author) == "Stadt Coesfeld"
        data = pdf.attachments["nachweis.json"].get_file().read_bytes()
        assert b'"person_name": "Dr. J\xc3\xb6rg Schulze Dieckhoff"' in data
        assert len(pdf.Root.AF) == 1


def test_all_fonts_are_embedded():
    with pikepdf.open(io.BytesIO(render_pdf(payload(), ClassicDesign()))) as pdf:
        fonts = {
            str(font.DescendantFonts[0].FontDescriptor.FontName): font.DescendantFonts[
                0
            ].FontDescriptor
            for sheet in pdf.pages
            for font in sheet.Resources.Font.values()
        }
        assert fonts
        assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts.values())


def test_hostile_texts_reach_no_file():
    with pikepdf.open(io.BytesIO(render_pdf(CASES["hostile"], ClassicDesign()))) as pdf:
        assert list(pdf.attachments) == ["nachweis.json"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Jörg", "Jörg"),
        ("a\u0308", "ä"),
        ("a\nb", "a b"),
        ("a\x00b\u202ec", "abc"),
        ("🎉", "□"),
        ("ﬁ", "ﬁ"),
    ],
)
def test_printable(text, shown):
    assert printable(text, ClassicDesign()) == shown
