"""The page tree of the demo hub as values: every page, in every language it is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from wagtail.models import Page

from courses.models import CourseIndexPage, CoursePage, ModulePage, QuizPage
from home.models import HomePage, PlainPage

from . import content
from .content import Block, ContentError, CourseText, Question, QuizText, SitePageText
from .identifiers import BlockIds, stable_id

HOME = "start"
CATALOGUE = "kurse"
PLAIN_PAGES = ("hilfe", "leichte-sprache", "barrierefreiheit", "datenschutz", "impressum")
TRANSLATIONS = ("en", "de-simple")
#: A knowledge check is voluntary and not part of the duration of its course.
CHECK_MINUTES = 5
FINAL_TEST_MINUTES = 10

#: Primary keys of the imported pictures by file name.
Pictures = Mapping[str, int]


@dataclass(frozen=True)
class PageText:
    """The fields of a page in one language, and the file they came from."""

    path: Path
    fields: dict[str, Any]


@dataclass(frozen=True)
class PlannedPage:
    """One page of the tree; ``name`` never changes and makes its ``translation_key``."""

    name: str
    parent: str | None
    model: type[Page]
    ids: BlockIds
    german: PageText
    translations: dict[str, PageText] = field(default_factory=dict)
    topics: tuple[str, ...] = ()

    @property
    def key(self) -> UUID:
        return page_key(self.name)


def page_key(name: str) -> UUID:
    """The ``translation_key`` of a page of the demo hub."""
    return stable_id("page", name)


def course_key(slug: str) -> UUID:
    """The key of a course of the demo hub."""
    return page_key(slug)


def _items(ids: BlockIds, name: str, key: str, values: Iterable[Any]) -> list[dict[str, Any]]:
    """List items with ids: without them wagtail-localize leaves out the whole list."""
    return [
        {"type": "item", "id": ids(name, key, str(number)), "value": value}
        for number, value in enumerate(values, start=1)
    ]


def _value(block: Block, ids: BlockIds, pictures: Pictures) -> Any:
    values = block.values
    match block.type:
        case "heading":
            return values["text"]
        case "text":
            return values["html"]
        case "table":
            rows = [
                {"cells": _items(ids, f"{block.key}/row-{number}", "cells", row)}
                for number, row in enumerate(values["rows"], start=1)
            ]
            return {
                "caption": values["caption"],
                "header": _items(ids, block.key, "header", values["header"]),
                "rows": _items(ids, block.key, "rows", rows),
            }
        case "image":
            picture = {"image": pictures[values["file"]], "alt_text": values["alt"]}
            return {"image": picture | {"decorative": False}, "caption": values["caption"]}
        case "key_points":
            points = _items(ids, block.key, "points", values["points"])
            return {"title": values["title"], "points": points}
        case "sources":
            items = [_dates_as_text(item) for item in values["items"]]
            return {"items": _items(ids, block.key, "items", items)}
        case _:
            return values


def _dates_as_text(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value.isoformat() if hasattr(value, "isoformat") else value
        for key, value in values.items()
    }


def stream(blocks: Iterable[Block], ids: BlockIds, pictures: Pictures) -> list[dict[str, Any]]:
    """Blocks as a StreamField stores them."""
    return [
        {"type": block.type, "id": ids(block.key), "value": _value(block, ids, pictures)}
        for block in blocks
    ]


def questions(
    entries: Iterable[Question], ids: BlockIds, bank: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """Questions as a QuestionField stores them.

    ``bank`` holds the primary keys of bank questions by name. Raises ``ValueError`` for a name it
    does not have.
    """
    stored = []
    for entry in entries:
        value = _dates_as_text(entry.values)
        if entry.type == "bank_question":
            value = {"question": _in_bank(value["question"], bank or {}), "points": None}
        if entry.options:
            value["options"] = [
                {
                    "type": "item",
                    "id": ids(entry.key, option.key),
                    "value": {
                        "text": option.text,
                        "is_correct": option.is_correct,
                        "feedback": option.feedback,
                    },
                }
                for option in entry.options
            ]
        stored.append({"type": entry.type, "id": ids(entry.key), "value": value})
    return stored


def _in_bank(name: str, bank: Mapping[str, int]) -> int:
    if name not in bank:
        raise ValueError(f"the bank has no question {name}")
    return bank[name]


def _course_fields(course: CourseText, ids: BlockIds, pictures: Pictures) -> dict[str, Any]:
    fields = {
        "slug": course.slug,
        "title": course.title,
        "summary": course.summary,
        "introduction": stream(course.introduction, ids, pictures),
        "objectives": [
            {"type": "objective", "id": ids("objectives", str(number)), "value": objective}
            for number, objective in enumerate(course.objectives, start=1)
        ],
        "level": course.level,
        "duration_minutes": course.duration_minutes,
        "audience_note": course.audience_note,
        "refresh_months": course.refresh_months,
        "electives_needed": course.electives_needed,
        "read_confirmation": course.read_confirmation,
        "legal_basis": course.legal_basis,
        "legal_as_of": course.legal_as_of,
        "review_on": course.review_on,
    }
    if course.responsible_body:
        fields["responsible_body"] = course.responsible_body
    return fields


def _quiz_fields(
    quiz: QuizText,
    ids: BlockIds,
    bank: Mapping[str, int],
    *,
    is_required: bool,
    duration_minutes: int,
) -> dict[str, Any]:
    return {
        "slug": quiz.slug,
        "title": quiz.title,
        "introduction": quiz.introduction,
        "questions": questions(quiz.questions, ids, bank),
        "pass_mark": quiz.pass_mark,
        "draw_count": quiz.draw_count,
        "is_required": is_required,
        "duration_minutes": duration_minutes,
    }


def _site_fields(page: SitePageText, ids: BlockIds, pictures: Pictures) -> dict[str, Any]:
    streams = {name: stream(blocks, ids, pictures) for name, blocks in page.streams.items()}
    return {"slug": page.slug, "title": page.title} | page.values | streams


def plan(
    pictures: Pictures, bank: Mapping[str, int], folder: Path = content.CONTENT
) -> list[PlannedPage]:
    """All pages in tree order. Raises ``ContentError``.

    ``bank`` holds the primary keys of the questions quizzes choose, by their names in the files.
    """
    pages = [*_site_pages(pictures, folder)]
    for slug in content.COURSES:
        pages += _course_pages(slug, pictures, bank, folder)
    return pages


def _page(
    name: str,
    parent: str | None,
    model: type[Page],
    texts: Mapping[str, Any],
    fields: Callable[[Any, BlockIds], dict[str, Any]],
    topics: tuple[str, ...] = (),
) -> PlannedPage:
    """A page whose languages share the ids; the German text decides which ids there are."""
    built: dict[str, PageText] = {}
    ids = BlockIds(name)
    for language, text in texts.items():
        names = BlockIds(name)
        try:
            built[language] = PageText(text.path, fields(text, names))
        except KeyError as error:
            raise ContentError(f"{text.path}: the picture {error} is missing") from error
        except ValueError as error:
            raise ContentError(f"{text.path}: {error}") from error
        ids.names |= names.names
    german = built.pop("de")
    return PlannedPage(name, parent, model, ids, german, built, topics)


def _site_pages(pictures: Pictures, folder: Path) -> Iterable[PlannedPage]:
    def texts(name: str, read: Callable[..., SitePageText]) -> dict[str, SitePageText]:
        languages = [
            language
            for language in TRANSLATIONS
            if content.has_site_page(name, language, content=folder)
        ]
        return {language: read(language, content=folder) for language in ("de", *languages)}

    def fields(text: SitePageText, ids: BlockIds) -> dict[str, Any]:
        return _site_fields(text, ids, pictures)

    yield _page(HOME, None, HomePage, texts("start", content.read_start_page), fields)
    yield _page(CATALOGUE, HOME, CourseIndexPage, texts("kurse", content.read_catalogue), fields)
    for name in PLAIN_PAGES:

        def read(language: str, *, content: Path, name: str = name) -> SitePageText:
            return _read_plain(name, language, content)

        yield _page(
            name,
            HOME,
            PlainPage,
            texts(name, read),
            lambda text, ids: fields(text, ids) | {"show_in_footer": True},
        )


def _read_plain(name: str, language: str, folder: Path) -> SitePageText:
    return content.read_plain_page(name, language, content=folder)


def _course_pages(
    slug: str, pictures: Pictures, bank: Mapping[str, int], folder: Path
) -> Iterable[PlannedPage]:
    courses = {"de": content.read_course(slug, content=folder)}
    for language in TRANSLATIONS:
        if content.has_language(slug, language, content=folder):
            courses[language] = content.read_course(slug, language, content=folder)
    german = courses["de"]
    yield _page(
        slug,
        CATALOGUE,
        CoursePage,
        courses,
        lambda text, ids: _course_fields(text, ids, pictures),
        german.topics,
    )
    for position, module in enumerate(german.modules):
        name = f"{slug}/{module.name}"
        modules = {language: course.modules[position] for language, course in courses.items()}
        yield _page(
            name,
            slug,
            ModulePage,
            modules,
            lambda text, ids: {
                "slug": text.slug,
                "title": text.title,
                "summary": text.summary,
                "duration_minutes": text.duration_minutes,
                "prerequisites": [str(page_key(f"{slug}/{first}")) for first in text.prerequisites],
                "body": stream(text.body, ids, pictures),
            },
        )
        if module.quiz is None:
            continue
        quizzes = {language: text.quiz for language, text in modules.items()}
        if missing := [language for language, quiz in quizzes.items() if quiz is None]:
            raise ContentError(f"{modules[missing[0]].path}: the quiz is missing")
        yield _page(
            f"{name}/wissenscheck",
            name,
            QuizPage,
            quizzes,
            lambda text, ids: _quiz_fields(
                text, ids, bank, is_required=False, duration_minutes=CHECK_MINUTES
            ),
        )
    yield _page(
        f"{slug}/abschlusstest",
        slug,
        QuizPage,
        {language: course.final_test for language, course in courses.items()},
        lambda text, ids: _quiz_fields(
            text, ids, bank, is_required=True, duration_minutes=FINAL_TEST_MINUTES
        ),
    )


def picture_files(folder: Path = content.CONTENT) -> list[Path]:
    """The drawings the courses show."""
    return sorted((folder / "images").glob("*.svg"))
