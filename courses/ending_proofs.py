"""Läuft bald ab: whose proof ends within some days, and whose refresher is due.

Where the authority asks for the refresher before the proof ends, that day counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db import models
from django.db.models import Case, Exists, F, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.text import format_lazy
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Organisation

from . import completion_list
from .list_filters import PeopleFilterSet
from .models import Enrolment
from .open_trainings import of_own_staff

#: Its key among the evaluations and the lists to hand over.
REPORT = "laeuft-bald-ab"
#: How many days ahead the list can look; the longest unless another is chosen.
HORIZONS = (30, 60, 90)
ORDER = (F("refresher_due"), *completion_list.NAME_ORDER)
FIELDS = (
    "membership__last_name",
    "membership__first_name",
    "membership__department__name",
    "course_key",
    "expires_on",
    "proof_status",
    "refresher_due_day",
    "uuid",
)


class ProofStatus(models.TextChoices):
    """How a proof stands that ends; whether its refresher was begun is not told."""

    DUE = "due", _("ended, refresher due")
    LATE = "late", _("valid, refresher overdue")
    ASKED = "asked", _("valid, refresher due soon")
    ENDING = "ending", _("ends soon")
    REFRESHING = "refreshing", _("valid, refresher open")

    @property
    def meaning(self) -> str:
        """What it says of a person, in a sentence."""
        return str(_MEANINGS[self])


_MEANINGS = {
    ProofStatus.DUE: _(
        "The validity has ended, the authority asks for the course, and it is not completed again."
    ),
    ProofStatus.LATE: _(
        "Still valid; the day by which the authority asks for the refresher has passed. Whether "
        "the person has begun it is not told."
    ),
    ProofStatus.ASKED: _(
        "Still valid; the authority asks for a refresher before the validity ends, and none is "
        "open."
    ),
    ProofStatus.ENDING: _("Still valid; no refresher is open."),
    ProofStatus.REFRESHING: _(
        "Still valid; the refresher is open. Whether the person has begun it is not told."
    ),
}


def rows_of(organisations: Iterable[Organisation]) -> QuerySet[Any]:
    """The latest proofs that end soon, have ended or are to be refreshed: the tenant fence.

    What has ended is told only where the authority asks for it: who learnt something on her own
    wish need not refresh it. Nor is told by when another authority asks that she works for too.
    """
    today = localdate()
    later_here = Enrolment.objects.later_than_outer().of_outer_authority()
    open_here = later_here.open()
    has_ended = Q(expires_on__lt=today)
    proofs = of_own_staff(Enrolment.objects.in_organisations(organisations).completed())
    asked_here = Case(When(is_refresh_asked_elsewhere=False, then=F("refresh_on")))
    # Until the night opens the refresher of what has ended, it is due since that end.
    ended_on = Case(When(has_ended, then=F("expires_on")))
    due_on = Coalesce(Subquery(open_here.values("due_on")[:1]), asked_here, ended_on)
    return (
        proofs.alias(asked_here=asked_here, refresher_due=Coalesce("asked_here", "expires_on"))
        .filter(
            ~Exists(later_here.completed()), refresher_due__lte=today + timedelta(days=HORIZONS[-1])
        )
        .filter(~has_ended | ~Q(kind="") | Exists(open_here.exclude(kind="")))
        .annotate(refresher_due_day=due_on)
        .annotate(
            proof_status=Case(
                When(has_ended, then=Value(ProofStatus.DUE.value)),
                When(refresher_due_day__lt=today, then=Value(ProofStatus.LATE.value)),
                When(Exists(open_here), then=Value(ProofStatus.REFRESHING.value)),
                When(asked_here__isnull=False, then=Value(ProofStatus.ASKED.value)),
                default=Value(ProofStatus.ENDING.value),
                output_field=models.CharField(),
            ),
        )
    )


def _within(days: int) -> Any:
    return format_lazy(_("within {days} days"), days=days)


class EndingFilterSet(PeopleFilterSet):
    """By days ahead, course and state, department and audience."""

    within = django_filters.ChoiceFilter(
        label=_("Ends or is to be refreshed"),
        choices=[(str(days), _within(days)) for days in HORIZONS[:-1]],
        empty_label=_within(HORIZONS[-1]),
        method="ends_within",
    )
    course = django_filters.ChoiceFilter(label=_("Course"), field_name="course_key")
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"),
        field_name="proof_status",
        choices=ProofStatus.choices,
        distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Enrolment
        fields: list[str] = []

    def ends_within(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """What ends or is to be refreshed within so many days, or was."""
        return queryset.filter(refresher_due__lte=localdate() + timedelta(days=int(value)))


def read(rows: Iterable[tuple[Any, ...]], titles: Mapping[UUID, str]) -> Iterator[tuple[Any, ...]]:
    """The values of ``FIELDS`` as page and file show them: a state for its key, a title."""
    for last_name, first_name, department, course, expires_on, status, due_on, uuid in rows:
        yield (
            last_name,
            first_name,
            department or "",
            titles.get(course, ""),
            expires_on,
            ProofStatus(status),
            due_on,
            uuid,
        )
