"""Figures of groups of people in the Wagtail admin: never a person, see ``courses.suppression``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from courses.coverage import Figures, Hours, figures, hours_by_department
from courses.suppression import Span
from hub.exports.reports import organisations_for, reports
from hub.organisations.models import Organisation


@dataclass(frozen=True)
class Row:
    """A line of a table of figures, with its bar."""

    label: str
    span: Span | None
    url: str = ""

    @property
    def number(self) -> str:
        """How many, in words."""
        if self.span is None:
            return _("too few people to be counted")
        return _("%(least)d to %(most)d") % {"least": self.span.least, "most": self.span.most}

    @property
    def share(self) -> str:
        """Which share, in words."""
        if self.span is None:
            return ""
        return _("%(least)d %% to %(most)d %%") % {
            "least": self.span.least_percent,
            "most": self.span.most_percent,
        }

    @property
    def uncertain_percent(self) -> int:
        """The width of the part of the bar between the lowest and the highest number."""
        return self.span.most_percent - self.span.least_percent if self.span else 0


@dataclass(frozen=True)
class Section:
    """A table with a heading of its own."""

    title: str
    label: str
    rows: list[Row]


class FiguresView(WagtailAdminTemplateMixin, TemplateView):
    """The base: for the authorities that have the evaluation switched on, and no others."""

    identifier: str
    header_icon = "table"
    template_name = "courses/reports/figures.html"
    _show_breadcrumbs = True
    organisations: list[Organisation]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.organisations = organisations_for(request.user, self.identifier)
        return super().dispatch(request, *args, **kwargs)

    def get_page_title(self) -> str:
        return str(reports.get(self.identifier).label)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = figures(self.organisations)
        return super().get_context_data(**kwargs) | {
            "report": reports.get(self.identifier),
            "day": found.day,
            "smallest": settings.SMALLEST_GROUP,
            **self.get_figures(found),
        }

    def get_figures(self, found: Figures) -> dict[str, Any]:
        """What the template shows: ``sections`` and, where needed, what else it asks for."""
        raise NotImplementedError


class CoverageView(FiguresView):
    """Abdeckung: all mandatory courses, or one of them by department and by audience.

    The course is chosen by the address. That is no filter that could be subtracted: every figure is
    a sum over the same groups.
    """

    identifier = "abdeckung"

    def get_figures(self, found: Figures) -> dict[str, Any]:
        chosen = self._chosen()
        facts = found.courses
        if chosen is not None and chosen not in facts:
            raise Http404
        sections = []
        for organisation in self.organisations:
            tables = found.tables[organisation.pk]
            if chosen is None:
                rows = [
                    Row(facts[key].title, told.total, f"?kurs={key}")
                    for key, told in tables.items()
                ]
                rows.sort(key=lambda row: row.label.casefold())
                sections.append(Section(str(organisation), _("Course"), rows))
            elif chosen in tables:
                told = tables[chosen]
                sections += [
                    Section(
                        f"{organisation}: {name}",
                        label,
                        [
                            *_named(spans, names),
                            Row(_("altogether"), told.total),
                        ],
                    )
                    for name, label, spans, names in (
                        (
                            _("by department"),
                            organisation.department_label,
                            told.departments,
                            found.departments,
                        ),
                        (_("by audience"), _("Audience"), told.audiences, found.audiences),
                    )
                ]
        return {
            "sections": sections,
            "course": facts[chosen].title if chosen else "",
            "all_courses": reverse("coverage_report") if chosen else "",
        }

    def _chosen(self) -> UUID | None:
        value = self.request.GET.get("kurs", "")
        try:
            return UUID(value) if value else None
        except ValueError:
            raise Http404 from None


def _named(spans: dict[int, Span], names: dict[int, str]) -> list[Row]:
    rows = [Row(names[key], span) for key, span in spans.items()]
    return sorted(rows, key=lambda row: row.label.casefold())


class DistrictView(FiguresView):
    """What the Kreis sees: authorities as a whole, course by course; nothing below."""

    identifier = "kreiszahlen"
    header_icon = "globe"

    def get_figures(self, found: Figures) -> dict[str, Any]:
        facts = found.courses
        sections = [
            Section(
                fact.title,
                _("Authority"),
                [
                    Row(str(organisation), found.tables[organisation.pk][key].total)
                    for organisation in self.organisations
                    if key in found.tables[organisation.pk]
                ],
            )
            for key, fact in facts.items()
        ]
        sections.sort(key=lambda section: section.title.casefold())
        return {"sections": sections}


class LearningHoursView(FiguresView):
    """Lernstunden: the planned duration of completed mandatory courses, by department."""

    identifier = "lernstunden"
    header_icon = "time"
    template_name = "courses/reports/learning_hours.html"
    page_title = gettext_lazy("Hours of learning")

    def get_figures(self, found: Figures) -> dict[str, Any]:
        facts = found.courses
        sections = []
        for organisation in self.organisations:
            departments, total = hours_by_department(found.tables[organisation.pk], facts)
            rows: list[tuple[str, Hours | None]] = sorted(
                ((found.departments[key], hours) for key, hours in departments.items()),
                key=lambda row: row[0].casefold(),
            )
            sections.append(
                {
                    "title": str(organisation),
                    "label": organisation.department_label,
                    "rows": [*rows, (_("altogether"), total)],
                }
            )
        return {"sections": sections}
