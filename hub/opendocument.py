"""ODS files, written as a stream of bytes: what ``hub.spreadsheets`` does for XLSX.

OpenDocument 1.3 (https://docs.oasis-open.org/office/OpenDocument/v1.3/), for LibreOffice and Excel.
A cell says of what type its value is, and no cell has a formula: what people typed stays text, with
its zeros and signs, and columns of text are formatted as text for what is added later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from html import escape
from itertools import chain, islice
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zlib import crc32

from django.utils import timezone

from . import spreadsheets
from .spreadsheets import (
    CONTROLS,
    EPOCH,
    FIRST_DAY,
    NOTE_COLUMNS,
    PLAIN_LENGTH,
    ByteSink,
    Column,
    Kind,
    Row,
    clean_text,
    column_letters,
    free_sheet_title,
    german_date,
    german_datetime,
    local_value,
    row_blocks,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_EMPTY = "<table:table-cell/>"
# Spaces at the ends and more than one in a row are lost unless they are written as elements.
_is_plain = re.compile(rf"(?! )[^&<>{CONTROLS}]{PLAIN_LENGTH}(?<! )").fullmatch
_lost_spaces = re.compile(r"^ +| {2,}| +$").sub


def write_ods(
    columns: Sequence[Column],
    rows: Iterable[Row],
    *,
    sheet_title: StrOrPromise,
    document_title: StrOrPromise = "",
    notes: Sequence[tuple[StrOrPromise, StrOrPromise]] = (),
) -> Iterator[bytes]:
    """Write an ODS file with a frozen, filterable header.

    What is too long for Excel is treated as in ``write_xlsx``: text ends in "…", rows go on in
    further sheets. ``notes`` are pairs of label and text for a last sheet "Angaben".
    """
    zone = timezone.get_current_timezone()
    tables = [_table(sheet_title, columns, rows, zone)]
    if notes:
        pairs = [(str(label), str(text)) for label, text in notes]
        tables.append(_table("Angaben", NOTE_COLUMNS, pairs, zone))
    return _document(tables, clean_text(str(document_title)))


def _paragraphs(text: str) -> str:
    """The content of a cell: a paragraph for each line."""
    lines = escape(clean_text(text), quote=False).split("\n")
    return "".join(f"<text:p>{_with_spaces(line)}</text:p>" for line in lines)


def _with_spaces(line: str) -> str:
    line = _lost_spaces(lambda run: f'<text:s text:c="{len(run[0])}"/>', line)
    return line.replace("\t", "<text:tab/>")


def _text(value: Any) -> str:
    content = str(value)
    if not content:
        return _EMPTY
    if _is_plain(content) and "  " not in content:
        content = f"<text:p>{content}</text:p>"
        return f'<table:table-cell office:value-type="string">{content}</table:table-cell>'
    return (
        f'<table:table-cell office:value-type="string"{_with_tabs(content)}>'
        f"{_paragraphs(content)}</table:table-cell>"
    )


def _with_tabs(text: str) -> str:
    """An attribute with the whole text where it has tabs: programs skip them as elements."""
    if "\t" not in text:
        return ""
    value = escape(clean_text(text)).replace("\t", "&#9;").replace("\n", "&#10;")
    return f' office:string-value="{value}"'


def _integer(value: Any) -> str:
    return (
        f'<table:table-cell office:value-type="float" office:value="{value:d}">'
        f"<text:p>{value:d}</text:p></table:table-cell>"
    )


def _formats(zone: tzinfo) -> dict[Kind, Callable[[Any], str]]:
    """By kind, the function that writes a value into a cell."""

    def dated(stored: str, shown: str) -> str:
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{stored}">'
            f"<text:p>{shown}</text:p></table:table-cell>"
        )

    # Excel opens these files, too: what is before its calendar is text, as in XLSX.
    def day(value: Any) -> str:
        value = local_value(value, zone)
        if value.toordinal() - EPOCH < FIRST_DAY:
            return _text(german_date(value))
        return dated(f"{value:%Y-%m-%d}", german_date(value))

    def moment(value: Any) -> str:
        value = local_value(value, zone)
        shown = german_datetime(value)
        if value.toordinal() - EPOCH < FIRST_DAY:
            return _text(shown)
        return dated(f"{value:%Y-%m-%dT%H:%M:%S}", shown)

    return {"text": _text, "lines": _text, "integer": _integer, "date": day, "datetime": moment}


@dataclass(frozen=True, slots=True)
class _Table:
    """What is written to one sheet, or to several if it has too many rows for one."""

    title: str
    columns: Sequence[Column]
    head: str
    cells: list[Callable[[Any], str]]
    rows: Iterator[Row]

    def sheets(self) -> Iterator[Iterator[Row]]:
        """The rows of each sheet below its header, to be consumed one sheet after the other."""
        limit = spreadsheets.MAX_ROWS
        yield islice(self.rows, limit - 1)
        for row in self.rows:
            yield chain((row,), islice(self.rows, limit - 2))

    def lines(self, block: list[Row]) -> str:
        """The row elements of ``block``."""
        columns = [
            [_EMPTY if value is None else cell(value) for value in column]
            for cell, column in zip(self.cells, zip(*block, strict=True), strict=True)
        ]
        return "".join(
            f"<table:table-row>{''.join(row)}</table:table-row>"
            for row in zip(*columns, strict=True)
        )


def _table(
    title: StrOrPromise, columns: Sequence[Column], rows: Iterable[Row], zone: tzinfo
) -> _Table:
    formats = _formats(zone)
    widths = "".join(
        f'<table:table-column table:style-name="width{column.width}"'
        f' table:default-cell-style-name="{column.kind}"/>'
        for column in columns
    )
    labels = "".join(
        '<table:table-cell table:style-name="header" office:value-type="string">'
        f"{_paragraphs(str(column.label))}</table:table-cell>"
        for column in columns
    )
    head = (
        f"{widths}<table:table-header-rows><table:table-row>{labels}</table:table-row>"
        "</table:table-header-rows>"
    )
    return _Table(
        str(title), columns, head, [formats[column.kind] for column in columns], iter(rows)
    )


def _document(tables: Sequence[_Table], title: str) -> Iterator[bytes]:
    """The bytes of an ODS file."""
    sink = ByteSink()
    sheets: dict[str, str] = {}  # title to area
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=2) as archive:
        _add_type(archive)
        with archive.open("content.xml", "w") as part:
            widths = {column.width for table in tables for column in table.columns}
            part.write(_content_head(widths).encode())
            for table in tables:
                for rows in table.sheets():
                    name = free_sheet_title(table.title, sheets)
                    part.write(f'<table:table table:name="{escape(name)}">{table.head}'.encode())
                    last_row = 1
                    for block in row_blocks(rows):
                        part.write(table.lines(block).encode())
                        last_row += len(block)
                        if chunk := sink.take():
                            yield chunk
                    part.write(b"</table:table>")
                    sheets[name] = _area(name, len(table.columns), last_row)
            part.write(_content_end(sheets.values()).encode())
        for file_name, xml in (
            ("meta.xml", _META.format(title=escape(title, quote=False))),
            ("settings.xml", _settings(sheets)),
            ("META-INF/manifest.xml", _MANIFEST),
        ):
            with archive.open(file_name, "w") as part:
                part.write(xml.encode())
    yield sink.take()


def _add_type(archive: ZipFile) -> None:
    """Add the part that comes first and says what the file is, stored as it is.

    ``ZipFile`` would write its size behind it, where what comes before is not to be changed any
    more, and readers refuse that for a part that is not compressed.
    """
    content = MEDIA_TYPE.encode()
    info = ZipInfo("mimetype")
    info.file_size = info.compress_size = len(content)
    info.header_offset, info.CRC = 0, crc32(content)
    archive.fp.write(info.FileHeader(zip64=False) + content)  # type: ignore[union-attr]
    archive.filelist.append(info)
    archive.NameToInfo[info.filename] = info


def _area(title: str, columns: int, last_row: int) -> str:
    quoted = "'" + title.replace("'", "''") + "'"
    return escape(f"{quoted}.A1:{quoted}.{column_letters(columns)}{last_row}")


def _content_head(widths: set[int]) -> str:
    styles = "".join(
        f'<style:style style:name="width{width}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{(width * 7 + 5) / 96:.3f}in"/>'
        "</style:style>"
        for width in sorted(widths)
    )
    return _CONTENT_HEAD.format(widths=styles)


def _content_end(areas: Iterable[str]) -> str:
    ranges = "".join(
        f'<table:database-range table:name="__Anonymous_Sheet_DB__{number}"'
        f' table:target-range-address="{area}" table:display-filter-buttons="true"/>'
        for number, area in enumerate(areas)
    )
    return (
        f"<table:database-ranges>{ranges}</table:database-ranges>"
        "</office:spreadsheet></office:body></office:document-content>"
    )


def _settings(titles: Iterable[str]) -> str:
    """The first row of each sheet is frozen; the specification leaves the names to programs."""
    return _SETTINGS.format(tables="".join(_FROZEN.format(title=escape(title)) for title in titles))


MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_URN = "urn:oasis:names:tc:opendocument:xmlns"
_NAMESPACES = (
    f'xmlns:office="{_URN}:office:1.0" xmlns:table="{_URN}:table:1.0" xmlns:text="{_URN}:text:1.0"'
    f' xmlns:style="{_URN}:style:1.0" xmlns:number="{_URN}:datastyle:1.0"'
    f' xmlns:fo="{_URN}:xsl-fo-compatible:1.0" office:version="1.3"'
)
_MANIFEST = (
    f'{_XML}<manifest:manifest xmlns:manifest="{_URN}:manifest:1.0" manifest:version="1.3">'
    '<manifest:file-entry manifest:full-path="/" manifest:version="1.3"'
    f' manifest:media-type="{MEDIA_TYPE}"/>'
    + "".join(
        f'<manifest:file-entry manifest:full-path="{name}.xml" manifest:media-type="text/xml"/>'
        for name in ("content", "meta", "settings")
    )
    + "</manifest:manifest>"
)
_META = (
    f'{_XML}<office:document-meta xmlns:office="{_URN}:office:1.0"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3">'
    "<office:meta><dc:title>{title}</dc:title></office:meta></office:document-meta>"
)
_DAY = (
    '<number:day number:style="long"/><number:text>.</number:text>'
    '<number:month number:style="long"/><number:text>.</number:text>'
    '<number:year number:style="long"/>'
)
_TIME = (
    '<number:text> </number:text><number:hours number:style="long"/>'
    '<number:text>:</number:text><number:minutes number:style="long"/>'
)


def _cell_style(name: str, data_style: str, properties: str = "") -> str:
    return (
        f'<style:style style:name="{name}" style:family="table-cell"'
        f' style:data-style-name="{data_style}">{properties}</style:style>'
    )


# The styles of cells are called like the kinds of columns.
_CONTENT_HEAD = (
    f"{_XML}<office:document-content {_NAMESPACES}><office:automatic-styles>"
    '<number:text-style style:name="as-text"><number:text-content/></number:text-style>'
    '<number:number-style style:name="as-integer">'
    '<number:number number:decimal-places="0" number:min-integer-digits="1"/>'
    "</number:number-style>"
    f'<number:date-style style:name="as-date">{_DAY}</number:date-style>'
    f'<number:date-style style:name="as-datetime">{_DAY}{_TIME}</number:date-style>'
    + _cell_style("header", "as-text", '<style:text-properties fo:font-weight="bold"/>')
    + _cell_style("text", "as-text")
    + _cell_style(
        "lines",
        "as-text",
        '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>',
    )
    + _cell_style("integer", "as-integer")
    + _cell_style("date", "as-date")
    + _cell_style("datetime", "as-datetime")
    + "{widths}</office:automatic-styles><office:body><office:spreadsheet>"
)
_ITEM = '<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
_FROZEN = (
    '<config:config-item-map-entry config:name="{title}">'
    + "".join(
        _ITEM.format(name=name, kind=kind, value=value)
        for name, kind, value in (
            ("VerticalSplitMode", "short", 2),
            ("VerticalSplitPosition", "int", 1),
            ("ActiveSplitRange", "short", 2),
            ("PositionBottom", "int", 1),
        )
    )
    + "</config:config-item-map-entry>"
)
_SETTINGS = (
    f'{_XML}<office:document-settings xmlns:office="{_URN}:office:1.0"'
    f' xmlns:config="{_URN}:config:1.0" office:version="1.3"><office:settings>'
    '<config:config-item-set config:name="ooo:view-settings">'
    '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
    '<config:config-item config:name="ViewId" config:type="string">view1</config:config-item>'
    '<config:config-item-map-named config:name="Tables">{tables}</config:config-item-map-named>'
    "</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set>"
    "</office:settings></office:document-settings>"
)
