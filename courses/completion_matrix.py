"""The completion list as a matrix: a row for each person, a column for each course.

A cell says what the completion list says of the person and the course, of the newest row it has.
It never tells progress, points or times (domain 2.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import django_filters
from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Value
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from hub.exports.reports import where_on
from hub.organisations.lookups import name_contains
from hub.organisations.models import Membership, Organisation

from . import released_proofs
from .completion_list import ListStatus, rows_of
from .enums import SystemRole, SystemStatus
from .list_filters import PeopleFilterSet
from .models import Requirement

#: Its key among the evaluations and the lists to hand over.
REPORT = "abschlussmatrix"
ORDER = (F("name_key"), F("pk"))
FIELDS = (
    "last_name",
    "first_name",
    "department__name",
    "organisation_id",
    "user__uuid",
)


class CellStatus(models.TextChoices):
    """What a cell may say; the keys that the completion list has, too, mean the same."""

    COMPLETED = ListStatus.COMPLETED.value, _("completed")
    REFRESHING = ListStatus.REFRESHING.value, _("valid, refresher open")
    RELEASED = "released", _("valid (released)")
    OPEN = ListStatus.OPEN.value, _("open")
    OVERDUE = ListStatus.OVERDUE.value, _("overdue")
    EXPIRED = ListStatus.EXPIRED.value, _("expired")
    ASKED = "asked", _("asked, no entry here")
    NOT_ASKED = "not_asked", _("not asked")

    @property
    def meaning(self) -> str:
        """What it says of a person, in a sentence."""
        return str(_MEANINGS[self])


_MEANINGS = {
    CellStatus.COMPLETED: _("Completed and valid."),
    CellStatus.REFRESHING: _("Completed and valid. The refresher is open."),
    CellStatus.RELEASED: _(
        "Completed at another authority and valid. The person has released this proof."
    ),
    CellStatus.OPEN: _(
        "Not completed; the deadline is still to come or there is none. Whether the person has "
        "begun is not told."
    ),
    CellStatus.OVERDUE: _("Not completed, and the deadline has passed."),
    CellStatus.EXPIRED: _(
        "Was completed and is no longer valid; there is no refresher at this authority."
    ),
    CellStatus.ASKED: _(
        "The authority asks for it, and this list has no entry: it was completed while the person "
        "worked for another authority and is not released, or the enrolment is still being made."
    ),
    CellStatus.NOT_ASKED: _("The authority does not ask for it, and there is no entry."),
}


def people_of(organisations: Iterable[Organisation]) -> QuerySet[Membership]:
    """Who works for the authorities today, each person once for each of them."""
    active = Membership.objects.active().in_organisations(organisations)
    entered_later = Membership.objects.active().filter(user=OuterRef("user"), pk__gt=OuterRef("pk"))
    return active.exclude(organisation__in=entered_later.order_by().values("organisation"))


def search_by_name(people: QuerySet[Membership], query: str) -> QuerySet[Membership]:
    """Every word must be part of the first or the last name, in whatever spelling."""
    return people.filter(name_contains(query)) if query.strip() else people


class MatrixFilterSet(PeopleFilterSet):
    """By department and audience; and which courses have a column."""

    to_membership = ""
    ALL = "all"

    courses = django_filters.ChoiceFilter(
        label=_("Courses"),
        choices=[(ALL, _("all public ones, too"))],
        empty_label=_("mandatory ones only"),
        method="keep_all",
    )

    class Meta:
        model = Membership
        fields: list[str] = []

    def keep_all(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Which courses are shown leaves nobody out."""
        return queryset

    def shown(self) -> list[UUID]:
        """The courses that have a column, by title; the filters are valid."""
        found = self.found
        is_wide = self.form.cleaned_data["courses"] == self.ALL
        return found.in_order(found.mandatory | found.live if is_wide else found.mandatory)


#: A state with its day in words.
_WITH_DAY = {
    CellStatus.COMPLETED: _("completed on %(day)s"),
    CellStatus.REFRESHING: _("valid, refresher open, due on %(day)s"),
    CellStatus.RELEASED: _("valid until %(day)s (released)"),
    CellStatus.OPEN: _("open until %(day)s"),
    CellStatus.OVERDUE: _("overdue, was due on %(day)s"),
    CellStatus.EXPIRED: _("expired, was valid until %(day)s"),
}


@dataclass(frozen=True)
class MatrixCell:
    """What is told of one person and one course."""

    status: CellStatus
    #: When it was completed, until when it was valid, or by when it is due.
    day: date | None = None

    def __str__(self) -> str:
        if self.day is None:
            return str(self.status.label)
        return _WITH_DAY[self.status] % {"day": date_format(self.day, "SHORT_DATE_FORMAT")}


