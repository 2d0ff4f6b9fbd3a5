"""What lists of people by name are narrowed by; all choices are read by one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import django_filters
from django.conf import settings
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet

from hub.i18n import default_locale_id
from hub.organisations.models import Audience, Department, Organisation

from .enums import RequirementKind
from .models import ContentVersion, CoursePage, Enrolment, ProofRelease, Requirement

#: A title in the first language outweighs every version in another one.
_FIRST = 1_000_000


@dataclass
class Offered:
    """Departments and audiences by key, and what courses are called, each in order."""

    departments: dict[str, str] = field(default_factory=dict)
    audiences: dict[str, str] = field(default_factory=dict)
    #: Courses that are public or have a version, by title.
    titles: dict[UUID, str] = field(default_factory=dict)
    #: Those that somebody of the authorities is enrolled in.
    taken: set[UUID] = field(default_factory=set)
    #: Those of which somebody has released a proof to the authorities.
    released: set[UUID] = field(default_factory=set)
    #: Those that the authorities make mandatory.
    mandatory: set[UUID] = field(default_factory=set)
    #: Those that are public.
    live: set[UUID] = field(default_factory=set)

    def title_of(self, course: UUID) -> str:
        """What a course is called, also one that was never published."""
        return self.titles.get(course) or gettext("deleted course")

    def in_order(self, courses: set[UUID]) -> list[UUID]:
        """Courses by title."""
        return sorted(courses, key=lambda key: (self.title_of(key).casefold(), str(key)))

    def rank(self) -> Case:
        """The place of a row's course in the order of titles, for the database."""
        places = [
            When(course_key=key, then=Value(place))
            for place, key in enumerate(self.in_order(self.taken | self.released))
        ]
        return Case(*places, default=Value(len(places)), output_field=IntegerField())


def offered(organisations: Sequence[Organisation]) -> Offered:
    """What lists of the people of ``organisations`` can be narrowed by; one query.

    Courses go by the newest title in the first language, as in the completion list.
    """
    found = Offered()
    names = {organisation.pk: organisation.short_name for organisation in organisations}
    pages: dict[UUID, str] = {}
    for kind, key, label, number in sorted(
        _read(organisations), key=lambda row: (row[0], row[3], row[2].casefold())
    ):
        match kind:
            case "audience":
                found.audiences[key] = label
            case "department":
                found.departments[key] = label if len(names) == 1 else f"{names[number]}: {label}"
            case "mandatory":
                found.mandatory.add(UUID(key))
            case "page":
                pages[UUID(key)] = label
                if number:
                    found.live.add(UUID(key))
            case "taken":
                # The highest number comes last.
                found.titles[UUID(key)] = label
                found.taken.add(UUID(key))
            case "released":
                found.titles[UUID(key)] = label
                found.released.add(UUID(key))
            case "version":
                found.titles[UUID(key)] = label
    found.titles = pages | found.titles
    return found


def _read(organisations: Sequence[Organisation]) -> QuerySet[Any]:
    """Kind, key, label and number of everything that is offered."""
    taken = Enrolment.objects.in_organisations(organisations).filter(
        course_key=OuterRef("unit_key")
    )
    asked = Requirement.objects.filter(
        organisation__in=organisations, course_key=OuterRef("unit_key")
    )
    released = ProofRelease.objects.standing().filter(
        membership__organisation__in=organisations, enrolment__course_key=OuterRef("unit_key")
    )
    versions = ContentVersion.objects.annotate(
        rank=F("number") + _FIRST * Case(When(language=settings.LANGUAGE_CODE, then=1), default=0)
    )
    parts = [
        _part("audience", Audience.objects.all(), "pk", "name", F("sort_order")),
        _part(
            "department",
            Department.objects.filter(organisation__in=organisations),
            "pk",
            "name",
            F("organisation_id"),
        ),
        _part(
            "mandatory",
            Requirement.objects.filter(
                organisation__in=organisations, kind=RequirementKind.MANDATORY
            ),
            "course_key",
            Value("", output_field=CharField()),
            Value(0),
        ),
        _part(
            "page",
            CoursePage.objects.filter(locale=default_locale_id()),
            "translation_key",
            "title",
            Cast("live", IntegerField()),
        ),
        _part("released", versions.filter(Exists(released)), "unit_key", "title", F("rank")),
        _part("taken", versions.filter(Exists(taken)), "unit_key", "title", F("rank")),
        _part(
            "version",
            versions.filter(~Exists(taken), Exists(asked)),
            "unit_key",
            "title",
            F("rank"),
        ),
    ]
    return parts[0].union(*parts[1:], all=True)


def _part(kind: str, rows: QuerySet[Any], key: str, label: Any, number: Any) -> QuerySet[Any]:
    return rows.order_by().values_list(
        Value(kind, output_field=CharField()),
        Cast(key, CharField()),
        Cast(label, CharField()),
        Cast(number, IntegerField()),
    )


class PeopleFilterSet(WagtailFilterSet):
    """Department and audience, and the authority for who sees several.

    What is not offered is an invalid filter: of another authority there is nothing to choose.
    """

    #: The path from a row to the membership, with its separator.
    to_membership = "membership__"

    def __init__(
        self,
        data: Any = None,
        queryset: QuerySet[Any] | None = None,
        *,
        organisations: Sequence[Organisation],
        found: Offered | None = None,
        request: Any = None,
        prefix: str | None = None,
    ) -> None:
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.found = found or offered(organisations)
        path = self.to_membership
        if len(organisations) > 1:
            choices = [(str(organisation.pk), organisation.name) for organisation in organisations]
            self._offer("organisation", _("Authority"), f"{path}organisation", choices)
        self._offer(
            "department",
            _("Department"),
            f"{path}department",
            list(self.found.departments.items()),
        )
        self._offer(
            "audience", _("Audience"), f"{path}audiences", list(self.found.audiences.items())
        )
        if "course" in self.filters:
            self.filters["course"].extra["choices"] = [
                (str(key), self.found.title_of(key))
                for key in self.found.in_order(self.courses_to_choose())
            ]

    def courses_to_choose(self) -> set[UUID]:
        """The courses a filter ``course`` offers."""
        return self.found.taken

    def _offer(self, name: str, label: Any, path: str, choices: list[tuple[str, str]]) -> None:
        choice = django_filters.ChoiceFilter(label=label, field_name=path, choices=choices)
        choice.model, choice.parent = self._meta.model, self
        self.filters[name] = choice
