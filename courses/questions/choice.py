"""Single and multiple choice."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from wagtail import blocks

from courses import grading

from . import refusals
from .base import (
    WHOLE,
    Answer,
    QuestionBlock,
    Review,
    ReviewOption,
    Tally,
    TallyRow,
    foreign_answer,
    questions,
)
from .pictures import QuestionPictureBlock


class OptionBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Answer"))
    image = QuestionPictureBlock()
    is_correct = blocks.BooleanBlock(required=False, label=_("This answer is right"))
    feedback = blocks.CharBlock(
        required=False,
        default="",
        label=_("Feedback"),
        help_text=_("Why this answer is right or wrong; shown to who chose it."),
    )


class ChoiceQuestionBlock(QuestionBlock):
    """What single and multiple choice share: options with an id of their own."""

    options = blocks.ListBlock(
        OptionBlock(),
        default=[{"text": "", "is_correct": False, "feedback": ""}] * 2,
        min_num=2,
        max_num=12,
        label=_("Answers"),
        help_text=_("At least two. Tick what is right, and say for each answer why."),
    )

    def clean(self, value):
        """Refuse answers with the same text; a draft may have them."""
        cleaned = super().clean(value)
        texts = [option["text"] for option in cleaned["options"]]
        if not self.is_deferred_validation and (positions := refusals.repeated(texts)):
            message = _("This answer stands there twice. Please change one of them.")
            raise refusals.at_items(
                "options",
                {
                    position: blocks.StructBlockValidationError({"text": ValidationError(message)})
                    for position in positions
                },
            )
        return cleaned

    def option_ids(self, value: blocks.StructValue) -> list[str]:
        return [option.id for option in value["options"].bound_blocks]

    def correct_ids(self, value: blocks.StructValue) -> list[str]:
        """The ids of the options that are right."""
        return [option.id for option in value["options"].bound_blocks if option.value["is_correct"]]

    def right_answer(self, value: blocks.StructValue) -> Answer:
        return {WHOLE: self.correct_ids(value)}

    def choices(self, value: blocks.StructValue, order: Sequence[str]) -> list[tuple[str, str]]:
        """Id and text of the options in ``order``."""
        texts = {option.id: option.value["text"] for option in value["options"].bound_blocks}
        return [(option_id, texts[option_id]) for option_id in order if option_id in texts]

    def pictures(self, value: blocks.StructValue) -> dict[str, blocks.StructValue]:
        """The pictures of the options that have one, by option id."""
        return {
            option.id: option.value["image"]
            for option in value["options"].bound_blocks
            if option.value["image"]["image"]
        }

    def tally_rows(self, value: blocks.StructValue) -> list[TallyRow]:
        return [
            TallyRow(option.id, option.value["text"], bool(option.value["is_correct"]))
            for option in value["options"].bound_blocks
        ]

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        known = self.option_ids(value)
        if not set(given) <= set(known):
            raise foreign_answer()
        return [option_id for option_id in known if option_id in given]

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        chosen = answer.get(WHOLE, [])
        options = {option.id: option.value for option in value["options"].bound_blocks}
        return Review(
            options=[
                ReviewOption(
                    text=options[option_id]["text"],
                    is_chosen=option_id in chosen,
                    is_right=options[option_id]["is_correct"],
                    feedback=options[option_id]["feedback"],
                    picture=options[option_id]["image"],
                )
                for option_id in order
                if option_id in options
            ],
            score=self.grade(value, answer),
        )


@questions.register
class SingleChoiceBlock(ChoiceQuestionBlock):
    """One of several answers is right."""

    type_key = "single_choice"
    tally = Tally.ONE

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        return {
            WHOLE: forms.ChoiceField(
                choices=self.choices(value, order), widget=forms.RadioSelect, required=False
            )
        }

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        chosen = super().parse_part(value, part, given)
        if len(chosen) > 1:
            raise ValidationError(_("Please choose one answer only."))
        return chosen

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        return grading.one_right(answer.get(WHOLE, []), self.correct_ids(value), value["points"])

    def clean(self, value):
        """Refuse a question without exactly one right answer; a draft may wait for it."""
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        right = len(self.correct_ids(cleaned))
        if right != 1:
            message = (
                _("Mark the right answer: a single choice question has exactly one.")
                if right == 0
                else ngettext_lazy(
                    "%(right)d answer is marked as right; a single choice question has one.",
                    "%(right)d answers are marked as right; a single choice question has one.",
                    right,
                )
                % {"right": right}
            )
            raise blocks.StructBlockValidationError(
                {"options": blocks.ListBlockValidationError(non_block_errors=[message])}
            )
        return cleaned

    class Meta:
        icon = "radio-full"
        label = _("Single choice")


@questions.register
class MultipleChoiceBlock(ChoiceQuestionBlock):
    """Several answers may be right; every right one counts, every wrong one takes one away."""

    type_key = "multiple_choice"
    takes_several = True
    tally = Tally.SEVERAL

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        return {
            WHOLE: forms.MultipleChoiceField(
                choices=self.choices(value, order),
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
        }

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        return grading.share_right(answer.get(WHOLE, []), self.correct_ids(value), value["points"])

    def clean(self, value):
        """Refuse a question without a right answer; a draft may wait for it."""
        cleaned = super().clean(value)
        if not self.is_deferred_validation and not self.correct_ids(cleaned):
            raise blocks.StructBlockValidationError(
                {
                    "options": blocks.ListBlockValidationError(
                        non_block_errors=[_("Mark at least one answer as right.")]
                    )
                }
            )
        return cleaned

    class Meta:
        icon = "tick-inverse"
        label = _("Multiple choice")
