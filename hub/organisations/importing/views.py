"""Beschäftigte einlesen in the administration: upload, look, confirm, watch, read what was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView, View
from wagtail.admin import messages
from wagtail.log_actions import log

from hub.organisations.in_charge import InChargeMixin
from hub.organisations.models import EmployeeImport, EmployeeImportRow, ImportState
from hub.organisations.models.imports import Outcome
from hub.organisations.tasks import take_over_import
from hub.spreadsheets import Column, write_csv, write_xlsx
from hub.tables import UnreadableError

from .columns import LABELS
from .forms import ColumnsForm, HeadingRowForm, UploadForm
from .runs import (
    BACKGROUND_FROM,
    IMPORT,
    REPORT_LIFETIME,
    choose_columns,
    confirm,
    progress,
    proposal,
    read_kept,
    start_import,
    take_over,
)
from .telling import first_rows

PER_PAGE = 100
LATEST = 20
#: What needs attention first.
ORDER = (
    Outcome.REFUSED,
    Outcome.LEAVES,
    Outcome.CHANGED,
    Outcome.NEW,
    Outcome.MISSING,
    Outcome.UNCHANGED,
)
CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class ImportsMixin(InChargeMixin):
    """A page for who may import the employees of an authority; others get 404."""

    permissions = (IMPORT,)
    page_title = gettext_lazy("Import employees")
    header_icon = "upload"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        above = {"url": reverse("employee_imports"), "label": _("Import employees")}
        return [*self.breadcrumbs_items, above, *self.own_breadcrumb()]

    def own_breadcrumb(self) -> list[dict[str, Any]]:
        return []


class OneImportMixin(ImportsMixin):
    """A page of one import; one of another authority does not exist here."""

    run: EmployeeImport

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.run = get_object_or_404(
            EmployeeImport.objects.filter(organisation__in=self.organisations).select_related(
                "organisation", "uploaded_by", "confirmed_by"
            ),
            uuid=kwargs["run"],
        )

    def own_breadcrumb(self) -> list[dict[str, Any]]:
        return [{"url": "", "label": self.run.file_name}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        # The address has the uuid under this name.
        return context | {"run": self.run}


class ImportsView(ImportsMixin, FormView):
    """Upload a list; below, the latest ones."""

    form_class = UploadForm
    template_name = "organisations/importing/imports.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"organisations": self.organisations}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        latest = EmployeeImport.objects.filter(organisation__in=self.organisations)
        return super().get_context_data(**kwargs) | {
            "runs": latest.select_related("organisation", "uploaded_by")[:LATEST],
            "several": len(self.organisations) > 1,
            "labels": LABELS.values(),
        }

    def form_invalid(self, form: UploadForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: UploadForm) -> HttpResponse:
        """Keep the list with what it would do, and go where that is shown."""
        try:
            run = start_import(
                organisation=form.cleaned_data["organisation"],
                file_name=form.file_name,
                content=form.content,
                actor=self.actor,
            )
        except UnreadableError as error:
            form.add_error("file", str(error))
            return self.form_invalid(form)
        return redirect(where_to_go_on(run), run.uuid)


def where_to_go_on(run: EmployeeImport) -> str:
    """The page of an import on which something is to be done."""
    is_unclear = run.state == ImportState.COLUMNS
    return "employee_import_columns" if is_unclear else "employee_import"


class ColumnsView(OneImportMixin, FormView):
    """Say in which row of a list the headings are, and which of its columns are meant.

    The row is a part of the address, so both forms speak of the row that is shown, whatever
    happens in another tab; it is kept together with the columns.
    """

    form_class = ColumnsForm
    template_name = "organisations/importing/columns.html"
    page_title = gettext_lazy("Choose columns")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.run.state not in (ImportState.COLUMNS, ImportState.PREVIEW):
            return redirect("employee_import", self.run.uuid)
        asked = request.GET if "heading_row" in request.GET else None
        try:
            self.rows = read_kept(self.run)
            self.row_form = HeadingRowForm(asked, rows=self.rows)
            row = self.row_form.cleaned_data["heading_row"] if self.row_form.is_valid() else None
            self.proposed = proposal(self.run, self.rows, row)
        except UnreadableError as error:
            messages.error(request, str(error))
            return redirect("employee_imports")
        if self.row_form.errors:
            return self.render_to_response(self.get_context_data(), status=422)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        headings = self.rows[self.proposed.heading_row]
        return super().get_form_kwargs() | {"headings": headings, "proposed": self.proposed}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        heading_row = self.proposed.heading_row + 1
        return super().get_context_data(**kwargs) | {
            "row_form": self.row_form,
            "heading_row": heading_row,
            "first_rows": first_rows(self.rows, heading_row),
        }

    def form_invalid(self, form: ColumnsForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: ColumnsForm) -> HttpResponse:
        try:
            choose_columns(run=self.run, choice=form.choice)
        except UnreadableError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return redirect("employee_import", self.run.uuid)


class ImportView(OneImportMixin, TemplateView):
    """What a list would do, how far it is taken over, or what it has done."""

    def get_template_names(self) -> list[str]:
        page = "running" if self.run.state == ImportState.CONFIRMED else "import"
        return [f"organisations/importing/{page}.html"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.state == ImportState.COLUMNS:
            return redirect("employee_import_columns", self.run.uuid)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if self.run.state == ImportState.CONFIRMED:
            return context | {"progress": progress(self.run)}
        chosen = self.chosen_outcome()
        page = Paginator(self.run.rows.filter(outcome=chosen), PER_PAGE).get_page(
            self.request.GET.get("p")
        )
        return context | {
            "is_done": self.run.state == ImportState.DONE,
            "groups": [(outcome, self.run.counts.get(outcome, 0)) for outcome in ORDER],
            "chosen": chosen,
            "has_rows": self.run.rows.exists(),
            "page_obj": page,
            "elided_page_range": page.paginator.get_elided_page_range(page.number),
            "here": reverse("employee_import", args=[self.run.uuid]),
            "days": REPORT_LIFETIME.days,
        }

    def chosen_outcome(self) -> Outcome:
        """The group that is shown: the one that is asked for, or the first that holds somebody."""
        asked = self.request.GET.get("ergebnis", "")
        if asked in Outcome.values:
            return Outcome(asked)
        filled = (outcome for outcome in ORDER if self.run.counts.get(outcome))
        return next(filled, Outcome.UNCHANGED)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Have it taken over as it was shown; once more where the work on it has stopped."""
        run = self.run
        if run.state == ImportState.PREVIEW:
            shown = request.POST.get("fingerprint", "")
            run = confirm(run=run, fingerprint=shown, actor=self.actor)
            if run.state == ImportState.CONFIRMED:
                self.begin(run)
            elif run.state == ImportState.PREVIEW:
                messages.warning(request, _("Nothing was taken over. Please look at it once more."))
        elif run.state == ImportState.CONFIRMED and progress(run).has_stopped:
            take_over_import.enqueue(str(run.uuid))
        return redirect("employee_import", run.uuid)

    def begin(self, run: EmployeeImport) -> None:
        """Take a short list over at once, a long one beside the request."""
        if run.changing >= BACKGROUND_FROM:
            take_over_import.enqueue(str(run.uuid))
        else:
            take_over(run)


