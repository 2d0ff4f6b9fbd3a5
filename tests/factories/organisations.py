"""Authorities and people."""

from __future__ import annotations

import factory
from django.contrib.auth.models import Group, Permission
from factory.django import DjangoModelFactory

from hub.organisations.models import (
    Department,
    GroupOrganisationPermission,
    Membership,
    Organisation,
    User,
)

#: What HR of an authority is given for it.
HR_PERMISSIONS = (
    "courses.view_completion_list",
    "exports.view_exportrun",
    "organisations.view_department",
    "organisations.add_department",
    "organisations.change_department",
    "organisations.delete_department",
    "organisations.import_employees",
    "invitations.write_letters",
    "terminals.manage_terminals",
    "organisations.merge_accounts",
)


class OrganisationFactory(DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence(lambda n: f"Gemeinde {n}")
    short_name = factory.LazyAttribute(lambda organisation: organisation.name.split()[-1])
    slug = factory.Sequence(lambda n: f"gemeinde-{n}")
    kind = Organisation.Kind.MUNICIPALITY
    code = factory.Sequence(lambda n: f"A{chr(65 + n // 26 % 26)}{chr(65 + n % 26)}")
    official_key = factory.Sequence(lambda n: f"05559{n:03}")


class DepartmentFactory(DjangoModelFactory):
    class Meta:
        model = Department

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda n: f"Fachbereich {n}")


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"person-{n}")
    first_name = "Kim"
    last_name = factory.Sequence(lambda n: f"Nachname-{n}")


def rename(number: int, **names: str) -> User:
    """Give the account with a primary key other names, as a form of the administration does."""
    user: User = User.objects.get(pk=number)
    for field, name in names.items():
        setattr(user, field, name)
    user.save(update_fields=names)
    return user


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    department = factory.SubFactory(
        DepartmentFactory, organisation=factory.SelfAttribute("..organisation")
    )


def permission(name: str) -> Permission:
    """The permission "app.codename"."""
    app_label, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


def grant(user: User, organisation: Organisation, *names: str) -> Group:
    """Put ``user`` into a new group with access to the admin and permissions for one authority."""
    group = Group.objects.create(name=f"{user.username} @ {organisation.slug} {len(names)}")
    group.permissions.add(permission("wagtailadmin.access_admin"))
    GroupOrganisationPermission.objects.bulk_create(
        GroupOrganisationPermission(
            group=group, organisation=organisation, permission=permission(name)
        )
        for name in names
    )
    user.groups.add(group)
    return group


class HRUserFactory(UserFactory):
    """HR of an authority: ``HRUserFactory(organisation=…)``."""

    class Meta:
        skip_postgeneration_save = True

    @factory.post_generation
    def organisation(user, create, organisation, **kwargs):
        organisation = organisation or OrganisationFactory()
        MembershipFactory(user=user, organisation=organisation)
        grant(user, organisation, *HR_PERMISSIONS)
