"""Enrolling people: on their own wish, and because their authority asks it of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from courses import cycles, rules
from courses.enums import EnrolmentSource, EnrolmentStatus
from courses.models import CoursePage, Enrolment, Requirement
from courses.refreshing import CourseToday, learnt_editions
from courses.system_groups import concerned_by_systems
from hub.organisations.models import Membership, User

#: What follows the authority a person works for: all but the last while she has not completed the
#: course, the last of her latest proof.
ADAPTED = (
    *("membership_id", "kind", "asked_on", "due_on"),
    *("refresh_on", "is_refresh_asked_elsewhere"),
)
BATCH = 500


def enrol(*, membership: Membership, course: CoursePage, refresh_early: bool = False) -> Enrolment:
    """Enrol a person in a course on her own wish; returns the current enrolment if there is one.

    What was completed and has expired begins anew: a refresher is a cycle of its own. With
    ``refresh_early``, when she asks for it, also within the window of the course before that; the
    earlier cycle stays valid until its own day. Safe to repeat and to race.
    """
    current = current_enrolment(membership.user, course.course_key)
    if current is None:
        enrolment, _created = Enrolment.objects.get_or_create(
            user=membership.user,
            course_key=course.course_key,
            cycle=1,
            defaults={"membership": membership, "source": EnrolmentSource.SELF},
        )
        return enrolment
    if _can_be_refreshed(current, course, early=refresh_early):
        return _begin_refresher(current, membership, course)
    go_along(enrolment=current, membership=membership)
    return current


def _can_be_refreshed(enrolment: Enrolment, course: CoursePage, *, early: bool) -> bool:
    today = timezone.localdate()
    if not early or not enrolment.is_completed:
        return enrolment.has_expired(on=today)
    return enrolment.can_be_refreshed(course.refresh_window_days, on=today)


def _begin_refresher(proof: Enrolment, membership: Membership, course: CoursePage) -> Enrolment:
    """The next cycle after ``proof``, with the contents that are new to the person today."""
    today = CourseToday.read(course)
    learnt = learnt_editions([proof.user_id], proof.course_key)[proof.user_id]
    asked = next(
        (
            wanted
            for wanted in required_enrolments([membership])
            if wanted.course_key == proof.course_key
        ),
        None,
    )
    enrolment, _created = Enrolment.objects.get_or_create(
        user=membership.user,
        course_key=proof.course_key,
        cycle=proof.cycle + 1,
        defaults={
            "membership": membership,
            "source": EnrolmentSource.SELF,
            "kind": asked.kind if asked else "",
            "due_on": cycles.due_on(asked.due_on, proof.refresher_due_on) if asked else None,
            "asked_on": asked.asked_on if asked else None,
            "scope": today.scope_for(learnt),
        },
    )
    return enrolment


def go_along(*, enrolment: Enrolment, membership: Membership) -> None:
    """Take what is still open along to the authority a person works for now.

    From then on its requirements count. What is completed stays where it was completed.
    """
    if enrolment.membership_id != membership.pk and not enrolment.is_completed:
        enrol_as_required(membership_ids=[membership.pk])
        enrolment.refresh_from_db()


def enrol_as_required(*, membership_ids: Collection[int], course_key: UUID | None = None) -> int:
    """Enrol the people of memberships in the courses their authorities ask of them.

    What they have open goes along to the membership that began last, with what is asked of it and
    by when; what is no longer asked is voluntary from then on. Who was ever enrolled in a course is
    not enrolled in it again; her latest proof says by when it is to be refreshed. All employments
    of a person are looked at, whichever is given. With ``course_key`` other courses are left alone.
    Returns how many enrolments were made or changed. The number of queries does not depend on how
    many memberships there are.
    """
    with transaction.atomic():
        memberships = list(employments_of(Membership.objects.filter(pk__in=membership_ids)))
        there = (
            Enrolment.objects.select_for_update(of=("self",))
            .select_related("membership")
            .filter(user__in=[membership.user_id for membership in memberships])
        )
        requirements = Requirement.objects.filter(
            organisation__in={membership.organisation_id for membership in memberships}
        )
        if course_key is not None:
            there = there.for_course(course_key)
            requirements = requirements.filter(course_key=course_key)
        return _take(enrolment_steps(memberships, list(there), requirements))


def employments_of(memberships: QuerySet[Membership]) -> QuerySet[Membership]:
    """All employments of the people of memberships, as they began; those that ended are left out.

    What is open, and by when a refresher is asked, follows the one that began last: by one of two
    alone it would come out otherwise than by both. Authorities that are closed ask nothing.
    """
    return (
        Membership.objects.not_ended()
        .filter(user__in=memberships.values("user"), organisation__is_active=True)
        .order_by("starts_on", "pk")
    )


def enrol_authority(*, organisation_id: int, course_key: UUID) -> None:
    """Enrol all who work for an authority, or will, as it asks for a course.

    In batches, each in a transaction of its own: safe to stop, to repeat and to race.
    """
    for batch in _people(Q(organisation=organisation_id)):
        enrol_as_required(membership_ids=batch, course_key=course_key)


def enrol_everybody() -> int:
    """Enrol all who work for an active authority, or will, as it asks; says how many it changed.

    What changed are enrolments. It finishes what a process left undone, and brings in line what
    only a day brings about: an employment that begins. In batches, each in a transaction of its
    own: safe to stop, to repeat and to race.
    """
    _ask_no_longer()
    return sum(
        enrol_as_required(membership_ids=batch)
        for batch in _people(Q(user__is_active=True, organisation__is_active=True))
    )


def _ask_no_longer() -> None:
    """Nobody asks a refresher of who works for no authority any more, or for a closed one."""
    working = Membership.objects.begun_last(OuterRef("user"))
    Enrolment.objects.filter(~Exists(working), refresh_on__isnull=False).update(
        refresh_on=None, is_refresh_asked_elsewhere=False
    )


def _people(which: Q) -> Iterator[list[int]]:
    """Memberships that have not ended, in batches."""
    last = 0
    found = Membership.objects.filter(which).not_ended().order_by("pk")
    while batch := list(found.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield batch
        last = batch[-1]


@dataclass(frozen=True)
class Step:
    """What is to become of one enrolment, which is not saved yet, and how it was.

    Also of a completed one that is asked: it is left alone, but for the day of its refresher.
    """

    enrolment: Enrolment
    #: What it had of ``ADAPTED``; nothing where it is new.
    before: Mapping[str, Any] = field(default_factory=dict)
    #: The employment whose authority decides on it.
    employment: Membership | None = None
    #: The authorities that ask for what this is a proof of, where nothing is open.
    done_for: frozenset[int] = frozenset()

    @property
    def is_new(self) -> bool:
        return not self.before

    @property
    def is_changed(self) -> bool:
        """Whether something that was there is to be written anew."""
        return any(getattr(self.enrolment, name) != was for name, was in self.before.items())

    @property
    def is_released(self) -> bool:
        """Whether it was asked, and no longer is."""
        return bool(self.before.get("kind")) and not self.enrolment.kind


def enrolment_steps(
    memberships: Sequence[Membership],
    there: Sequence[Enrolment],
    requirements: Iterable[Requirement],
) -> list[Step]:
    """What ``enrol_as_required`` does for memberships by these requirements; one query.

    These are all ``employments_of`` their people, as they began; ``there`` are the enrolments of
    these people with their memberships, at least in the courses that are meant.
    """
    today = timezone.localdate()
    still_open = [enrolment for enrolment in there if not enrolment.is_completed]
    since = {(e.user_id, e.course_key): e.asked_on for e in still_open}
    wanted: defaultdict[int, dict[UUID, Enrolment]] = defaultdict(dict)
    for asked in required_enrolments(memberships, since=since, requirements=requirements):
        wanted[asked.membership_id][asked.course_key] = asked
    # Who begins later has her own enrolments adapted; what she has elsewhere is left alone.
    by_pk = {membership.pk: membership for membership in memberships}
    begun = {
        membership.user_id: membership
        for membership in memberships
        if membership.starts_on <= today
    }
    proofs = {
        (proof.user_id, proof.course_key, proof.cycle): proof
        for proof in sorted(there, key=lambda row: row.cycle)
        if proof.is_completed
    }
    latest = {(proof.user_id, proof.course_key): proof for proof in proofs.values()}
    refreshed = {
        key: replace(
            _asked_again(proof, wanted[employment.pk].get(proof.course_key), today),
            employment=employment,
        )
        for key, proof in latest.items()
        if (employment := begun.get(proof.user_id))
    }
    # An authority she comes back to is not told that she was late before she refreshed elsewhere.
    earlier = [
        replace(_asked_again(proof, None, today), employment=begun.get(proof.user_id))
        for proof in proofs.values()
        if proof != latest[proof.user_id, proof.course_key]
    ]
    # Where somebody works today counts before where she will; there, what began last.
    asked_first: dict[tuple[int, UUID], Enrolment] = {}
    asking: defaultdict[tuple[int, UUID], set[int]] = defaultdict(set)
    latest_first = memberships[::-1]
    for membership in sorted(latest_first, key=lambda row: row.starts_on > today):
        for course_key, asked in wanted[membership.pk].items():
            asked_first.setdefault((membership.user_id, course_key), asked)
            asking[membership.user_id, course_key].add(membership.organisation_id)
    steps = []
    for enrolment in still_open:
        place = begun.get(enrolment.user_id) or by_pk.get(enrolment.membership_id)
        if place is None:
            continue
        asked_now = wanted[place.pk].get(enrolment.course_key)
        if asked_now is None and _is_only_listed(enrolment):
            # It would be deleted, and made anew for another place that asks it.
            asked_now = asked_first.get((enrolment.user_id, enrolment.course_key))
            place = asked_now.membership if asked_now else place
        proof = proofs.get((enrolment.user_id, enrolment.course_key, enrolment.cycle - 1))
        steps.append(replace(_adapted(enrolment, place, asked_now, proof), employment=place))
    for key, asked in asked_first.items():
        if key in since:
            continue
        if key in latest:
            before = refreshed.pop(key, None) or _unchanged(latest[key])
            steps.append(replace(before, done_for=frozenset(asking[key])))
        else:
            steps.append(Step(asked, employment=asked.membership))
    return steps + [step for step in (*refreshed.values(), *earlier) if step.is_changed]


def _is_only_listed(enrolment: Enrolment) -> bool:
    """Whether it was made because it was asked, and never opened."""
    return (
        enrolment.source == EnrolmentSource.REQUIREMENT
        and enrolment.status == EnrolmentStatus.ENROLLED
        and enrolment.last_activity_key is None
    )


def _unchanged(proof: Enrolment) -> Step:
    return Step(proof, _adaptable(proof))


def _asked_again(proof: Enrolment, asked: Enrolment | None, today: date) -> Step:
    """A person's latest proof with the day by which her authority asks for the refresher."""
    step = _unchanged(proof)
    _set_refresh(proof, asked, today)
    return step


