"""Fonts are cut down once for many documents, and hold no letters of other people."""

import io

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from certificates import rendering
from certificates.designs import ClassicDesign
from hub.printing import documents, kept_fonts

from .test_rendering import payload, render_pdf


@pytest.fixture(autouse=True)
def fresh():
    rendering._forget()
    yield
    rendering._forget()


@pytest.fixture
def cuts(monkeypatch):
    """What WeasyPrint was asked to cut."""
    made = []
    cut = kept_fonts.FontCuts.cut

    def watched(self, font, subset, glyphs, hinting):
        def counted(wanted, hinting):
            made.append(wanted)
            subset(wanted, hinting)

        cut(self, font, counted, glyphs, hinting)

    monkeypatch.setattr(kept_fonts.FontCuts, "cut", watched)
    return made


def fonts_of(content: bytes) -> dict[str, TTFont]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found = {}
        for font in pdf.pages[0].Resources.Font.values():
            file = font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes()
            found[str(font.BaseFont)] = TTFont(io.BytesIO(file))
        return found


def drawn(font: TTFont, letters: str) -> set[str]:
    """Which of the letters the font has an outline of."""
    names = TTFont(ClassicDesign.preferred_fonts[400]).getBestCmap()
    order = TTFont(ClassicDesign.preferred_fonts[400]).getGlyphOrder()
    table = font["glyf"]
    size = len(font.getGlyphOrder())
    return {
        letter
        for letter in letters
        if (number := order.index(names[ord(letter)])) < size
        and table[font.getGlyphOrder()[number]].numberOfContours
    }


def test_people_with_common_letters_share_a_cut(cuts):
    first = render_pdf(payload(person_name="Anna Terhorst"), ClassicDesign())
    assert len(cuts) == len(fonts_of(first)) == 2
    render_pdf(payload(person_name="Jörg Weßling-Quadt", number="COE-2026-00043"), ClassicDesign())
    assert len(cuts) == 2


def test_a_rare_letter_is_in_the_file_of_its_person_alone(cuts):
    rare = render_pdf(payload(person_name="Ŵilma Terhorst"), ClassicDesign())
    assert any("Ŵ" in drawn(font, "Ŵ") for font in fonts_of(rare).values())
    common = render_pdf(payload(person_name="Wilma Terhorst"), ClassicDesign())
    assert not any(drawn(font, "Ŵ") for font in fonts_of(common).values())


def test_what_was_drawn_before_changes_nothing():
    alone = render_pdf(payload(), ClassicDesign())
    rendering._forget()
    render_pdf(payload(person_name="Ŵilma Çelik"), ClassicDesign())
    assert render_pdf(payload(), ClassicDesign()) == alone


def test_only_so_many_cuts_are_kept(monkeypatch):
    monkeypatch.setattr(kept_fonts, "MOST_CUTS", 3)
    kept = kept_fonts.FontCuts()
    for letter in "ŴŶŹ":
        with monkeypatch.context() as patched:
            patched.setattr(documents, "_cuts", lambda face: kept)
            render_pdf(payload(person_name=f"{letter}. Terhorst"), ClassicDesign())
        assert 0 < len(kept._cuts) <= 3
