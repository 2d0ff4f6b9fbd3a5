"""The completion list: the rows, words and filters that the screen and the file share.

HR sees that and when somebody completed a course, on which content version and until when it
holds; never scores, attempts, answers, times or the progress inside a course (domain 2.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import get_current_timezone, localdate
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from hub.organisations.lookups import name_contains
from hub.organisations.models import Audience, Department, Organisation

from .enums import (
    NOT_LEARNT_HERE,
    CompletionSource,
    EnrolmentStatus,
    LearningFormat,
    LearningState,
)
from .models import Completion, ContentVersion, CoursePage, Enrolment
from .models.versions import version_label

PERMISSION = "courses.view_completion_list"
#: Its key among the evaluations and the lists to hand over.
REPORT = "abschlussliste"


class ListStatus(models.TextChoices):
    """What HR is told; "begun" would already tell progress."""

    OPEN = "open", pgettext_lazy("completion list", "open")
    OVERDUE = "overdue", _("deadline passed")
    COMPLETED = "completed", _("completed")
    REFRESHING = "refreshing", _("valid, refresher open")
    EXPIRED = "expired", _("refresher due")
    SUPERSEDED = "superseded", _("superseded by a refresher")

    @property
    def meaning(self) -> str:
        """What it says of a person, in a sentence."""
        return str(_MEANINGS[self])


_MEANINGS = {
    ListStatus.OPEN: _(
        "Not completed; the deadline is still to come or there is none. Whether the person has "
        "begun is not told."
    ),
    ListStatus.OVERDUE: _("Not completed, and the deadline has passed."),
    ListStatus.COMPLETED: _("Completed and valid."),
    ListStatus.REFRESHING: _(
        "Completed and valid. The refresher is open; it gets a row of its own when it is completed "
        "or when the validity ends."
    ),
    ListStatus.EXPIRED: _(
        "Was completed and is no longer valid; there is no refresher at this authority."
    ),
    ListStatus.SUPERSEDED: _(
        "Was completed; a later completion or the refresher that is due has a row of its own."
    ),
}


class EvidenceKind(models.TextChoices):
    """Where the evidence of a completed course comes from: what was not learnt in the hub tells."""

    HUB = "hub", _("learnt in the hub")
    CREDITED = CompletionSource.EXTERNAL.value, _("credited")
    BY_HAND = CompletionSource.OVERRIDE.value, _("set by hand")


#: What ``EvidenceWords`` is told of a row.
EVIDENCE_FIELDS = (
    "evidence",
    "credited_learning__kind",
    "credited_learning__title",
    "credited_learning__held_on",
    "credited_learning__state",
)


def with_evidence(enrolments: QuerySet[Enrolment]) -> QuerySet[Any]:
    """Annotate ``evidence``: empty for what is not completed, so that no progress is told.

    One part that was set by hand makes the whole so; else one that was credited.
    """
    elsewhere = Completion.objects.filter(enrolment=OuterRef("pk"), source__in=NOT_LEARNT_HERE)
    # "override" comes last in the alphabet, and so outweighs "external".
    source = Subquery(elsewhere.order_by("-source").values("source")[:1])
    return enrolments.annotate(
        evidence=Case(
            When(
                status=EnrolmentStatus.COMPLETED,
                then=Coalesce(source, Value(EvidenceKind.HUB.value)),
            ),
            default=Value(""),
            output_field=models.CharField(),
        )
    )


class EvidenceWords:
    """Says for one row after the other where its evidence comes from."""

    def __init__(self) -> None:
        self.labels = {"": ""} | {kind.value: str(kind.label) for kind in EvidenceKind}

    def __call__(self, evidence: str, kind: str, title: str, day: date, state: str) -> str:
        """The words for the values of ``EVIDENCE_FIELDS``."""
        if evidence != EvidenceKind.CREDITED or not title:
            return self.labels[evidence]
        text = gettext("credited: %(kind)s “%(title)s”, %(day)s") % {
            "kind": LearningFormat(kind).label,
            "title": title,
            "day": date_format(day, "SHORT_DATE_FORMAT"),
        }
        if state == LearningState.WITHDRAWN:
            text += " " + gettext("(taken back later)")
        return text


def with_list_status(enrolments: QuerySet[Enrolment], today: date) -> QuerySet[Any]:
    """Annotate ``list_status``, one of ``ListStatus``, and ``list_due_on``.

    What has expired is superseded once the refresher is begun: that has a row of its own. So is
    what was completed again, for it would count twice. Of a valid proof its refresher is due.
    """
    # What she learns at another authority is none of this one's business.
    later_here = Enrolment.objects.later_than_outer().of_outer_authority()
    completed = Q(status=EnrolmentStatus.COMPLETED)
    expired = completed & Q(expires_on__lt=today)
    return enrolments.annotate(
        list_status=Case(
            When(expired & Exists(later_here), then=Value("superseded")),
            When(expired, then=Value("expired")),
            When(completed & Exists(later_here.completed()), then=Value("superseded")),
            When(completed & Exists(later_here), then=Value("refreshing")),
            When(completed, then=Value("completed")),
            When(due_on__lt=today, then=Value("overdue")),
            default=Value("open"),
            output_field=models.CharField(),
        )
    ).annotate(
        list_due_on=Case(
            When(list_status="refreshing", then=Subquery(later_here.values("due_on")[:1])),
            default=F("due_on"),
        )
    )


def without_early_refreshers(enrolments: QuerySet[Enrolment], today: date) -> QuerySet[Enrolment]:
    """Leave out open refreshers of people who hold a valid proof of the same authority.

    Their row is that of the proof: a person who is up to date is not counted among the open ones.
    """
    valid = (
        Enrolment.objects.completed()
        .earlier_than_outer()
        .of_outer_authority()
        .filter(Q(expires_on__isnull=True) | Q(expires_on__gte=today))
    )
    return enrolments.filter(Q(status=EnrolmentStatus.COMPLETED) | Q(cycle=1) | ~Exists(valid))


def rows_of(organisations: Iterable[Organisation]) -> QuerySet[Any]:
    """Every enrolment under a membership of the authorities: the tenant fence of this list.

    Who was transferred stays in the list of the old authority with what was learnt there.
    """
    today = localdate()
    enrolments = Enrolment.objects.in_organisations(organisations)
    listed = with_list_status(without_early_refreshers(enrolments, today), today)
    return with_evidence(listed)


class VersionName(str):
    """What a version is called, as text; on screen it leads to the version (``uuid``)."""

    __slots__ = ("uuid",)
    uuid: UUID

    def __new__(cls, text: str, uuid: UUID) -> VersionName:
        name = super().__new__(cls, text)
        name.uuid = uuid
        return name


@dataclass(frozen=True)
class Courses:
    """What the rows need to know of courses: titles by course, and how versions are called."""

    titles: dict[UUID, str]
    version_labels: dict[int | None, str]

    def in_order(self) -> list[UUID]:
        """The courses by title."""
        return sorted(self.titles, key=lambda key: self.titles[key].casefold())

    def rank(self) -> Case | Value:
        """The place of a row's course in the order of titles, for the database."""
        places = [When(course_key=key, then=Value(n)) for n, key in enumerate(self.in_order())]
        if not places:
            return Value(0)
        return Case(*places, default=Value(len(places)), output_field=models.IntegerField())


