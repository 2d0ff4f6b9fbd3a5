"""The built-in design: calm, one page that stands alone, the learnt contents as an annex."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from certificates.payload import Payload

from .base import CertificateDesign, designs

NOTO = settings.NODE_MODULES / "@kern-ux" / "native" / "dist" / "fonts" / "noto-sans"

#: Upper bounds of length and the class that sets a text of that length so that it fits.
STEPS = ((28, "large"), (60, "medium"), (120, "small"))


def size_for(text: str) -> str:
    """The size class for a line of text."""
    return next((size for length, size in STEPS if len(text) <= length), "tiny")


@designs.register
class ClassicDesign(CertificateDesign):
    slug = "classic"
    label = _("Classic")
    template_name = "certificates/designs/classic.html"
    stylesheet = Path(__file__).with_name("classic.css")
    fonts = {400: NOTO / "NotoSans-Regular.woff2", 700: NOTO / "NotoSans-Bold.woff2"}

    def get_context(self, payload: Payload) -> dict[str, Any]:
        return {
            "name_size": size_for(payload.person_name),
            "title_size": size_for(payload.course.title),
        }
