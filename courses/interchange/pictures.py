"""Pictures from outside: what is a picture, and what is safe to keep."""

from __future__ import annotations

import re
import warnings
from base64 import b64decode
from binascii import Error as Base64Error
from io import BytesIO
from urllib.parse import unquote

from django.utils.translation import gettext as _
from PIL import Image

from hub.drawings import NoDrawing, UnsafeDrawing, check_drawing

from .markup import QuestionRefused
from .questions import Picture, make_picture

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
ENDINGS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}

_not_base64 = re.compile(r"[^A-Za-z0-9+/]")
_not_in_names = re.compile(r"[^\w.-]+")


def decode_base64(text: str) -> bytes:
    """The bytes of Base64 text with whatever line ends; nothing for what is no Base64."""
    digits = _not_base64.sub("", text)
    try:
        return b64decode(digits + "=" * (-len(digits) % 4))
    except (Base64Error, ValueError):
        return b""


def picture_from_address(address: str) -> bytes:
    """What a ``data:`` address holds."""
    return decode_base64(unquote(address.partition(",")[2]))


def check_picture(content: bytes, file_name: str) -> Picture:
    """A picture with an ending that fits its content; raises ``QuestionRefused`` if it is none."""
    if len(content) > MAX_BYTES:
        raise QuestionRefused(
            _("The picture “%(name)s” is larger than 10 MB.") % {"name": file_name}
        )
    stem = _not_in_names.sub("-", file_name.rpartition("/")[2].rpartition(".")[0] or file_name)
    stem = stem.strip("-.")[:60] or "bild"
    return make_picture(content, f"{stem}.{_ending(content, file_name)}")


def _ending(content: bytes, file_name: str) -> str:
    if b"<svg" in content[:2000]:
        try:
            check_drawing(content)
        except UnsafeDrawing as error:
            raise QuestionRefused(
                _("The drawing “%(name)s” could do harm.") % {"name": file_name}
            ) from error
        except NoDrawing as error:
            raise _no_picture(file_name) from error
        return "svg"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content), formats=list(ENDINGS)) as image:
                width, height, kind = *image.size, image.format
                image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _no_picture(file_name) from error
    if width * height > MAX_PIXELS or kind not in ENDINGS:
        raise _no_picture(file_name)
    return ENDINGS[kind]


def _no_picture(file_name: str) -> QuestionRefused:
    return QuestionRefused(_("“%(name)s” is no picture that browsers show.") % {"name": file_name})
