"""The activities of a course in order: one query, whatever page types plug-ins add.

The registry of activity types is Django's own: every concrete page model with ``ActivityMixin``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, get_page_models

from hub.i18n import languages

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
    """The live activities below a course page in tree order; one query."""
    return outlines([course])[course.course_key]


def outlines(courses: Sequence[CoursePage]) -> dict[UUID, list[OutlineItem]]:
    """The outlines of several courses by course key; one query for all of them."""
    by_path = {course.path: course for course in courses}
    found: dict[UUID, list[OutlineItem]] = {course.course_key: [] for course in courses}
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
        found[course.course_key].append(
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
