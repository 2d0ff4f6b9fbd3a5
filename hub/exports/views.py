"""Handing over: the one way by which a list of people leaves the hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log

from hub.organisations.models import Organisation, User

from . import actions, making
from .exporters import Exporter, ExportScope, exporters, list_label
from .formats import FORMATS
from .forms import HandOverForm
from .models import ExportRun
from .rights import organisations_handing_over
from .tasks import make_hand_over

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
    """Ask for the purpose, then hand over exactly the filtered list of one authority.

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
        self.organisations = organisations_handing_over(request.user, kwargs["identifier"])
        if not self.organisations:
            raise Http404
        self.exporter = exporters.get(kwargs["identifier"])()

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
        context["kept"] = [
            run for run in self.waiting_runs() if making.is_kept(run) or making.can_be_made(run)
        ]
        context["filter_words"] = self.exporter.describe(fitting[0], self.request.GET)
        if len(self.organisations) == 1:
            rows = self.exporter.get_queryset(fitting[0], self.request.GET)
            context["row_count"] = rows.count()
        return context

    def waiting_runs(self) -> QuerySet[ExportRun]:
        """What was made beside the request within the last days, and may still be fetched."""
        return ExportRun.objects.filter(
            exporter=self.exporter.identifier,
            organisation__in=self.organisations,
            in_background=True,
            created_at__gt=timezone.now() - 3 * actions.LIFETIME,
        ).select_related("organisation", "user")

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
        """Stream a short list at once; have a long one made, and lead to where it will be."""
        scope = self._scope(form.cleaned_data["organisation"])
        filters = self.request.GET
        try:
            rows = self.exporter.get_queryset(scope, filters)
        except ValidationError:
            form.add_error(
                "organisation",
                _("The list was filtered by something that this authority does not have."),
            )
            return self.form_invalid(form)
        asked = {
            "exporter": self.exporter,
            "scope": scope,
            "purpose": form.cleaned_data["purpose"],
            "file_format": form.cleaned_data["file_format"],
            "filters": filters,
            "since": form.cleaned_data.get("since"),
        }
        if rows.count() >= making.BACKGROUND_FROM:
            run = making.in_the_making(**asked)
            if run is None:
                run = actions.start_run(**asked, in_background=True)
                make_hand_over.enqueue(str(run.uuid))
            return redirect("exports:made", run.uuid)
        run = actions.start_run(**asked)
        pieces = actions.stream(run=run, exporter=self.exporter, scope=scope, filters=filters)
        return _as_file(run, pieces)


def _as_file(run: ExportRun, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    content_type = FORMATS[run.file_format].content_type
    response = StreamingHttpResponse(pieces, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name(run)}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _own_run(request: HttpRequest, uuid: UUID) -> ExportRun:
    """A run that is made to be fetched, for who may hand that list of that authority over.

    Raises ``Http404`` for everybody else, and where the list is switched off.
    """
    run: ExportRun = get_object_or_404(
        ExportRun.objects.select_related("organisation", "user", "since"),
        uuid=uuid,
        in_background=True,
    )
    if run.organisation not in organisations_handing_over(request.user, run.exporter):
        raise Http404
    return run


class MadeView(WagtailAdminTemplateMixin, TemplateView):
    """How far a long list is; then the file, as long as it is kept."""

    template_name = "exports/made.html"
    page_title = gettext_lazy("Hand over")
    header_icon = "download"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.run = _own_run(request, kwargs["run"])

    def get_page_subtitle(self) -> str:
        return list_label(self.run.exporter)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        above = {
            "url": reverse("exports:hand_over", args=[self.run.exporter]),
            "label": f"{self.get_page_title()}: {self.get_page_subtitle()}",
        }
        here = {"url": "", "label": _("No. %(number)s") % {"number": self.run.reference}}
        return [*self.breadcrumbs_items, above, here]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        progress = making.progress(self.run)
        return super().get_context_data(**kwargs) | {
            "run": self.run,
            "label": list_label(self.run.exporter),
            "extent": actions.extent_in_words(self.run),
            "file_name": file_name(self.run),
            "is_kept": making.is_kept(self.run),
            "is_open": making.can_be_made(self.run),
            "progress": progress,
            "is_running": making.can_be_made(self.run) and not progress.has_stopped,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Begin once more where the work has stopped."""
        if making.begin_anew(self.run):
            make_hand_over.enqueue(str(self.run.uuid))
        return redirect("exports:made", self.run.uuid)


@require_GET
def fetch_file(request: HttpRequest, run: UUID) -> HttpResponse | StreamingHttpResponse:
    """The file of a long list; who fetched it is in the audit log."""
    made = _own_run(request, run)
    try:
        pieces = making.fetch(made)
    except FileNotFoundError:
        messages.warning(request, _("This file is not kept any more. Please hand over once more."))
        return redirect("exports:made", made.uuid)
    log(made, "exports.fetch", user=cast(User, request.user))
    return _as_file(made, pieces)
