"""What each built-in type counts, shows, refuses at publishing and keeps of what was sent."""

import json
from decimal import Decimal
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from wagtail.blocks.base import get_error_json_data

from courses.models import QuizPage
from tests.cases import block_id, item, single_choice

from .samples import free_text, gap_text, matching, number, ordering, scale, short_text

WHOLE = "answer"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def load(stored):
    """Block and value of a stored question."""
    child = QuizPage._meta.get_field("questions").stream_block.to_python([stored])[0]
    return child.block, child.value


def ids(*names):
    return [block_id(name) for name in names]


def points(stored, answer):
    block, value = load(stored)
    return block.grade(value, block.parse(value, answer)).points


def refusal(stored):
    """What publishing says, as JSON that holds the place."""
    block, value = load(stored)
    with pytest.raises(ValidationError) as error:
        block.clean(value)
    return json.dumps(get_error_json_data(error.value), ensure_ascii=False, default=str)


def publishes(stored):
    block, value = load(stored)
    block.clean(value)


class TestMatching:
    def test_every_right_pair_counts_and_equal_texts_are_equal(self):
        one, two, three, none = ids("x-1", "x-2", "x-3", "x-4")
        assert points(matching(), {one: [three], two: [two], three: [one]}) == 3
        assert points(matching(), {one: [one], two: [none]}) == 1
        assert points(matching(), {}) == 0

    def test_an_equal_text_is_offered_once_after_an_empty_choice(self):
        block, value = load(matching())
        fields = block.get_fields(value, block.draw_order(value, Random(2)))
        field = fields[block_id("x-1")]
        assert field.choices[0][0] == ""
        assert sorted(text for _, text in field.choices[1:]) == ["Bild", "Geruch", "Sprache"]

    def test_the_result_shows_texts(self):
        block, value = load(matching())
        one, two = ids("x-1", "x-2")
        parts = block.review(value, {one: [two]}, block.option_ids(value)).parts
        assert (parts[0].given, parts[0].right, parts[0].is_right) == ("Bild", "Sprache", False)
        assert (parts[1].given, parts[1].is_right) == ("", False)

    def test_what_cannot_work_is_refused_where_it_is_typed(self):
        publishes(matching())
        same = [item(f"m{n}", {"prompt": "Gleich", "match": str(n)}) for n in (1, 2)]
        assert "prompt" in refusal(matching(pairs=same))
        assert "distractors" in refusal(matching(distractors=[item("d", "Bild")]))
        assert refusal(matching(pairs=same[:1]))

    def test_foreign_ids_are_refused(self):
        block, value = load(matching())
        for given in ([block_id("fremd")], ids("x-1", "x-2")):
            with pytest.raises(ValidationError):
                block.parse(value, {block_id("x-1"): given})


class TestOrdering:
    def test_every_step_in_its_place_counts(self):
        one, two, three = ids("x-0", "x-1", "x-2")
        assert points(ordering(), {one: ["1"], two: ["2"], three: ["3"]}) == 3
        assert points(ordering(), {one: ["1"], two: ["3"], three: ["2"]}) == 1
        assert points(ordering(), {one: ["1"], two: ["1"], three: ["1"]}) == 1

    @pytest.mark.parametrize("seed", range(30))
    def test_the_right_order_is_never_shown(self, seed):
        block, value = load(ordering())
        order = block.draw_order(value, Random(seed))
        assert order != block.option_ids(value)
        assert list(block.get_fields(value, order)) == order

    def test_a_place_that_does_not_exist_is_refused(self):
        block, value = load(ordering())
        for place in ("0", "4", "01", "x"):
            with pytest.raises(ValidationError):
                block.parse(value, {block_id("x-0"): [place]})

    def test_equal_steps_and_a_single_one_are_refused(self):
        publishes(ordering())
        steps = [item(f"s{n}", {"text": "Gleich"}) for n in (1, 2)]
        assert "twice" in refusal(ordering(steps=steps))
        assert refusal(ordering(steps=steps[:1]))

    def test_the_result_names_places(self):
        block, value = load(ordering())
        part = block.review(value, {block_id("x-0"): ["2"]}, block.option_ids(value)).parts[0]
        assert (part.label, part.given, part.right) == ("Prüfen", "Place 2", "Place 1")


