"""What runs beside the requests."""

from __future__ import annotations

from django_tasks import task

from .importing.runs import take_over
from .models import EmployeeImport


@task(backend="long")
def take_over_import(run: str) -> None:
    """Carry out the confirmed import with this uuid; safe to repeat."""
    take_over(EmployeeImport.objects.get(uuid=run))
