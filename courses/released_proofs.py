"""Freigegebene Nachweise: what people show their authority of what they learnt at another one.

The authority sees the course, whether the proof is valid, and until when. Where, when and on which
text it was learnt is not told (idea 13 of the field study; decision 0041).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Membership, Organisation

from .list_filters import PeopleFilterSet
from .models import Enrolment, ProofRelease
from .withdrawals import is_withdrawn

#: Its key among the evaluations and the lists to hand over.
REPORT = "freigegebene-nachweise"
FIELDS = (
    "membership__last_name",
    "membership__first_name",
    "membership__department__name",
    "course_key",
    "release_status",
    "valid_until",
    "uuid",
)


class ReleaseStatus(models.TextChoices):
    """Whether a released proof is valid today."""

    VALID = "valid", _("valid")
    ENDED = "ended", _("ended")

    @property
    def meaning(self) -> str:
        """What it says of a person, in a sentence."""
        return str(_MEANINGS[self])


_MEANINGS = {
    ReleaseStatus.VALID: _(
        "Completed at another authority and valid. The person has released this proof and can take "
        "that back at any time."
    ),
    ReleaseStatus.ENDED: _("The person has released this proof, and its validity has ended."),
}


def to_release(membership: Membership) -> QuerySet[Enrolment]:
    """The proofs that a person may release to the authority she works for.

    Those from other authorities that are valid today, of each course the latest. Also one that has
    ended since she released it: she can take that back. None that is void.
    """
    later = Enrolment.objects.later_than_outer()
    released = ProofRelease.objects.filter(membership=membership, enrolment=OuterRef("pk"))
    return (
        Enrolment.objects.completed()
        .filter(
            ~Exists(later.completed()),
            ~is_withdrawn(),
            Q(expires_on__isnull=True) | Q(expires_on__gte=localdate()) | Exists(released),
            user=membership.user_id,
        )
        .exclude(membership__organisation=membership.organisation_id)
        .order_by("completed_at", "pk")
    )


def rows_of(organisations: Iterable[Organisation]) -> QuerySet[Any]:
    """What the own staff has released: the tenant fence of this list.

    ``course_key`` and ``valid_until`` stand in the row as those of an enrolment do.
    """
    return (
        ProofRelease.objects.standing()
        .filter(membership__organisation__in=organisations)
        .annotate(
            course_key=F("enrolment__course_key"),
            valid_until=F("enrolment__expires_on"),
            release_status=Case(
                When(enrolment__expires_on__lt=localdate(), then=Value(ReleaseStatus.ENDED.value)),
                default=Value(ReleaseStatus.VALID.value),
                output_field=models.CharField(),
            ),
        )
    )


class ReleasedFilterSet(PeopleFilterSet):
    """By course and state, department and audience."""

    course = django_filters.ChoiceFilter(label=_("Course"), field_name="course_key")
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"),
        field_name="release_status",
        choices=ReleaseStatus.choices,
        distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ProofRelease
        fields: list[str] = []

    def courses_to_choose(self) -> set[UUID]:
        return self.found.released


def read(rows: Iterable[tuple[Any, ...]], titles: Mapping[UUID, str]) -> Iterator[tuple[Any, ...]]:
    """The values of ``FIELDS`` as page and file show them: a state for its key, a title."""
    for last_name, first_name, department, course, status, valid_until, uuid in rows:
        yield (
            last_name,
            first_name,
            department or "",
            titles.get(course, ""),
            ReleaseStatus(status),
            valid_until,
            uuid,
        )
