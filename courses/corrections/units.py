"""What corrections are made at: a quiz with the questions typed in it, a question of the bank."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Case, Value, When

from hub.i18n import default_locale_id, languages

from ..models import BankQuestion, QuizPage

#: Its ``translation_key`` is the ``unit_key`` of its corrections.
Unit = QuizPage | BankQuestion


def original(unit_key: UUID) -> Unit | None:
    """The unit of a key in the language it was written in first."""
    return originals([unit_key]).get(unit_key)


def originals(unit_keys: Collection[UUID]) -> dict[UUID, Unit]:
    """The same for several keys, in two queries at most."""
    keys = set(unit_keys)
    found: dict[UUID, Unit] = {}
    if keys:
        pages = QuizPage.objects.filter(
            translation_key__in=keys, locale=default_locale_id(), alias_of__isnull=True
        )
        found |= {page.translation_key: page for page in pages.defer("questions")}
    if missing := keys - found.keys():
        # A question may have been written in another language and never been translated.
        is_first = Case(When(locale=default_locale_id(), then=Value(0)), default=Value(1))
        for question in BankQuestion.objects.filter(translation_key__in=missing).order_by(
            is_first, "pk"
        ):
            found.setdefault(question.translation_key, question)
    return found


def is_original(unit: Unit) -> bool:
    """Whether a unit is the one its corrections are made at; its translations follow it."""
    if unit.locale_id == default_locale_id():
        return True
    if isinstance(unit, QuizPage):
        return False
    first = original(unit.translation_key)
    return first is not None and first.pk == unit.pk


def language_of(unit: Unit) -> str:
    """The language an original is written in."""
    return languages()[unit.locale_id]
