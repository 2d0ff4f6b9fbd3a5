"""Moodle XML, the format every Moodle reads and writes."""

from .reading import parse
from .writing import write

__all__ = ["parse", "write"]
