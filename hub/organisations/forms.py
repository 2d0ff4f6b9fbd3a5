"""Forms of the Wagtail admin that stay within the authorities of the person who fills them in."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from itertools import groupby
from typing import Any, cast

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.db.models import QuerySet
from django.forms.models import ModelChoiceField
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.forms.formsets import BaseFormSetMixin
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.log_actions import log
from wagtail.users import forms as user_forms

from .lookups import organisation_lookup
from .models import GroupOrganisationPermission, Membership, Organisation, User
from .permissions import GroupPermission
from .signals import memberships_changed


class SignInForm(AuthenticationForm):
    """Signing in. A name that no account can have would not fit into the log of failures."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest = User._meta.get_field("username").max_length
        self.fields["username"].validators.append(MaxLengthValidator(longest))


class ScopedModelForm(WagtailAdminModelForm):
    """A form that offers nothing of an authority its user may not act for.

    ``organisations`` are those for which the user may add or change a row; the scoped views hand
    them in. A row's authority is chosen when it is made, or set where there is only one, and never
    changes afterwards: what refers to the row belongs to that authority, too.
    """

    #: The field that names the authority, if the model has one of its own.
    organisation_field = "organisation"

    def __init__(
        self, *args: Any, organisations: QuerySet[Organisation] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        permitted = Organisation.objects.none() if organisations is None else organisations
        for field in self.fields.values():
            if isinstance(field, ModelChoiceField) and field.queryset is not None:
                field.queryset = _within(field.queryset, permitted)
        if self.organisation_field in self.fields:
            self._settle_organisation(list(permitted[:2]))

    def _settle_organisation(self, permitted: list[Organisation]) -> None:
        if self.instance.pk is None and len(permitted) != 1:
            return
        if self.instance.pk is None:
            setattr(self.instance, self.organisation_field, permitted[0])
        del self.fields[self.organisation_field]

    def _get_validation_exclusions(self) -> set[str]:
        # What is set without a field must take part in the checks of unique constraints.
        return super()._get_validation_exclusions() - {self.organisation_field}


def _within(rows: QuerySet, permitted: QuerySet[Organisation]) -> QuerySet:
    if rows.model is Organisation:
        return rows.filter(pk__in=permitted.values("pk"))
    lookup = organisation_lookup(rows.model)
    return rows.filter(**{f"{lookup}__in": permitted}) if lookup else rows


class MembershipForm(ScopedModelForm):
    """Keeps person, department and authority of a membership together.

    Whose membership it is never changes: what was learnt under it is that person's.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["user"]

    def save(self, commit: bool = True) -> Membership:
        """Save, and announce it: others enrol who is new, or in another audience."""
        membership: Membership = super().save(commit=commit)
        if commit:
            transaction.on_commit(
                partial(memberships_changed.send, sender=Membership, membership_ids=[membership.pk])
            )
        return membership

    def clean(self) -> dict[str, Any]:
        cleaned = cast(dict[str, Any], super().clean())
        organisation = cleaned.get("organisation") or getattr(self.instance, "organisation", None)
        department = cleaned.get("department")
        if department is not None and department.organisation != organisation:
            self.add_error(
                "department",
                _("This department belongs to another authority. Please choose again."),
            )
        return cleaned

    class Meta:
        model = Membership
        fields = "__all__"


class UserEditForm(user_forms.UserEditForm):
    """An account; many people in town halls have no e-mail address."""

    email = forms.EmailField(required=False, label=_("Email"))


class UserCreationForm(user_forms.UserCreationForm):
    """A new account; many people in town halls have no e-mail address."""

    email = forms.EmailField(required=False, label=_("Email"))


def offered_permissions() -> dict[Permission, GroupPermission]:
    """What groups can be given for each authority, in the order of registration."""
    offered = [
        permission
        for permissions_of_app in hooks.get_hooks("register_organisation_permissions")
        for permission in permissions_of_app()
    ]
    stored = {
        (permission.content_type.app_label, permission.codename): permission
        for permission in Permission.objects.filter(
            content_type__app_label__in={permission.app_label for permission in offered},
            codename__in={permission.codename for permission in offered},
        ).select_related("content_type")
    }
    return {
        stored[key]: permission
        for permission in offered
        if (key := (permission.app_label, permission.codename)) in stored
    }


class OrganisationPermissionsForm(forms.Form):
    """What a group may do for one authority."""

    organisation = forms.ModelChoiceField(
        label=_("Authority"), queryset=Organisation.objects.all(), empty_label=None
    )
    permissions = forms.TypedMultipleChoiceField(
        label=_("Permissions"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self, *args: Any, offered: dict[Permission, GroupPermission], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.TypedMultipleChoiceField, self.fields["permissions"])
        field.choices = [(permission.pk, entry.label) for permission, entry in offered.items()]


class BaseGroupOrganisationPermissionFormSet(BaseFormSetMixin, forms.BaseFormSet):
    """The panel "Permissions for each authority" where Wagtail edits a group."""

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        instance: Group | None = None,
        prefix: str = "organisation_permissions",
    ) -> None:
        self.instance = instance or Group()
        self.offered = offered_permissions()
        super().__init__(
            data,
            files,
            initial=self._initial(),
            prefix=prefix,
            form_kwargs={"offered": self.offered},
        )

    def _grants(self) -> QuerySet[GroupOrganisationPermission]:
        return GroupOrganisationPermission.objects.filter(
            group=self.instance, permission__in=list(self.offered)
        ).select_related("organisation", "permission")

    def _initial(self) -> list[dict[str, Any]]:
        if self.instance.pk is None:
            return []
        grants = self._grants().order_by("organisation__name", "organisation_id")
        return [
            {"organisation": organisation, "permissions": [grant.permission_id for grant in held]}
            for organisation, held in groupby(grants, lambda grant: grant.organisation)
        ]

    def _filled_forms(self) -> list[forms.BaseForm]:
        return [
            form
            for form in self.forms
            if form not in self.deleted_forms and "organisation" in form.cleaned_data
        ]

    def clean(self) -> None:
        """Refuse two lines about one authority."""
        if any(self.errors):
            return
        chosen = [form.cleaned_data["organisation"] for form in self._filled_forms()]
        if len(set(chosen)) != len(chosen):
            raise ValidationError(_("An authority stands in several lines. Please keep one."))

    @transaction.atomic
    def save(self) -> None:
        """Make the group's permissions exactly those that are ticked, and log what changed."""
        by_pk = {permission.pk: permission for permission in self.offered}
        wanted = {
            (form.cleaned_data["organisation"], by_pk[pk])
            for form in self._filled_forms()
            for pk in form.cleaned_data["permissions"]
        }
        held = {(grant.organisation, grant.permission): grant for grant in self._grants()}
        granted, withdrawn = wanted - held.keys(), held.keys() - wanted
        for key in withdrawn:
            held[key].delete()
        GroupOrganisationPermission.objects.bulk_create(
            GroupOrganisationPermission(
                group=self.instance, organisation=organisation, permission=permission
            )
            for organisation, permission in granted
        )
        if granted or withdrawn:
            log(
                instance=self.instance,
                action="organisations.permissions",
                data={"granted": self._names(granted), "withdrawn": self._names(withdrawn)},
            )

    def _names(self, keys: Collection[tuple[Organisation, Permission]]) -> list[str]:
        return sorted(
            f"{organisation.slug}: {self.offered[permission].permission}"
            for organisation, permission in keys
        )

    def as_admin_panel(self) -> str:
        return render_to_string("organisations/group_permissions.html", {"formset": self})


GroupOrganisationPermissionFormSet = forms.formset_factory(
    OrganisationPermissionsForm,
    formset=BaseGroupOrganisationPermissionFormSet,
    extra=0,
    can_delete=True,
)
