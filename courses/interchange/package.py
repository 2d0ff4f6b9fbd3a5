"""The course package: a ZIP of JSON, media and a manifest of hashes. Knows no database.

``docs/course-package.md`` describes the format. What refers to something else (a page, a question,
a picture) does so by what is the same in every hub, never by a primary key: see ``references``.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from io import BytesIO
from typing import Any, TypeVar
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext as _

FORMAT, VERSION = "hub-course", 1
MANIFEST, COURSE = "manifest.json", "course.json"
MEGABYTE = 1024 * 1024
#: What a package may hold at most; far above any course, far below what stops a server.
MAX_PACKED, MAX_UNPACKED, MAX_JSON = 300 * MEGABYTE, 600 * MEGABYTE, 50 * MEGABYTE
MAX_FILES = 5_000
#: What is taken along of a picture beside its title.
MEDIA_FIELDS = (
    "description",
    "focal_point_x",
    "focal_point_y",
    "focal_point_width",
    "focal_point_height",
)
#: Fixed, so that the same course gives the same bytes.
_DATE = (2000, 1, 1, 0, 0, 0)

_is_media_name = re.compile(r"media/([0-9a-f]{64})\.[a-z0-9]{1,5}").fullmatch
_is_language = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*").fullmatch
_is_slug = re.compile(r"[-\w]{1,100}").fullmatch
_is_model = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*").fullmatch

Fields = dict[str, Any]


class PackageRefused(Exception):
    """The file is no course package, or none that can be trusted; says why in words."""


@dataclass(frozen=True)
class PageEntry:
    """A page in one language, without its place in this or that hub.

    ``alias_of`` names the language whose text an alias shows; an alias has no ``fields`` but its
    title and the end of its address.
    """

    model: str
    key: str
    language: str
    parent: str | None
    fields: Fields
    alias_of: str | None = None
    is_public: bool = False
    #: Whether wagtail-localize keeps it in step with its original.
    is_synced: bool = False
    #: Whether it lacks a substantive change of the original beside it.
    is_older: bool = False

    @property
    def place(self) -> tuple[str, str]:
        return self.key, self.language


@dataclass(frozen=True)
class QuestionEntry:
    """A question of the bank in one language."""

    key: str
    language: str
    fields: Fields
    is_public: bool = False
    is_retired: bool = False
    is_synced: bool = False

    @property
    def place(self) -> tuple[str, str]:
        return self.key, self.language


@dataclass(frozen=True)
class TagEntry:
    """A topic of courses or a keyword of questions."""

    model: str
    slug: str
    name: str
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MediaEntry:
    """A picture or a document; ``sha256`` is the hash of its file."""

    sha256: str
    kind: str
    file_name: str
    title: str
    fields: Fields = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where the file lies in the package."""
        ending = re.sub(r"[^a-z0-9]", "", self.file_name.rpartition(".")[2].lower())[:5]
        return f"media/{self.sha256}.{ending or 'bin'}"


@dataclass
class Package:
    """A course with all that belongs to it. Pages stand parents first, in the order of the tree."""

    course: str
    title: str
    created: str = ""
    pages: list[PageEntry] = field(default_factory=list)
    questions: list[QuestionEntry] = field(default_factory=list)
    tags: list[TagEntry] = field(default_factory=list)
    media: list[MediaEntry] = field(default_factory=list)
    #: What could not be taken along, in words.
    notes: list[str] = field(default_factory=list)
    #: The files of ``media`` by their hashes.
    files: dict[str, bytes] = field(default_factory=dict)

    def holds(self) -> dict[str, Any]:
        """What the manifest says of the content."""
        return {
            "languages": sorted({page.language for page in self.pages}),
            "pages": len(self.pages),
            "questions": len(self.questions),
            "media": len(self.media),
        }


