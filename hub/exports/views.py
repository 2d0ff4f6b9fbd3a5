"""Handing over: the one way by which a list of people leaves the hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log

from hub.organisations.models import User

from . import actions, making
from .exporters import list_label
from .form_pages import ListFormView
from .formats import FORMATS
from .forms import HandOverForm
from .models import ExportRun
from .rights import organisations_handing_over
from .tasks import make_hand_over

#: How many earlier hand-overs of an authority are offered to tell changes since.
BASES = 3


def with_filters(url: str, filters: QueryDict) -> str:
    """An address with the filters of a list behind it."""
    return f"{url}?{filters.urlencode()}" if filters else url


def file_name(run: ExportRun) -> str:
    """Under which name the file of a run is saved."""
    day = f"{timezone.localtime(run.created_at):%Y-%m-%d}"
    name = f"{run.exporter}-{run.organisation.slug}-{day}-nr-{run.reference}"
    if run.since_id:
        name += "-aenderungen"
    return f"{name}.{run.file_format}"


class HandOverView(ListFormView):
    """Ask for the purpose, then hand over exactly the filtered list of one authority."""

    form_class = HandOverForm
    template_name = "exports/hand_over.html"
    page_title = gettext_lazy("Hand over")
    header_icon = "download"

    def latest_bases(self) -> list[ExportRun]:
        """A few of each authority."""
        counts: Counter[int] = Counter()
        latest = []
        for run in actions.bases(self.exporter, self.organisations, self.filters):
            counts[run.organisation_id] += 1
            if counts[run.organisation_id] <= BASES:
                latest.append(run)
        return latest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = [
            run for run in self.waiting_runs() if making.is_kept(run) or making.can_be_made(run)
        ]
        return super().get_context_data(**kwargs) | {
            "kept": kept,
            "schedule_url": with_filters(
                reverse("export_schedules:set_up", args=[self.exporter.identifier]), self.filters
            ),
        }

    def waiting_runs(self) -> QuerySet[ExportRun]:
        """What was made beside the request, and may still be made or fetched."""
        now = timezone.now()
        return ExportRun.objects.filter(
            Q(expires_at__gt=now)
            | Q(finished_at=None, created_at__gt=now - actions.LONGEST_MAKING),
            exporter=self.exporter.identifier,
            organisation__in=self.organisations,
            in_background=True,
        ).select_related("organisation", "user", "schedule")

    def form_valid(  # type: ignore[override]
        self, form: HandOverForm
    ) -> HttpResponse | StreamingHttpResponse:
        """Stream a short list at once; have a long one made, and lead to where it will be."""
        scope = self.scope(form.cleaned_data["organisation"])
        filters = self.filters
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
        ExportRun.objects.select_related("organisation", "user", "since", "schedule"),
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
            "may_begin": self.may_begin,
            "anew_url": with_filters(
                reverse("exports:hand_over", args=[self.run.exporter]),
                actions.filters_of(self.run),
            ),
            "is_open": making.can_be_made(self.run),
            "progress": progress,
            "is_running": making.can_be_made(self.run) and not progress.has_stopped,
        }

    @property
    def may_begin(self) -> bool:
        """Whether work that stopped is begun once more here; the regular one by who set it up."""
        return self.run.schedule_id is None or self.run.user_id == cast(User, self.request.user).pk

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Begin once more where the work has stopped."""
        if self.may_begin and making.begin_anew(self.run):
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
