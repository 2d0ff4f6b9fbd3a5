"""The built-in design: a calm sheet to hang up, and an annex with what was learnt."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.utils.dates import MONTHS
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from certificates.payload import Payload
from hub.printing.typefaces import COMPLETE_FONTS, PREFERRED_FONTS

from .base import CertificateDesign, designs

#: Upper bounds of length and the step of size that lets a text of that length fit.
STEPS = ((22, 1), (32, 2), (48, 3), (90, 4), (160, 5))
LAST_STEP = 6
#: From this sum of the two steps on, name and title need the white space above them. It spares the
#: renderer to find out by drawing the sheet twice.
DENSE = 8
#: What a row of scanned signatures counts in it.
SIGNED = 4


def step_for(text: str) -> int:
    """The step of size for a name or a title, from 1 (largest)."""
    return next((step for length, step in STEPS if len(text) <= length), LAST_STEP)


def written_date(day: str | None) -> str:
    """An ISO day in the active language: 03.11.2026, or 3 November 2026."""
    if not day:
        return ""
    value = date.fromisoformat(day)
    if get_language() == "en":
        return f"{value.day}\u00a0{MONTHS[value.month]}\u00a0{value.year}"
    return f"{value:%d.%m.%Y}"


def written_version(number: int, day: str) -> str:
    """What identifies a state of content: "Fassung 3 vom 02.11.2026"."""
    return _("Version %(number)s of %(day)s") % {"number": number, "day": written_date(day)}


@designs.register
class ClassicDesign(CertificateDesign):
    slug = "classic"
    label = gettext_lazy("Classic")
    template_name = "certificates/designs/classic.html"
    annex_template_name = "certificates/designs/classic_annex.html"
    stylesheet = Path(__file__).with_name("classic.css")
    fonts = COMPLETE_FONTS
    preferred_fonts = PREFERRED_FONTS

    def get_context(self, payload: Payload) -> dict[str, Any]:
        course = payload.course
        name_step, title_step = step_for(payload.person_name), step_for(course.title)
        is_signed = any(signatory.signature for signatory in payload.signatories)
        return {
            "address": ", ".join(payload.organisation.address.split("\n")),
            "name_step": name_step,
            "title_step": title_step,
            "is_dense": name_step + title_step + SIGNED * is_signed >= DENSE,
            "completed_on": written_date(payload.completed_on),
            "issued_on": written_date(payload.issued_on),
            "valid_until": written_date(payload.valid_until),
            "legal_as_of": written_date(payload.legal_as_of),
            "course_version": written_version(course.version_number, course.version_date),
            "course_sum": course.sha256[:16],
            "activities": [
                {
                    "title": activity.title,
                    "language": activity.language,
                    "version": written_version(activity.version_number, activity.version_date),
                    "sum": activity.sha256[:16],
                    "source_note": activity.source_note,
                }
                for activity in payload.activities
            ],
        }
