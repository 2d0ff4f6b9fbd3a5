"""A course out into a package."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from modelcluster.models import get_all_child_relations
from taggit.models import TagBase
from wagtail.documents import get_document_model
from wagtail.fields import RichTextField, StreamField
from wagtail.images import get_image_model
from wagtail.models import (
    DraftStateMixin,
    Locale,
    LockableMixin,
    Page,
    RevisionMixin,
    TranslatableMixin,
    WorkflowMixin,
)
from wagtail_localize.models import Translation

from courses.models import BankQuestion, CoursePage, QuestionTag, Topic
from courses.questions.from_bank import RANDOM_DRAW
from courses.versions import newer_original
from hub.i18n import default_locale_id, languages
from hub.organisations.models import User

from .package import (
    MEDIA_FIELDS,
    Fields,
    MediaEntry,
    Package,
    PageEntry,
    QuestionEntry,
    TagEntry,
    sha256,
)
from .references import REF, Visitor, expect, rewrite

#: What a course takes along of Wagtail's own fields of a page; the rest says how it stands here.
PAGE_FIELDS = {"title", "slug", "seo_title", "search_description", "show_in_menus"}
_TAGS: tuple[type[TagBase], ...] = (Topic, QuestionTag)


@cache
def left_here(model: type[Model]) -> frozenset[str]:
    """The fields of a model that say how an object stands in this hub, and who did what with it."""
    hidden = {f.name for f in model._meta.fields if not f.editable}
    if issubclass(model, Page):
        return frozenset(f.name for f in Page._meta.get_fields()) - PAGE_FIELDS | hidden | {"pk"}
    mixins = (DraftStateMixin, LockableMixin, RevisionMixin, WorkflowMixin, TranslatableMixin)
    names = {
        f.name for mixin in mixins if issubclass(model, mixin) for f in mixin._meta.get_fields()
    }
    return frozenset(names | hidden | {"pk", model._meta.pk.name})


def stored_fields(instance: Any) -> Fields:
    """What an object holds, as Wagtail serialises it for a revision, with what is left here gone.

    Streams are lists; rows that belong to the object have neither keys of their own nor its key.
    """
    data = json.loads(json.dumps(instance.serializable_data(), cls=DjangoJSONEncoder))
    return travelling(type(instance), data)


def travelling(model: type[Model], data: Fields) -> Fields:
    """The fields that a package may hold for an object; raises ``BrokenContent``."""
    children = children_of(model)
    found: Fields = {}
    for name, value in data.items():
        if name in left_here(model):
            continue
        if name in children:
            if children[name].name not in left_here(model):
                found[name] = [_row(children[name], row) for row in expect(list, value)]
        elif (field := field_of(model, name)) and not _is_private(field):
            is_text = isinstance(field, StreamField) and isinstance(value, str)
            found[name] = json.loads(value or "[]") if is_text else value
    return found


def _row(relation: Any, row: Any) -> Fields:
    """A row that belongs to an object. A translatable one keeps its key: translations need it."""
    found = travelling(relation.related_model, expect(dict, row))
    found.pop(relation.field.name, None)
    if issubclass(relation.related_model, TranslatableMixin) and "translation_key" in row:
        found["translation_key"] = row["translation_key"]
    return found


def children_of(model: type[Model]) -> dict[str, Any]:
    """The relations to rows that belong to an object, by their names in its serialisation."""
    return {rel.get_accessor_name(): rel for rel in get_all_child_relations(model)}


def field_of(model: type[Model], name: str) -> Any:
    """A field that a model stores itself; ``None`` if it has none of that name."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if hasattr(field, "attname") else None


def _is_private(field: Any) -> bool:
    """Whether a field names a person, or the part of an object that another table holds."""
    if not field.is_relation:
        return False
    return bool(getattr(field.remote_field, "parent_link", False)) or issubclass(
        field.related_model, (User, Locale)
    )


def rewrite_fields(model: type[Model], data: Fields, visitor: Visitor) -> Fields:
    """The fields of an object with other references, also in the rows that belong to it."""
    children = children_of(model)
    found: Fields = {}
    for name, value in data.items():
        if name in children:
            related = children[name].related_model
            found[name] = [rewrite_fields(related, row, visitor) for row in value]
        else:
            found[name] = _rewrite_field(model._meta.get_field(name), value, visitor)
    return found


def _rewrite_field(field: Any, value: Any, visitor: Visitor) -> Any:
    if value is None:
        return None
    if isinstance(field, StreamField):
        return rewrite(field.stream_block, value, visitor)
    if isinstance(field, RichTextField):
        return visitor.rich_text(expect(str, value))
    if field.many_to_many:
        rows = [visitor.chosen(field.related_model, row) for row in expect(list, value)]
        return [row for row in rows if row is not None]
    if field.is_relation:
        return visitor.chosen(field.related_model, value)
    return value


