"""What types that ask for a typed text share: the settings, and taking in what was typed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from wagtail import blocks

from courses.typed_answers import TextRules

from .base import foreign_answer

#: Characters of a typed word or phrase; more is an accident.
LONGEST_PHRASE = 200


def case_matters_block() -> blocks.BooleanBlock:
    return blocks.BooleanBlock(
        required=False,
        label=_("Upper and lower case must be right"),
        help_text=_("Without the tick, “data” is as good as “Data”."),
    )


def umlauts_matter_block() -> blocks.BooleanBlock:
    return blocks.BooleanBlock(
        required=False,
        label=_("Umlauts and ß must be right"),
        help_text=_("Without the tick, “ae” is as good as “ä” and “ss” as good as “ß”."),
    )


def text_rules(value: blocks.StructValue) -> TextRules:
    """The rules that a question's two settings stand for."""
    return TextRules(
        case_matters=bool(value["case_matters"]), umlauts_matter=bool(value["umlauts_matter"])
    )


def typed_text(given: list[str], longest: int = LONGEST_PHRASE) -> str:
    """The text typed into a field, without space around it and with plain line ends.

    Raises ``ValidationError`` if it has more than ``longest`` characters.
    """
    if len(given) > 1:
        raise foreign_answer()
    text = "".join(given).replace("\x00", "")  # which PostgreSQL cannot store
    text = "\n".join(text.splitlines()).strip()
    if len(text) > longest:
        raise ValidationError(
            ngettext_lazy(
                "Your answer is %(count)d character too long. Please shorten it.",
                "Your answer is %(count)d characters too long. Please shorten it.",
                len(text) - longest,
            )
            % {"count": len(text) - longest}
        )
    return text
