"""Handing a list over: the log first, then the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import Max
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from hub.organisations.models import Organisation, User
from hub.spreadsheets import Row

from .exporters import Exporter, ExportScope
from .formats import FORMATS, ListFile
from .models import ExportRun

#: How long a file is kept: long enough to be fetched, also by who is called away.
LIFETIME = timedelta(days=1)

#: What a file in JSON is; raised when it means something else.
JSON_FORMAT = "ki-hub-hand-over/1"


def start_run(
    *, exporter: Exporter, scope: ExportScope, purpose: str, file_format: str, filters: QueryDict
) -> ExportRun:
    """Write into the log that a list is handed over, before its first row leaves."""
    return log_hand_over(
        identifier=exporter.identifier,
        user=scope.user,
        organisation=scope.organisation,
        purpose=purpose,
        file_format=file_format,
        filters={key: filters.getlist(key) for key in filters},
        filter_words=exporter.describe(scope, filters),
    )


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
    """Keep the file of a run to be fetched, for a day; what is older goes."""
    sweep()
    run.file.save(f"{run.uuid}.{run.file_format}", file, save=False)
    run.expires_at = timezone.now() + LIFETIME
    run.save(update_fields=["file", "expires_at"])


def sweep() -> int:
    """Delete the files that were kept for long enough, and say how many; the log stays."""
    expired = ExportRun.objects.exclude(file="").filter(expires_at__lte=timezone.now())
    for run in expired:
        run.file.delete(save=False)
        run.save(update_fields=["file"])
    return len(expired)


def stream(
    *, run: ExportRun, exporter: Exporter, scope: ExportScope, filters: QueryDict
) -> Iterator[bytes]:
    """The file in pieces, in flat memory; number of rows and checksum go into the log at its end.

    A stream that breaks off leaves the run without them. Raises ``ValidationError`` before anything
    is streamed where ``filters`` cannot be applied.
    """
    counted = Counted(exporter.rows(exporter.get_queryset(scope, filters)))
    file = _list_file(run, exporter, counted, exporter.describe(scope, filters))
    pieces = FORMATS[run.file_format].write(file)
    return _recorded(run, counted, _in_language(pieces, get_language()))


def _list_file(
    run: ExportRun,
    exporter: Exporter,
    rows: Iterable[Row],
    filter_words: Sequence[tuple[str, str]],
) -> ListFile:
    made_at = timezone.localtime(run.created_at)
    label, authority = str(exporter.label), run.organisation
    return ListFile(
        columns=exporter.columns,
        rows=rows,
        title=label,
        authority=str(authority),
        notes=[
            (_("List"), label),
            (_("Authority"), authority.name),
            (_("Purpose"), run.purpose),
            (_("Handed over on"), date_format(made_at, "SHORT_DATETIME_FORMAT")),
            (_("Number"), run.reference),
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
            "filters": [{"label": label, "value": value} for label, value in filter_words],
        },
    )


def _recorded(run: ExportRun, counted: Counted, pieces: Iterable[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    ExportRun.objects.filter(pk=run.pk).update(
        row_count=counted.count, sha256=digest.hexdigest(), finished_at=timezone.now()
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


class Counted:
    """Counts what passes through."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self.rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in self.rows:
            self.count += 1
            yield row
