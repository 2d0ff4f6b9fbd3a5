"""Reads the rows of a spreadsheet or CSV file, whatever they mean."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from .decoding import NoText, decode

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
#: The first one wins where a file holds as many of another.
DELIMITERS = ";\t,"
SAMPLE_LINES = 20
#: Reads a workbook from its standard input; see there why it is a process of its own.
READER = Path(__file__).with_name("workbook_reader.py")
SECONDS = 60

Row = list[Any]


class UnreadableError(Exception):
    """A file is not what was asked for; the message says in plain words what to do."""


def read_rows(content: bytes) -> list[Row]:
    """All rows from the first one on, so that ``rows[4]`` is row 5 in every spreadsheet program.

    Takes XLSX, ODS and XLS (the first sheet that is visible and holds something) and CSV with
    commas, semicolons or tabs in UTF-8, UTF-16 or Windows-1252. Raises ``UnreadableError``.
    """
    if content.startswith((ZIP, OLE)):
        return _read_workbook(content)
    try:
        return _read_csv(decode(content))
    except NoText as error:
        raise UnreadableError(
            _("The file is no text. Please save it as XLSX, ODS or CSV.")
        ) from error


def _read_workbook(content: bytes) -> list[Row]:
    try:
        answer = subprocess.run(  # noqa: S603 - our own script, the file goes to its input
            [sys.executable, "-I", str(READER)],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
        rows: list[Row] = json.loads(answer.stdout, object_hook=_restored)
    except (subprocess.SubprocessError, ValueError) as error:
        raise UnreadableError(
            _("The file cannot be read. Please save it as XLSX, ODS or CSV, without a password.")
        ) from error
    return rows


def _restored(tagged: dict[str, Any]) -> Any:
    """A date or time as ``workbook_reader`` writes it."""
    [(kind, text)] = tagged.items()
    if kind == "timedelta":
        return timedelta(seconds=text)
    kinds: dict[str, Any] = {"datetime": datetime, "date": date, "time": time}
    return kinds[kind].fromisoformat(text)


def _read_csv(text: str) -> list[Row]:
    sample = text.splitlines()[:SAMPLE_LINES]
    delimiter = max(DELIMITERS, key=lambda sign: sum(sign in line for line in sample))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise UnreadableError(
            _("The file is no CSV. Please save it as XLSX, ODS or CSV.")
        ) from error
