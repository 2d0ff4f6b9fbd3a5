import csv
import io
import tracemalloc
import unicodedata
from datetime import UTC, date, datetime
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from hub import spreadsheets
from hub.spreadsheets import Column, write_csv, write_xlsx

COLUMNS = [
    Column("Personalnummer", "text", 16),
    Column("Name", "text", 30),
    Column("Punkte", "integer", 8),
    Column("Abgeschlossen am", "date"),
    Column("Zuletzt geändert", "datetime"),
]
ROWS = [
    (
        "00123",
        "Jörg Müßig 😀 ＡＢ",
        -5,
        date(2026, 3, 1),
        datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
    ),
    ("4711", None, None, None, None),
]
FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+49 2541 18-0",
    "-1+1",
    "@SUM(1;1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "   =1+1",
    " \t1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\x00=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1;1)",
    '=HYPERLINK("https://example.org";"Klick")',
]


@pytest.fixture(autouse=True)
def in_berlin():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        yield


def csv_text(columns, rows):
    return b"".join(write_csv(columns, rows)).decode("utf-8-sig")


def csv_rows(columns, rows):
    file = io.StringIO(csv_text(columns, rows), newline="")
    return list(csv.reader(file, delimiter=";", strict=True))


def xlsx_bytes(columns, rows, sheet_title="Abschlüsse", **options):
    return b"".join(write_xlsx(columns, rows, sheet_title=sheet_title, **options))


def workbook(*args, **options):
    return openpyxl.load_workbook(io.BytesIO(xlsx_bytes(*args, **options)))


def part(content, name):
    with ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name).decode()


def texts_in_csv(texts):
    return [cell for [cell] in csv_rows([Column("Text", "text")], [[text] for text in texts])[1:]]


def texts_in_xlsx(texts):
    sheet = workbook([Column("Text", "text")], [[text] for text in texts]).active
    values = [sheet.cell(row, 1).value or "" for row in range(2, len(texts) + 2)]
    # openpyxl leaves alone what Excel and LibreOffice read as an escaped underscore.
    return [value.replace("_x005F_", "_") for value in values]


def cleaned(text):
    kept = [
        character
        for character in text
        if character in "\t\n\r"
        or (unicodedata.category(character) not in {"Cc", "Cs"} and character not in "\ufffe\uffff")
    ]
    return "".join(kept).replace("\r\n", "\n").replace("\r", "\n")


def test_csv_is_what_a_german_excel_opens():
    assert b"".join(write_csv(COLUMNS, ROWS)) == (
        b"\xef\xbb\xbf"
        + (
            "Personalnummer;Name;Punkte;Abgeschlossen am;Zuletzt geändert\r\n"
            "00123;Jörg Müßig 😀 ＡＢ;-5;01.03.2026;02.07.2026 00:30\r\n"
            "4711;;;;\r\n"
        ).encode()
    )


def test_csv_quotes_what_would_break_a_row_here_or_where_commas_separate():
    texts = ["a;b", "a,b", "a|b", "a\tb", 'sagt "ja"', "zwei\r\nZeilen", "alt\rer Mac", "offen"]
    assert csv_text([Column("Text", "text")], [[text] for text in texts]) == (
        'Text\r\n"a;b"\r\n"a,b"\r\n"a|b"\r\n"a\tb"\r\n"sagt ""ja"""\r\n'
        '"zwei\nZeilen"\r\n"alt\ner Mac"\r\noffen\r\n'
    )


def test_csv_keeps_a_row_whose_only_cell_is_empty():
    assert csv_rows([Column("Text", "text")], [[None], [""], ["x"]]) == [
        ["Text"],
        [""],
        [""],
        ["x"],
    ]


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_defuses_formulas(text):
    assert texts_in_csv([text]) == ["'" + cleaned(text)]


def test_csv_defuses_formulas_in_the_header():
    assert csv_rows([Column("=1+1", "text")], []) == [["'=1+1"]]


@pytest.mark.parametrize(
    "text", ["a=b", "Müller-Lüdenscheidt", "anna@example.org", "'=1", "1-2", ""]
)
def test_csv_leaves_other_text_alone(text):
    assert texts_in_csv([text]) == [text]


@pytest.mark.parametrize("text", FORMULAS)
def test_xlsx_stores_formulas_as_text(text):
    content = xlsx_bytes([Column("Text", "text")], [[text]])
    cell = openpyxl.load_workbook(io.BytesIO(content)).active["A2"]
    assert (cell.value, cell.data_type, cell.number_format) == (cleaned(text), "s", "@")
    assert "<f>" not in part(content, "xl/worksheets/sheet1.xml")


def test_xlsx_reads_back_with_types():
    header, first, second = workbook(COLUMNS, ROWS).active.iter_rows()
    assert [cell.value for cell in header] == [
        "Personalnummer",
        "Name",
        "Punkte",
        "Abgeschlossen am",
        "Zuletzt geändert",
    ]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in first] == [
        ("00123", "s", "@"),
        ("Jörg Müßig 😀 ＡＢ", "s", "@"),
        (-5, "n", "0"),
        (datetime(2026, 3, 1), "d", "dd.mm.yyyy"),
        (datetime(2026, 7, 2, 0, 30), "d", "dd.mm.yyyy hh:mm"),
    ]
    assert [cell.value for cell in second] == ["4711", None, None, None, None]


