"""Documents that people hand in: which files are taken, and under which names."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image

#: In bytes. A scan of some pages fits.
MAX_BYTES = 10 * 1024**2
#: A photograph of a sheet has less; a file that unpacks to more is made to hurt.
MAX_PIXELS = 80_000_000
ENDINGS = {"PDF": ".pdf", "PNG": ".png", "JPEG": ".jpg"}
CONTENT_TYPES = {".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg"}
#: What ``accept`` of a file field says.
ACCEPTED = ".pdf,.png,.jpg,.jpeg"
LONGEST_NAME = 100


@dataclass(frozen=True)
class Document:
    """A file that was looked at: a readable name with the ending of its type, and its bytes."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def read_document(content: bytes, name: str) -> Document:
    """Accept a PDF, PNG or JPEG by what it holds, whatever its name says.

    Raises ``ValidationError``.
    """
    if not content:
        raise ValidationError(_("The file is empty. Please choose another one."))
    if len(content) > MAX_BYTES:
        raise ValidationError(
            _("The file is larger than %(size)d MB.") % {"size": MAX_BYTES // 1024**2}
        )
    return Document(_readable(name, ENDINGS[_type_of(content)]), content)


def _type_of(content: bytes) -> str:
    # Every PDF program writes both; what follows the end is at most a signature's line ends.
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-1024:]:
        return "PDF"
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            width, height = image.size
            kind = str(image.format)
            if width * height > MAX_PIXELS:
                raise ValidationError(_("The picture is too large. Please choose a smaller one."))
            image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationError(
            _("This is no PDF, PNG or JPEG file, or it is damaged. Please choose another one.")
        ) from error
    return kind if kind in ENDINGS else "JPEG"


def _readable(name: str, ending: str) -> str:
    """A name without folders, control characters and marks that turn the direction of writing."""
    name = PurePath(name.replace("\\", "/")).name
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")
    stem = re.sub(r"\s+", " ", PurePath(name).stem).strip(" .") or "nachweis"
    return stem[:LONGEST_NAME] + ending
