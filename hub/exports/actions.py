"""Handing a list over: the log first, then the rows."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from hub.organisations.models import Organisation, User
from hub.spreadsheets import Column, Row
from hub.storage import delete_written_until

from .changes import CHANGED, GONE, NEW, SECRET_BYTES, RowDigests, changed, remembered
from .exporters import CHANGE_COLUMN, ROW_KEY_COLUMN, Exporter, ExportScope
from .formats import FORMATS, ListFile
from .models import DIGESTS_FOLDER, FILES_FOLDER, ExportRun, ExportSchedule

#: What no run knows goes after so long a time.
LIFETIME = timedelta(days=1)
#: What was begun so long ago is not made any more.
LONGEST_MAKING = timedelta(days=7)
#: How long it is known what a hand-over said: half a year and a fortnight.
DIGESTS_LIFETIME = timedelta(days=200)
#: What a file in JSON is; raised when it means something else.
JSON_FORMAT = "ki-hub-hand-over/1"


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of a file when its last byte is written."""

    row_count: int
    sha256: str
    #: The keys and digests of all rows of the list, also where the file tells changes only.
    digests: Path


def start_run(
    *,
    exporter: Exporter,
    scope: ExportScope,
    purpose: str,
    file_format: str,
    filters: QueryDict,
    since: ExportRun | None = None,
    in_background: bool = False,
    days_kept: int = 1,
    schedule: ExportSchedule | None = None,
    scheduled_for: date | None = None,
) -> ExportRun:
    """Write into the log that a list is handed over, before its first row leaves.

    ``since`` is one of ``bases``: then only what has changed since is handed over. Raises
    ``ValidationError`` where it is none. What is made in the background is kept for so many days;
    by default long enough to be fetched also by who is called away. ``schedule`` is the regular
    hand-over that it is one of.
    """
    if since and since not in bases(exporter, [scope.organisation], filters):
        raise ValidationError(_("Changes since this hand-over cannot be told any more."))
    with transaction.atomic():
        run = log_hand_over(
            identifier=exporter.identifier,
            user=scope.user,
            organisation=scope.organisation,
            purpose=purpose,
            file_format=file_format,
            filters={key: filters.getlist(key) for key in filters},
            filter_words=exporter.describe(scope, filters),
        )
        run.since = since
        run.language = get_language() or ""
        run.filter_key = filter_key(filters)
        run.digest_secret = token_bytes(SECRET_BYTES)
        run.in_background, run.days_kept = in_background, days_kept
        run.schedule, run.scheduled_for = schedule, scheduled_for
        run.save()
    return run


@transaction.atomic
def log_hand_over(
    *,
    identifier: str,
    user: User | None,
    organisation: Organisation,
    purpose: str,
    file_format: str,
    filters: dict[str, list[str]],
    filter_words: Sequence[tuple[str, str]],
) -> ExportRun:
    """Write into the log that something leaves the hub, before it does.

    ``identifier`` is the key of an exporter or of ``other_hand_overs``; without a ``user`` it is an
    operator, by a command. It gets the next number of the authority in the year: the log is never
    deleted from, so there is no gap.
    """
    # One after the other, so that no two get the same number.
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    year = timezone.localdate().year
    taken = ExportRun.objects.filter(organisation=organisation, year=year)
    run = ExportRun.objects.create(
        year=year,
        number=(taken.aggregate(last=Max("number"))["last"] or 0) + 1,
        user=user,
        organisation=organisation,
        exporter=identifier,
        file_format=file_format,
        purpose=purpose,
        filters=filters,
        filter_words=list(filter_words),
    )
    log(
        run,
        "exports.hand_over",
        user=user,
        data={"list": identifier, "authority": organisation.slug},
    )
    return run


def finish(*, run: ExportRun, row_count: int, sha256: str, manifest_sha256: str = "") -> None:
    """Write into the log what left the hub."""
    run.row_count = row_count
    run.sha256 = sha256
    run.manifest_sha256 = manifest_sha256
    run.finished_at = timezone.now()
    run.save(update_fields=["row_count", "sha256", "manifest_sha256", "finished_at"])


