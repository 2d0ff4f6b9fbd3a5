"""Offen und überfällig: who of the own staff has mandatory training open, and by when.

Whether somebody has begun, and how far she is, is not told (domain 2.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db.models import F, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget

from hub.organisations.models import Membership, Organisation

from . import completion_list
from .completion_list import DayRangeFilter, ListStatus
from .enums import RequirementKind
from .list_filters import PeopleFilterSet
from .models import Enrolment

#: Its key among the evaluations and the lists to hand over.
REPORT = "offen-und-ueberfaellig"
STATUSES = (ListStatus.OVERDUE, ListStatus.OPEN)
#: What is overdue comes first, longest of all what was due first; then what has no deadline.
ORDER = (F("list_due_on").asc(nulls_last=True), *completion_list.NAME_ORDER)
FIELDS = (
    "membership__last_name",
    "membership__first_name",
    "membership__department__name",
    "course_key",
    "list_due_on",
    "list_status",
    "uuid",
)


def of_own_staff(enrolments: QuerySet[Any]) -> QuerySet[Any]:
    """Only those of people who work today for the authority they were enrolled for."""
    # The authorities of one person are few; the other way round SQLite goes through all people of
    # the authority for each row.
    here = Membership.objects.active().filter(user=OuterRef("user")).order_by()
    return enrolments.filter(membership__organisation__in=here.values("organisation"))


def rows_of(organisations: Iterable[Organisation]) -> QuerySet[Any]:
    """The enrolments that are mandatory and open: the tenant fence of this list.

    Who holds a valid proof has nothing open; her refresher is in the list of ending proofs.
    """
    return of_own_staff(completion_list.rows_of(organisations)).filter(
        kind=RequirementKind.MANDATORY, list_status__in=STATUSES
    )


class OpenFilterSet(PeopleFilterSet):
    """By course, state and deadline, department and audience."""

    course = django_filters.ChoiceFilter(label=_("Course"), field_name="course_key")
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"),
        field_name="list_status",
        choices=[(status.value, status.label) for status in STATUSES],
        distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )
    due = DayRangeFilter(label=_("Due"), field_name="list_due_on", widget=DateRangePickerWidget)

    class Meta:
        model = Enrolment
        fields: list[str] = []


def read(rows: Iterable[tuple[Any, ...]], titles: Mapping[UUID, str]) -> Iterator[tuple[Any, ...]]:
    """The values of ``FIELDS`` as page and file show them: a state for its key, a title."""
    for last_name, first_name, department, course, due_on, status, uuid in rows:
        yield (
            last_name,
            first_name,
            department or "",
            titles.get(course, ""),
            due_on,
            ListStatus(status),
            uuid,
        )
