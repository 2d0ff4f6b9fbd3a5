"""An import in steps: a list is uploaded, looked at, confirmed, taken over, and told of.

What was shown is kept as rows; what is confirmed is what was shown, for the plan is made once more
when it is carried out, and must be the same. So the rows of the preview are the report as well.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from hub.organisations.models import (
    EmployeeImport,
    EmployeeImportRow,
    ImportProblem,
    ImportState,
    Organisation,
    User,
)
from hub.organisations.models.imports import FOLDER, Outcome
from hub.storage import delete_written_until
from hub.tables import Row, UnreadableError, read_rows

from .applying import PlanChanged, import_rows, plan_rows
from .columns import (
    ColumnChoice,
    ColumnsError,
    check_heading_row,
    headings_key,
    possible_heading_rows,
    proposed_columns,
)
from .planning import Plan, Step
from .telling import changes_in_words, notes_in_words

#: The permission for an authority.
IMPORT = "organisations.import_employees"
MAX_BYTES = 10 * 1024**2
#: The largest authority of the district has some 1,500 people.
MAX_ROWS = 20_000
#: From so many people on that are made or changed, nobody is kept waiting.
BACKGROUND_FROM = 300
#: How long an upload waits to be confirmed, and how long the report can be read.
FILE_LIFETIME = timedelta(days=1)
REPORT_LIFETIME = timedelta(days=7)
#: After so long without progress nobody is at work any more.
SILENCE = timedelta(minutes=2)
BATCH = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far the work on a confirmed import is, and when that was last heard."""

    done: int
    heard_at: datetime

    @property
    def has_stopped(self) -> bool:
        """Whether nobody seems to be at work."""
        return timezone.now() - self.heard_at > SILENCE


def start_import(
    *, organisation: Organisation, file_name: str, content: bytes, actor: User
) -> EmployeeImport:
    """Keep a list and what it would do; no employee is changed. Raises ``UnreadableError``.

    The columns are those that were chosen for the same headings the last time, or as they are
    recognised; where neither is possible, somebody has to choose them.
    """
    sweep()
    rows = _read(content)
    choice = _remembered(organisation, rows)
    heading_row = (choice or _proposal(organisation, rows)).heading_row
    run = EmployeeImport(
        organisation=organisation,
        uploaded_by=actor,
        file_name=file_name,
        language=get_language() or "de",
        headings=headings_key(rows[heading_row]),
        columns=asdict(choice) if choice else {},
    )
    try:
        plan = plan_rows(organisation=organisation, rows=rows, choice=choice)
    except ColumnsError:
        plan = None
    with transaction.atomic():
        run.file.save(str(run.uuid), ContentFile(content), save=False)
        _show(run, plan)
    return run


def choose_columns(*, run: EmployeeImport, choice: ColumnChoice) -> EmployeeImport:
    """Say which columns of a list are meant, and keep what it would do then.

    The next list of the authority that has these headings in any of its first rows is read the
    same way. An import that is confirmed stays as it is. Raises ``UnreadableError``.
    """
    rows = read_kept(run)
    check_heading_row(rows, choice.heading_row + 1)
    with transaction.atomic(), override(run.language):
        locked = _locked(run)
        if locked.state in (ImportState.COLUMNS, ImportState.PREVIEW):
            locked.headings = headings_key(rows[choice.heading_row])
            locked.columns = asdict(choice)
            locked.problem = ""
            _show(locked, plan_rows(organisation=locked.organisation, rows=rows, choice=choice))
    return locked


def proposal(
    run: EmployeeImport, rows: Sequence[Row], heading_row: int | None = None
) -> ColumnChoice:
    """Which columns of a list seem to be meant, or were chosen already.

    ``heading_row``, counted from 1, says in which row the headings are, where somebody has said it.
    Raises ``UnreadableError``.
    """
    chosen = _chosen(run)
    if chosen and heading_row in (None, chosen.heading_row + 1):
        return chosen
    return _proposal(run.organisation, rows, heading_row)


