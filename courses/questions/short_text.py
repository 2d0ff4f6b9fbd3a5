"""A word or a short phrase, typed."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses import grading

from . import refusals
from .base import WHOLE, Answer, QuestionBlock, Review, ReviewPart, questions
from .typed import case_matters_block, text_rules, typed_text, umlauts_matter_block


class AcceptedAnswerBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Answer"))
    percent = blocks.IntegerBlock(
        default=100,
        min_value=0,
        max_value=100,
        label=_("Counts in percent"),
        help_text=_(
            "100 for a right answer, less for one that is partly right, 0 for a common mistake "
            "that gets feedback."
        ),
    )
    feedback = blocks.CharBlock(
        required=False,
        default="",
        label=_("Feedback"),
        help_text=_("Shown to who types this answer."),
    )


@questions.register
class ShortTextBlock(QuestionBlock):
    """The best of the listed answers that equals what was typed gives its share of the points."""

    type_key = "short_text"

    answers = blocks.ListBlock(
        AcceptedAnswerBlock(),
        default=[{"text": "", "percent": 100, "feedback": ""}],
        min_num=1,
        max_num=20,
        label=_("Answers"),
        help_text=_(
            "List every spelling you accept, also abbreviations. How much space there is between "
            "words and which quotation marks are used does not matter."
        ),
    )
    case_matters = case_matters_block()
    umlauts_matter = umlauts_matter_block()

    def clean(self, value):
        """Refuse a question without a right answer, and answers that are equal by its own rules."""
        cleaned = super().clean(value)
        if self.is_deferred_validation:
            return cleaned
        if not any(answer["percent"] == 100 for answer in cleaned["answers"]):
            raise refusals.of_list("answers", _("At least one answer must count 100 percent."))
        form = text_rules(cleaned).form
        texts = [answer["text"] for answer in cleaned["answers"]]
        if positions := refusals.repeated(texts, form):
            message = _(
                "By the rules of this question this is the same as an answer above. Please remove "
                "it."
            )
            raise refusals.at_items(
                "answers",
                {
                    position: blocks.StructBlockValidationError({"text": ValidationError(message)})
                    for position in positions
                },
            )
        return cleaned

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        attrs = {"autocomplete": "off", "autocapitalize": "off", "inputmode": "text"}
        return {
            WHOLE: forms.CharField(
                label=gettext("Your answer"),
                required=False,
                widget=forms.TextInput(attrs=attrs),
            )
        }

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        text = typed_text(given)
        return [text] if text else []

    def right_answer(self, value: blocks.StructValue) -> Answer:
        best = max(value["answers"], key=lambda answer: answer["percent"] or 0, default=None)
        return {WHOLE: [best["text"]]} if best else {}

    def met(self, value: blocks.StructValue, answer: Answer) -> blocks.StructValue | None:
        """The listed answer that was typed; the one that counts most if several are the same."""
        form = text_rules(value).form
        given = form("".join(answer.get(WHOLE, [])))
        return max(
            (listed for listed in value["answers"] if given and form(listed["text"]) == given),
            key=lambda listed: listed["percent"],
            default=None,
        )

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        met = self.met(value, answer)
        return grading.part_of(met["percent"] if met else 0, 100, value["points"])

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        score, met = self.grade(value, answer), self.met(value, answer)
        right = [listed["text"] for listed in value["answers"] if listed["percent"] == 100]
        part = ReviewPart(
            label="",
            given="".join(answer.get(WHOLE, [])),
            right=" / ".join(right),
            # What is partly right is neither.
            is_right=None if 0 < score.points < score.maximum else score.is_full,
            feedback=met["feedback"] if met else "",
        )
        return Review(score=score, parts=[part])

    class Meta:
        icon = "edit"
        label = _("Short text")
        question_template = "courses/questions/typed.html"
