"""Course packages in the administration: download a course, upload one, look, confirm."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail.admin import messages

from courses.interchange.package import (
    MAX_PACKED,
    Package,
    PackageRefused,
    read_package,
    write_package,
)
from courses.interchange.package_export import export_course
from courses.interchange.package_import import import_course, plan_course
from courses.interchange.package_report import Report
from courses.models import CourseIndexPage, CoursePage
from hub import uploads
from hub.uploading import FileForm, LookFirstView


@require_safe
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """A course as a file, for who may edit it; others get 404."""
    course = get_object_or_404(CoursePage, pk=pk)
    if not course.permissions_for_user(request.user).can_edit():
        raise Http404
    day = timezone.localdate()
    response = HttpResponse(write_package(export_course(course)), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{course.slug}-{day:%Y-%m-%d}.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


class PackageForm(FileForm):
    """The file, and whether what was public is to be public here."""

    max_bytes = MAX_PACKED

    file = forms.FileField(
        label=gettext_lazy("Course package"),
        help_text=gettext_lazy(
            "A ZIP file that was downloaded from a hub. First you see what it would change."
        ),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )
    publish = forms.BooleanField(
        label=gettext_lazy("Publish at once"),
        help_text=gettext_lazy(
            "What was public where it comes from. Without the tick, everything is a draft."
        ),
        required=False,
    )

    def __init__(self, *args: Any, may_publish: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_publish:
            del self.fields["publish"]

    def clean_file(self) -> Package:
        try:
            return read_package(super().clean_file())
        except PackageRefused as error:
            raise forms.ValidationError(str(error)) from error


class PackageImportView(LookFirstView):
    """Upload a package, see what it would do, then do it. Who may add no course gets 404."""

    purpose = "course-package"
    form_class = PackageForm
    template_name = "courses/package_import.html"
    page_title = gettext_lazy("Import a course package")
    header_icon = "upload"

    catalogue: CourseIndexPage

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.catalogue = get_object_or_404(CourseIndexPage, pk=kwargs["pk"])
        rights = self.catalogue.permissions_for_user(request.user)
        if not rights.can_add_subpage():
            raise Http404
        self.may_publish = rights.can_publish_subpage()

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {
                "url": reverse("wagtailadmin_explore", args=[self.catalogue.pk]),
                "label": self.get_page_subtitle(),
            },
            {"url": "", "label": str(self.page_title)},
        ]

    def get_page_subtitle(self) -> str:
        return self.catalogue.get_admin_display_title()

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"may_publish": self.may_publish}

    def form_valid(self, form: PackageForm) -> HttpResponse:
        """Show what would happen, and keep the file until it is confirmed."""
        publish = bool(form.cleaned_data.get("publish"))
        report = self.run(plan_course, form.cleaned_data["file"], publish)
        token = self.keep(form.content)
        return self.render_to_response(
            self.get_context_data(form=form, report=report, token=token, publish=publish)
        )

    def confirmed(self, content: bytes) -> HttpResponse:
        publish = self.may_publish and "publish" in self.request.POST
        report = self.run(import_course, read_package(content), publish)
        uploads.forget(self.request.POST["token"], purpose=self.purpose, owner=self.owner)
        self.say(report)
        where = report.course or self.catalogue
        return redirect("wagtailadmin_explore", where.pk)

    def run(self, act: Any, package: Package, publish: bool) -> Report:
        report: Report = act(
            package=package, catalogue=self.catalogue, user=self.request.user, publish=publish
        )
        return report

    def say(self, report: Report) -> None:
        text = _(
            "The course package “%(title)s” was taken over: %(created)s new, %(updated)s changed, "
            "%(identical)s already there, %(left_out)s left out."
        ) % {"title": report.title, **report.counts}
        buttons = []
        if report.course:
            url = reverse("wagtailadmin_pages:edit", args=[report.course.pk])
            buttons.append(messages.button(url, _("To the course")))
        tell = messages.success if report.is_complete else messages.warning
        tell(self.request, text, buttons=buttons)
