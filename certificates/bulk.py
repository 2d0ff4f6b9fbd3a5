"""Issuing thousands one after the other: what is left to do, and how far it is.

Each certificate is a transaction of its own, so locks are short and nothing that was issued is lost
when the work stops. What is left is asked of the database, never remembered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from wagtail.log_actions import log

from courses.enums import EnrolmentStatus
from courses.models import Enrolment
from hub.organisations.models import Organisation, User

from .actions import issue_certificate, reissue_certificate
from .models import Certificate, IssueRun, RunKind

#: After so many certificates the progress is written down.
LOT = 25
#: What the log calls it.
START = "certificates.issue_many"

logger = logging.getLogger(__name__)


def waiting(kind: str, organisation: Organisation | None = None) -> QuerySet[Any]:
    """What a run has to do: enrolments without a certificate, or certificates with an old name."""
    if kind == RunKind.RENAMED:
        old = Certificate.objects.with_old_name()
        return old.filter(enrolment__membership__organisation=organisation) if organisation else old
    certificates = Certificate.objects.filter(enrolment=OuterRef("pk"))
    missing = Enrolment.objects.filter(
        ~Exists(certificates), status=EnrolmentStatus.COMPLETED, course_version__isnull=False
    )
    return missing.filter(membership__organisation=organisation) if organisation else missing


@transaction.atomic
def start_run(
    *, kind: str, organisation: Organisation | None = None, by: User | None = None
) -> IssueRun:
    """Begin to issue what is missing or has an old name; an unfinished run like it goes on."""
    unfinished = IssueRun.objects.filter(
        kind=kind, organisation=organisation, finished_at__isnull=True
    ).first()
    if unfinished is not None:
        return unfinished
    run = IssueRun.objects.create(
        kind=kind,
        organisation=organisation,
        started_by=by,
        total=waiting(kind, organisation).count(),
    )
    log(run, START, user=by, data={"total": run.total})
    return run


def work_on(run: IssueRun) -> Iterator[IssueRun]:
    """Issue what is left of a run; yields it after every ``LOT``, the last time when it is done.

    Safe to stop, to repeat and to race. What cannot be issued is counted, logged and passed over;
    another run tries it again.
    """
    while True:
        run.refresh_from_db()
        left = waiting(run.kind, run.organisation).filter(pk__gt=run.last_key).order_by("pk")
        keys = list(left.values_list("pk", flat=True)[:LOT])
        failed = sum(not _issue(run, key) for key in keys)
        run = _written_down(run, keys, failed)
        yield run
        if not keys:
            return


def _issue(run: IssueRun, key: int) -> bool:
    """Issue one; whether that went well."""
    try:
        if run.kind == RunKind.RENAMED:
            certificate = Certificate.objects.get(pk=key)
            reissue_certificate(certificate=certificate, actor=run.started_by)
        else:
            issue_certificate(enrolment=Enrolment.objects.get(pk=key))
    except Exception:
        logger.exception("A certificate could not be issued (%s, %s)", run.kind, key)
        return False
    return True


@transaction.atomic
def _written_down(run: IssueRun, keys: list[int], failed: int) -> IssueRun:
    """The run with its progress, unless somebody else has written the same down."""
    locked = IssueRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    now = timezone.now()
    if not keys:
        locked.finished_at = locked.finished_at or now
    elif locked.last_key < keys[-1]:
        locked.done += len(keys) - failed
        locked.failed += failed
        locked.last_key = keys[-1]
    locked.progressed_at = now
    locked.save(update_fields=["done", "failed", "last_key", "progressed_at", "finished_at"])
    return locked
