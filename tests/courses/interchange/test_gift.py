from hypothesis import given, settings
from hypothesis import strategies as st

from courses.interchange import gift
from courses.interchange.questions import build_value, plain_value

from . import strategies

#: What GIFT has no place for.
GAPS = {
    *("case_matters", "umlauts_matter", "unit", "max_length", "criteria", "model_answer"),
}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(gift.WRITERS)).flatmap(
        lambda key: strategies.questions(key, pictures=False, upkeep=False)
    )
)
def test_what_gift_can_say_comes_back_unchanged(question):
    value = {name: part for name, part in plain_value(question.value).items() if name not in GAPS}
    for pair in value.get("pairs", []):
        pair["feedback"] = ""
    expected = build_value(question.type_key, **value)
    parsed = gift.parse(gift.write([question]).content.decode())
    assert not parsed.rejected
    [found] = parsed.questions
    assert plain_value(found.value) == plain_value(expected)
    assert found.value == expected
    assert (found.name, found.type_key) == (question.name, question.type_key)
