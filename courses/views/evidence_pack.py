"""HR makes the evidence pack of its authority, and fetches it."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.widgets import AdminDateInput

from courses.completion_list import REPORT
from courses.evidence.archive import parts_in_order
from courses.evidence.making import IDENTIFIER, make_pack
from hub.exports import actions as exports
from hub.exports.forms import PURPOSES
from hub.exports.models import ExportRun
from hub.exports.reports import permitted
from hub.organisations.models import Organisation, User


class EvidencePackForm(forms.Form):
    """Authority, day and purpose. Who works for one authority is not asked which."""

    purposes = PURPOSES

    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Authority"), queryset=Organisation.objects.none(), empty_label=None
    )
    day = forms.DateField(
        label=gettext_lazy("Reporting day"),
        widget=AdminDateInput,
        help_text=gettext_lazy("What was completed after this day is not in the pack."),
    )
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=300,
        widget=forms.TextInput(attrs={"list": "hand-over-purposes"}),
        help_text=gettext_lazy(
            "What the pack is for, for example: evidence under Art. 4 of the AI Act. Name nobody: "
            "the staff council may read it."
        ),
    )

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["organisation"])
        field.queryset = organisations
        if len(organisations) == 1:
            field.initial = organisations[0]
            field.widget = forms.HiddenInput()


def _own_runs(request: HttpRequest) -> QuerySet[ExportRun]:
    """The packs of the authorities a person is HR of; raises ``Http404`` for who is not HR."""
    organisations = permitted(request.user, REPORT)
    if not organisations:
        raise Http404
    return ExportRun.objects.filter(
        exporter=IDENTIFIER, organisation__in=organisations
    ).select_related("organisation", "user")


class EvidencePackView(WagtailAdminTemplateMixin, FormView):
    """Ask for the day and the purpose, make the pack, and lead to where it can be fetched."""

    form_class = EvidencePackForm
    template_name = "courses/evidence/make.html"
    page_title = gettext_lazy("Evidence pack")
    header_icon = "download"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.runs = _own_runs(request)

    def get_initial(self) -> dict[str, Any]:
        return {"day": timezone.localdate()}

    def get_form_kwargs(self) -> dict[str, Any]:
        organisations = permitted(self.request.user, REPORT)
        pks = [organisation.pk for organisation in organisations]
        return super().get_form_kwargs() | {
            "organisations": Organisation.objects.filter(pk__in=pks)
        }

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        exports.sweep()
        return super().get_context_data(**kwargs) | {
            "parts": parts_in_order(),
            "kept": self.runs.exclude(file="").filter(expires_at__gt=timezone.now()),
        }

    def form_invalid(self, form: EvidencePackForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: EvidencePackForm) -> HttpResponse:
        try:
            run = make_pack(**form.cleaned_data, user=cast(User, self.request.user))
        except ValidationError as error:
            form.add_error("day", error)
            return self.form_invalid(form)
        return redirect("courses_made_evidence_pack", run.uuid)


class MadePackView(WagtailAdminTemplateMixin, TemplateView):
    """A pack that was made: what to write into the letter, and the file as long as it is kept."""

    template_name = "courses/evidence/made.html"
    page_title = gettext_lazy("Evidence pack")
    header_icon = "download"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.run = get_object_or_404(
            _own_runs(request), uuid=kwargs["run"], finished_at__isnull=False
        )
        self.day = date.fromisoformat(self.run.filters["date"][0])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        label = f"{self.run.organisation}, {date_format(self.day, 'SHORT_DATE_FORMAT')}"
        return [
            *self.breadcrumbs_items,
            {"url": reverse("courses_evidence_pack"), "label": self.get_page_title()},
            {"url": "", "label": label},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "run": self.run,
            "day": self.day,
            "is_kept": _is_kept(self.run),
        }


def _is_kept(run: ExportRun) -> bool:
    return bool(run.file) and run.expires_at is not None and run.expires_at > timezone.now()


@require_GET
def fetch_pack(request: HttpRequest, run: UUID) -> FileResponse | HttpResponse:
    """The file, for HR of its authority, as long as it is kept."""
    made = get_object_or_404(_own_runs(request), uuid=run)
    try:
        if not _is_kept(made):
            raise FileNotFoundError
        file = made.file.open("rb")
    except FileNotFoundError:
        messages.warning(request, _("This pack is not kept any more. Please make it once more."))
        return redirect("courses_evidence_pack")
    name = f"nachweispaket-{made.organisation.slug}-{made.filters['date'][0]}.zip"
    response = FileResponse(file, as_attachment=True, filename=name)
    response["Content-Type"] = "application/zip"
    response["Cache-Control"] = "private, no-store"
    return response