@transaction.atomic
def confirm(*, run: EmployeeImport, fingerprint: str, actor: User) -> EmployeeImport:
    """Have an import taken over as it was shown; ``fingerprint`` is that of what was shown.

    Safe to repeat: what is confirmed already, or was shown anew meanwhile, stays as it is.
    """
    locked = _locked(run)
    is_shown = locked.state == ImportState.PREVIEW and locked.fingerprint == fingerprint
    if is_shown and locked.file and locked.changing:
        locked.state = ImportState.CONFIRMED
        locked.problem = ""
        locked.confirmed_by = actor
        locked.confirmed_at = timezone.now()
        locked.save(update_fields=["state", "problem", "confirmed_by", "confirmed_at"])
    return locked


def take_over(run: EmployeeImport) -> EmployeeImport:
    """Carry out a confirmed import in one transaction; safe to stop, to repeat and to race.

    Where the people have changed so that something else would happen, or where it fails, nothing
    is written: it waits to be confirmed once more, with what would happen now.
    """
    try:
        with override(run.language):
            done = _take_over(run)
    except PlanChanged as change:
        return _put_back(run, ImportProblem.CHANGED, change.plan)
    except Exception:
        logger.exception("An import of employees failed (%s)", run.uuid)
        return _put_back(run, ImportProblem.FAILED)
    finally:
        cache.delete(_key(run))
    if done.state == ImportState.DONE:
        _forget_file(done)
    return done


def progress(run: EmployeeImport) -> Progress:
    """How far the work on a confirmed import is.

    That is kept in the cache: what the one transaction has written nobody else can see.
    """
    done, heard_at = cache.get(_key(run)) or (0, run.confirmed_at or timezone.now())
    return Progress(done, heard_at)


def read_kept(run: EmployeeImport) -> list[Row]:
    """The rows of the file that waits. Raises ``UnreadableError`` where it is gone."""
    try:
        with run.file.open() as file:
            content: bytes = file.read()
    except (ValueError, OSError) as error:
        raise UnreadableError(_("The file was deleted. Please upload it again.")) from error
    return _read(content)


def sweep() -> tuple[int, int]:
    """Delete the files and rows that were kept for long enough; how many imports had them."""
    now = timezone.now()
    files = EmployeeImport.objects.exclude(file="").filter(
        Q(state=ImportState.DONE) | Q(uploaded_at__lte=now - FILE_LIFETIME)
    )
    for run in files:
        _forget_file(run)
    told = EmployeeImport.objects.filter(rows__isnull=False).filter(
        Q(finished_at__lte=now - REPORT_LIFETIME)
        | Q(finished_at=None, uploaded_at__lte=now - FILE_LIFETIME)
    )
    keys = list(told.order_by().values_list("pk", flat=True).distinct())
    EmployeeImportRow.objects.filter(employee_import__in=keys).delete()
    # Also those of uploads that broke off, which no import knows.
    delete_written_until(now - FILE_LIFETIME, folder=FOLDER)
    return len(files), len(keys)


def _read(content: bytes) -> list[Row]:
    rows = read_rows(content)
    if len(rows) > MAX_ROWS:
        raise UnreadableError(
            _("The list has %(count)d rows, and %(limit)d are possible. Please divide it.")
            % {"count": len(rows), "limit": MAX_ROWS}
        )
    return rows


def _proposal(
    organisation: Organisation, rows: Sequence[Row], heading_row: int | None = None
) -> ColumnChoice:
    label = organisation.department_label
    return proposed_columns(rows, department_label=label, heading_row=heading_row)


