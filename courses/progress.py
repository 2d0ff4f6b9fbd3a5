"""Where a person stands: computed from completions whenever it is shown, stored nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Value
from django.utils import timezone

from hub.finding import slim
from hub.i18n import active_locale_id, default_locale_id
from hub.organisations.models import User

from . import explaining, rules
from .activities import OutlineItem, outlines, places, within
from .enums import CompletionMode, RequirementKind
from .models import Attempt, Completion, CompletionDecision, CoursePage, Enrolment


@dataclass(frozen=True)
class CourseState:
    """One enrolment as its owner sees it."""

    enrolment: Enrolment
    today: date
    #: The completed cycle before; ``None`` for a first one.
    proof: Enrolment | None = None
    #: How many days before its end a completion can be refreshed; ``None`` if that is not asked.
    window_days: int | None = None

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

    @property
    def why_completed(self) -> list[str]:
        """The kept decision in sentences; empty while there is none."""
        return why_completed(self.enrolment, self.today)

    @property
    def has_valid_proof(self) -> bool:
        """Whether the cycle before still holds while this one is open."""
        proof = self.proof
        return not self.is_completed and proof is not None and not proof.has_expired(on=self.today)

    @property
    def refresher_opens_on(self) -> date | None:
        """The first day on which a completed course can be refreshed, if that is ever due."""
        if not self.is_completed or self.window_days is None:
            return None
        return self.enrolment.window_opens_on(self.window_days)

    @property
    def is_refresher_late(self) -> bool:
        """Whether the day has passed by which the authority asks for the refresher."""
        refresh_on = self.enrolment.refresh_on
        return self.is_completed and refresh_on is not None and refresh_on < self.today

    @property
    def can_be_refreshed(self) -> bool:
        opens_on = self.refresher_opens_on
        return opens_on is not None and opens_on <= self.today


def why_completed(enrolment: Enrolment, today: date) -> list[str]:
    """Why an enrolment counts as completed, in sentences; empty if it does not.

    One query, none where the ``decision`` was read along.
    """
    decision: CompletionDecision | None = getattr(enrolment, "decision", None)
    if decision is None:
        return []
    return explaining.why_completed(
        rule_version=decision.rule_version,
        cause=decision.cause,
        inputs=decision.inputs,
        day=timezone.localdate(decision.decided_at),
        expires_on=decision.expires_on,
        today=today,
    )


def states_by_course(user: User | AnonymousUser) -> dict[UUID, CourseState]:
    """The latest cycle of every course a person is enrolled in; one query, in due order."""
    if not user.is_authenticated:
        return {}
    today = timezone.localdate()
    enrolments = list(
        Enrolment.objects.filter(user=user)
        .due_first()
        .select_related("course_version", "decision")
        .defer("course_version__content")
    )
    latest: dict[UUID, Enrolment] = {}
    proofs: dict[UUID, Enrolment] = {}
    for enrolment in sorted(enrolments, key=lambda enrolment: enrolment.cycle):
        before = latest.get(enrolment.course_key)
        if before is not None and before.is_completed:
            proofs[enrolment.course_key] = before
        latest[enrolment.course_key] = enrolment
    return {
        enrolment.course_key: CourseState(enrolment, today, proofs.get(enrolment.course_key))
        for enrolment in enrolments
        if enrolment is latest[enrolment.course_key]
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
    #: Why a refresher contains it or does not; empty otherwise.
    reason: str = ""
    #: What has to be completed before it opens to the person; begun and completed it stays open.
    first: Sequence[OutlineItem] = ()

    @property
    def is_locked(self) -> bool:
        return bool(self.first)


@dataclass(frozen=True)
class CourseProgress:
    """A course as one person sees it: outline, progress, where to go on."""

    activities: Sequence[ActivityState]
    asked: rules.Asked
    progress: rules.Progress
    next_item: OutlineItem | None

    @property
    def why_open(self) -> list[str]:
        """Why the course counts as not completed, in sentences."""
        return explaining.why_open(self.asked if self.progress.required else None)

    @property
    def asks_for(self) -> str:
        """What completes the course, in a sentence."""
        return explaining.asks_for(self.asked) if self.progress.required else ""

    @property
    def missing(self) -> list[OutlineItem]:
        """The required activities that are still to do, in course order."""
        return [state.item for state in self.activities if state.item.key in self.progress.missing]

    @property
    def choices(self) -> list[OutlineItem]:
        """The optional activities of which some are still needed, in course order."""
        return [
            state.item for state in self.activities if state.item.key in self.progress.electives
        ]

    def with_reasons(self, words: Mapping[UUID, str]) -> CourseProgress:
        """The same, with a sentence beside each activity of which there is one."""
        return replace(
            self,
            activities=[
                replace(state, reason=words.get(state.item.key, "")) for state in self.activities
            ],
        )


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
    """Compare the outline with what was done; one query, none without an enrolment.

    Only what a refresher contains counts in it.
    """
    if enrolment is None:
        return compare(items, Done())
    return compare(within(items, enrolment.scope_keys), done_in([enrolment])[enrolment.pk])


def compare(items: Sequence[OutlineItem], done: Done) -> CourseProgress:
    """The progress that follows from an outline and what was done of it. Pure."""
    asked = rules.Asked.by(items)
    reached = rules.progress(asked, done.completed)
    by_key = {item.key: item for item in items}
    locked = rules.locked_by(items, done.completed, done.begun)
    next_item = _next_item(items, done, reached, locked)
    place = places(items)
    return CourseProgress(
        activities=[
            ActivityState(
                item=item,
                is_completed=item.key in done.completed,
                is_begun=item.key in done.begun,
                is_next=item is next_item,
                first=[by_key[key] for key in locked.get(item.key, ())],
                place=place[item.key],
            )
            for item in items
        ],
        asked=asked,
        progress=reached,
        next_item=next_item,
    )


def _next_item(
    items: Sequence[OutlineItem],
    done: Done,
    reached: rules.Progress,
    locked: Collection[UUID],
) -> OutlineItem | None:
    """An open attempt first, then the text opened last, then the first one still needed.

    To have looked at a quiz is no reason to be sent there again: it may be optional, or the test
    for which most is still to be learnt.
    """
    still_open = [
        item
        for item in items
        if item.key not in done.completed and item.key not in locked and not item.is_beyond_scope
    ]
    for item in still_open:
        if item.key in done.begun:
            return item
    for item in still_open:
        if item.key == done.last and item.completion_mode != CompletionMode.GRADED:
            return item
    key = rules.towards(items, reached, locked, done.completed)
    return next((item for item in still_open if item.key == key), None)


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
    for page in slim(CoursePage.objects.live(), "level", "refresh_window_days").filter(
        translation_key__in=states, locale__in=(active_locale_id(), default_locale_id())
    ):
        if page.course_key not in pages or page.locale_id == active_locale_id():
            pages[page.course_key] = page
    items = outlines(list(pages.values()))
    done = done_in([state.enrolment for state in states.values()])
    return [
        CourseOnDesk(
            state=replace(state, window_days=pages[key].refresh_window_days)
            if key in pages
            else state,
            page=pages.get(key),
            progress=compare(
                within(items.get(key, []), state.enrolment.scope_keys), done[state.enrolment.pk]
            ),
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
