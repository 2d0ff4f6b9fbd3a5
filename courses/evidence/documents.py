"""Documents of the pack: pages that stand alone, and tables in both formats of the hub."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag
from django.conf import settings
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from courses.models import FrozenFile
from hub.spreadsheets import Column, write_csv, write_xlsx

from .contract import Pack, PackFile

#: Where the pictures of texts stand in the pack.
PICTURES = "bilder"


def page_file(path: str, template: str, pack: Pack, **context: Any) -> PackFile:
    """A page that needs nothing but itself: no network, no style sheet beside it."""
    text = render_to_string(template, {"pack": pack, "root": "../" * path.count("/"), **context})
    return PackFile(path, [text.encode()])


def table_files(
    name: str,
    title: str,
    columns: Sequence[Column],
    rows: Callable[[], Iterable[Sequence[Any]]],
    pack: Pack,
) -> Iterator[PackFile]:
    """A table as XLSX and as CSV; ``rows`` are asked for once for each."""
    notes = [
        (_("List"), title),
        (_("Authority"), pack.organisation.name),
        (_("Reporting day"), date_format(pack.day, "SHORT_DATE_FORMAT")),
    ]
    document_title = f"{title} · {pack.organisation}"
    workbook = write_xlsx(
        columns, rows(), sheet_title=title[:31], document_title=document_title, notes=notes
    )
    yield PackFile(f"{name}.xlsx", workbook)
    yield PackFile(f"{name}.csv", write_csv(columns, rows()))


class Pictures:
    """The pictures that texts show, so that they come along."""

    def __init__(self) -> None:
        #: By the name of a file in the hub's storage, its path in the pack.
        self.names: dict[str, str] = {}
        #: The same for the files that versions keep, by checksum.
        self.kept: dict[str, FrozenFile] = {}

    def embed(self, html: str, root: str) -> str:
        """``html`` as it is read without the hub: pictures beside it, links with whole addresses.

        For a picture whose file is gone stands its description.
        """
        soup = BeautifulSoup(html, "html.parser")
        for image in soup.find_all("img"):
            self._take_along(image, root)
        for link in soup.find_all("a", href=True):
            if str(link["href"]).startswith("/"):
                link["href"] = settings.WAGTAILADMIN_BASE_URL.rstrip("/") + str(link["href"])
        for fold in soup.find_all("details"):
            fold["open"] = ""
        return mark_safe(str(soup))  # noqa: S308 - what the hub has drawn, with other addresses

    def _take_along(self, image: Tag, root: str) -> None:
        for name in ("srcset", "sizes", "loading"):
            del image[name]
        if kept := self._kept(str(image["src"])):
            image["src"] = root + f"{PICTURES}/{PurePath(kept.file.name).name}"
            return
        name = unquote(str(image["src"]).removeprefix(default_storage.url("")))
        if name not in self.names:
            if not default_storage.exists(name):
                image.replace_with(
                    _("Here was a picture that does not exist any more: %s") % image.get("alt", "")
                )
                return
            self.names[name] = f"{PICTURES}/{name}"
        image["src"] = root + self.names[name]

    def _kept(self, address: str) -> FrozenFile | None:
        """The file that a version keeps, if it is one's address."""
        try:
            found = resolve(address)
        except Resolver404:
            return None
        if found.view_name != "courses:frozen_file":
            return None
        sha256 = found.kwargs["sha256"]
        if sha256 not in self.kept:
            self.kept[sha256] = FrozenFile.objects.get(sha256=sha256)
        return self.kept[sha256]

    def files(self) -> Iterator[PackFile]:
        """What the texts so far show."""
        for _sha256, kept in sorted(self.kept.items()):
            with kept.file.open("rb") as file:
                yield PackFile(f"{PICTURES}/{PurePath(kept.file.name).name}", file.chunks())
        for name, path in sorted(self.names.items()):
            with default_storage.open(name) as file:
                yield PackFile(path, file.chunks())
