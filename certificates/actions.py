"""Issuing, replacing, revoking: each atomic, logged, safe to repeat."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.mail import mail_admins
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from courses.enums import CompletionSource, Level, Outcome
from courses.models import ContentVersion, Enrolment
from courses.refreshing import Evidence, evidence_of
from hub import codes
from hub.organisations.logos import logo_of
from hub.organisations.models import Organisation, User

from .making import MadePDF, make_pdf
from .models import Certificate, CertificateKind, CertificateTemplate, NumberRange
from .models.templates import template_for
from .payload import Activity, Course, IssuingOrganisation, Payload, Signatory
from .wording import filled, shipped_wording

logger = logging.getLogger(__name__)

#: Of a check code, with four letters each: 80 random bits.
GROUPS = 4
DEFAULT_DESIGN = "classic"
#: What the log calls it.
REISSUE, REVOKE = "certificates.reissue", "certificates.revoke"
#: How an activity was completed where not by learning it here, by the source of the completion.
SOURCE_NOTES = {
    "external": gettext_lazy("learnt elsewhere and credited"),
    "override": gettext_lazy("set as completed by hand, with a reason"),
    "import": gettext_lazy("taken over from an earlier system"),
}


class NoPDFError(Exception):
    """A certificate has no PDF; its page says the same."""


def new_code() -> str:
    """A check code that cannot be guessed, in four groups of four."""
    return codes.new_code(GROUPS)


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

    All else is taken over as it was frozen: what the old one proved, the new one proves. It cites
    the old one. A second call for the same certificate returns the one that replaced it. Raises
    ``ValidationError`` for a revoked certificate, which a new name does not bring back.
    """
    with transaction.atomic():
        old = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
        if old.replaced_by is not None:
            return old.replaced_by
        if old.revoked_at is not None:
            raise ValidationError(
                _("This certificate was revoked and cannot be issued with another name.")
            )
        # The old one gives up its place first: only one certificate of a cycle is not replaced.
        old.replaced_by = old
        old.save(update_fields=["replaced_by"])
        new = _create_replacement(old)
        old.replaced_by = new
        old.save(update_fields=["replaced_by"])
        log(old, REISSUE, user=actor, data={"replaced_by": new.number})
        return new


def revoke_certificate(*, certificate: Certificate, reason: str, actor: User | None) -> Certificate:
    """Declare a certificate void, with the reason; a second call keeps the first revocation."""
    with transaction.atomic():
        locked = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
        if locked.revoked_at is None:
            locked.revoked_at = timezone.now()
            locked.revoked_reason = reason
            locked.save(update_fields=["revoked_at", "revoked_reason"])
            log(locked, REVOKE, user=actor, data={"reason": reason})
        # What the person had issued anew after she left, and the authority is not told of, goes
        # with it: it proves the same.
        if locked.replaced_by is not None and locked.told_replacement is None:
            revoke_certificate(certificate=locked.replaced_by, reason=reason, actor=actor)
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


def _create(enrolment: Enrolment, issued_at: datetime) -> Certificate:
    enrolment = Enrolment.objects.select_related(
        "user", "course_version", "membership__organisation", "membership__department"
    ).get(pk=enrolment.pk)
    template = template_for(enrolment.course_key)
    number = _next_number(enrolment.membership.organisation, timezone.localdate(issued_at).year)
    payload = build_payload(
        enrolment, number=number, code=new_code(), issued_at=issued_at, template=template
    )
    return Certificate.objects.create(
        enrolment=enrolment,
        kind=payload.kind,
        number=number,
        code=payload.code,
        payload=payload.to_json(),
        design=template.design if template else DEFAULT_DESIGN,
        issued_at=issued_at,
        valid_until=enrolment.expires_on,
    )


