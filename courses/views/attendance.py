"""Attendance lists in the administration: upload, look at every row, have it recorded."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin import messages

from courses.attendance import (
    MAX_BYTES,
    AttendancePlan,
    plan_attendance,
    record_attendance,
    template,
)
from courses.external_learning import may_manage
from courses.learning_forms import AttendanceForm, ConfirmAttendanceForm, offered_courses
from hub.tables import UnreadableError
from hub.uploading import FileForm, LookFirstView

from .external_learning import FurtherRecordsMixin, told

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class UploadForm(AttendanceForm, FileForm):
    """The training and its list; cleaned, the file is its bytes."""

    max_bytes = MAX_BYTES


class AttendanceView(FurtherRecordsMixin, LookFirstView):
    """Upload a list of who took part, see what becomes of each row, have it recorded."""

    purpose = "attendance-list"
    form_class = UploadForm
    template_name = "courses/external_learning/attendance.html"
    page_title = gettext_lazy("Attendance list")
    header_icon = "upload"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"organisations": self.organisations}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"template_url": reverse("external_attendance_template")}

    def form_invalid(self, form: AttendanceForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: UploadForm) -> HttpResponse:
        """Show what would become of each row, and keep the file until it is confirmed."""
        try:
            plan = self.plan(form, form.content)
        except UnreadableError as error:
            form.add_error("file", str(error))
            return self.form_invalid(form)
        said = {name: self.request.POST.get(name, "") for name in form.fields if name != "file"}
        confirm = ConfirmAttendanceForm(
            initial=said, organisations=self.organisations, auto_id=False
        )
        return self.render_to_response(
            self.get_context_data(
                form=form,
                plan=plan,
                facts=form.facts,
                file_name=form.file_name,
                course=dict(offered_courses()).get(said["course"]),
                confirm=confirm,
                token=self.keep(form.content),
            )
        )

    def plan(self, form: AttendanceForm, content: bytes) -> AttendancePlan:
        return plan_attendance(
            organisation=form.cleaned_data["organisation"],
            content=content,
            facts=form.facts,
            actor=self.actor,
        )

    def confirmed(self, content: bytes) -> HttpResponse:
        """Record what was shown; the same list a second time changes nothing."""
        form = ConfirmAttendanceForm(self.request.POST, organisations=self.organisations)
        if not form.is_valid():
            messages.error(self.request, _("Something was missing. Please upload the file again."))
            return redirect(self.request.path)
        try:
            plan = record_attendance(
                organisation=form.cleaned_data["organisation"],
                content=content,
                facts=form.facts,
                actor=self.actor,
            )
        except (UnreadableError, ValidationError) as error:
            text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            messages.error(self.request, text)
            return redirect(self.request.path)
        messages.success(self.request, told(len(plan.records), len(plan.there)))
        return redirect("external_learning")


class AttendanceTemplateView(View):
    """The empty list, for who may record further records; others get 404."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not may_manage(request.user):
            raise Http404
        response = HttpResponse(template(), content_type=XLSX)
        response["Content-Disposition"] = 'attachment; filename="teilnahmeliste-vorlage.xlsx"'
        return response
