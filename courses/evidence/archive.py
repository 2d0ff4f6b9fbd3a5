"""Writing the pack: one ZIP with a manifest of all its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings
from django.utils.translation import override

from .contract import Pack, PackFile, PackPart, pack_parts
from .documents import page_file

MANIFEST = "manifest.json"
#: What the manifest is; raised when it means something else.
FORMAT = "ki-hub-evidence-pack/1"
_CHECKER = Path(__file__).parent / "pruefen.html"
#: Equal data give equal bytes, so no file in the ZIP says when it was made; ZIP begins in 1980.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_UNIX = 3


@dataclass(frozen=True)
class Entry:
    """A file as the manifest names it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Written:
    """What was written: the checksum of the ZIP, and of the manifest in it."""

    sha256: str
    manifest_sha256: str
    files: int


def write_pack(file: IO[bytes], pack: Pack, made: Mapping[str, str]) -> Written:
    """Write the pack into an empty ``file`` that can be read and sought, in flat memory.

    ``made`` says when, by whom and what for, and stands in the manifest only: all else is the same
    for the same data. Files are stored and not compressed: a byte that is changed is a byte of one
    file, and the checker need not unpack anything.
    """
    with (
        override(settings.LANGUAGE_CODE),
        ZipFile(file, "w", ZIP_STORED, allowZip64=True) as archive,
    ):
        entries = [_write(archive, pack_file) for pack_file in _files(pack)]
        manifest = _write(archive, _manifest(pack, made, entries))
    file.seek(0)
    return Written(
        sha256=hashlib.file_digest(file, "sha256").hexdigest(),  # type: ignore[arg-type]
        manifest_sha256=manifest.sha256,
        files=len(entries) + 1,
    )


def parts_in_order() -> list[PackPart]:
    """The parts of every pack. The list of people comes before the texts: what somebody completes
    meanwhile may add a text that no row cites, but no row without its text.
    """
    return sorted((part() for _key, part in pack_parts.items()), key=lambda part: part.order)


def _files(pack: Pack) -> Iterator[PackFile]:
    parts = parts_in_order()
    yield page_file("LIESMICH.html", "courses/evidence/readme.html", pack, parts=parts)
    yield PackFile("pruefen.html", [_CHECKER.read_bytes()])
    for part in parts:
        yield from part.files(pack)


def _manifest(pack: Pack, made: Mapping[str, str], entries: Iterable[Entry]) -> PackFile:
    content = {
        "format": FORMAT,
        "authority": {
            "name": pack.organisation.name,
            "official_key": pack.organisation.official_key,
        },
        "as_of": pack.day.isoformat(),
        "has_right_answers": pack.with_key,
        "made": dict(made),
        "files": [asdict(entry) for entry in sorted(entries, key=lambda entry: entry.path)],
    }
    return PackFile(MANIFEST, [json.dumps(content, ensure_ascii=False, indent=1).encode()])


def _write(archive: ZipFile, pack_file: PackFile) -> Entry:
    """Write one file piece by piece; raises ``ValueError`` for a path that is there already."""
    if pack_file.path in archive.NameToInfo:
        raise ValueError(f"Two files of the pack are called {pack_file.path}.")
    info = ZipInfo(pack_file.path, date_time=_NO_TIME)
    info.external_attr, info.create_system = _READABLE, _UNIX
    digest, size = hashlib.sha256(), 0
    with archive.open(info, "w") as part:
        for piece in pack_file.pieces:
            part.write(piece)
            digest.update(piece)
            size += len(piece)
    return Entry(pack_file.path, size, digest.hexdigest())
