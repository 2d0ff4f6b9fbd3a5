"""The bank of the demo hub: questions for many quizzes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from wagtail.models import Locale, Revision

from courses.models import BankQuestion, ContentVersion

from .content import BankText
from .identifiers import BlockIds, stable_id
from .plan import questions


def question_key(name: str) -> UUID:
    """The ``translation_key`` of a question of the demo bank."""
    return stable_id("bank", name)


def create_bank(bank: BankText) -> dict[str, int]:
    """Write and publish the questions; returns their primary keys by their names in the files.

    Raises ``PublishingRefused`` for what the editor's own checks refuse.
    """
    keys = {}
    for entry in bank.entries:
        key = entry.question.key
        question = BankQuestion(
            name=entry.name,
            author=bank.author,
            locale=Locale.get_default(),
            translation_key=question_key(key),
            question=questions([entry.question], BlockIds(f"fragenpool/{key}")),
            live=False,
        )
        question.tags.add(*entry.tags)
        question.save()
        question.save_revision(log_action=True).publish()
        keys[key] = question.pk
    return keys


def date_back(published_at: datetime) -> None:
    """Let the questions and their versions be as old as the pages."""
    rows = BankQuestion.objects.all()
    rows.update(first_published_at=published_at, last_published_at=published_at)
    keys = list(rows.values_list("translation_key", flat=True))
    ContentVersion.objects.filter(unit_key__in=keys).update(published_at=published_at)
    revisions = list(rows.values_list("latest_revision", flat=True))
    Revision.objects.filter(pk__in=revisions).update(created_at=published_at)