def keep(*, run: ExportRun, file: File) -> None:
    """Keep the file of a run to be fetched, for a day or as long as the run says; what is older
    goes.
    """
    sweep()
    run.file.save(f"{run.uuid}.{run.file_format}", file, save=False)
    run.expires_at = timezone.now() + run.lifetime
    run.save(update_fields=["file", "expires_at"])


def keep_digests(*, run: ExportRun, made: Made) -> None:
    """Keep what the next hand-over is compared with."""
    with made.digests.open("rb") as file:
        run.digests.save(f"{run.uuid}.sqlite3", File(file), save=False)
    run.save(update_fields=["digests"])


def sweep() -> int:
    """Delete the files that were kept for long enough, and say how many; the log stays.

    What later hand-overs are compared with goes with its secret after ``DIGESTS_LIFETIME``.
    """
    now = timezone.now()
    expired = ExportRun.objects.exclude(file="").filter(expires_at__lte=now)
    for run in expired:
        run.file.delete(save=False)
        run.save(update_fields=["file"])
    old = ExportRun.objects.exclude(digest_secret=None).filter(
        created_at__lte=now - DIGESTS_LIFETIME
    )
    for run in old:
        run.digests.delete(save=False)
        run.digest_secret = None
        run.save(update_fields=["digests", "digest_secret"])
    # Also those of work that broke off, which no run knows.
    known = set(ExportRun.objects.exclude(file="").values_list("file", flat=True))
    delete_written_until(now - LIFETIME, folder=FILES_FOLDER, but=known)
    delete_written_until(now - DIGESTS_LIFETIME, folder=DIGESTS_FOLDER)
    return len(expired)


def filter_key(filters: QueryDict) -> str:
    """Equal for filters that say the same, in whatever order."""
    given = {key: sorted(filter(None, filters.getlist(key))) for key in filters}
    said = {key: values for key, values in given.items() if values}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def filters_of(kept: ExportRun | ExportSchedule) -> QueryDict:
    """The filters that were written down, as an address has them."""
    filters = QueryDict(mutable=True)
    for key, values in kept.filters.items():
        filters.setlist(key, values)
    return filters


def bases(
    exporter: Exporter, organisations: Iterable[Organisation], filters: QueryDict
) -> QuerySet[ExportRun]:
    """The hand-overs since which changes of a list can be told, the latest first.

    Of the same list, authority, filters and language; what broke off, failed or was never fetched
    is none of them: nobody has its rows. What is begun with one can be made to its end.
    """
    return (
        ExportRun.objects.filter(
            exporter=exporter.identifier,
            organisation__in=organisations,
            filter_key=filter_key(filters),
            language=get_language() or "",
            handed_over_at__isnull=False,
            created_at__gt=timezone.now() - DIGESTS_LIFETIME + LONGEST_MAKING,
        )
        .exclude(digests="")
        .select_related("organisation")
        .order_by("-created_at", "-pk")
    )


def extent_in_words(run: ExportRun) -> str:
    """Whether a run handed over all rows or changes, and since when."""
    if run.since is None:
        return _("all rows")
    return _("changes since no. %(number)s of %(moment)s") % {
        "number": run.since.reference,
        "moment": date_format(timezone.localtime(run.since.created_at), "SHORT_DATETIME_FORMAT"),
    }


def stream(
    *, run: ExportRun, exporter: Exporter, scope: ExportScope, filters: QueryDict
) -> Iterator[bytes]:
    """The file in pieces, in flat memory; number of rows and checksum go into the log at its end.

    A stream that breaks off leaves the run without them. Raises ``ValidationError`` before anything
    is streamed where ``filters`` cannot be applied.
    """
    return write_file(
        run=run, exporter=exporter, scope=scope, filters=filters, done=partial(_left, run)
    )


def write_file(
    *,
    run: ExportRun,
    exporter: Exporter,
    scope: ExportScope,
    filters: QueryDict,
    done: Callable[[Made], None],
    tell: Callable[[int], None] = lambda count: None,
) -> Iterator[bytes]:
    """The file in pieces. ``tell`` hears of each row that is read, ``done`` when all is written.

    Raises ``ValidationError`` before the first piece where ``filters`` cannot be applied.
    """
    columns, rows = exporter.table(scope, filters)
    words = exporter.describe(scope, filters)
    return _pieces(run, exporter, columns, _told(rows, tell), words, get_language(), done)