#: The cells of persons by authority, number of the account and course.
Cells = Mapping[tuple[int, UUID], Mapping[UUID, MatrixCell]]


def cells_of(
    organisations: Sequence[Organisation], people: Collection[UUID], courses: Collection[UUID]
) -> Cells:
    """The cells of people, by the numbers of their accounts; one query.

    A cell that is missing is one of nobody who is asked or enrolled. What was completed under an
    earlier membership of the same authority counts; what was learnt elsewhere is told only where
    the person has released it.
    """
    found: defaultdict[tuple[int, UUID], dict[UUID, MatrixCell]] = defaultdict(dict)
    told = rows_of(organisations).filter(
        ~Q(list_status=ListStatus.SUPERSEDED), user__uuid__in=people, course_key__in=courses
    )
    rows = told.values_list(
        "membership__organisation_id",
        "user__uuid",
        "course_key",
        "list_status",
        "completed_at",
        "expires_on",
        "list_due_on",
    ).union(_released(organisations, people, courses), _asked(organisations, people, courses))
    for organisation, person, course, status, completed_at, expires_on, due_on in rows:
        cells = found[organisation, person]
        cell = _cell(CellStatus(status), completed_at, expires_on, due_on)
        if course not in cells or _RANK.get(cells[course].status, 0) > _RANK.get(cell.status, 0):
            cells[course] = cell
    return found


#: What is told where there are several: the own entry before a release, that before a requirement.
_RANK = {CellStatus.RELEASED: 1, CellStatus.ASKED: 2}


def _released(
    organisations: Sequence[Organisation], people: Collection[UUID], courses: Collection[UUID]
) -> QuerySet[Any]:
    """What people have released to the authorities and is valid, where that list is kept."""
    return (
        released_proofs.rows_of(organisations)
        .filter(
            where_on(released_proofs.REPORT, "membership__organisation"),
            membership__user__uuid__in=people,
            course_key__in=courses,
            release_status=released_proofs.ReleaseStatus.VALID,
        )
        .order_by()
        .values_list(
            "membership__organisation_id",
            "membership__user__uuid",
            "course_key",
            Value(CellStatus.RELEASED.value, output_field=models.CharField()),
            Value(None, output_field=models.DateTimeField()),
            "valid_until",
            Value(None, output_field=models.DateField()),
        )
    )


def _asked(
    organisations: Sequence[Organisation], people: Collection[UUID], courses: Collection[UUID]
) -> QuerySet[Any]:
    """Who is asked for which course, whether or not there is an enrolment; some of them twice."""
    today = localdate()
    at = "organisation__memberships"
    return (
        Requirement.objects.filter(
            # All in one call: they are about the same membership.
            Q(ai_system__isnull=True, audience__isnull=True)
            | Q(audience=F(f"{at}__audiences"))
            | ~Q(ai_system__status=SystemStatus.ENDED)
            & (
                Q(system_role=SystemRole.USERS, ai_system__audiences=F(f"{at}__audiences"))
                | Q(system_role=SystemRole.OVERSEERS, ai_system__overseers=F(at))
            ),
            Q(department__isnull=True) | Q(department=F(f"{at}__department")),
            Q(**{f"{at}__ends_on__isnull": True}) | Q(**{f"{at}__ends_on__gte": today}),
            organisation__in=organisations,
            course_key__in=courses,
            **{f"{at}__starts_on__lte": today, f"{at}__user__uuid__in": people},
        )
        .order_by()
        .values_list(
            "organisation_id",
            f"{at}__user__uuid",
            "course_key",
            Value(CellStatus.ASKED.value, output_field=models.CharField()),
            Value(None, output_field=models.DateTimeField()),
            Value(None, output_field=models.DateField()),
            Value(None, output_field=models.DateField()),
        )
    )


def _cell(
    status: CellStatus, completed_at: datetime | None, expires_on: date | None, due_on: date | None
) -> MatrixCell:
    """A cell with the one day that its state is about; the day alone, not the time."""
    match status:
        case CellStatus.COMPLETED:
            return MatrixCell(status, completed_at and localdate(completed_at))
        case CellStatus.EXPIRED | CellStatus.RELEASED:
            return MatrixCell(status, expires_on)
        case CellStatus.ASKED:
            return MatrixCell(status)
    return MatrixCell(status, due_on)


#: What a cell says that ``cells_of`` does not have.
NOT_ASKED = MatrixCell(CellStatus.NOT_ASKED)