class TestGapText:
    def test_typed_and_chosen_gaps_count_the_same(self):
        one, two, right, wrong = ids("x-1", "x-2", "x-2a", "x-2b")
        assert points(gap_text(points=2), {one: ["ki-verordnung"], two: [right]}) == 2
        assert points(gap_text(points=2), {one: ["KI-VO"], two: [wrong]}) == 1
        assert points(gap_text(points=2), {one: ["nichts"]}) == 0

    def test_rules_hold_for_typed_gaps(self):
        assert points(gap_text(case_matters=True), {block_id("x-1"): ["ki-vo"]}) == 0

    def test_the_text_is_cut_at_its_gaps(self):
        block, value = load(gap_text())
        pieces = list(block.pieces(value))
        assert [text for text, _ in pieces] == ["Die ", " gilt in der ", "."]
        assert [part for _, part in pieces] == [*ids("x-1", "x-2"), None]

    def test_a_gap_is_named_for_who_does_not_see_it(self):
        block, value = load(gap_text())
        field = block.get_fields(value, block.option_ids(value))[block_id("x-2")]
        assert field.widget.attrs["aria-label"] == "Gap 2 of 2"
        assert [text for _, text in field.choices[1:]] == ["EU", "Schweiz"]

    @pytest.mark.parametrize(
        ("sentence", "word"),
        [
            ("Die [1] gilt.", "[2]"),
            ("Die [1] gilt [2] und [3].", "[3]"),
            ("Die [1] gilt [1] in [2].", "twice"),
            ("Die [0] gilt [2] in [1].", "[0]"),
            ("Keine.", "[1]"),
        ],
    )
    def test_markers_and_gaps_belong_together(self, sentence, word):
        publishes(gap_text())
        said = refusal(gap_text(sentence=sentence))
        assert word in said and "sentence" in said

    def test_equal_answers_are_refused(self):
        gap = {"answers": [item("a", "EU")], "distractors": [item("b", "eu")], "feedback": ""}
        assert "distractors" in refusal(gap_text(sentence="[1]", gaps=[item("g", gap)]))

    def test_the_result_shows_all_that_is_accepted(self):
        block, value = load(gap_text())
        parts = block.review(value, {block_id("x-2"): ids("x-2b")}, []).parts
        assert (parts[0].given, parts[0].right) == ("", "KI-VO / KI-Verordnung")
        assert (parts[1].given, parts[1].is_right) == ("Schweiz", False)


class TestShortText:
    @pytest.mark.parametrize(
        ("typed", "reached"),
        [("datenschutz ", 3), ("Schutz", 1.5), ("Datensatz", 0), ("anderes", 0)],
    )
    def test_the_answer_that_was_met_counts(self, typed, reached):
        assert points(short_text(), {WHOLE: [typed]}) == Decimal(str(reached))

    def test_feedback_is_for_who_typed_it(self):
        block, value = load(short_text())
        part = block.review(value, {WHOLE: ["Schutz"]}, []).parts[0]
        assert (part.feedback, part.is_right, part.right) == ("Welcher?", None, "Datenschutz")
        assert block.review(value, {WHOLE: ["x"]}, []).parts[0].feedback == ""
        assert block.review(value, {}, []).parts[0].is_right is False

    def test_what_cannot_work_is_refused(self):
        publishes(short_text())
        half = [item("a", {"text": "A", "percent": 50})]
        assert "100" in refusal(short_text(answers=half))
        twice = [item(n, {"text": n, "percent": 100}) for n in ("ä", "AE")]
        assert "same" in refusal(short_text(answers=twice))
        publishes(short_text(answers=twice, umlauts_matter=True))

    def test_typed_text_is_trimmed_and_not_endless(self):
        block, value = load(short_text())
        assert block.parse(value, {WHOLE: [" a\x00b \r\n c"]}) == {WHOLE: ["ab \n c"]}
        assert block.parse(value, {WHOLE: ["\x00"]}) == {}
        with pytest.raises(ValidationError):
            block.parse(value, {WHOLE: ["x" * 201]})
        with pytest.raises(ValidationError):
            block.parse(value, {WHOLE: ["a", "b"]})


