"""Scanned signatures: a small picture that is safe in every document, kept as text.

It lies in the database and nowhere else: no address leads to it, and it goes with its template.
"""

from __future__ import annotations

import base64
import warnings
from io import BytesIO
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from hub.drawings import HasLetters, NoDrawing, UnsafeDrawing, check_drawing

#: What may be uploaded, in bytes, and in how many pixels.
MAX_BYTES = 1_000_000
MAX_PIXELS = 12_000_000
#: What is kept: 60 mm by 20 mm at 300 dots to the inch.
KEPT_SIZE = (710, 240)


def signature_uri(content: bytes) -> str:
    """A PNG or SVG signature as a data URI; raises ``ValidationError`` with what to do.

    Pixels are drawn anew in grey on white: nothing hides in the file, and it stays small.
    """
    if len(content) > MAX_BYTES:
        raise ValidationError(_("The signature is larger than 1 MB. Please scan it smaller."))
    if content.lstrip()[:1] == b"<":
        return _drawing_uri(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(BytesIO(content), formats=["PNG", "JPEG"])
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(
                    _("The signature has too many pixels. Please scan it smaller.")
                )
            picture = ImageOps.exif_transpose(picture).convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning) as error:
        raise ValidationError(
            _("The signature is no picture the hub can read. Please save it as PNG or SVG.")
        ) from error
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture)
    grey = paper.convert("L")
    grey.thumbnail(KEPT_SIZE)
    kept = BytesIO()
    grey.save(kept, "PNG", optimize=True)
    return _uri("image/png", kept.getvalue())


def _drawing_uri(content: bytes) -> str:
    try:
        check_drawing(content, may_have_letters=False)
    except NoDrawing as error:
        raise ValidationError(
            _("The signature is no picture the hub can read. Please save it as PNG or SVG.")
        ) from error
    except HasLetters as error:
        raise ValidationError(
            _("The drawing contains text. Please turn its letters into shapes and save it again.")
        ) from error
    except UnsafeDrawing as error:
        raise ValidationError(
            _("The drawing contains scripts or refers to other files. Please save it as plain SVG.")
        ) from error
    return _uri("image/svg+xml", content)


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


class SignatureInput(forms.ClearableFileInput):
    """Shows the signature that is kept, and takes another one or none."""

    template_name = "certificates/widgets/signature.html"

    # Django looks for templates of widgets in its own folder only.
    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> Any:
        return render_to_string(template_name, context)

    def is_initial(self, value: Any) -> bool:
        return bool(value)

    def format_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else None


class SignatureFormField(forms.FileField):
    widget = SignatureInput

    def clean(self, data: Any, initial: Any = None) -> str:
        """The data URI of what was uploaded, what was there before, or nothing."""
        value = super().clean(data, initial)
        if not value or isinstance(value, str):
            return value or ""
        # Never more is read than is allowed.
        return signature_uri(value.read(MAX_BYTES + 1))


class SignatureField(models.TextField):
    """A data URI that forms take as a file."""

    def formfield(self, *args: Any, **kwargs: Any) -> forms.Field:
        return SignatureFormField(required=False, label=self.verbose_name, help_text=self.help_text)
