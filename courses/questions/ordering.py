"""Steps that have an order."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses import grading

from . import refusals
from .base import (
    Answer,
    QuestionBlock,
    Review,
    ReviewPart,
    Tally,
    TallyRow,
    foreign_answer,
    questions,
)


class StepBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Step"))
    feedback = blocks.CharBlock(
        required=False,
        default="",
        label=_("Feedback"),
        help_text=_("Why it stands at this place; shown with the result."),
    )


@questions.register
class OrderingBlock(QuestionBlock):
    """A select of places for each step; every step at its own place counts the same.

    Parts are the ids of the steps, what is given is the place from 1.
    """

    type_key = "ordering"
    tally = Tally.PARTS

    steps = blocks.ListBlock(
        StepBlock(),
        default=[{"text": "", "feedback": ""}] * 3,
        min_num=2,
        max_num=12,
        label=_("Steps in the right order"),
        help_text=_("Type them as they are right, from the first to the last: the hub shuffles."),
    )

    def clean(self, value):
        """Refuse steps with the same text: nobody could tell their places apart."""
        cleaned = super().clean(value)
        texts = [step["text"] for step in cleaned["steps"]]
        if not self.is_deferred_validation and (positions := refusals.repeated(texts)):
            message = _("This step stands there twice. Please change one of them.")
            raise refusals.at_items(
                "steps",
                {
                    position: blocks.StructBlockValidationError({"text": ValidationError(message)})
                    for position in positions
                },
            )
        return cleaned

    def parts(self, value: blocks.StructValue) -> list[str]:
        return self.option_ids(value)

    def option_ids(self, value: blocks.StructValue) -> list[str]:
        return [step.id for step in value["steps"].bound_blocks]

    def draw_order(self, value: blocks.StructValue, random: Random) -> list[str]:
        """An order that is not the right one by chance; of two steps either may come first."""
        right = self.option_ids(value)
        order = super().draw_order(value, random)
        while len(right) > 2 and order == right:
            order = super().draw_order(value, random)
        return order

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        texts = {step.id: step.value["text"] for step in value["steps"].bound_blocks}
        places = [str(place) for place in range(1, len(texts) + 1)]
        choices = [("", gettext("Place")), *zip(places, places, strict=True)]
        return {
            step_id: forms.ChoiceField(choices=choices, label=texts[step_id], required=False)
            for step_id in order
            if step_id in texts
        }

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        if len(given) != 1 or given[0] not in self.right_places(value).values():
            raise foreign_answer()
        return given

    def right_places(self, value: blocks.StructValue) -> dict[str, str]:
        """The place of each step, by its id."""
        return {
            step_id: str(place) for place, step_id in enumerate(self.option_ids(value), start=1)
        }

    def right_answer(self, value: blocks.StructValue) -> Answer:
        return {step_id: [place] for step_id, place in self.right_places(value).items()}

    def tally_rows(self, value: blocks.StructValue) -> list[TallyRow]:
        return [
            TallyRow(step.id, f"{place}. {step.value['text']}")
            for place, step in enumerate(value["steps"].bound_blocks, start=1)
        ]

    def tallied(self, value: blocks.StructValue, answer: Answer) -> list[str]:
        right = self.right_answer(value)
        return [step_id for step_id, place in right.items() if answer.get(step_id) == place]

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        right = self.right_answer(value)
        are_right = [answer.get(step_id) == place for step_id, place in right.items()]
        return grading.share_of_parts(are_right, value["points"])

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        places = self.right_places(value)
        return Review(
            score=self.grade(value, answer),
            parts=[
                ReviewPart(
                    label=step.value["text"],
                    given=self.place_in_words(answer.get(step.id, [])),
                    right=self.place_in_words([places[step.id]]),
                    is_right=answer.get(step.id) == [places[step.id]],
                    feedback=step.value["feedback"],
                )
                for step in value["steps"].bound_blocks
            ],
        )

    def place_in_words(self, given: Sequence[str]) -> str:
        return gettext("Place %(place)s") % {"place": given[0]} if given else ""

    class Meta:
        icon = "list-ol"
        label = _("Ordering")
        question_template = "courses/questions/ordering.html"
