"""Handing over: the one way by which a list of people leaves the hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from hub.organisations.models import Organisation, User
from hub.organisations.permissions import organisations_where

from . import actions
from .exporters import Exporter, ExportScope, exporters
from .formats import FORMATS
from .forms import HandOverForm
from .models import ExportRun
from .reports import reports, switched_on

#: How many earlier hand-overs of an authority are offered to tell changes since.
BASES = 3


def file_name(run: ExportRun) -> str:
    """Under which name the file of a run is saved."""
    day = f"{timezone.localtime(run.created_at):%Y-%m-%d}"
    name = f"{run.exporter}-{run.organisation.slug}-{day}-nr-{run.reference}"
    if run.since_id:
        name += "-aenderungen"
    return f"{name}.{run.file_format}"


class HandOverView(WagtailAdminTemplateMixin, FormView):
    """Ask for the purpose, then stream exactly the filtered list of one authority.

    The filters come by the address, the same as on screen. Who may hand nothing over gets 404.
    """

    form_class = HandOverForm
    template_name = "exports/hand_over.html"
    page_title = gettext_lazy("Hand over")
    header_icon = "download"

    exporter: Exporter
    organisations: list[Organisation]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if kwargs["identifier"] not in exporters:
            raise Http404
        self.exporter = exporters.get(kwargs["identifier"])()
        self.organisations = organisations_where(request.user, self.exporter.required_permission)
        if self.exporter.identifier in reports:
            self.organisations = switched_on(
                self.organisations, self.exporter.identifier, request.user
            )
        if not self.organisations:
            raise Http404

    def get_form_kwargs(self) -> dict[str, Any]:
        pks = [organisation.pk for organisation in self.organisations]
        return super().get_form_kwargs() | {
            "organisations": Organisation.objects.filter(pk__in=pks),
            "bases": self.latest_bases(),
        }

    def latest_bases(self) -> list[ExportRun]:
        """The hand-overs since which changes may be asked for, a few of each authority."""
        counts: Counter[int] = Counter()
        latest = []
        for run in actions.bases(self.exporter, self.organisations, self.request.GET):
            counts[run.organisation_id] += 1
            if counts[run.organisation_id] <= BASES:
                latest.append(run)
        return latest

    def get_initial(self) -> dict[str, Any]:
        # Who narrowed the list on screen to one authority means that one.
        chosen = self.request.GET.get("organisation")
        return {"organisation": chosen} if chosen else {}

    def get_page_subtitle(self) -> str:
        return str(self.exporter.label)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        title, subtitle = str(self.get_page_title()), self.get_page_subtitle()
        return [*self.breadcrumbs_items, {"url": "", "label": title, "sublabel": subtitle}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        fitting = list(self._fitting_scopes())
        if not fitting:
            context["error"] = _(
                "This filter does not exist. Please choose it in the list once more."
            )
            return context
        context["filter_words"] = self.exporter.describe(fitting[0], self.request.GET)
        if len(self.organisations) == 1:
            rows = self.exporter.get_queryset(fitting[0], self.request.GET)
            context["row_count"] = rows.count()
        return context

    def _fitting_scopes(self) -> Iterator[ExportScope]:
        """The authorities for which there are such filters: a department is of one only."""
        for organisation in self.organisations:
            scope = self._scope(organisation)
            with suppress(ValidationError):
                self.exporter.get_queryset(scope, self.request.GET)
                yield scope

    def _scope(self, organisation: Organisation) -> ExportScope:
        return ExportScope(user=cast(User, self.request.user), organisation=organisation)

    def form_invalid(self, form: HandOverForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(  # type: ignore[override]
        self, form: HandOverForm
    ) -> HttpResponse | StreamingHttpResponse:
        scope = self._scope(form.cleaned_data["organisation"])
        filters = self.request.GET
        try:
            self.exporter.get_queryset(scope, filters)
        except ValidationError:
            form.add_error(
                "organisation",
                _("The list was filtered by something that this authority does not have."),
            )
            return self.form_invalid(form)
        run = actions.start_run(
            exporter=self.exporter,
            scope=scope,
            purpose=form.cleaned_data["purpose"],
            file_format=form.cleaned_data["file_format"],
            filters=filters,
            since=form.cleaned_data.get("since"),
        )
        response = StreamingHttpResponse(
            actions.stream(run=run, exporter=self.exporter, scope=scope, filters=filters),
            content_type=FORMATS[run.file_format].content_type,
        )
        response["Content-Disposition"] = f'attachment; filename="{file_name(run)}"'
        response["Cache-Control"] = "private, no-store"
        return response