def _set_refresh(proof: Enrolment, asked: Enrolment | None, today: date) -> None:
    day = None
    if asked is not None:
        day = cycles.asked_again_on(
            timezone.localdate(proof.completed_at),
            asked.asked_months,
            expires_on=proof.expires_on,
            first_day=asked.membership.starts_on,
            today=today,
            known=proof.refresh_on,
        )
    proof.refresh_on = day
    proof.is_refresh_asked_elsewhere = (
        asked is not None
        and day is not None
        and asked.membership.organisation_id != proof.membership.organisation_id
    )


def ask_again(proof: Enrolment) -> None:
    """Set, without saving, by when the authority asks to refresh what has just been completed.

    The authority a person works for today; one query where no refresher is asked for.
    """
    employments = Membership.objects.begun_last(proof.user_id)
    requirements = list(
        Requirement.objects.filter(
            organisation=Subquery(employments.values("organisation")[:1]),
            course_key=proof.course_key,
        )
    )
    if any(requirement.refresh_months for requirement in requirements):
        for asked in required_enrolments(list(employments[:1]), requirements=requirements):
            _set_refresh(proof, asked, timezone.localdate())


def _adaptable(enrolment: Enrolment) -> dict[str, Any]:
    return {name: getattr(enrolment, name) for name in ADAPTED}


