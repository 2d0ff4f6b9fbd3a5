"""A number, typed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from courses import grading
from courses.typed_answers import plain_number, read_number, shown_number

from .base import WHOLE, Answer, QuestionBlock, Review, ReviewPart, foreign_answer, questions

#: Not the number of something, which is another word in German.
A_NUMBER = pgettext_lazy("quantity", "Number")


class ExactDecimalBlock(blocks.DecimalBlock):
    """A decimal that stays exact also where data was written as a JSON number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # In its own notation every browser takes a number in the language of its user.
        self.field.widget.attrs["step"] = "any"

    def to_python(self, value: Any) -> Decimal | None:
        return None if value in (None, "") else Decimal(str(value))


@questions.register
class NumberBlock(QuestionBlock):
    """A number with a tolerance and a unit; all points or none. Never computes with floats."""

    type_key = "number"

    number = ExactDecimalBlock(label=_("Right number"))
    tolerance = ExactDecimalBlock(
        default=Decimal(0),
        min_value=0,
        label=_("Tolerance"),
        help_text=_("With 0.5, everything from half below to half above the number is right."),
    )
    unit = blocks.CharBlock(
        required=False,
        default="",
        max_length=20,
        label=_("Unit"),
        help_text=_("Such as %, kg or days; stands beside the field. May be left empty."),
    )
    feedback_wrong = blocks.CharBlock(
        required=False,
        default="",
        label=_("Feedback"),
        help_text=_("Shown to who gives another number: how to get to the right one."),
    )

    def get_fields(self, value: blocks.StructValue, order: Sequence[str]) -> dict[str, forms.Field]:
        unit = value["unit"]
        label = gettext("Your answer in %(unit)s") % {"unit": unit} if unit else str(A_NUMBER)
        # Telephones offer no minus among decimals.
        lowest = (value["number"] or 0) - (value["tolerance"] or 0)
        attrs = {"autocomplete": "off", "inputmode": "decimal" if lowest >= 0 else "text"}
        return {
            WHOLE: forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=attrs))
        }

    def parse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        if len(given) > 1:
            raise foreign_answer()
        text = "".join(given)
        number = read_number(text, language=get_language() or "", unit=value["unit"])
        if number is None:
            raise ValidationError(
                _("“%(text)s” is no number. Please use digits only, such as %(example)s.")
                % {"text": text[:40], "example": self.shown(Decimal("12.5"))}
            )
        return [plain_number(number)]

    def unparse_part(self, value: blocks.StructValue, part: str, given: list[str]) -> list[str]:
        return [self.shown(Decimal(number)) for number in given]

    def shown(self, number: Decimal, unit: str = "") -> str:
        """A number as the language of this request writes it."""
        return f"{shown_number(number, language=get_language() or '')} {unit}".rstrip()

    def given_number(self, answer: Answer) -> Decimal | None:
        given = answer.get(WHOLE, [])
        return Decimal(given[0]) if given else None

    def right_answer(self, value: blocks.StructValue) -> Answer:
        return {} if value["number"] is None else {WHOLE: [plain_number(value["number"])]}

    def is_right(self, value: blocks.StructValue, answer: Answer) -> bool:
        """Whether the number given is near enough."""
        return value["number"] is not None and grading.within_tolerance(
            self.given_number(answer), value["number"], value["tolerance"] or Decimal(0)
        )

    def grade(self, value: blocks.StructValue, answer: Answer) -> grading.Score:
        return grading.all_or_nothing(self.is_right(value, answer), value["points"])

    def review(self, value: blocks.StructValue, answer: Answer, order: Sequence[str]) -> Review:
        given, is_right = self.given_number(answer), self.is_right(value, answer)
        right = self.shown(value["number"], value["unit"])
        if value["tolerance"]:
            right = gettext("%(number)s (give or take %(tolerance)s)") % {
                "number": right,
                "tolerance": self.shown(value["tolerance"]),
            }
        part = ReviewPart(
            label="",
            given="" if given is None else self.shown(given, value["unit"]),
            right=right,
            is_right=is_right,
            feedback="" if is_right or given is None else value["feedback_wrong"],
        )
        return Review(score=self.grade(value, answer), parts=[part])

    class Meta:
        icon = "decimal"
        label = A_NUMBER
        question_template = "courses/questions/typed.html"
