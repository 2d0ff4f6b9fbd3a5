from hypothesis import given, settings

from courses.interchange import sheet
from courses.interchange.questions import plain_value
from hub.tables import read_rows

from . import strategies


@settings(max_examples=300, deadline=None)
@given(strategies.questions(pictures=False))
def test_every_row_comes_back_unchanged(question):
    rows = [[column.label for column in sheet.columns()], sheet.row_of(question)]
    parsed = sheet.parse(rows)
    assert not parsed.rejected
    [found] = parsed.questions
    assert plain_value(found.value) == plain_value(question.value)
    assert found.value == question.value
    assert (found.name, found.type_key) == (question.name, question.type_key)
    assert (found.tags, found.language) == (question.tags, question.language)


@settings(max_examples=15, deadline=None)
@given(strategies.questions(pictures=False))
def test_the_file_comes_back_unchanged(question):
    parsed = sheet.parse(read_rows(sheet.write([question]).content))
    assert not parsed.rejected
    [found] = parsed.questions
    assert plain_value(found.value) == plain_value(question.value)
    assert found.tags == question.tags
