import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates.designs import ClassicDesign
from hub.printing.typefaces import MAX_MARKS, printable, typeface

COMPLETE = typeface(tuple(ClassicDesign.fonts.items()), stacks_marks=True)
PREFERRED = typeface(tuple(ClassicDesign.preferred_fonts.items()), stacks_marks=False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Jörg", "Jörg"),
        ("a\u0308", "ä"),
        ("a\nb", "a\nb"),
        ("a\tb\rc\x85d", "a b c d"),
        ("a\x00\x07b\u202ec\u200fd\ufeff", "abcd"),
        ("Ｐeter", "Peter"),
        ("🎉", "�"),
        ("❤\ufe0f", "�"),
        ("\ue000", "�"),
        ("\ud800", ""),
        ("שלום", "����"),
        ("R̥̄", "R̥̄"),
        ("z" + "\u0305" * 40, "z" + "\u0305" * MAX_MARKS),
    ],
)
def test_printable(text, shown):
    assert printable(text, COMPLETE) == shown


@given(st.text())
def test_printable_text_has_a_glyph_for_every_character(text):
    shown = printable(text, COMPLETE)
    assert COMPLETE.letters | COMPLETE.marks >= set(map(ord, shown))
    assert not any(unicodedata.category(letter)[0] == "C" for letter in shown if letter != "\n")


def test_the_preferred_typeface_is_left_to_texts_it_has_completely():
    assert PREFERRED.has("Jörg Čapek Юрий Ωμέγα")
    assert PREFERRED.has("Jo\u0308rg")
    assert not PREFERRED.has("R̥̄")
    assert not PREFERRED.has("李明")
