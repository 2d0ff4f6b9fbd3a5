"""What runs beside the requests."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from .actions import enrol_authority
from .reminding import remind


@task(backend="long")
def enrol_authority_later(organisation_id: int, course_key: str) -> None:
    """Enrol all who work for an authority as it asks for a course; safe to repeat."""
    enrol_authority(organisation_id=organisation_id, course_key=UUID(course_key))


@task(backend="long")
def send_reminders() -> None:
    """Queue and send the mails that remind people; safe to repeat and to race."""
    remind()
