"""Refreshers that nobody has to ask for: opened when a proof ends, adapted until they are begun."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from wagtail.models import Page

from courses import cycles
from courses.enums import EnrolmentSource
from courses.models import ActivityMixin, ContentVersion, CoursePage, Enrolment
from courses.querysets import EnrolmentQuerySet
from courses.refreshing import CourseToday, learnt_editions
from hub.i18n import default_locale_id
from hub.organisations.models import Membership

from .enrolling import required_enrolments

BATCH = 500


def open_due_refreshers(*, on: date | None = None) -> int:
    """Open the refreshers that authorities ask for and whose window has begun; says how many.

    For people whose refresher is due within the window of the course, or was, and who work on that
    day for an authority that still asks the course of them. Due at the end of the proof, or when
    the authority asks for it before. Safe to repeat, also at the same time; the number of queries
    grows with batches, not with people.
    """
    on = on or timezone.localdate()
    opened = 0
    for course in CoursePage.objects.live().filter(locale=default_locale_id()):
        window = course.refresh_window_days
        due = Enrolment.objects.for_course(course.course_key).to_refresh_by(
            on + timedelta(days=window)
        )
        today: CourseToday | None = None
        for batch in _batches(due):
            proofs = [proof for proof in batch if proof.can_be_refreshed(window, on=on)]
            if not proofs:
                continue
            today = today or CourseToday.read(course)
            opened += _open(proofs, today, on)
    return opened


def _batches(enrolments: EnrolmentQuerySet) -> Iterator[list[Enrolment]]:
    """Enrolments in the order of their keys, so that none is read twice while others are made."""
    last = 0
    while batch := list(enrolments.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _open(proofs: Sequence[Enrolment], today: CourseToday, on: date) -> int:
    """The next cycle of those proofs that are asked for."""
    course_key = today.course.course_key
    proof_of = {proof.user_id: proof for proof in proofs}
    memberships = {
        membership.user_id: membership
        for membership in Membership.objects.active(on)
        .filter(user__in=proof_of, user__is_active=True, organisation__is_active=True)
        .order_by("starts_on", "pk")
    }
    asked = [
        wanted
        for wanted in required_enrolments(list(memberships.values()))
        if wanted.course_key == course_key
    ]
    learnt = learnt_editions([wanted.user_id for wanted in asked], course_key)
    refreshers = []
    for wanted in asked:
        proof = proof_of[wanted.user_id]
        wanted.cycle = proof.cycle + 1
        wanted.source = EnrolmentSource.REQUIREMENT
        wanted.due_on = cycles.due_on(wanted.due_on, proof.refresher_due_on)
        wanted.scope = today.scope_for(learnt[wanted.user_id])
        refreshers.append(wanted)
    # Somebody may begin her refresher herself at the same moment.
    Enrolment.objects.bulk_create(refreshers, batch_size=BATCH, ignore_conflicts=True)
    return len(refreshers)


def adapt_refreshers(*, version: ContentVersion) -> None:
    """Bring refreshers that nobody has begun in line with a substantive change.

    Of those by difference; what is begun keeps its contents, and the change belongs to the next
    one. Safe to repeat.
    """
    if not version.is_substantive or not Enrolment.objects.refreshers_not_begun().exists():
        return
    page = Page.objects.filter(
        translation_key=version.unit_key, locale=default_locale_id(), live=True
    ).first()
    activity = page.specific if page else None
    if not isinstance(activity, ActivityMixin):
        return
    today = CourseToday.read(activity.course)
    course_key = today.course.course_key
    with transaction.atomic():
        not_begun = (
            Enrolment.objects.for_course(course_key)
            .refreshers_not_begun()
            .select_for_update(of=("self",))
        )
        for batch in _batches(not_begun):
            learnt = learnt_editions([enrolment.user_id for enrolment in batch], course_key)
            for enrolment in batch:
                enrolment.scope = today.scope_for(learnt[enrolment.user_id])
            Enrolment.objects.bulk_update(batch, ["scope"], batch_size=BATCH)
