"""What a mail says of itself to mail programs."""

from __future__ import annotations

from uuid import UUID

from .addresses import host


def automatic_headers(number: UUID, language: str) -> dict[str, str]:
    """The headers of a mail that nobody typed, and that nobody's absence is to answer (RFC 3834).

    ``number`` is of the mail: tried once more it is the same one, also to mail programs.
    """
    return {
        # Short enough for one line: some servers do not like a folded one.
        "Message-ID": f"<{number.hex}@{host()}>",
        "Auto-Submitted": "auto-generated",
        # Exchange does not know the line above.
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Content-Language": language,
    }
