"""Which SVG drawings from outside the hub shows: those that run nothing and load nothing."""

import re
from graphlib import CycleError, TopologicalSorter
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

INNER_REFERENCE = re.compile(r"url\(\s*[\"']?#([^\"')\s]+)")
REFERENCE = re.compile(r"(?:url\(|@import|javascript:)(?!\s*[\"']?#)", re.IGNORECASE)
FORBIDDEN_ELEMENTS = {"script", "foreignObject", "iframe", "image", "use", "a"}


class NoDrawing(ValueError):
    """A file is no SVG drawing."""


class UnsafeDrawing(ValueError):
    """A drawing holds scripts, refers to something outside itself, or to itself in a circle."""


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
    try:
        TopologicalSorter(_references(root)).prepare()
    except CycleError as error:
        raise UnsafeDrawing from error


def _references(root: Element) -> dict[str, set[str]]:
    """Which named parts need which others to be drawn: as masks, markers, patterns, gradients."""
    return {
        part.attrib["id"]: {
            name
            for element in part.iter()
            for value in element.attrib.values()
            for name in INNER_REFERENCE.findall(value)
        }
        for part in root.iter()
        if "id" in part.attrib
    }