def test_xlsx_header_is_bold_frozen_and_filterable():
    sheet = workbook(COLUMNS, ROWS).active
    assert all(cell.font.b for cell in sheet[1])
    assert not any(cell.font.b for cell in sheet[2])
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E3"
    assert [sheet.column_dimensions[letter].width for letter in "ABCDE"] == [16, 30, 8, 20, 20]


def test_xlsx_without_rows_has_a_header():
    sheet = workbook(COLUMNS, []).active
    assert sheet.dimensions == "A1:E1"
    assert sheet.auto_filter.ref == "A1:E1"


def test_xlsx_counts_columns_beyond_z():
    columns = [Column(f"Spalte {number}", "integer") for number in range(1, 704)]
    sheet = workbook(columns, [range(1, 704)]).active
    assert [sheet[name].value for name in ("Z2", "AA2", "ZZ2", "AAA2")] == [26, 27, 702, 703]


def test_xlsx_notes_are_a_last_sheet():
    book = workbook(COLUMNS, ROWS, notes=[("Zweck", "=1+1"), ("Prüfsumme", "0815")])
    assert book.sheetnames == ["Abschlüsse", "Angaben"]
    assert list(book["Angaben"].values) == [
        ("Angabe", "Inhalt"),
        ("Zweck", "=1+1"),
        ("Prüfsumme", "0815"),
    ]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Abschlüsse 2025/2026", "Abschlüsse 2025-2026"),
        ("[a]:*?/\\b", "-a------b"),
        ("'Zitat'", "Zitat"),
        ('Müller\'s <&> "KI"', 'Müller\'s <&> "KI"'),
        ("", "Tabelle"),
        ("History", "History (2)"),
        ("x" * 31, "x" * 31),
        ("x" * 32, "x" * 30 + "…"),
        ("😀" * 16, "😀" * 15 + "…"),
        ("ANGABEN", "ANGABEN"),
    ],
)
def test_xlsx_sheet_titles_are_acceptable_to_excel(title, expected):
    assert workbook(COLUMNS, ROWS, sheet_title=title).sheetnames == [expected]


def test_xlsx_sheet_titles_differ():
    book = workbook(COLUMNS, ROWS, sheet_title="ANGABEN", notes=[("Zweck", "Nachweis")])
    assert book.sheetnames == ["ANGABEN", "Angaben (2)"]


@pytest.mark.parametrize(("count", "rows"), [(3, [3]), (4, [3, 1]), (6, [3, 3]), (7, [3, 3, 1])])
def test_xlsx_goes_on_in_a_further_sheet(monkeypatch, count, rows):
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 4)
    book = workbook([Column("Nummer", "integer")], ([number] for number in range(count)))
    assert book.sheetnames == ["Abschlüsse", "Abschlüsse (2)", "Abschlüsse (3)"][: len(rows)]
    tables = [[value for [value] in sheet.values] for sheet in book]
    assert [table[0] for table in tables] == ["Nummer"] * len(rows)
    assert [len(table) - 1 for table in tables] == rows
    assert [number for table in tables for number in table[1:]] == list(range(count))
    assert [sheet.auto_filter.ref for sheet in book] == [f"A1:A{length + 1}" for length in rows]


def test_text_beyond_excels_limit_is_cut_visibly():
    longest, too_long, emoji = "x" * 32_767, "=" * 32_768, "😀" * 16_384
    assert texts_in_xlsx([longest, too_long, emoji]) == [
        longest,
        "=" * 32_766 + "…",
        "😀" * 16_383 + "…",
    ]
    assert texts_in_csv([longest, too_long, emoji]) == [
        longest,
        "'" + "=" * 32_765 + "…",
        "😀" * 16_383 + "…",
    ]


