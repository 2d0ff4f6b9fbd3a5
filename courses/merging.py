"""What becomes of learning when two accounts of one person are one (decision 0035).

A person has completed cycles of a course in the order of their days, and at most one that is open,
after these. So where both accounts know a course, their cycles are put in that order, and what is
open besides becomes part of what stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hub.organisations.merging import (
    Change,
    Figure,
    Merger,
    Pair,
    Plan,
    Removal,
    from_json,
    mergers,
)
from hub.organisations.models import AccountMerge, Membership, User

from . import rules
from .completion_list import PERMISSION
from .course_titles import titles_of
from .enums import DigestState, EnrolmentStatus, LearningState
from .external_learning import MANAGE
from .models import (
    AISystem,
    Attempt,
    Completion,
    CompletionDecision,
    CorrectionNotice,
    CountedPerson,
    Enrolment,
    ExternalLearning,
    OwnSettings,
    ProofRelease,
    ReminderDigest,
    ReminderSettings,
    Response,
)
from .models.own_settings import owner_key

#: Beyond every cycle and every attempt there is: numbers on the way from one order to another.
ASIDE = 10_000


@mergers.register
class LearningMerger(Merger):
    """Enrolments with all that hangs on them, further records, reminders, and own settings."""

    key = "learning"
    moves = frozenset(
        {
            "courses.AISystem.overseers",
            "courses.AISystem_overseers.membership",
            "courses.CorrectionNotice.user",
            "courses.CountedPerson.membership",
            "courses.Enrolment.membership",
            "courses.Enrolment.user",
            "courses.ExternalLearning.decided_by",
            "courses.ExternalLearning.membership",
            "courses.ExternalLearning.recorded_by",
            "courses.ProofRelease.membership",
            "courses.ReminderDigest.user",
            "courses.ReminderSettings.user",
        }
    )
    stays = frozenset(
        {
            "courses.BankQuestion.locked_by",
            "courses.Completion.actor",
            "courses.Correction.decided_by",
            "courses.Correction.proposed_by",
            "courses.Marking.marked_by",
            "courses.QuestionReport.closed_by",
        }
    )

    def lock(self, kept: User, gone: User) -> None:
        rows = Enrolment.objects.select_for_update().filter(user__in=[kept, gone])
        list(rows.order_by("pk").values_list("pk"))

    def plan(self, pair: Pair, plan: Plan) -> None:
        _plan_courses(pair, plan)
        _plan_further_records(pair, plan)
        _plan_groups(pair, plan)
        _plan_oversight(pair, plan)
        _plan_releases(pair, plan)
        _plan_reminders(pair, plan)
        for notice in CorrectionNotice.objects.filter(user=pair.gone).order_by("pk"):
            plan.change(notice, loose=True, user_id=pair.kept.pk)

    def merged(self, pair: Pair) -> None:
        """Own settings: no step may tell that somebody has any, see ``OwnSettings``."""
        other = OwnSettings.objects.of(pair.gone)
        key = owner_key(pair.kept)
        if not other._state.adding and not OwnSettings.objects.filter(pk=key).exists():
            OwnSettings.objects.create(
                owner_key=key, more_time=other.more_time, copied_from=other.owner_key
            )

    def undone(self, merge: AccountMerge) -> None:
        """What she has set since is her own and stays."""
        OwnSettings.objects.filter(
            pk=owner_key(merge.kept), copied_from=owner_key(merge.gone)
        ).delete()

    def forget(self, merge: AccountMerge) -> None:
        """From then on nothing says that settings once were another account's."""
        OwnSettings.objects.filter(copied_from=owner_key(merge.gone)).update(copied_from="")

    def against_undo(self, merge: AccountMerge) -> Iterator[str]:
        if _has_learnt_since(merge):
            yield _(
                "Since then something was begun or learnt in a course that came over, or under an "
                "employment that did. It would be torn from what it builds upon."
            )


