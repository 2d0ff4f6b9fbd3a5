"""Maßnahmenplan: which audience must learn what, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import ContentVersion, Requirement
from hub.spreadsheets import Column

from .contract import Pack, PackFile, PackPart, pack_parts
from .documents import page_file, table_files


@pack_parts.register
class PlanPart(PackPart):
    """The requirements of the authority: without the why, a list of certificates proves little."""

    identifier = "vorgaben"
    label = gettext_lazy("Requirements")
    description = gettext_lazy(
        "Which audience must or should take which course, by when, how often and why. It is the "
        "plan of the day on which the pack was made: the hub keeps no earlier plans."
    )
    paths = ("vorgaben.html", "vorgaben.xlsx", "vorgaben.csv")
    order = 40
    columns = (
        Column(gettext_lazy("Audience"), "text", 40),
        Column(gettext_lazy("Department"), "text", 30),
        Column(gettext_lazy("Course"), "text", 52),
        Column(gettext_lazy("Kind"), "text", 14),
        Column(gettext_lazy("Deadline"), "date", 14),
        Column(gettext_lazy("Days to do it in"), "integer", 12),
        Column(gettext_lazy("Refresher after months"), "integer", 12),
        Column(gettext_lazy("Reason"), "lines", 70),
    )

    def files(self, pack: Pack) -> Iterator[PackFile]:
        rows = _rows(pack)
        yield page_file(
            "vorgaben.html",
            "courses/evidence/plan.html",
            pack,
            columns=[column.label for column in self.columns],
            rows=rows,
        )
        yield from table_files("vorgaben", _("Requirements"), self.columns, lambda: rows, pack)


def _rows(pack: Pack) -> list[Sequence[Any]]:
    """The plan, one row for each audience and course; two queries."""
    requirements = list(
        Requirement.objects.filter(organisation=pack.organisation)
        .select_related("audience", "department", "ai_system")
        .order_by(F("audience__name").asc(nulls_first=True), "department__name", "kind", "pk")
    )
    titles = _titles([requirement.course_key for requirement in requirements])
    return [
        (
            requirement.audience_label or _("Everybody who works for the authority"),
            str(requirement.department or ""),
            titles.get(requirement.course_key, ""),
            str(requirement.get_kind_display()),
            requirement.due_on,
            requirement.due_days,
            requirement.refresh_months,
            requirement.reason,
        )
        for requirement in requirements
    ]


def _titles(course_keys: list[UUID]) -> dict[UUID, str]:
    """What the courses are called: by their newest version, in the first language if it is there.

    Titles come from versions, which outlive deleted pages.
    """
    return dict(
        ContentVersion.objects.filter(unit_key__in=course_keys)
        .annotate(is_german=Q(language=settings.LANGUAGE_CODE))
        .order_by("is_german", "number")
        .values_list("unit_key", "title")
    )
