"""Groups, rights and the approval workflow."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from wagtail.images import get_image_model
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Task,
    Workflow,
    WorkflowContentType,
    WorkflowPage,
    WorkflowTask,
)

from certificates.models import CertificateTemplate
from courses.models import BankQuestion
from home.models import HomePage
from hub.organisations.models import GroupOrganisationPermission

from .people import Person, Town

EDITORS, REVIEWERS, DISTRICT = "Redaktion", "Freigabe", "Kreis: Zahlen der Behörden"
#: The authority whose HR steers the common training.
KREIS = "kreis-coesfeld"
WORKFLOW = "Untergruppe Qualifizierung"
HR_PERMISSIONS = (
    "certificates.view_certificate",
    "certificates.reissue_certificate",
    "certificates.revoke_certificate",
    "courses.view_completion_list",
    "courses.view_figures",
    "courses.manage_external_learning",
    "courses.override_completion",
    "courses.view_requirement",
    "courses.add_requirement",
    "courses.change_requirement",
    "courses.delete_requirement",
    "exports.manage_apitoken",
    "courses.view_aisystem",
    "courses.add_aisystem",
    "courses.change_aisystem",
    "courses.delete_aisystem",
    "exports.view_exportrun",
    "exports.view_report_catalogue",
    "organisations.view_department",
    "organisations.add_department",
    "organisations.change_department",
    "organisations.delete_department",
    "organisations.import_employees",
    "invitations.write_letters",
    "terminals.manage_terminals",
    "organisations.merge_accounts",
)
COUNCIL_PERMISSIONS = ("exports.audit_exportrun", "exports.view_report_catalogue")
EDITOR_PERMISSIONS = (
    "wagtailadmin.access_admin",
    "courses.view_topic",
    "courses.add_topic",
    "courses.change_topic",
    "courses.delete_topic",
    "courses.view_bankquestion",
    "courses.add_bankquestion",
    "courses.change_bankquestion",
    "courses.delete_bankquestion",
    "courses.view_requirementproposal",
    "courses.add_requirementproposal",
    "courses.change_requirementproposal",
    "courses.delete_requirementproposal",
    "certificates.view_certificatetemplate",
    "certificates.add_certificatetemplate",
    "certificates.change_certificatetemplate",
)
# A translation is public as soon as it is begun, so who publishes may begin it, too.
REVIEWER_PERMISSIONS = (
    "wagtailadmin.access_admin",
    "wagtail_localize.submit_translation",
    "courses.view_bankquestion",
    "courses.change_bankquestion",
    "courses.publish_bankquestion",
    "courses.lock_bankquestion",
    "courses.unlock_bankquestion",
    "certificates.view_certificatetemplate",
    "certificates.change_certificatetemplate",
    "certificates.publish_certificatetemplate",
    "certificates.lock_certificatetemplate",
    "certificates.unlock_certificatetemplate",
    # What is issued from now on changes with it, so it takes the same hands as publishing.
    "certificates.delete_certificatetemplate",
)


def permission(name: str) -> Permission:
    """The permission ``app.codename``; fails loudly when there is none."""
    app_label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


def remove_wagtails_defaults() -> None:
    """Wagtail's own groups and workflow: the hub has others."""
    Workflow.objects.all().delete()
    Task.objects.all().delete()
    Group.objects.filter(name__in=("Moderators", "Editors")).delete()


def create_rights(towns: dict[str, Town], people: Iterable[Person]) -> None:
    """Groups for each role, filled with its people. The page trees must be there."""
    remove_wagtails_defaults()
    groups = {
        "editor": _editors(),
        "reviewer": _reviewers(),
    }
    for slug, town in towns.items():
        groups[f"hr:{slug}"] = _group_of(town, "Personal", HR_PERMISSIONS)
        groups[f"council:{slug}"] = _group_of(town, "Personalrat", COUNCIL_PERMISSIONS)
    district = _district(towns)
    for person in people:
        if person.account is None:
            continue
        role = person.account.role
        name = f"{role}:{person.account.authority}" if role in {"hr", "council"} else role
        if name in groups:
            person.user.groups.add(groups[name])
        if name == f"hr:{KREIS}":
            person.user.groups.add(district)
    _workflow(groups["reviewer"])


def _homes() -> list[Page]:
    return list(HomePage.objects.order_by("path"))


def _page_permissions(group: Group, codenames: Iterable[str]) -> None:
    GroupPagePermission.objects.bulk_create(
        GroupPagePermission(
            group=group, page=home, permission=permission(f"wagtailcore.{codename}")
        )
        for home in _homes()
        for codename in codenames
    )


def _group_of(town: Town, role: str, permissions: Iterable[str]) -> Group:
    group = Group.objects.create(name=f"{role} {town.organisation.short_name}")
    group.permissions.add(permission("wagtailadmin.access_admin"))
    GroupOrganisationPermission.objects.bulk_create(
        GroupOrganisationPermission(
            group=group, organisation=town.organisation, permission=permission(name)
        )
        for name in permissions
    )
    return group


def _district(towns: dict[str, Town]) -> Group:
    """Who sees authorities as a whole, where these have switched it on; by itself no person."""
    group = Group.objects.create(name=DISTRICT)
    group.permissions.add(permission("wagtailadmin.access_admin"))
    GroupOrganisationPermission.objects.bulk_create(
        GroupOrganisationPermission(
            group=group,
            organisation=town.organisation,
            permission=permission("courses.view_district_figures"),
        )
        for town in towns.values()
    )
    return group


def _editors() -> Group:
    group = Group.objects.create(name=EDITORS)
    group.permissions.add(*(permission(name) for name in EDITOR_PERMISSIONS))
    _page_permissions(group, ("add_page", "change_page"))
    image = get_image_model()._meta.app_label
    root = Collection.get_first_root_node()
    GroupCollectionPermission.objects.bulk_create(
        GroupCollectionPermission(
            group=group, collection=root, permission=permission(f"{image}.{codename}")
        )
        for codename in ("add_image", "choose_image")
    )
    return group


def _reviewers() -> Group:
    group = Group.objects.create(name=REVIEWERS)
    group.permissions.add(*(permission(name) for name in REVIEWER_PERMISSIONS))
    # A translation is published where it is written: it knows no approval, so they may write, too.
    _page_permissions(group, ("change_page", "publish_page", "lock_page", "unlock_page"))
    return group


def _workflow(reviewers: Group) -> None:
    workflow = Workflow.objects.create(name=WORKFLOW)
    task = GroupApprovalTask.objects.create(name="Freigabe durch die Untergruppe")
    task.groups.add(reviewers)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.bulk_create(
        WorkflowPage(workflow=workflow, page=home) for home in _homes()
    )
    WorkflowContentType.objects.bulk_create(
        WorkflowContentType(
            workflow=workflow, content_type=ContentType.objects.get_for_model(model)
        )
        for model in (BankQuestion, CertificateTemplate)
    )
