"""A thousand certificates at once: CPU of all processes, time on the clock, and memory.

It is no piece like the others, for the work is done in other processes and takes half a minute.
"""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from certificates.actions import issue_certificate
from certificates.batch import Progress, render_pending
from certificates.models import Certificate
from courses.enums import EnrolmentStatus
from courses.models import Enrolment

CERTIFICATES = 1000


@dataclass(frozen=True)
class BatchMeasurement:
    """What a batch takes; memory in MB, the largest of any process, early and at the end."""

    certificates: int
    processes: int
    cpu_ms: float
    seconds: float
    early_mb: float
    peak_mb: float

    def __str__(self) -> str:
        return (
            f"Batch of {self.certificates:,} certificates in {self.processes} processes: "
            f"{self.cpu_ms:.1f} CPU ms each, {self.seconds:.0f} s; memory of the largest "
            f"{self.early_mb:.0f} MB after a tenth, {self.peak_mb:.0f} MB at the end."
        )


def measure_batch(count: int = CERTIFICATES, processes: int | None = None) -> BatchMeasurement:
    """Issue certificates, unmeasured, and make their PDFs over all processors."""
    completed = Enrolment.objects.filter(status=EnrolmentStatus.COMPLETED, certificates=None)
    for enrolment in completed.order_by("pk")[:count]:
        issue_certificate(enrolment=enrolment)
    pending = Certificate.objects.filter(pdf_sha256="")
    early: list[float] = []

    def watch(progress: Progress) -> None:
        if not early and progress.made >= progress.total / 10:
            early.append(_largest_mb())

    began, cpu = time.monotonic(), _cpu()
    progress = render_pending(pending, processes=processes, on_progress=watch)
    if progress.failed or not progress.made:
        raise RuntimeError(f"{progress.failed} of {progress.total} certificates have no PDF")
    return BatchMeasurement(
        certificates=progress.made,
        processes=processes or os.cpu_count() or 1,
        cpu_ms=(_cpu() - cpu) * 1000 / progress.made,
        seconds=time.monotonic() - began,
        early_mb=early[0],
        peak_mb=_largest_mb(),
    )


def _cpu() -> float:
    """Seconds of this process and of those it has waited for."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def _largest_mb() -> float:
    """The largest memory of this process and of its children, those running included."""
    sizes = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]
    sizes.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    me = os.getpid()
    for process in os.listdir("/proc"):
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in lines if ":" in line)
        if int(fields["PPid"]) == me and "VmHWM" in fields:
            sizes.append(int(fields["VmHWM"].split()[0]))
    return max(sizes) / 1024
