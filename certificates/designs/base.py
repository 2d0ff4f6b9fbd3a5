"""The contract of a certificate design."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.functional import Promise

from certificates.payload import Payload
from hub.registry import Registry


class CertificateDesign:
    """How a certificate looks on paper.

    A plug-in subclasses it, ships template, style sheet and fonts, and registers it in a module
    ``designs`` of an installed app. A design sees nothing but the frozen payload, so a certificate
    looks the same whenever its PDF is made.
    """

    #: Stable key, stored with every certificate.
    slug: str
    #: What editors read when they choose a design.
    label: str | Promise
    #: A Django template; it gets ``payload`` in printable letters, the addresses of the pictures
    #: ``logo`` ("" if there is none) and ``qr``, ``how_made`` (a sentence about the signatures, to
    #: be shown behind the note), ``is_complete`` (no letter had to be replaced), ``is_tight`` (with
    #: all its white space the sheet took two pages, so it is drawn again) and what ``get_context``
    #: adds. Well-formed as XML it is read faster.
    template_name: str
    #: A template for the pages behind, with the same values. They are drawn once in a
    #: process for all certificates with the same contents.
    annex_template_name: str = ""
    #: A style sheet with the page size. It comes from the design, never from a payload.
    stylesheet: Path
    #: Font files by weight; they must cover the letters of DIN 91379.
    fonts: dict[int, Path]
    #: Font files by weight of a typeface that looks better and has fewer letters; a document is
    #: set in it where it has them all. The style sheet names no family: the renderer sets it.
    preferred_fonts: dict[int, Path] = {}

    def get_context(self, payload: Payload) -> dict[str, Any]:
        """More values for the templates."""
        return {}


designs: Registry[CertificateDesign] = Registry(
    "certificate design",
    key_attribute="slug",
    contract=("label", "template_name", "stylesheet", "fonts", "get_context"),
)
