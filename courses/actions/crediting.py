"""What was learnt outside the hub's own courses, and what is set as completed by hand.

Both complete activities through ``complete_activity`` and are marked by their source for ever.
Nobody records, accepts or sets anything for herself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from courses.activities import OutlineItem, outline
from courses.documents import Document
from courses.enums import CompletionMode, CompletionSource, LearningState
from courses.models import (
    ActivityMixin,
    ContentVersion,
    CoursePage,
    Enrolment,
    ExternalLearning,
)
from courses.versions import current_version
from hub.i18n import default_locale_id
from hub.organisations.models import Membership, Organisation, User

from .completing import complete_activity
from .enrolling import enrol

RECORD, ACCEPT = "courses.record_learning", "courses.accept_learning"
DECLINE, TAKE_BACK = "courses.decline_learning", "courses.take_back_learning"
OVERRIDE = "courses.override_completion"
#: Records of one person that may wait at once, each with a document of some megabytes.
MOST_WAITING = 20


@dataclass(frozen=True)
class LearningFacts:
    """What was learnt, apart from who learnt it; ``course_key`` is the course it is to count for.

    ``minutes`` is how long it took.
    """

    kind: str
    title: str
    provider: str
    minutes: int
    held_on: date
    course_key: UUID | None = None

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title,
            "provider": self.provider,
            "minutes": self.minutes,
            "held_on": self.held_on,
            "course_key": self.course_key,
        }


@dataclass(frozen=True)
class CourseToComplete:
    """A course in the language it was written in, its outline, and what can be completed of it.

    What is required comes first: who goes through the parts until the course is completed touches
    no optional one without need.
    """

    page: CoursePage
    items: Sequence[OutlineItem]
    parts: Sequence[tuple[ActivityMixin, ContentVersion]]

    def only(self, activity_key: UUID) -> CourseToComplete:
        """With one activity only. Raises ``ValidationError`` for one of another course."""
        parts = [part for part in self.parts if part[0].activity_key == activity_key]
        if not parts:
            raise ValidationError(_("This part does not belong to the course any more."))
        return CourseToComplete(self.page, self.items, parts)


def course_to_complete(course_key: UUID) -> CourseToComplete:
    """A course with its parts, read once for however many people.

    Raises ``ValidationError`` when the course is not offered any more.
    """
    first = default_locale_id()
    page = CoursePage.objects.live().filter(translation_key=course_key, locale=first).first()
    if page is None:
        raise ValidationError(_("This course is not offered any more. Please choose another one."))
    items = outline(page)
    wanted = [item for item in items if item.completion_mode != CompletionMode.NONE]
    wanted.sort(key=lambda item: not item.is_required)
    by_model = defaultdict(list)
    for item in wanted:
        by_model[item.model].append(item.key)
    activities: dict[UUID, ActivityMixin] = {}
    for model, keys in by_model.items():
        for activity in model._default_manager.filter(translation_key__in=keys, locale=first):
            activity.course = page
            activities[activity.activity_key] = activity
    parts = [activities[item.key] for item in wanted]
    return CourseToComplete(page, items, [(part, current_version(part)) for part in parts])


def record_learning(
    *,
    memberships: Iterable[Membership],
    facts: LearningFacts,
    actor: User,
    document: Document | None = None,
) -> list[ExternalLearning]:
    """Record for people of an authority what they learnt elsewhere, and credit it to its course.

    All in one transaction. Who has such a record already, waiting or accepted, is left out, so the
    same a second time changes nothing; returns the new records. Whose course is completed already
    gets the record alone. Raises ``ValidationError`` for a record of one's own, and for a course
    that cannot be credited.
    """
    people = {membership.pk: membership for membership in memberships}
    if any(membership.user_id == actor.pk for membership in people.values()):
        raise ValidationError(_not_for_oneself())
    with transaction.atomic():
        # Lists of one authority wait for each other.
        in_charge = {membership.organisation_id for membership in people.values()}
        list(Organisation.objects.select_for_update(no_key=True).filter(pk__in=in_charge))
        known = already_recorded(people.values(), facts)
        course = course_to_complete(facts.course_key) if facts.course_key else None
        rows = [
            ExternalLearning(
                membership=membership,
                state=LearningState.ACCEPTED,
                recorded_by=actor,
                decided_by=actor,
                decided_at=timezone.now(),
                **facts.columns,
            )
            for pk, membership in people.items()
            if pk not in known
        ]
        # The person may submit the same at this moment: that one is decided upon by itself.
        ExternalLearning.objects.bulk_create(rows, batch_size=200, ignore_conflicts=True)
        records = list(
            ExternalLearning.objects.filter(uuid__in=[row.uuid for row in rows])
            .select_related("membership__user")
            .order_by("pk")
        )
        for record in records:
            if document is not None:
                _attach(record, document)
            log(record, RECORD, user=actor)
            if course is not None:
                _credit(record, course, actor)
    return records


def already_recorded(
    memberships: Iterable[Membership], facts: LearningFacts
) -> dict[int, ExternalLearning]:
    """The records of the same training that wait or count, by membership; one query.

    It is the same by kind, day and title, in whatever case the title is written.
    """
    records = ExternalLearning.objects.standing().filter(
        membership__in=[membership.pk for membership in memberships],
        kind=facts.kind,
        held_on=facts.held_on,
    )
    return {
        record.membership_id: record
        for record in records
        if record.title.casefold() == facts.title.casefold()
    }


def submit_learning(
    *, membership: Membership, facts: LearningFacts, document: Document
) -> ExternalLearning:
    """A person hands in what she learnt elsewhere; her authority decides upon it.

    Raises ``ValidationError`` when there is such a record already, and when too many wait.
    """
    try:
        with transaction.atomic():
            if ExternalLearning.objects.of(membership.user).waiting().count() >= MOST_WAITING:
                raise ValidationError(
                    _("%(count)d records of yours wait already. Please hand in more later.")
                    % {"count": MOST_WAITING}
                )
            if already_recorded([membership], facts):
                raise ValidationError(_submitted_before())
            record = ExternalLearning.objects.create(
                membership=membership, recorded_by=membership.user, **facts.columns
            )
            _attach(record, document)
    except IntegrityError as error:
        # Pressed twice at once: the constraint lets one through.
        raise ValidationError(_submitted_before()) from error
    return record


def accept_learning(
    *, record: ExternalLearning, actor: User, course_key: UUID | None
) -> ExternalLearning:
    """Accept what a person submitted and credit it to a course, if one is given.

    The same again changes nothing. Raises ``ValidationError`` for a record of one's own, when it
    was decided otherwise meanwhile, and for a course that cannot be credited.
    """
    with transaction.atomic():
        locked = _locked(record)
        _refuse_own(locked, actor)
        if locked.is_accepted and locked.decided_by_id == actor.pk:
            return locked
        _require(locked.waits)
        course = course_to_complete(course_key) if course_key else None
        locked.course_key = course_key
        _decide(locked, LearningState.ACCEPTED, actor, ACCEPT)
        if course is not None:
            _credit(locked, course, actor)
    return locked


def decline_learning(*, record: ExternalLearning, actor: User, reason: str) -> ExternalLearning:
    """Decline what a person submitted, with a reason she reads.

    The same again changes nothing. Raises ``ValidationError`` without a reason, for a record of
    one's own, and when it was decided otherwise meanwhile.
    """
    with transaction.atomic():
        locked = _locked(record)
        _refuse_own(locked, actor)
        if locked.state == LearningState.DECLINED and locked.decided_by_id == actor.pk:
            return locked
        _require(locked.waits)
        _decide(locked, LearningState.DECLINED, actor, DECLINE, reason=_reason(reason))
    return locked


def take_back_learning(*, record: ExternalLearning, actor: User, reason: str) -> ExternalLearning:
    """Take an accepted record back, with a reason.

    What it completed stays completed: completions are only ever added. The record goes on saying
    what it was credited to; a certificate has to be revoked by itself. The same again changes
    nothing. Raises ``ValidationError`` without a reason, for a record of one's own, and for one
    that does not count.
    """
    with transaction.atomic():
        locked = _locked(record)
        _refuse_own(locked, actor)
        if locked.is_taken_back and locked.decided_by_id == actor.pk:
            return locked
        _require(locked.is_accepted)
        _decide(locked, LearningState.WITHDRAWN, actor, TAKE_BACK, reason=_reason(reason))
    return locked


def withdraw_submission(*, record: ExternalLearning, person: User) -> ExternalLearning:
    """The person takes back what nobody has decided upon; its document is deleted.

    Safe to repeat. Raises ``ValidationError`` when it was decided meanwhile.
    """
    with transaction.atomic():
        locked = _locked(record)
        if locked.state == LearningState.WITHDRAWN and not locked.is_taken_back:
            return locked
        _require(locked.waits)
        storage, name = locked.document.storage, locked.document.name
        locked.document, locked.document_name, locked.document_sha256 = "", "", ""
        _decide(locked, LearningState.WITHDRAWN, person, TAKE_BACK)
        if name:
            transaction.on_commit(lambda: storage.delete(name))
    return locked


def override_completion(
    *,
    membership: Membership,
    course_key: UUID,
    actor: User,
    reason: str,
    activity_key: UUID | None = None,
) -> Enrolment:
    """Set a course, or one activity of it, as completed for a person by hand, with the reason.

    What the person did herself stays hers. It cannot be undone, for completions are only ever
    added. The same again changes nothing. Raises ``ValidationError`` without a reason, for oneself,
    and for a course or part that is not offered.
    """
    reason = _reason(reason)
    if membership.user_id == actor.pk:
        raise ValidationError(_not_for_oneself())
    with transaction.atomic():
        course = course_to_complete(course_key)
        if activity_key is not None:
            course = course.only(activity_key)
        enrolment = _enrolment(membership, course)
        before = set(enrolment.completions.values_list("activity_key", flat=True))
        _complete(enrolment, course, CompletionSource.OVERRIDE, actor, reason)
        set_now = set(enrolment.completions.values_list("activity_key", flat=True)) - before
        if set_now:
            log(
                enrolment,
                OVERRIDE,
                user=actor,
                title=course.page.title,
                data={"reason": reason, "activities": sorted(str(key) for key in set_now)},
            )
    return enrolment


def _credit(record: ExternalLearning, course: CourseToComplete, actor: User) -> None:
    """Complete the course for the person of a record; a completed one needs no credit."""
    _require_working_here(record.membership)
    enrolment = _enrolment(record.membership, course)
    if enrolment.is_completed:
        return
    # What is kept is in one language, whoever decides in whichever.
    with translation.override(settings.LANGUAGE_CODE):
        reason = record.in_words
    _complete(enrolment, course, CompletionSource.EXTERNAL, actor, reason)
    if not enrolment.is_completed:
        raise ValidationError(_("This course cannot be completed in this way."))
    record.credited_to = enrolment
    record.save(update_fields=["credited_to"])


def _enrolment(membership: Membership, course: CourseToComplete) -> Enrolment:
    """The person's enrolment in the course, made if there is none, under its lock."""
    enrolment = enrol(membership=membership, course=course.page)
    # Two records may be credited to it at once, and only one completes it.
    enrolment.refresh_from_db(from_queryset=Enrolment.objects.select_for_update())
    return enrolment


