"""Telling people that a result of theirs has become better."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from hub.organisations.models import User

from ..models import CorrectionNotice


@dataclass(frozen=True)
class Notice:
    """What a person is told about one result that has become better."""

    uuid: UUID
    attempt: UUID
    title: str
    is_passed: bool
    note: str


def notices_for(user: User | AnonymousUser, *, activity_key: UUID | None = None) -> list[Notice]:
    """What a person has not read yet, of one quiz or of all; one query."""
    rows = CorrectionNotice.objects.filter(user=user.pk).select_related(
        "regrading__correction", "regrading__attempt__content_version"
    )
    if activity_key is not None:
        rows = rows.filter(regrading__attempt__activity_key=activity_key)
    rows = rows.defer("regrading__attempt__content_version__content", "regrading__attempt__drawn")
    return [
        Notice(
            uuid=row.uuid,
            attempt=row.regrading.attempt.uuid,
            title=row.regrading.attempt.content_version.title,
            # Who had passed before need not be told.
            is_passed=row.regrading.is_passed and not row.regrading.attempt.is_passed,
            note=row.regrading.correction.note,
        )
        for row in rows
    ]


def mark_as_read(*, user: User | AnonymousUser, notice: UUID) -> None:
    """The person has read it and is not told again; a second call changes nothing."""
    CorrectionNotice.objects.filter(user=user.pk, uuid=notice).delete()
