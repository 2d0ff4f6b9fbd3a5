"""CSV and XLSX files, written as a stream of bytes for spreadsheet programs set to German.

A row is a sequence with one value per column; ``None`` is an empty cell. Rows may come from an
iterator of any length: memory stays flat, and equal input gives equal bytes. Labels and the current
time zone are read when a writer is called, not when its stream is consumed, so a response may be
streamed after the middleware of its request has ended.

Text typed in by people must never run as a formula on the computer of whoever opens the file. In
CSV such text gets a leading apostrophe, as OWASP describes it
(https://owasp.org/www-community/attacks/CSV_Injection). In XLSX every text is stored as text, in a
cell formatted as text, so that it stays text when someone edits the cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from html import escape
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any, Literal
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Kind = Literal["text", "lines", "integer", "date", "datetime"]
Row = Sequence[Any]

# Excel's limits; lengths count UTF-16 units.
MAX_CELL_LENGTH = 32_767
MAX_TITLE_LENGTH = 31
MAX_ROWS = 1_048_576

BLOCK = 200  # rows that are written at once


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its label in the header, the kind of its values, its width in characters.

    ``text`` takes any value and shows its ``str()``, ``lines`` with all its lines; ``date`` takes
    dates, and datetimes for their local date; any other value of the wrong type raises an error.
    ``key`` is its stable name for programs, in any language; only JSON needs it.
    """

    label: StrOrPromise
    kind: Kind
    width: int = 20
    key: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A further sheet of a workbook."""

    title: StrOrPromise
    columns: Sequence[Column]
    rows: Iterable[Row]


#: Of the pairs of label and text that say what a file is.
NOTE_COLUMNS = (Column("Angabe", "text", 30), Column("Inhalt", "text", 100))


def write_csv(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """Write CSV for a German Excel: UTF-8 with BOM, semicolons, CRLF, TT.MM.JJJJ HH:MM."""
    formats = _csv_formats(timezone.get_current_timezone())
    cells = [formats[column.kind] for column in columns]
    header = ";".join([_csv_text(column.label) for column in columns])
    return _csv_file(header, cells, rows)


def write_xlsx(
    columns: Sequence[Column],
    rows: Iterable[Row],
    *,
    sheet_title: StrOrPromise,
    document_title: StrOrPromise = "",
    more: Sequence[Sheet] = (),
    notes: Sequence[tuple[StrOrPromise, StrOrPromise]] = (),
) -> Iterator[bytes]:
    """Write an Excel workbook with a frozen, filterable header.

    A sheet title that Excel would refuse is repaired, text beyond its limit ends in "…", and rows
    beyond its limit go on in further sheets. ``more`` sheets follow. ``notes`` are pairs of label
    and text for a last sheet "Angaben": purpose, filters, checksum.
    """
    zone = timezone.get_current_timezone()
    tables = [_table(sheet_title, columns, rows, zone)]
    tables += [_table(sheet.title, sheet.columns, sheet.rows, zone) for sheet in more]
    if notes:
        pairs = [(str(label), str(text)) for label, text in notes]
        tables.append(_table("Angaben", NOTE_COLUMNS, pairs, zone))
    return _workbook(tables, str(document_title))


#: What XML 1.0 forbids or discourages; tab and line ends are kept, but need a closer look.
CONTROLS = r"\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_remove_controls = re.compile(rf"(?![\t\n\r])[{CONTROLS}]").sub

# How a formula may begin, and what a program might skip before it: spaces and invisible characters.
_FORMULA = r"=+\-@＝＋－＠"
_BLANK = r"\s\u200b-\u200f\u2060\ufeff"

# Most texts can be written as they are, which one match tells. It allows half of Excel's length,
# because a character outside the basic plane counts twice.
PLAIN_LENGTH = f"{{0,{MAX_CELL_LENGTH // 2}}}"
_is_plain_csv = re.compile(rf'(?![{_BLANK}{_FORMULA}])[^;,|"{CONTROLS}]{PLAIN_LENGTH}').fullmatch
_is_plain_xml = re.compile(rf"(?! )[^&<>_{CONTROLS}]{PLAIN_LENGTH}(?<! )").fullmatch

_starts_like_a_formula = re.compile(rf"[{_BLANK}]*[\t\n{_FORMULA}]").match
# Commas, bars and tabs, too, since the reader's program may be set to split there.
_needs_quotes = re.compile(r'[;,|\t\n"]').search
# Excel shows _x0041_ in a text as the character of that number, and _x005F_ as an underscore.
_mask_escapes = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)").sub
_forbidden_in_titles = re.compile(r"[\[\]:*?/\\\t\n]").sub

_GERMAN_DATE = "%02d.%02d.%04d"
_GERMAN_DATETIME = f"{_GERMAN_DATE} %02d:%02d"

# Excel counts days from here, rightly so from the 61st: before, it believes in a 29 February 1900.
EPOCH = date(1899, 12, 30).toordinal()
FIRST_DAY = 61


def row_blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Cut ``rows`` into blocks of ``BLOCK``.

    A block is written column by column: the same function many times over is what Python is
    fastest at.
    """
    while block := list(islice(rows, BLOCK)):
        yield block


