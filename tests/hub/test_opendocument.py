"""ODS files: what LibreOffice and Excel read is what was written, and nothing in it runs."""

import io
from datetime import UTC, date, datetime
from zipfile import ZIP_STORED, ZipFile
from zoneinfo import ZoneInfo

import pytest
from defusedxml import ElementTree
from django.utils import timezone
from python_calamine import CalamineWorkbook

from hub import spreadsheets
from hub.opendocument import write_ods
from hub.spreadsheets import Column
from tests.hub.test_spreadsheets import COLUMNS, FORMULAS, ROWS, cleaned

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


@pytest.fixture(autouse=True)
def in_berlin():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


def ods_bytes(columns, rows, sheet_title="Abschlüsse", **options):
    return b"".join(write_ods(columns, rows, sheet_title=sheet_title, **options))


def read(*args, **options):
    """The rows of every sheet, by its title."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(ods_bytes(*args, **options)))
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def part(content, name="content.xml"):
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return archive.read(name).decode()


def cells(content):
    return list(ElementTree.fromstring(part(content)).iter(f"{TABLE}table-cell"))


def test_it_reads_back_with_types():
    header, first, second = read(COLUMNS, ROWS)["Abschlüsse"]
    assert header == [str(column.label) for column in COLUMNS]
    assert first == [
        "00123",
        "Jörg Müßig 😀 ＡＢ",
        -5,
        date(2026, 3, 1),
        datetime(2026, 7, 2, 0, 30),
    ]
    assert second == ["4711", "", "", "", ""]


def test_the_type_of_the_file_comes_first_and_as_it_is():
    """ODF 1.3, part 2, 3.3: a program tells the type from the bytes 30 to 76."""
    content = ods_bytes(COLUMNS, ROWS)
    assert content[30:84] == b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
    with ZipFile(io.BytesIO(content)) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type, first.flag_bits) == ("mimetype", ZIP_STORED, 0)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_every_part_is_well_formed_and_named_by_the_manifest():
    content = ods_bytes(
        COLUMNS, ROWS, sheet_title="<&'\"", document_title="A & B", notes=[("a", "b")]
    )
    names = {"content.xml", "meta.xml", "settings.xml"}
    manifest = ElementTree.fromstring(part(content, "META-INF/manifest.xml"))
    listed = {next(v for k, v in entry.items() if k.endswith("full-path")) for entry in manifest}
    assert listed == {"/", *names}
    for name in names:
        ElementTree.fromstring(part(content, name))
    assert "<dc:title>A &amp; B</dc:title>" in part(content, "meta.xml")


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_text(text):
    content = ods_bytes([Column(text, "text")], [[text]])
    for cell in cells(content):
        assert cell.get(f"{OFFICE}value-type") == "string"
        assert cell.get(f"{TABLE}formula") is None
    assert read([Column("Text", "text")], [[text]])["Abschlüsse"][1] == [cleaned(text)]


def test_spaces_tabs_and_lines_stay():
    texts = [" vorn", "hinten ", " ", "zwei  drei   vier", "zwei\nZeilen", "a\tb", "\n", "x_x0041_"]
    rows = read([Column("Text", "lines")], [[text] for text in texts])["Abschlüsse"]
    assert [row[0] for row in rows[1:]] == texts


def test_columns_of_text_stay_text_for_who_adds_a_row():
    content = part(ods_bytes(COLUMNS, ROWS))
    assert 'table:default-cell-style-name="text"' in content
    assert 'style:name="text" style:family="table-cell" style:data-style-name="as-text"' in content


def test_the_header_can_be_filtered_and_stays_in_sight():
    content = ods_bytes(COLUMNS, ROWS, sheet_title="Müller's")
    assert 'table:target-range-address="&#x27;Müller&#x27;&#x27;s&#x27;.A1:' in part(content)
    assert 'config:name="VerticalSplitPosition" config:type="int">1<' in part(
        content, "settings.xml"
    )


def test_notes_are_a_last_sheet():
    sheets = read(COLUMNS, ROWS, sheet_title="ANGABEN", notes=[("Zweck", "=1+1")])
    assert list(sheets) == ["ANGABEN", "Angaben (2)"]
    assert sheets["Angaben (2)"] == [["Angabe", "Inhalt"], ["Zweck", "=1+1"]]


@pytest.mark.parametrize(("count", "rows"), [(3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_it_goes_on_in_a_further_sheet(monkeypatch, count, rows):
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 4)
    sheets = read([Column("Nummer", "integer")], ([number] for number in range(count)))
    assert list(sheets) == ["Abschlüsse", "Abschlüsse (2)", "Abschlüsse (3)"][: len(rows)]
    assert [len(sheet) - 1 for sheet in sheets.values()] == rows
    numbers = [row[0] for sheet in sheets.values() for row in sheet[1:]]
    assert numbers == list(range(count))


def test_dates_before_excels_calendar_are_text():
    columns = [Column("Tag", "date"), Column("Zeit", "datetime")]
    rows = [
        (date(1900, 2, 28), datetime(1900, 2, 28, 23, 59)),
        (date(1900, 3, 1), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
    ]
    assert read(columns, rows)["Abschlüsse"][1:] == [
        ["28.02.1900", "28.02.1900 23:59"],
        [date(1900, 3, 1), datetime(2026, 3, 29, 3, 0)],
    ]


def test_text_beyond_excels_limit_is_cut_visibly():
    rows = read([Column("Text", "text")], [["x" * 32_767], ["=" * 32_768]])["Abschlüsse"]
    assert [row[0] for row in rows[1:]] == ["x" * 32_767, "=" * 32_766 + "…"]