def _complete(
    enrolment: Enrolment,
    course: CourseToComplete,
    source: CompletionSource,
    actor: User,
    reason: str,
) -> None:
    for page, version in course.parts:
        if enrolment.is_completed:
            return
        complete_activity(
            enrolment=enrolment,
            page=page,
            version=version,
            items=course.items,
            source=source,
            actor=actor,
            reason=reason,
        )


def _require_working_here(membership: Membership) -> None:
    today = timezone.localdate()
    if membership.starts_on > today or (membership.ends_on and membership.ends_on < today):
        raise ValidationError(
            _(
                "%(person)s does not work at your authority any more. You can keep the record, but "
                "not credit it to a course."
            )
            % {"person": membership.user}
        )


def _attach(record: ExternalLearning, document: Document) -> None:
    record.document_name, record.document_sha256 = document.name, document.sha256
    record.document.save(document.name, ContentFile(document.content), save=False)
    record.save(update_fields=["document", "document_name", "document_sha256"])


def _locked(record: ExternalLearning) -> ExternalLearning:
    return (
        ExternalLearning.objects.select_for_update(of=("self",))
        .select_related("membership__user")
        .get(pk=record.pk)
    )


def _decide(
    record: ExternalLearning, state: LearningState, actor: User, action: str, *, reason: str = ""
) -> None:
    record.state, record.reason = state, reason
    record.decided_by, record.decided_at = actor, timezone.now()
    record.save()
    log(record, action, user=actor, data={"reason": reason} if reason else None)


def _refuse_own(record: ExternalLearning, actor: User) -> None:
    if record.membership.user_id == actor.pk:
        raise ValidationError(_not_for_oneself())


def _require(is_as_shown: bool) -> None:
    if not is_as_shown:
        raise ValidationError(
            _("Somebody has decided upon this record meanwhile. Please look at it once more.")
        )


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ValidationError(_("Please give a reason. The person can read it."))
    return reason


def _not_for_oneself() -> str:
    return _("Nobody decides for herself or himself. Please ask a colleague or an administrator.")


def _submitted_before() -> str:
    return _("You have handed in this training already; you find it in the list.")
