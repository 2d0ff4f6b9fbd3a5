"""What stands for a question whose plug-in is not installed."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

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
        """Refuse a placeholder added by hand: it stands for nothing."""
        if not value:
            raise ValidationError(_("Please choose a question type and remove this placeholder."))
        return super().clean(value)

    class Meta:
        icon = "warning"
        label = _("Question of a type that is not installed")
        help_text = _("Its content is kept as it is and not shown to learners.")


def wrap(child: dict[str, Any]) -> dict[str, Any]:
    """Stored data of an unknown type as data of the placeholder."""
    kept = {"type": child["type"], "value": child["value"]}
    return {"type": UNKNOWN, "value": json.dumps(kept), "id": child.get("id")}


def unwrap(child: dict[str, Any]) -> dict[str, Any]:
    """The reverse of ``wrap``."""
    return {**json.loads(child["value"]), "id": child["id"]}