def current(instance: Any) -> Any:
    """What is public of a page or question; of one that is not public, the draft."""
    return instance if instance.live else instance.get_latest_revision_as_object()


def export_course(course: CoursePage) -> Package:
    """A course in all its languages with all that belongs to it.

    Public pages and questions go with the text that is public, others with their latest draft.
    """
    return _Export(course).package()


class _Collector(Visitor):
    """Notes what is referred to."""

    def __init__(self) -> None:
        self.images: set[int] = set()
        self.documents: set[int] = set()
        self.questions: set[int] = set()
        self.tags: dict[type[TagBase], set[int]] = {model: set() for model in _TAGS}

    def chosen(self, model: type[Model], value: Any) -> Any:
        if issubclass(model, get_image_model()):
            self.images.add(int(value))
        elif issubclass(model, get_document_model()):
            self.documents.add(int(value))
        elif issubclass(model, BankQuestion):
            self.questions.add(int(value))
        elif model in self.tags:
            self.tags[model].add(int(value))
        return value

    def linked(self, kind: str, value: str) -> str | None:
        if value.isdigit() and kind != "page":
            (self.images if kind == "image" else self.documents).add(int(value))
        return value


class _Namer(Visitor):
    """Puts what is the same in every hub in the place of primary keys; says what was left out."""

    def __init__(self, export: _Export) -> None:
        self.export = export
        self.title = ""

    def chosen(self, model: type[Model], value: Any) -> Any:
        pk, export = int(value), self.export
        if issubclass(model, get_image_model() | get_document_model()):
            digest = export.digests.get((_kind(model), pk))
            return {REF: "media", "sha256": digest} if digest else self.lost(_("a file is missing"))
        if issubclass(model, Page):
            place = export.places.get(pk)
            return _ref("page", place) if place else self.lost(_("a page outside the course"))
        if issubclass(model, BankQuestion):
            place = export.question_places.get(pk)
            return _ref("question", place) if place else self.lost(_("a deleted question"))
        if model in export.tag_slugs:
            slug = export.tag_slugs[model].get(pk)  # type: ignore[index]
            return {REF: "tag", "model": model._meta.label_lower, "slug": slug} if slug else None
        return self.lost(str(model._meta.verbose_name))

    def linked(self, kind: str, value: str) -> str | None:
        pk = int(value) if value.isdigit() else 0
        if kind == "page":
            place = self.export.places.get(pk)
            return "/".join(place) if place else self.lost(_("a link to a page outside the course"))
        return self.export.digests.get((kind, pk)) or self.lost(_("a file is missing"))

    def lost(self, what: str) -> Any:
        """``None``, with a note of what it stands for."""
        note = _("“%(title)s”: not taken along: %(what)s.") % {"title": self.title, "what": what}
        if note not in self.export.notes:
            self.export.notes.append(note)
        return None


def _ref(kind: str, place: tuple[str, str]) -> Fields:
    return {REF: kind, "key": place[0], "language": place[1]}


def _kind(model: type[Model]) -> str:
    return "image" if issubclass(model, get_image_model()) else "document"


