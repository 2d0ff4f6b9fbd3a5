"""The bank in the Wagtail admin: what editors see of a question."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms

from courses.models import BankQuestion
from courses.quizzing import AskedQuestion
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
    asked = AskedQuestion(
        id=UUID(child.id) if child.id else uuid4(),
        number=1,
        block=child.block,
        value=child.value,
        order=tuple(child.block.option_ids(child.value)),
    )
    form = forms.Form()
    form.fields[str(asked.id)] = asked.block.get_form_field(asked.value, asked.order)
    return [QuestionOnPage(asked, form[str(asked.id)], shown=[], errors=[])]
