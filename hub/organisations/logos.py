"""Which drawings the hub takes as a logo, and how documents get them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _

from hub.drawings import HasLetters, NoDrawing, UnsafeDrawing, check_drawing

if TYPE_CHECKING:
    from .models import Organisation

MAX_BYTES = 100_000

logger = logging.getLogger(__name__)


def validate_logo(file: File) -> None:
    """Accept a small SVG that runs nothing and asks for nothing outside itself.

    Certificates embed the logo and pages show it, so it must be safe in both. Raises
    ``ValidationError`` with what to do.
    """
    if file.size > MAX_BYTES:
        raise ValidationError(_("The logo is larger than 100 kB. Please simplify the drawing."))
    file.seek(0)
    try:
        check_drawing(file.read(), may_have_letters=False)
    except NoDrawing as error:
        raise ValidationError(
            _("The logo is not an SVG drawing. Please save it as SVG.")
        ) from error
    except HasLetters as error:
        raise ValidationError(
            _("The drawing contains text. Please turn its letters into shapes and save it again.")
        ) from error
    except UnsafeDrawing as error:
        raise ValidationError(
            _("The logo contains scripts or refers to other files. Please save it as plain SVG.")
        ) from error
    finally:
        file.seek(0)


def logo_of(organisation: Organisation) -> str:
    """The drawing as text, "" if there is none. A document without a logo is better than none."""
    if not organisation.logo:
        return ""
    try:
        with organisation.logo.open("rb") as file:
            return file.read().decode()
    except (OSError, UnicodeDecodeError):
        logger.exception("The logo of %s cannot be read.", organisation)
        return ""