def courses_of(organisations: Iterable[Organisation] | None = None) -> Courses:
    """The courses that somebody (of the authorities) is enrolled in; one query.

    Titles are the newest German ones; they come from content versions, which outlive deleted
    pages. A course that was never German goes by the title it has.
    """
    enrolled = Enrolment.objects.filter(course_key=OuterRef("unit_key"))
    if organisations is not None:
        enrolled = enrolled.in_organisations(organisations)
    versions = (
        ContentVersion.objects.filter(Exists(enrolled))
        .annotate(is_german=Q(language=settings.LANGUAGE_CODE))
        .order_by("is_german", "number")
        .values_list("pk", "uuid", "unit_key", "title", "number", "published_at")
    )
    titles: dict[UUID, str] = {}
    labels: dict[int | None, str] = {None: ""}
    kind = capfirst(str(CoursePage._meta.verbose_name))
    for pk, uuid, unit_key, title, number, published_at in versions:
        titles[unit_key] = title
        labels[pk] = VersionName(version_label(number, published_at, kind), uuid)
    return Courses(titles, labels)


class DayRangeField(django_filters.fields.DateRangeField):
    """Two days of this century; databases have an end somewhere before the year 1."""

    def compress(self, data_list: list[Any]) -> slice | None:
        if any(day and not 2000 <= day.year < 2100 for day in data_list):
            raise ValidationError(_("Please enter days of this century."))
        return super().compress(data_list)


