"""The contract of a question type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses.grading import Score
from hub.blocks import INLINE_FEATURES
from hub.registry import Registry

#: What is stored as a person's answer: the ids of the chosen options (never positions or texts,
#: which change by shuffling and by language), or for types without options a typed text.
Answer = list[str]


@dataclass(frozen=True)
class ReviewOption:
    """One answer possibility as the result page shows it."""

    text: str
    is_chosen: bool
    is_right: bool
    feedback: str


@dataclass(frozen=True)
class Review:
    """What the result page says about one answered question."""

    options: Sequence[ReviewOption]
    score: Score


class QuestionBlock(blocks.StructBlock):
    """Base class of a question type, a StreamField block registered under a stable ``type_key``.

    A plug-in subclasses it, adds its own child blocks and registers it in a module ``questions``
    of an installed app. Every method takes the block's value, so that a question is graded on the
    frozen text a person saw and never on today's page.
    """

    type_key: str
    #: Whether an answer may hold more than one option.
    takes_several = False

    text = blocks.RichTextBlock(
        features=INLINE_FEATURES,
        label=_("Question"),
        help_text=_("Ask one thing, in one or two short sentences."),
    )
    points = blocks.IntegerBlock(
        default=1,
        min_value=1,
        max_value=100,
        label=_("Points"),
        help_text=_("How much it counts. One point is usual."),
    )
    explanation = blocks.RichTextBlock(
        features=INLINE_FEATURES,
        required=False,
        label=_("Explanation"),
        help_text=_("Shown with the result, whatever was answered."),
    )
    source = blocks.CharBlock(
        required=False,
        default="",
        label=_("Source"),
        help_text=_("Where the fact can be looked up."),
    )
    as_of = blocks.DateBlock(required=False, label=_("As of (Stand)"))
    review_on = blocks.DateBlock(required=False, label=_("Check again on"))

    def get_form_layout(self) -> blocks.BlockGroup:
        """The question with its answers first; where the fact comes from stands folded below."""
        upkeep = ["source", "as_of", "review_on"]
        last = ["explanation", "points", *upkeep]
        return blocks.BlockGroup(
            [
                *(name for name in self.child_blocks if name not in last),
                "explanation",
                "points",
                blocks.BlockGroup(upkeep, heading=_("Source of the fact"), classname="collapsed"),
            ]
        )

    def option_ids(self, value: blocks.StructValue) -> list[str]:
        """The ids of the options in the order of the editor; empty for types without options."""
        return []

    def draw_order(self, value: blocks.StructValue, random: Random) -> list[str]:
        """The order of the options for one attempt."""
        ids = self.option_ids(value)
        random.shuffle(ids)
        return ids

    def get_form_field(self, value: blocks.StructValue, order: Sequence[str]) -> forms.Field:
        """A native form field that asks the question; its choices stand in ``order``."""
        raise NotImplementedError

    def parse(self, value: blocks.StructValue, raw: list[str]) -> Answer:
        """The stored answer for what the browser sent.

        Raises ``ValidationError`` for what this question cannot have as an answer.
        """
        raise NotImplementedError

    def grade(self, value: blocks.StructValue, answer: Answer) -> Score:
        """The score of an answer; an empty answer scores nothing. Pure."""
        raise NotImplementedError

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        """What the result page shows for an answer."""
        raise NotImplementedError

    def has_right_answer(self, value: blocks.StructValue) -> bool:
        """Whether all points of the question can be reached."""
        raise NotImplementedError

    class Meta:
        icon = "help"
        form_template = None
        label_format = "{text}"
        question_template = "courses/questions/choice.html"
        review_template = "courses/questions/review.html"


questions: Registry[QuestionBlock] = Registry(
    "question type",
    key_attribute="type_key",
    contract=("get_form_field", "parse", "grade", "review", "has_right_answer"),
)
