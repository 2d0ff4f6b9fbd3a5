"""The whole run: create, fill, measure, show, keep."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict
from typing import Any

import django
import wagtail
from django.conf import settings
from django.db import connection
from django.utils import timezone

from .batch import BatchMeasurement, measure_batch
from .measuring import Measurement, NotMeasuredError, Piece, calibrate, measure
from .pieces import pieces
from .world import build

#: Seconds that Moodle's machine took for the calibration.
MOODLE_CALIBRATION = 1.62
#: So many people were in its course.
MOODLE_PEOPLE = 5000
#: Two calibrations that differ by more than this tell that others were at work.
BUSY = 1.15
COLUMNS = "{:32} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8}"


def measure_everything(people: int) -> None:
    """Create a database, measure, print the table, write ``var/bench.json``."""
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"→ {time.monotonic() - began:4.0f} s  {text}", flush=True)

    say(f"a fresh database ({connection.display_name})")
    if connection.vendor != "sqlite":
        connection.settings_dict["TEST"]["NAME"] = f"bench_{connection.settings_dict['NAME']}"
    kept_name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        world = build(people, say)
        say("calibration")
        calibration = calibrate()
        results: list[tuple[Piece, Measurement | str]] = []
        for piece in pieces(world):
            say(piece.name)
            try:
                results.append((piece, measure(piece)))
            except NotMeasuredError as reason:
                results.append((piece, str(reason)))
        say("batch of certificates")
        batch = measure_batch()
        again = calibrate()
    finally:
        connection.creation.destroy_test_db(kept_name, verbosity=0)
    if max(calibration, again) > BUSY * min(calibration, again):
        say(f"the machine was busy ({calibration:.2f} and {again:.2f} s): better measure again")
    calibration = min(calibration, again)
    rows = [_row(piece, measurement, calibration) for piece, measurement in results]
    _show(rows, people, calibration)
    print(batch)
    _keep(rows, people, calibration, batch)


def _row(piece: Piece, measurement: Measurement | str, calibration: float) -> dict[str, Any]:
    """One line of the table; ``ratio`` says how many times less than Moodle we take."""
    row: dict[str, Any] = {"piece": piece.name, "moodle_ms": piece.moodle_ms, "aim": piece.aim}
    if isinstance(measurement, str):
        row["not_measured"] = measurement
    else:
        ours = measurement.median_ms / calibration
        row |= {
            "median_ms": round(measurement.median_ms, 2),
            "min_ms": round(measurement.min_ms, 2),
            "queries": measurement.queries,
            "runs": len(measurement.cpu_ms),
        }
        if piece.moodle_ms is not None:
            row["ratio"] = round(piece.moodle_ms / MOODLE_CALIBRATION / ours, 1)
        if piece.rows:
            row["µs_per_row"] = round(1000 * measurement.median_ms / piece.rows, 1)
    return row


def _show(rows: list[dict[str, Any]], people: int, calibration: float) -> None:
    print(f"\n{people} people, {connection.display_name}. CPU ms of one process.")
    print(
        f"Calibration: {calibration:.2f} s, Moodle's {MOODLE_CALIBRATION} s; ratios allow for it.\n"
    )
    print(COLUMNS.format("piece", "median", "min", "Moodle", "ratio", "aim", "queries", "µs/row"))
    for row in rows:
        if "not_measured" in row:
            print(f"{row['piece']:32} {row['not_measured']}")
            continue
        print(
            COLUMNS.format(
                row["piece"],
                f"{row['median_ms']:.1f}",
                f"{row['min_ms']:.1f}",
                f"{row['moodle_ms']:,}" if "ratio" in row else "",
                f"{row['ratio']:.1f}×" if "ratio" in row else "",
                f"{row['aim']}×" if "ratio" in row else "",
                row["queries"],
                row.get("µs_per_row", ""),
            )
        )
    print("Moodle's list is its completion report; its fastest report took 1,000, as XLSX 1,300.")
    if people != MOODLE_PEOPLE:
        print(f"Moodle had {MOODLE_PEOPLE} people: compare lists and import by what a row costs.")


def _keep(
    rows: list[dict[str, Any]], people: int, calibration: float, batch: BatchMeasurement
) -> None:
    path = settings.VAR_DIR / "bench.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps(
            {
                "measured_at": timezone.now().isoformat(timespec="seconds"),
                "people": people,
                "database": connection.display_name,
                "python": platform.python_version(),
                "django": django.get_version(),
                "wagtail": wagtail.__version__,
                "calibration_s": round(calibration, 3),
                "moodle_calibration_s": MOODLE_CALIBRATION,
                "pieces": rows,
                "batch": asdict(batch),
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )
    print(f"\nKept in {path}")
