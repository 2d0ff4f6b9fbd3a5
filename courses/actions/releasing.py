"""Releasing proofs to the authority a person works for now, and taking that back."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from wagtail.log_actions import log

from courses.models import ProofRelease
from courses.released_proofs import to_release
from hub.organisations.models import Membership

#: What the log calls it.
RELEASED, TAKEN_BACK = "courses.release_proof", "courses.take_release_back"


def release_proofs(*, membership: Membership, enrolments: Collection[UUID]) -> None:
    """Release exactly these proofs to the authority of an employment, and no other one.

    ``enrolments`` are their numbers; those that may not be released are left out. Safe to repeat
    and to race.
    """
    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=membership.pk)
        wanted = {row.pk: row for row in to_release(membership) if row.uuid in set(enrolments)}
        there = {
            row.enrolment_id: row for row in ProofRelease.objects.filter(membership=membership)
        }
        for pk in wanted.keys() - there.keys():
            release = ProofRelease.objects.create(enrolment=wanted[pk], membership=membership)
            _log(release, RELEASED)
        for pk in there.keys() - wanted.keys():
            _log(there[pk], TAKEN_BACK)
            there[pk].delete()


def _log(release: ProofRelease, action: str) -> None:
    log(
        release.membership,
        action,
        user=release.membership.user,
        data={"enrolment": str(release.enrolment.uuid)},
    )
