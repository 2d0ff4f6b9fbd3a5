"""Certificate designs; see ``base.CertificateDesign``."""

from .base import CertificateDesign, designs
from .classic import ClassicDesign

__all__ = ["CertificateDesign", "ClassicDesign", "designs"]
