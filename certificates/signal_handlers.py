"""Certificates listen to the learning core; the core does not know them."""

from typing import Any

from courses.models import Enrolment
from courses.signals import course_completed

from .actions import issue_certificate


def issue_on_completion(sender: type, enrolment: Enrolment, **kwargs: Any) -> None:
    """A completed course has its certificate at once."""
    issue_certificate(enrolment=enrolment)


def connect() -> None:
    """Called once when the apps are ready."""
    course_completed.connect(issue_on_completion, dispatch_uid="certificates.issue_on_completion")
