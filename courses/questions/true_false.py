"""A statement that is right or wrong."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses import grading

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

TRUE, FALSE = "true", "false"


@questions.register
class TrueFalseBlock(QuestionBlock):
    """A statement; "Right" always stands before "Wrong"."""

    type_key = "true_false"
    tally = Tally.ONE

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

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        return {
            WHOLE: forms.ChoiceField(
                choices=self.choices(), widget=forms.RadioSelect, required=False
            )
        }

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        if given not in ([TRUE], [FALSE]):
            raise foreign_answer()
        return given

    def right_answer(self, value: blocks.StructValue) -> Answer:
        return {WHOLE: [TRUE if value["is_true"] else FALSE]}

    def tally_rows(self, value: blocks.StructValue) -> list[TallyRow]:
        right = self.right_answer(value)[WHOLE]
        return [TallyRow(key, text, key in right) for key, text in self.choices()]

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        right = self.right_answer(value)[WHOLE]
        return grading.one_right(answer.get(WHOLE, []), right, value["points"])

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        feedback = {TRUE: value["feedback_true"], FALSE: value["feedback_false"]}
        return Review(
            options=[
                ReviewOption(
                    text=text,
                    is_chosen=option_id in answer.get(WHOLE, []),
                    is_right=option_id in self.right_answer(value)[WHOLE],
                    feedback=feedback[option_id],
                )
                for option_id, text in self.choices()
            ],
            score=self.grade(value, answer),
        )

    class Meta:
        icon = "check"
        label = _("True or false")
