"""The completion list: the rows, words and filters that the screen and the file share.

HR sees that and when somebody completed a course, on which content version and until when it
holds; never scores, attempts, answers, times or the progress inside a course (domain 2.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from hub.organisations.models import Audience, Department, Organisation

from .enums import EnrolmentStatus
from .models import ContentVersion, Enrolment

PERMISSION = "courses.view_completion_list"


class ListStatus(models.TextChoices):
    """What HR is told; "begun" would already tell progress."""

    OPEN = "open", _("open (list)")
    OVERDUE = "overdue", _("deadline passed")
    COMPLETED = "completed", _("completed")
    EXPIRED = "expired", _("refresher due")


def with_list_status(enrolments: QuerySet[Enrolment], today: date) -> QuerySet[Enrolment]:
    """Annotate ``list_status``, one of ``ListStatus``."""
    return enrolments.annotate(
        list_status=Case(
            When(Q(status=EnrolmentStatus.COMPLETED, expires_on__lt=today), then=Value("expired")),
            When(Q(status=EnrolmentStatus.COMPLETED), then=Value("completed")),
            When(due_on__lt=today, then=Value("overdue")),
            default=Value("open"),
            output_field=models.CharField(),
        )
    )


def rows_of(organisations: Iterable[Organisation]) -> QuerySet[Enrolment]:
    """The latest cycle of everybody in every course, as the authorities have it.

    Who was transferred stays in the list of the old authority with what was learnt there, whatever
    the new one adds.
    """
    later = Enrolment.objects.filter(
        user=OuterRef("user"),
        course_key=OuterRef("course_key"),
        cycle__gt=OuterRef("cycle"),
        membership__organisation=OuterRef("membership__organisation"),
    )
    return with_list_status(
        Enrolment.objects.in_organisations(organisations).filter(~Exists(later)),
        timezone.localdate(),
    )


def course_titles(organisations: Iterable[Organisation] | None = None) -> dict[UUID, str]:
    """The newest German title of every course that somebody (of the authorities) is enrolled in.

    Titles come from content versions, which outlive deleted pages; a course that was never German
    goes by the title it has.
    """
    enrolled = Enrolment.objects.filter(course_key=OuterRef("unit_key"))
    if organisations is not None:
        enrolled = enrolled.in_organisations(organisations)
    versions = (
        ContentVersion.objects.filter(Exists(enrolled))
        .annotate(is_german=Q(language=settings.LANGUAGE_CODE))
        .order_by("is_german", "number")
    )
    return dict(versions.values_list("unit_key", "title"))


def by_course_title(titles: dict[UUID, str]) -> Case | Value:
    """Order by the title of the course."""
    ranked = sorted(titles, key=lambda key: titles[key].casefold())
    if not ranked:
        return Value(0)
    return Case(
        *(When(course_key=key, then=Value(rank)) for rank, key in enumerate(ranked)),
        default=Value(len(ranked)),
        output_field=models.IntegerField(),
    )


class CompletionFilterSet(WagtailFilterSet):
    """Filters that are shared by address and hold for screen and file alike.

    Courses and departments offered are those of ``organisations``; what is not offered is an
    invalid filter.
    """

    course = django_filters.ChoiceFilter(label=_("Course"), field_name="course_key")
    department = django_filters.ModelChoiceFilter(
        label=_("Department"),
        field_name="membership__department",
        queryset=Department.objects.none(),
    )
    audience = django_filters.ModelChoiceFilter(
        label=_("Audience"),
        field_name="membership__audiences",
        queryset=Audience.objects.all(),
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"),
        field_name="list_status",
        choices=ListStatus.choices,
        distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )
    completed = django_filters.DateFromToRangeFilter(
        label=_("Completed"), field_name="completed_at", widget=DateRangePickerWidget
    )

    class Meta:
        model = Enrolment
        fields: list[str] = []

    def __init__(
        self,
        data: Any = None,
        queryset: QuerySet[Enrolment] | None = None,
        *,
        organisations: Sequence[Organisation],
        titles: dict[UUID, str] | None = None,
        request: Any = None,
        prefix: str | None = None,
    ) -> None:
        super().__init__(data, queryset, request=request, prefix=prefix)
        titles = course_titles(organisations) if titles is None else titles
        self.filters["course"].extra["choices"] = sorted(
            titles.items(), key=lambda choice: choice[1].casefold()
        )
        departments = Department.objects.filter(organisation__in=organisations).order_by("name")
        if len(organisations) > 1:
            departments = departments.select_related("organisation")
        self.filters["department"].queryset = departments


def search_by_name(enrolments: QuerySet[Enrolment], query: str) -> QuerySet[Enrolment]:
    """Every word must be part of the first or the last name."""
    for word in query.split():
        enrolments = enrolments.filter(
            Q(user__last_name__icontains=word) | Q(user__first_name__icontains=word)
        )
    return enrolments


NAME_ORDER = (F("user__last_name"), F("user__first_name"), F("pk"))
