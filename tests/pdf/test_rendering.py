import hashlib
import io
import re
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import page
import pikepdf
import pytest
from django.utils.translation import override

from certificates import rendering
from certificates.designs import CertificateDesign, ClassicDesign, designs
from certificates.designs.classic import step_for, written_date, written_version
from certificates.payload import Activity, Course, IssuingOrganisation, Payload, Signatory
from certificates.rendering import render_pdf

from .text import pages_of

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<rect width="10" height="10" fill="#1c3f94"/></svg>'
)
LONG = "Gökçe Đorđević-Müller-Lüdenscheidt van der Straeten " * 6
HOSTILE = '<link rel=attachment href="file:///etc/passwd"><script>1</script> &amp; {{ x }}'
MARKS = (
    "A̋ C̀ C̄ C̆ C̈ C̕ C̣ C̦ C̨̆ D̂ F̀ F̄ G̀ H̄ H̦ H̱ J́ J̌ K̀ K̂ K̄ K̇ K̕ K̛ K̦ K͟H K͟h L̂ L̥ L̥̄ L̦ M̀ M̂ M̆ M̐ N̂ N̄ N̆ N̦ "
    "P̀ P̄ P̕ P̣ R̆ R̥ R̥̄ S̀ S̄ S̛̄ S̱ T̀ T̄ T̈ T̕ T̛ U̇ Z̀ Z̄ Z̆ Z̈ Z̧ Ç̆ Û̄ ÿ́ Č̕ Č̣ ē̍ Ī́ ō̍ Ž̦ Ž̧ Ḳ̄ Ṣ̄ Ṭ̄ Ạ̈ Ọ̈ Ụ̄ Ụ̈"
)
LETTERS = "".join(
    chr(code)
    for first, last in ((0xC0, 0x180), (0x1CD, 0x220), (0x1E00, 0x1F00), (0x386, 0x3CF))
    for code in range(first, last)
    if unicodedata.category(chr(code)).startswith("L")
)


def activity(number: int, title: str = "Modul") -> Activity:
    return Activity(
        f"{title} {number}",
        "module",
        number,
        f"2026-11-{number:02d}",
        f"{number:02x}" * 32,
        "de",
    )


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
            "KI-Grundlagen", "k", "Basis", ["Sie kennen KI."], 60, 2, "2026-11-03", "ab" * 32, "de"
        ),
        "activities": [activity(number) for number in range(1, 7)],
        "completed_on": "2026-11-20",
        "issued_on": "2026-11-24",
        "valid_until": "2028-11-20",
        "legal_text": "Art. 4 KI-VO.",
        "legal_as_of": "2026-11-01",
        "responsible_body": "Untergruppe Qualifizierung",
        "signatories": [
            Signatory("Untergruppe Qualifizierung", "fachlich verantwortlich für den Inhalt")
        ],
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
    "letters of DIN 91379": titled(LETTERS, person_name="Žilvinas Ž̦ R̥̄ K͟h", legal_text=MARKS),
    "very long": titled(LONG, person_name=LONG),
    "widest": titled("M" * 300, person_name="W" * 300),
    "one letter": titled("K", person_name="Y"),
    "hostile": titled(HOSTILE, person_name=HOSTILE, statement=HOSTILE, note=HOSTILE),
    "marks and emoji": payload(person_name="Ann\u202ea 🎉 Ter\x00horst\u200b \ue000 李明"),
    "many modules": payload(activities=[activity(n, LONG) for n in range(1, 21)]),
    "no logo, no department": payload(organisation=IssuingOrganisation("Gemeinde", "", "", "")),
    "three signatories": payload(signatories=[Signatory("Ö. Çelik", "Leitung")] * 3),
    "wordy": titled(
        "KI-Grundlagen für alle Beschäftigten",
        statement="hat alle Teile bearbeitet und " * 8,
        note="Es ist keine amtliche Zertifizierung. " * 9,
        signatories=[Signatory("Ö. Çelik", "für die Untergruppe Qualifizierung " * 4)],
    ),
    "bare": payload(activities=[], signatories=[], legal_text="", legal_as_of=None),
}


def text_of(case: Payload) -> str:
    return " ".join(" ".join(pages_of(render_pdf(case, ClassicDesign()))).split())


