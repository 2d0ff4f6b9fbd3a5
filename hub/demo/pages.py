"""Locales, site, pictures and the German page tree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.core.files.images import ImageFile
from wagtail.images import get_image_model
from wagtail.models import Locale, Page, Revision, Site

from courses.models import ContentVersion, Topic, TopicLabel

from .content import ContentError, Table
from .plan import HOME, PlannedPage, picture_files


def import_pictures(folder: Path) -> dict[str, int]:
    """Put the drawings into Wagtail; returns their primary keys by file name."""
    model = get_image_model()
    keys = {}
    for path in picture_files(folder):
        with path.open("rb") as file:
            picture = model(
                title=path.stem.replace("-", " ").capitalize(), file=ImageFile(file, path.name)
            )
            picture.save()
        keys[path.name] = picture.pk
    return keys


def create_locales() -> dict[str, Locale]:
    """German, English and Leichte Sprache, by language code."""
    return {
        code: Locale.objects.get_or_create(language_code=code)[0]
        for code in ("de", "en", "de-simple")
    }


def create_topics(folder: Path) -> dict[str, Topic]:
    """The topics of the catalogue with a label in every language, by slug."""
    table = Table.read(folder / "site" / "topics.toml")
    topics = {}
    for entry in table.tables("topics"):
        topic = Topic.objects.create(slug=entry.text("slug"), name=entry.text("de"))
        TopicLabel.objects.bulk_create(
            TopicLabel(topic=topic, language=language, text=entry.text(language))
            for language in ("en", "de-simple")
        )
        entry.done()
        topics[topic.slug] = topic
    return topics


def create_pages(plan: Iterable[PlannedPage], topics: dict[str, Topic]) -> None:
    """The German tree, published from the leaves to the root: a course needs its parts first.

    Raises ``ContentError`` for what the editor's own checks refuse.
    """
    root = Page.objects.get(depth=1)
    welcome = list(Page.objects.filter(depth=2))
    created: dict[str, Page] = {}
    for planned in plan:
        parent = created[planned.parent] if planned.parent else root
        page = planned.model(
            **planned.german.fields,
            locale=Locale.get_default(),
            translation_key=planned.key,
            show_in_menus=True,
            live=False,
        )
        _check_blocks(page, planned)
        for slug in planned.topics:
            page.topics.add(topics[slug])
        parent.add_child(instance=page)
        # The next child needs the counters of the tree as they are now.
        page.refresh_from_db()
        created[planned.name] = page
        if planned.name == HOME:
            _make_site(page)
            for old in welcome:
                old.refresh_from_db()
                old.delete()
            root.refresh_from_db()
    for page in reversed(created.values()):
        page.refresh_from_db()
        page.save_revision(log_action=True).publish()


def _check_blocks(page: Page, planned: PlannedPage) -> None:
    """Hold the texts against the rules of the editor, block by block."""
    for name in planned.german.fields:
        field = page._meta.get_field(name)
        block = getattr(field, "stream_block", None)
        if block is None:
            continue
        try:
            block.clean(getattr(page, name))
        except ValueError as error:
            raise ContentError(f"{planned.german.path}: {name}: {error}") from error


def _make_site(home: Page) -> None:
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "root_page": home, "site_name": "KI-Hub"},
    )


def date_back(plan: Iterable[PlannedPage], published_at: datetime) -> None:
    """Let the pages and their versions be as old as the learning that refers to them."""
    keys = [planned.key for planned in plan]
    pages = Page.objects.filter(translation_key__in=keys)
    pages.update(
        first_published_at=published_at,
        last_published_at=published_at,
        latest_revision_created_at=published_at,
    )
    page_ids = [str(pk) for pk in pages.values_list("pk", flat=True)]
    Revision.page_revisions.filter(object_id__in=page_ids).update(created_at=published_at)
    # The versions of the pilot phase are older and stay so.
    ContentVersion.objects.filter(unit_key__in=keys, published_at__gt=published_at).update(
        published_at=published_at
    )
