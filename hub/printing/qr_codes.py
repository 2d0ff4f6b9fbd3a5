"""The QR code of a check address, as a picture WeasyPrint can place.

A picture of one bit for each square, handed over as it is: made into a PNG file it would be packed,
unpacked and packed again, which costs more than finding the squares.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import pydyf
import segno


def shortest(address: str) -> str:
    """The address with scheme and host in capitals, where upper and lower case are the same.

    An address in capitals alone needs fewer squares, which are larger then (RFC 3986, 6.2.2.1;
    ISO/IEC 18004, alphanumeric mode).
    """
    parts = urlsplit(address)
    start = f"{parts.scheme}://{parts.netloc}"
    if not parts.netloc or "@" in parts.netloc or not address.startswith(start):
        return address
    return start.upper() + address.removeprefix(start)


class QRCode:
    """One QR code; WeasyPrint asks it for its size and to draw itself."""

    def __init__(self, address: str, name: str = "qr") -> None:
        #: WeasyPrint takes pictures of one document with the same id for the same picture.
        self.id = name
        self._address = shortest(address)

    @cached_property
    def _squares(self) -> tuple[bytearray, ...]:
        # A fixed mask saves the search for the best one.
        return segno.make_qr(self._address, error="m", mask=0).matrix

    def get_intrinsic_size(self, resolution: float, font_size: float) -> tuple[int, int, int]:
        """Width, height and their ratio."""
        return len(self._squares), len(self._squares), 1

    def draw(self, stream: Any, width: float, height: float, style: Any) -> None:
        """Place the picture."""
        name = stream.add_image(self, interpolate=False, ratio=1)
        stream.transform(width, 0, 0, -height, 0, height)
        stream.draw_x_object(name)

    def get_x_object(self, interpolate: bool, dpi_ratio: float) -> pydyf.Stream:
        """The picture as an object of the file: a line of bits for each row, dark is 0."""
        size = len(self._squares)
        octets = -(-size // 8)
        bits = b"".join(
            int(row.translate(_LETTERS).ljust(octets * 8, b"0"), 2).to_bytes(octets, "big")
            for row in self._squares
        )
        extra = {
            "Type": "/XObject",
            "Subtype": "/Image",
            "Width": size,
            "Height": size,
            "ColorSpace": "/DeviceGray",
            "BitsPerComponent": 1,
            "Interpolate": "false",
        }
        return pydyf.Stream([bits], pydyf.Dictionary(extra), compress=True)


#: A dark square, 1 in the matrix, has the bit 0: black.
_LETTERS = bytes.maketrans(b"\x00\x01", b"10")
