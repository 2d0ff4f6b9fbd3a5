"""The words on a certificate: placeholders, what they stand for, and what must not be said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from .payload import Payload

#: What editors may write in a text, and what it stands for.
PLACEHOLDERS = {
    "name": gettext_lazy("name of the person"),
    "course": gettext_lazy("title of the course"),
    "date": gettext_lazy("day of the completion"),
    "valid_until": gettext_lazy("last day of validity"),
    "authority": gettext_lazy("name of the authority"),
    "level": gettext_lazy("level of the course"),
    "minutes": gettext_lazy("duration in minutes"),
    "number": gettext_lazy("number of the certificate"),
}
#: Domain 1.7: they promise what no course can give, and no law knows such a certificate.
FORBIDDEN = (
    "gesetzlich vorgeschrieben",
    "AI-Act-zertifiziert",
    "AI Act zertifiziert",
    "rechtssicher",
    "ausreichendes Maß",
    "KI-Führerschein",
)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def check_text(text: str) -> None:
    """Raise ``ValidationError`` for unknown placeholders, stray braces and forbidden words."""
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    unknown = [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    if unknown:
        raise ValidationError(
            ngettext(
                "There is no placeholder %(unknown)s. Possible are: %(known)s.",
                "There are no placeholders %(unknown)s. Possible are: %(known)s.",
                len(unknown),
            )
            % {"unknown": ", ".join(f"{{{name}}}" for name in unknown), "known": known}
        )
    rest = _PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        raise ValidationError(
            _(
                "A brace stands alone. A placeholder is a word between two braces, for example "
                "{name}."
            )
        )
    for words in FORBIDDEN:
        if words.casefold() in text.casefold():
            raise ValidationError(
                _(
                    "Please leave out “%(words)s”: a certificate shows one measure, it is no "
                    "official certification."
                )
                % {"words": words}
            )


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in place of the placeholders. Braces in a value stay what they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def filled(payload: Payload) -> Payload:
    """The payload with the texts of ``as_written`` filled from its own facts."""
    with override(payload.language):
        values = {
            "name": payload.person_name,
            "course": payload.course.title,
            "date": _day(payload.completed_on),
            "valid_until": _day(payload.valid_until) or _("without an end"),
            "authority": payload.organisation.name,
            "level": payload.course.level,
            "minutes": str(payload.course.duration_minutes),
            "number": payload.number,
        }
    texts: dict[str, Any] = {name: fill(text, values) for name, text in payload.as_written.items()}
    return replace(payload, **texts)


def _day(day: str | None) -> str:
    return date_format(date.fromisoformat(day), "SHORT_DATE_FORMAT") if day else ""


def fixed_note() -> str:
    """What every certificate says in the active language, whatever its template says (R3)."""
    return _(
        "This document shows one measure to support AI literacy in the sense of Article 4 of "
        "Regulation (EU) 2024/1689. It is no official certification."
    )


def how_made(payload: Payload, *, is_signed: bool = False) -> str:
    """How the document came about and what its signatures are, in the active language.

    ``is_signed`` says that the operator's electronic signature is in the file.
    """
    if is_signed:
        made = _("Made by machine and signed electronically by the KI-Hub.")
    else:
        made = _("Made by machine and valid without a handwritten signature.")
    scanned = sum(bool(signatory.signature) for signatory in payload.signatories)
    if not scanned:
        return made
    picture = ngettext(
        "The signature above is a scanned picture.",
        "The signatures above are scanned pictures.",
        scanned,
    )
    return f"{made} {picture}"


def shipped_wording(*, has_passed: bool) -> dict[str, str]:
    """Title, statement and note in the active language where no template says otherwise (R3)."""
    if has_passed:
        title = _("Certificate")
        statement = _("has completed the following course and passed its final test:")
    else:
        title = _("Certificate of attendance")
        statement = _("has taken part in the following course:")
    return {"title": title, "statement": statement, "note": fixed_note()}
