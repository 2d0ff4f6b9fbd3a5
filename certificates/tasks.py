"""What runs beside the requests."""

from __future__ import annotations

from django_tasks import task

from .bulk import work_on
from .models import IssueRun


@task(backend="long")
def issue_many(run: str) -> None:
    """Work on the run with this uuid to its end; safe to repeat."""
    for _progress in work_on(IssueRun.objects.get(uuid=run)):
        pass
