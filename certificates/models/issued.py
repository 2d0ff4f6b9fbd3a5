"""Zertifikate: the issued record, frozen."""

from __future__ import annotations

import uuid
from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.querysets import CertificateQuerySet
from courses.models import Enrolment
from hub.organisations.models import Organisation
from hub.storage import private_storage


class CertificateKind(models.TextChoices):
    """R3: a *Zertifikat* needs a passed test, a *Teilnahmebescheinigung* does not."""

    CERTIFICATE = "certificate", _("certificate")
    ATTENDANCE = "attendance", _("certificate of attendance")


class CertificateStatus(models.TextChoices):
    """What the check page says; never stored, it follows from the record and the day."""

    VALID = "valid", _("valid")
    EXPIRED = "expired", _("expired")
    REPLACED = "replaced", _("replaced")
    REVOKED = "revoked", _("revoked")


class NumberRange(models.Model):
    """The last certificate number an authority gave out in a year."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("number range")
        verbose_name_plural = _("number ranges")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "year"], name="certificates_numberrange_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation.code}-{self.year}: {self.last_number}"


class Certificate(models.Model):
    """What was issued to one person for one cycle of one course.

    ``payload`` holds everything the document says and never changes; names, titles and versions are
    not read from elsewhere. The PDF is made from it on first request and then kept with its
    checksum.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    enrolment = models.ForeignKey(
        Enrolment,
        on_delete=models.PROTECT,
        related_name="certificates",
        verbose_name=_("enrolment"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=CertificateKind.choices)
    number = models.CharField(_("number"), max_length=40, unique=True)
    code = models.CharField(_("check code"), max_length=20, unique=True)
    payload = models.JSONField(_("content"))
    design = models.CharField(_("design"), max_length=60)
    issued_at = models.DateTimeField(_("issued at"), default=timezone.now)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    pdf = models.FileField(_("PDF"), upload_to="certificates/", storage=private_storage, blank=True)
    pdf_sha256 = models.CharField(_("checksum of the PDF"), max_length=64, blank=True)
    #: For the operators: with a PDF the characters it lacks, without one why it cannot be made.
    pdf_problem = models.TextField(_("problem with the PDF"), blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_reason = models.TextField(_("reason of revocation"), blank=True)
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        default_permissions = ("view",)
        permissions = [
            ("reissue_certificate", _("Can issue certificates anew with a changed name")),
            ("revoke_certificate", _("Can revoke certificates")),
        ]
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(replaced_by__isnull=True),
                name="certificates_certificate_once_per_cycle",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | ~Q(revoked_reason=""),
                name="certificates_certificate_revoked_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def has_old_name(self) -> bool:
        """Whether the person goes by another name today and the document may follow (Art. 16)."""
        return (
            self.revoked_at is None
            and self.replaced_by_id is None
            and self.payload["person_name"] != str(self.enrolment.user)
        )

    @property
    def is_renamed(self) -> bool:
        """Whether the authority knows the person by another name than the document has.

        Of a name that came after she left it knows nothing: then the person alone can have the
        document issued anew, under “My learning”.
        """
        return self.has_old_name and not self.enrolment.membership.has_ended

    @property
    def told_replacement(self) -> Certificate | None:
        """What took its place, as far as the authority is told.

        Issued anew after the person has left it bears what became of her name: it is hers alone.
        """
        membership, new = self.enrolment.membership, self.replaced_by
        if new is None or membership.ends_on is None or not membership.has_ended:
            return new
        return new if timezone.localdate(new.issued_at) <= membership.ends_on else None

    @property
    def told_status(self) -> CertificateStatus:
        """Its state today as the authority is told of it; the check by its code tells all."""
        if self.status != CertificateStatus.REPLACED or self.told_replacement is not None:
            return self.status
        has_expired = self.valid_until is not None and self.valid_until < timezone.localdate()
        return CertificateStatus.EXPIRED if has_expired else CertificateStatus.VALID

    def status_on(self, day: date) -> CertificateStatus:
        """What the certificate is worth on a day; revocation outweighs all else."""
        if self.revoked_at is not None:
            return CertificateStatus.REVOKED
        if self.replaced_by_id is not None:
            return CertificateStatus.REPLACED
        if self.valid_until is not None and self.valid_until < day:
            return CertificateStatus.EXPIRED
        return CertificateStatus.VALID

    @property
    def status(self) -> CertificateStatus:
        return self.status_on(timezone.localdate())
