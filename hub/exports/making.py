"""A list made beside the request is kept for some days, and fetched by who may hand it over."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language, override

from hub.organisations.models import User

from .actions import LIFETIME, Made, filter_key, filters_of, finish, keep, keep_digests, write_file
from .exporters import Exporter, ExportScope, exporters
from .models import ExportRun, ExportSchedule
from .rights import has_left, organisations_handing_over

#: From so many rows on, nobody is kept waiting.
BACKGROUND_FROM = 20_000
#: After so long without progress nobody is at work any more.
SILENCE = timedelta(minutes=2)
#: After how many rows it is told how far the work is.
_STEP = 1_000
_PIECE = 2**16
_KEPT = int(LIFETIME.total_seconds())

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the making of a file is, and when that was last heard."""

    done: int
    total: int
    heard_at: datetime
    has_failed: bool = False

    @property
    def has_stopped(self) -> bool:
        """Whether nobody seems to be at work."""
        return self.has_failed or timezone.now() - self.heard_at > SILENCE


def make(run: ExportRun) -> None:
    """Make the file of a run and keep it; safe to stop, to repeat and to race.

    One that is made already stays as it is. What goes wrong is logged and told by ``progress``:
    also that the person may not hand the list over any more.
    """
    if not can_be_made(run):
        return
    try:
        with override(run.language):
            _make(run)
    except Exception:
        logger.exception("A hand-over could not be made (%s)", run.uuid)
        cache.set(_key(run), Progress(0, 0, timezone.now(), has_failed=True), timeout=_KEPT)


def can_be_made(run: ExportRun) -> bool:
    """Whether there is something to make: what nobody made in time broke off.

    So did what was begun by a regular hand-over that is stopped, or has another owner by now.
    """
    schedule = run.schedule
    return (
        run.in_background
        and run.finished_at is None
        and not is_too_late(run)
        and (schedule is None or (not schedule.stopped_at and schedule.owner_id == run.user_id))
    )


def is_too_late(run: ExportRun) -> bool:
    """Whether what is not made by now is made no more."""
    return timezone.now() - run.created_at >= run.lifetime


def progress(run: ExportRun) -> Progress:
    """How far it is; kept in the cache, for the log is written when all is there."""
    return cache.get(_key(run)) or Progress(0, 0, run.created_at)


def begin_anew(run: ExportRun) -> bool:
    """Whether the work on a run is to be begun once more: it has stopped, and nobody else did."""
    if not (can_be_made(run) and progress(run).has_stopped):
        return False
    cache.set(_key(run), Progress(0, 0, timezone.now()), timeout=_KEPT)
    return True


def in_the_making(
    *,
    exporter: Exporter,
    scope: ExportScope,
    purpose: str,
    file_format: str,
    filters: QueryDict,
    since: ExportRun | None,
) -> ExportRun | None:
    """A run that will be the same file for the same person and was just begun: a double click."""
    for run in ExportRun.objects.filter(
        user=scope.user,
        organisation=scope.organisation,
        exporter=exporter.identifier,
        filter_key=filter_key(filters),
        language=get_language() or "",
        since=since,
        purpose=purpose,
        file_format=file_format,
        in_background=True,
        finished_at=None,
        created_at__gt=timezone.now() - SILENCE,
    ):
        if not progress(run).has_stopped:
            return run
    return None


def is_kept(run: ExportRun) -> bool:
    """Whether the file of a run can be fetched."""
    return bool(run.file) and run.expires_at is not None and run.expires_at > timezone.now()


def fetch(run: ExportRun) -> Iterator[bytes]:
    """The kept file in pieces. Raises ``FileNotFoundError`` where it is not kept any more.

    With its last byte the run counts as handed over.
    """
    if not is_kept(run):
        raise FileNotFoundError
    return _fetched(run, run.file.open("rb"))


def _fetched(run: ExportRun, file: File) -> Iterator[bytes]:
    with file:
        yield from file.chunks(_PIECE)
    ExportRun.objects.filter(pk=run.pk, handed_over_at=None).update(handed_over_at=timezone.now())


def _make(run: ExportRun) -> None:
    user = run.user
    if user is None or not _may(user, run):
        raise PermissionDenied(f"{user} may not hand over {run.exporter} any more.")
    exporter = exporters.get(run.exporter)()
    scope = ExportScope(user=user, organisation=run.organisation)
    filters = filters_of(run)
    total = exporter.get_queryset(scope, filters).count()
    _tell(run, total, 0)
    with TemporaryFile() as file:
        for piece in write_file(
            run=run,
            exporter=exporter,
            scope=scope,
            filters=filters,
            done=partial(_keep_made, run, file),
            tell=partial(_tell, run, total),
        ):
            file.write(piece)


def _may(user: User, run: ExportRun) -> bool:
    # What is kept on the object is of the request that began it.
    asker = User.objects.get(pk=user.pk)
    # A regular one may be made long after its owner has seen the hub; she may have left.
    if run.schedule_id and has_left(asker, run.organisation):
        return False
    return run.organisation in organisations_handing_over(asker, run.exporter)


def _keep_made(run: ExportRun, file: IO[bytes], made: Made) -> None:
    """Keep the file, unless somebody else was faster who made it or stopped it."""
    file.seek(0)
    with transaction.atomic():
        if run.schedule_id:
            ExportSchedule.objects.select_for_update(of=("self",)).get(pk=run.schedule_id)
        locked = ExportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
        if not can_be_made(locked):
            return
        keep_digests(run=locked, made=made)
        keep(run=locked, file=File(file))
        finish(run=locked, row_count=made.row_count, sha256=made.sha256)
    cache.delete(_key(run))


def _tell(run: ExportRun, total: int, done: int) -> None:
    if done % _STEP == 0:
        cache.set(_key(run), Progress(done, total, timezone.now()), timeout=_KEPT)


def _key(run: ExportRun) -> str:
    return f"hand-over-{run.uuid}"
