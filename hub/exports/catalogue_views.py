"""The catalogue of evaluations in the Wagtail admin, and its switches."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.views.decorators.http import require_GET
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from hub.organisations.models import Organisation, User
from hub.organisations.permissions import organisations_where

from .catalogue import catalogue, version
from .forms import SwitchesForm
from .reports import reports
from .switching import switch_report

SWITCH_PERMISSION = "exports.switch_reports"
VIEW_PERMISSION = "exports.view_report_catalogue"


def catalogues_of(user: Any) -> list[Organisation]:
    """The authorities whose catalogue somebody may read: who may switch may read, too."""
    return organisations_where(user, VIEW_PERMISSION, SWITCH_PERMISSION)


def _one_of(organisations: list[Organisation], slug: str) -> Organisation:
    """The authority of an address; raises ``Http404`` for any that is not among those."""
    for organisation in organisations:
        if organisation.slug == slug:
            return organisation
    raise Http404


class CataloguesView(WagtailAdminTemplateMixin, TemplateView):
    """The authorities whose catalogue there is to read; one alone is shown at once."""

    template_name = "exports/catalogues.html"
    page_title = gettext_lazy("Catalogue of evaluations")
    header_icon = "list-ul"
    _show_breadcrumbs = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.organisations = catalogues_of(request.user)
        if not self.organisations:
            raise Http404
        if len(self.organisations) == 1:
            return redirect("report_catalogue", self.organisations[0].slug)
        return super().get(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]


class CatalogueView(WagtailAdminTemplateMixin, TemplateView):
    """What can be evaluated for one authority: purpose, columns, who sees it, what is stored."""

    template_name = "exports/catalogue.html"
    page_title = gettext_lazy("Catalogue of evaluations")
    header_icon = "list-ul"
    _show_breadcrumbs = True

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.organisation = _one_of(catalogues_of(request.user), kwargs["slug"])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("report_catalogues"), "label": self.page_title},
            {"url": "", "label": str(self.organisation)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = catalogue(self.organisation)
        may_switch = organisations_where(self.request.user, SWITCH_PERMISSION)
        return super().get_context_data(**kwargs) | {
            "organisation": self.organisation,
            "entries": entries,
            "version": version(entries),
            "may_switch": self.organisation in may_switch,
        }


@require_GET
def download(request: HttpRequest, slug: str) -> HttpResponse:
    """The catalogue of one authority as a page by itself, in German, to print and to annex."""
    organisation = _one_of(catalogues_of(request.user), slug)
    with override(settings.LANGUAGE_CODE):
        entries = catalogue(organisation)
        name = version(entries)
        page = render_to_string(
            "exports/catalogue_file.html",
            {
                "organisation": organisation,
                "entries": entries,
                "version": name,
                "day": localdate(),
                "language": settings.LANGUAGE_CODE,
            },
        )
    response = HttpResponse(page)
    response["Content-Disposition"] = (
        f'attachment; filename="auswertungskatalog-{organisation.slug}-{name}.html"'
    )
    response["Cache-Control"] = "private, no-store"
    return response


class SwitchesView(WagtailAdminTemplateMixin, FormView):
    """Switch the evaluations of one authority on and off, each with what it is for."""

    form_class = SwitchesForm
    template_name = "exports/switches.html"
    page_title = gettext_lazy("Switch evaluations")
    header_icon = "cog"
    _show_breadcrumbs = True

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        allowed = organisations_where(request.user, SWITCH_PERMISSION)
        self.organisation = _one_of(allowed, kwargs["slug"])

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("report_catalogues"), "label": CatalogueView.page_title},
            {"url": self.get_success_url(), "label": str(self.organisation)},
            {"url": "", "label": self.page_title},
        ]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"organisation": self.organisation}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"organisation": self.organisation}

    def get_success_url(self) -> str:
        return reverse("report_catalogue", args=[self.organisation.slug])

    def form_invalid(self, form: SwitchesForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: SwitchesForm) -> HttpResponse:
        with transaction.atomic():
            changed = [
                switch_report(
                    organisation=self.organisation,
                    report=reports.get(key),
                    on=on,
                    purpose=purpose,
                    actor=cast(User, self.request.user),
                )
                for key, on, purpose in form.decisions()
            ]
        if any(changed):
            messages.success(self.request, _("What you decided holds from now on."))
        else:
            messages.info(self.request, _("Nothing was changed."))
        return redirect(self.get_success_url())
