"""Whatever a file holds: questions, or a sentence that says what to do; never another error."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.interchange import gift, moodle_xml, sheet
from courses.interchange.questions import ParsedQuestion, build_value
from courses.interchange.reading import MAX_BYTES, read_file
from hub.tables import UnreadableError

from . import strategies


def attempt(content, name=""):
    try:
        return read_file(content, name)
    except UnreadableError as error:
        assert str(error)
        return None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"\x00\x01\x02\x03" * 100,
        b"<html><body></body></html>",
        b"<quiz>",
        b"<quiz></quiz>",
        b"<quiz>" + b"<a>" * 100_000,
        b"<quiz>" + b"<![CDATA[" * 100_000,
        b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;">]><quiz>&d;</quiz>',
        b"PK\x03\x04nothing",
        b"\x1f\x8bnothing",
        b"x" * (MAX_BYTES + 1),
        b"\xff\xfe<\x00q",
        b"Frage;Antwort\n",
    ],
    ids=range(14),
)
def test_what_is_no_question_file_is_refused_in_words(content):
    with pytest.raises(UnreadableError) as refusal:
        read_file(content)
    assert str(refusal.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found_out_whatever_the_file_declares(encoding):
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><quiz><question type="essay"><name><text>Übung'
        "</text></name><questiontext><text>Süß&nbsp;&amp; salzig?</text></questiontext>"
        "</question></quiz>"
    )
    [question] = read_file(text.encode(encoding)).questions
    assert question.name == "Übung"
    assert question.value["text"] == "<p>Süß\u00a0&amp; salzig?</p>"


def test_scripts_and_foreign_addresses_do_not_come_in():
    html = (
        "<script>alert(1)</script><p onclick='x()'>Wer <a href='javascript:x()'>ist</a>"
        "<iframe src='//x'></iframe> <b>da</b>?</p>"
    )
    text = (
        f"<quiz><question type='essay'><questiontext><text><![CDATA[{html}]]></text>"
        "</questiontext></question></quiz>"
    )
    [question] = moodle_xml.parse(text).questions
    assert question.value["text"] == "<p>Wer ist <b>da</b>?</p>"


def test_deep_and_long_texts_cost_one_question_only():
    deep = "<div>" * 20_000
    question = "<question type='essay'><questiontext><text><![CDATA[{}]]></text></questiontext>"
    text = "".join(f"{question.format(html)}</question>" for html in (deep, "x" * 60_000, "Ja?"))
    parsed = moodle_xml.parse(f"<quiz>{text}</quiz>")
    assert (len(parsed.rejected), len(parsed.questions)) == (2, 1)


def test_a_sheet_that_claims_the_last_cell_ends_no_process():
    content = sheet.write([]).content
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        for info in old.infolist():
            part = old.read(info)
            if info.filename == "xl/worksheets/sheet1.xml":
                far = (
                    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>z</t></is></c></row>'
                )
                part = part.replace(b"</sheetData>", far + b"</sheetData>")
            new.writestr(info.filename, part)
    with pytest.raises(UnreadableError):
        read_file(packed.getvalue())


EXAMPLE = ParsedQuestion(
    "Eins",
    "multiple_choice",
    build_value(
        "multiple_choice",
        text="<p>Was?</p>",
        options=[
            {"text": "A", "is_correct": True, "feedback": "ja"},
            {"text": "B", "is_correct": False, "feedback": "nein"},
        ],
    ),
)
FILES = [moodle_xml.write([EXAMPLE]).content, gift.write([EXAMPLE]).content]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(content):
    attempt(content)
    attempt(b"<quiz>" + content)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FILES), st.data())
def test_damaged_files(content, data):
    position = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 20))
    put = data.draw(st.one_of(st.binary(max_size=10), st.sampled_from([b"<", b"{", b"%", b"\\"])))
    attempt(content[:position] + put + content[position + length :])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("~=#{}:%->\\*/ \nab[]1."), max_size=60), max_size=3))
def test_any_gift(blocks):
    attempt("\n\n".join(blocks).encode(), "fragen.txt")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(strategies.maybe, st.floats(), st.booleans(), st.dates()), max_size=22),
        max_size=3,
    )
)
def test_any_rows(rows):
    heading = [column.label for column in sheet.columns()]
    sheet.parse([heading, *rows])