def _pieces(
    run: ExportRun,
    exporter: Exporter,
    own_columns: Sequence[Column],
    keyed_rows: Iterable[tuple[str, Row]],
    filter_words: Sequence[tuple[str, str]],
    language: str | None,
    done: Callable[[Made], None],
) -> Iterator[bytes]:
    with TemporaryDirectory() as name, ExitStack() as opened:
        folder = Path(name)
        digests = opened.enter_context(_digests(run, folder / "rows"))
        columns = [*own_columns, ROW_KEY_COLUMN]
        with override(language):
            if run.since is None:
                rows = remembered(keyed_rows, digests)
            else:
                base = opened.enter_context(_kept_digests(run.since, folder / "base"))
                rows = changed(keyed_rows, digests, base, len(own_columns))
                if run.file_format != "json":
                    rows = _in_words(rows)
                columns.append(CHANGE_COLUMN)
            counted = Counted(rows)
            file = _list_file(run, exporter, columns, counted, filter_words)
            pieces = FORMATS[run.file_format].write(file)
        checksum = hashlib.sha256()
        for piece in _in_language(pieces, language):
            checksum.update(piece)
            yield piece
        opened.close()
        done(Made(counted.count, checksum.hexdigest(), folder / "rows"))


def _digests(run: ExportRun, path: Path) -> closing[RowDigests]:
    return closing(RowDigests(path, run.digest_secret or b""))


def _kept_digests(run: ExportRun, path: Path) -> closing[RowDigests]:
    """The digests of an earlier hand-over, copied to where they can be read."""
    with run.digests.open("rb") as kept, path.open("wb") as copy:
        shutil.copyfileobj(kept, copy)
    return _digests(run, path)


def _left(run: ExportRun, made: Made) -> None:
    """The last byte has left the hub."""
    with transaction.atomic():
        keep_digests(run=run, made=made)
        finish(run=run, row_count=made.row_count, sha256=made.sha256)
        run.handed_over_at = run.finished_at
        run.save(update_fields=["handed_over_at"])


def _in_words(rows: Iterable[Row]) -> Iterator[Row]:
    """What became of a row, for people."""
    words = {NEW: _("new"), CHANGED: _("changed"), GONE: _("gone")}
    for row in rows:
        yield (*row[:-1], words[row[-1]])


def _list_file(
    run: ExportRun,
    exporter: Exporter,
    columns: Sequence[Column],
    rows: Iterable[Row],
    filter_words: Sequence[tuple[str, str]],
) -> ListFile:
    made_at = timezone.localtime(run.created_at)
    label, authority, since = str(exporter.label), run.organisation, run.since
    return ListFile(
        columns=columns,
        rows=rows,
        title=label,
        authority=str(authority),
        notes=[
            (_("List"), label),
            (_("Authority"), authority.name),
            (_("Purpose"), run.purpose),
            (_("Handed over on"), date_format(made_at, "SHORT_DATETIME_FORMAT")),
            (_("Number"), run.reference),
            (_("Extent"), extent_in_words(run)),
            *filter_words,
        ],
        about={
            "format": JSON_FORMAT,
            "list": {"key": exporter.identifier, "label": label},
            "authority": {"name": authority.name, "official_key": authority.official_key},
            "purpose": run.purpose,
            "number": run.reference,
            "id": str(run.uuid),
            "made_at": made_at.isoformat(timespec="seconds"),
            "changes_since": since and {"number": since.reference, "id": str(since.uuid)},
            "filters": [{"label": label, "value": value} for label, value in filter_words],
        },
    )


def _in_language(pieces: Iterable[bytes], language: str | None) -> Iterator[bytes]:
    """``pieces``, each made in ``language``: a response is streamed when its request is over."""
    pieces = iter(pieces)
    while True:
        with override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _told(
    rows: Iterable[tuple[str, Row]], tell: Callable[[int], None]
) -> Iterator[tuple[str, Row]]:
    for count, row in enumerate(rows, start=1):
        tell(count)
        yield row


class Counted:
    """Counts what passes through."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.count += 1
            yield row
