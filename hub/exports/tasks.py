"""What runs beside the requests."""

from __future__ import annotations

from django_tasks import task

from .making import make
from .models import ExportRun


@task(backend="long")
def make_hand_over(run: str) -> None:
    """Make the file of the run with this uuid; safe to repeat."""
    make(ExportRun.objects.select_related("organisation", "user", "since").get(uuid=run))
