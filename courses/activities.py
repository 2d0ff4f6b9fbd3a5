"""The activities of a course in order: one query, whatever page types plug-ins add.

The registry of activity types is Django's own: every concrete page model with ``ActivityMixin``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, reduce
from operator import or_
from typing import NamedTuple
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.models import Locale, Page, Revision, get_page_models

from hub.finding import slim
from hub.i18n import default_locale_id, languages

from . import cycles, rules
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
    #: What has to be completed first, and how many optional parts the course asks for (``rules``).
    prerequisites: tuple[UUID, ...]
    electives_needed: int
    #: The public activities below which it stands: it is closed together with them.
    above: tuple[UUID, ...]
    #: The language code the title is really in: an alias shows the text of another language.
    language: str
    #: Required in the course, but not in the refresher this outline is shown for.
    is_beyond_scope: bool = False

    @property
    def completion_mode(self) -> CompletionMode:
        return self.model.completion_mode

    @property
    def counts(self) -> bool:
        """Whether it can be completed, and is not beyond what a refresher contains."""
        return self.completion_mode != CompletionMode.NONE and not self.is_beyond_scope

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
            [_shown_as(item, own.get(item.key)) for item in below[original.path]]
            if original
            else list(own.values())
        )
    return found


def _shown_as(item: OutlineItem, own: OutlineItem | None) -> OutlineItem:
    """An activity with the words of its translation; the rules are those of the original."""
    if own is None:
        return item
    return replace(
        own,
        is_required=item.is_required,
        prerequisites=item.prerequisites,
        electives_needed=item.electives_needed,
        above=item.above,
    )


def required_of(items: Iterable[OutlineItem]) -> tuple[list[UUID], set[UUID]]:
    """The activities a course is not complete without, in order, and which of them are tests."""
    required = [item for item in items if item.is_required and item.counts]
    tests = {item.key for item in required if item.completion_mode == CompletionMode.GRADED}
    return [item.key for item in required], tests


def choice_of(items: Iterable[OutlineItem]) -> cycles.Choice:
    """What of a course people choose themselves; nothing where it asks for none of that."""
    asked = rules.Asked.by(items)
    if not asked.electives_needed:
        return cycles.NO_CHOICE
    return cycles.Choice(asked.electives, asked.electives_needed)


def within(items: Sequence[OutlineItem], scope: frozenset[UUID] | None) -> list[OutlineItem]:
    """An outline as it counts for a refresher: what is in its ``scope`` is required, no other.

    Of a scope of which nothing is left in the course remains what a refresher without changes
    contains: nobody is complete without doing anything, and nobody is left without a way.
    """
    if scope is None:
        return list(items)
    required, tests = required_of(items)
    choice = choice_of(items)
    offered = {*required, *choice.electives}
    asked = scope & offered or set(cycles.what_remains(required, tests))
    if not asked:
        return list(items)
    return [
        replace(item, is_required=item.key in asked, is_beyond_scope=item.key not in asked)
        if item.key in offered
        else item
        for item in items
    ]


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
    models = _model_of()
    addresses = {path: course.get_url() for path, course in by_path.items()}
    electives_needed: dict[str, int] = {}
    above: list[_Row] = []
    for row in _rows_of(by_path):
        while above and not row.path.startswith(above[-1].path):
            above.pop()
        if row.path in by_path:
            electives_needed[row.path] = row.electives_needed
            continue
        course = next(by_path[start] for start in by_path if row.path.startswith(start))
        found[course.path].append(
            OutlineItem(
                key=row.key,
                title=row.title,
                url=addresses[course.path] + row.url_path.removeprefix(course.url_path),
                model=models[row.content_type],
                level=row.depth - course.depth,
                is_required=row.is_required,
                duration_minutes=row.minutes,
                prerequisites=tuple(map(UUID, row.prerequisites)),
                electives_needed=electives_needed.get(course.path, 0),
                above=tuple(other.key for other in above),
                language=languages()[row.locale],
            )
        )
        above.append(row)
    return found


class _Row(NamedTuple):
    """What an outline reads of a page; the rest of a course page is empty but for its rule."""

    path: str
    depth: int
    key: UUID
    title: str
    url_path: str
    content_type: int
    locale: int
    is_required: bool
    minutes: int
    prerequisites: list[str]
    electives_needed: int


def _rows_of(paths: Collection[str]) -> Iterator[_Row]:
    """The course pages at ``paths`` and the live activities below them, in the order of the tree.

    The courses stand among their parts, each before its own: one query for all of their rules.
    """
    models = activity_models()
    course_type = ContentType.objects.get_for_model(CoursePage).pk
    pages = Page.objects.filter(
        reduce(or_, (Q(path__startswith=path) for path in paths)),
        Q(live=True) | Q(path__in=paths),
        content_type__in=[*_model_of(), course_type],
    )
    rows = pages.order_by("path").values_list(
        "path",
        "depth",
        "translation_key",
        "title",
        "url_path",
        "content_type",
        Coalesce("alias_of__locale", "locale"),
        _of_any(models, "is_required"),
        _of_any(models, "duration_minutes"),
        _of_any(models, "prerequisites"),
        "coursepage__electives_needed",
    )
    return (_Row(*row) for row in rows)


def _model_of() -> dict[int, type[ActivityMixin]]:
    """The activity models by their content types, which Django keeps in memory."""
    types = ContentType.objects.get_for_models(*activity_models())
    return {content_type.pk: model for model, content_type in types.items()}  # type: ignore[misc]


def _of_any(models: Sequence[type[ActivityMixin]], name: str) -> Coalesce | F:
    """The column ``name`` of whichever activity model a page is of."""
    columns = [F(f"{model._meta.model_name}__{name}") for model in models]
    return Coalesce(*columns) if len(columns) > 1 else columns[0]


def scheduled_pages(*, before: datetime) -> list[int]:
    """The keys of the pages that are to go live by then; few, so they are no subquery."""
    revisions = Revision.page_revisions.filter(approved_go_live_at__lte=before)
    return [int(pk) for pk in revisions.values_list("object_id", flat=True)]


def _parts_that_count(course: CoursePage, *, without: Sequence[Page] = ()) -> QuerySet[Page]:
    """The activities below a course page that can be completed, when the course is live."""
    models = [model for model in activity_models() if model.completion_mode != CompletionMode.NONE]
    is_live = Q(live=True)
    if course.go_live_at and course.go_live_at > timezone.now():
        is_live |= Q(pk__in=scheduled_pages(before=course.go_live_at))
    parts = (
        Page.objects.descendant_of(course)
        .filter(is_live, content_type__in=ContentType.objects.get_for_models(*models).values())
        .annotate(required=_of_any(models, "is_required"))
    )
    for page in without:
        parts = parts.not_descendant_of(page, inclusive=True)
    return parts


def _completes(course: CoursePage, *, without: Sequence[Page] = ()) -> bool:
    """Whether something below a course completes it: a required part, or one of those to choose."""
    parts = _parts_that_count(course, without=without)
    return parts.exists() if course.electives_needed else parts.filter(required=True).exists()


def can_be_completed(course: CoursePage) -> bool:
    """Whether a course has a part that completes it.

    A translation is made and published before its parts can be: its German course answers for it.
    """
    source = _source(course)
    return source.pk is not None and _completes(source)


def _source(course: CoursePage) -> CoursePage:
    """The course in the language it was written in first, as it is typed if it is that one."""
    source = course.get_translation_or_none(Locale.get_default()) or course
    # With the day it is to go live, which may not be saved yet.
    return course if source.pk == course.pk else source


def refuse_too_many_electives(course: CoursePage) -> None:
    """Raise ``ValidationError`` if a course asks for more optional parts than are public."""
    if not course.electives_needed or _source(course) is not course:
        return
    offered = _parts_that_count(course).filter(required=False).count() if course.pk else 0
    if course.electives_needed > offered:
        raise ValidationError(
            {
                "electives_needed": ngettext(
                    "There is only %(count)d optional part that is public. Please publish more, or "
                    "ask for fewer.",
                    "There are only %(count)d optional parts that are public. Please publish more, "
                    "or ask for fewer.",
                    offered,
                )
                % {"count": offered}
                if offered
                else _(
                    "No optional part is public yet. Please publish some first, or enter 0: then "
                    "all parts that are needed complete the course."
                )
            }
        )


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
        if _completes(course) and not _completes(course, without=pages)
    ]


def parts_to_choose(page: ActivityMixin, parent: Page) -> list[tuple[str, str]]:
    """The other parts of the course of ``page``, which stands below ``parent`` or will do so.

    With key and title, in course order; drafts are among them, for they may be published later.
    """
    course = parent if isinstance(parent, CoursePage) else None
    course = course or CoursePage.objects.ancestor_of(parent, inclusive=True).first()
    if course is None:
        return []
    models = [model for model in activity_models() if model.completion_mode != CompletionMode.NONE]
    parts = (
        Page.objects.descendant_of(course)
        .filter(content_type__in=ContentType.objects.get_for_models(*models).values())
        .exclude(translation_key=page.translation_key)
        .order_by("path")
        .values_list("translation_key", "draft_title")
    )
    return [(str(key), title) for key, title in parts]


def refuse_circles(page: ActivityMixin) -> None:
    """Raise ``ValidationError`` if an activity waits for one that waits for it.

    What stands below it waits with it, and it waits with what it stands below.
    """
    course = CoursePage.objects.ancestor_of(page).first() if page.pk is not None else None
    if course is None:
        return
    rows = (
        Page.objects.descendant_of(course)
        .live()
        .filter(content_type__in=ContentType.objects.get_for_models(*activity_models()).values())
        .values_list(
            "path", "translation_key", "title", _of_any(activity_models(), "prerequisites")
        )
    )
    own = {path: (key, title, needs) for path, key, title, needs in rows}
    own[page.path] = (page.activity_key, page.title, page.prerequisites)
    titles = {key: title for key, title, _needs in own.values()}
    needs = {
        key: {UUID(need) for at in own if path.startswith(at) for need in own[at][2]}
        for path, (key, _title, _needs) in own.items()
    }
    held = [own[path][0] for path in own if path.startswith(page.path)]
    if waiting := set().union(*(rules.circle(needs, key) for key in held)):
        raise ValidationError(
            {
                "prerequisites": _(
                    "Nobody could begin here: %(parts)s can only be begun after this part. Please "
                    "take the tick away there or here."
                )
                % {"parts": ", ".join(titles[key] for key in titles if key in waiting)}
            }
        )


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
