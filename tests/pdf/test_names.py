"""Every letter and sequence of DIN 91379 prints, and is found in the file as it was typed."""

import os
import shutil
import subprocess
import unicodedata
from functools import cache

import page
import pytest

from certificates.designs import ClassicDesign, designs
from certificates.rendering import render
from hub.printing.composing import COMPOSED, clusters, composed
from tests.hub.organisations.test_names import LETTERS, SEQUENCES

from .test_rendering import payload
from .text import pages_of

#: Small letters of the sequences; of T̈ the standard has no small one.
SMALL = [sequence.lower() for sequence in SEQUENCES if sequence != "T̈"]
#: Groups bnlreq and bnl (normative), without blanks.
NON_LETTERS = (
    "',-.`~¨´·ʹʺʾʿˈˌ’‡!\"#$%&()*+/0123456789:;<=>?@[\\]^_{|}¡¢£¥§©ª«¬®¯°±²³µ¶¹º»¿×÷€¤¦¸¼½¾"
)
GREEK = "ΆΈΉΊΌΎΏΐΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫάέήίΰαβγδεζηθικλμνξοπρςστυφχψωϊϋόύώ"
CYRILLIC = "ЍАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЬЮЯабвгдежзийклмнопрстуфхцчшщъьюяѝ"
GROUPS = {
    "letters": LETTERS,
    "sequences": SEQUENCES + SMALL,
    "others": [*NON_LETTERS, *GREEK, *CYRILLIC],
}

#: Names in one document.
TOGETHER = 16


def poppler(content: bytes, *options: str) -> str:
    """The text as poppler puts it together from the places of the glyphs, as evince does too."""
    program = ["pdftotext", *options, "-enc", "UTF-8", "-", "-"]
    return subprocess.run(
        program, input=content, stdout=subprocess.PIPE, check=True
    ).stdout.decode()


#: On a machine of one's own it may be missing; where everything is decided it must not.
needs_poppler = pytest.mark.skipif(
    not shutil.which("pdftotext") and not os.environ.get("CI"), reason="pdftotext is missing"
)
POPPLER = {
    "poppler": poppler,
    "poppler in the order drawn": lambda content: poppler(content, "-raw"),
}
READERS = {"by the tables": lambda content: " ".join(pages_of(content)), **POPPLER}


def drawn(case, design) -> bytes:
    """The file, which conforms and lacks no letter."""
    made = render(case, designs.get(design)())
    assert made.missing == ()
    for profile in ("3a", "ua1"):
        report = page.validate_pdf_bytes(made.content, profile=profile)
        assert report.is_compliant, [failure.message for failure in report.failures]
    return made.content


def read(content, reader="by the tables") -> str:
    """The text of the file, pieces of a line together, as NFC; blanks count once."""
    return unicodedata.normalize("NFC", " ".join(READERS[reader](content).split()))


@cache
def documents(group, design) -> list[tuple[list[str], bytes]]:
    """Names with each letter at the beginning, inside and at the end, and the files with them."""
    names = [f"{letter}a{letter}n{letter}" for letter in GROUPS[group]]
    together = [names[start : start + TOGETHER] for start in range(0, len(names), TOGETHER)]
    return [(some, drawn(payload(person_name=" ".join(some)), design)) for some in together]


@pytest.mark.parametrize("design", list(designs))
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    "reader", ["by the tables", *(pytest.param(name, marks=needs_poppler) for name in POPPLER)]
)
def test_names_are_found_as_they_were_typed(reader, group, design):
    lost = []
    for names, content in documents(group, design):
        text = read(content, reader)
        lost += [name for name in names if unicodedata.normalize("NFC", name) not in text]
    assert lost == []


def test_every_sequence_of_the_standard_is_one_glyph():
    """Then every reader finds it, whatever it makes of marks; the others stay as they are."""
    assert set(clusters(" ".join(SEQUENCES + SMALL))) <= COMPOSED
    for path in ClassicDesign.fonts.values():
        assert composed(path) != path
    for path in ClassicDesign.preferred_fonts.values():
        assert composed(path) == path


def test_a_mark_no_name_of_the_standard_has_is_set_as_the_font_does():
    assert "Žilvinas R̥̄ x̊" in read(drawn(payload(person_name="Žilvinas R̥̄ x̊"), "classic"))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_in_either_form(form):
    name = unicodedata.normalize(form, "Žilvinas Ž̦ Gökçe R̥̄ Nguyễn Thị Đức")
    assert unicodedata.normalize("NFC", name) in read(drawn(payload(person_name=name), "classic"))


def test_the_list_is_the_one_of_the_standard():
    """Groups bll (letters and sequences), dc (marks), gl, cl of DIN 91379:2022-08."""
    marks = {letter for name in SEQUENCES for letter in name if unicodedata.combining(letter)}
    assert marks <= set(map(chr, (*range(0x300, 0x332), 0x35F)))
    assert (len(SEQUENCES), len(SEQUENCES + SMALL)) == (78, 155)
    assert (len(GREEK), len(CYRILLIC)) == (69, 62)
