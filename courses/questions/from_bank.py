"""The places of a quiz that are filled from the bank. No question types: nothing is typed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from courses.drawing import RandomDraw

#: Block types, stored with the quizzes: never rename one.
BANK_QUESTION, RANDOM_DRAW = "bank_question", "random_draw"


class BankChooserBlock(SnippetChooserBlock):
    """Chooses a question of the bank.

    A translated quiz keeps the choice as it is: an attempt finds the question in its own language
    by the key, and in the first language as long as it is not translated.
    """

    def get_translatable_segments(self, value: Any) -> list[Any]:
        return []


class ChosenQuestionBlock(blocks.StructBlock):
    """One question of the bank, in each attempt as it was published last."""

    question = BankChooserBlock("courses.BankQuestion", label=_("Question"))
    points = blocks.IntegerBlock(
        required=False,
        min_value=1,
        max_value=100,
        label=_("Other points"),
        help_text=_("Empty: as many as the question itself gives."),
    )

    def clean(self, value):
        """Refuse a question that was never public; a draft may wait for it."""
        cleaned = super().clean(value)
        question = cleaned["question"]
        if question is not None and not self.is_deferred_validation and not question.is_askable:
            raise blocks.StructBlockValidationError(
                {
                    "question": ValidationError(
                        _("This question is not published. Please publish it first.")
                    )
                }
            )
        return cleaned

    class Meta:
        icon = "clipboard-list"
        label = _("Question of the bank")
        group = _("From the question bank")
        label_format = "{question}"


def tag_choices() -> Iterator[tuple[str, str]]:
    """Every keyword, with the number of questions that can be drawn by it."""
    from courses.bank import tags_with_counts

    return tags_with_counts()


class RandomDrawBlock(blocks.StructBlock):
    """Questions by chance, for each attempt anew; who tries again meets new ones first."""

    tags = blocks.MultipleChoiceBlock(
        choices=tag_choices,
        widget=forms.CheckboxSelectMultiple,
        label=_("Keywords"),
        help_text=_("A question is drawn if it has all the keywords ticked here."),
    )
    count = blocks.IntegerBlock(
        default=1,
        min_value=1,
        max_value=100,
        label=_("How many"),
        help_text=_("So many questions each attempt gets. The bank must have as many."),
    )

    class Meta:
        icon = "rotate"
        label = _("Questions by chance")
        group = _("From the question bank")
        label_format = "{count} × {tags}"


def from_bank(
    stored: Iterable[dict[str, Any]],
) -> tuple[list[UUID | RandomDraw], dict[UUID, int | None], list[dict[str, Any]]]:
    """What a frozen quiz takes from where: all its places, what was chosen, what was typed.

    A place is the id of a question or a random draw. Chosen questions are keys with the points the
    quiz gives them, ``None`` for their own.
    """
    places: list[UUID | RandomDraw] = []
    chosen: dict[UUID, int | None] = {}
    typed = []
    for entry in stored:
        value = entry["value"]
        if entry["type"] == RANDOM_DRAW:
            places.append(random_draw(value))
        elif entry["type"] == BANK_QUESTION:
            key = UUID(value["question"])
            if key not in chosen:
                places.append(key)
                chosen[key] = value["points"]
        else:
            places.append(UUID(entry["id"]))
            typed.append(entry)
    return places, chosen, typed


def random_draw(value: Mapping[str, Any]) -> RandomDraw:
    """A random draw as its block says it, also one that is not filled in yet."""
    return RandomDraw(frozenset(value["tags"] or ()), value["count"] or 0)


def with_points(value: blocks.StructValue, points: int | None) -> blocks.StructValue:
    """The value of a question, with other points if there are any."""
    if points is None or "points" not in value:
        return value
    return type(value)(value.block, {**value, "points": points})
