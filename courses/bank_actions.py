"""Changes of state of the bank: each atomic, logged, safe to repeat."""

from __future__ import annotations

from django.db import transaction
from wagtail.log_actions import log

from hub.organisations.models import User

from .models import BankQuestion

RETIRE, OFFER_AGAIN = "courses.retire_question", "courses.offer_question_again"


def retire(*, question: BankQuestion, actor: User) -> None:
    """Offer a question no longer, in no language: neither to choose nor to draw.

    Quizzes that chose it go on asking it; what was asked stays as it was.
    """
    _set_retired(question, True, RETIRE, actor)


def offer_again(*, question: BankQuestion, actor: User) -> None:
    """Offer a retired question again, in every language."""
    _set_retired(question, False, OFFER_AGAIN, actor)


def _set_retired(question: BankQuestion, is_retired: bool, action: str, actor: User) -> None:
    with transaction.atomic():
        rows = BankQuestion.objects.select_for_update().filter(
            translation_key=question.translation_key
        )
        changed = [row for row in rows if row.is_retired != is_retired]
        rows.filter(pk__in=[row.pk for row in changed]).update(is_retired=is_retired)
        for row in changed:
            log(row, action, user=actor)
    question.is_retired = is_retired
