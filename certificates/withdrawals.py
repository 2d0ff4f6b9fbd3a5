"""A proof whose certificate was revoked is void."""

from __future__ import annotations

from courses.withdrawals import Withdrawal, withdrawals

from .models import Certificate
from .querysets import CertificateQuerySet


@withdrawals.register
class RevokedCertificate(Withdrawal):
    """Also one that was issued anew; of a cycle only the latest certificate counts."""

    key = "certificates"

    def rows(self) -> CertificateQuerySet:
        return Certificate.objects.current().filter(revoked_at__isnull=False)
