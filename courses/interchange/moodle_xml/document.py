"""The XML of a Moodle question file, one question at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.entities import html5
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from django.utils.translation import gettext as _

from hub.tables import UnreadableError

CHUNK = 65_536
#: Elements inside elements; Moodle needs seven.
MAX_DEPTH = 30

CDATA_START, CDATA_END = "<![CDATA[", "]]>"

_declaration = re.compile(r"^\s*<\?xml[^>]{0,200}?\?>")
_find_ampersand = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,30});)?")
_not_in_xml = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_XML_NAMES = {"amp", "lt", "gt", "quot", "apos"}


def read_questions(text: str, take: Callable[[Element, int], None]) -> None:
    """Call ``take`` with each ``<question>`` of a file and its line; memory holds one at a time.

    Raises ``UnreadableError`` for what is no Moodle XML.
    """
    text = _repaired(text)
    target = _Questions(take)
    parser = DefusedXMLParser(target=target, encoding="utf-8", forbid_dtd=True)
    target.line = lambda: parser.parser.CurrentLineNumber
    try:
        for start in range(0, len(text), CHUNK):
            parser.feed(text[start : start + CHUNK].encode())
        parser.close()
    except DefusedXmlException as error:
        raise UnreadableError(
            _(
                "The file begins with a document type (DOCTYPE), which can do harm. Moodle writes "
                "none. Please export the questions from Moodle once more."
            )
        ) from error
    except ParseError as error:
        raise UnreadableError(
            _(
                "The file is damaged at line %(line)s. Please export the questions once more, or "
                "correct that line."
            )
            % {"line": error.position[0]}
        ) from error
    except ValueError as error:
        raise UnreadableError(
            _("The file is no XML. Please export the questions from Moodle as Moodle XML.")
        ) from error


def _repaired(text: str) -> str:
    """XML that a strict parser takes: no control characters, no names of HTML, no bare "&"."""
    text = _not_in_xml.sub("", _declaration.sub(_same_lines, text, count=1))
    return "".join(
        part if is_literal else _find_ampersand.sub(_as_xml, part)
        for part, is_literal in _sections(text.lstrip("\ufeff"))
    )


def _sections(text: str) -> Iterator[tuple[str, bool]]:
    """``text`` in pieces, each with whether it is a CDATA section, where an "&" is just that."""
    position = 0
    while (start := text.find(CDATA_START, position)) >= 0:
        end = text.find(CDATA_END, start)
        if end < 0:
            break
        end += len(CDATA_END)
        yield text[position:start], False
        yield text[start:end], True
        position = end
    yield text[position:], False


def _same_lines(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n")


def _as_xml(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        return "&amp;"
    if name in _XML_NAMES:
        return match.group()
    if name.startswith("#"):
        digits = name[1:]
        number = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
        allowed = number < 0x110000 and not _not_in_xml.match(chr(number))
        return match.group() if allowed else ""
    return html5.get(f"{name};", f"&amp;{name};")


class _Questions:
    """A parser's target that builds one question, hands it on and forgets it."""

    def __init__(self, take: Callable[[Element, int], None]) -> None:
        self.take = take
        self.line: Callable[[], int] = lambda: 0
        self.depth = 0
        self.builder: TreeBuilder | None = None
        self.started_at = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth == 1 and tag != "quiz":
            raise UnreadableError(
                _(
                    "The file is XML, but no question file of Moodle: it begins with “%(tag)s” "
                    "instead of “quiz”. In Moodle, choose “Moodle XML” when you export."
                )
                % {"tag": tag[:40]}
            )
        if self.depth > MAX_DEPTH:
            raise UnreadableError(
                _("The file is nested too deeply. Please export the questions once more.")
            )
        if self.depth == 2 and tag == "question":
            self.builder, self.started_at = TreeBuilder(), self.line()
        if self.builder is not None:
            self.builder.start(tag, attributes)

    def data(self, text: str) -> None:
        if self.builder is not None:
            self.builder.data(text)

    def end(self, tag: str) -> None:
        if self.builder is not None:
            self.builder.end(tag)
            if self.depth == 2:
                builder, self.builder = self.builder, None
                self.take(builder.close(), self.started_at)
        self.depth -= 1

    def close(self) -> Any:
        return None
