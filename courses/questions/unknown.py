"""What stands for a question whose plug-in is not installed."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from .base import questions

UNKNOWN = "unknown_question"


class UnknownQuestionBlock(blocks.FieldBlock):
    """Keeps the stored data of a question as JSON text, through load, form and save.

    Wagtail drops blocks of unknown types on load and would lose them at the next save. It is no
    text block, so that wagtail-localize does not offer its JSON for translation.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.field = forms.CharField(
            required=False, widget=forms.Textarea(attrs={"readonly": True, "rows": 2})
        )
        super().__init__(**kwargs)

    def clean(self, value):
        """Refuse a placeholder added or changed by hand: it stands for nothing.

        In particular for no question of an installed type, which has its own form and checks.
        """
        kept = _parsed(value)
        if kept is None or kept["type"] in {*questions, UNKNOWN}:
            raise ValidationError(_("Please choose a question type and remove this placeholder."))
        return super().clean(value)

    class Meta:
        icon = "warning"
        label = _("Question of a type that is not installed")
        help_text = _("Its content is kept as it is and not shown to learners.")


def _parsed(value: str) -> dict[str, Any] | None:
    """What a placeholder keeps; ``None`` if it is no stored question."""
    try:
        kept = json.loads(value)
    except (TypeError, ValueError):
        return None
    is_question = isinstance(kept, dict) and kept.keys() == {"type", "value"}
    return kept if is_question and isinstance(kept["type"], str) else None


def wrap(child: dict[str, Any]) -> dict[str, Any]:
    """Stored data of an unknown type as data of the placeholder."""
    kept = {"type": child["type"], "value": child["value"]}
    return {"type": UNKNOWN, "value": json.dumps(kept), "id": child.get("id")}


def unwrap(child: dict[str, Any]) -> dict[str, Any]:
    """The reverse of ``wrap``; what it did not make stays a placeholder."""
    kept = _parsed(child["value"])
    return child if kept is None else {**kept, "id": child["id"]}
