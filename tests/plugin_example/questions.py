"""A question type of a third party: a whole number, exactly right or not."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from wagtail import blocks

from courses.grading import Score
from courses.questions import QuestionBlock, Review, ReviewOption, questions


@questions.register
class NumberBlock(QuestionBlock):
    """Asks for a number."""

    type_key = "example_number"

    answer = blocks.IntegerBlock(label="Answer")

    def get_form_field(self, value, order):
        return forms.IntegerField(required=False)

    def correct_ids(self, value):
        return [str(value["answer"])]

    def parse(self, value, raw):
        if len(raw) > 1 or any(not text.lstrip("-").isdigit() for text in raw):
            raise ValidationError("Please enter a whole number.")
        return [str(int(text)) for text in raw]

    def grade(self, value, answer):
        points = value["points"] if answer == self.correct_ids(value) else 0
        return Score(Decimal(points), Decimal(value["points"]))

    def review(self, value, answer, order):
        given = answer[0] if answer else ""
        right = self.correct_ids(value) == answer
        return Review(
            options=[ReviewOption(text=given, is_chosen=True, is_right=right, feedback="")],
            score=self.grade(value, answer),
        )

    def has_right_answer(self, value):
        return True

    class Meta:
        label = "Number"
        question_template = "plugin_example/number.html"
