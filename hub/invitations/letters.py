"""The letters themselves, as one PDF (PDF/UA-1)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import override

from hub.mails.addresses import absolute
from hub.organisations.logos import logo_of
from hub.organisations.models import Membership
from hub.printing.documents import data_uri, drawing, face_for, lay_out, pictures, write_pdf
from hub.printing.qr_codes import QRCode
from hub.printing.typefaces import COMPLETE_FONTS, PREFERRED_FONTS, Typeface, printable

#: In which there are letters.
LANGUAGES = ("de", "en", "de-simple")
STYLESHEET = Path(__file__).with_name("letter.css")
#: What the template writes for the QR code; the picture is handed over with the document.
QR_ADDRESS = "data:,qr"
TEMPLATE = "invitations/letter.html"
#: Leichte Sprache says less, in sentences of its own.
SIMPLE_TEMPLATE = "invitations/letter_simple.html"


@dataclass(frozen=True)
class Letter:
    """What stands in one letter."""

    language: str
    name: str
    department: str
    authority: str
    #: Of the authority, on one line.
    sender: str
    hr: str
    logo_svg: str
    user_name: str
    code: str
    expires_on: date

    @classmethod
    def to(cls, row: Membership, *, code: str, expires_on: date, language: str) -> Letter:
        """The letter to a person; ``row`` has user, department and authority."""
        authority = row.organisation
        return cls(
            language=language,
            name=row.person_name,
            department=row.department.name if row.department else "",
            authority=authority.name,
            sender=", ".join(authority.address.splitlines()),
            hr=authority.hr_label,
            logo_svg=logo_of(authority),
            user_name=row.user.username,
            code=code,
            expires_on=expires_on,
        )

    @property
    def address(self) -> str:
        """Where the code is typed, in the language of the letter."""
        with override(self.language):
            return absolute(reverse("invitations:redeem"))

    @property
    def texts(self) -> str:
        """Everything that is printed and not our own."""
        values = (getattr(self, field.name) for field in fields(self) if field.name != "logo_svg")
        return "".join(str(value) for value in values)

    def printable(self, face: Typeface) -> Letter:
        """The same, in letters that the typeface has."""
        changed: dict[str, Any] = {
            field.name: printable(value, face)
            for field in fields(self)
            if field.name != "logo_svg" and isinstance(value := getattr(self, field.name), str)
        }
        return replace(self, **changed)


def render_letters(letters: Sequence[Letter]) -> bytes:
    """One file with all letters, each on pages of its own and in its own language.

    Each QR code opens the page with the code behind a ``#``: browsers do not send that part, so no
    server log and no other site gets it.
    """
    face = face_for("".join(letter.texts for letter in letters), COMPLETE_FONTS, PREFERRED_FONTS)
    documents: list[Any] = []
    languages: list[str] = []
    for number, letter in enumerate(letters):
        given = pictures({QR_ADDRESS: QRCode(f"{letter.address}#{letter.code}", f"qr{number}-")})
        html = _html(letter.printable(face))
        # For each letter anew: others who want to draw get their turn.
        with drawing():
            documents.append(lay_out(html, STYLESHEET, face, given))
        languages += [letter.language] * len(documents[-1].pages)
    with drawing():
        return write_pdf(
            documents[0].copy([page for document in documents for page in document.pages]),
            face,
            identifier=uuid.uuid4().hex.encode(),
            languages=languages,
        )


def _html(letter: Letter) -> str:
    with override(letter.language):
        return render_to_string(
            SIMPLE_TEMPLATE if letter.language == "de-simple" else TEMPLATE,
            {
                "letter": letter,
                "logo": data_uri(letter.logo_svg),
                "qr": QR_ADDRESS,
                "expires_on": date_format(letter.expires_on, "DATE_FORMAT"),
            },
        )
