"""What a template looks like on paper, with invented data: short, usual and very long."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language_info, gettext_lazy, override
from django.utils.translation import gettext as _

from courses.enums import Level
from hub.organisations.logos import logo_of
from hub.organisations.models import Organisation

from .actions import DEFAULT_DESIGN, signatories_of
from .designs import designs
from .models import Certificate, CertificateKind, CertificateTemplate
from .payload import Activity, Course, IssuingOrganisation, Payload
from .rendering import render_pdf
from .wording import filled, shipped_wording

LENGTHS = {
    "usual": gettext_lazy("usual names"),
    "shortest": gettext_lazy("shortest names"),
    "longest": gettext_lazy("longest names"),
}
#: Names of invented people, and titles, by length.
NAMES = {
    "usual": "Dr. Jörg Schulze Dieckhoff",
    "shortest": "Bo Y",
    "longest": "Prof. Dr. Žofia Đorđević-Müller-Lüdenscheidt Freifrau von der Straeten-Ponthoz",
}
TITLES = {
    "usual": "KI-Grundlagen",
    "shortest": "KI",
    "longest": (
        "Generative Künstliche Intelligenz in der Sachbearbeitung verantwortungsvoll, "
        "datenschutzgerecht und barrierefrei einsetzen – Aufbaukurs für Fachanwendende"
    ),
}


def preview_modes(template: CertificateTemplate) -> list[tuple[str, Any]]:
    """Every kind in every language of the template, with names of every length."""
    languages = [wording.language for wording in template.wordings.all()]
    return [
        (
            f"{kind.value}.{language}.{length}",
            f"{kind.label.capitalize()}, {get_language_info(language)['name_translated']}, {words}",
        )
        for language in dict.fromkeys(languages or [settings.LANGUAGE_CODE])
        for kind in CertificateKind
        for length, words in LENGTHS.items()
    ]


def sheet(template: CertificateTemplate, mode: str) -> bytes:
    """The PDF that a certificate of this template would be."""
    known = [name for name, _label in preview_modes(template)]
    kind, language, length = (mode if mode in known else known[0]).split(".")
    organisation = Organisation.objects.order_by("name").first()
    payload = sample_payload(template, CertificateKind(kind), language, length, organisation)
    design = designs.get(template.design if template.design in designs else DEFAULT_DESIGN)
    return render_pdf(payload, design())


def sample_payload(
    template: CertificateTemplate,
    kind: CertificateKind,
    language: str,
    length: str,
    organisation: Organisation | None = None,
) -> Payload:
    """An invented certificate; its check code is that of nobody."""
    has_passed = kind == CertificateKind.CERTIFICATE
    wording = template.wording_in(language)
    body = "Untergruppe Qualifizierung"
    with override(language):
        texts = (wording.texts if wording else shipped_wording)(has_passed=has_passed)
        payload = Payload(
            kind=kind.value,
            number="MUSTER-2026-00001",
            code="0000-0000-0000-0000",
            check_url=f"{settings.WAGTAILADMIN_BASE_URL}/P/0000-0000-0000-0000",
            language=language,
            person_name=NAMES[length],
            organisation=IssuingOrganisation(
                name=organisation.name if organisation else "Kreis Coesfeld",
                department="" if length == "shortest" else "Fachbereich 10 – Zentrale Dienste",
                logo_svg=logo_of(organisation) if organisation and template.shows_logo else "",
                address=organisation.address if organisation else "",
            ),
            course=Course(
                title=TITLES[length],
                key="",
                level=str(Level.BASIC.label) if template.shows_level else "",
                objectives=[_("This is where the learning objectives of the course stand.")],
                duration_minutes=60,
                version_number=3,
                version_date="2026-11-02",
                sha256="0" * 64,
                language=language,
            ),
            activities=_activities(language, 12 if length == "longest" else 4),
            completed_on="2026-11-20",
            issued_on="2026-11-20",
            valid_until=None if length == "shortest" else "2028-11-20",
            legal_text=template.legal_text or "Artikel 4 Verordnung (EU) 2024/1689",
            legal_as_of=template.legal_as_of.isoformat() if template.legal_as_of else "2026-11-02",
            responsible_body=body,
            signatories=signatories_of(template, body),
            **texts,
            replaces="MUSTER-2025-00012" if length == "longest" else "",
            as_written=dict(texts),
        )
    return filled(payload)


def _activities(language: str, count: int) -> list[Activity]:
    return [
        Activity(
            title=_("Module %(number)d") % {"number": number},
            kind="module",
            version_number=1,
            version_date="2026-11-02",
            sha256="0" * 64,
            language=language,
        )
        for number in range(1, count + 1)
    ]


@cache
def _unknown_payload() -> dict[str, Any]:
    template = CertificateTemplate()
    payload = sample_payload(template, CertificateKind.CERTIFICATE, settings.LANGUAGE_CODE, "usual")
    return payload.to_json()


def unknown_certificate() -> Certificate:
    """A stand-in for the certificate of a code that nobody has; never shown, never saved."""
    return Certificate(
        number="MUSTER-2026-00001", code="", payload=_unknown_payload(), pdf_sha256="0" * 64
    )
