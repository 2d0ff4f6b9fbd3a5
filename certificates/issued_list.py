"""Ausgestellte Nachweise: the certificates an authority has issued, for page and file alike.

Never the check code, which opens the check page to whoever has it, nor the document, which belongs
to the person (domain 2.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import django_filters
from django import forms
from django.db.models import Case, F, QuerySet, When
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget

from courses.completion_list import DayRangeFilter
from courses.list_filters import PeopleFilterSet
from hub.organisations.models import Organisation

from .models import Certificate, CertificateKind, CertificateStatus
from .querysets import replaced_while_employed

#: Its key among the evaluations and the lists to hand over.
REPORT = "ausgestellte-nachweise"
PERMISSION = "certificates.view_certificate"
#: The newest first; by day, for HR does not learn who was earlier on the same one.
ORDER = (F("issued_at__date").desc(), F("enrolment__membership__name_key"), F("pk"))
FIELDS = (
    "number",
    "enrolment__membership__last_name",
    "enrolment__membership__first_name",
    "enrolment__membership__department__name",
    "kind",
    "course_title",
    "issued_at",
    "valid_until",
    "list_status",
    "told_replacement",
    "uuid",
)


def rows_of(organisations: Iterable[Organisation]) -> QuerySet[Any]:
    """What was issued under memberships of the authorities: the tenant fence of this list.

    The course has the title that stands on the certificate.
    """
    own = Certificate.objects.in_organisations(organisations)
    return (
        own.with_names()
        .with_list_status(on=localdate())
        .annotate(
            told_replacement=Case(When(replaced_while_employed(), then=F("replaced_by__number")))
        )
    )


class IssuedFilterSet(PeopleFilterSet):
    """By the days of issue, course, kind and state, department and audience."""

    to_membership = "enrolment__membership__"

    issued = DayRangeFilter(label=_("Issued"), field_name="issued_at", widget=DateRangePickerWidget)
    course = django_filters.ChoiceFilter(label=_("Course"), field_name="enrolment__course_key")
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=CertificateKind.choices)
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"),
        field_name="list_status",
        choices=CertificateStatus.choices,
        distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Certificate
        fields: list[str] = []


def read(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The values of ``FIELDS`` as page and file show them: a kind in words, a state, days."""
    for number, last, first, department, kind, title, issued_at, until, status, by, uuid in rows:
        yield (
            number,
            last,
            first,
            department or "",
            str(CertificateKind(kind).label),
            title or "",
            localdate(issued_at),
            until,
            CertificateStatus(status),
            by or "",
            uuid,
        )
