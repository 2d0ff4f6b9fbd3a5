"""Bytes of a text file as text, whatever its program thought of encodings."""

from __future__ import annotations

import codecs
import re

#: Every byte is a letter in these; they are believed only where a file names them.
NAMED = {
    *("utf-8", "iso8859-1", "iso8859-15", "cp1252", "ascii", "cp1250", "iso8859-2", "mac-roman"),
}
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_declared = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
#: Signs of a file that is no text at all.
_binary = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")


class NoText(ValueError):
    """A file is no text at all."""


def decode(content: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 or UTF-32 by its mark, else what it names, else guessed.

    Text that is declared as UTF-8 and is not is taken as Windows-1252, which old programs write.
    Raises ``NoText``.
    """
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return _strictly(content[len(mark) :], encoding)
    for encoding, first in (("utf-16-le", b"<\x00?\x00"), ("utf-16-be", b"\x00<\x00?")):
        if content.startswith(first):
            return _strictly(content, encoding)
    if len(_binary.findall(content[:10_000])) > 10 or b"\x00" in content[:10_000]:
        raise NoText
    for encoding in (_named(content), "utf-8", "cp1252"):
        if encoding:
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise NoText


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise NoText from error


def _named(content: bytes) -> str:
    """The encoding that an XML declaration names, if it is one of letters."""
    if found := _declared.match(content[:300]):
        try:
            name = codecs.lookup(found[1].decode("ascii")).name
        except LookupError:
            return ""
        return name if name in NAMED else ""
    return ""
