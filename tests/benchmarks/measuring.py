"""CPU time of this process, stable enough to compare days and machines."""

from __future__ import annotations

import gc
import hashlib
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.test.utils import CaptureQueriesContext

#: Fill caches, import lazily, compile templates: the first runs are another matter.
WARM_UP_RUNS = 3
#: The same work on every machine: two million digests of a kilobyte.
CALIBRATION_DIGESTS = 2_000_000

Work = Callable[[], object]


class NotMeasuredError(Exception):
    """The hub cannot do this piece of work (yet); the message says why."""


@dataclass(frozen=True)
class Piece:
    """A piece of work: ``prepare`` brings about its beginning, unmeasured, and returns the work.

    ``moodle_ms`` is what Moodle 5.1 took with 5,000 people, ``aim`` the part of it that we want to
    take; ``None`` where Moodle was not measured. ``rows`` is how many rows a list has.
    """

    name: str
    moodle_ms: float | None
    prepare: Callable[[], Work]
    aim: int = 10
    runs: int = 21
    rows: int = 0


@dataclass(frozen=True)
class Measurement:
    """What one piece of work costs; queries are those of a single run after the warm-up."""

    cpu_ms: tuple[float, ...]
    queries: int

    @property
    def median_ms(self) -> float:
        return statistics.median(self.cpu_ms)

    @property
    def min_ms(self) -> float:
        return min(self.cpu_ms)


def calibrate() -> float:
    """Seconds of CPU for SHA-256 of 1,000 bytes, two million times: how fast this machine is."""
    data = b"x" * 1000
    began = time.process_time()
    for _number in range(CALIBRATION_DIGESTS):
        hashlib.sha256(data).digest()
    return time.process_time() - began


def measure(piece: Piece) -> Measurement:
    """Run a piece of work until its median is worth something. Raises ``NotMeasuredError``."""
    for _number in range(WARM_UP_RUNS - 1):
        piece.prepare()()
    work = piece.prepare()
    with CaptureQueriesContext(connection) as captured:
        work()
    queries = len(captured)  # now, for every later request empties the log
    gc.collect()
    gc.freeze()  # what stays in memory need not be looked at between the runs
    cpu_ms = tuple(_cpu_ms(piece.prepare()) for _number in range(piece.runs))
    return Measurement(cpu_ms, queries)


def _cpu_ms(work: Work) -> float:
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        work()
        return (time.process_time() - began) * 1000
    finally:
        gc.enable()