class ReportView(OneImportMixin, View):
    """Preview or report as a file. Who fetched it is in the log."""

    def get(
        self, request: HttpRequest, *args: Any, file_format: str, **kwargs: Any
    ) -> StreamingHttpResponse:
        run = self.run
        if file_format not in CONTENT_TYPES or not run.rows.exists():
            raise Http404
        log(
            run.organisation,
            "organisations.import_report",
            user=self.actor,
            data={"file": run.file_name, "import": str(run.uuid), "format": file_format},
        )
        response = StreamingHttpResponse(
            report(run, file_format), content_type=CONTENT_TYPES[file_format]
        )
        name = f"beschaeftigte-{run.organisation.slug}-{localtime(run.uploaded_at):%Y-%m-%d}"
        response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
        response["Cache-Control"] = "private, no-store"
        return response


def report(run: EmployeeImport, file_format: str) -> Iterator[bytes]:
    """What becomes of each row as a file in pieces."""
    columns = [
        Column(_("Row"), "text", 8),
        Column(_("Name"), "text", 32),
        Column(_("Staff number"), "text", 16),
        Column(_("Department"), "text", 28),
        Column(_("Outcome"), "text", 18),
        Column(_("Changes"), "lines", 48),
        Column(_("Notes"), "lines", 60),
    ]
    # A response is streamed when its request is over, and with it the language.
    words = {outcome.value: str(outcome.label) for outcome in Outcome}
    rows = (_cells(row, words) for row in run.rows.iterator())
    if file_format == "csv":
        return write_csv(columns, rows)
    return write_xlsx(
        columns,
        rows,
        sheet_title=_("Employees"),
        document_title=f"{run.file_name} · {run.organisation}",
        notes=[
            (_("Authority"), run.organisation.name),
            (_("File"), run.file_name),
            (_("Status"), run.get_state_display()),
        ],
    )


def _cells(row: EmployeeImportRow, words: dict[str, str]) -> Sequence[str | None]:
    return (
        None if row.number is None else str(row.number),
        row.name,
        row.staff_number,
        row.department,
        words[row.outcome],
        row.changes,
        row.notes,
    )