def fonts_of(content: bytes) -> dict[str, pikepdf.Dictionary]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return {
            str(font.BaseFont).partition("+")[2]: sorted(
                font.DescendantFonts[0].FontDescriptor.keys()
            )
            for sheet in pdf.pages
            for font in sheet.Resources.Font.values()
        }


@pytest.mark.parametrize("name", CASES)
def test_every_certificate_is_archivable_and_accessible(name):
    content = render_pdf(CASES[name], ClassicDesign())
    for profile in ("3a", "ua1"):
        report = page.validate_pdf_bytes(content, profile=profile)
        assert report.is_compliant, [failure.message for failure in report.failures]


@pytest.mark.parametrize("name", CASES)
def test_the_first_page_stands_alone(name):
    first, *annex = pages_of(render_pdf(CASES[name], ClassicDesign()))
    assert CASES[name].number in first
    assert CASES[name].check_url in first
    assert "Lernziele" not in first
    assert annex


def test_the_text_says_what_was_learnt_and_in_which_version():
    text = text_of(payload())
    with override("de"):
        versions = [written_version(number, f"2026-11-{number:02d}") for number in range(1, 7)]
    assert "Dr. Jörg Schulze Dieckhoff" in text
    assert "hat den folgenden Kurs abgeschlossen: KI-Grundlagen" in text
    assert [version for version in versions if version not in text] == []
    assert f"{versions[2]}, 0303030303030303" in text
    for part in ("20.11.2026", "20.11.2028", "Basis", "Sie kennen KI.", "Art. 4 KI-VO.", "Markt 1"):
        assert part in text


def test_letters_and_marks_can_be_read_back():
    text = text_of(CASES["letters of DIN 91379"])
    assert "Žilvinas Ž̦ R̥̄ K͟h" in text
    assert "�" not in text
    read = set(unicodedata.normalize("NFD", text))
    assert set(unicodedata.normalize("NFD", LETTERS + MARKS)) - read == set()


@pytest.mark.parametrize("name", ["very long", "widest", "hostile"])
def test_long_and_hostile_texts_are_printed_whole(name):
    def letters(text: str) -> str:
        return re.sub(r"[\s-]", "", text)

    assert letters(CASES[name].person_name) in letters(text_of(CASES[name]))
    assert letters(CASES[name].course.title) in letters(text_of(CASES[name]))


def test_what_cannot_be_printed_is_shown_and_kept_in_the_data():
    case = CASES["marks and emoji"]
    text = text_of(case)
    assert "Anna � Terhorst � ��" in text
    assert "nachweis.json" in text
    assert "nachweis.json" not in text_of(payload())
    with pikepdf.open(io.BytesIO(render_pdf(case, ClassicDesign()))) as pdf:
        data = pdf.attachments["nachweis.json"].get_file().read_bytes()
    assert "李明".encode() in data


def test_equal_payloads_give_equal_bytes():
    first = render_pdf(payload(), ClassicDesign())
    render_pdf(CASES["letters of DIN 91379"], ClassicDesign())
    assert render_pdf(payload(), ClassicDesign()) == first
    assert render_pdf(payload(number="COE-2026-00043"), ClassicDesign()) != first
    rendering._forget()
    assert render_pdf(payload(), ClassicDesign()) == first


@pytest.mark.parametrize("name", CASES)
def test_the_design_is_read_as_xml(name, monkeypatch):
    def html_parser(*args, **kwargs):
        raise AssertionError("The design is not well-formed.")

    rendering._forget()
    monkeypatch.setattr("weasyprint.tinyhtml5.parse", html_parser)
    assert render_pdf(CASES[name], ClassicDesign())


def test_threads_do_not_disturb_each_other():
    """Different certificates at once, from the first one on; each is what it is alone."""
    alone = {}
    for name, case in CASES.items():
        rendering._forget()
        alone[name] = render_pdf(case, ClassicDesign())
    names = [*CASES, *reversed(CASES), *CASES]
    rendering._forget()
    with ThreadPoolExecutor(max_workers=8) as pool:
        made = list(pool.map(lambda name: render_pdf(CASES[name], ClassicDesign()), names))
    different = {name for name, pdf in zip(names, made, strict=True) if pdf != alone[name]}
    assert different == set()


