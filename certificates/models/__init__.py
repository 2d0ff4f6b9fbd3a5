"""Proof: what was issued, what it is written with, and issuing many at once."""

from .issued import Certificate, CertificateKind, CertificateStatus, NumberRange
from .runs import IssueRun, RunKind
from .templates import CertificateTemplate, CertificateWording, TemplateCourse, TemplateSignatory

__all__ = [
    "Certificate",
    "CertificateKind",
    "CertificateStatus",
    "CertificateTemplate",
    "CertificateWording",
    "IssueRun",
    "NumberRange",
    "RunKind",
    "TemplateCourse",
    "TemplateSignatory",
]
