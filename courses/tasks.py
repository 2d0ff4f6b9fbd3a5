"""What runs beside the requests."""

from __future__ import annotations

from django_tasks import task

from .reminding import remind


@task(backend="long")
def send_reminders() -> None:
    """Queue and send the mails that remind people; safe to repeat and to race."""
    remind()
