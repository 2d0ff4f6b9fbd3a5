"""Nachweise and their templates in the Wagtail admin."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.ui.tables import BooleanColumn, Column, LiveStatusTagColumn
from wagtail.snippets.views.snippets import SnippetViewSet

from hub.organisations.menu import PEOPLE
from hub.organisations.permissions import OrganisationPermissionPolicy
from hub.organisations.viewsets import ReadOnlyScopedModelViewSet

from .models import Certificate, CertificateTemplate
from .views import administration as views


class CertificatePolicy(OrganisationPermissionPolicy):
    """Certificates of one's authorities, as far as these are told of them."""

    def instances_user_has_any_permission_for(self, user: Any, actions: Any) -> Any:
        if user.is_active and user.is_superuser:
            return Certificate.objects.all()
        held = self.organisations_user_has_any_permission_for(user, actions)
        return Certificate.objects.in_organisations(held)


class CertificateViewSet(ReadOnlyScopedModelViewSet):
    """Nachweise of one's own authority: number, kind, course, days and state.

    The document itself belongs to the person (domain 2.3): there is no way to it from here.
    """

    model = Certificate
    name = "certificates_admin"
    url_prefix = "zertifikate"
    organisation_lookup = "enrolment__membership__organisation"
    icon = "doc-full"
    # The list of all that were issued is among the lists.
    menu_label = pgettext_lazy("menu", "Single certificates")
    menu_name = "certificates"
    menu_order = 70
    menu_hook = PEOPLE
    index_view_class = views.CertificateIndexView
    inspect_view_class = views.CertificateInspectView
    filterset_class = views.CertificateFilterSet
    list_select_related = ["enrolment__user", "enrolment__membership__organisation", "replaced_by"]
    search_fields = ["number"]
    list_per_page = 50

    @property
    def permission_policy(self) -> CertificatePolicy:
        return CertificatePolicy(self.model, organisation_lookup=self.organisation_lookup)

    @property
    def reissue_view(self) -> Any:
        return self._action_view(views.ReissueView)

    @property
    def revoke_view(self) -> Any:
        return self._action_view(views.RevokeView)

    def _action_view(self, view_class: type[views.CertificateActionView]) -> Any:
        return self.construct_view(
            view_class,
            permission_policy=self.permission_policy,
            inspect_url_name=self.get_url_name("inspect"),
        )

    def get_inspect_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_inspect_view_kwargs(
            reissue_url_name=self.get_url_name("reissue"),
            revoke_url_name=self.get_url_name("revoke"),
            **kwargs,
        )

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("neuer-name/<str:pk>/", self.reissue_view, name="reissue"),
            path("widerrufen/<str:pk>/", self.revoke_view, name="revoke"),
        ]


class CertificateTemplateViewSet(SnippetViewSet):
    """Zertifikatsvorlagen, shared by all authorities."""

    model = CertificateTemplate
    icon = "doc-full-inverse"
    menu_label = _("Certificate templates")
    menu_name = "certificate-templates"
    menu_order = 160
    add_to_admin_menu = True
    url_prefix = "zertifikatsvorlagen"
    copy_view_enabled = False
    list_display = [
        "name",
        Column("design", label=_("Design"), accessor=views.design_label),
        BooleanColumn("is_default", label=_("Standard template")),
        Column("courses", label=_("Courses"), accessor=views.courses_of),
        LiveStatusTagColumn(),
    ]
    index_view_class = views.TemplateIndexView
    search_fields = ["name"]
    list_per_page = 50
