"""The content files of the demo hub, read strictly into values.

Every mistake raises ``ContentError`` with file and key: no course is better than half a course.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

CONTENT = Path(__file__).parent / "content"
COURSES = ("ki-grundlagen", "generative-ki", "ki-verantwortliche")
TOPICS = {
    "grundlagen",
    "recht",
    "datenschutz",
    "generative-ki",
    "verantwortung",
    "beschaffung",
    "praxis",
}
TAGS = {"p", "h3", "ul", "ol", "li", "b", "i", "a"}
LINKS = ("https://", "mailto:", "/")


class ContentError(Exception):
    """A content file is wrong; the message names file and key."""


class Table:
    """One table of a TOML file that knows where it stands and what was read of it."""

    def __init__(self, path: Path, where: str, values: dict[str, Any]) -> None:
        self.path = path
        self.where = where
        self._values = dict(values)

    @classmethod
    def read(cls, path: Path) -> Table:
        try:
            return cls(path, "", tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise ContentError(f"{path}: the file is missing") from error
        except tomllib.TOMLDecodeError as error:
            raise ContentError(f"{path}: no TOML: {error}") from error

    def error(self, message: str) -> ContentError:
        return ContentError(f"{self.path}: {self.where or 'top level'}: {message}")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str, kind: type, default: Any = ...) -> Any:
        """The value of a key, which must be of a type. Raises ``ContentError``."""
        if key not in self._values:
            if default is ...:
                raise self.error(f"{key} is missing")
            return default
        value = self._values.pop(key)
        if type(value) is not kind:
            raise self.error(f"{key} is not of the type {kind.__name__}")
        return value

    def text(self, key: str, *, limit: int | None = None, default: Any = ...) -> str:
        value = self.take(key, str, default)
        if default is ... and not value.strip():
            raise self.error(f"{key} is empty")
        if limit is not None and len(value) > limit:
            raise self.error(f"{key} has {len(value)} characters, {limit} are allowed")
        if "<" in value:
            raise self.error(f"{key} must not contain HTML")
        return value

    def html(self, key: str, default: Any = ...) -> str:
        value = self.take(key, str, default)
        try:
            check_html(value)
        except ValueError as error:
            raise self.error(f"{key}: {error}") from error
        return value

    def texts(self, key: str, default: Any = ...) -> list[str]:
        values = self.take(key, list, default)
        if not all(isinstance(value, str) and "<" not in value for value in values):
            raise self.error(f"{key} must hold texts without HTML")
        return values

    def tables(self, key: str, default: Any = ...) -> Iterator[Table]:
        values = self.take(key, list, default)
        for number, value in enumerate(values, start=1):
            if not isinstance(value, dict):
                raise self.error(f"{key} must hold tables")
            name = value.get("key", value.get("slug", number))
            yield Table(self.path, f"{self.where} {key}[{name}]".strip(), value)

    def table(self, key: str) -> Table:
        return Table(self.path, f"{self.where} {key}".strip(), self.take(key, dict))

    def done(self) -> None:
        """Refuse keys nobody asked for: most are slips of the pen."""
        if self._values:
            raise self.error(f"unknown keys: {', '.join(sorted(self._values))}")


class _HtmlCheck(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise ValueError(f"<{tag}> is not allowed")
        names = [name for name, _value in attrs]
        if names != (["href"] if tag == "a" else []):
            raise ValueError(f"<{tag}> has attributes that are not allowed")
        if tag == "a" and not str(attrs[0][1]).startswith(LINKS):
            raise ValueError(f"the address {attrs[0][1]} is not allowed")
        if tag in ("ul", "ol") and self.open:
            raise ValueError("lists must not stand inside other elements")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.open:
            raise ValueError(f"text outside of a paragraph: {data.strip()[:40]!r}")


def check_html(html: str) -> None:
    """Raises ``ValueError`` for HTML that the rich text fields of the hub would not keep."""
    check = _HtmlCheck()
    check.feed(html)
    check.close()
    if check.open:
        raise ValueError(f"<{check.open[-1]}> is not closed")


@dataclass(frozen=True)
class Block:
    """A block of a text: its key, its type and its checked values."""

    key: str
    type: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Option:
    key: str
    text: str
    is_correct: bool
    feedback: str


@dataclass(frozen=True)
class Question:
    """A question; ``options`` is empty for a statement that is right or wrong."""

    key: str
    type: str
    values: dict[str, Any]
    options: tuple[Option, ...]


@dataclass(frozen=True)
class BankEntry:
    """A question of the bank; only editors see its name."""

    name: str
    tags: tuple[str, ...]
    question: Question


@dataclass(frozen=True)
class BankText:
    path: Path
    author: str
    entries: tuple[BankEntry, ...]


@dataclass(frozen=True)
class QuizText:
    path: Path
    slug: str
    title: str
    introduction: str
    pass_mark: int
    draw_count: int | None
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class ModuleText:
    path: Path
    name: str
    slug: str
    title: str
    summary: str
    duration_minutes: int
    #: The files of the modules that come first, without their endings.
    prerequisites: tuple[str, ...]
    body: tuple[Block, ...]
    quiz: QuizText | None


@dataclass(frozen=True)
class CourseText:
    """A course in one language."""

    path: Path
    slug: str
    title: str
    summary: str
    objectives: tuple[str, ...]
    level: str
    duration_minutes: int
    refresh_months: int
    electives_needed: int
    read_confirmation: str
    topics: tuple[str, ...]
    audience_note: str
    responsible_body: str
    legal_basis: str
    legal_as_of: date
    review_on: date
    introduction: tuple[Block, ...]
    modules: tuple[ModuleText, ...]
    final_test: QuizText


@dataclass(frozen=True)
class SitePageText:
    """A page of the hub itself; ``values`` are its plain fields."""

    path: Path
    slug: str
    title: str
    values: dict[str, Any]
    streams: dict[str, tuple[Block, ...]]


def _sources(table: Table) -> list[dict[str, Any]]:
    items = []
    for item in table.tables("items"):
        items.append(
            {
                "title": item.text("title"),
                "url": item.text("url", default=""),
                "as_of": item.take("as_of", date),
                "review_on": item.take("review_on", date, None),
            }
        )
        item.done()
    return items


def _rows(table: Table, width: int) -> list[list[str]]:
    rows = table.take("rows", list)
    for row in rows:
        if not isinstance(row, list) or len(row) != width:
            raise table.error(f"a row needs {width} cells: {row}")
        if not all(isinstance(cell, str) and "<" not in cell for cell in row):
            raise table.error(f"cells must be texts without HTML: {row}")
    return rows


def _callout(table: Table) -> dict[str, Any]:
    kind = table.text("kind")
    if kind not in ("info", "important", "law", "task"):
        raise table.error(f"unknown kind {kind}")
    return {"kind": kind, "title": table.text("title"), "text": table.html("html")}


def _titled(table: Table) -> dict[str, Any]:
    return {"title": table.text("title"), "text": table.html("html")}


def _table(table: Table) -> dict[str, Any]:
    header = table.texts("header")
    return {
        "caption": table.text("caption"),
        "header": header,
        "rows": _rows(table, len(header)),
    }


def _image(table: Table) -> dict[str, Any]:
    return {
        "file": table.text("file"),
        "alt": table.text("alt", limit=255),
        "caption": table.text("caption", default=""),
    }


BLOCKS: dict[str, Callable[[Table], dict[str, Any]]] = {
    "heading": lambda table: {"text": table.text("text")},
    "text": lambda table: {"html": table.html("html")},
    "callout": _callout,
    "example": _titled,
    "details": _titled,
    "table": _table,
    "image": _image,
    "key_points": lambda table: {"title": table.text("title"), "points": table.texts("points")},
    "sources": lambda table: {"items": _sources(table)},
}


def _blocks(table: Table, key: str) -> tuple[Block, ...]:
    blocks = []
    for entry in table.tables(key, []):
        name, kind = entry.text("key"), entry.text("type")
        if kind not in BLOCKS:
            raise entry.error(f"unknown type {kind}")
        blocks.append(Block(name, kind, BLOCKS[kind](entry)))
        entry.done()
    keys = [block.key for block in blocks]
    if twice := {name for name in keys if keys.count(name) > 1}:
        raise table.error(f"{key}: the keys {', '.join(sorted(twice))} are used twice")
    return tuple(blocks)


def _option(table: Table) -> Option:
    option = Option(
        table.text("key"),
        table.text("text"),
        table.take("is_correct", bool),
        table.text("feedback"),
    )
    table.done()
    return option


def _from_bank(table: Table, key: str, kind: str) -> Question:
    """A place of a quiz that is filled from the bank."""
    values: dict[str, Any]
    if kind == "bank_question":
        values = {"question": table.text("question")}
    else:
        values = {"tags": table.texts("tags"), "count": table.take("count", int)}
    table.done()
    return Question(key, kind, values, ())


def _question(table: Table) -> Question:
    key, kind = table.text("key"), table.text("type")
    if kind in ("bank_question", "random_draw"):
        return _from_bank(table, key, kind)
    values = {
        "text": table.html("text"),
        "points": table.take("points", int, 1),
        "explanation": table.html("explanation"),
        "source": table.text("source"),
        "as_of": table.take("as_of", date),
        "review_on": table.take("review_on", date),
    }
    options: tuple[Option, ...] = ()
    if kind == "true_false":
        values |= {
            "is_true": table.take("is_true", bool),
            "feedback_true": table.text("feedback_true"),
            "feedback_false": table.text("feedback_false"),
        }
    elif kind in ("single_choice", "multiple_choice"):
        options = tuple(_option(option) for option in table.tables("options"))
        right = sum(option.is_correct for option in options)
        if kind == "single_choice" and right != 1:
            raise table.error(f"{right} options are right instead of one")
        if kind == "multiple_choice" and not 2 <= right < len(options):
            raise table.error(f"{right} of {len(options)} options are right")
        if len({option.key for option in options}) != len(options):
            raise table.error("two options have the same key")
    else:
        raise table.error(f"unknown type {kind}")
    table.done()
    return Question(key, kind, values, options)


def _quiz(table: Table) -> QuizText:
    quiz = QuizText(
        path=table.path,
        slug=table.text("slug"),
        title=table.text("title"),
        introduction=table.html("introduction"),
        pass_mark=table.take("pass_mark", int),
        draw_count=table.take("draw_count", int, None),
        questions=tuple(_question(question) for question in table.tables("questions")),
    )
    table.done()
    keys = [question.key for question in quiz.questions]
    if not keys or len(set(keys)) != len(keys):
        raise table.error("no questions, or two with the same key")
    if quiz.draw_count and quiz.draw_count > len(keys):
        raise table.error(f"draw_count {quiz.draw_count} of only {len(keys)} questions")
    return quiz


def _module(path: Path) -> ModuleText:
    table = Table.read(path)
    module = ModuleText(
        path=path,
        name=path.name.split(".")[0],
        slug=table.text("slug"),
        title=table.text("title"),
        summary=table.text("summary", limit=300),
        duration_minutes=table.take("duration_minutes", int),
        prerequisites=tuple(table.texts("prerequisites", default=[])),
        body=_blocks(table, "body"),
        quiz=_quiz(table.table("quiz")) if "quiz" in table else None,
    )
    table.done()
    if not module.body:
        raise table.error("the body is empty")
    return module


def read_course(slug: str, language: str = "de", *, content: Path = CONTENT) -> CourseText:
    """A course in one language. Raises ``ContentError``."""
    folder = content / slug
    ending = ".toml" if language == "de" else f".{language}.toml"
    # The German files say which modules there are.
    names = sorted(path.name.split(".")[0] for path in folder.glob("[0-9]*.toml"))
    table = Table.read(folder / f"course{ending}")
    course = CourseText(
        path=table.path,
        slug=table.text("slug"),
        title=table.text("title"),
        summary=table.text("summary", limit=300),
        objectives=tuple(table.texts("objectives")),
        level=table.text("level"),
        duration_minutes=table.take("duration_minutes", int),
        refresh_months=table.take("refresh_months", int),
        electives_needed=table.take("electives_needed", int, 0),
        read_confirmation=table.text("read_confirmation", default="", limit=200),
        topics=tuple(table.texts("topics")),
        audience_note=table.text("audience_note", limit=300),
        responsible_body=table.text("responsible_body", default=""),
        legal_basis=table.html("legal_basis"),
        legal_as_of=table.take("legal_as_of", date),
        review_on=table.take("review_on", date),
        introduction=_blocks(table, "introduction"),
        modules=tuple(_module(folder / f"{name}{ending}") for name in dict.fromkeys(names)),
        final_test=_quiz(Table.read(folder / f"abschlusstest{ending}")),
    )
    table.text("version_label", default="")
    table.done()
    if unknown := set(course.topics) - TOPICS:
        raise table.error(f"unknown topics: {', '.join(sorted(unknown))}")
    if course.level not in ("basic", "applied", "expert"):
        raise table.error(f"unknown level {course.level}")
    for module in course.modules:
        if unknown := set(module.prerequisites) - {other.name for other in course.modules}:
            raise table.error(f"{module.name}: unknown modules: {', '.join(sorted(unknown))}")
    if not course.objectives or not course.modules:
        raise table.error("objectives or modules are missing")
    return course


def read_bank(*, content: Path = CONTENT) -> BankText:
    """The questions of the bank. Raises ``ContentError``."""
    table = Table.read(content / "fragenpool.toml")
    bank = BankText(
        path=table.path,
        author=table.text("author"),
        entries=tuple(
            BankEntry(entry.text("name", limit=255), tuple(entry.texts("tags")), _question(entry))
            for entry in table.tables("questions")
        ),
    )
    table.done()
    keys = [entry.question.key for entry in bank.entries]
    if len(set(keys)) != len(keys):
        raise table.error("two questions have the same key")
    return bank


@dataclass(frozen=True)
class TemplateText:
    """A template of certificates; its children are the values of their rows."""

    fields: dict[str, Any]
    courses: tuple[str, ...]
    wordings: tuple[dict[str, str], ...]
    #: Name, function, and the path of the drawn signature.
    signatories: tuple[tuple[str, str, Path], ...]


def read_templates(*, content: Path = CONTENT) -> tuple[TemplateText, ...]:
    """The templates of certificates. Raises ``ContentError``."""
    table = Table.read(content / "zertifikatsvorlagen.toml")
    templates = tuple(
        _template(entry, content / "signatures") for entry in table.tables("templates")
    )
    table.done()
    return templates


def _template(table: Table, signatures: Path) -> TemplateText:
    template = TemplateText(
        fields={
            "name": table.text("name", limit=120),
            "is_default": table.take("is_default", bool, False),
            "legal_text": table.text("legal_text", default=""),
            "legal_as_of": table.take("legal_as_of", date, None),
        },
        courses=tuple(table.texts("courses", default=[])),
        wordings=tuple(_wording(entry) for entry in table.tables("wordings")),
        signatories=tuple(
            (entry.text("name"), entry.text("role"), signatures / entry.text("signature"))
            for entry in table.tables("signatories")
        ),
    )
    if unknown := set(template.courses) - set(COURSES):
        raise table.error(f"unknown courses: {', '.join(sorted(unknown))}")
    table.done()
    return template


def _wording(table: Table) -> dict[str, str]:
    names = (
        *("language", "certificate_title", "certificate_statement"),
        *("attendance_title", "attendance_statement", "note"),
    )
    wording = {name: table.text(name) for name in names}
    table.done()
    return wording


def has_language(slug: str, language: str, *, content: Path = CONTENT) -> bool:
    """Whether a course is written in a language."""
    return (content / slug / f"course.{language}.toml").exists()


def read_start_page(language: str = "de", *, content: Path = CONTENT) -> SitePageText:
    """The start page in one language. Raises ``ContentError``."""
    table = Table.read(_site_path("start", language, content))
    promises = []
    for promise in table.tables("promises"):
        values = {"title": promise.text("title"), "text": promise.text("text")}
        promises.append(Block(promise.text("key"), "promise", values))
        promise.done()
    groups = []
    for group in table.tables("groups"):
        values = {key: group.text(key) for key in ("name", "text", "picture")}
        groups.append(Block(group.text("key"), "group", values))
        group.done()
    page = SitePageText(
        path=table.path,
        slug=table.text("slug"),
        title=table.text("title"),
        values={
            "hero_title": table.text("hero_title", limit=120),
            "hero_text": table.html("hero_text"),
            "courses_title": table.text("courses_title", limit=120),
            "groups_title": table.text("groups_title", limit=120),
            "partners_title": table.text("partners_title", limit=120),
            "partners_text": table.html("partners_text"),
        },
        streams={"promises": tuple(promises), "groups": tuple(groups)},
    )
    table.done()
    return page


def read_catalogue(language: str = "de", *, content: Path = CONTENT) -> SitePageText:
    """The catalogue page in one language. Raises ``ContentError``."""
    table = Table.read(_site_path("kurse", language, content))
    page = SitePageText(
        table.path,
        table.text("slug"),
        table.text("title"),
        {"introduction": table.html("introduction")},
        {},
    )
    table.done()
    return page


def read_plain_page(name: str, language: str = "de", *, content: Path = CONTENT) -> SitePageText:
    """A legal or help page in one language. Raises ``ContentError``."""
    table = Table.read(_site_path(name, language, content))
    page = SitePageText(
        table.path,
        table.text("slug"),
        table.text("title"),
        {"introduction": table.text("introduction", default="")},
        {"body": _blocks(table, "body")},
    )
    table.done()
    return page


def has_site_page(name: str, language: str, *, content: Path = CONTENT) -> bool:
    """Whether a page of the hub itself is written in a language."""
    return _site_path(name, language, content).exists()


def _site_path(name: str, language: str, content: Path) -> Path:
    return content / "site" / (f"{name}.toml" if language == "de" else f"{name}.{language}.toml")
