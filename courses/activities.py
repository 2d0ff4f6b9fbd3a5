"""The activities of a course in order: one query, whatever page types plug-ins add.

The registry of activity types is Django's own: every concrete page model with ``ActivityMixin``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, reduce
from operator import or_
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale, Page, Revision, get_page_models

from hub.finding import slim
from hub.i18n import default_locale_id, languages

from .enums import CompletionMode
from .models import ActivityMixin, CoursePage

MISSING_REASONS = {
    CompletionMode.MANUAL: _("not marked as learnt yet"),
    CompletionMode.VIEWED: _("not opened yet"),
    CompletionMode.GRADED: _("not passed yet"),
    CompletionMode.EXTERNAL: _("not reported as completed yet"),
    CompletionMode.NONE: "",
}


@cache
def activity_models() -> tuple[type[ActivityMixin], ...]:
    """All page models that can be completed."""
    return tuple(model for model in get_page_models() if issubclass(model, ActivityMixin))


@dataclass(frozen=True)
class OutlineItem:
    """One activity in the outline of a course, in the language of the course page."""

    key: UUID
    title: str
    url: str
    model: type[ActivityMixin]
    level: int
    is_required: bool
    duration_minutes: int
    #: The language code the title is really in: an alias shows the text of another language.
    language: str

    @property
    def completion_mode(self) -> CompletionMode:
        return self.model.completion_mode

    @property
    def icon(self) -> str:
        return self.model.activity_icon

    @property
    def label(self) -> str:
        """Modul, Wissenscheck, Abschlusstest …"""
        return self.model.get_outline_label(self.level)

    @property
    def missing_reason(self) -> str:
        """Why the course is not complete without it, in words."""
        return str(MISSING_REASONS[self.completion_mode])


def outline(course: CoursePage) -> list[OutlineItem]:
    """What is learnt in a course, in order: the live activities below its page.

    They are those of the course in the language it was written in first, whatever the language of
    ``course``: a translation that lacks a part makes the course no shorter. One query, a second one
    for a translation.
    """
    return outlines([course])[course.course_key]


def outlines(courses: Sequence[CoursePage]) -> dict[UUID, list[OutlineItem]]:
    """The outlines of several courses by course key, in as many queries as for one."""
    originals = originals_of(courses)
    below = _below([*courses, *originals.values()])
    found = {}
    for course in courses:
        own = {item.key: item for item in below[course.path]}
        original = originals.get(course.course_key)
        found[course.course_key] = (
            [own.get(item.key, item) for item in below[original.path]]
            if original
            else list(own.values())
        )
    return found


def originals_of(courses: Iterable[CoursePage]) -> dict[UUID, CoursePage]:
    """By course key, the pages in the first language of those ``courses`` that are translations."""
    first = default_locale_id()
    keys = [course.course_key for course in courses if course.locale_id != first]
    if not keys:
        return {}
    pages = slim(CoursePage.objects.all()).filter(translation_key__in=keys, locale=first)
    return {page.course_key: page for page in pages}


def _below(courses: Sequence[CoursePage]) -> dict[str, list[OutlineItem]]:
    """The live activities below course pages, by the path of these; one query."""
    by_path = {course.path: course for course in courses}
    found: dict[str, list[OutlineItem]] = {path: [] for path in by_path}
    if not courses:
        return found
    models = activity_models()
    types = ContentType.objects.get_for_models(*models)
    model_of = {content_type.pk: model for model, content_type in types.items()}
    addresses = {path: course.get_url() for path, course in by_path.items()}
    pages = (
        Page.objects.live()
        .filter(
            reduce(or_, (Q(path__startswith=path) for path in by_path)),
            content_type__in=model_of,
        )
        .order_by("path")
        .values_list(
            "path",
            "depth",
            "translation_key",
            "title",
            "url_path",
            "content_type",
            Coalesce("alias_of__locale", "locale"),
            _of_any(models, "is_required"),
            _of_any(models, "duration_minutes"),
        )
    )
    for path, depth, key, title, url_path, content_type, locale, is_required, minutes in pages:
        course = next(by_path[start] for start in by_path if path.startswith(start))
        found[course.path].append(
            OutlineItem(
                key=key,
                title=title,
                url=addresses[course.path] + url_path.removeprefix(course.url_path),
                model=model_of[content_type],  # type: ignore[arg-type]
                level=depth - course.depth,
                is_required=is_required,
                duration_minutes=minutes,
                language=languages()[locale],
            )
        )
    return found


def _of_any(models: Sequence[type[ActivityMixin]], name: str) -> Coalesce | F:
    """The column ``name`` of whichever activity model a page is of."""
    columns = [F(f"{model._meta.model_name}__{name}") for model in models]
    return Coalesce(*columns) if len(columns) > 1 else columns[0]


def scheduled_pages(*, before: datetime) -> list[int]:
    """The keys of the pages that are to go live by then; few, so they are no subquery."""
    revisions = Revision.page_revisions.filter(approved_go_live_at__lte=before)
    return [int(pk) for pk in revisions.values_list("object_id", flat=True)]


def _parts_that_complete(course: CoursePage, *, without: Sequence[Page] = ()) -> QuerySet[Page]:
    """The activities below a course page that count for its completion, when the course is live."""
    models = [model for model in activity_models() if model.completion_mode != CompletionMode.NONE]
    is_live = Q(live=True)
    if course.go_live_at and course.go_live_at > timezone.now():
        is_live |= Q(pk__in=scheduled_pages(before=course.go_live_at))
    parts = (
        Page.objects.descendant_of(course)
        .filter(is_live, content_type__in=ContentType.objects.get_for_models(*models).values())
        .annotate(required=_of_any(models, "is_required"))
        .filter(required=True)
    )
    for page in without:
        parts = parts.not_descendant_of(page, inclusive=True)
    return parts


def can_be_completed(course: CoursePage) -> bool:
    """Whether a course has a part that completes it.

    A translation is made and published before its parts can be: its German course answers for it.
    """
    source = course.get_translation_or_none(Locale.get_default()) or course
    if source.pk == course.pk:
        source = course  # with the day it is to go live, which may not be saved yet
    return source.pk is not None and _parts_that_complete(source).exists()


def courses_left_empty(pages: Sequence[Page], destination: Page | None = None) -> list[CoursePage]:
    """The live courses nobody could complete any more if ``pages`` went, or to ``destination``."""
    courses = {
        course.pk: course
        for page in pages
        for course in CoursePage.objects.live().ancestor_of(page)
        if destination is None or not destination.path.startswith(course.path)
    }
    return [
        course
        for course in courses.values()
        if _parts_that_complete(course).exists()
        and not _parts_that_complete(course, without=pages).exists()
    ]


def places(items: Sequence[OutlineItem]) -> dict[UUID, str]:
    """What each activity is called by its place: Modul 2, Abschlusstest. Pure.

    What there is only one of needs no number.
    """
    names = [capfirst(item.label) for item in items]
    counted: Counter[str] = Counter()
    found = {}
    for item, name in zip(items, names, strict=True):
        counted[name] += 1
        found[item.key] = f"{name} {counted[name]}" if names.count(name) > 1 else name
    return found


def place_of(page: CoursePage | ActivityMixin) -> str:
    """What a page is called by its place: Kurs, Modul 2, Abschlusstest; a query for its outline."""
    if isinstance(page, CoursePage):
        return capfirst(str(page._meta.verbose_name))
    level = page.depth - page.course.depth
    label = capfirst(type(page).get_outline_label(level))
    return places(outline(page.course)).get(page.activity_key, label)


def neighbours(
    items: Sequence[OutlineItem], key: UUID
) -> tuple[OutlineItem | None, OutlineItem | None]:
    """What comes before and after an activity in the outline."""
    keys = [item.key for item in items]
    if key not in keys:
        return None, None
    position = keys.index(key)
    before = items[position - 1] if position else None
    after = items[position + 1] if position + 1 < len(items) else None
    return before, after
