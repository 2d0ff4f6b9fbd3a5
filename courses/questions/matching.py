"""Things that belong together."""

from __future__ import annotations

from collections.abc import Sequence

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
from .pictures import QuestionPictureBlock


class PairBlock(blocks.StructBlock):
    prompt = blocks.CharBlock(
        label=_("Left: what is asked"), help_text=_("A word or a short phrase.")
    )
    image = QuestionPictureBlock()
    match = blocks.CharBlock(
        label=_("Right: what belongs to it"),
        help_text=_("Chosen from a list. Several pairs may have the same text here."),
    )
    feedback = blocks.CharBlock(
        required=False,
        default="",
        label=_("Feedback"),
        help_text=_("Why the two belong together; shown with the result."),
    )


@questions.register
class MatchingBlock(QuestionBlock):
    """A select for each prompt; every pair that is right counts the same.

    Parts are the ids of the pairs. What is given is the id of the pair or distractor whose text was
    chosen; where two have the same text, either is right.
    """

    type_key = "matching"
    tally = Tally.PARTS

    pairs = blocks.ListBlock(
        PairBlock(),
        default=[{"prompt": "", "match": "", "feedback": ""}] * 2,
        min_num=2,
        max_num=12,
        label=_("Pairs"),
        help_text=_(
            "At least two. Type together what belongs together: the hub shuffles the right side."
        ),
    )
    distractors = blocks.ListBlock(
        blocks.CharBlock(label=_("Text that belongs to nothing")),
        default=[],
        max_num=12,
        label=_("More texts to choose from"),
        help_text=_(
            "They belong to no pair, so that the last pair cannot be found by elimination. "
            "May be left empty."
        ),
    )

    def clean(self, value):
        """Refuse prompts that stand there twice and distractors that are right; drafts may wait."""
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        if positions := refusals.repeated(pair["prompt"] for pair in cleaned["pairs"]):
            message = _("This stands there twice. Please make one pair of it.")
            raise refusals.at_items(
                "pairs",
                {
                    position: blocks.StructBlockValidationError(
                        {"prompt": ValidationError(message)}
                    )
                    for position in positions
                },
            )
        matches = [pair["match"] for pair in cleaned["pairs"]]
        texts = [*matches, *cleaned["distractors"]]
        if positions := [
            position - len(matches)
            for position in refusals.repeated(texts)
            if position >= len(matches)
        ]:
            message = _("This text is already among those to choose from.")
            raise refusals.at_items("distractors", dict.fromkeys(positions, message))
        return cleaned

    def parts(self, value: blocks.StructValue) -> list[str]:
        return [pair.id for pair in value["pairs"].bound_blocks]

    def texts(self, value: blocks.StructValue) -> dict[str, str]:
        """The texts to choose from, by the ids of their pairs and distractors."""
        return {pair.id: pair.value["match"] for pair in value["pairs"].bound_blocks} | {
            text.id: text.value for text in value["distractors"].bound_blocks
        }

    def option_ids(self, value: blocks.StructValue) -> list[str]:
        return list(self.texts(value))

    def pictures(self, value: blocks.StructValue) -> dict[str, blocks.StructValue]:
        """The pictures of the pairs that have one, by the part they belong to."""
        return {
            pair.id: pair.value["image"]
            for pair in value["pairs"].bound_blocks
            if pair.value["image"]["image"]
        }

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        texts = self.texts(value)
        # A text is offered once, under the first id that has it.
        first: dict[str, str] = {}
        for option_id in order:
            if option_id in texts:
                first.setdefault(texts[option_id], option_id)
        choices = [("", gettext("Please choose")), *((key, text) for text, key in first.items())]
        return {
            pair.id: forms.ChoiceField(choices=choices, label=pair.value["prompt"], required=False)
            for pair in value["pairs"].bound_blocks
        }

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        if len(given) != 1 or given[0] not in self.texts(value):
            raise foreign_answer()
        return given

    def right_answer(self, value: blocks.StructValue) -> Answer:
        return {part: [part] for part in self.parts(value)}

    def chosen_texts(self, value: blocks.StructValue, answer: Answer) -> dict[str, str]:
        """What was chosen, by part; empty where nothing was."""
        texts = self.texts(value)
        return {part: texts.get("".join(answer.get(part, [])), "") for part in self.parts(value)}

    def right_parts(self, value: blocks.StructValue, answer: Answer) -> dict[str, bool]:
        """For each pair whether what was chosen belongs to it."""
        texts, chosen = self.texts(value), self.chosen_texts(value, answer)
        return {part: bool(text) and text == texts[part] for part, text in chosen.items()}

    def tally_rows(self, value: blocks.StructValue) -> list[TallyRow]:
        return [
            TallyRow(pair.id, f"{pair.value['prompt']} → {pair.value['match']}")
            for pair in value["pairs"].bound_blocks
        ]

    def tallied(self, value: blocks.StructValue, answer: Answer) -> list[str]:
        return [part for part, is_right in self.right_parts(value, answer).items() if is_right]

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        are_right = list(self.right_parts(value, answer).values())
        return grading.share_of_parts(are_right, value["points"])

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        chosen = self.chosen_texts(value, answer)
        return Review(
            score=self.grade(value, answer),
            parts=[
                ReviewPart(
                    label=pair.value["prompt"],
                    given=chosen[pair.id],
                    right=pair.value["match"],
                    is_right=chosen[pair.id] == pair.value["match"],
                    feedback=pair.value["feedback"],
                    picture=pair.value["image"],
                )
                for pair in value["pairs"].bound_blocks
            ],
        )

    class Meta:
        icon = "link"
        label = _("Matching")
        question_template = "courses/questions/matching.html"
