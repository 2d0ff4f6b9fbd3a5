"""Freezing what was published: the only writer of ``ContentVersion``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone
from wagtail.models import Page

from hub.i18n import default_locale_id, languages, source_page, text_language

from .changing.answers import Change, is_original
from .changing.differences import differences
from .frozen_files import FILES, keep_files
from .models import BankQuestion, ContentVersion, UnitMixin
from .signals import content_version_created


class Unit(Protocol):
    """What can be frozen: a course, an activity, a question of the bank."""

    translation_key: UUID

    def get_evidence(self) -> dict[str, Any]: ...


def canonical(content: dict[str, Any]) -> bytes:
    """The JSON of a content, the same bytes on every machine; the checksum is taken of these."""
    text = json.dumps(
        content, cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return text.encode()


def checksum(content: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a content."""
    return hashlib.sha256(canonical(content)).hexdigest()


def _evidence(page: Unit) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(json.dumps(page.get_evidence(), cls=DjangoJSONEncoder))
    files = keep_files(page)
    return content | {FILES: files} if files else content


def freeze(page: Page) -> ContentVersion:
    """The version of what ``page`` shows now; makes one if the text differs from the last.

    ``page`` is the live specific page. An alias counts as the page it shows, and so does a
    translation of which nothing is translated yet. Safe to repeat and to race: equal content never
    gets two versions in a row.
    """
    source = source_page(page).specific
    return _freeze(source, text_language(source))


def freeze_question(question: BankQuestion) -> ContentVersion:
    """The version of a published question of the bank, which points to it from now on.

    What holds for pages holds here: a translation of which nothing is translated yet asks the
    original. Safe to repeat.
    """
    version = _freeze(question, languages()[question.locale_id])
    BankQuestion.objects.filter(pk=question.pk).update(version=version)
    question.version = version
    return version


def freeze_new_questions(questions: Sequence[BankQuestion]) -> None:
    """``freeze_question`` for questions that were just made and published: their first versions.

    A few queries, however many questions.
    """
    contents = [_evidence(question) for question in questions]
    versions = ContentVersion.objects.bulk_create(
        ContentVersion(
            unit_key=question.translation_key,
            unit_type=question._meta.label_lower,
            language=languages()[question.locale_id],
            number=1,
            title=question.title,
            content=content,
            sha256=checksum(content),
            published_at=question.last_published_at or timezone.now(),
        )
        for question, content in zip(questions, contents, strict=True)
    )
    first = ContentVersion.objects.filter(unit_key=OuterRef("translation_key"))
    BankQuestion.objects.filter(pk__in=[question.pk for question in questions]).order_by().update(
        version=Subquery(first.values("pk")[:1])
    )
    for question, version in zip(questions, versions, strict=True):
        question.version = version
        _tell(version)


def _tell(version: ContentVersion) -> None:
    transaction.on_commit(
        partial(content_version_created.send, sender=ContentVersion, version=version)
    )


def _freeze(source: Any, language: str) -> ContentVersion:
    content = _evidence(source)
    sha256 = checksum(content)
    if source.locale_id != default_locale_id():
        original = (
            type(source)
            .objects.filter(
                translation_key=source.translation_key, locale=default_locale_id(), live=True
            )
            .first()
        )
        if original is not None and checksum(_evidence(original)) == sha256:
            return _freeze(original, languages()[original.locale_id])
    versions = ContentVersion.objects.filter(unit_key=source.translation_key, language=language)
    while True:
        latest = versions.order_by("-number").first()
        is_same_text = latest is not None and _is_same_text(source, latest, content, sha256)
        edition = _edition(source, latest, is_same_text=is_same_text)
        if latest is not None and is_same_text and latest.edition == edition:
            version = latest
            break
        try:
            with transaction.atomic():
                version = ContentVersion.objects.create(
                    unit_key=source.translation_key,
                    unit_type=source._meta.label_lower,
                    language=language,
                    number=latest.number + 1 if latest else 1,
                    edition=edition,
                    is_substantive=latest is None or edition != latest.edition,
                    title=source.title,
                    content=content,
                    sha256=sha256,
                    published_at=source.last_published_at or timezone.now(),
                )
        except IntegrityError:
            continue  # somebody else froze the same moment; look again
        _tell(version)
        break
    _keep_edition(source, version)
    return version