def _plan_courses(pair: Pair, plan: Plan) -> None:
    by_course: dict[UUID, list[Enrolment]] = defaultdict(list)
    both = [pair.kept, pair.gone]
    rows = Enrolment.objects.filter(user__in=both).order_by("cycle", "pk")
    for row in rows.select_related("membership"):
        by_course[row.course_key].append(row)
    seen = {each.pk for each in pair.seen(PERMISSION)}
    titles = titles_of(by_course)
    for course_key, there in sorted(by_course.items()):
        if all(row.user_id == pair.kept.pk for row in there):
            continue
        # HR reads of courses what it reads in its own list, and no more.
        is_seen = all(row.membership.organisation_id in seen for row in there)
        note = _plan_course(there, pair, plan)
        if note and is_seen:
            plan.notes.append(f"{titles.get(course_key, _('Course'))}: {note}")
    theirs = rows.filter(membership__organisation__in=seen)
    if seen:
        for label, wanted in (
            (_("Courses enrolled in"), theirs),
            (_("of these completed"), theirs.completed()),
        ):
            numbers = (wanted.filter(user=user).order_by().count() for user in both)
            plan.figures.append(Figure(label, *numbers))
    if rows.filter(user=pair.gone).exclude(membership__organisation__in=seen).exists():
        plan.notes.append(
            _("What was learnt and you may not see, as at other authorities, comes along, too.")
        )


def _plan_course(there: Sequence[Enrolment], pair: Pair, plan: Plan) -> str:
    """Plan one course; returns what is said of it."""
    completed = sorted(
        (row for row in there if row.completed_at is not None),
        key=lambda row: (row.completed_at, row.pk),
    )
    latest = completed[-1] if completed else None
    still_open = sorted(
        (row for row in there if row.completed_at is None),
        key=lambda row: (not _refreshes(row, latest), row.user_id != pair.kept.pk, row.pk),
    )
    first = still_open[0] if still_open else None
    today = timezone.localdate()
    # What is open is needed where nothing is completed, where the proof has ended, or where it
    # refreshes that very proof. Else the proof holds, and nobody has to do it once more.
    is_needed = first is not None and (
        latest is None or latest.has_expired(on=today) or _refreshes(first, latest)
    )
    order = [*completed, first] if first is not None and is_needed else completed
    target = order[-1]
    note = _in_words(there, order, pair)
    for row in still_open:
        if row is not target:
            _take_into(target, row, plan)
    _put_in_order(order, pair, plan)
    return note


def _refreshes(row: Enrolment, proof: Enrolment | None) -> bool:
    """Whether an open cycle is the refresher of a proof."""
    return proof is not None and row.user_id == proof.user_id and row.cycle > proof.cycle


def _in_words(there: Sequence[Enrolment], order: Sequence[Enrolment], pair: Pair) -> str:
    """What is decided of a course that both know; empty where only one does."""
    if len({row.user_id for row in there}) < 2:
        return ""
    days = [
        date_format(timezone.localdate(row.completed_at), "SHORT_DATE_FORMAT")
        for row in order
        if row.completed_at is not None
    ]
    if not days:
        said = [_("open in both accounts. It becomes one course, and what is done counts.")]
    else:
        said = [_("completed on %(days)s. That stays as it is.") % {"days": ", ".join(days)}]
        if order[-1].completed_at is None:
            said.append(_("What is open stays open."))
        elif len(there) > len(order):
            said.append(_("What is open beside it is not needed and goes."))
    return " ".join(said)


def _take_into(target: Enrolment, other: Enrolment, plan: Plan) -> None:
    """An open cycle becomes part of another one, with all that was done in it."""
    _take_completions(target, other, plan)
    _take_attempts(target, other, plan)
    if target.completed_at is None:
        asked = rules.decisive(row for row in (target, other) if row.kind)
        for row in asked:
            plan.change(target, loose=True, kind=row.kind, due_on=row.due_on, asked_on=row.asked_on)
        plan.change(
            target,
            loose=True,
            last_activity_key=target.last_activity_key or other.last_activity_key,
        )
    plan.remove(other)


def _take_completions(target: Enrolment, other: Enrolment, plan: Plan) -> None:
    """Each part counts once: with the newer text, else as it was completed first.

    Of a completed course nothing is exchanged: its decision names what it rests on.
    """
    rows = Completion.objects.select_related("content_version").defer("content_version__content")
    own = {row.activity_key: row for row in rows.filter(enrolment=target)}
    for row in rows.filter(enrolment=other).order_by("pk"):
        there = own.get(row.activity_key)
        if there is not None:
            if target.completed_at is not None or _counts_before(there, row):
                plan.remove(row)
                continue
            plan.remove(there)
        plan.change(row, enrolment_id=target.pk)
        own[row.activity_key] = row
    if target.status == EnrolmentStatus.ENROLLED and own:
        plan.change(target, status=EnrolmentStatus.IN_PROGRESS)


