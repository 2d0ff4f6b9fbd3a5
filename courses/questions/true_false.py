"""A statement that is right or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses import grading

from .base import Answer, QuestionBlock, Review, ReviewOption, questions

TRUE, FALSE = "true", "false"


@questions.register
class TrueFalseBlock(QuestionBlock):
    """A statement; "Right" always stands before "Wrong"."""

    type_key = "true_false"

    is_true = blocks.BooleanBlock(
        required=False,
        label=_("The statement is right"),
        help_text=_("Without the tick, “Wrong” is the right answer."),
    )
    feedback_true = blocks.CharBlock(
        required=False, default="", label=_("Feedback for who answers “Right”")
    )
    feedback_false = blocks.CharBlock(
        required=False, default="", label=_("Feedback for who answers “Wrong”")
    )

    def option_ids(self, value: blocks.StructValue) -> list[str]:
        return [TRUE, FALSE]

    def draw_order(self, value: blocks.StructValue, random: Random) -> list[str]:
        return self.option_ids(value)

    def choices(self) -> list[tuple[str, str]]:
        """The two answers in the language of this request."""
        return [
            (TRUE, gettext("Right (statement is true)")),
            (FALSE, gettext("Wrong (statement is not true)")),
        ]

    def get_form_field(self, value: blocks.StructValue, order: Sequence[str]) -> forms.Field:
        return forms.ChoiceField(choices=self.choices(), widget=forms.RadioSelect, required=False)

    def parse(self, value: blocks.StructValue, raw: list[str]) -> Answer:
        if len(raw) > 1 or any(answer not in (TRUE, FALSE) for answer in raw):
            raise ValidationError(_("This answer does not belong to the question."))
        return raw

    def correct_ids(self, value: blocks.StructValue) -> list[str]:
        return [TRUE if value["is_true"] else FALSE]

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        return grading.one_right(answer, self.correct_ids(value), value["points"])

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        feedback = {TRUE: value["feedback_true"], FALSE: value["feedback_false"]}
        return Review(
            options=[
                ReviewOption(
                    text=text,
                    is_chosen=option_id in answer,
                    is_right=option_id in self.correct_ids(value),
                    feedback=feedback[option_id],
                )
                for option_id, text in self.choices()
            ],
            score=self.grade(value, answer),
        )

    def has_right_answer(self, value: blocks.StructValue) -> bool:
        return True

    class Meta:
        icon = "check"
        label = _("True or false")
