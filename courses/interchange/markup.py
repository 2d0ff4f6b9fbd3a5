"""HTML from outside, made into what an editor of the hub could have typed.

Rich text of a question holds paragraphs, bold, italic, links and line breaks, nothing else; options
and other short fields hold text without any markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser
from itertools import groupby
from typing import NamedTuple

import nh3
from django.utils.translation import gettext as _

#: A text longer than this is no question; the limits also bound what cleaning may cost.
MAX_LENGTH = 50_000
MAX_DEPTH = 60

STYLES = {"b": "b", "strong": "b", "i": "i", "em": "i"}
BLOCKS = {
    *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "tr", "caption"),
    *("blockquote", "pre", "hr", "dl", "dt", "dd", "section", "article", "figure", "figcaption"),
}
RAISED = {
    "sup": str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ"),
    "sub": str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"),
}
TAGS = {*STYLES, *BLOCKS, *RAISED, "a", "br", "img", "td", "th"}
WITHOUT_END = {
    *("p", "br", "img", "hr", "li", "dt", "dd", "td", "th", "tr", "input", "meta", "link", "col"),
    *("source", "wbr", "area", "embed", "param", "tbody", "thead", "option"),
}
LINKS = ("http://", "https://", "mailto:", "tel:")

_find_tag = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)").finditer
_looks_like_html = re.compile(
    r"</?(?:p|div|span|br|b|i|em|strong|a|ul|ol|li|img|h[1-6]|table|sub|sup|u)\b[^<>]{0,2000}>|"
    r"&(?:[a-zA-Z]{2,10}|#\d{1,6}|#x[0-9a-fA-F]{1,6});",
    re.IGNORECASE,
).search
_find_embedded = re.compile(r"data:image/[a-z+.-]{1,20};base64,[A-Za-z0-9+/=%\s]*", re.IGNORECASE)
_spaces = re.compile(r"[ \t\n\r\f]+")
_controls = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class QuestionRefused(ValueError):
    """A question cannot be taken over; the message says why."""


class PictureReference(NamedTuple):
    """Where a text shows a picture: its address in the file, and what it shows in words."""

    address: str
    alt_text: str


@dataclass(frozen=True)
class CleanText:
    """A text without anything harmful: as rich text, as plain lines, and the pictures it showed."""

    html: str = ""
    text: str = ""
    pictures: tuple[PictureReference, ...] = ()

    @property
    def line(self) -> str:
        """The plain text in one line."""
        return one_line(self.text)


def one_line(text: str) -> str:
    """``text`` without control characters, with single spaces and none around."""
    return _spaces.sub(" ", _controls.sub("", text)).strip()


def without_controls(text: str) -> str:
    """``text`` with LF as line end and without the control characters no text needs."""
    return _controls.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_html(html: str, *, keeps_pages: bool = False) -> CleanText:
    """The text of an HTML fragment, whatever it holds.

    ``keeps_pages`` keeps links to pages of this hub as Wagtail stores them. Raises
    ``QuestionRefused`` for what is too long or nested too deeply to be a question.
    """
    html = without_controls(html)
    if "<" not in html and "&" not in html and "data:" not in html and len(html) <= MAX_LENGTH:
        return _clean_words(html)
    embedded: list[str] = []

    def keep(match: re.Match[str]) -> str:
        embedded.append(match.group())
        return f"@@EMBEDDED@@/{len(embedded) - 1}"

    html = _find_embedded.sub(keep, html)
    _check_size(html)
    attributes = {"a": {"href"}, "img": {"src", "alt"}}
    if keeps_pages:
        attributes["a"] |= {"linktype", "id"}
    safe = nh3.clean(
        html, tags=TAGS, attributes=attributes, url_schemes={"http", "https", "mailto", "tel"}
    )
    reader = _Reader(keeps_pages)
    reader.feed(safe)
    reader.close()
    return reader.result(embedded)


def _clean_words(text: str) -> CleanText:
    """What ``clean_html`` makes of a text without any markup, in a tenth of the time."""
    text = _spaces.sub(" ", text).strip(" ")
    if not text.strip():
        return CleanText()
    return CleanText(html=f"<p>{escape(text, quote=False)}</p>", text=text)


def clean_plain(text: str) -> CleanText:
    """A text without markup: a blank line begins a paragraph, another line end is kept as such."""
    text = without_controls(text)
    if len(text) > MAX_LENGTH:
        raise QuestionRefused(_("The text is too long."))
    paragraphs = [
        [line for line in map(one_line, paragraph.split("\n")) if line]
        for paragraph in re.split(r"\n[ \t]*\n", text)
    ]
    return CleanText(
        html="".join(
            f"<p>{'<br/>'.join(escape(line, quote=False) for line in lines)}</p>"
            for lines in paragraphs
            if lines
        ),
        text="\n".join(line for lines in paragraphs for line in lines),
    )


def clean_typed(text: str) -> CleanText:
    """A text that may or may not be HTML, as people type it into cells and old forms."""
    return clean_html(text) if _looks_like_html(text) else clean_plain(text)


def to_typed(html: str) -> str:
    """Rich text for a cell, which ``clean_typed`` gives back; without markup where possible."""
    cleaned = clean_html(html)
    plain = "\n\n".join(
        unescape(paragraph.replace("<br/>", "\n"))
        for paragraph in cleaned.html.removeprefix("<p>").removesuffix("</p>").split("</p><p>")
    )
    if not _looks_like_html(plain) and clean_plain(plain).html == cleaned.html:
        return plain
    return cleaned.html


def from_lines(text: str) -> str:
    """Plain lines as HTML that ``clean_html`` reads back as the same lines."""
    return "<br/>".join(escape(line, quote=False) for line in text.split("\n"))


def _check_size(html: str) -> None:
    if len(html) > MAX_LENGTH:
        raise QuestionRefused(_("The text is too long."))
    depth = 0
    for match in _find_tag(html):
        if match[2].lower() not in WITHOUT_END:
            depth += -1 if match[1] else 1
        if depth > MAX_DEPTH:
            raise QuestionRefused(_("The text is nested too deeply."))


class _Run(NamedTuple):
    """Some letters that look the same."""

    text: str
    link: str
    styles: frozenset[str]


@dataclass
class _Paragraph:
    """Runs and, as ``None``, line breaks."""

    runs: list[_Run | None] = field(default_factory=list)

    def lines(self) -> Iterator[list[_Run]]:
        """The runs of each line that says something, with single spaces and none around."""
        line: list[_Run] = []
        for run in (*self.runs, None):
            if run is not None:
                line.append(run)
                continue
            if tidy := _tidied(line):
                yield tidy
            line = []


def _tidied(line: list[_Run]) -> list[_Run]:
    """A line with spaces collapsed across its runs, and runs of the same look joined."""
    tidy: list[_Run] = []
    ends_blank = True
    for run in line:
        text = _spaces.sub(" ", run.text)
        if ends_blank:
            text = text.removeprefix(" ")
        if not text:
            continue
        ends_blank = text.endswith(" ")
        if tidy and tidy[-1][1:] == run[1:]:
            text = tidy.pop().text + text
        tidy.append(run._replace(text=text))
    if tidy and ends_blank:
        last = tidy.pop()
        if text := last.text.removesuffix(" "):
            tidy.append(last._replace(text=text))
    return tidy if "".join(run.text for run in tidy).strip() else []


class _Reader(HTMLParser):
    """Takes clean HTML apart into paragraphs of runs."""

    def __init__(self, keeps_pages: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.keeps_pages = keeps_pages
        self.paragraphs: list[_Paragraph] = [_Paragraph()]
        self.pictures: list[PictureReference] = []
        self.open: list[str] = []
        self.links: list[str] = []
        self.numbers: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "br":
            self.paragraphs[-1].runs.append(None)
            return
        if tag == "img":
            self._add_picture(attributes)
            return
        if tag in BLOCKS:
            self.paragraphs.append(_Paragraph())
        if tag in {"ul", "ol"}:
            self.numbers.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._add(self._bullet())
        elif tag in {"td", "th"} and self.paragraphs[-1].runs:
            self._add(" | ")
        elif tag == "a":
            self.links.append(self._link(attributes))
        if tag != "hr":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            self.open.reverse()
            self.open.remove(tag)
            self.open.reverse()
        if tag in BLOCKS:
            self.paragraphs.append(_Paragraph())
        if tag in {"ul", "ol"} and self.numbers:
            self.numbers.pop()
        elif tag == "a" and self.links:
            self.links.pop()

    def handle_data(self, data: str) -> None:
        for name, table in RAISED.items():
            if name in self.open and all(ord(letter) in table for letter in data):
                data = data.translate(table)
        if "pre" in self.open:
            for number, line in enumerate(data.split("\n")):
                if number:
                    self.paragraphs[-1].runs.append(None)
                self._add(line)
        else:
            self._add(data)

    def _add(self, text: str) -> None:
        styles = frozenset(STYLES[tag] for tag in self.open if tag in STYLES)
        link = self.links[-1] if self.links else ""
        self.paragraphs[-1].runs.append(_Run(text, link, styles))

    def _bullet(self) -> str:
        if not self.numbers or self.numbers[-1] is None:
            return "– "
        self.numbers[-1] += 1
        return f"{self.numbers[-1]}. "

    def _link(self, attributes: dict[str, str]) -> str:
        """The attributes of a link as they are stored; empty for one that leads nowhere."""
        address = attributes.get("href", "").strip()
        if address.lower().startswith(LINKS):
            return f'href="{escape(address)}"'
        kind, page = attributes.get("linktype", ""), attributes.get("id", "")
        if self.keeps_pages and kind and page.isdecimal():
            return f'id="{page}" linktype="{escape(kind)}"'
        return ""

    def _add_picture(self, attributes: dict[str, str]) -> None:
        address = attributes.get("src", "").strip()
        if address:
            self.pictures.append(PictureReference(address, one_line(attributes.get("alt", ""))))

    def result(self, embedded: list[str]) -> CleanText:
        paragraphs = [list(paragraph.lines()) for paragraph in self.paragraphs]
        paragraphs = [lines for lines in paragraphs if lines]
        return CleanText(
            html="".join(
                f"<p>{'<br/>'.join(_rendered(line) for line in lines)}</p>" for lines in paragraphs
            ),
            text="\n".join(
                "".join(run.text for run in line) for lines in paragraphs for line in lines
            ),
            pictures=tuple(_restored(picture, embedded) for picture in self.pictures),
        )


def _restored(picture: PictureReference, embedded: list[str]) -> PictureReference:
    mark, _slash, number = picture.address.partition("/")
    if mark == "@@EMBEDDED@@" and number.isdecimal() and int(number) < len(embedded):
        return picture._replace(address=embedded[int(number)])
    return picture


def _rendered(line: list[_Run]) -> str:
    html = ""
    for link, runs in groupby(line, key=lambda run: run.link):
        inner = "".join(map(_styled, runs))
        html += f"<a {link}>{inner}</a>" if link else inner
    return html


def _styled(run: _Run) -> str:
    html = escape(run.text, quote=False)
    for style in ("i", "b"):
        if style in run.styles:
            html = f"<{style}>{html}</{style}>"
    return html
