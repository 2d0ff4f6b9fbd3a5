"""The templates the certificates of the demo hub are written with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from wagtail.models import Revision

from certificates.actions import DEFAULT_DESIGN
from certificates.models import (
    CertificateTemplate,
    CertificateWording,
    TemplateCourse,
    TemplateSignatory,
)
from certificates.signatures import signature_uri

from .content import TemplateText
from .plan import course_key


def create_templates(texts: Iterable[TemplateText], published_at: datetime) -> None:
    """Write and publish them, as old as the pages.

    Raises ``PublishingRefused`` for what the editor's own checks refuse.
    """
    for text in texts:
        template = CertificateTemplate(**text.fields, design=DEFAULT_DESIGN, live=False)
        template.wordings = [CertificateWording(**values) for values in text.wordings]
        template.signatories = [
            TemplateSignatory(name=name, role=role, signature=signature_uri(path.read_bytes()))
            for name, role, path in text.signatories
        ]
        template.courses = [TemplateCourse(course_key=course_key(slug)) for slug in text.courses]
        template.save()
        template.save_revision(log_action=True).publish()
    _date_back(published_at)


def _date_back(published_at: datetime) -> None:
    rows = CertificateTemplate.objects.all()
    rows.update(first_published_at=published_at, last_published_at=published_at)
    revisions = list(rows.values_list("latest_revision", flat=True))
    Revision.objects.filter(pk__in=revisions).update(created_at=published_at)
