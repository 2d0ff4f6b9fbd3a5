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
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from wagtail.models import Page

from hub.i18n import default_locale_id, languages, source_page, text_language

from .frozen_files import FILES, keep_files
from .models import BankQuestion, ContentVersion
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
        if latest is not None and latest.sha256 == sha256:
            return latest
        try:
            with transaction.atomic():
                version = ContentVersion.objects.create(
                    unit_key=source.translation_key,
                    unit_type=source._meta.label_lower,
                    language=language,
                    number=latest.number + 1 if latest else 1,
                    edition=latest.edition + 1 if latest else 1,
                    title=source.title,
                    content=content,
                    sha256=sha256,
                    published_at=source.last_published_at or timezone.now(),
                )
        except IntegrityError:
            continue  # somebody else froze the same moment; look again
        _tell(version)
        return version


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
