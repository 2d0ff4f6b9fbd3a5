"""What a refresher contains, and the completions that make up a proof: read from the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from hub.i18n import default_locale_id, languages

from . import cycles
from .activities import OutlineItem, choice_of, originals_of, outline, places, required_of
from .models import Completion, ContentVersion, CoursePage, Enrolment
from .models.versions import version_label


@dataclass(frozen=True)
class UnitToday:
    """The latest version of a unit in the language the course was written in first."""

    edition: int
    number: int
    published_at: datetime

    def label_at(self, place: str) -> str:
        """“Module 2, version 4 of 12.03.2027”, in the language of this request."""
        return version_label(self.number, self.published_at, place)


def units_today(keys: Collection[UUID]) -> dict[UUID, UnitToday]:
    """The units of ``keys`` as they are today; one query.

    A unit that was never published in the first language counts in the one that has gone farthest.
    """
    first = languages()[default_locale_id()]
    found: dict[UUID, UnitToday] = {}
    rows = (
        ContentVersion.objects.filter(unit_key__in=keys)
        .order_by()
        .values_list("unit_key", "language")
        .annotate(Max("edition"), Max("number"), Max("published_at"))
    )
    for key, _language, *latest in sorted(rows, key=lambda row: (row[1] == first, row[2])):
        found[key] = UnitToday(*latest)
    return found


def learnt_editions(
    user_ids: Collection[int], course_key: UUID
) -> defaultdict[int, dict[UUID, int]]:
    """By person, the highest edition of each activity she ever completed in a course; one query."""
    found: defaultdict[int, dict[UUID, int]] = defaultdict(dict)
    for user_id, key, edition in (
        Completion.objects.filter(enrolment__user__in=user_ids, enrolment__course_key=course_key)
        .order_by()
        .values_list("enrolment__user", "activity_key")
        .annotate(Max("content_version__edition"))
    ):
        found[user_id][key] = edition
    return found


@dataclass(frozen=True)
class CourseToday:
    """What decides about the refreshers of a course: read once, for however many people."""

    course: CoursePage
    items: list[OutlineItem]
    editions: Mapping[UUID, int] = field(default_factory=dict)

    @classmethod
    def read(cls, course: CoursePage) -> CourseToday:
        """A course in any language as it is in its first one, which decides for all."""
        items = outline(course)
        today = units_today([item.key for item in items])
        return cls(
            course=originals_of([course]).get(course.course_key, course),
            items=items,
            editions={key: unit.edition for key, unit in today.items()},
        )

    def scope_for(self, learnt: Mapping[UUID, int]) -> list[str] | None:
        """``Enrolment.scope`` of a person who has completed these editions."""
        required, tests = required_of(self.items)
        return cycles.scope_of(
            self.course.refresher_content,
            required,
            tests,
            choice=choice_of(self.items),
            today=self.editions,
            learnt=learnt,
        )


def earlier_proof(enrolment: Enrolment) -> Enrolment | None:
    """The completed cycle before this one; no query for a first cycle."""
    if enrolment.cycle == 1:
        return None
    return (
        Enrolment.objects.completed()
        .filter(
            user=enrolment.user_id,
            course_key=enrolment.course_key,
            cycle__lt=enrolment.cycle,
        )
        .order_by("-cycle")
        .first()
    )


class Reason(models.TextChoices):
    """Why an activity is part of a refresher or is not, in a sentence to the learner."""

    CHANGED = "changed", _("Substantively changed since your certificate: %(version)s")
    NEW = "new", _("New in the course since your certificate")
    TEST = "test", _("Shows that you still know what matters")
    SAME = "same", _("Covered by your certificate: %(version)s")
    LATER = "later", _("Not part of this refresher")


@dataclass(frozen=True)
class Refresher:
    """An open refresher as its owner sees it: the proof she has, and why each part is asked."""

    proof: Enrolment
    reasons: Mapping[UUID, Reason]
    words: Mapping[UUID, str]

    @property
    def is_whole_course(self) -> bool:
        return not self.reasons

    @property
    def is_without_changes(self) -> bool:
        return bool(self.reasons) and not {Reason.CHANGED, Reason.NEW} & {*self.reasons.values()}


def refresher_of(enrolment: Enrolment, items: Sequence[OutlineItem]) -> Refresher | None:
    """What ``enrolment`` refreshes; ``None`` for a first cycle and for a completed one.

    ``items`` is the outline within its scope. Three queries at most.
    """
    proof = None if enrolment.is_completed else earlier_proof(enrolment)
    if proof is None or proof.completed_at is None:
        return None
    if enrolment.scope is None:
        return Refresher(proof, {}, {})
    counting = [
        item for item in items if item.is_beyond_scope or (item.is_required and item.counts)
    ]
    today = units_today([item.key for item in counting])
    learnt = _learnt_versions(enrolment)
    reasons = {
        item.key: _reason(item, today.get(item.key), learnt.get(item.key)) for item in counting
    }
    place = places(items)
    labels = {
        key: (learnt[key] if reason == Reason.SAME else today[key]).label_at(place[key])
        for key, reason in reasons.items()
        if reason in (Reason.CHANGED, Reason.SAME)
    }
    words = {
        key: str(reason.label) % {"version": labels.get(key, "")} for key, reason in reasons.items()
    }
    return Refresher(proof, reasons, words)


def _reason(item: OutlineItem, today: UnitToday | None, learnt: ContentVersion | None) -> Reason:
    if item.is_beyond_scope:
        return Reason.SAME if learnt is not None else Reason.LATER
    if learnt is None:
        return Reason.NEW
    return Reason.CHANGED if today and today.edition > learnt.edition else Reason.TEST


def _learnt_versions(enrolment: Enrolment) -> dict[UUID, ContentVersion]:
    """The version of the highest edition of each activity completed in earlier cycles."""
    versions = (
        ContentVersion.objects.filter(
            completions__enrolment__user=enrolment.user_id,
            completions__enrolment__course_key=enrolment.course_key,
            completions__enrolment__cycle__lt=enrolment.cycle,
        )
        .defer("content")
        .order_by("edition", "number")
    )
    return {version.unit_key: version for version in versions}


@dataclass(frozen=True)
class Evidence:
    """A completion that is part of a proof; carried over where it is of an earlier cycle."""

    completion: Completion
    is_carried_over: bool


def _cycles_used(enrolment: Enrolment) -> Iterator[Enrolment]:
    """This cycle, and those before back to the last one of the whole course."""
    yield enrolment
    if enrolment.scope is None:
        return
    for cycle in Enrolment.objects.filter(
        user=enrolment.user_id, course_key=enrolment.course_key, cycle__lt=enrolment.cycle
    ).order_by("-cycle"):
        yield cycle
        if cycle.scope is None:
            return


def evidence_of(enrolment: Enrolment) -> list[Evidence]:
    """The completions that make up the proof of a completed cycle; two queries at most.

    Those of its own come first, in the order they were made. A refresher by difference carries
    over what else was completed in the cycles before, back to the last one of the whole course; of
    each activity the latest. What was learnt in a cycle after it was completed adds nothing. Each
    completion has its content version, and its enrolment with what the earlier proof is cited by.
    """
    by_pk = {cycle.pk: cycle for cycle in _cycles_used(enrolment)}
    found: dict[UUID, Completion] = {}
    for completion in (
        Completion.objects.filter(enrolment__in=by_pk)
        .select_related("content_version")
        .order_by("-enrolment__cycle", "completed_at", "pk")
    ):
        completion.enrolment = by_pk[completion.enrolment_id]
        ended_at = completion.enrolment.completed_at
        if ended_at is None or completion.completed_at <= ended_at:
            found.setdefault(completion.activity_key, completion)
    return [
        Evidence(completion, completion.enrolment_id != enrolment.pk)
        for completion in found.values()
    ]
