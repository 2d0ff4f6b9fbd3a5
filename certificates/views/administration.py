"""Nachweise in the Wagtail admin: the list, one certificate, a new name, a revocation, many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.snippets.views.snippets import IndexView as SnippetIndexView

from certificates import bulk
from certificates.actions import reissue_certificate, revoke_certificate
from certificates.designs import designs
from certificates.forms import RevokeForm, RunForm
from certificates.models import (
    Certificate,
    CertificateKind,
    CertificateStatus,
    CertificateTemplate,
    IssueRun,
    RunKind,
)
from certificates.tasks import issue_many
from hub.organisations.models import User

VIEW, REISSUE, REVOKE = "view", "reissue_certificate", "revoke_certificate"


def design_label(template: CertificateTemplate) -> str:
    """The design in words, or its key where it is not installed."""
    known = template.design in designs
    return str(designs.get(template.design).label) if known else template.design


def courses_of(template: Any) -> str | int:
    """How many courses take the template; the standard one is for all that are in none."""
    count: int = template.course_count
    return _("all the others") if template.is_default and not count else count


class TemplateIndexView(SnippetIndexView):
    def get_base_queryset(self) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_base_queryset()
        return queryset.annotate(course_count=Count("courses"))


class CertificateFilterSet(WagtailFilterSet):
    """What the list can be narrowed to."""

    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"),
        choices=CertificateStatus.choices,
        empty_label=gettext_lazy("All"),
        method="with_status",
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=CertificateKind.choices,
        empty_label=gettext_lazy("All"),
    )
    renamed = django_filters.ChoiceFilter(
        label=gettext_lazy("Name"),
        choices=[("yes", gettext_lazy("The person has another name today"))],
        empty_label=gettext_lazy("All"),
        method="with_old_name",
    )

    class Meta:
        model = Certificate
        fields: list[str] = []

    def with_status(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.with_status(value, on=localdate())

    def with_old_name(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.with_old_name()


class CertificateIndexView(generic.IndexView):
    """The certificates that were issued under memberships of one's authorities."""

    page_title = gettext_lazy("Certificates")
    default_ordering = "-issued_at"
    any_permission_required = [VIEW]

    @property
    def columns(self) -> list[Column]:  # type: ignore[override]
        return [
            TitleColumn(
                "number",
                label=_("Number"),
                sort_key="number",
                get_url=lambda row: reverse(self.inspect_url_name, args=[row.pk]),
            ),
            Column(
                "person",
                label=_("Person"),
                accessor="enrolment.membership.person_name",
                sort_key="enrolment__membership__name_key",
            ),
            Column("kind", label=_("Kind"), accessor="get_kind_display"),
            Column("course", label=_("Course"), accessor="course_title"),
            Column("completed", label=_("Completed on"), accessor=_completed_on),
            Column("valid_until", label=_("Valid until"), accessor=_valid_until),
            Column("status", label=_("Status"), accessor=_state_in_words),
        ]

    def search_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """By number, or by any part of the name in whatever spelling."""
        found: Any = queryset
        return cast("QuerySet[Any]", found.found_by(self.search_query or ""))

    def get_base_queryset(self) -> QuerySet[Any]:
        queryset: Any = super().get_base_queryset()
        # The frozen content may hold pictures; a list needs two of its words.
        return queryset.with_names().defer("payload", "replaced_by__payload")

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        return []

    @cached_property
    def header_buttons(self) -> list[Any]:
        from wagtail.admin.widgets.button import HeaderButton

        buttons = list(super().header_buttons)
        if self.request.user.is_superuser:
            buttons.append(
                HeaderButton(_("Issue many"), url=reverse("certificate_runs"), icon_name="plus")
            )
        return buttons


def _day(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def _completed_on(row: Certificate) -> str:
    moment = row.enrolment.completed_at
    return _day(localtime(moment)) if moment else ""


def _valid_until(row: Certificate) -> str:
    return _day(row.valid_until) or _("without an end")


def _state_in_words(row: Any) -> str:
    """The state; which certificate took its place; whether the name on it is of yesterday."""
    words = str(row.told_status.label)
    if (replacement := row.told_replacement) is not None:
        words = _("replaced by %(number)s") % {"number": replacement.number}
    elif row.status != CertificateStatus.REVOKED and row.is_renamed:
        words = _("%(status)s, with an earlier name") % {"status": words}
    return words


class CertificateInspectView(generic.InspectView):
    """What HR may know of a certificate, and what it can do with it."""

    template_name = "certificates/administration/certificate.html"
    any_permission_required = [VIEW]
    reissue_url_name = ""
    revoke_url_name = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        certificate = self.object
        is_open = certificate.revoked_at is None and certificate.told_replacement is None
        return super().get_context_data(**kwargs) | {
            "certificate": certificate,
            "facts": self.facts(),
            "replaced": certificate.replaces.first(),
            "reissue_url": (
                reverse(self.reissue_url_name, args=[certificate.pk])
                if certificate.is_renamed and self.may(REISSUE)
                else ""
            ),
            "revoke_url": (
                reverse(self.revoke_url_name, args=[certificate.pk])
                if is_open and self.may(REVOKE)
                else ""
            ),
        }

    def may(self, permission: str) -> bool:
        return bool(
            self.permission_policy.user_has_permission_for_instance(
                self.request.user, permission, self.object
            )
        )

    def facts(self) -> Sequence[tuple[str, str]]:
        """Label and value; no score, no answer, no time of the day (domain 2.3)."""
        certificate: Certificate = self.object
        payload = certificate.payload
        return [
            (_("Number"), certificate.number),
            (_("Status"), str(certificate.told_status.label)),
            (_("Person"), certificate.enrolment.membership.person_name),
            (_("Name on the document"), payload["person_name"]),
            (_("Kind"), str(certificate.get_kind_display())),
            (_("Course"), payload["course"]["title"]),
            (_("Authority"), payload["organisation"]["name"]),
            (_("Completed on"), _completed_on(certificate)),
            (_("Issued on"), _day(localtime(certificate.issued_at))),
            (_("Valid until"), _valid_until(certificate)),
        ]


class BelowTheList(WagtailAdminTemplateMixin):
    """A page that is reached from the list of certificates."""

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("certificates_admin:index"), "label": _("Certificates")},
            {"url": "", "label": str(self.page_title), "sublabel": self.get_page_subtitle()},
        ]


