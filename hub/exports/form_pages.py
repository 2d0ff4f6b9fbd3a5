"""A form about a list as it is filtered: what is asked before it leaves the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.generic import FormView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from hub.organisations.models import Organisation, User

from .exporters import Exporter, ExportScope, exporters
from .models import ExportRun
from .rights import organisations_handing_over


class ListFormView(WagtailAdminTemplateMixin, FormView):
    """A form about exactly the filtered list of one authority.

    The filters come by the address, the same as on screen. Who may hand nothing over gets 404.
    """

    exporter: Exporter
    organisations: list[Organisation]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        identifier = self.list_key()
        self.organisations = organisations_handing_over(request.user, identifier)
        if not self.organisations:
            raise Http404
        self.exporter = exporters.get(identifier)()

    def list_key(self) -> str:
        """The key of the list."""
        return self.kwargs["identifier"]

    @property
    def filters(self) -> QueryDict:
        return self.request.GET

    def get_form_kwargs(self) -> dict[str, Any]:
        pks = [organisation.pk for organisation in self.organisations]
        return super().get_form_kwargs() | {
            "organisations": Organisation.objects.filter(pk__in=pks),
            "bases": self.latest_bases(),
        }

    def latest_bases(self) -> list[ExportRun]:
        """The hand-overs since which changes may be asked for."""
        return []

    def get_initial(self) -> dict[str, Any]:
        # Who narrowed the list on screen to one authority means that one.
        chosen = self.filters.get("organisation")
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
        context["filter_words"] = self.exporter.describe(fitting[0], self.filters)
        if len(self.organisations) == 1:
            rows = self.exporter.get_queryset(fitting[0], self.filters)
            context["row_count"] = rows.count()
        return context

    def _fitting_scopes(self) -> Iterator[ExportScope]:
        """The authorities for which there are such filters: a department is of one only."""
        for organisation in self.organisations:
            scope = self.scope(organisation)
            with suppress(ValidationError):
                self.exporter.get_queryset(scope, self.filters)
                yield scope

    def scope(self, organisation: Organisation) -> ExportScope:
        return ExportScope(user=self.actor, organisation=organisation)

    @property
    def actor(self) -> User:
        return cast(User, self.request.user)

    def form_invalid(self, form: Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
