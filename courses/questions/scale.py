"""A scale without right or wrong."""

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
    ReviewPart,
    Tally,
    TallyRow,
    foreign_answer,
    questions,
)


@questions.register
class ScaleBlock(QuestionBlock):
    """What people think or how sure they feel; earns no points."""

    type_key = "scale"
    is_scored = False
    tally = Tally.ONE

    points = None  # type: ignore[assignment]  # takes the block out, as with Django's forms
    lowest = blocks.CharBlock(
        label=_("What the lowest value means"), help_text=_("For example: do not agree at all")
    )
    highest = blocks.CharBlock(
        label=_("What the highest value means"), help_text=_("For example: agree completely")
    )
    steps = blocks.IntegerBlock(
        default=5,
        min_value=2,
        max_value=10,
        label=_("Number of steps"),
        help_text=_("From 2 to 10. With an odd number there is a middle."),
    )

    def option_ids(self, value: blocks.StructValue) -> list[str]:
        return [str(step) for step in range(1, (value["steps"] or 0) + 1)]

    def draw_order(self, value: blocks.StructValue, random: Random) -> list[str]:
        return self.option_ids(value)

    def choices(self, value: blocks.StructValue) -> list[tuple[str, str]]:
        """The steps, both ends with what they mean."""
        steps = self.option_ids(value)
        ends = {steps[-1]: value["highest"], steps[0]: value["lowest"]} if steps else {}
        return [(step, f"{step}: {ends[step]}" if step in ends else step) for step in steps]

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        return {
            WHOLE: forms.ChoiceField(
                choices=self.choices(value), widget=forms.RadioSelect, required=False
            )
        }

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        if len(given) != 1 or given[0] not in self.option_ids(value):
            raise foreign_answer()
        return given

    def right_answer(self, value: blocks.StructValue) -> Answer:
        """Nothing is righter than anything else."""
        return {}

    def tally_rows(self, value: blocks.StructValue) -> list[TallyRow]:
        return [TallyRow(step, text) for step, text in self.choices(value)]

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        return grading.unscored()

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        given = "".join(answer.get(WHOLE, []))
        words = dict(self.choices(value)).get(given, "")
        if words == given and given:
            words = gettext("%(step)s of %(steps)s") % {"step": given, "steps": value["steps"]}
        part = ReviewPart(label="", given=words, right="", is_right=None)
        return Review(score=self.grade(value, answer), parts=[part])

    class Meta:
        icon = "sliders"
        label = _("Scale (no points)")
        question_template = "courses/questions/scale.html"
