"""Reading the text of a PDF as a screen reader gets it: by the fonts' own tables."""

import io
import re

import pikepdf

ENTRY = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")


def pages_of(content: bytes) -> list[str]:
    """The text of each page, a line for each drawn piece."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return [_text_of(sheet) for sheet in pdf.pages]


def _text_of(sheet: pikepdf.Page) -> str:
    fonts = {
        name: {
            int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
            for glyph, text in ENTRY.findall(font.ToUnicode.read_bytes())
        }
        for name, font in sheet.Resources.Font.items()
    }
    lines: list[str] = []
    letters: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(sheet):
        if str(operator) == "BT":
            lines.append("")
        elif str(operator) == "Tf":
            letters = fonts[str(operands[0])]
        elif str(operator) in {"TJ", "Tj"}:
            pieces = operands[0] if str(operator) == "TJ" else operands
            lines[-1] += "".join(
                letters[int.from_bytes(pair, "big")]
                for piece in pieces
                if isinstance(piece, pikepdf.String)
                for pair in _pairs(bytes(piece))
            )
    return "\n".join(lines)


def _pairs(glyphs: bytes) -> list[bytes]:
    return [glyphs[n : n + 2] for n in range(0, len(glyphs), 2)]