class DayRangeFilter(django_filters.DateFromToRangeFilter):
    field_class = DayRangeField


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
    evidence = django_filters.MultipleChoiceFilter(
        label=_("Kind of evidence"),
        choices=EvidenceKind.choices,
        distinct=False,
        widget=forms.CheckboxSelectMultiple,
    )
    completed = DayRangeFilter(
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
        courses: Courses | None = None,
        request: Any = None,
        prefix: str | None = None,
    ) -> None:
        super().__init__(data, queryset, request=request, prefix=prefix)
        courses = courses or courses_of(organisations)
        self.filters["course"].extra["choices"] = [
            (key, courses.titles[key]) for key in courses.in_order()
        ]
        departments = Department.objects.filter(organisation__in=organisations).order_by("name")
        if len(organisations) > 1:
            departments = departments.select_related("organisation")
            self.filters["organisation"] = django_filters.ModelChoiceFilter(
                label=_("Authority"),
                field_name="membership__organisation",
                queryset=Organisation.objects.filter(pk__in=[o.pk for o in organisations]),
            )
            self.filters["organisation"].model = Enrolment
            self.filters["organisation"].parent = self
            self.filters.move_to_end("organisation", last=False)
        self.filters["department"].queryset = departments


def search_by_name(rows: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Of rows that have a membership: every word must be part of the first or the last name, in
    whatever spelling."""
    return rows.filter(name_contains(query, person="membership")) if query.strip() else rows


NAME_ORDER = (F("membership__name_key"), F("pk"))


def read(
    enrolments: QuerySet[Any],
    courses: Courses,
    words: Mapping[str, Any],
    *others: str,
) -> Iterator[tuple[Any, ...]]:
    """The rows as screen and file show them, without a model instance; one query.

    ``words`` says what stands for each ``ListStatus``. A time becomes a date: HR learns on which
    day, not when. ``others`` are columns that follow as they are.
    """
    zone = get_current_timezone()
    in_words = EvidenceWords()
    for (
        last_name,
        first_name,
        department,
        course,
        version,
        status,
        completed_at,
        expires_on,
        due_on,
        evidence,
        kind,
        title,
        held_on,
        state,
        *rest,
    ) in enrolments.values_list(
        "membership__last_name",
        "membership__first_name",
        "membership__department__name",
        "course_key",
        "course_version",
        "list_status",
        "completed_at",
        "expires_on",
        "list_due_on",
        *EVIDENCE_FIELDS,
        *others,
    ).iterator(chunk_size=2000):
        yield (
            last_name,
            first_name,
            department or "",
            courses.titles.get(course, ""),
            courses.version_labels.get(version, ""),
            words[status],
            completed_at and completed_at.astimezone(zone).date(),
            expires_on,
            due_on,
            in_words(evidence, kind, title, held_on, state),
            *rest,
        )
