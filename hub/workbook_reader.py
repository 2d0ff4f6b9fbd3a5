"""Prints the rows of the workbook on standard input as JSON; run by ``hub.tables``.

A process of its own with limits of its own: a file of a few kilobytes may claim a cell in the last
row and column, four billion texts, or unpack to more than the machine holds. The library then ends
the process it runs in, which must be no process that serves people.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

MEMORY = 1024**3
CPU_SECONDS = 50
UNREADABLE = 2


def rows_of(content: bytes) -> list[list[Any]]:
    """The rows of the first sheet that is visible and holds something."""
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        for number, sheet in enumerate(workbook.sheets_metadata):
            if sheet.visible == SheetVisibleEnum.Visible:
                rows = workbook.get_sheet_by_index(number).to_python(skip_empty_area=False)
                if rows:
                    return rows
    return []


def tagged(value: Any) -> Any:
    """Dates and times, which JSON does not know."""
    if isinstance(value, timedelta):
        return {"timedelta": value.total_seconds()}
    for kind in (datetime, date, time):
        if isinstance(value, kind):
            return {kind.__name__: value.isoformat()}
    raise TypeError(f"{value!r} is no value of a cell")


def main() -> None:
    """Read, and exit with ``UNREADABLE`` where there is nothing to read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        rows = rows_of(sys.stdin.buffer.read())
    except (CalamineError, MemoryError):
        sys.exit(UNREADABLE)
    json.dump(rows, sys.stdout, default=tagged)


if __name__ == "__main__":
    main()
