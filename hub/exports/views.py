"""Handing over, and the log of what was handed over."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.base import BaseListingView
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from hub.organisations.permissions import OrganisationPermissionPolicy

from . import actions
from .exporters import ExportScope, exporters
from .forms import HandOverForm
from .models import ExportRun

export_run_policy = OrganisationPermissionPolicy(ExportRun, organisation_lookup="organisation")


def hand_over(request: HttpRequest, identifier: str) -> HttpResponseBase:
    """Ask for the purpose, then stream exactly the filtered list of one authority.

    The filters come by the address, the same as on screen; who may hand nothing over gets 404.
    """
    if identifier not in exporters:
        raise Http404
    exporter = exporters.get(identifier)()
    organisations = exporter.permission_policy.organisations_user_has_any_permission_for(
        request.user, [exporter.required_permission]
    )
    if not organisations:
        raise Http404
    form = HandOverForm(request.POST or None, organisations=organisations)
    if not form.is_valid():
        return render(
            request,
            "exports/hand_over.html",
            {
                "exporter": exporter,
                "form": form,
                "header_title": _("Hand over: %(list)s") % {"list": exporter.label},
            },
            status=422 if form.is_bound else 200,
        )
    scope = ExportScope(user=request.user, organisation=form.cleaned_data["organisation"])
    run = actions.start_run(
        exporter=exporter,
        scope=scope,
        purpose=form.cleaned_data["purpose"],
        file_format=form.cleaned_data["file_format"],
        filters=request.GET,
    )
    response = StreamingHttpResponse(
        actions.stream(run=run, exporter=exporter, scope=scope, filters=request.GET),
        content_type=actions.CONTENT_TYPES[run.file_format],
    )
    name = f"{identifier}-{scope.organisation.slug}-{timezone.localdate():%Y-%m-%d}"
    response["Content-Disposition"] = f'attachment; filename="{name}.{run.file_format}"'
    response["Cache-Control"] = "private, no-store"
    return response


class LocalTimeColumn(Column):
    cell_template_name = "exports/tables/datetime_cell.html"


class ExportRunListView(PermissionCheckedMixin, BaseListingView):
    """Who handed over which list, what for: of the own authorities only."""

    model = ExportRun
    permission_policy = export_run_policy
    any_permission_required = ["view"]
    page_title = gettext_lazy("Hand-overs")
    header_icon = "download"
    template_name = "wagtailadmin/reports/base_report.html"
    results_template_name = "wagtailadmin/reports/base_report_results.html"
    index_url_name = "exports:index"
    index_results_url_name = "exports:index_results"
    paginate_by = 50
    default_ordering = "-created_at"
    columns = [
        LocalTimeColumn("created_at", label=gettext_lazy("When"), sort_key="created_at"),
        Column("user", label=gettext_lazy("Who")),
        Column("organisation", label=gettext_lazy("Authority"), sort_key="organisation__name"),
        Column("exporter", label=gettext_lazy("List")),
        Column("file_format", label=gettext_lazy("Format")),
        Column("purpose", label=gettext_lazy("Purpose")),
        Column("row_count", label=gettext_lazy("Rows")),
    ]

    def get_base_queryset(self):
        return export_run_policy.instances_user_has_any_permission_for(
            self.request.user, ["view"]
        ).select_related("user", "organisation")
