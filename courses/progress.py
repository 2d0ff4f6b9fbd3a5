"""Where a person stands: computed from completions whenever it is shown, stored nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Value
from django.utils import timezone

from hub.finding import slim
from hub.i18n import active_locale_id, default_locale_id
from hub.organisations.models import User

from . import rules
from .activities import OutlineItem, outlines, places
from .enums import CompletionMode, RequirementKind
from .models import Attempt, Completion, CoursePage, Enrolment


@dataclass(frozen=True)
class CourseState:
    """One enrolment as its owner sees it."""

    enrolment: Enrolment
    today: date

    @property
    def is_completed(self) -> bool:
        return self.enrolment.is_completed

    @property
    def is_mandatory(self) -> bool:
        return self.enrolment.kind == RequirementKind.MANDATORY

    @property
    def is_refresher(self) -> bool:
        return self.enrolment.cycle > 1

    @property
    def is_overdue(self) -> bool:
        due_on = self.enrolment.due_on
        return not self.is_completed and due_on is not None and due_on < self.today

    @property
    def is_expired(self) -> bool:
        return self.enrolment.has_expired(on=self.today)


def states_by_course(user: User | AnonymousUser) -> dict[UUID, CourseState]:
    """The latest cycle of every course a person is enrolled in; one query, in due order."""
    if not user.is_authenticated:
        return {}
    today = timezone.localdate()
    return {
        enrolment.course_key: CourseState(enrolment, today)
        for enrolment in Enrolment.objects.filter(user=user)
        .current()
        .due_first()
        .select_related("course_version")
        .defer("course_version__content")
    }


@dataclass(frozen=True)
class ActivityState:
    """One activity of the outline with what the person has done of it."""

    item: OutlineItem
    is_completed: bool
    is_begun: bool
    is_next: bool
    #: What it is called by its place in the course: Modul 2, Abschlusstest.
    place: str = ""


@dataclass(frozen=True)
class CourseProgress:
    """A course as one person sees it: outline, progress, where to go on."""

    activities: Sequence[ActivityState]
    progress: rules.Progress
    next_item: OutlineItem | None

    @property
    def missing(self) -> list[OutlineItem]:
        """The required activities that are still to do, in course order."""
        return [state.item for state in self.activities if state.item.key in self.progress.missing]


@dataclass(frozen=True)
class Done:
    """What was completed and begun in one enrolment."""

    completed: frozenset[UUID] = frozenset()
    begun: frozenset[UUID] = frozenset()
    last: UUID | None = None


def done_in(enrolments: Sequence[Enrolment]) -> dict[int, Done]:
    """What was done in each enrolment, by its primary key; one query for all of them."""
    completed: dict[int, set[UUID]] = defaultdict(set)
    begun: dict[int, set[UUID]] = defaultdict(set)
    rows = (
        Completion.objects.filter(enrolment__in=enrolments)
        .order_by()
        .values_list("enrolment_id", "activity_key", Value(True))
        .union(
            Attempt.objects.filter(enrolment__in=enrolments, submitted_at__isnull=True)
            .order_by()
            .values_list("enrolment_id", "activity_key", Value(False))
        )
    )
    for enrolment_id, key, is_completed in rows:
        (completed if is_completed else begun)[enrolment_id].add(key)
    return {
        enrolment.pk: Done(
            frozenset(completed[enrolment.pk]),
            frozenset(begun[enrolment.pk]),
            enrolment.last_activity_key,
        )
        for enrolment in enrolments
    }


def course_progress(items: Sequence[OutlineItem], enrolment: Enrolment | None) -> CourseProgress:
    """Compare the outline with what was done; one query, none without an enrolment."""
    done = done_in([enrolment])[enrolment.pk] if enrolment is not None else Done()
    return compare(items, done)


def compare(items: Sequence[OutlineItem], done: Done) -> CourseProgress:
    """The progress that follows from an outline and what was done of it. Pure."""
    required = [
        item.key
        for item in items
        if item.is_required and item.completion_mode != CompletionMode.NONE
    ]
    next_item = _next_item(items, done)
    place = places(items)
    return CourseProgress(
        activities=[
            ActivityState(
                item=item,
                is_completed=item.key in done.completed,
                is_begun=item.key in done.begun,
                is_next=item is next_item,
                place=place[item.key],
            )
            for item in items
        ],
        progress=rules.progress(required, done.completed),
        next_item=next_item,
    )


def _next_item(items: Sequence[OutlineItem], done: Done) -> OutlineItem | None:
    """An open attempt first, then the text opened last, then the first one still required.

    To have looked at a quiz is no reason to be sent there again: it may be optional, or the test
    for which most is still to be learnt.
    """
    still_open = [item for item in items if item.key not in done.completed]
    for item in still_open:
        if item.key in done.begun:
            return item
    for item in still_open:
        if item.key == done.last and item.completion_mode != CompletionMode.GRADED:
            return item
    return next((item for item in still_open if item.is_required), None)


@dataclass(frozen=True)
class CourseOnDesk:
    """A course a person is enrolled in; ``page`` is missing when the course was taken down."""

    state: CourseState
    page: CoursePage | None
    progress: CourseProgress

    @property
    def is_to_do(self) -> bool:
        """Whether there is something to learn: it is open, or a refresher is due and offered."""
        return not self.state.is_completed or (self.state.is_expired and self.page is not None)

    @property
    def title(self) -> str:
        """The page's title, else the title of the version that was completed."""
        if self.page is not None:
            return self.page.title
        version = self.state.enrolment.course_version
        return version.title if version else ""


def courses_on_desk(user: User | AnonymousUser) -> list[CourseOnDesk]:
    """Everything a person is enrolled in, what is due first at the top; five queries."""
    states = states_by_course(user)
    pages: dict[UUID, CoursePage] = {}
    for page in slim(CoursePage.objects.live(), "level").filter(
        translation_key__in=states, locale__in=(active_locale_id(), default_locale_id())
    ):
        if page.course_key not in pages or page.locale_id == active_locale_id():
            pages[page.course_key] = page
    items = outlines(list(pages.values()))
    done = done_in([state.enrolment for state in states.values()])
    return [
        CourseOnDesk(
            state=state,
            page=pages.get(key),
            progress=compare(items.get(key, []), done[state.enrolment.pk]),
        )
        for key, state in states.items()
        if key in pages or state.is_completed
    ]


def marked_results(user: User | AnonymousUser) -> list[Attempt]:
    """The attempts whose free texts were marked since the person looked last; one query."""
    return list(
        Attempt.objects.filter(enrolment__user=user.pk, is_result_new=True)
        .select_related("content_version")
        .defer("content_version__content")
        .order_by("-submitted_at")
    )