def write_package(package: Package) -> bytes:
    """The ZIP; the same package gives the same bytes."""
    content = {
        "pages": [asdict(entry) for entry in package.pages],
        "questions": [asdict(entry) for entry in package.questions],
        "tags": [asdict(entry) for entry in package.tags],
        "media": [asdict(entry) for entry in package.media],
    }
    parts = {COURSE: _as_json(content)}
    parts |= {entry.path: package.files[entry.sha256] for entry in package.media}
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "created": package.created,
        "course": package.course,
        "title": package.title,
        "holds": package.holds(),
        "notes": package.notes,
        "files": {
            name: {"sha256": sha256(part), "size": len(part)} for name, part in parts.items()
        },
    }
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        for name, part in [(MANIFEST, _as_json(manifest)), *sorted(parts.items())]:
            info = ZipInfo(name, _DATE)
            info.external_attr = 0o644 << 16
            # Pictures are compressed already.
            info.compress_type = ZIP_STORED if name.startswith("media/") else ZIP_DEFLATED
            archive.writestr(info, part)
    return target.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def read_package(content: bytes) -> Package:
    """The package of a file; raises ``PackageRefused`` for whatever is wrong with it."""
    if len(content) > MAX_PACKED:
        raise PackageRefused(
            _("The file is larger than %(size)d MB.") % {"size": MAX_PACKED // MEGABYTE}
        )
    try:
        with ZipFile(BytesIO(content)) as archive:
            names = _checked_names(archive)
            manifest = _json_object(_read(archive, MANIFEST, MAX_JSON))
            _check_version(manifest)
            parts = _read_parts(archive, names, manifest)
    except (BadZipFile, EOFError, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise PackageRefused(
            _("The file is damaged or no ZIP file. Please download the package again.")
        ) from error
    except Exception as error:
        # zlib has an exception of its own that nothing else may name.
        if type(error).__module__ == "zlib":
            raise PackageRefused(_("The file is damaged.")) from error
        raise
    return _package(manifest, parts)


def _checked_names(archive: ZipFile) -> list[str]:
    """The names of the files in a ZIP; refuses what no hub has written."""
    infos = archive.infolist()
    if len(infos) > MAX_FILES:
        raise PackageRefused(_("The package holds too many files."))
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise PackageRefused(
            _("Unpacked, the package is larger than %(size)d MB.")
            % {"size": MAX_UNPACKED // MEGABYTE}
        )
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise PackageRefused(_("The package holds two files of the same name."))
    for info in infos:
        if info.flag_bits & 1:
            raise PackageRefused(_("The package is locked by a password."))
        if stat.S_ISLNK(info.external_attr >> 16):
            raise PackageRefused(
                _("The package holds a link to another file: %(name)s") % {"name": info.filename}
            )
        if info.filename not in {MANIFEST, COURSE} and not _is_media_name(info.filename):
            raise PackageRefused(
                _("The package holds a file that does not belong there: %(name)s")
                % {"name": info.filename[:200]}
            )
    for needed in (MANIFEST, COURSE):
        if needed not in names:
            raise PackageRefused(
                _("This is no course package: %(name)s is missing.") % {"name": needed}
            )
    return names


def _read(archive: ZipFile, name: str, limit: int) -> bytes:
    """A file of the ZIP. What its size was said to be is not believed."""
    with archive.open(name) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise PackageRefused(_("A file in the package is too large: %(name)s") % {"name": name})
    return content


def _check_version(manifest: Fields) -> None:
    if manifest.get("format") != FORMAT or type(manifest.get("version")) is not int:
        raise PackageRefused(_("This is no course package."))
    if manifest["version"] > VERSION:
        raise PackageRefused(
            _(
                "The package was written by a newer version of the hub. Please update this hub "
                "first."
            )
        )


def _read_parts(archive: ZipFile, names: Iterable[str], manifest: Fields) -> dict[str, bytes]:
    """The files, each held against the manifest and within the limit for all."""
    listed = manifest.get("files")
    if not isinstance(listed, dict) or set(listed) | {MANIFEST} != set(names):
        raise PackageRefused(_("The files in the package are not those its manifest names."))
    left = MAX_UNPACKED
    parts = {}
    for name in sorted(listed):
        part = _read(archive, name, min(left, MAX_JSON) if name == COURSE else left)
        left -= len(part)
        digest = sha256(part)
        media = _is_media_name(name)
        if (
            not isinstance(listed[name], dict)
            or listed[name].get("sha256") != digest
            or (media and media[1] != digest)
        ):
            raise PackageRefused(
                _("%(name)s is not what the manifest says: the package was changed or is damaged.")
                % {"name": name}
            )
        parts[name] = part
    return parts


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _json_object(content: bytes) -> Fields:
    try:
        found = json.loads(content, parse_constant=_refuse_constant)
        # No database keeps half a character, nor one of them the sign NUL.
        if b"\\u0000" in json.dumps(found).encode():
            raise ValueError("NUL")
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise PackageRefused(_("A list in the package cannot be read.")) from error
    if not isinstance(found, dict):
        raise PackageRefused(_("A list in the package cannot be read."))
    return found


def _package(manifest: Fields, parts: dict[str, bytes]) -> Package:
    content = _json_object(parts[COURSE])
    try:
        package = Package(
            course=_uuid(manifest["course"]),
            title=_text(manifest["title"]),
            created=_text(manifest["created"]),
            pages=_entries(PageEntry, content["pages"]),
            questions=_entries(QuestionEntry, content["questions"]),
            tags=_entries(TagEntry, content["tags"]),
            media=_entries(MediaEntry, content["media"]),
            notes=[_text(note) for note in manifest["notes"]],
        )
        package.files = {entry.sha256: parts[entry.path] for entry in package.media}
    except (KeyError, TypeError, ValueError) as error:
        raise PackageRefused(_("The content of the package is not complete.")) from error
    _check_tree(package)
    return package


def _check_tree(package: Package) -> None:
    """Refuse what names a page twice, or before its parent, or what belongs to no course."""
    seen: set[tuple[str, str]] = set()
    for page in package.pages:
        is_root = page.parent is None
        if (
            page.place in seen
            or is_root != (page.key == package.course)
            or (page.parent is not None and (page.parent, page.language) not in seen)
        ):
            raise PackageRefused(_("The pages in the package make no course."))
        seen.add(page.place)
    aliases = {page.place for page in package.pages if page.alias_of}
    if any(
        (page.key, page.alias_of) not in seen - aliases for page in package.pages if page.alias_of
    ):
        raise PackageRefused(_("The pages in the package make no course."))
    if not seen or len({entry.place for entry in package.questions}) < len(package.questions):
        raise PackageRefused(_("The content of the package is not complete."))


Entry = TypeVar("Entry", PageEntry, QuestionEntry, TagEntry, MediaEntry)


def _entries(kind: type[Entry], listed: Any) -> list[Entry]:
    """Entries of one kind; raises ``KeyError``, ``TypeError`` or ``ValueError``."""
    if not isinstance(listed, list):
        raise TypeError
    names = {one.name for one in fields(kind)}
    entries = []
    for one in listed:
        _object(one)
        for name, value in one.items():
            if name in names:
                _CHECKS[name](value)
        # A name that is not known is one that a later minor version has added.
        entries.append(kind(**{name: value for name, value in one.items() if name in names}))
    return entries


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(value)
    return value


def _uuid(value: Any) -> str:
    if str(UUID(_text(value))) != value:
        raise ValueError(value)
    return _text(value)


def _flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise TypeError(value)


def _object(value: Any) -> None:
    if not isinstance(value, dict):
        raise TypeError(value)


def _like(matches: Callable[[str], Any]) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if not matches(_text(value)):
            raise ValueError(value)

    return check


def _maybe(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else check(value)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "model": _like(_is_model),
    "key": _uuid,
    "language": _like(_is_language),
    "parent": _maybe(_uuid),
    "alias_of": _maybe(_like(_is_language)),
    "fields": _object,
    "labels": _object,
    "is_public": _flag,
    "is_retired": _flag,
    "is_synced": _flag,
    "is_older": _flag,
    "slug": _like(_is_slug),
    "name": _text,
    "title": _text,
    "file_name": _like(re.compile(r"[^/\\\0]{1,255}").fullmatch),
    "kind": _like(re.compile("image|document").fullmatch),
    "sha256": _like(re.compile("[0-9a-f]{64}").fullmatch),
}
