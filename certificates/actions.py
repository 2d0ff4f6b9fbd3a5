"""Issuing, replacing, revoking: each atomic, logged, safe to repeat."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.mail import mail_admins
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from courses.enums import Level, Outcome
from courses.models import Completion, Enrolment
from hub.organisations.models import Organisation, User

from .making import MadePDF, make_pdf
from .models import Certificate, CertificateKind, NumberRange
from .payload import SCHEMA

logger = logging.getLogger(__name__)

#: Crockford's base 32: no letter that can be taken for a digit. 16 of them hold 80 random bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DEFAULT_DESIGN = "classic"


class NoPDFError(Exception):
    """A certificate has no PDF; its page says the same."""


def new_code() -> str:
    """A check code that cannot be guessed, in four groups of four."""
    return "-".join("".join(secrets.choice(ALPHABET) for _n in range(4)) for _group in range(4))


def issue_certificate(*, enrolment: Enrolment, issued_at: datetime | None = None) -> Certificate:
    """Issue the certificate of a completed enrolment; a second call returns the first one.

    Raises ``ValueError`` for an enrolment that is not completed.
    """
    if not enrolment.is_completed:
        raise ValueError("A certificate needs a completed enrolment.")
    existing = _current(enrolment)
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            certificate = _create(enrolment, issued_at or timezone.now())
            log(certificate, "wagtail.create", user=certificate.enrolment.user)
            return certificate
    except IntegrityError:
        # Somebody else issued it meanwhile: the constraint lets only one through.
        existing = _current(enrolment)
        if existing is None:
            raise
        return existing


def reissue_certificate(*, certificate: Certificate, actor: User | None = None) -> Certificate:
    """Issue anew with today's name; the old certificate becomes "replaced by" the new one.

    A second call for the same certificate returns the one that replaced it.
    """
    with transaction.atomic():
        old = Certificate.objects.select_for_update().get(pk=certificate.pk)
        if old.replaced_by is not None:
            return old.replaced_by
        # The old one gives up its place first: only one certificate of a cycle is not replaced.
        old.replaced_by = old
        old.save(update_fields=["replaced_by"])
        new = _create(old.enrolment, timezone.now(), replaces=old)
        old.replaced_by = new
        old.save(update_fields=["replaced_by"])
        log(old, "wagtail.edit", user=actor, data={"replaced_by": new.number})
        return new


def revoke_certificate(*, certificate: Certificate, reason: str, actor: User | None) -> Certificate:
    """Declare a certificate void, with the reason; a second call keeps the first revocation."""
    with transaction.atomic():
        locked = Certificate.objects.select_for_update().get(pk=certificate.pk)
        if locked.revoked_at is None:
            locked.revoked_at = timezone.now()
            locked.revoked_reason = reason
            locked.save(update_fields=["revoked_at", "revoked_reason"])
            log(locked, "wagtail.edit", user=actor, data={"revoked": reason})
    return locked


def certificate_pdf(*, certificate: Certificate) -> bytes:
    """The PDF of a certificate: made on the first request, then kept with its checksum.

    Raises ``NoPDFError`` where it cannot be made; the page of the certificate stands in for it
    until the operators have put it right (``manage.py render_certificates``).
    """
    if not certificate.pdf_sha256:
        if certificate.pdf_problem:
            raise NoPDFError(certificate.number)
        # Before the lock: drawing takes long, and SQLite lets nobody else write meanwhile.
        made = make_pdf(certificate.payload, certificate.design)
        certificate = keep_pdf(pk=certificate.pk, made=made)
        if not certificate.pdf_sha256:
            raise NoPDFError(certificate.number)
    with certificate.pdf.open("rb") as file:
        return file.read()


def keep_pdf(*, pk: int, made: MadePDF) -> Certificate:
    """Keep a PDF with its checksum, or why there is none; tell the operators of problems.

    The first file is kept: of two requests at once both hand out the same.
    """
    with transaction.atomic():
        locked = Certificate.objects.select_for_update().get(pk=pk)
        if locked.pdf_sha256:
            return locked
        is_new = made.problem not in ("", locked.pdf_problem)
        locked.pdf_problem = made.problem
        if made.content:
            locked.pdf.save(f"{locked.uuid}.pdf", ContentFile(made.content), save=False)
            locked.pdf_sha256 = hashlib.sha256(made.content).hexdigest()
        locked.save(update_fields=["pdf", "pdf_sha256", "pdf_problem"])
        if is_new:
            transaction.on_commit(partial(_tell_operators, locked))
    return locked


def _tell_operators(certificate: Certificate) -> None:
    """A line in the log and a mail to ``ADMINS``; the administration shows it until it is solved.

    The mail names no person: the number finds the certificate.
    """
    logger.error("PDF of certificate %s: %s", certificate.number, certificate.pdf_problem)
    text = f"{certificate.number}\n\n{certificate.pdf_problem}\n"
    try:
        mail_admins(f"PDF {certificate.number}", text)
    except OSError:
        logger.exception("The operators could not be told by mail.")


def _current(enrolment: Enrolment) -> Certificate | None:
    return Certificate.objects.filter(enrolment=enrolment, replaced_by__isnull=True).first()


def _create(
    enrolment: Enrolment, issued_at: datetime, replaces: Certificate | None = None
) -> Certificate:
    enrolment = Enrolment.objects.select_related(
        "user", "course_version", "membership__organisation", "membership__department"
    ).get(pk=enrolment.pk)
    number = _next_number(enrolment.membership.organisation, timezone.localdate(issued_at).year)
    code = new_code()
    payload = build_payload(enrolment, number=number, code=code, issued_at=issued_at)
    return Certificate.objects.create(
        enrolment=enrolment,
        kind=payload["kind"],
        number=number,
        code=code,
        payload=payload,
        design=DEFAULT_DESIGN,
        issued_at=issued_at,
        valid_until=enrolment.expires_on,
    )


def _next_number(organisation: Organisation, year: int) -> str:
    """The next number of an authority in a year, without gaps under races."""
    numbers, _created = NumberRange.objects.select_for_update().get_or_create(
        organisation=organisation, year=year
    )
    numbers.last_number += 1
    numbers.save(update_fields=["last_number"])
    return f"{organisation.code}-{year}-{numbers.last_number:05d}"


def build_payload(
    enrolment: Enrolment, *, number: str, code: str, issued_at: datetime
) -> dict[str, Any]:
    """Everything the document says, read once and then frozen (R1)."""
    version = enrolment.course_version
    if version is None:
        raise ValueError("A certificate needs the version of the course that was completed.")
    course = version.content
    organisation = enrolment.membership.organisation
    department = enrolment.membership.department
    kind = (
        CertificateKind.CERTIFICATE
        if enrolment.outcome == Outcome.PASSED
        else CertificateKind.ATTENDANCE
    )
    with translation.override("de"):
        return {
            "schema": SCHEMA,
            "kind": kind.value,
            "number": number,
            "code": code,
            "check_url": settings.WAGTAILADMIN_BASE_URL + reverse("short_check", args=[code]),
            "language": "de",
            "person_name": str(enrolment.user),
            "organisation": {
                "name": organisation.name,
                "department": department.name if department else "",
                "logo_svg": _logo(organisation),
                "address": organisation.address,
            },
            "course": {
                "title": version.title,
                "key": str(enrolment.course_key),
                "level": str(Level(course["level"]).label),
                "objectives": course["objectives"],
                "duration_minutes": course["duration_minutes"],
                "version_number": version.number,
                "version_date": timezone.localdate(version.published_at).isoformat(),
                "sha256": version.sha256,
                "language": version.language,
            },
            "activities": [_activity(completion) for completion in _completions(enrolment)],
            "completed_on": timezone.localdate(enrolment.completed_at).isoformat(),
            "issued_on": timezone.localdate(issued_at).isoformat(),
            "valid_until": enrolment.expires_on.isoformat() if enrolment.expires_on else None,
            "legal_text": strip_tags(course["legal_basis"].replace("</p>", "</p> ")).strip(),
            "legal_as_of": course["legal_as_of"],
            "responsible_body": course["responsible_body"],
            "signatories": [
                {"name": course["responsible_body"], "role": _("responsible for the content")}
            ],
            **wording(kind),
        }


def wording(kind: CertificateKind) -> dict[str, str]:
    """Title, statement and note in the language that is active (R3, domain 1.7).

    The document proves one measure; it is no official certification, and it says so.
    """
    if kind == CertificateKind.CERTIFICATE:
        title = _("Certificate")
        statement = _("has completed the following course and passed its final test:")
    else:
        title = _("Certificate of attendance")
        statement = _("has taken part in the following course:")
    return {
        "title": title,
        "statement": statement,
        "note": _(
            "This document shows one measure to support AI literacy in the sense of Article 4 of "
            "Regulation (EU) 2024/1689. It is no official certification."
        ),
    }


def _completions(enrolment: Enrolment) -> list[Completion]:
    """What the course was completed with; what was learnt for pleasure afterwards adds nothing."""
    return list(
        enrolment.completions.filter(completed_at__lte=enrolment.completed_at)
        .select_related("content_version")
        .order_by("completed_at", "pk")
    )


def _activity(completion: Completion) -> dict[str, Any]:
    version = completion.content_version
    return {
        "title": version.title,
        "kind": "final_test" if "pass_mark" in version.content else "module",
        "version_number": version.number,
        "version_date": timezone.localdate(version.published_at).isoformat(),
        "sha256": version.sha256,
        "language": version.language,
    }


def _logo(organisation: Organisation) -> str:
    """The drawing as text. A certificate without a logo is better than none."""
    if not organisation.logo:
        return ""
    try:
        with organisation.logo.open("rb") as file:
            return file.read().decode()
    except (OSError, UnicodeDecodeError):
        logger.exception("The logo of %s cannot be read.", organisation)
        return ""
