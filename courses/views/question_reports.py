"""Gemeldete Fragen in the Wagtail admin: the list, and one report with the ways to its question."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, Table, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from courses.comparing import parsed
from courses.enums import ReportStatus
from courses.models import QuestionReport
from courses.permissions import QuestionReportPermissionPolicy
from courses.question_reports import close_report, may_see_reports, reopen_report, reports_of
from courses.report_forms import CloseReportForm
from courses.reported_questions import ReportedQuestion, quiz_choices, reported_questions
from courses.views.corrections import ShownText
from hub.organisations.models import User


class ReportFilterSet(WagtailFilterSet):
    """What the list can be narrowed to."""

    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"),
        choices=ReportStatus.choices,
        empty_label=gettext_lazy("All"),
    )
    quiz = django_filters.ChoiceFilter(
        label=gettext_lazy("Quiz"), field_name="quiz_key", empty_label=gettext_lazy("All")
    )

    class Meta:
        model = QuestionReport
        fields: list[str] = []

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        self.filters["quiz"].extra["choices"] = quiz_choices(cast(User, request.user))


class EditorColumn(Column):
    """The ways from a report to its question in the editor."""

    cell_template_name = "courses/question_reports/editor_cell.html"


class ReportListView(generic.IndexView):
    """The reports a person may see, the newest first; who may see none finds no list."""

    model = QuestionReport
    # Said here: in some versions of Wagtail a view without a policy is open to everybody.
    permission_policy = QuestionReportPermissionPolicy()
    any_permission_required = ["view"]
    page_title = gettext_lazy("Reported questions")
    header_icon = "warning"
    index_url_name = "question_reports"
    index_results_url_name = "question_reports_results"
    filterset_class = ReportFilterSet
    default_ordering = "-created_on"
    paginate_by = 50
    is_searchable = False

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        # No export: free texts may name people after all.
        if not may_see_reports(request.user) or "export" in request.GET:
            raise Http404

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn(
                "excerpt",
                label=_("Question"),
                get_url=lambda row: reverse("question_report", args=[row.report.uuid]),
            ),
            Column("quiz", label=_("Quiz")),
            Column("kind", label=_("What is wrong"), accessor="report.get_kind_display"),
            Column(
                "created_on",
                label=_("Reported on"),
                accessor="report.created_on",
                sort_key="created_on",
            ),
            Column("status", label=_("Status"), accessor=_status),
            EditorColumn("links", label=_("Go to")),
        ]

    def get_base_queryset(self) -> QuerySet[QuestionReport]:
        return reports_of(self.request.user).select_related("version")

    def order_queryset(self, queryset: QuerySet[QuestionReport]) -> QuerySet[QuestionReport]:
        return queryset.order_by(self.ordering, "-pk")

    def get_table(self, object_list: QuerySet[QuestionReport], **kwargs: Any) -> Table:
        rows = reported_questions(list(object_list), cast(User, self.request.user))
        return super().get_table(rows, **kwargs)


def _status(row: ReportedQuestion) -> str:
    status = row.report.get_status_display()
    return f"{status} ({row.since})" if row.since else str(status)


class ReportView(WagtailAdminTemplateMixin, FormView):
    """One report: the question as it was shown, what is said about it, and closing it."""

    template_name = "courses/question_reports/report.html"
    page_title = gettext_lazy("Reported question")
    header_icon = "warning"
    form_class = CloseReportForm
    report: QuestionReport

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.report = get_object_or_404(
            reports_of(request.user).select_related("version", "closed_by"), uuid=kwargs["report"]
        )

    @cached_property
    def shown(self) -> ReportedQuestion:
        [shown] = reported_questions([self.report], cast(User, self.request.user))
        return shown

    def get_initial(self) -> dict[str, Any]:
        return {"note": self.report.note}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("question_reports"), "label": _("Reported questions")},
            {"url": "", "label": str(self.page_title)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        stored = self.shown.stored
        return super().get_context_data(**kwargs) | {
            "report": self.report,
            "shown": self.shown,
            "text": ShownText(stored) if stored is not None and parsed(stored) else None,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") != "reopen":
            return super().post(request, *args, **kwargs)
        reopen_report(report=self.report, by=cast(User, request.user))
        messages.success(request, _("The report is open again."))
        return redirect("question_report", self.report.uuid)

    def form_invalid(self, form: CloseReportForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: CloseReportForm) -> HttpResponse:
        try:
            close_report(
                report=self.report,
                by=cast(User, self.request.user),
                note=form.cleaned_data["note"],
            )
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))
            return redirect("question_report", self.report.uuid)
        messages.success(self.request, _("The report is closed."))
        return redirect(f"{reverse('question_reports')}?status={ReportStatus.OPEN}")
