"""What holds for every format of a hand-over: text stays text, memory stays flat."""

import csv
import io
import json
import tracemalloc
from datetime import date
from zipfile import ZipFile

import openpyxl
import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from hub.exports.formats import FORMATS, ListFile
from hub.spreadsheets import Column
from tests.hub.test_spreadsheets import cleaned

COLUMNS = [
    Column("Personalnummer", "text", 16, "staff_number"),
    Column("Name", "text", 30, "name"),
    Column("Am", "date", 12, "day"),
]
HOSTILE = st.text(
    st.characters()
    | st.sampled_from("=+-@\t\r\n|;,\"' \x00\x1b\x7f\u202e\u200f\u2066\ufeff😀👩\u200d<>&_x0041")
)
#: Long ones, at their start and end and over the limit of a cell.
LONG = st.builds(lambda text, n: text + "ä" * n + text, HOSTILE, st.sampled_from([16_380, 32_767]))


def write(file_format, rows, columns=COLUMNS):
    file = ListFile(
        columns=columns,
        rows=rows,
        title="Abschlussliste",
        authority="Stadt Coesfeld",
        notes=[("Zweck", "=1+1")],
        about={"purpose": "=1+1"},
    )
    return FORMATS[file_format].write(file)


def first_column(file_format, content):
    """The values of the first column as a program reads them."""
    if file_format == "csv":
        lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
        return [line[0] for line in lines][1:]
    if file_format == "json":
        return [row["staff_number"] for row in json.loads(content)["rows"]]
    if file_format == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        cells = [row[0] for row in sheet.iter_rows(min_row=2)]
        assert {cell.data_type for cell in cells if cell.value is not None} <= {"s"}
        return [(cell.value or "").replace("_x005F_", "_") for cell in cells]
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [row[0] for row in rows][1:]


def runs_something(file_format, content):
    """Whether there is anything in a file that a spreadsheet program would calculate."""
    if file_format == "csv":
        values = first_column("csv", content)
        return any(
            value.lstrip(" \u00a0\u200b\ufeff").startswith(tuple("=+-@\t\r\n")) for value in values
        )
    if file_format == "json":
        json.loads(content)  # a string is a string
        return False
    part = {"xlsx": "xl/worksheets/sheet1.xml", "ods": "content.xml"}[file_format]
    with ZipFile(io.BytesIO(content)) as archive:
        tree = ElementTree.fromstring(archive.read(part))
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    attributes = {name.rpartition("}")[2] for element in tree.iter() for name in element.attrib}
    return "f" in tags or "formula" in attributes


@pytest.mark.parametrize("file_format", FORMATS)
@settings(deadline=None)
@given(texts=st.lists(HOSTILE, max_size=8))
def test_any_text_stays_what_it_is_and_runs_nowhere(file_format, texts):
    content = b"".join(write(file_format, [(text, "x", None) for text in texts]))
    expected = [cleaned(text) for text in texts]
    found = first_column(file_format, content)
    if file_format == "csv":  # the leading apostrophe that keeps a formula from running
        found = [value.removeprefix("'") for value in found]
        expected = [value.removeprefix("'") for value in expected]
    assert found == expected
    assert not runs_something(file_format, content)


@pytest.mark.parametrize("file_format", FORMATS)
@settings(max_examples=25, deadline=None)
@given(text=LONG)
def test_long_text_is_cut_visibly_or_kept_whole(file_format, text):
    content = b"".join(write(file_format, [(text, "x", None)]))
    [found] = first_column(file_format, content)
    whole = cleaned(text)
    if file_format == "csv":
        found, whole = found.removeprefix("'"), whole.removeprefix("'")
    is_whole = found == whole
    assert is_whole or (found[-1] == "…" and whole[: len(found) - 1] == found[:-1])
    assert not runs_something(file_format, content)


@pytest.mark.parametrize("file_format", FORMATS)
def test_staff_numbers_dates_and_umlauts_arrive(file_format):
    content = b"".join(write(file_format, [("00417", "Müßig", date(2026, 3, 1))]))
    assert first_column(file_format, content) == ["00417"]
    if file_format == "ods":
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        assert book.get_sheet_by_index(0).to_python()[1] == ["00417", "Müßig", date(2026, 3, 1)]


@pytest.mark.parametrize("file_format", FORMATS)
def test_memory_is_flat_and_the_bytes_are_the_same_each_time(file_format):
    def rows(count):
        return ((f"{n:06}", f"Müller {n} & Söhne", date(2026, 3, 1)) for n in range(count))

    def peak(count):
        tracemalloc.start()
        try:
            for _piece in write(file_format, rows(count)):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1_000)
    assert peak(30_000) < 1.1 * peak(10_000)
    assert b"".join(write(file_format, rows(500))) == b"".join(write(file_format, rows(500)))


@pytest.mark.parametrize("file_format", FORMATS)
def test_it_begins_before_the_rows_end(file_format):
    def rows():
        for number in range(100_000):
            yield (f"{number * 7919:x}", f"{number * 104729:x}", None)
        pytest.fail("All rows were read before the first bytes came.")

    pieces = write(file_format, rows())
    assert next(pieces)
    pieces.close()
