"""What every question type must do, built in or of a plug-in."""

from random import Random

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import get_template

from courses.grading import Score
from courses.models import QuizPage
from courses.questions import Review, questions
from tests.cases import multiple_choice, single_choice, true_false

SAMPLES = {
    "single_choice": single_choice("x", points=3),
    "multiple_choice": multiple_choice("x", points=3),
    "true_false": true_false("x"),
    "example_number": {
        "type": "example_number",
        "id": "1",
        "value": {"text": "<p>?</p>", "points": 3, "answer": 42},
    },
}


@pytest.fixture(params=list(questions))
def question(request):
    """One question of each registered type, as it is stored."""
    stored = SAMPLES[request.param]
    stream = QuizPage._meta.get_field("questions").stream_block.to_python([stored])
    return stream[0]


def test_the_right_answer_gets_all_points(question):
    block, value = question.block, question.value
    assert block.has_right_answer(value)
    answer = block.parse(value, block.correct_ids(value))
    score = block.grade(value, answer)
    assert isinstance(score, Score)
    assert score.is_full
    assert score.maximum == value["points"]


def test_no_answer_gets_nothing_and_is_allowed(question):
    block, value = question.block, question.value
    assert block.parse(value, []) == []
    assert block.grade(value, []).points == 0


def test_nonsense_is_refused(question):
    with pytest.raises(ValidationError):
        question.block.parse(question.value, ["<nonsense>"])


def test_answers_are_json(question):
    answer = question.block.parse(question.value, question.block.correct_ids(question.value))
    assert all(isinstance(part, str) for part in answer)


def test_it_is_asked_by_a_native_field(question):
    order = question.block.draw_order(question.value, Random(1))
    assert sorted(order) == sorted(question.block.option_ids(question.value))
    field = question.block.get_form_field(question.value, order)
    assert isinstance(field, forms.Field)
    assert not field.required


def test_it_is_reviewed(question):
    block, value = question.block, question.value
    order = block.draw_order(value, Random(1))
    review = block.review(value, block.correct_ids(value), order)
    assert isinstance(review, Review)
    assert review.score.is_full
    assert block.review(value, [], order).score.points == 0


def test_templates_exist(question):
    get_template(question.block.meta.question_template)
    get_template(question.block.meta.review_template)