def _adapted(
    enrolment: Enrolment, membership: Membership, asked: Enrolment | None, proof: Enrolment | None
) -> Step:
    """An open enrolment in line with what is asked; not asked any longer, it is voluntary.

    A refresher is due when the ``proof`` before it is to be refreshed.
    """
    before = _adaptable(enrolment)
    enrolment.membership = membership
    if asked is not None:
        enrolment.kind, enrolment.asked_on = asked.kind, asked.asked_on
        refresher_due_on = proof.refresher_due_on if proof else None
        enrolment.due_on = cycles.due_on(asked.due_on, refresher_due_on)
    else:
        enrolment.kind, enrolment.asked_on, enrolment.due_on = "", None, None
    return Step(enrolment, before)


def _take(steps: Sequence[Step]) -> int:
    """Carry steps out, and say how many changed something.

    What was only ever on a list, and never opened, leaves nothing behind.
    """
    Enrolment.objects.bulk_update(
        (step.enrolment for step in steps if step.is_changed), ADAPTED, batch_size=BATCH
    )
    if released := [step.enrolment.pk for step in steps if step.is_released]:
        Enrolment.objects.filter(
            pk__in=released,
            source=EnrolmentSource.REQUIREMENT,
            status=EnrolmentStatus.ENROLLED,
            last_activity_key=None,
            completions=None,
            attempts=None,
        ).delete()
    # Somebody may enrol on her own wish at the same moment.
    Enrolment.objects.bulk_create(
        (step.enrolment for step in steps if step.is_new), batch_size=BATCH, ignore_conflicts=True
    )
    return sum(step.is_new or step.is_changed for step in steps)


