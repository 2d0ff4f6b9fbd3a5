"""What every question type must do, built in or of a plug-in."""

import json
from random import Random

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import get_template

from courses.grading import Score
from courses.models import QuizPage
from courses.questions import Review, Tally, questions
from tests.cases import multiple_choice, single_choice, true_false
from tests.courses.questions.samples import BUILT_IN

SAMPLES = BUILT_IN | {
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


def test_the_right_answer_gets_all_points_or_waits_for_a_person(question):
    block, value = question.block, question.value
    assert block.has_right_answer(value)
    answer = block.parse(value, block.right_answer(value))
    score = block.grade(value, answer)
    assert isinstance(score, Score)
    assert score.is_full is not block.is_marked_by_person
    assert score.maximum == (value["points"] if block.is_scored else 0)


def test_no_answer_gets_nothing_and_is_allowed(question):
    block, value = question.block, question.value
    assert block.parse(value, {}) == {}
    assert block.grade(value, {}).points == 0


def test_a_part_it_does_not_have_is_refused(question):
    with pytest.raises(ValidationError):
        question.block.parse(question.value, {"<nonsense>": ["1"]})


def test_nonsense_is_refused_or_typed_text(question):
    block, value = question.block, question.value
    part = block.parts(value)[0]
    field = block.get_fields(value, block.option_ids(value))[part]
    if isinstance(field, forms.CharField) and not isinstance(field, forms.IntegerField):
        return
    with pytest.raises(ValidationError):
        block.parse(value, {part: ["<nonsense>"]})


def test_answers_are_json_and_stay_as_they_are_when_sent_again(question):
    block, value = question.block, question.value
    answer = block.parse(value, block.right_answer(value))
    assert json.loads(json.dumps(answer)) == answer
    typed = {part: block.unparse_part(value, part, given) for part, given in answer.items()}
    assert block.parse(value, typed) == block.parse(value, answer) == answer
    assert answer.keys() <= set(block.parts(value))


def test_it_is_asked_by_native_fields(question):
    block, value = question.block, question.value
    order = block.draw_order(value, Random(1))
    assert sorted(order) == sorted(block.option_ids(value))
    fields = block.get_fields(value, order)
    assert sorted(fields) == sorted(block.parts(value))
    for field in fields.values():
        assert isinstance(field, forms.Field)
        assert not field.required


def test_it_is_reviewed(question):
    block, value = question.block, question.value
    order = block.draw_order(value, Random(1))
    review = block.review(value, block.right_answer(value), order)
    assert isinstance(review, Review)
    assert review.score.is_full is not block.is_marked_by_person
    assert review.options or review.parts
    assert block.review(value, {}, order).score.points == 0


def test_templates_exist(question):
    get_template(question.block.meta.question_template)
    get_template(question.block.meta.review_template)


def test_the_statistics_count_its_answers(question):
    block, value = question.block, question.value
    rows = block.tally_rows(value)
    keys = [row.key for row in rows]
    right = {row.key for row in rows if row.is_right}
    assert len(set(keys)) == len(keys)
    assert bool(rows) is (block.tally is not Tally.NOTHING)
    assert not block.tallied(value, {})
    counted = set(block.tallied(value, block.right_answer(value)))
    assert counted <= set(keys)
    if block.tally is Tally.PARTS:
        assert counted == set(keys)
    elif block.is_scored:
        assert counted == right


def test_where_one_row_counts_it_decides_what_is_right(question):
    block, value = question.block, question.value
    if block.tally is not Tally.ONE:
        return
    (part,) = block.parts(value)
    for row in block.tally_rows(value):
        answer = block.parse(value, {part: [row.key]})
        assert list(block.tallied(value, answer)) == [row.key]
        if block.is_scored:
            assert block.grade(value, answer).is_full is row.is_right
