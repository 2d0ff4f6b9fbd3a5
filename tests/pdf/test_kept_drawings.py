"""Drawing once and copying gives what drawing anew gives."""

import io
from dataclasses import replace

import pikepdf
import pytest

from certificates import rendering
from certificates.designs import ClassicDesign
from hub.printing import documents, kept_drawings
from hub.printing.qr_codes import QRCode, shortest

from .test_rendering import CASES, payload, render_pdf

GRADIENT = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><defs>'
    '<linearGradient id="g"><stop offset="0" stop-color="#fff"/><stop offset="1"/>'
    '</linearGradient></defs><rect width="10" height="10" fill="url(#g)"/></svg>'
)
LETTERS = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    '<text x="1" y="8" font-size="4">Rat</text></svg>'
)


def contents_of(content: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [
            " ".join(
                f"{operator} {[str(operand) for operand in operands]}"
                for operands, operator in pikepdf.parse_content_stream(sheet)
                if str(operator) not in {"q", "Q"}
            )
            for sheet in pdf.pages
        ]


def glyphs_of(content: bytes) -> dict[str, bytes]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return {
            str(font.BaseFont): (font.ToUnicode.read_bytes(), str(font.DescendantFonts[0].W))
            for font in pdf.pages[0].Resources.Font.values()
        }


def logo(drawing: str):
    base = payload()
    return replace(base, organisation=replace(base.organisation, logo_svg=drawing))


@pytest.mark.parametrize(
    "case",
    [*CASES.values(), logo(GRADIENT), logo(LETTERS), logo("<svg")],
)
def test_a_kept_drawing_is_a_fresh_one(case, monkeypatch):
    render_pdf(replace(case, person_name="Zweite Ŵerson"), ClassicDesign())
    kept = render_pdf(case, ClassicDesign())
    rendering._forget()
    monkeypatch.setattr(kept_drawings, "drawn", lambda stream, draw: None)
    fresh = render_pdf(case, ClassicDesign())
    rendering._forget()
    assert contents_of(kept) == contents_of(fresh)
    assert glyphs_of(kept) == glyphs_of(fresh)


def test_the_annex_and_the_emblem_are_drawn_once(monkeypatch):
    rendering._forget()
    render_pdf(payload(), ClassicDesign())
    seen = []
    whole = kept_drawings.drawn
    monkeypatch.setattr(
        kept_drawings, "drawn", lambda stream, draw: seen.append(draw) or whole(stream, draw)
    )
    render_pdf(payload(person_name="Zweite Person", number="COE-2026-00043"), ClassicDesign())
    assert seen == []


def test_only_so_many_pictures_are_kept(monkeypatch):
    monkeypatch.setattr(kept_drawings, "MOST_KEPT", 3)
    rendering._forget()
    for number in range(9):
        render_pdf(logo(GRADIENT.replace("#fff", f"#ff{number}")), ClassicDesign())
        assert len(documents._KEPT_PICTURES) <= 3


@pytest.mark.parametrize(
    ("address", "short"),
    [
        ("https://ki-hub.example/P/7KQ4", "HTTPS://KI-HUB.EXAMPLE/P/7KQ4"),
        ("https://ki-hub.example:8000/pfad/P/7KQ4", "HTTPS://KI-HUB.EXAMPLE:8000/pfad/P/7KQ4"),
        ("https://ich@ki-hub.example/P/7KQ4", "https://ich@ki-hub.example/P/7KQ4"),
        ("file:///etc/passwd", "file:///etc/passwd"),
        ("kein Ort", "kein Ort"),
    ],
)
def test_an_address_keeps_its_meaning(address, short):
    assert shortest(address) == short


def test_the_squares_are_those_of_the_code():
    code = QRCode("https://ki-hub.example/P/7KQ4-M2XD-9FTR-BH6W")
    picture = code.get_x_object(interpolate=False, dpi_ratio=1)
    size, _height, _ratio = code.get_intrinsic_size(1, 1)
    octets = len(picture.stream[0]) // size
    rows = [picture.stream[0][n * octets :][:octets] for n in range(size)]
    read = [f"{int.from_bytes(row, 'big'):0{octets * 8}b}"[:size] for row in rows]
    assert read == ["".join("01"[not square] for square in row) for row in code._squares]
    assert read[0].startswith("00000001")
