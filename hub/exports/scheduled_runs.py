"""What is due of regular hand-overs: made by night, each due day once, whoever repeats or races."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import override

from . import actions, making
from .exporters import ExportScope, exporters
from .models import ExportRun, ExportSchedule, ScheduleNotice
from .rhythms import due_days, latest_due, next_due
from .scheduling import against, end_schedule, stop_schedule

logger = logging.getLogger(__name__)

#: How long the file of a regular hand-over is kept: a weekend or a short holiday passes.
DAYS_KEPT = actions.LONGEST_MAKING.days


@dataclass
class Made:
    """What a run of the command did."""

    made: int = 0
    stopped: int = 0
    #: Not made now; the next run of the command tries again.
    failed: int = 0


def make_due(today: date) -> Made:
    """Make what is due until and with today, and what an earlier call could not finish."""
    outcome = Made()
    for broken_off in _unfinished():
        _go_on(broken_off, outcome)
    due = ExportSchedule.objects.running().filter(next_on__lte=today)
    for schedule in due.order_by("next_on", "pk"):
        try:
            run = begin(schedule, today, outcome)
        except Exception:
            # One list must not keep all others back.
            logger.exception("A regular hand-over could not be begun (%s)", schedule.uuid)
            outcome.failed += 1
            continue
        if run is not None:
            _make(run, outcome)
    return outcome


def _unfinished() -> Iterator[ExportRun]:
    """What was begun and is not made, though nobody seems to be at work."""
    runs = ExportRun.objects.filter(
        schedule__isnull=False,
        schedule__stopped_at=None,
        # Where the owner has another account by now, it is not made in the name of the old one.
        user=F("schedule__owner"),
        finished_at=None,
        created_at__gt=timezone.now() - actions.LONGEST_MAKING,
    )
    whole = runs.select_related("organisation", "user", "since", "schedule")
    for pk in list(runs.order_by("pk").values_list("pk", flat=True)):
        # The one before may have taken long: each is read when it is its turn.
        run = whole.filter(pk=pk).first()
        if run is not None and making.begin_anew(run):
            yield run


def _go_on(run: ExportRun, outcome: Made) -> None:
    try:
        if run.schedule and _is_stopped(run.schedule, outcome):
            return
    except Exception:
        logger.exception("A regular hand-over could not be gone on with (%s)", run.uuid)
        outcome.failed += 1
        return
    _make(run, outcome)


@transaction.atomic
def begin(schedule: ExportSchedule, today: date, outcome: Made) -> ExportRun | None:
    """Write the run of the latest due day into the log, and the mail that waits for it.

    ``None`` where somebody else was faster, or where it may not go on; then it is stopped. Of
    several days that were missed only the latest is made up for.
    """
    locked = (
        ExportSchedule.objects.select_for_update(of=("self",))
        .select_related("organisation", "owner")
        .get(pk=schedule.pk)
    )
    if locked.stopped_at or locked.next_on is None or locked.next_on > today:
        return None
    if _is_stopped(locked, outcome):
        return None
    day = latest_due(_days(locked), today)
    run = _started(locked, day)
    ScheduleNotice.objects.create(schedule=locked, run=run)
    locked.next_on = next_due(_days(locked), today)
    if locked.next_on is None:
        end_schedule(locked)
    locked.save(update_fields=["next_on"])
    return run


def _is_stopped(schedule: ExportSchedule, outcome: Made) -> bool:
    """Whether it may not go on. One that has ended by itself stays so, but nothing more is made."""
    reason = against(schedule)
    if reason is None:
        return False
    outcome.stopped += stop_schedule(schedule=schedule, actor=None, reason=reason)
    return True


def _days(schedule: ExportSchedule) -> Iterator[date]:
    return due_days(schedule.rhythm, schedule.starts_on, schedule.ends_on)


def _started(schedule: ExportSchedule, day: date | None) -> ExportRun:
    exporter, filters = exporters.get(schedule.exporter)(), actions.filters_of(schedule)
    with override(schedule.language):
        return actions.start_run(
            exporter=exporter,
            scope=ExportScope(user=schedule.owner, organisation=schedule.organisation),
            purpose=schedule.purpose,
            file_format=schedule.file_format,
            filters=filters,
            since=_base(schedule) if schedule.changes_only else None,
            in_background=True,
            days_kept=DAYS_KEPT,
            schedule=schedule,
            scheduled_for=day,
        )


def _base(schedule: ExportSchedule) -> ExportRun | None:
    """Its latest hand-over that was fetched, also from before it was renewed.

    What others took of the same list meanwhile is none: the receiver of this one lacks it.
    """
    found = actions.bases(
        exporters.get(schedule.exporter)(), [schedule.organisation], actions.filters_of(schedule)
    )
    return found.filter(schedule__series=schedule.series).first()


def _make(run: ExportRun, outcome: Made) -> None:
    """Make the file; what goes wrong is logged there, and made up for by the next call."""
    making.make(run)
    # The schedule, too: it may have been stopped meanwhile.
    run.refresh_from_db(fields=["finished_at", "schedule"])
    if run.finished_at is not None:
        outcome.made += 1
    elif making.can_be_made(run):
        outcome.failed += 1