def test_xlsx_masks_what_excel_takes_for_an_escaped_character():
    content = xlsx_bytes([Column("Text", "text")], [["_x0041_ _x41_ a_b"]])
    assert ">_x005F_x0041_ _x41_ a_b<" in part(content, "xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("text", [" vorn", "hinten ", " ", "zwei\nZeilen", "Tab\t"])
def test_xlsx_tells_excel_to_keep_white_space(text):
    content = xlsx_bytes([Column("Text", "text")], [[text]])
    assert f'<t xml:space="preserve">{text}</t>' in part(content, "xl/worksheets/sheet1.xml")


def test_dates_before_excels_calendar_are_text():
    columns = [Column("Tag", "date"), Column("Zeit", "datetime")]
    rows = [
        (date(1900, 2, 28), datetime(1900, 2, 28, 23, 59)),
        (date(1900, 3, 1), datetime(1900, 3, 1, 0, 0)),
        (date(987, 6, 5), datetime(987, 6, 5, 4, 3)),
    ]
    assert list(workbook(columns, rows).active.values)[1:] == [
        ("28.02.1900", "28.02.1900 23:59"),
        (datetime(1900, 3, 1), datetime(1900, 3, 1)),
        ("05.06.0987", "05.06.0987 04:03"),
    ]
    assert csv_rows(columns, rows)[3] == ["05.06.0987", "05.06.0987 04:03"]


@pytest.mark.parametrize(
    ("moment", "local"),
    [
        (datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), "29.03.2026 01:59"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "29.03.2026 03:00"),
        (datetime(2026, 12, 31, 23, 31, 59, 999_999, tzinfo=UTC), "01.01.2027 00:31"),
        (datetime(2026, 5, 4, 10, 31), "04.05.2026 10:31"),
    ],
)
def test_datetimes_are_local(moment, local):
    columns = [Column("Tag", "date"), Column("Zeit", "datetime")]
    assert csv_rows(columns, [(moment, moment)])[1] == [local[:10], local]
    day, time = workbook(columns, [(moment, moment)]).active[2]
    assert f"{day.value:%d.%m.%Y}" == local[:10]
    assert f"{time.value:%d.%m.%Y %H:%M}" == local


def test_text_columns_take_any_value():
    values = [0, False, 1.5, date(2026, 3, 1), gettext_lazy("Ja"), -1]
    expected = ["0", "False", "1.5", "2026-03-01", "Ja", "-1"]
    assert texts_in_xlsx(values) == expected
    assert texts_in_csv(values) == [*expected[:-1], "'-1"]


@pytest.mark.parametrize("write", [csv_text, xlsx_bytes])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "=1+1"),
        ("integer", 1.5),
        ("date", "=1+1"),
        ("datetime", "=1+1"),
        ("datetime", date(2026, 3, 1)),
    ],
)
def test_values_of_the_wrong_type_are_refused(write, kind, value):
    with pytest.raises((TypeError, ValueError, AttributeError)):
        write([Column("Wert", kind)], [[value]])


@pytest.mark.parametrize("write", [csv_text, xlsx_bytes])
@pytest.mark.parametrize("rows", [[["x"]], [["x"] * 3], [["x"] * 2, ["x"]]])
def test_rows_of_the_wrong_length_are_refused(write, rows):
    with pytest.raises(ValueError, match="zip"):
        write([Column("A", "text"), Column("B", "text")], rows)


@pytest.mark.parametrize(
    "write", [write_csv, lambda *args: write_xlsx(*args, sheet_title="x")], ids=["csv", "xlsx"]
)
class TestStream:
    def test_starts_before_the_rows_end(self, write):
        def rows():
            for number in range(100_000):
                yield [number, f"{number * 7919:x}"]
            pytest.fail("All rows were read before the first bytes came.")

        stream = write([Column("Nummer", "integer"), Column("Text", "text")], rows())
        assert next(stream)
        stream.close()

    def test_keeps_language_and_time_zone_of_the_call(self, write):
        columns = [Column(gettext_lazy("Yes"), "text"), Column("Zeit", "datetime")]
        row = ["x", datetime(2026, 7, 1, 12, 0, tzinfo=UTC)]
        with translation.override("de"):
            expected = b"".join(write(columns, [row]))
            stream = write(columns, [row])
        with translation.override("en"), timezone.override(UTC):
            assert b"".join(stream) == expected

    def test_is_reproducible(self, write):
        assert b"".join(write(COLUMNS, ROWS)) == b"".join(write(COLUMNS, iter(ROWS)))

    def test_has_flat_memory(self, write):
        def peak(count):
            rows = (
                (number, f"Müller {number} & Söhne", date(2026, 3, 1)) for number in range(count)
            )
            columns = [Column("Nr.", "integer"), Column("Name", "text"), Column("Am", "date")]
            tracemalloc.start()
            try:
                for _chunk in write(columns, rows):
                    pass
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(1_000)
        assert peak(60_000) < 1.1 * peak(20_000)


def test_xlsx_tells_the_title_and_no_person_and_no_time():
    content = xlsx_bytes(COLUMNS, ROWS, document_title="Abschlüsse & Nachweise")
    assert part(content, "docProps/core.xml").endswith(
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>Abschlüsse &amp; Nachweise</dc:title></cp:coreProperties>"
    )
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


texts = st.lists(
    st.text(st.characters() | st.sampled_from(" \t\r\n;,\"'=+-@&<>_x0041\x00\ufeff")), max_size=10
)


@given(texts)
def test_any_text_reads_back_from_xlsx(texts):
    assert texts_in_xlsx(texts) == [cleaned(text) for text in texts]


@given(texts)
def test_any_text_reads_back_from_csv(texts):
    for text, cell in zip(texts, texts_in_csv(texts), strict=True):
        assert cell.removeprefix("'") == cleaned(text).removeprefix("'")
        assert not cell.lstrip(" \u00a0\u200b\ufeff").startswith(tuple("=+-@＝＋－＠\t\n\r"))
