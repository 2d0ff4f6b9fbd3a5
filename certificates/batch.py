"""Making the PDFs of many certificates, over all processors.

Other processes draw, check and sign; this one alone reads and writes the database and the files. No
more than a few certificates are on their way at any time, so memory stays flat however many
there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from typing import Any

import django
from django.db.models import QuerySet

from .actions import keep_pdf
from .making import MadePDF, make_pdf
from .models import Certificate

#: Certificates handed to a process at a time; fewer cost more in passing them on.
AT_A_TIME = 8

Batch = list[tuple[int, dict[str, Any], str]]
Made = list[tuple[int, MadePDF]]


@dataclass
class Progress:
    """How far it is; ``failed`` are certificates that have no PDF."""

    total: int
    made: int = 0
    failed: int = 0


def render_pending(
    certificates: QuerySet[Certificate],
    *,
    processes: int | None = None,
    on_progress: Callable[[Progress], object] = lambda progress: None,
) -> Progress:
    """Make the PDFs of those certificates that have none; safe to repeat and to stop.

    ``processes`` is the number of processors unless it is given. Those whose PDF could not be made
    before are tried again.
    """
    pending = certificates.filter(pdf_sha256="").order_by("pk")
    progress = Progress(pending.count())
    rows = pending.values_list("pk", "payload", "design").iterator(chunk_size=500)
    for made in _made(_batches(rows), min(processes or os.cpu_count() or 1, progress.total)):
        for pk, pdf in made:
            keep_pdf(pk=pk, made=pdf)
            if pdf.content:
                progress.made += 1
            else:
                progress.failed += 1
        on_progress(progress)
    return progress


def _made(batches: Iterator[Batch], processes: int) -> Iterator[Made]:
    if processes <= 1:
        yield from map(_make, batches)
        return
    # Never forked: threads, locks and open databases of this process are not for others.
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=django.setup) as pool:
        running = {pool.submit(_make, batch) for batch in islice(batches, 2 * processes)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(_make, batch) for batch in islice(batches, len(done))}
            yield from map(Future.result, done)


def _make(batch: Batch) -> Made:
    return [(pk, make_pdf(payload, design)) for pk, payload, design in batch]


def _batches(rows: Iterable[tuple[int, dict[str, Any], str]]) -> Iterator[Batch]:
    remaining = iter(rows)
    while batch := list(islice(remaining, AT_A_TIME)):
        yield batch
