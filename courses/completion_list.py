"""The completion list: the rows, words and filters that the screen and the file share.

HR sees that and when somebody completed a course, on which content version and until when it
holds; never scores, attempts, answers, times or the progress inside a course (domain 2.3).
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import django_filters
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from hub.organisations.models import Audience, Department

from .enums import EnrolmentStatus
from .models import ContentVersion, CoursePage, Enrolment
from .permissions import enrolment_policy

PERMISSION = "view_completion_list"


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


def rows_for(user: Any) -> QuerySet[Enrolment]:
    """The rows a person may see; the tenant fence of this list."""
    visible = enrolment_policy.instances_user_has_any_permission_for(user, [PERMISSION])
    return with_list_status(visible, timezone.localdate())


def course_titles() -> dict[UUID, str]:
    """The German title of every course that somebody is enrolled in, also of deleted ones."""
    versions = (
        ContentVersion.objects.filter(
            language=settings.LANGUAGE_CODE, unit_key__in=Enrolment.objects.values("course_key")
        )
        .order_by("number")
        .values_list("unit_key", "title")
    )
    titles = dict(versions)
    pages = CoursePage.objects.filter(locale__language_code=settings.LANGUAGE_CODE)
    return titles | dict(pages.values_list("translation_key", "title"))


def by_course_title(titles: dict[UUID, str]) -> Case:
    """Order by the title of the course."""
    ranked = sorted(titles, key=lambda key: titles[key].casefold())
    return Case(
        *(When(course_key=key, then=Value(rank)) for rank, key in enumerate(ranked)),
        default=Value(len(ranked)),
        output_field=models.IntegerField(),
    )


def _course_choices() -> list[tuple[str, str]]:
    titles = course_titles()
    return sorted(((str(key), title) for key, title in titles.items()), key=lambda c: c[1])


def _own_departments(request: Any) -> QuerySet[Department]:
    organisations = enrolment_policy.organisations_user_has_any_permission_for(
        request.user, [PERMISSION]
    )
    return Department.objects.filter(organisation__in=organisations).select_related("organisation")


class CompletionFilterSet(WagtailFilterSet):
    """Filters that are shared by address and hold for screen and file alike."""

    course = django_filters.ChoiceFilter(
        label=_("Course"), field_name="course_key", choices=_course_choices
    )
    department = django_filters.ModelChoiceFilter(
        label=_("Department"), field_name="membership__department", queryset=_own_departments
    )
    audience = django_filters.ModelChoiceFilter(
        label=_("Audience"),
        field_name="membership__audiences",
        queryset=Audience.objects.all(),
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), field_name="list_status", choices=ListStatus.choices
    )
    completed = django_filters.DateFromToRangeFilter(
        label=_("Completed"), field_name="completed_at", widget=DateRangePickerWidget
    )

    class Meta:
        model = Enrolment
        fields: list[str] = []


def search_by_name(enrolments: QuerySet[Enrolment], query: str) -> QuerySet[Enrolment]:
    """Every word must be part of the first or the last name."""
    for word in query.split():
        enrolments = enrolments.filter(
            Q(user__last_name__icontains=word) | Q(user__first_name__icontains=word)
        )
    return enrolments


NAME_ORDER = (F("user__last_name"), F("user__first_name"), F("pk"))
