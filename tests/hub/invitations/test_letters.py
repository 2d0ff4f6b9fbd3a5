"""The file with the letters: what they say, in which language, and that it is accessible."""

import io
from dataclasses import replace
from datetime import date

import page
import pikepdf
import pytest
import segno

from hub.invitations.letters import Letter, render_letters
from tests.pdf.text import pages_of

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<rect width="10" height="10" fill="#1c3f94"/></svg>'
)
LETTER = Letter(
    language="de",
    name="Dragan Đorđević",
    department="Bauhof",
    authority="Stadt Billerbeck",
    sender="Markt 1, 48727 Billerbeck",
    hr="Personalamt",
    logo_svg=LOGO,
    user_name="dragan.dordevic",
    code="7KQ4-M2XD-9FTR",
    expires_on=date(2026, 12, 27),
)
SIMPLE = replace(LETTER, language="de-simple")
HOSTILE = '<script>alert(1)</script>"&amp; {{ x }} <img src="file:///etc/passwd"/>'
CASES = {
    "usual": [LETTER],
    "bare": [replace(LETTER, department="", sender="", logo_svg="")],
    "hostile": [
        replace(
            LETTER, name=HOSTILE, department=HOSTILE, hr=HOSTILE, authority=HOSTILE, sender=HOSTILE
        )
    ],
    "rare letters": [replace(LETTER, name="Žilvinas Ž̦ Юрий Ωμέγα"), LETTER],
    "no letters": [replace(LETTER, name="Ann\u202ea 🎉 Ter\x00horst 李明")],
    "widest": [replace(LETTER, name="W" * 300, department="W" * 120, authority="W" * 120)],
    "two languages": [LETTER, replace(LETTER, language="en", name="Kim Doe")],
    "plain": [SIMPLE, LETTER, replace(SIMPLE, name="W" * 300, department="", logo_svg="")],
}


@pytest.mark.parametrize("name", CASES)
def test_every_file_is_archivable_and_accessible(name):
    content = render_letters(CASES[name])
    for profile in ("3a", "ua1"):
        report = page.validate_pdf_bytes(content, profile=profile)
        assert report.is_compliant, [failure.message for failure in report.failures]


def test_a_letter_says_what_is_needed_on_one_page():
    (text,) = pages_of(render_letters([LETTER]))
    text = " ".join(text.split())
    for part in (
        "Stadt Billerbeck, Markt 1, 48727 Billerbeck",
        "Bauhof",
        "Guten Tag Dragan Đorđević,",
        "Lernplattform der Behörden im Kreis Coesfeld",
        "/de/einladung/",
        "7KQ4-M2XD-9FTR",
        "27. Dezember 2026",
        "dragan.dordevic",
        "mindestens 12 Zeichen",
        "Passwort vergessen? Dann bekommen Sie hier einen neuen Brief: Personalamt.",
    ):
        assert part in text


def test_a_letter_in_leichte_sprache_says_the_same_in_sentences_of_its_own():
    first, second, _other = pages_of(render_letters([SIMPLE, LETTER]))
    text = " ".join((first + second).split())
    for part in (
        "Ihr Zugang zum KI-Hub",
        "Guten Tag Dragan Đorđević,",
        "Der KI-Hub ist ein Lern-Programm im Internet.",
        "/de-simple/einladung/",
        "7KQ4-M2XD-9FTR",
        "Der Code gilt bis 27. Dezember 2026",
        "Ihr Benutzer-Name dragan.dordevic",
        "Ihr Passwort muss mindestens 12 Zeichen haben.",
        "Den neuen Brief bekommen Sie hier: Personalamt",
    ):
        assert part in text
    assert "Lernplattform" not in text


def test_leichte_sprache_is_short():
    """DIN SPEC 33429: a line says one thing, in few words, and nobody has things done to her."""
    (begin, end) = pages_of(render_letters([SIMPLE]))
    lines = [line.strip() for line in (begin + end).splitlines() if line.strip()]
    sentences = [line for line in lines if line.endswith((".", "?"))]
    assert len(sentences) > 25
    for sentence in sentences:
        assert len(sentence.split()) <= 12, sentence
        assert not {"wird", "werden", "wurde", "man"} & set(sentence.split()), sentence
        assert ", d" not in sentence, sentence
        assert all(len(part) <= 12 for word in sentence.split() for part in word.split("-"))


def test_each_letter_is_in_its_own_language_and_says_so():
    content = render_letters(CASES["two languages"])
    german, english = pages_of(content)
    assert "Ihr Zugang zum KI-Hub" in german
    assert "Your access to the KI-Hub" in english
    assert "/en/einladung/" in english
    assert "27 December 2026" in english
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert str(pdf.Root.Lang) == "de"
        spoken = {
            pdf.pages.index(pikepdf.Page(item.Pg)): str(item.Lang)
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and "/Lang" in item and "/Pg" in item
        }
    assert spoken == {0: "de", 1: "en"}


def test_each_letter_has_the_code_of_its_person_in_its_picture():
    letters = [replace(LETTER, code=f"{n}KQ4-M2XD-9FTR") for n in range(3)]
    with pikepdf.open(io.BytesIO(render_letters(letters))) as pdf:
        for sheet, letter in zip(pdf.pages, letters, strict=True):
            address = f"{letter.address}#{letter.code}".replace("http://127", "HTTP://127")
            matrix = segno.make_qr(address, error="m", mask=0).matrix
            octets = -(-len(matrix) // 8)
            wanted = b"".join(
                int("".join("01"[not square] for square in row).ljust(octets * 8, "0"), 2).to_bytes(
                    octets, "big"
                )
                for row in matrix
            )
            shown = [
                sheet.Resources.XObject[operands[0]]
                for operands, operator in pikepdf.parse_content_stream(sheet)
                if str(operator) == "Do"
            ]
            assert [picture.read_bytes() for picture in shown if "/Width" in picture] == [wanted]
            assert f"QR-Code mit der Adresse {letter.address} und Ihrem Code {letter.code}" in {
                str(item.Alt)
                for item in pdf.objects
                if isinstance(item, pikepdf.Dictionary) and "/Alt" in item
            }


def test_hostile_names_are_words():
    text = " ".join(" ".join(pages_of(render_letters(CASES["hostile"]))).split())
    assert text.replace(" ", "").count(HOSTILE.replace(" ", "")) >= 3


def test_what_cannot_be_printed_is_shown():
    (text,) = pages_of(render_letters(CASES["no letters"]))
    assert "Anna � Terhorst ��" in " ".join(text.split())


def test_a_reader_of_many_letters_finds_each_person():
    with pikepdf.open(io.BytesIO(render_letters(CASES["two languages"]))) as pdf:
        titles = [item.title for item in pdf.open_outline().root]
        assert titles == ["Dragan Đorđević", "Kim Doe"]
        assert pdf.docinfo["/Title"] == "Ihr Zugang zum KI-Hub"


def test_many_letters_share_their_fonts():
    one, ten = (
        render_letters([replace(LETTER, name=f"Person {n}") for n in range(count)])
        for count in (1, 10)
    )
    with pikepdf.open(io.BytesIO(ten)) as pdf:
        assert len(pdf.pages) == 10
        assert len({str(font) for s in pdf.pages for font in s.Resources.Font}) == 2
    assert len(ten) < 3 * len(one)
