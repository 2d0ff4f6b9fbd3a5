"""Every text that what was completed cites, as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.text import slugify
from django.utils.translation import gettext_lazy

from courses.cited_versions import cited_for
from courses.models import ContentVersion
from courses.readers import Reader
from courses.shown_versions import may_be_handed_out, unit_label, version_html
from courses.versions import canonical

from .contract import Pack, PackFile, PackPart, pack_parts
from .documents import PICTURES, Pictures, page_file

#: Texts are long: few are read at once.
CHUNK = 20
#: Names of files are read on any computer, also unpacked by an old program.
_WRITTEN_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


def version_path(version: ContentVersion, ending: str) -> str:
    """Where a version stands in the pack: what holds right answers has a folder of its own."""
    folder = "fassungen" if may_be_handed_out(version) else "quiz"
    title = slugify(version.title.translate(_WRITTEN_OUT))[:60].strip("-") or "text"
    key = version.uuid.hex[:8]
    return f"{folder}/{title}-fassung-{version.number}-{version.language}-{key}.{ending}"


@dataclass(frozen=True)
class _Entry:
    """A line of the list of all texts."""

    title: str
    language: str
    kind: str
    label: str
    sha256: str
    path: str
    is_first: bool
    is_substantive: bool


@pack_parts.register
class TextsPart(PackPart):
    """Courses and modules in full, quizzes as blueprints: without their right answers.

    The canonical JSON of a text comes along, of which its checksum is taken, unless it holds right
    answers: people are still asked these questions.
    """

    identifier = "fassungen"
    label = gettext_lazy("Texts that were learnt")
    description = gettext_lazy(
        "Every version of a course, a module or a quiz that a completion cites, as it was read: a "
        "page to read, and the frozen content as JSON. The SHA-256 of the JSON file is the "
        "checksum that certificates cite. Quizzes are told by their rules and questions. As a "
        "rule their right answers stay in the hub, because people are still asked them, and so "
        "does their JSON."
    )
    paths = ("fassungen.html", "fassungen/", "quiz/", f"{PICTURES}/")
    order = 20

    def files(self, pack: Pack) -> Iterator[PackFile]:
        pictures = Pictures()
        entries: list[_Entry] = []
        versions = cited_for([pack.organisation], until=pack.until)
        for version in versions.iterator(chunk_size=CHUNK):
            entry = _entry(version)
            entries.append(entry)
            yield self._page(version, entry, pictures, pack)
            if pack.with_key or may_be_handed_out(version):
                yield PackFile(version_path(version, "json"), [canonical(version.content)])
        yield from pictures.files()
        yield page_file("fassungen.html", "courses/evidence/versions.html", pack, entries=entries)

    def _page(
        self, version: ContentVersion, entry: _Entry, pictures: Pictures, pack: Pack
    ) -> PackFile:
        text = version_html(version, Reader.EDITOR if pack.with_key else Reader.HR)
        return page_file(
            entry.path,
            "courses/evidence/version.html",
            pack,
            version=version,
            entry=entry,
            text=pictures.embed(text, root="../"),
        )


def _entry(version: ContentVersion) -> _Entry:
    return _Entry(
        title=version.title,
        language=version.language,
        kind=unit_label(version),
        label=version.label,
        sha256=version.sha256,
        path=version_path(version, "html"),
        is_first=version.number == 1,
        is_substantive=version.is_substantive,
    )
