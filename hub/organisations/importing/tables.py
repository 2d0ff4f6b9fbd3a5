"""Reads the rows of a spreadsheet or CSV file, whatever they mean."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
#: The first one wins where a file holds as many of another.
DELIMITERS = ";\t,"
SAMPLE_LINES = 20

Row = list[Any]


class UnreadableError(Exception):
    """A file is no list of employees; the message says in plain words what to do."""


def read_rows(content: bytes) -> list[Row]:
    """All rows from the first one on, so that ``rows[4]`` is row 5 in every spreadsheet program.

    Takes XLSX, ODS and XLS (the first sheet that is visible and holds something) and CSV with
    commas, semicolons or tabs in UTF-8 or Windows-1252. Raises ``UnreadableError``.
    """
    if content.startswith((ZIP, OLE)):
        return _read_workbook(content)
    return _read_csv(_decode(content))


def _read_workbook(content: bytes) -> list[Row]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            for number, sheet in enumerate(workbook.sheets_metadata):
                if sheet.visible == SheetVisibleEnum.Visible:
                    rows = workbook.get_sheet_by_index(number).to_python(skip_empty_area=False)
                    if rows:
                        return rows
    except CalamineError as error:
        raise UnreadableError(
            _("The file cannot be read. Please save it as XLSX, ODS or CSV, without a password.")
        ) from error
    return []


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableError(_("The file is no text. Please save it as XLSX, ODS or CSV."))


def _read_csv(text: str) -> list[Row]:
    sample = text.splitlines()[:SAMPLE_LINES]
    delimiter = max(DELIMITERS, key=lambda sign: sum(sign in line for line in sample))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableError(
            _("The file is no CSV. Please save it as XLSX, ODS or CSV.")
        ) from error
