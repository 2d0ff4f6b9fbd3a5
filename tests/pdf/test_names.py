"""Every letter and sequence of DIN 91379 prints, and is found in the file as it was typed."""

import unicodedata

import page
import pytest

from certificates.designs import designs
from certificates.rendering import render
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


def read(case, design) -> str:
    """The text of the file, pieces of a line together, as NFC; blanks count once."""
    drawn = render(case, designs.get(design)())
    assert drawn.missing == ()
    for profile in ("3a", "ua1"):
        report = page.validate_pdf_bytes(drawn.content, profile=profile)
        assert report.is_compliant, [failure.message for failure in report.failures]
    text = " ".join(" ".join(pages_of(drawn.content)).split())
    return unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("design", list(designs))
@pytest.mark.parametrize("group", GROUPS)
def test_names_are_found_as_they_were_typed(group, design):
    """Each stands at the beginning, inside and at the end of a name, alone and among others."""
    names = [f"{letter}a{letter}n{letter}" for letter in GROUPS[group]]
    lost = []
    for start in range(0, len(names), TOGETHER):
        some = names[start : start + TOGETHER]
        text = read(payload(person_name=" ".join(some)), design)
        lost += [name for name in some if unicodedata.normalize("NFC", name) not in text]
    assert lost == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_in_either_form(form):
    name = unicodedata.normalize(form, "Žilvinas Ž̦ Gökçe R̥̄ Nguyễn Thị Đức")
    assert unicodedata.normalize("NFC", name) in read(payload(person_name=name), "classic")


def test_the_list_is_the_one_of_the_standard():
    """Groups bll (letters and sequences), dc (marks), gl, cl of DIN 91379:2022-08."""
    marks = {letter for name in SEQUENCES for letter in name if unicodedata.combining(letter)}
    assert marks <= set(map(chr, (*range(0x300, 0x332), 0x35F)))
    assert (len(SEQUENCES), len(SEQUENCES + SMALL)) == (78, 155)
    assert (len(GREEK), len(CYRILLIC)) == (69, 62)
