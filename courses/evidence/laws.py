"""What the law said when people learnt."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy

from courses.cited_versions import cited_for
from courses.models import CoursePage

from .contract import Pack, PackFile, PackPart, pack_parts
from .documents import page_file
from .texts import CHUNK, version_path


@pack_parts.register
class LawsPart(PackPart):
    """The legal texts of the cited courses, each with the day whose law it tells."""

    identifier = "rechtstexte"
    label = gettext_lazy("Legal texts")
    description = gettext_lazy(
        "Which duty each cited course serves, in the words of its version and with the day whose "
        "law it tells (Stand). The law may have changed since."
    )
    paths = ("rechtstexte.html",)
    order = 30

    def files(self, pack: Pack) -> Iterator[PackFile]:
        versions = cited_for([pack.organisation], until=pack.until).filter(
            unit_type=CoursePage._meta.label_lower
        )
        laws = [
            {
                "version": version,
                "text": version.content["legal_basis"],
                "as_of": parse_date(version.content.get("legal_as_of") or ""),
                "path": version_path(version, "html"),
            }
            for version in versions.iterator(chunk_size=CHUNK)
            if version.content.get("legal_basis")
        ]
        yield page_file("rechtstexte.html", "courses/evidence/laws.html", pack, laws=laws)
