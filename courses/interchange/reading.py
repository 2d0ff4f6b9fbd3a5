"""Which format a file has, and what it holds."""

from __future__ import annotations

from django.utils.translation import gettext as _

from hub.decoding import NoText, decode
from hub.tables import OLE, ZIP, UnreadableError, read_rows

from . import gift, moodle_xml, sheet
from .questions import ParsedFile

MAX_BYTES = 50 * 1024 * 1024
MAX_QUESTIONS = 5_000
#: How an archive begins that Moodle makes of a whole course.
GZIP = b"\x1f\x8b"
TABLES = (".csv", ".tsv", ".tab")


def read_file(content: bytes, file_name: str = "", *, language: str = "de") -> ParsedFile:
    """The questions of a file: Moodle XML, GIFT, XLSX, ODS or CSV, told apart by content.

    ``language`` is that of the questions. Raises ``UnreadableError`` with what to do.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableError(
            _(
                "The file is larger than %(limit)s MB. Please export fewer questions at once, such "
                "as one category."
            )
            % {"limit": MAX_BYTES // 1024**2}
        )
    if not content.strip():
        raise UnreadableError(_("The file is empty."))
    parsed = _parsed(content, file_name.lower(), language)
    if len(parsed) > MAX_QUESTIONS:
        raise UnreadableError(
            _(
                "The file holds %(count)s questions; at most %(limit)s can be imported at once. "
                "Please divide it."
            )
            % {"count": len(parsed), "limit": MAX_QUESTIONS}
        )
    if not len(parsed):
        raise UnreadableError(_("The file holds no questions."))
    return parsed


def _parsed(content: bytes, file_name: str, language: str) -> ParsedFile:
    if content.startswith(GZIP):
        raise UnreadableError(
            _(
                "The file is a packed archive, such as the backup of a Moodle course. Please "
                "export the questions in Moodle's question bank as Moodle XML."
            )
        )
    if content.startswith((ZIP, OLE)):
        return sheet.parse(read_rows(content), language=language)
    try:
        text = decode(content).lstrip("\ufeff")
    except NoText as error:
        raise UnreadableError(
            _(
                "The file is no text and no table. Please export the questions as Moodle XML or "
                "GIFT, or save the table as XLSX, ODS or CSV."
            )
        ) from error
    if text.lstrip().startswith("<"):
        return moodle_xml.parse(text, language=language)
    if file_name.endswith(TABLES) or not _is_gift(text):
        return sheet.parse(read_rows(content), language=language)
    return gift.parse(text, language=language)


def _is_gift(text: str) -> bool:
    return "{" in text and "}" in text
