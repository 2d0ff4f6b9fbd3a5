"""Why a person counts as finished or not: what HR reads beside its list."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from courses import completion_list, explaining, rules
from courses.activities import outline, within
from courses.models import CoursePage, Enrolment
from courses.progress import why_completed
from hub.exports.reports import organisations_for
from hub.finding import slim
from hub.i18n import default_locale_id


class CompletionReasonView(WagtailAdminTemplateMixin, TemplateView):
    """The sentences the person reads herself, without the list of what is still missing.

    For HR of the authority she is enrolled for; for anybody else there is no such enrolment.
    """

    page_title = _("Why finished, or why not yet")
    header_icon = "list-ul"
    template_name = "courses/reports/reason.html"
    _show_breadcrumbs = True

    organisations: list[Any]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.organisations = organisations_for(request.user, completion_list.REPORT)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("completion_list"), "label": _("Completion list")},
            {"url": "", "label": self.page_title},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        enrolment = get_object_or_404(
            Enrolment.objects.in_organisations(self.organisations).select_related(
                "user", "membership", "decision"
            ),
            uuid=self.kwargs["enrolment"],
        )
        titles = completion_list.courses_of(self.organisations).titles
        return super().get_context_data(**kwargs) | {
            "enrolment": enrolment,
            "course_title": titles.get(enrolment.course_key, ""),
            "sentences": sentences(enrolment),
        }


def sentences(enrolment: Enrolment) -> list[str]:
    """What HR is told of an enrolment, and the person, too."""
    if enrolment.is_completed:
        return why_completed(enrolment, timezone.localdate())
    return explaining.why_open(asked_today(enrolment))


def asked_today(enrolment: Enrolment) -> rules.Asked | None:
    """What a course asks for today, in a refresher what belongs to that.

    ``None`` if it is not public or nothing completes it.
    """
    course = (
        slim(CoursePage.objects.live())
        .filter(translation_key=enrolment.course_key, locale=default_locale_id())
        .first()
    )
    items = within(outline(course), enrolment.scope_keys) if course else []
    asked = rules.Asked.by(items)
    return asked if asked.required or asked.electives_needed else None