def without_controls(text: str) -> str:
    """``text`` without control characters, with LF as line end."""
    return _remove_controls("", text).replace("\r\n", "\n").replace("\r", "\n")


def clean_text(text: str) -> str:
    """The same, within Excel's length."""
    return _clip(without_controls(text), MAX_CELL_LENGTH)


def _clip(text: str, limit: int) -> str:
    """``text``, cut to ``limit`` UTF-16 units with a visible "…" at the end."""
    if len(text) <= limit // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return text
    return units[: 2 * limit - 2].decode("utf-16-le", "ignore") + "…"


def local_value(value: Any, zone: tzinfo) -> Any:
    """An aware datetime in local time, anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(zone)
    return value


def german_date(value: Any) -> str:
    """A date, or the day of a datetime, as TT.MM.JJJJ."""
    return _GERMAN_DATE % (value.day, value.month, value.year)


def german_datetime(value: Any) -> str:
    """A datetime as TT.MM.JJJJ HH:MM."""
    return _GERMAN_DATETIME % (value.day, value.month, value.year, value.hour, value.minute)


def _csv_text(value: Any) -> str:
    text = str(value)
    if _is_plain_csv(text):
        return text
    text = clean_text(text)
    if _starts_like_a_formula(text):
        text = _clip(f"'{text}", MAX_CELL_LENGTH)
    if _needs_quotes(text):
        text = '"' + text.replace('"', '""') + '"'
    return text


def _csv_formats(zone: tzinfo) -> dict[Kind, Callable[[Any], str]]:
    """By kind, the function that writes a value into a CSV cell."""

    def day(value: Any) -> str:
        return german_date(local_value(value, zone))

    def moment(value: Any) -> str:
        return german_datetime(local_value(value, zone))

    return {
        "text": _csv_text,
        "lines": _csv_text,
        "integer": "{:d}".format,
        "date": day,
        "datetime": moment,
    }


def _csv_file(
    header: str, cells: list[Callable[[Any], str]], rows: Iterable[Row]
) -> Iterator[bytes]:
    yield f"\ufeff{header}\r\n".encode()
    for block in row_blocks(iter(rows)):
        columns = [
            ["" if value is None else cell(value) for value in column]
            for cell, column in zip(cells, zip(*block, strict=True), strict=True)
        ]
        # A lone empty cell is quoted, because readers skip an empty line.
        lines = [(";".join(row) or '""') + "\r\n" for row in zip(*columns, strict=True)]
        yield "".join(lines).encode()


def _xml_text(text: str) -> str:
    return _mask_escapes("_x005F_", escape(clean_text(text), quote=False))


def _xlsx_formats(column: str, zone: tzinfo) -> dict[Kind, Callable[[Any, str], str]]:
    """By kind, the function that writes a value into the cell of ``column`` in a given row.

    Style numbers (``s``) are positions in the ``cellXfs`` of ``_STYLES``.
    """
    cell = f'<c r="{column}'

    def text(value: Any, row: str, style: int = 2) -> str:
        content = str(value)
        if not content:
            return ""
        if _is_plain_xml(content):
            return f'{cell}{row}" s="{style}" t="inlineStr"><is><t>{content}</t></is></c>'
        content = f'<t xml:space="preserve">{_xml_text(content)}</t>'
        return f'{cell}{row}" s="{style}" t="inlineStr"><is>{content}</is></c>'

    def lines(value: Any, row: str) -> str:
        return text(value, row, 6)

    def integer(value: Any, row: str) -> str:
        return f'{cell}{row}" s="3"><v>{value:d}</v></c>'

    def day(value: Any, row: str) -> str:
        value = local_value(value, zone)
        number = value.toordinal() - EPOCH
        if number < FIRST_DAY:
            return text(german_date(value), row)
        return f'{cell}{row}" s="4"><v>{number}</v></c>'

    def moment(value: Any, row: str) -> str:
        value = local_value(value, zone)
        number = value.toordinal() - EPOCH
        if number < FIRST_DAY:
            return text(german_datetime(value), row)
        time = (value.hour * 3600 + value.minute * 60 + value.second) / 86400
        return f'{cell}{row}" s="5"><v>{number + time}</v></c>'

    return {"text": text, "lines": lines, "integer": integer, "date": day, "datetime": moment}


@dataclass(frozen=True, slots=True)
class _Table:
    """What is written to one sheet, or to several if it has too many rows for one."""

    title: str
    head: str
    last_column: str
    cells: list[Callable[[Any, str], str]]
    rows: Iterator[Row]

    def sheets(self) -> Iterator[Iterator[Row]]:
        """The rows of each sheet below its header, to be consumed one sheet after the other."""
        yield islice(self.rows, MAX_ROWS - 1)
        for row in self.rows:
            yield chain((row,), islice(self.rows, MAX_ROWS - 2))

    def lines(self, block: list[Row], first: int) -> list[str]:
        """The row elements of ``block``, numbered from ``first``."""
        numbers = [str(number) for number in range(first, first + len(block))]
        columns = [
            [
                "" if value is None else cell(value, number)
                for value, number in zip(column, numbers, strict=True)
            ]
            for cell, column in zip(self.cells, zip(*block, strict=True), strict=True)
        ]
        return [
            f'<row r="{number}">{"".join(row)}</row>'
            for number, row in zip(numbers, zip(*columns, strict=True), strict=True)
        ]


def _table(
    title: StrOrPromise, columns: Sequence[Column], rows: Iterable[Row], zone: tzinfo
) -> _Table:
    widths, labels, cells = "", "", []
    for number, column in enumerate(columns, 1):
        letters = column_letters(number)
        label = _xml_text(str(column.label))
        widths += (
            f'<col min="{number}" max="{number}" width="{column.width}" customWidth="1"'
            f' style="{_COLUMN_STYLES[column.kind]}"/>'
        )
        labels += f'<c r="{letters}1" s="1" t="inlineStr"><is><t>{label}</t></is></c>'
        cells.append(_xlsx_formats(letters, zone)[column.kind])
    head = _SHEET_HEAD.format(widths=widths, labels=labels)
    return _Table(str(title), head, column_letters(len(columns)), cells, iter(rows))


def column_letters(number: int) -> str:
    """The letters of a column, counted from one: A to Z, AA and so on."""
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def free_sheet_title(title: str, taken: Iterable[str]) -> str:
    """``title`` as Excel accepts it, with a number if it is ``taken``."""
    title = _forbidden_in_titles("-", clean_text(title)).strip("' ") or "Tabelle"
    used = {"history", *(other.casefold() for other in taken)}  # "History" is Excel's own
    suffixes = chain(("",), (f" ({number})" for number in count(2)))
    titles = (_clip(title, MAX_TITLE_LENGTH - len(suffix)) + suffix for suffix in suffixes)
    return next(free for free in titles if free.casefold() not in used)


class ByteSink:
    """A file to write to, from which the bytes are taken as they come."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._written.append(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing; part of what ``ZipFile`` asks of a file, like ``close``."""

    def close(self) -> None:
        """Do nothing."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._written)
        self._written.clear()
        return taken


def _workbook(tables: Iterable[_Table], document_title: str) -> Iterator[bytes]:
    """The bytes of an XLSX file; the parts that list its sheets come last, when they are known."""
    sink = ByteSink()
    sheets: dict[str, str] = {}  # title to area
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=2) as archive:

        def add(name: str, xml: str) -> None:
            # A part opened by its name is always dated 1 January 1980.
            with archive.open(name, "w") as part:
                part.write(xml.encode())

        add("_rels/.rels", _PACKAGE_RELATIONSHIPS)
        add("docProps/core.xml", _PROPERTIES.format(title=_xml_text(document_title)))
        add("xl/styles.xml", _STYLES)
        for table in tables:
            for rows in table.sheets():
                with archive.open(f"xl/worksheets/sheet{len(sheets) + 1}.xml", "w") as part:
                    part.write(table.head.encode())
                    last_row = 1
                    for block in row_blocks(rows):
                        part.write("".join(table.lines(block, last_row + 1)).encode())
                        last_row += len(block)
                        if chunk := sink.take():
                            yield chunk
                    area = f"A1:{table.last_column}{last_row}"
                    part.write(_SHEET_END.format(area=area).encode())
                sheets[free_sheet_title(table.title, sheets)] = (
                    f"$A$1:${table.last_column}${last_row}"
                )
        add("xl/workbook.xml", _workbook_xml(sheets))
        add("xl/_rels/workbook.xml.rels", _workbook_relationships(len(sheets)))
        add("[Content_Types].xml", _content_types(len(sheets)))
    yield sink.take()


def _workbook_xml(sheets: dict[str, str]) -> str:
    entries, names = "", ""
    for number, (title, area) in enumerate(sheets.items(), 1):
        entries += f'<sheet name="{escape(title)}" sheetId="{number}" r:id="sheet{number}"/>'
        quoted = escape(title.replace("'", "''"), quote=False)
        names += (
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number - 1}" hidden="1">'
            f"'{quoted}'!{area}</definedName>"
        )
    return _WORKBOOK.format(sheets=entries, names=names)


def _workbook_relationships(sheets: int) -> str:
    entries = "".join(
        f'<Relationship Id="sheet{number}" Type="{_OFFICE}/relationships/worksheet"'
        f' Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, sheets + 1)
    )
    return _WORKBOOK_RELATIONSHIPS.format(sheets=entries)


def _content_types(sheets: int) -> str:
    entries = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml"'
        f' ContentType="{_TYPE}.spreadsheetml.worksheet+xml"/>'
        for number in range(1, sheets + 1)
    )
    return _CONTENT_TYPES.format(sheets=entries)


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument"

_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/docProps/core.xml"'
    ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.spreadsheetml.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.spreadsheetml.styles+xml"/>'
    "{sheets}</Types>"
)
_PACKAGE_RELATIONSHIPS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="workbook" Type="{_OFFICE}/relationships/officeDocument"'
    ' Target="xl/workbook.xml"/>'
    '<Relationship Id="properties"'
    f' Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    "</Relationships>"
)
_WORKBOOK_RELATIONSHIPS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="styles" Type="{_OFFICE}/relationships/styles" Target="styles.xml"/>'
    "{sheets}</Relationships>"
)
_PROPERTIES = (
    f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title>'
    "</cp:coreProperties>"
)
_WORKBOOK = (
    f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships">'
    "<bookViews><workbookView/></bookViews><sheets>{sheets}</sheets>"
    "<definedNames>{names}</definedNames></workbook>"
)
_SHEET_HEAD = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews><cols>{widths}</cols>"
    '<sheetData><row r="1">{labels}</row>'
)
# Without the exception, Excel marks each number stored as text as a mistake.
_SHEET_END = (
    '</sheetData><autoFilter ref="{area}"/><ignoredErrors>'
    '<ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors></worksheet>'
)
# The cellXfs, by their numbers: 0 Excel's default, 1 header, 2 text, 3 integer, 4 date, 5 datetime,
# 6 text of several lines. A column has the one of its kind, too: what people add below stays as
# they type it.
_COLUMN_STYLES: dict[Kind, int] = {
    "text": 2,
    "lines": 6,
    "integer": 3,
    "date": 4,
    "datetime": 5,
}
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="dd.mm.yyyy"/>'
    '<numFmt numFmtId="165" formatCode="dd.mm.yyyy hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="7">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0"'
    ' applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="1" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"'
    ' applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
