"""The formats of a list that is handed over; form, stream and addresses know them from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hub import opendocument
from hub.json_tables import write_json
from hub.opendocument import write_ods
from hub.spreadsheets import Column, Row, write_csv, write_xlsx


@dataclass(frozen=True, slots=True)
class ListFile:
    """What a file says, whatever its format: ``notes`` for people, ``about`` for programs."""

    columns: Sequence[Column]
    rows: Iterable[Row]
    title: str
    authority: str
    notes: Sequence[tuple[str, str]]
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format; ``write`` makes the file in pieces, in flat memory, equal bytes of equal input."""

    label: str | Promise
    content_type: str
    write: Callable[[ListFile], Iterator[bytes]]


def _xlsx(file: ListFile) -> Iterator[bytes]:
    return write_xlsx(
        file.columns,
        file.rows,
        sheet_title=file.title,
        document_title=f"{file.title} · {file.authority}",
        notes=file.notes,
    )


def _ods(file: ListFile) -> Iterator[bytes]:
    return write_ods(
        file.columns,
        file.rows,
        sheet_title=file.title,
        document_title=f"{file.title} · {file.authority}",
        notes=file.notes,
    )


def _csv(file: ListFile) -> Iterator[bytes]:
    return write_csv(file.columns, file.rows)


def _json(file: ListFile) -> Iterator[bytes]:
    return write_json(file.columns, file.rows, about=file.about)


#: By the ending of the file, which stands in the log.
FORMATS = {
    "xlsx": FileFormat(
        _("Excel workbook (XLSX)"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _xlsx,
    ),
    "ods": FileFormat(_("OpenDocument, for LibreOffice (ODS)"), opendocument.MEDIA_TYPE, _ods),
    "csv": FileFormat(_("CSV for a German Excel"), "text/csv; charset=utf-8", _csv),
    "json": FileFormat(_("JSON, for programs"), "application/json", _json),
}
