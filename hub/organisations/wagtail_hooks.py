"""Wiring of authorities and people into the Wagtail admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.auth import user_has_any_page_permission
from wagtail.admin.menu import MenuItem
from wagtail.log_actions import LogActionRegistry

from . import admin_urls
from .account import NamePanel
from .forms import GroupOrganisationPermissionFormSet
from .importing.runs import IMPORT
from .menu import PEOPLE, TASKS, Entry
from .merging.accounts import MERGE
from .merging.actions import MERGED, UNDONE
from .panels import TasksPanel
from .permissions import GroupPermission, holds_anywhere
from .views import UserDeleteBulkAction
from .viewsets import (
    DepartmentViewSet,
    OrganisationsGroup,
    department_chooser,
    person_chooser,
)


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLPattern | URLResolver]:
    return admin_urls.urlpatterns


@hooks.register(PEOPLE)
def offer_import() -> MenuItem:
    return Entry(
        "import-employees",
        _("Import employees"),
        "employee_imports",
        "upload",
        10,
        lambda user: holds_anywhere(user, IMPORT),
    )()


@hooks.register(PEOPLE)
def offer_merging() -> MenuItem:
    return Entry(
        "duplicate-accounts",
        _("Duplicate accounts"),
        "duplicate_accounts",
        "group",
        30,
        lambda user: holds_anywhere(user, MERGE),
    )()


for task in TASKS:
    hooks.register("register_admin_menu_item", task.submenu)


@hooks.register("register_admin_viewset")
def register_viewsets() -> list[Any]:
    return [DepartmentViewSet(), OrganisationsGroup(), department_chooser, person_chooser]


# After Wagtail's own action of that name, which it replaces.
hooks.register("register_bulk_action", UserDeleteBulkAction, order=10)


@hooks.register("register_organisation_permissions")
def offer_permissions() -> list[GroupPermission]:
    return [
        GroupPermission("organisations.view_department", _("See departments")),
        GroupPermission("organisations.add_department", _("Add departments")),
        GroupPermission("organisations.change_department", _("Rename departments")),
        GroupPermission("organisations.delete_department", _("Delete departments")),
        GroupPermission(IMPORT, _("Import employees")),
        GroupPermission(MERGE, _("Merge duplicate accounts")),
    ]


@hooks.register("register_group_permission_panel")
def register_group_permission_panel() -> type:
    return GroupOrganisationPermissionFormSet


# Called with request, user and profile.
hooks.register("register_account_settings_panel", NamePanel)


@hooks.register("register_log_actions")
def register_log_actions(actions: LogActionRegistry) -> None:
    actions.register_action(
        "organisations.permissions",
        _("Change permissions for authorities"),
        _("Permissions for authorities changed"),
    )
    actions.register_action("organisations.import", _("Import employees"), _("Employees imported"))
    actions.register_action(
        "organisations.import_report",
        _("Fetch the report of an import"),
        _("Report of an import of employees fetched"),
    )
    actions.register_action(MERGED, _("Merge accounts"), _("Accounts merged"))
    actions.register_action(UNDONE, _("Undo a merge of accounts"), _("Merge of accounts undone"))


@hooks.register("insert_global_admin_css")
def admin_css() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("organisations/admin.css"))


@hooks.register("construct_main_menu")
def hide_what_is_for_editors(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    """Wagtail's help is in English and for who runs a hub."""
    if not request.user.is_superuser:
        menu_items[:] = [item for item in menu_items if item.name != "help"]


@hooks.register("construct_reports_menu")
def hide_page_reports(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    """Reports on pages are for who edits pages, those on the installation for who runs it."""
    if not user_has_any_page_permission(request.user):
        menu_items.clear()
    elif not request.user.is_superuser:
        # The dates of courses and facts say what is old, not the day a page was saved.
        spared = {"aging-pages", "page-types-usage"}
        menu_items[:] = [item for item in menu_items if item.name not in spared]


@hooks.register("construct_homepage_panels", order=100)
def hide_page_panels(request: HttpRequest, panels: list[Any]) -> None:
    """Wagtail's own panels speak of pages only."""
    if not user_has_any_page_permission(request.user):
        panels[:] = [panel for panel in panels if not type(panel).__module__.startswith("wagtail.")]


@hooks.register("construct_homepage_panels")
def offer_tasks(request: HttpRequest, panels: list[Any]) -> None:
    """HR comes once a month and finds what there is to do; who runs the hub knows the menu."""
    if not request.user.is_superuser:
        panels.append(TasksPanel(request))
