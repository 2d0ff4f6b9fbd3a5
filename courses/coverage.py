"""How far the people have come whom an authority asks for a course: figures of groups only.

All that leaves this module went through ``suppression``: a sum over whole counting groups of the
bands in which their numbers lie.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import Exact
from django.utils.timezone import localdate, make_aware

from hub.organisations.models import Organisation

from .course_titles import with_courses
from .enums import EnrolmentStatus, RequirementKind, SystemRole, SystemStatus
from .models import ContentVersion, CountedPerson, CountingGroup, Requirement
from .suppression import CountedGroup, Span, Table, band, table


@dataclass(frozen=True)
class Group:
    """A counting group as figures need it."""

    pk: int
    organisation: int
    department: int | None
    audiences: frozenset[int]
    size: int


@dataclass(frozen=True)
class CourseFacts:
    """What figures say of a course: how it is called, and for how many minutes it is planned."""

    title: str
    minutes: int


@dataclass(frozen=True)
class Figures:
    """All figures of some authorities, as of one day."""

    #: The state is that at the beginning of this day, a Monday.
    day: date
    #: For each authority, by its key, and each course it asks somebody for.
    tables: dict[int, dict[UUID, Table]]
    #: What is known of each of these courses.
    courses: dict[UUID, CourseFacts]
    #: What departments and audiences are called.
    departments: dict[int, str]
    audiences: dict[int, str]


def state_of(today: date | None = None) -> date:
    """The Monday whose beginning is told of: nobody watches a number change."""
    day = today or localdate()
    return day - timedelta(days=day.weekday())


def figures(organisations: Sequence[Organisation]) -> Figures:
    """The figures of ``organisations``, in the same number of queries for any number of people."""
    day = state_of()
    departments: dict[int, str] = {}
    audiences: dict[int, str] = {}
    groups = _groups(organisations, departments, audiences)
    requirements: dict[int, list[Requirement]] = defaultdict(list)
    courses: dict[UUID, CourseFacts] = {}
    for requirement in _requirements(organisations):
        requirements[requirement.organisation_id].append(requirement)
        courses[requirement.course_key] = CourseFacts(
            requirement.course_title, requirement.course_minutes
        )
    asked = {
        group: {
            requirement.course_key
            for requirement in requirements[group.organisation]
            if _is_asked(group, requirement)
        }
        for group in groups
    }
    counts = _counts(organisations, set().union(*asked.values()), day)
    by_course: dict[tuple[int, UUID], list[CountedGroup]] = defaultdict(list)
    for group, keys in asked.items():
        for course in keys:
            span = band(counts.get((group.pk, course), 0), group.size, settings.SMALLEST_GROUP)
            by_course[group.organisation, course].append(
                CountedGroup(group.department, group.audiences, span)
            )
    tables: dict[int, dict[UUID, Table]] = {organisation.pk: {} for organisation in organisations}
    for (organisation, course), counted in by_course.items():
        tables[organisation][course] = table(counted)
    # A course that is asked of too few has a table without figures.
    for organisation, asking in requirements.items():
        for requirement in asking:
            tables[organisation].setdefault(requirement.course_key, Table())
    return Figures(day, tables, courses, departments, audiences)


def _is_asked(group: Group, requirement: Any) -> bool:
    """Whether a requirement means every one of a group by what they have in common.

    Who oversees an AI system is no group.
    """
    if requirement.ai_system_id is None:
        is_meant = requirement.audience_id in (None, *group.audiences)
    else:
        is_meant = (
            requirement.system_role == SystemRole.USERS and requirement.used_by in group.audiences
        )
    return is_meant and requirement.department_id in (None, group.department)


def _requirements(organisations: Sequence[Organisation]) -> QuerySet[Any]:
    """What is mandatory, with the title of each course and the minutes its newest text plans.

    A course that was never published takes no time. What asks the users of an AI system is there
    once for each audience that uses it (``used_by``); a system that has ended asks nobody.
    """
    planned = (
        ContentVersion.objects.filter(unit_key=OuterRef("course_key"))
        .annotate(is_first=Q(language=settings.LANGUAGE_CODE))
        .order_by("-is_first", "-number")
        .values(minutes=Cast(KeyTextTransform("duration_minutes", "content"), IntegerField()))
    )
    return with_courses(
        Requirement.objects.filter(organisation__in=organisations, kind=RequirementKind.MANDATORY)
        .exclude(ai_system__status=SystemStatus.ENDED)
        .annotate(
            course_minutes=Coalesce(Subquery(planned[:1]), 0), used_by=F("ai_system__audiences")
        )
    )


def _groups(
    organisations: Sequence[Organisation], departments: dict[int, str], audiences: dict[int, str]
) -> list[Group]:
    """The groups that figures are made of; writes down what departments and audiences are called.

    A group of which somebody was deleted since the last night is left out at once.
    """
    recorded = (
        CountedPerson.objects.filter(group=OuterRef("pk"))
        .order_by()
        .values("group")
        .values(number=Count("pk"))
    )
    told = CountingGroup.objects.filter(
        Exact(F("size"), Subquery(recorded)),
        organisation__in=organisations,
        retired_on__isnull=True,
        size__gte=settings.SMALLEST_GROUP,
    )
    found: dict[int, Group] = {}
    # One row for each audience a group has in common, and one for a group without.
    for (
        pk,
        organisation,
        department,
        department_name,
        size,
        audience,
        audience_name,
    ) in told.order_by("pk").values_list(
        *("pk", "organisation_id", "department_id", "department__name", "size"),
        *("audiences", "audiences__name"),
    ):
        group = found.setdefault(pk, Group(pk, organisation, department, frozenset(), size))
        if department is not None:
            departments[department] = department_name
        if audience is not None:
            audiences[audience] = audience_name
            found[pk] = replace(group, audiences=group.audiences | {audience})
    return list(found.values())


def _counts(
    organisations: Sequence[Organisation], courses: Iterable[UUID], day: date
) -> dict[tuple[int, UUID], int]:
    """How many of each group have completed each course, validly at the beginning of a day.

    Whoever has left counts as on the last day. Not to be shown: it goes into bands.
    """
    begin = make_aware(datetime.combine(day, time()))
    left = Q(membership__ends_on__isnull=False, membership__ends_on__lt=day)
    expires = "membership__user__enrolments__expires_on"
    completed = "membership__user__enrolments__completed_at"
    rows = (
        CountedPerson.objects.filter(
            # All in one call: they are about the same enrolment.
            Q(**{f"{expires}__isnull": True})
            | Q(~left, **{f"{expires}__gte": day})
            | Q(left, **{f"{expires}__gte": F("membership__ends_on")}),
            ~left | Q(**{f"{completed}__date__lte": F("membership__ends_on")}),
            group__organisation__in=organisations,
            group__retired_on__isnull=True,
            membership__user__enrolments__course_key__in=list(courses),
            membership__user__enrolments__status=EnrolmentStatus.COMPLETED,
            **{f"{completed}__lt": begin},
        )
        .values_list("group_id", "membership__user__enrolments__course_key")
        .annotate(count=Count("membership_id", distinct=True))
    )
    return {(group, course): count for group, course, count in rows}


@dataclass(frozen=True)
class Hours:
    """Hours of learning as they may be told: in full hours, at least and at most."""

    persons: int
    least: int
    most: int


def hours_by_department(
    tables: Mapping[UUID, Table], facts: Mapping[UUID, CourseFacts]
) -> tuple[dict[int, Hours], Hours | None]:
    """The hours that the completed courses take that were asked for: by department, and altogether.

    A course counts with the time it is planned for; how long somebody took nobody knows.
    """
    found: dict[int | None, list[tuple[Span, int]]] = defaultdict(list)
    for course, told in tables.items():
        minutes = facts[course].minutes
        for department, span in told.departments.items():
            found[department].append((span, minutes))
        if told.total:
            found[None].append((told.total, minutes))
    hours = {
        key: Hours(
            max(span.persons for span, _minutes in spans),
            sum(span.least * minutes for span, minutes in spans) // 60,
            -(-sum(span.most * minutes for span, minutes in spans) // 60),
        )
        for key, spans in found.items()
    }
    altogether = hours.pop(None, None)
    return {key: value for key, value in hours.items() if key is not None}, altogether
