from hypothesis import given, settings

from courses.interchange import moodle_xml
from courses.interchange.questions import plain_value

from . import strategies


@settings(max_examples=200, deadline=None)
@given(strategies.questions())
def test_every_question_comes_back_unchanged(question):
    written = moodle_xml.write([question])
    parsed = moodle_xml.parse(written.content.decode())
    assert not parsed.rejected
    [found] = parsed.questions
    assert plain_value(found.value) == plain_value(question.value)
    assert found.value == question.value
    assert (found.name, found.type_key) == (question.name, question.type_key)
    assert (found.tags, found.language) == (question.tags, question.language)
    assert found.notes == ()
    for digest, picture in found.pictures.items():
        assert question.pictures[digest].content == picture.content