class CertificateActionView(PermissionCheckedMixin, BelowTheList, FormView):
    """Something done with one certificate; one of another authority does not exist here."""

    model = Certificate
    permission_policy: Any = None
    header_icon = "doc-full"
    inspect_url_name = ""
    certificate: Certificate

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.certificate = get_object_or_404(
            Certificate.objects.select_related("enrolment__user", "enrolment__membership"),
            pk=kwargs["pk"],
        )

    def get_success_url(self) -> str:
        return reverse(self.inspect_url_name, args=[self.certificate.pk])

    def get_page_subtitle(self) -> str:
        return self.certificate.number

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "certificate": self.certificate,
            "back_url": self.get_success_url(),
        }


class ReissueView(CertificateActionView):
    """Issue a certificate anew with the name of today (GDPR Art. 16)."""

    permission_required = REISSUE
    page_title = gettext_lazy("Issue with the new name")
    template_name = "certificates/administration/reissue.html"
    http_method_names = ["get", "post"]

    def get_form(self, form_class: Any = None) -> Any:
        return None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.certificate.is_renamed:
            messages.warning(request, _("The certificate has the name of today, or is void."))
            return redirect(self.get_success_url())
        try:
            new = reissue_certificate(certificate=self.certificate, actor=cast(User, request.user))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(self.get_success_url())
        messages.success(
            request,
            _("%(old)s was replaced by %(new)s. The person finds it under “My learning”.")
            % {"old": self.certificate.number, "new": new.number},
        )
        return redirect(reverse(self.inspect_url_name, args=[new.pk]))


class RevokeView(CertificateActionView):
    """Declare a certificate void, with the reason."""

    permission_required = REVOKE
    page_title = gettext_lazy("Revoke certificate")
    template_name = "certificates/administration/revoke.html"
    form_class = RevokeForm

    def form_invalid(self, form: RevokeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: RevokeForm) -> HttpResponse:
        if self.certificate.told_replacement is not None:
            messages.error(
                self.request, _("Another certificate took its place. Please revoke that one.")
            )
            return redirect(self.get_success_url())
        revoke_certificate(
            certificate=self.certificate,
            reason=form.cleaned_data["reason"],
            actor=cast(User, self.request.user),
        )
        messages.success(
            self.request, _("%(number)s is revoked.") % {"number": self.certificate.number}
        )
        return redirect(self.get_success_url())


class RunsView(BelowTheList, FormView):
    """Issue many at once, for administrators; others find no page."""

    form_class = RunForm
    page_title = gettext_lazy("Issue many certificates")
    header_icon = "doc-full"
    template_name = "certificates/administration/runs.html"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not (request.user.is_active and request.user.is_superuser):
            raise Http404

    def get_initial(self) -> dict[str, Any]:
        return {"kind": RunKind.MISSING}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "counts": [(kind.label, bulk.waiting(kind).count()) for kind in RunKind],
            "runs": IssueRun.objects.select_related("organisation", "started_by")[:20],
        }

    def form_valid(self, form: RunForm) -> HttpResponse:
        run = bulk.start_run(
            kind=form.cleaned_data["kind"],
            organisation=form.cleaned_data["organisation"],
            by=cast(User, self.request.user),
        )
        issue_many.enqueue(str(run.uuid))
        return redirect("certificate_run", run.uuid)


class RunView(BelowTheList, FormView):
    """How far a run is; asks again by itself. One that stopped can be gone on with."""

    page_title = gettext_lazy("Issue many certificates")
    header_icon = "doc-full"
    template_name = "certificates/administration/run.html"
    run: IssueRun

    def setup(self, request: HttpRequest, *args: Any, run: UUID, **kwargs: Any) -> None:
        super().setup(request, *args, run=run, **kwargs)
        if not (request.user.is_active and request.user.is_superuser):
            raise Http404
        self.run = get_object_or_404(
            IssueRun.objects.select_related("organisation", "started_by"), uuid=run
        )

    def get_form(self, form_class: Any = None) -> Any:
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"run": self.run}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run.finished_at is None:
            issue_many.enqueue(str(self.run.uuid))
        return redirect("certificate_run", self.run.uuid)
