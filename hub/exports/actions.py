"""Handing a list over: the log first, then the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from hub.spreadsheets import write_csv, write_xlsx

from .exporters import Exporter, ExportScope
from .models import ExportRun

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@transaction.atomic
def start_run(
    *, exporter: Exporter, scope: ExportScope, purpose: str, file_format: str, filters: QueryDict
) -> ExportRun:
    """Write into the log that a list is handed over, before its first row leaves."""
    run = ExportRun.objects.create(
        user=scope.user,
        organisation=scope.organisation,
        exporter=exporter.identifier,
        file_format=file_format,
        purpose=purpose,
        filters={key: filters.getlist(key) for key in filters},
        filter_words=exporter.describe(scope, filters),
    )
    log(
        run,
        "exports.hand_over",
        user=scope.user,
        data={"list": exporter.identifier, "authority": scope.organisation.slug},
    )
    return run


def stream(
    *, run: ExportRun, exporter: Exporter, scope: ExportScope, filters: QueryDict
) -> Iterator[bytes]:
    """The file in pieces, in flat memory; number of rows and checksum go into the log at its end.

    A stream that breaks off leaves the run without them. Raises ``ValidationError`` before anything
    is streamed where ``filters`` cannot be applied.
    """
    counted = Counted(exporter.rows(exporter.get_queryset(scope, filters)))
    if run.file_format == "csv":
        pieces = write_csv(exporter.columns, counted)
    else:
        pieces = write_xlsx(
            exporter.columns,
            counted,
            sheet_title=str(exporter.label),
            document_title=f"{exporter.label} · {scope.organisation}",
            notes=[
                (_("List"), str(exporter.label)),
                (_("Authority"), scope.organisation.name),
                (_("Purpose"), run.purpose),
                (
                    _("Handed over on"),
                    date_format(timezone.localtime(run.created_at), "SHORT_DATETIME_FORMAT"),
                ),
                (_("Number"), str(run.uuid)),
                *exporter.describe(scope, filters),
            ],
        )
    return _recorded(run, counted, _in_language(pieces, get_language()))


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
