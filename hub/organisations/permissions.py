"""The tenant fence: who may do what for the people of which authority.

Shaped like Wagtail's ``SitePermissionPolicy``. Wagtail's generic views ask only model-level
questions, so a policy alone protects no record: the scoped bases in ``viewsets.py`` narrow every
queryset by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.http import HttpRequest
from django_stubs_ext import StrOrPromise
from wagtail.permission_policies.base import (
    BaseDjangoAuthPermissionPolicy,
    BasePermissionPolicy,
)

from .models import GroupOrganisationPermission, Membership, Organisation, User
from .told import told_to


def active_membership(user: User | AnonymousUser) -> Membership | None:
    """The membership a person works under today, with authority; one query for each request.

    The result is kept on the user object, which lives as long as its request.
    """
    if not user.is_authenticated:
        return None
    if not hasattr(user, "_active_membership"):
        user._active_membership = (
            Membership.objects.begun_last(user).select_related("organisation").first()
        )
        if user._active_membership is not None:
            user._active_membership.user = user
    return user._active_membership


_ADMINISTRATES = "organisations.administrates"


def remember_administration(sender: type, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Keep in the session whether there is a way into the administration for this person.

    Every page shows that way or does not; asking for permissions anew would cost two queries.
    """
    request.session[_ADMINISTRATES] = user.has_perm("wagtailadmin.access_admin")


def may_administrate(request: HttpRequest) -> bool:
    """Whether to offer the administration to who asks, as it was when the person signed in.

    It is an offer only: the administration itself asks for the permission each time.
    """
    return request.user.is_authenticated and request.session.get(_ADMINISTRATES, False)


@dataclass(frozen=True)
class GroupPermission:
    """A permission that groups can hold for one authority, as the group editor names it.

    Apps offer theirs by the hook ``register_organisation_permissions``, a function without
    arguments that returns an iterable of these.
    """

    #: As Django writes it: ``"courses.view_completion_list"``.
    permission: str
    label: StrOrPromise

    @property
    def app_label(self) -> str:
        return self.permission.partition(".")[0]

    @property
    def codename(self) -> str:
        return self.permission.partition(".")[2]


def _grants(user: User) -> dict[str, dict[int, Organisation]]:
    """The authorities for which the groups of ``user`` hold permissions, by "app.codename".

    One query for each request: the menu alone asks for every item. Like Wagtail's own policies,
    the result is kept on the user object, which lives as long as its request.
    """
    if not hasattr(user, "_organisation_grants"):
        grants: dict[str, dict[int, Organisation]] = defaultdict(dict)
        for grant in (
            GroupOrganisationPermission.objects.filter(group__user=user)
            .select_related("organisation", "permission__content_type")
            .order_by("organisation__name")
        ):
            name = f"{grant.permission.content_type.app_label}.{grant.permission.codename}"
            grants[name][grant.organisation_id] = grant.organisation
        user._organisation_grants = grants
    return user._organisation_grants


def _all_organisations(user: User) -> list[Organisation]:
    """Every authority; read once for each request, as ``_grants`` is."""
    if not hasattr(user, "_all_organisations"):
        user._all_organisations = list(Organisation.objects.all())
    return user._all_organisations


def organisations_where(user: User | AnonymousUser, *permissions: str) -> list[Organisation]:
    """The authorities for which ``user`` holds one of ``permissions`` ("app.codename")."""
    if not user.is_active:
        return []
    if user.is_superuser:
        return list(_all_organisations(user))
    held: dict[int, Organisation] = {}
    for permission in permissions:
        held |= _grants(user).get(permission, {})
    return list(held.values())


def holds_anywhere(user: User | AnonymousUser, *permissions: str) -> bool:
    """Whether ``user`` holds one of ``permissions`` for any authority; for menus."""
    if not user.is_active:
        return False
    return user.is_superuser or any(_grants(user).get(name) for name in permissions)


#: What the relation to an employment is called: it fences what an authority is told, see ``told``.
EMPLOYMENTS = ("membership", "memberships")


class SuperuserPermissionPolicy(BasePermissionPolicy):
    """Only administrators may do anything; no group can be given a share of it."""

    def user_has_permission(self, user, action):
        return user.is_active and user.is_superuser

    def user_has_any_permission(self, user, actions):
        return self.user_has_permission(user, "any")

    def users_with_any_permission(self, actions):
        return User.objects.filter(is_active=True, is_superuser=True)


class OrganisationPermissionPolicy(BaseDjangoAuthPermissionPolicy):
    """Permissions on a model whose rows belong to an authority.

    ``organisation_lookup`` is the path from the model to the authority, for example
    ``"membership__organisation"``.
    """

    def __init__(self, model: type[models.Model], *, organisation_lookup: str) -> None:
        super().__init__(model)
        self.organisation_lookup = organisation_lookup

    def _get_permission_codenames(self, actions: Iterable[str]) -> set[str]:
        """Django's codename of an action, or a model's own permission by its name."""
        own = {codename for codename, _label in self.model._meta.permissions}
        return (own & set(actions)) | super()._get_permission_codenames(set(actions) - own)

    def _permission_names(self, actions: Iterable[str]) -> list[str]:
        codenames = self._get_permission_codenames(actions)
        return [f"{self.app_label}.{codename}" for codename in codenames]

    def organisations_user_has_any_permission_for(
        self, user, actions: Iterable[str]
    ) -> models.QuerySet[Organisation]:
        """The authorities for whose rows the user may do one of the actions."""
        if user.is_active and user.is_superuser:
            return Organisation.objects.all()
        held = organisations_where(user, *self._permission_names(actions))
        return Organisation.objects.filter(pk__in=[organisation.pk for organisation in held])

    def user_has_any_permission(self, user, actions: Iterable[str]) -> bool:
        return holds_anywhere(user, *self._permission_names(actions))

    def user_has_permission(self, user, action: str) -> bool:
        return self.user_has_any_permission(user, [action])

    def user_has_any_permission_for_instance(self, user, actions, instance) -> bool:
        organisation_id = instance
        for step in self.organisation_lookup.split("__"):
            organisation_id = getattr(organisation_id, step)
        return (
            self.organisations_user_has_any_permission_for(user, actions)
            .filter(pk=organisation_id.pk)
            .exists()
        )

    def user_has_permission_for_instance(self, user, action, instance) -> bool:
        return self.user_has_any_permission_for_instance(user, [action], instance)

    def instances_user_has_any_permission_for(self, user, actions):
        if user.is_active and user.is_superuser:
            return self.model._default_manager.all()  # also what belongs to no authority yet
        organisations = self.organisations_user_has_any_permission_for(user, actions)
        path, _sep, _last = self.organisation_lookup.rpartition("__")
        if path.rpartition("__")[2] in EMPLOYMENTS:
            return self.model._default_manager.filter(told_to(organisations, path))
        return self.model._default_manager.filter(
            **{f"{self.organisation_lookup}__in": organisations}
        )

    def users_with_any_permission(self, actions):
        return User.objects.filter(
            models.Q(is_superuser=True)
            | models.Q(
                groups__organisation_permissions__permission__in=(
                    self._get_permission_objects_for_actions(actions)
                )
            ),
            is_active=True,
        ).distinct()

    def users_with_any_permission_for_instance(self, actions, instance):
        return [
            user
            for user in self.users_with_any_permission(actions)
            if self.user_has_any_permission_for_instance(user, actions, instance)
        ]
