"""The certificates in the evidence pack of an authority."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.evidence import Pack, PackFile, PackPart, pack_parts, table_files
from hub.spreadsheets import Column

from .models import Certificate, CertificateKind, CertificateStatus
from .querysets import replaced_while_employed

#: Read at once, so that memory stays flat.
CHUNK = 2000


@pack_parts.register
class CertificatesPart(PackPart):
    """Numbers, check codes and checksums; the documents themselves belong to the people."""

    identifier = "nachweise"
    label = gettext_lazy("Certificates")
    description = gettext_lazy(
        "The certificates issued by the end of the day: number, check code, validity, and the "
        "SHA-256 of the PDF where one was made. By its code each can be checked on the check page "
        "of the hub. The documents themselves belong to the people; they are not in the pack."
    )
    paths = ("nachweise.xlsx", "nachweise.csv")
    order = 50
    columns = (
        Column(gettext_lazy("Number"), "text", 20),
        Column(gettext_lazy("Kind"), "text", 26),
        Column(gettext_lazy("Name"), "text", 30),
        Column(gettext_lazy("Course"), "text", 52),
        Column(gettext_lazy("Issued on"), "date", 14),
        Column(gettext_lazy("Valid until"), "date", 14),
        Column(gettext_lazy("Status"), "text", 14),
        Column(gettext_lazy("Replaced by"), "text", 20),
        Column(gettext_lazy("Check code"), "text", 24),
        Column(gettext_lazy("Checksum of the PDF"), "text", 68),
    )

    def files(self, pack: Pack) -> Iterator[PackFile]:
        return table_files(
            "nachweise", _("Certificates"), self.columns, lambda: self.rows(pack), pack
        )

    def rows(self, pack: Pack) -> Iterator[Sequence[Any]]:
        """One query; what a certificate was worth at the end of the day, not today."""
        zone = get_current_timezone()
        kinds, statuses = dict(CertificateKind.choices), CertificateStatus
        for number, kind, name, course, issued_at, until, revoked_at, *by, code, pdf in (
            Certificate.objects.in_organisations([pack.organisation])
            .filter(issued_at__lt=pack.until)
            .annotate(is_told=Q(replaced_while_employed()))
            .order_by("number")
            .values_list(
                "number",
                "kind",
                "payload__person_name",
                "payload__course__title",
                "issued_at",
                "valid_until",
                "revoked_at",
                "replaced_by__number",
                "replaced_by__issued_at",
                "is_told",
                "code",
                "pdf_sha256",
            )
            .iterator(chunk_size=CHUNK)
        ):
            new_number, by_at, is_told = by
            is_replaced = is_told and by_at is not None and by_at < pack.until
            if revoked_at is not None and revoked_at < pack.until:
                status = statuses.REVOKED
            elif is_replaced:
                status = statuses.REPLACED
            elif until is not None and until < pack.day:
                status = statuses.EXPIRED
            else:
                status = statuses.VALID
            yield (
                number,
                str(kinds.get(kind, kind)),
                name,
                course,
                issued_at.astimezone(zone).date(),
                until,
                str(status.label),
                new_number if is_replaced else "",
                code,
                pdf,
            )
