"""What changed since an earlier hand-over, told without keeping what was handed over.

Of each row its key and a keyed digest are kept, in a file of SQLite: a list of any length is
compared in flat memory. From a digest nobody reads a row, and without its secret, which stands in
the log and goes with the file, nobody can try out rows either.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from hub.spreadsheets import Row

#: What became of a row; stable, for programs.
NEW, CHANGED, GONE = "new", "changed", "gone"
SECRET_BYTES = 32
_DIGEST_BYTES = 16


class RowDigests:
    """The rows of one hand-over: their keys and digests."""

    def __init__(self, path: Path, secret: bytes) -> None:
        """Open the file, or an empty one where there is none."""
        self.secret = bytes(secret)
        # A stream may be consumed by another thread than the one that began it.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # It is a new file in a folder of its own: where that breaks off, it is thrown away.
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("BEGIN")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS handed_over"
            " (row_key TEXT PRIMARY KEY, digest BLOB NOT NULL) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Write what was added."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")
        self._database.close()

    def add(self, row_key: str, said: bytes) -> None:
        """Remember what a row says. Raises ``sqlite3.IntegrityError`` where its key is taken."""
        self._database.execute(
            "INSERT INTO handed_over VALUES (?, ?)", (row_key, self.digest(said))
        )

    def known(self, row_key: str) -> bytes | None:
        """The digest under a key."""
        found = self._database.execute(
            "SELECT digest FROM handed_over WHERE row_key = ?", (row_key,)
        ).fetchone()
        return found and bytes(found[0])

    def digest(self, said: bytes) -> bytes:
        """Of what a row says."""
        return hashlib.blake2b(said, key=self.secret, digest_size=_DIGEST_BYTES).digest()

    def __iter__(self) -> Iterator[str]:
        """The keys, in an order that does not change."""
        for (row_key,) in self._database.execute(
            "SELECT row_key FROM handed_over ORDER BY row_key"
        ):
            yield row_key


def said_by(row: Row) -> bytes:
    """What a row says: the same for the same values, and for nothing else."""
    return json.dumps([None if value is None else str(value) for value in row]).encode()


def remembered(rows: Iterable[tuple[str, Row]], digests: RowDigests) -> Iterator[Row]:
    """All rows, each with its key behind it."""
    for row_key, row in rows:
        digests.add(row_key, said_by(row))
        yield (*row, row_key)


def changed(
    rows: Iterable[tuple[str, Row]], digests: RowDigests, base: RowDigests, width: int
) -> Iterator[Row]:
    """The rows that are new or changed since ``base``, then those that are gone.

    Behind each stand its key and what became of it. Of a row that is gone the key is all there is:
    whose it was is known to who keeps the earlier file.
    """
    for row_key, row in rows:
        said = said_by(row)
        digests.add(row_key, said)
        known = base.known(row_key)
        if known is None:
            yield (*row, row_key, NEW)
        elif known != base.digest(said):
            yield (*row, row_key, CHANGED)
    for row_key in base:
        if digests.known(row_key) is None:
            yield (*(None for _column in range(width)), row_key, GONE)