def _create_replacement(old: Certificate) -> Certificate:
    """What ``old`` says, with the name of today and a number and code of its own."""
    issued_at, code = timezone.now(), new_code()
    enrolment = Enrolment.objects.select_related("user", "membership__organisation").get(
        pk=old.enrolment_id
    )
    number = _next_number(enrolment.membership.organisation, timezone.localdate(issued_at).year)
    payload = replace(
        Payload.from_json(old.payload),
        person_name=str(enrolment.user),
        number=number,
        code=code,
        check_url=_check_url(code),
        issued_on=timezone.localdate(issued_at).isoformat(),
        replaces=old.number,
    )
    return Certificate.objects.create(
        enrolment=enrolment,
        kind=old.kind,
        number=number,
        code=code,
        payload=filled(payload).to_json(),
        design=old.design,
        issued_at=issued_at,
        valid_until=old.valid_until,
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
    enrolment: Enrolment,
    *,
    number: str,
    code: str,
    issued_at: datetime,
    template: CertificateTemplate | None,
) -> Payload:
    """Everything the document says, read once and then frozen (R1).

    The document speaks the language the course was completed in where the template has a wording in
    it, German otherwise.
    """
    version = enrolment.course_version
    if version is None:
        raise ValueError("A certificate needs the version of the course that was completed.")
    organisation = enrolment.membership.organisation
    department = enrolment.membership.department
    has_passed = enrolment.outcome == Outcome.PASSED
    kind = CertificateKind.CERTIFICATE if has_passed else CertificateKind.ATTENDANCE
    wording = template.wording_in(version.language) if template else None
    language = wording.language if wording else settings.LANGUAGE_CODE
    with translation.override(language):
        texts = (wording.texts if wording else shipped_wording)(has_passed=has_passed)
        payload = Payload(
            kind=kind.value,
            number=number,
            code=code,
            check_url=_check_url(code),
            language=language,
            person_name=str(enrolment.user),
            organisation=IssuingOrganisation(
                name=organisation.name,
                department=department.name if department else "",
                logo_svg=logo_of(organisation) if template is None or template.shows_logo else "",
                address=organisation.address,
            ),
            course=_course(enrolment.course_key, version, template),
            activities=[_activity(evidence) for evidence in evidence_of(enrolment)],
            completed_on=timezone.localdate(enrolment.completed_at).isoformat(),
            issued_on=timezone.localdate(issued_at).isoformat(),
            valid_until=enrolment.expires_on.isoformat() if enrolment.expires_on else None,
            **_legal_text(version.content, template),
            responsible_body=version.content["responsible_body"],
            signatories=signatories_of(template, version.content["responsible_body"]),
            **texts,
            as_written={name: text for name, text in texts.items() if "{" in text},
        )
    return filled(payload)


def _check_url(code: str) -> str:
    address: str = settings.WAGTAILADMIN_BASE_URL + reverse("short_check", args=[code])
    return address


def _course(key: UUID, version: ContentVersion, template: CertificateTemplate | None) -> Course:
    content = version.content
    shows_level = template is None or template.shows_level
    return Course(
        title=version.title,
        key=str(key),
        level=str(Level(content["level"]).label) if shows_level else "",
        objectives=content["objectives"],
        duration_minutes=content["duration_minutes"],
        version_number=version.number,
        version_date=timezone.localdate(version.published_at).isoformat(),
        sha256=version.sha256,
        language=version.language,
    )


def _legal_text(course: dict[str, Any], template: CertificateTemplate | None) -> dict[str, Any]:
    """The legal text and its day: those of the template, else those of the course."""
    if template is not None and template.legal_text:
        day = template.legal_as_of
        return {
            "legal_text": template.legal_text,
            "legal_as_of": day.isoformat() if day else None,
        }
    return {
        "legal_text": strip_tags(course["legal_basis"].replace("</p>", "</p> ")).strip(),
        "legal_as_of": course["legal_as_of"],
    }


def signatories_of(template: CertificateTemplate | None, responsible_body: str) -> list[Signatory]:
    """Who signs: the people of the template, else the body that answers for the content."""
    people = list(template.signatories.all()) if template is not None else []
    if not people:
        return [Signatory(responsible_body, _("responsible for the content"))]
    return [Signatory(person.name, person.role, person.signature) for person in people]


def _activity(evidence: Evidence) -> Activity:
    version = evidence.completion.content_version
    return Activity(
        title=version.title,
        kind="final_test" if "pass_mark" in version.content else "module",
        version_number=version.number,
        version_date=timezone.localdate(version.published_at).isoformat(),
        sha256=version.sha256,
        language=version.language,
        source_note=_source_note(evidence),
    )


def _source_note(evidence: Evidence) -> str:
    """Where it was not learnt in the hub in this cycle: where else, and when."""
    completion = evidence.completion
    if evidence.is_carried_over:
        day = timezone.localdate(completion.enrolment.completed_at)
        return _("covered by the certificate for the completion of %(day)s") % {
            "day": date_format(day, "SHORT_DATE_FORMAT")
        }
    note = str(SOURCE_NOTES.get(completion.source, ""))
    if completion.source == CompletionSource.EXTERNAL:
        learning = getattr(completion.enrolment, "credited_learning", None)
        return f"{note}: {learning.in_words}" if learning is not None else note
    return note