class _Export:
    """One export: first all is read, then references are named."""

    def __init__(self, course: CoursePage) -> None:
        self.course = course
        self.notes: list[str] = []
        self.digests: dict[tuple[str, int], str] = {}
        self.pages = list(self._pages())
        self.places = {page.pk: _place(page) for page in self.pages}
        self.seen = _Collector()
        self.page_fields = {page.pk: self._read(current(page)) for page in self.pages}
        keys = set(
            BankQuestion.objects.filter(pk__in=self.seen.questions).values_list(
                "translation_key", flat=True
            )
        )
        self.questions = list(self._questions(keys | self._drawable()))
        self.question_places = {row.pk: _place(row) for row in self.questions}
        self.question_fields = {row.pk: self._read(current(row)) for row in self.questions}
        self.tag_slugs = {
            model: dict(model._default_manager.filter(pk__in=pks).values_list("pk", "slug"))
            for model, pks in self.seen.tags.items()
        }
        self.namer = _Namer(self)

    def _pages(self) -> Iterator[Page]:
        """All pages, the first language first, each language in the order of its tree."""
        first = default_locale_id()
        roots = CoursePage.objects.filter(translation_key=self.course.translation_key)
        for root in sorted(roots, key=lambda r: (r.locale_id != first, languages()[r.locale_id])):
            yield from (
                page
                for page in root.get_descendants(inclusive=True).order_by("path").specific()
                if page.locale_id == root.locale_id
            )

    def _questions(self, keys: set[UUID]) -> QuerySet[BankQuestion]:
        return BankQuestion.objects.filter(translation_key__in=keys).order_by(
            "translation_key", "locale__language_code"
        )

    def _drawable(self) -> set[UUID]:
        """The questions that random draws of the course may draw."""
        found: set[UUID] = set()
        for tags in {tuple(sorted(tags)) for f in self.page_fields.values() for tags in _draws(f)}:
            rows = BankQuestion.objects.filter(is_retired=False)
            for slug in tags:
                rows = rows.filter(tagged__tag__slug=slug)
            found |= set(rows.values_list("translation_key", flat=True))
        return found

    def _read(self, instance: Any) -> Fields:
        data = stored_fields(instance)
        rewrite_fields(type(instance), data, self.seen)
        return data

    def package(self) -> Package:
        package = Package(
            course=str(self.course.translation_key),
            title=self.course.title,
            created=timezone.now().isoformat(timespec="seconds"),
            notes=self.notes,
        )
        self._add_media(package)
        synced = self._synced()
        for page in self.pages:
            package.pages.append(self._page(page, synced))
        for row in self.questions:
            package.questions.append(self._question(row, synced))
        package.tags = sorted(self._tags(), key=lambda tag: (tag.model, tag.slug))
        return package

    def _page(self, page: Page, synced: set[tuple[str, str]]) -> PageEntry:
        key, language = _place(page)
        parent = None if key == str(self.course.translation_key) else self._parent(page)
        alias_of = self._shown_language(page)
        fields = self.page_fields[page.pk]
        if alias_of:
            named = {name: fields[name] for name in ("title", "slug")}
        else:
            self.namer.title = page.title
            named = rewrite_fields(type(page), fields, self.namer)
            if page.live and page.has_unpublished_changes:
                self.notes.append(
                    _("“%(title)s” (%(language)s) has changes that are not public; they stay here.")
                    % {"title": page.title, "language": language}
                )
        return PageEntry(
            model=page._meta.label_lower,
            key=key,
            language=language,
            parent=parent,
            fields=named,
            alias_of=alias_of,
            is_public=page.live,
            is_synced=(key, language) in synced and not alias_of,
            is_older=not alias_of and newer_original(page) is not None,
        )

    def _parent(self, page: Page) -> str:
        path = page.path[: -page.steplen]
        return next(str(other.translation_key) for other in self.pages if other.path == path)

    def _shown_language(self, page: Page) -> str | None:
        """The language whose text an alias shows; an alias of another page goes as a text."""
        place = self.places.get(page.alias_of_id or 0)
        return place[1] if place and place[0] == str(page.translation_key) else None

    def _question(self, row: BankQuestion, synced: set[tuple[str, str]]) -> QuestionEntry:
        self.namer.title = row.name
        return QuestionEntry(
            *_place(row),
            fields=rewrite_fields(BankQuestion, self.question_fields[row.pk], self.namer),
            is_public=row.live,
            is_retired=row.is_retired,
            is_synced=_place(row) in synced,
        )

    def _synced(self) -> set[tuple[str, str]]:
        """Which translations wagtail-localize keeps in step with their originals."""
        keys = {row.translation_key for row in (*self.pages, *self.questions)}
        found = Translation.objects.filter(enabled=True, source__object_id__in=keys)
        return {
            (str(key), languages()[locale])
            for key, locale in found.values_list("source__object_id", "target_locale_id")
        }

    def _add_media(self, package: Package) -> None:
        rows: Iterable[Any] = [
            *get_image_model().objects.filter(pk__in=self.seen.images),
            *get_document_model().objects.filter(pk__in=self.seen.documents),
        ]
        entries: dict[str, MediaEntry] = {}
        for row in sorted(rows, key=lambda row: row.pk):
            try:
                with row.file.open("rb") as file:
                    content = file.read()
            except OSError:
                continue
            digest, kind = sha256(content), _kind(type(row))
            self.digests[kind, row.pk] = digest
            package.files[digest] = content
            entries.setdefault(
                digest,
                MediaEntry(
                    sha256=digest,
                    kind=kind,
                    file_name=row.filename,
                    title=row.title,
                    fields={n: getattr(row, n) for n in MEDIA_FIELDS if hasattr(row, n)},
                ),
            )
        package.media = [entries[digest] for digest in sorted(entries)]

    def _tags(self) -> Iterator[TagEntry]:
        for model, pks in self.seen.tags.items():
            for tag in model._default_manager.filter(pk__in=pks):
                labels = getattr(tag, "labels", None)
                yield TagEntry(
                    model=model._meta.label_lower,
                    slug=tag.slug,
                    name=tag.name,
                    labels=dict(labels.values_list("language", "text")) if labels else {},
                )


def _place(row: Any) -> tuple[str, str]:
    return str(row.translation_key), languages()[row.locale_id]


def _draws(value: Any) -> Iterator[list[str]]:
    """The keywords of each random draw in the fields of a page."""
    if isinstance(value, dict):
        if value.get("type") == RANDOM_DRAW and isinstance(value.get("value"), dict):
            if tags := value["value"].get("tags"):
                yield tags
            return
        for part in value.values():
            yield from _draws(part)
    elif isinstance(value, list):
        for part in value:
            yield from _draws(part)
