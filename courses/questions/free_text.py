"""A text that a person reads and marks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses.grading import Score

from .base import WHOLE, Answer, QuestionBlock, Review, ReviewPart, questions
from .typed import typed_text


@questions.register
class FreeTextBlock(QuestionBlock):
    """An answer in people's own words; ``courses.marking`` gives the points."""

    type_key = "free_text"
    is_marked_by_person = True

    max_length = blocks.IntegerBlock(
        default=1000,
        min_value=50,
        max_value=10_000,
        label=_("Longest answer in characters"),
        help_text=_("1,000 characters are about 150 words."),
    )
    criteria = blocks.TextBlock(
        required=False,
        default="",
        rows=3,
        label=_("What to look for when marking"),
        help_text=_("For those who mark: how many points for what. Learners do not see it."),
    )
    model_answer = blocks.TextBlock(
        required=False,
        default="",
        rows=3,
        label=_("Example of a good answer"),
        help_text=_("Helps those who mark. Learners see it when their answer is marked."),
    )

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        longest = value["max_length"] or 0
        hint = ngettext("%(count)d character at most.", "%(count)d characters at most.", longest)
        return {
            WHOLE: forms.CharField(
                label=gettext("Your answer"),
                help_text=hint % {"count": longest},
                required=False,
                # No maxlength: browsers would cut off what is pasted without a word.
                widget=forms.Textarea(attrs={"rows": 6}),
            )
        }

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        text = typed_text(given, value["max_length"])
        return [text] if text else []

    def right_answer(self, value: blocks.StructValue) -> Answer:
        example = value["model_answer"][: value["max_length"]].strip()
        return {WHOLE: [example]} if example else {}

    def grade(self, value: blocks.StructValue, answer: Answer) -> Score:
        return Score(Decimal(0), Decimal(value["points"]))

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        given = "".join(answer.get(WHOLE, []))
        part = ReviewPart(label="", given=given, right="", is_right=None)
        return Review(score=self.grade(value, answer), parts=[part])

    class Meta:
        icon = "openquote"
        label = _("Free text (marked by a person)")
        question_template = "courses/questions/typed.html"
        review_template = "courses/questions/free_text_review.html"
