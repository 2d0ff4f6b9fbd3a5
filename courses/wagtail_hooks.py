"""Wiring into the Wagtail admin."""

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.snippets.models import register_snippet

from .completion_list import PERMISSION
from .models import Topic
from .permissions import enrolment_policy
from .reports import CompletionReportView

register_snippet(Topic)


class CompletionListMenuItem(MenuItem):
    def is_shown(self, request) -> bool:
        return enrolment_policy.user_has_permission(request.user, PERMISSION)


@hooks.register("register_admin_urls")
def register_admin_urls():
    return [
        path("abschlussliste/", CompletionReportView.as_view(), name="completion_list"),
        path(
            "abschlussliste/ergebnisse/",
            CompletionReportView.as_view(results_only=True),
            name="completion_list_results",
        ),
    ]


@hooks.register("register_admin_menu_item")
def register_menu_item():
    return CompletionListMenuItem(
        _("Completion list"), reverse("completion_list"), icon_name="list-ul", order=300
    )
