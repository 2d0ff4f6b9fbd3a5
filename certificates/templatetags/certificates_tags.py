"""Certificates on pages of other apps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import template
from django.db.models.fields.json import KT

from certificates import wording
from certificates.actions import issue_certificate
from certificates.models import Certificate
from courses.models import Enrolment
from courses.progress import CourseOnDesk

register = template.Library()


@register.simple_tag(takes_context=True)
def my_certificates(context: dict[str, Any]) -> dict[int, Certificate]:
    """The person's certificates that are not replaced, newest first, by enrolment; one query."""
    certificates = (
        Certificate.objects.filter(
            enrolment__user=context["request"].user, replaced_by__isnull=True
        )
        .annotate(course_title=KT("payload__course__title"))
        .defer("payload")
    )
    return {certificate.enrolment_id: certificate for certificate in certificates}


@register.simple_tag
def certificate_of(
    certificates: dict[int, Certificate], enrolment: Enrolment
) -> Certificate | None:
    """The certificate of one enrolment out of ``my_certificates``."""
    return certificates.get(enrolment.pk)


@register.simple_tag
def earlier_certificates(
    certificates: dict[int, Certificate], *current: Sequence[CourseOnDesk]
) -> list[Certificate]:
    """Those out of ``my_certificates`` that belong to none of the courses in ``current``.

    They are of earlier cycles: a refresher takes no certificate away.
    """
    shown = {course.state.enrolment.pk for courses in current for course in courses}
    return [certificate for pk, certificate in certificates.items() if pk not in shown]


@register.simple_tag
def certificate_for(enrolment: Enrolment) -> Certificate:
    """The certificate of a completed enrolment; issued now if the process died before."""
    return issue_certificate(enrolment=enrolment)


@register.simple_tag
def placeholders() -> dict[str, Any]:
    """What may stand in the texts of a template, and what for."""
    return wording.PLACEHOLDERS


@register.simple_tag
def fixed_note() -> str:
    """The note of every certificate."""
    return wording.fixed_note()


@register.filter
def iso_date(value: str | None) -> Any:
    """A date out of a frozen payload, for the ``date`` filter."""
    return date.fromisoformat(value) if value else None
