"""A question type of a third party: a whole number, exactly right or not."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from wagtail import blocks

from courses.grading import Score
from courses.questions import WHOLE, QuestionBlock, Review, ReviewPart, questions


@questions.register
class NumberBlock(QuestionBlock):
    """Asks for a number."""

    type_key = "example_number"

    answer = blocks.IntegerBlock(label="Answer")

    def get_fields(self, value, order):
        return {WHOLE: forms.IntegerField(required=False)}

    def parse_part(self, value, part, given):
        if len(given) > 1 or not given[0].lstrip("-").isdigit():
            raise ValidationError("Please enter a whole number.")
        return [str(int(given[0]))]

    def right_answer(self, value):
        return {WHOLE: [str(value["answer"])]}

    def grade(self, value, answer):
        points = value["points"] if answer == self.right_answer(value) else 0
        return Score(Decimal(points), Decimal(value["points"]))

    def review(self, value, answer, order):
        right = self.right_answer(value)
        part = ReviewPart(
            label="",
            given="".join(answer.get(WHOLE, [])),
            right=right[WHOLE][0],
            is_right=answer == right,
        )
        return Review(score=self.grade(value, answer), parts=[part])

    class Meta:
        label = "Number"
        question_template = "plugin_example/number.html"
