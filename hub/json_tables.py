"""Tables as JSON for programs, written as a stream of bytes.

One object: what the table is, its columns with key, label and kind, and its rows, each an object
by the keys. A text is its text, a number a number, a date ``2027-03-12``, a datetime has its
offset, and an empty cell is ``null``. Nothing in it can run: a string is a string for whoever reads
it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from django.utils import timezone

from .spreadsheets import Column, Kind, Row, local_value, row_blocks, without_controls


def write_json(
    columns: Sequence[Column], rows: Iterable[Row], *, about: Mapping[str, Any]
) -> Iterator[bytes]:
    """Write the members of ``about``, then ``columns`` and ``rows``.

    Raises ``ValueError`` before anything is written where a column has no key or two have the same.
    """
    keys = [column.key for column in columns]
    if "" in keys or len(set(keys)) < len(keys):
        raise ValueError(f"The columns need keys of their own: {keys}")
    zone = timezone.get_current_timezone()
    head = {
        **about,
        "columns": [
            {"key": column.key, "label": str(column.label), "kind": column.kind}
            for column in columns
        ],
    }
    # Cut open before the last brace, where the rows come in.
    opening = json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "rows": ['
    formats = _formats(zone)
    cells = [(column.key, formats[column.kind]) for column in columns]
    return _file(opening, cells, rows)


def _formats(zone: tzinfo) -> dict[Kind, Callable[[Any], Any]]:
    """By kind, the function that makes a value of JSON."""

    def text(value: Any) -> str:
        return without_controls(str(value))

    def day(value: date | datetime) -> str:
        value = local_value(value, zone)
        return f"{value.year:04}-{value.month:02}-{value.day:02}"

    def moment(value: datetime) -> str:
        aware = value if value.tzinfo else value.replace(tzinfo=zone)
        return aware.astimezone(zone).isoformat(timespec="seconds")

    def integer(value: int) -> int:
        return int(f"{value:d}")

    return {"text": text, "lines": text, "integer": integer, "date": day, "datetime": moment}


def _file(
    opening: str, cells: Sequence[tuple[str, Callable[[Any], Any]]], rows: Iterable[Row]
) -> Iterator[bytes]:
    yield opening.encode("utf-8", "replace")
    dump = json.JSONEncoder(ensure_ascii=False).encode
    separator = "\n  "
    for block in row_blocks(iter(rows)):
        lines = [
            dump(
                {
                    key: None if value is None else cell(value)
                    for (key, cell), value in zip(cells, row, strict=True)
                }
            )
            for row in block
        ]
        yield (separator + ",\n  ".join(lines)).encode()
        separator = ",\n  "
    yield b"\n ]\n}\n"