def _is_same_text(
    source: Any, latest: ContentVersion, content: dict[str, Any], sha256: str
) -> bool:
    """Whether a content says what the latest version says, whatever the editor wrote around it."""
    if latest.sha256 == sha256:
        return True
    if not isinstance(source, UnitMixin) or latest.content.get(FILES) != content.get(FILES):
        return False
    return not differences(type(source), latest.content, content)


def _edition(source: Any, latest: ContentVersion | None, *, is_same_text: bool) -> int:
    """The edition of what ``source`` shows now, ``latest`` being its latest version.

    That of a translation is the one of the text it was last brought up to date with, if that is
    public by now. What is not asked about, such as a question of the bank, changes in substance
    each time.
    """
    if isinstance(source, UnitMixin) and not is_original(source):
        newest = _newest_edition(source)
        return min(source.edition or (latest.edition if latest else newest), newest)
    if latest is None:
        return _first_edition(source)
    if is_same_text:
        return latest.edition
    if not isinstance(source, UnitMixin):
        return latest.edition + 1
    return latest.edition + Change(draft=source, before=latest).is_substantive


def edition_to_come(draft: UnitMixin) -> int:
    """The edition that an original will have when its ``draft`` is public.

    What becomes known until then may make it a lower one, never a higher one.
    """
    latest = latest_version(draft)
    if latest is None:
        return _first_edition(draft)
    content = json.loads(json.dumps(draft.get_evidence(), cls=DjangoJSONEncoder))
    is_changed = bool(differences(type(draft), latest.content, content))
    return latest.edition + (is_changed and Change(draft=draft, before=latest).is_substantive)


def _first_edition(source: Any) -> int:
    """That of an original without a version; higher if it came with a translation behind it."""
    own = source.edition if isinstance(source, UnitMixin) else None
    return max(own or 1, _newest_edition(source))


def _newest_edition(source: Any) -> int:
    """The edition that the unit has reached in any language; 1 for a new one."""
    newest = ContentVersion.objects.filter(unit_key=source.translation_key)
    return newest.aggregate(edition=Max("edition"))["edition"] or 1


def _keep_edition(source: Any, version: ContentVersion) -> None:
    """Let the page know its edition: from there its translations receive it."""
    if isinstance(source, UnitMixin) and source.edition != version.edition:
        type(source).objects.filter(pk=source.pk).update(edition=version.edition)
        source.edition = version.edition


def latest_version(page: Page) -> ContentVersion | None:
    """The latest version of what ``page`` shows, in its language; ``None`` before the first."""
    versions = ContentVersion.objects.filter(
        unit_key=page.translation_key, language=text_language(page)
    )
    return versions.order_by("-number").first()


def current_version(page: Page, *, with_content: bool = False) -> ContentVersion:
    """The version a learner sees on the live ``page``; one query in the normal case.

    Without ``with_content`` its text is fetched when asked for. Raises ``ValueError`` for a page
    that was never published: a draft is no evidence.
    """
    versions = ContentVersion.objects.filter(
        unit_key=page.translation_key, language=text_language(page)
    )
    if not with_content:
        versions = versions.defer("content")
    version = versions.order_by("-number").first()
    if version is not None:
        return version
    if not page.live:
        raise ValueError(f"Page {page.pk} is not published.")
    return freeze(page)


def newer_original(page: Page) -> Page | None:
    """The page in the first language whose text has a substantive change that ``page`` lacks.

    ``None`` for a page that shows the text of that language itself. One query, and none then.
    """
    language = text_language(page)
    if page.pk is None:
        return None
    own = ContentVersion.objects.filter(unit_key=page.translation_key, language=language)
    return _newer(page.translation_key, language, than=own)


def newer_original_than(version_pk: int, *, unit_key: UUID, language: str) -> Page | None:
    """The same for one version of a unit, be it the latest of its ``language`` or not."""
    return _newer(unit_key, language, than=ContentVersion.objects.filter(pk=version_pk))


def _newer(unit_key: UUID, language: str, *, than: QuerySet[ContentVersion]) -> Page | None:
    first = languages()[default_locale_id()]
    if language == first:
        return None
    original = ContentVersion.objects.filter(unit_key=unit_key, language=first)
    originals = Page.objects.live().filter(
        translation_key=unit_key, locale=default_locale_id(), alias_of__isnull=True
    )
    return (
        originals.annotate(
            newest=Subquery(original.order_by("-number").values("edition")[:1]),
            own=Subquery(than.order_by("-number").values("edition")[:1]),
        )
        .filter(newest__gt=F("own"))
        .first()
    )
