"""Questions about certificates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Concat, Trim
from django.utils.timezone import localdate

from hub.organisations.lookups import MAX_WORDS, name_contains
from hub.organisations.models import Organisation
from hub.organisations.told import told_to


def replaced_while_employed() -> Q:
    """The condition that another took a certificate's place, as far as its authority is told."""
    ends_on = "enrolment__membership__ends_on"
    return Q(replaced_by__isnull=False) & (
        Q(**{f"{ends_on}__isnull": True})
        | Q(**{f"{ends_on}__gte": localdate()})
        | Q(replaced_by__issued_at__date__lte=F(ends_on))
    )


class CertificateQuerySet(models.QuerySet[Any]):
    def in_organisations(self, organisations: Iterable[Organisation]) -> CertificateQuerySet:
        """Those that the authorities issued and are told of, see ``told_to``.

        What was completed after the last day, or issued anew with a later name, is the person's.
        """
        employment = "enrolment__membership"
        replaces = self.model._default_manager.filter(replaced_by=OuterRef("pk"))
        return self.filter(
            told_to(organisations, employment),
            Q(**{f"{employment}__ends_on__isnull": True})
            | Q(**{f"{employment}__ends_on__gte": localdate()})
            | Q(enrolment__completed_at__date__lte=F(f"{employment}__ends_on"))
            & (Q(issued_at__date__lte=F(f"{employment}__ends_on")) | ~Exists(replaces)),
        )

    def current(self) -> CertificateQuerySet:
        """Those that no other has replaced; revoked ones stay current."""
        return self.filter(replaced_by__isnull=True)

    def with_status(self, status: str, *, on: date) -> CertificateQuerySet:
        """Those with a status on a day, as ``Certificate.status_on`` has it."""
        return self.with_list_status(on=on).filter(list_status=status)

    def with_list_status(self, *, on: date) -> Any:
        """Annotate ``list_status``: the status on a day, as ``Certificate.status_on`` has it."""
        return self.annotate(
            list_status=Case(
                When(revoked_at__isnull=False, then=Value("revoked")),
                When(replaced_while_employed(), then=Value("replaced")),
                When(valid_until__lt=on, then=Value("expired")),
                default=Value("valid"),
                output_field=models.CharField(),
            )
        )

    def found_by(self, query: str) -> CertificateQuerySet:
        """Each word is part of the number, or of the name in whatever spelling; all for none.

        More words than a name has find nothing.
        """
        words = query.split()
        if len(words) > MAX_WORDS:
            return self.none()
        found = self
        for word in words:
            by_name = name_contains(word, person="enrolment__membership")
            found = found.filter(by_name | Q(number__icontains=word))
        return found

    def with_names(self) -> Any:
        """Annotate the name on the document, the one the authority knows, the course's title."""
        return self.annotate(
            # As text, or SQLite would read the name it is compared with as JSON.
            frozen_name=Cast(KT("payload__person_name"), models.TextField()),
            known_name=Trim(
                Concat(
                    "enrolment__membership__first_name",
                    Value(" "),
                    "enrolment__membership__last_name",
                    output_field=models.CharField(),
                )
            ),
            course_title=KT("payload__course__title"),
        )

    def with_old_name(self) -> Any:
        """Those in force whose person goes by another name today (GDPR Art. 16).

        As ``Certificate.is_renamed`` has it: not of people who have left.
        """
        working = Q(enrolment__membership__ends_on__isnull=True) | Q(
            enrolment__membership__ends_on__gte=localdate()
        )
        in_force = self.current().filter(working, revoked_at__isnull=True).with_names()
        return in_force.exclude(known_name="").exclude(frozen_name=F("known_name"))