def test_the_annex_of_others_does_not_name_them():
    render_pdf(payload(person_name="Erste Person", number="COE-2026-00001"), ClassicDesign())
    second = payload(person_name="Zweite Person", number="COE-2026-00002")
    assert "Zweite Person" in text_of(second)
    assert "Erste Person" not in text_of(second)
    assert "COE-2026-00001" not in text_of(second)


def test_the_file_says_what_it_is_and_carries_its_data():
    content = render_pdf(payload(), ClassicDesign())
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert pdf.Root.Lang == "de"
        assert str(pdf.docinfo.Title) == "Zertifikat COE-2026-00042: KI-Grundlagen"
        assert str(pdf.docinfo.Author) == "Stadt Coesfeld"
        assert str(pdf.docinfo.CreationDate) == "D:20261124"
        data = pdf.attachments["nachweis.json"].get_file().read_bytes()
        assert b'"person_name": "Dr. J\xc3\xb6rg Schulze Dieckhoff"' in data
        assert len(pdf.Root.AF) == 2
        assert bytes(pdf.trailer.ID[0]) == hashlib.sha256(data).hexdigest()[:32].encode()
        relationships = {str(file.UF): str(file.AFRelationship) for file in pdf.Root.AF}
        assert relationships == {"credential.json": "/Alternative", "nachweis.json": "/Source"}
        assert {str(file.EF.F.Subtype) for file in pdf.Root.AF} == {"/application/json"}


def test_the_end_of_every_stream_is_clear():
    """Data that end in a carriage return would make an end of line with pydyf's line feed."""
    content = render_pdf(payload(), ClassicDesign())
    assert b"\r\nendstream" in content
    assert re.search(rb"(?<!\r)\nendstream", content) is None


def test_pictures_have_a_text():
    with pikepdf.open(io.BytesIO(render_pdf(payload(), ClassicDesign()))) as pdf:
        texts = [str(item.Alt) for item in pdf.objects if _is_figure(item)]
    assert len(texts) == 2
    assert "Stadt Coesfeld" in texts[0]
    assert payload().check_url in texts[1]


def _is_figure(item: pikepdf.Object) -> bool:
    return isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/Figure"


def test_only_the_fonts_of_the_design_are_used_and_embedded():
    """A missing letter would bring in a font of the machine."""
    for case in CASES.values():
        fonts = fonts_of(render_pdf(case, ClassicDesign()))
        assert set(fonts) <= {"Certificate", "Certificate-Medium"}
        assert all("/FontFile2" in descriptor for descriptor in fonts.values())


def test_rendering_reaches_no_network_and_no_file_of_a_text():
    logo = '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    organisation = IssuingOrganisation(HOSTILE, HOSTILE, logo, HOSTILE)
    case = replace(CASES["hostile"], organisation=organisation, check_url="file:///etc/passwd")
    render_pdf(case, ClassicDesign())
    seen: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple) -> None:
        if watching and event in {"open", "socket.connect", "urllib.Request"}:
            seen.append(f"{event} {arguments[0]}"[:200])

    sys.addaudithook(watch)
    content = render_pdf(case, ClassicDesign())
    watching = False
    assert seen
    assert [entry for entry in seen if not entry.startswith(("open", "urllib.Request data:"))] == []
    assert [entry for entry in seen if "passwd" in entry] == []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert sorted(pdf.attachments) == ["credential.json", "nachweis.json"]


def test_a_design_needs_neither_annex_nor_preferred_fonts(tmp_path):
    class Plain(CertificateDesign):
        slug = "plain"
        label = "Plain"
        template_name = ClassicDesign.template_name
        stylesheet = tmp_path / "plain.css"
        fonts = ClassicDesign.fonts

    Plain.stylesheet.write_text("@page { size: A5 }")
    with designs.register_temporarily(Plain):
        content = render_pdf(payload(), designs.get("plain")())
    assert page.is_pdf_compliant_bytes(content, profile="3a")
    assert "Dr. Jörg Schulze Dieckhoff" in pages_of(content)[0]


def test_dates_are_written_as_the_language_does():
    with override("de"):
        assert written_date("2026-11-03") == "03.11.2026"
        assert written_date(None) == ""
    with override("en"):
        assert written_date("2026-11-03") == "3\u00a0November\u00a02026"


def test_sizes_step_down_with_the_length():
    steps = [step_for("x" * length) for length in range(1, 301)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (1, 6)