def required_enrolments(
    memberships: Sequence[Membership],
    *,
    since: Mapping[tuple[int, UUID], date | None] | None = None,
    requirements: Iterable[Requirement] | None = None,
) -> list[Enrolment]:
    """An enrolment, not saved, for each membership and each course that is asked of it.

    ``since`` says from when on a course has been asked of a user, where that is known; the days to
    do it in are counted from then, at the earliest from the first working day. ``requirements`` may
    be others than there are, to see what they would do. Two queries, one if they are given; two
    more where who has to do with an AI system is asked.
    """
    today = timezone.localdate()
    known = since or {}
    if requirements is None:
        requirements = Requirement.objects.filter(
            organisation__in={membership.organisation_id for membership in memberships}
        )
    requirements = list(requirements)
    asking = defaultdict(list)
    for requirement in requirements:
        asking[requirement.organisation_id, requirement.audience_id].append(requirement)
    # None is the audience of everybody.
    audiences: dict[int, list[int | None]] = {membership.pk: [None] for membership in memberships}
    for pk, audience_id in Membership.audiences.through.objects.filter(
        membership__in=audiences
    ).values_list("membership_id", "audience_id"):
        audiences[pk].append(audience_id)
    concerned = concerned_by_systems(requirements, audiences)

    def is_meant(requirement: Requirement, membership: Membership) -> bool:
        if requirement.department_id not in (None, membership.department_id):
            return False
        if requirement.ai_system_id is None:
            return True
        group = concerned.get((requirement.ai_system_id, requirement.system_role), ())
        return membership.pk in group

    return [
        enrolment
        for membership in memberships
        for enrolment in rules.decisive(
            _asked(
                requirement,
                membership,
                known.get((membership.user_id, requirement.course_key)) or today,
            )
            for audience in audiences[membership.pk]
            for requirement in asking[membership.organisation_id, audience]
            if is_meant(requirement, membership)
        )
    ]


def _asked(requirement: Requirement, membership: Membership, since: date) -> Enrolment:
    asked_on = max(since, membership.starts_on)
    enrolment = Enrolment(
        user_id=membership.user_id,
        membership=membership,
        course_key=requirement.course_key,
        source=EnrolmentSource.REQUIREMENT,
        kind=requirement.kind,
        asked_on=asked_on,
        due_on=rules.deadline(requirement.due_on, requirement.due_days, since=asked_on),
    )
    enrolment.asked_months = requirement.refresh_months
    return enrolment


def current_enrolment(user: User | AnonymousUser, course_key: UUID) -> Enrolment | None:
    """The latest cycle of a person in a course, with the version of the course it was completed on.

    The text of that version is fetched when asked for.
    """
    if not user.is_authenticated:
        return None
    return (
        Enrolment.objects.filter(user=user, course_key=course_key)
        .select_related("course_version")
        .defer("course_version__content")
        .order_by("-cycle")
        .first()
    )
