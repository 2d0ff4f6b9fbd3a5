"""Questions about certificates."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Concat, Trim


class CertificateQuerySet(models.QuerySet[Any]):
    def current(self) -> CertificateQuerySet:
        """Those that no other has replaced; revoked ones stay current."""
        return self.filter(replaced_by__isnull=True)

    def with_status(self, status: str, *, on: date) -> CertificateQuerySet:
        """Those with a status on a day, as ``Certificate.status_on`` has it."""
        revoked, replaced = Q(revoked_at__isnull=False), Q(replaced_by__isnull=False)
        expired = Q(valid_until__lt=on)
        conditions = {
            "revoked": revoked,
            "replaced": ~revoked & replaced,
            "expired": ~revoked & ~replaced & expired,
            "valid": ~revoked & ~replaced & ~Q(valid_until__isnull=False, valid_until__lt=on),
        }
        return self.filter(conditions[status])

    def with_names(self) -> Any:
        """Annotate the name on the document, the name of today and the title of the course."""
        return self.annotate(
            # As text, or SQLite would read the name it is compared with as JSON.
            frozen_name=Cast(KT("payload__person_name"), models.TextField()),
            todays_name=Trim(
                Concat("enrolment__user__first_name", Value(" "), "enrolment__user__last_name")
            ),
            course_title=KT("payload__course__title"),
        )

    def with_old_name(self) -> Any:
        """Those in force whose person goes by another name today (GDPR Art. 16)."""
        in_force = self.current().filter(revoked_at__isnull=True).with_names()
        return in_force.exclude(todays_name="").exclude(frozen_name=F("todays_name"))
