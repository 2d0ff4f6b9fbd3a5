"""Who of the authority completed what, by the end of the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_date
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.completion_list import (
    EVIDENCE_FIELDS,
    NAME_ORDER,
    EvidenceWords,
    ListStatus,
    with_evidence,
)
from courses.enums import Level
from courses.models import ContentVersion, Enrolment
from hub.spreadsheets import Column

from .contract import Pack, PackFile, PackPart, pack_parts
from .documents import table_files
from .texts import version_path

#: Read at once, so that memory stays flat.
CHUNK = 2000


def completed_by(pack: Pack) -> QuerySet[Any]:
    """What people of the authority had completed at the end of the day."""
    return Enrolment.objects.in_organisations([pack.organisation]).filter(
        completed_at__lt=pack.until
    )


@dataclass(frozen=True)
class _Course:
    """What a row says of the version of the course that was completed."""

    title: str
    label: str
    level: str
    minutes: int | None
    legal_as_of: date | None
    responsible: str
    path: str


def _course(version: ContentVersion) -> _Course:
    content = version.content
    return _Course(
        title=version.title,
        label=version.label,
        level=str(dict(Level.choices).get(content.get("level", ""), "")),
        minutes=content.get("duration_minutes"),
        legal_as_of=parse_date(content.get("legal_as_of") or ""),
        responsible=content.get("responsible_body", ""),
        path=version_path(version, "html"),
    )


@pack_parts.register
class CompletionsPart(PackPart):
    """The list. It has the columns HR may see (domain 2.3) and what is known of the course.

    Who has not completed anything is not in it: whoever asks for evidence needs no names of others.
    """

    identifier = "liste"
    label = gettext_lazy("Completions")
    description = gettext_lazy(
        "Who had completed which course by the end of the day, on which version and until when it "
        "holds. Names and departments are those of the day on which the pack was made. No scores, "
        "attempts, answers or times: the hub tells these to nobody but the person."
    )
    paths = ("liste.xlsx", "liste.csv")
    order = 10
    columns = (
        Column(gettext_lazy("Last name"), "text", 22),
        Column(gettext_lazy("First name"), "text", 18),
        Column(gettext_lazy("Department"), "text", 30),
        Column(gettext_lazy("Course"), "text", 52),
        Column(gettext_lazy("Content version"), "text", 26),
        Column(gettext_lazy("Level"), "text", 14),
        Column(gettext_lazy("Duration in minutes"), "integer", 10),
        Column(gettext_lazy("Legal state as of"), "date", 14),
        Column(gettext_lazy("Responsible body"), "text", 30),
        Column(gettext_lazy("Status"), "text", 24),
        Column(gettext_lazy("Completed on"), "date", 18),
        Column(gettext_lazy("Valid until"), "date", 14),
        Column(gettext_lazy("Kind of evidence"), "text", 40),
        Column(gettext_lazy("Text in this pack"), "text", 60),
    )

    def files(self, pack: Pack) -> Iterator[PackFile]:
        return table_files("liste", _("Completions"), self.columns, lambda: self.rows(pack), pack)

    def rows(self, pack: Pack) -> Iterator[Sequence[Any]]:
        """Two queries, however many people; a time becomes a date, as in HR's list."""
        completed = completed_by(pack)
        cited = ContentVersion.objects.filter(
            pk__in=completed.order_by().values("course_version").distinct()
        )
        courses = {version.pk: _course(version) for version in cited}
        zone = get_current_timezone()
        in_words = EvidenceWords()
        for last, first, department, version, completed_at, expires_on, *evidence in (
            with_evidence(completed)
            .order_by(*NAME_ORDER)
            .values_list(
                "membership__last_name",
                "membership__first_name",
                "membership__department__name",
                "course_version",
                "completed_at",
                "expires_on",
                *EVIDENCE_FIELDS,
            )
            .iterator(chunk_size=CHUNK)
        ):
            course = courses[version]
            has_expired = expires_on is not None and expires_on < pack.day
            yield (
                last,
                first,
                department or "",
                course.title,
                course.label,
                course.level,
                course.minutes,
                course.legal_as_of,
                course.responsible,
                str((ListStatus.EXPIRED if has_expired else ListStatus.COMPLETED).label),
                completed_at.astimezone(zone).date(),
                expires_on,
                in_words(*evidence),
                course.path,
            )