class TestNumber:
    def test_it_is_stored_plainly_and_shown_in_the_language(self):
        block, value = load(number())
        with translation.override("de"):
            answer = block.parse(value, {WHOLE: ["1,234 kg"]})
            assert answer == {WHOLE: ["1.2340"]}
            assert block.unparse_part(value, WHOLE, answer[WHOLE]) == ["1,234"]
            part = block.review(value, answer, []).parts[0]
            assert part.given == "1,234 kg"
            assert "0,1" in part.right
        with translation.override("en"):
            assert block.unparse_part(value, WHOLE, answer[WHOLE]) == ["1.234"]

    @pytest.mark.parametrize(("typed", "reached"), [("1.3", 3), ("1,4", 0), ("-1,234", 0)])
    def test_the_tolerance_counts(self, typed, reached):
        assert points(number(), {WHOLE: [typed]}) == reached

    def test_what_is_no_number_is_said_in_words(self):
        block, value = load(number())
        with translation.override("de"), pytest.raises(ValidationError) as error:
            block.parse(value, {WHOLE: ["viel"]})
        assert "viel" in error.value.messages[0]
        assert "12,5" in error.value.messages[0]

    def test_decimals_stay_exact_and_a_tolerance_is_not_negative(self):
        block, value = load(number(number=0.1))
        assert value["number"] == Decimal("0.1")
        publishes(number())
        assert "tolerance" in refusal(number(tolerance="-1"))

    def test_the_unit_is_part_of_the_label(self):
        block, value = load(number())
        field = block.get_fields(value, [])[WHOLE]
        assert "kg" in field.label
        assert field.widget.attrs["inputmode"] == "decimal"
        block, value = load(number(number="-3"))
        assert block.get_fields(value, [])[WHOLE].widget.attrs["inputmode"] == "text"


class TestScale:
    def test_it_has_no_points_and_names_both_ends(self):
        block, value = load(scale(steps=3))
        assert "points" not in value
        assert block.choices(value) == [("1", "1: gar nicht"), ("2", "2"), ("3", "3: völlig")]
        assert block.grade(value, {WHOLE: ["2"]}).maximum == 0
        assert block.review(value, {WHOLE: ["2"]}, []).parts[0].given == "2 of 3"

    def test_steps_have_bounds(self):
        publishes(scale())
        for steps in (1, 11):
            assert "steps" in refusal(scale(steps=steps))


class TestFreeText:
    def test_it_is_kept_with_its_lines_and_not_longer_than_allowed(self):
        block, value = load(free_text())
        assert block.parse(value, {WHOLE: ["a\r\nb "]}) == {WHOLE: ["a\nb"]}
        with translation.override("de"), pytest.raises(ValidationError) as error:
            block.parse(value, {WHOLE: ["x" * 103]})
        assert "3" in error.value.messages[0]

    def test_a_person_marks_it(self):
        block, value = load(free_text())
        assert block.grade(value, {WHOLE: ["a"]}).points == 0
        assert block.grade(value, {WHOLE: ["a"]}).maximum == 3
        assert block.has_right_answer(value)


def test_equal_options_are_refused():
    question = single_choice("x")
    question["value"]["options"][1]["value"]["text"] = " A "
    assert "twice" in refusal(question)
