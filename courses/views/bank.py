"""The bank in the Wagtail admin: what editors see of a question."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from courses.frozen import FrozenQuestion
from courses.models import BankQuestion
from courses.quizzing import as_written
from courses.views.quiz import QuestionOnPage
from hub.i18n import languages


def preview_context(question: BankQuestion) -> dict[str, Any]:
    """The question as learners see it, also one just typed and not saved."""
    return {
        "previewed": _previewed(question),
        "text_language": languages()[question.locale_id],
    }


def _previewed(question: BankQuestion) -> list[QuestionOnPage]:
    child = question.block
    if child is None:
        return []
    frozen = FrozenQuestion(languages()[question.locale_id], child)
    return [QuestionOnPage(as_written(uuid4(), 1, frozen), answer={})]
