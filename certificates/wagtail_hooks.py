"""Wiring of certificates into the Wagtail admin."""

from __future__ import annotations

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.log_actions import LogActionRegistry
from wagtail.snippets.models import register_snippet

from hub.exports.menu import report_entry
from hub.organisations.menu import LISTS
from hub.organisations.permissions import GroupPermission

from .actions import REISSUE, REVOKE
from .bulk import START
from .offered_reports import IssuedCertificatesReport
from .views.administration import RunsView, RunView
from .views.issued_list import IssuedCertificatesView
from .viewsets import CertificateTemplateViewSet, CertificateViewSet

register_snippet(CertificateTemplateViewSet)


@hooks.register("register_admin_viewset")
def register_viewset() -> CertificateViewSet:
    return CertificateViewSet()


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern]:
    return [
        path("nachweise-ausstellen/", RunsView.as_view(), name="certificate_runs"),
        path("nachweise-ausstellen/<uuid:run>/", RunView.as_view(), name="certificate_run"),
        path(
            "ausgestellte-nachweise/",
            IssuedCertificatesView.as_view(),
            name=IssuedCertificatesReport.view_name,
        ),
        path(
            "ausgestellte-nachweise/ergebnisse/",
            IssuedCertificatesView.as_view(results_only=True),
            name=f"{IssuedCertificatesReport.view_name}_results",
        ),
    ]


hooks.register(LISTS, report_entry(IssuedCertificatesReport, "doc-full", 50))


@hooks.register("register_organisation_permissions")
def offer_permissions() -> list[GroupPermission]:
    return [
        GroupPermission("certificates.view_certificate", _("See certificates")),
        GroupPermission(
            "certificates.reissue_certificate", _("Issue certificates anew with a changed name")
        ),
        GroupPermission("certificates.revoke_certificate", _("Revoke certificates")),
    ]


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action(
        REISSUE, _("Issue with a changed name"), _("Issued anew with a changed name")
    )
    actions.register_action(REVOKE, _("Revoke a certificate"), _("Certificate revoked"))
    actions.register_action(START, _("Issue many certificates"), _("Many certificates issued"))
