"""Enrolling people: on their own wish, and because their authority asks it of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone

from courses import cycles, rules
from courses.enums import EnrolmentSource, EnrolmentStatus
from courses.models import CoursePage, Enrolment, Requirement
from courses.refreshing import CourseToday, learnt_editions
from hub.organisations.models import Membership, User

#: What follows the authority a person works for, while she has not completed the course.
ADAPTED = ("membership_id", "kind", "asked_on", "due_on")


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
    if not early or not enrolment.is_completed or enrolment.expires_on is None:
        return enrolment.has_expired(on=today)
    return cycles.window_opens_on(enrolment.expires_on, course.refresh_window_days) <= today


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
            "due_on": cycles.due_on(asked.due_on, proof.expires_on) if asked else None,
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


def enrol_as_required(*, membership_ids: Collection[int]) -> None:
    """Enrol the people of memberships in the courses their authorities ask of them.

    What they have open goes along to a membership that has begun, with what is asked of it and by
    when; what is no longer asked is voluntary from then on. Who was ever enrolled in a course is
    not enrolled in it again. Memberships that have ended are left out. The number of queries does
    not depend on how many memberships there are.
    """
    today = timezone.localdate()
    with transaction.atomic():
        memberships = list(
            Membership.objects.filter(pk__in=membership_ids)
            .exclude(ends_on__lt=today)
            .order_by("pk")
        )
        there = list(
            Enrolment.objects.select_for_update().filter(
                user__in=[membership.user_id for membership in memberships]
            )
        )
        since = {(e.user_id, e.course_key): e.asked_on for e in there if not e.is_completed}
        wanted = {
            (enrolment.user_id, enrolment.course_key): enrolment
            for enrolment in required_enrolments(memberships, since=since)
        }
        begun = {
            membership.user_id: membership
            for membership in memberships
            if membership.starts_on <= today
        }
        proofs = {
            (proof.user_id, proof.course_key, proof.cycle): proof.expires_on
            for proof in there
            if proof.is_completed
        }
        still_open = [e for e in there if not e.is_completed and e.user_id in begun]
        _adapt(still_open, begun, wanted, proofs)
        known = {(enrolment.user_id, enrolment.course_key) for enrolment in there}
        # Somebody may enrol on her own wish at the same moment.
        Enrolment.objects.bulk_create(
            (enrolment for key, enrolment in wanted.items() if key not in known),
            batch_size=500,
            ignore_conflicts=True,
        )


def _adapt(
    enrolments: Iterable[Enrolment],
    membership_of: dict[int, Membership],
    wanted: dict[tuple[int, UUID], Enrolment],
    proofs: dict[tuple[int, UUID, int], date | None],
) -> None:
    """Bring open enrolments in line with the memberships of their people, by user.

    What is asked no longer is voluntary from then on; what was never opened of it goes.
    ``proofs`` says until when completed cycles hold: a refresher is due when the one before ends.
    """
    changed, released = [], []
    for enrolment in enrolments:
        before = [getattr(enrolment, name) for name in ADAPTED]
        enrolment.membership = membership_of[enrolment.user_id]
        asked = wanted.get((enrolment.user_id, enrolment.course_key))
        if asked is not None:
            ends_on = proofs.get((enrolment.user_id, enrolment.course_key, enrolment.cycle - 1))
            enrolment.kind, enrolment.asked_on = asked.kind, asked.asked_on
            enrolment.due_on = cycles.due_on(asked.due_on, ends_on)
        else:
            enrolment.kind, enrolment.asked_on, enrolment.due_on = "", None, None
            released.append(enrolment.pk)
        if before != [getattr(enrolment, name) for name in ADAPTED]:
            changed.append(enrolment)
    Enrolment.objects.bulk_update(changed, ADAPTED, batch_size=500)
    if released:
        # What was only ever on a list, and never opened, leaves nothing behind.
        Enrolment.objects.filter(
            pk__in=released,
            source=EnrolmentSource.REQUIREMENT,
            status=EnrolmentStatus.ENROLLED,
            last_activity_key=None,
            completions=None,
            attempts=None,
        ).delete()


def required_enrolments(
    memberships: Sequence[Membership],
    *,
    since: Mapping[tuple[int, UUID], date | None] | None = None,
) -> list[Enrolment]:
    """An enrolment, not saved, for each membership and each course that is asked of it.

    ``since`` says from when on a course has been asked of a user, where that is known; the days to
    do it in are counted from then, at the earliest from the first working day. Two queries.
    """
    today = timezone.localdate()
    known = since or {}
    requirements = defaultdict(list)
    for requirement in Requirement.objects.filter(
        organisation__in={membership.organisation_id for membership in memberships}
    ):
        requirements[requirement.organisation_id, requirement.audience_id].append(requirement)
    # None is the audience of everybody.
    audiences: dict[int, list[int | None]] = {membership.pk: [None] for membership in memberships}
    for pk, audience_id in Membership.audiences.through.objects.filter(
        membership__in=audiences
    ).values_list("membership_id", "audience_id"):
        audiences[pk].append(audience_id)
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
            for requirement in requirements[membership.organisation_id, audience]
            if requirement.department_id in (None, membership.department_id)
        )
    ]


def _asked(requirement: Requirement, membership: Membership, since: date) -> Enrolment:
    asked_on = max(since, membership.starts_on)
    return Enrolment(
        user_id=membership.user_id,
        membership=membership,
        course_key=requirement.course_key,
        source=EnrolmentSource.REQUIREMENT,
        kind=requirement.kind,
        asked_on=asked_on,
        due_on=rules.deadline(requirement.due_on, requirement.due_days, since=asked_on),
    )


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