def _counts_before(one: Completion, other: Completion) -> bool:
    def rank(row: Completion) -> tuple[int, float]:
        return -row.content_version.edition, row.completed_at.timestamp()

    return rank(one) <= rank(other)


def _take_attempts(target: Enrolment, other: Enrolment, plan: Plan) -> None:
    """Attempts come along in the order in which they were begun; one of a quiz stays open."""
    by_quiz: dict[UUID, list[Attempt]] = defaultdict(list)
    for row in Attempt.objects.filter(enrolment__in=[target, other]).order_by("started_at", "pk"):
        by_quiz[row.activity_key].append(row)
    for rows in by_quiz.values():
        if all(row.enrolment_id == target.pk for row in rows):
            continue
        still_open = [row for row in rows if row.is_open]
        # The account she goes on with has the attempt she goes on with.
        still_open.sort(key=lambda row: row.enrolment_id != target.pk)
        for row in still_open[1:]:
            for response in Response.objects.filter(attempt=row).order_by("pk"):
                plan.remove(response)
            plan.remove(row)
        order = [row for row in rows if not row.is_open] + still_open[:1]
        wanted = list(enumerate(order, start=1))
        for number, row in wanted:
            if (row.enrolment_id, row.number) != (target.pk, number):
                plan.change(row, enrolment_id=target.pk, number=ASIDE + number)
        for number, row in wanted:
            plan.change(row, number=number)


def _put_in_order(order: Sequence[Enrolment], pair: Pair, plan: Plan) -> None:
    """The cycles of a course as those of one account, under its employments."""
    is_shared = len({row.user_id for row in order}) > 1
    numbers = [n if is_shared else row.cycle for n, row in enumerate(order, start=1)]
    wanted = list(zip(numbers, order, strict=True))
    for number, row in wanted:
        place = pair.part_of.get(row.membership_id)
        if is_shared and (row.user_id, row.cycle) != (pair.kept.pk, number):
            plan.change(row, cycle=ASIDE + number)
        plan.change(
            row,
            user_id=pair.kept.pk,
            membership_id=place.pk if place is not None else row.membership_id,
        )
    for number, row in wanted:
        plan.change(row, cycle=number)


def _plan_further_records(pair: Pair, plan: Plan) -> None:
    rows = ExternalLearning.objects.filter(membership__user__in=[pair.kept, pair.gone])
    organisations = pair.seen(MANAGE)
    theirs = rows.in_organisations(organisations)
    if organisations:
        numbers = (theirs.of(user).standing().count() for user in (pair.kept, pair.gone))
        plan.figures.append(Figure(_("Further records"), *numbers))
    seen = set(theirs.values_list("pk", flat=True))
    standing = {_training(row, row.membership_id): row for row in rows.of(pair.kept).standing()}
    for row in rows.of(pair.gone).order_by("pk"):
        place = pair.part_of.get(row.membership_id)
        membership_id = place.pk if place is not None else row.membership_id
        if row.waits or row.is_accepted:
            training = _training(row, membership_id)
            twin = standing.get(training)
            standing[training] = _one_of(row, twin, pair, plan) if twin else row
            if twin is not None and row.pk in seen:
                plan.notes.append(
                    _(
                        "“%(title)s” is recorded in both accounts. One record stands, the other "
                        "one is taken back."
                    )
                    % {"title": row.title}
                )
        # What she handed in or took back herself stays her own.
        plan.change(
            row,
            membership_id=membership_id,
            recorded_by_id=_herself(row.recorded_by_id, pair),
            decided_by_id=_herself(row.decided_by_id, pair),
        )


def _one_of(
    row: ExternalLearning, twin: ExternalLearning, pair: Pair, plan: Plan
) -> ExternalLearning:
    """Of two records of one training the one that stands: an accepted one before one that waits."""
    first, second = (row, twin) if row.is_accepted and twin.waits else (twin, row)
    plan.change(
        second,
        state=LearningState.WITHDRAWN,
        reason=_("Recorded twice, in two accounts of the same person."),
        decided_by_id=pair.actor.pk,
        decided_at=pair.now,
    )
    return first


def _herself(user_id: int | None, pair: Pair) -> int | None:
    return pair.kept.pk if user_id == pair.gone.pk else user_id


def _training(row: ExternalLearning, membership_id: int) -> tuple[object, ...]:
    return membership_id, row.kind, row.title, row.held_on