def _remembered(organisation: Organisation, rows: Sequence[Row]) -> ColumnChoice | None:
    """What was chosen for the latest list of the authority with the same headings.

    They may be in any of the first rows: what stands above them may be new each month, and need not
    be what was taken for them.
    """
    keys: dict[str, int] = {}
    for number in possible_heading_rows(rows):
        keys.setdefault(headings_key(rows[number - 1]), number - 1)
    runs = EmployeeImport.objects.filter(organisation=organisation, headings__in=keys)
    latest = runs.exclude(columns={}).first()
    choice = _chosen(latest) if latest else None
    return replace(choice, heading_row=keys[latest.headings]) if latest and choice else None


def _chosen(run: EmployeeImport) -> ColumnChoice | None:
    return ColumnChoice(**run.columns) if run.columns else None


def _locked(run: EmployeeImport) -> EmployeeImport:
    rows = EmployeeImport.objects.select_for_update(of=("self",)).select_related("organisation")
    return rows.get(pk=run.pk)


def _show(run: EmployeeImport, plan: Plan | None) -> None:
    """Save an import with what it would do, or without where its columns are not known yet."""
    run.state = ImportState.PREVIEW if plan else ImportState.COLUMNS
    if plan:
        run.fingerprint = plan.fingerprint
        run.counts = plan.counts
        run.new_departments = plan.new_departments
        run.ignored_columns = plan.ignored_columns
    run.save()
    if plan:
        run.rows.all().delete()
        EmployeeImportRow.objects.bulk_create(_rows(run, plan), batch_size=BATCH)


def _rows(run: EmployeeImport, plan: Plan) -> Iterator[EmployeeImportRow]:
    for step in plan.steps:
        yield EmployeeImportRow(
            employee_import=run,
            number=step.employee.row,
            outcome=step.outcome,
            name=step.name,
            staff_number=_said(step, "staff_number"),
            department=_said(step, "department"),
            changes="\n".join(changes_in_words(step)),
            notes="\n".join(notes_in_words(step)),
        )
    for person in plan.missing:
        yield EmployeeImportRow(
            employee_import=run,
            outcome=Outcome.MISSING,
            name=", ".join(filter(None, (person.last_name, person.first_name))),
            staff_number=person.staff_number,
            department=person.department,
        )


def _said(step: Step, name: str) -> str:
    """What a row says, or what the hub knows where the row says nothing."""
    known = "" if step.person is None or step.person.is_elsewhere else getattr(step.person, name)
    return str(getattr(step.employee, name) or known)


def _take_over(run: EmployeeImport) -> EmployeeImport:
    """Carry it out if it is confirmed. Raises ``PlanChanged``."""
    if run.state != ImportState.CONFIRMED:
        return run
    # Read before the transaction begins: on SQLite others wait for it.
    rows = read_kept(run)
    with transaction.atomic():
        locked = _locked(run)
        if locked.state != ImportState.CONFIRMED:
            return locked
        import_rows(
            organisation=locked.organisation,
            rows=rows,
            choice=_chosen(locked),
            actor=locked.confirmed_by,
            fingerprint=locked.fingerprint,
            about={"file": locked.file_name, "import": str(locked.uuid)},
            tell=partial(_tell, locked),
        )
        locked.state = ImportState.DONE
        locked.finished_at = timezone.now()
        locked.save(update_fields=["state", "finished_at"])
    return locked


def _tell(run: EmployeeImport, done: int) -> None:
    cache.set(_key(run), (done, timezone.now()), timeout=3600)


def _key(run: EmployeeImport) -> str:
    return f"employee-import-{run.uuid}"


@transaction.atomic
def _put_back(run: EmployeeImport, problem: str, plan: Plan | None = None) -> EmployeeImport:
    """Have an import confirmed once more, unless it was taken over after all."""
    locked = _locked(run)
    if locked.state == ImportState.CONFIRMED:
        locked.problem = problem
        locked.state = ImportState.PREVIEW
        if plan is None:
            locked.save(update_fields=["state", "problem"])
        else:
            with override(locked.language):
                _show(locked, plan)
    return locked


def _forget_file(run: EmployeeImport) -> None:
    run.file.delete(save=False)
    EmployeeImport.objects.filter(pk=run.pk).update(file="")
