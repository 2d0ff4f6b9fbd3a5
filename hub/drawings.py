"""Which SVG drawings from outside the hub shows: those that run nothing and load nothing."""

import re

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

REFERENCE = re.compile(r"(?:url\(|@import|javascript:)(?!\s*[\"']?#)", re.IGNORECASE)
FORBIDDEN_ELEMENTS = {"script", "foreignObject", "iframe", "image", "use", "a"}


class NoDrawing(ValueError):
    """A file is no SVG drawing."""


class UnsafeDrawing(ValueError):
    """A drawing holds scripts or refers to something outside itself."""


class HasLetters(ValueError):
    """A drawing holds text, which is set in whatever font a machine has."""


def check_drawing(content: bytes, *, may_have_letters: bool = True) -> None:
    """Accept an SVG drawing in UTF-8 that may stand in any page or document.

    Where it must look the same on every machine and need no font, ``may_have_letters`` is False.
    Raises ``NoDrawing``, ``UnsafeDrawing`` or ``HasLetters``.
    """
    try:
        root = ElementTree.fromstring(content.decode(), forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        raise NoDrawing from error
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise NoDrawing
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2]
        unsafe = name in FORBIDDEN_ELEMENTS or any(
            attribute.lower().startswith("on")
            or attribute.rpartition("}")[2] == "href"
            or REFERENCE.search(value)
            for attribute, value in element.attrib.items()
        )
        if unsafe or REFERENCE.search(element.text or ""):
            raise UnsafeDrawing
        if not may_have_letters and (name == "text" or "@font-face" in (element.text or "")):
            raise HasLetters