def _plan_groups(pair: Pair, plan: Plan) -> None:
    """Somebody is counted once for each employment."""
    counted = {
        row.membership_id: row
        for row in CountedPerson.objects.filter(membership__in=pair.memberships).order_by("pk")
    }
    for membership_id, place in pair.part_of.items():
        row = counted.get(membership_id)
        if row is None:
            continue
        if place.pk in counted:
            plan.remove(row)
        else:
            plan.change(row, loose=True, membership_id=place.pk)
            counted[place.pk] = row


def _plan_oversight(pair: Pair, plan: Plan) -> None:
    """Who oversees a system oversees it on, once, under the employment that stays."""
    rows = AISystem.overseers.through.objects.filter(membership__in=pair.memberships)
    _take_once(rows, "aisystem_id", pair, plan)


def _plan_releases(pair: Pair, plan: Plan) -> None:
    """What was released to an employment is released to the one it becomes part of, once."""
    rows = ProofRelease.objects.filter(membership__in=pair.memberships)
    _take_once(rows, "enrolment_id", pair, plan)


def _take_once(rows: QuerySet[Any], of: str, pair: Pair, plan: Plan) -> None:
    """Rows that an employment has one ``of`` each: they go to the one it becomes part of.

    What that has already goes.
    """
    there = {(getattr(row, of), row.membership_id) for row in rows}
    for row in rows.order_by("pk"):
        place = pair.part_of.get(row.membership_id)
        if place is None:
            continue
        wanted = (getattr(row, of), place.pk)
        if wanted in there:
            plan.remove(row)
        else:
            plan.change(row, loose=True, membership_id=place.pk)
            there.add(wanted)


def _plan_reminders(pair: Pair, plan: Plan) -> None:
    """A mail that waits goes to the account that stays, unless one waits there already."""
    digests = ReminderDigest.objects.order_by("pk")
    waiting = Q(state__in=[DigestState.WAITING, DigestState.SENDING])
    for digest in digests.filter(user=pair.gone, state=DigestState.WAITING):
        if not digests.filter(waiting | Q(day=digest.day), user=pair.kept).exists():
            plan.change(digest, loose=True, user_id=pair.kept.pk)
    if not ReminderSettings.objects.filter(user=pair.kept).exists():
        for settings in ReminderSettings.objects.filter(user=pair.gone):
            plan.change(settings, loose=True, user_id=pair.kept.pk)


def enrolments_in(merge: AccountMerge) -> QuerySet[Enrolment]:
    """The enrolments that came over, and go back when a merge is undone."""
    return Enrolment.objects.filter(pk__in=_moved(merge, Enrolment))


def _moved(merge: AccountMerge, model: type[Model]) -> set[str]:
    """The keys of the rows that a merge has given to the other account."""
    return {
        step.pk
        for step in from_json(merge.steps)
        if isinstance(step, Change) and step.model is model and "user_id" in step.after
    }


def _courses_in(merge: AccountMerge) -> set[UUID]:
    """The courses of which a merge has changed anything."""
    steps = [step for step in from_json(merge.steps) if step.model is Enrolment]
    gone = {UUID(step.values["course_key"]) for step in steps if isinstance(step, Removal)}
    there = Enrolment.objects.filter(pk__in=[step.pk for step in steps])
    return gone.union(there.values_list("course_key", flat=True))


def _has_learnt_since(merge: AccountMerge) -> bool:
    """Whether anything was begun or done since that hangs on what would go back."""
    since = merge.merged_at
    own = Enrolment.objects.filter(user=merge.kept_id)
    places = _moved(merge, Membership)
    touched = own.filter(course_key__in=_courses_in(merge))
    tries = Attempt.objects.filter(enrolment__in=touched)
    return (
        touched.filter(enrolled_at__gte=since).exists()
        # Somebody was enrolled under an employment that would go back, or taken there.
        or own.filter(membership__in=places).exclude(pk__in=_moved(merge, Enrolment)).exists()
        or Completion.objects.filter(enrolment__in=touched, completed_at__gte=since).exists()
        or CompletionDecision.objects.filter(enrolment__in=touched, decided_at__gte=since).exists()
        or tries.filter(Q(started_at__gte=since) | Q(submitted_at__gte=since)).exists()
        or Response.objects.filter(attempt__in=tries, answered_at__gte=since).exists()
        or ExternalLearning.objects.filter(membership__in=places, recorded_at__gte=since).exists()
    )
