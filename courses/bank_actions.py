"""Changes of state of the bank: each atomic, logged, safe to repeat."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.actions.unpublish import UnpublishAction
from wagtail.log_actions import log

from hub.organisations.models import User

from .models import BankQuestion, Correction

RETIRE, OFFER_AGAIN = "courses.retire_question", "courses.offer_question_again"


def retire(*, question: BankQuestion, actor: User) -> None:
    """Offer a question no longer, in no language: neither to choose nor to draw.

    Quizzes that chose it go on asking it; what was asked stays as it was.
    """
    _set_retired(question, True, RETIRE, actor)


def offer_again(*, question: BankQuestion, actor: User) -> None:
    """Offer a retired question again, in every language.

    Raises ``ValidationError`` for one that was declared void.
    """
    key = question.translation_key
    if Correction.objects.in_force().void().filter(unit_key=key, question_id=key).exists():
        raise ValidationError(
            _(
                "This question was declared void for everyone and cannot be asked again. Please "
                "write a new one; a copy of this one will do."
            )
        )
    _set_retired(question, False, OFFER_AGAIN, actor)


def withdraw(*, key: UUID, actor: User) -> None:
    """Ask a question no more, in no language: unpublished, unscheduled, retired. Safe to repeat.

    For a question that was declared void: who approves that decides for all languages.
    """
    with transaction.atomic():
        for row in BankQuestion.objects.locked(key):
            row.revisions.update(approved_go_live_at=None)
            # What the person may do was asked before; Wagtail asks it of pages only.
            UnpublishAction(row, user=actor).execute(skip_permission_checks=True)
            if not row.is_retired:
                retire(question=row, actor=actor)


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
