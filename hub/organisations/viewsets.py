"""Viewsets of the Wagtail admin: the bases that hold the tenant fence, and who and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Q
from django.http import HttpResponseBase
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.views.generic.chooser import ChooseResultsView, ChooseView
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.viewsets.model import ModelViewSet, ModelViewSetGroup
from wagtail.users.views.users import UserViewSet as WagtailUserViewSet

from .forms import MembershipForm, ScopedModelForm, UserCreationForm, UserEditForm
from .lookups import name_contains, organisation_lookup
from .menu import PEOPLE
from .models import Audience, Department, Membership, Organisation, User
from .permissions import OrganisationPermissionPolicy, SuperuserPermissionPolicy
from .views import (
    CarefulDeleteView,
    MembershipIndexView,
    ScopedChooserViewMixin,
    ScopedViewMixin,
    UserDeleteView,
    UserIndexView,
)


def _scoped(view_class: type, mixin: type) -> type:
    return type(f"Scoped{view_class.__name__}", (mixin, view_class), {})


class ScopedModelViewSet(ModelViewSet):
    """The base of every viewset whose rows belong to an authority.

    Each of its views, also one that a later Wagtail adds, is narrowed by ``ScopedViewMixin``; its
    forms derive from ``ScopedModelForm``. The system check ``organisations.E001`` refuses a viewset
    for such a model that does without. Groups get its permissions for single authorities, never
    for the model as a whole.
    """

    #: Path from the model to its authority; found by itself where there is only one way.
    organisation_lookup: str | None = None
    model_form_class: type[ScopedModelForm] = ScopedModelForm
    #: Relations that the list shows.
    list_select_related: Sequence[str] = ()
    delete_view_class = CarefulDeleteView
    copy_view_enabled = False
    # Usages are foreign keys, which the delete view names; the index would cost every import.
    add_to_reference_index = False

    @property
    def permission_policy(self) -> OrganisationPermissionPolicy:
        lookup = self.organisation_lookup or organisation_lookup(self.model)
        if lookup is None:
            raise ImproperlyConfigured(f"{self.model.__name__} belongs to no authority.")
        return OrganisationPermissionPolicy(self.model, organisation_lookup=lookup)

    def construct_view(self, view_class: type, **kwargs: Any) -> Callable[..., HttpResponseBase]:
        return super().construct_view(_scoped(view_class, ScopedViewMixin), **kwargs)

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_common_view_kwargs(**{"usage_url_name": None, **kwargs})

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(
            **{"list_select_related": self.list_select_related, **kwargs}
        )

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return forms.modelform_factory(
            self.model,
            form=self.model_form_class,
            formfield_callback=self.formfield_for_dbfield,
            fields=self.get_form_fields(),
            exclude=self.get_exclude_form_fields(),
        )

    def get_urlpatterns(self) -> list[Any]:
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "usage"]

    def get_permissions_to_register(self) -> models.QuerySet:
        return super().get_permissions_to_register().none()


class ReadOnlyScopedModelViewSet(ScopedModelViewSet):
    """A log: a list and a page for each row; nobody adds, changes or deletes, not even an
    administrator."""

    inspect_view_enabled = True
    exclude_form_fields: list[str] = []

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        urls = ("add", "edit", "delete", "copy", "history")
        return super().get_common_view_kwargs(**{f"{url}_url_name": None for url in urls}, **kwargs)

    def get_urlpatterns(self) -> list[Any]:
        kept = {"index", "index_results", "inspect"}
        return [pattern for pattern in super().get_urlpatterns() if pattern.name in kept]

    @property
    def url_finder_class(self) -> type:
        # Wagtail's own lists lead to a row's edit page; here to the only page there is.
        return type(
            "ReadOnlyURLFinder",
            (super().url_finder_class,),
            {"edit_url_name": self.get_url_name("inspect")},
        )


class ScopedChooserViewSet(ChooserViewSet):
    """The base of every chooser whose rows belong to an authority."""

    organisation_lookup: str | None = None

    @property
    def permission_policy(self) -> OrganisationPermissionPolicy:  # type: ignore[override]
        lookup = self.organisation_lookup or organisation_lookup(self.model)
        if lookup is None:
            raise ImproperlyConfigured(f"{self.model.__name__} belongs to no authority.")
        return OrganisationPermissionPolicy(self.model, organisation_lookup=lookup)

    def construct_view(self, view_class: type, **kwargs: Any) -> Callable[..., HttpResponseBase]:
        return super().construct_view(_scoped(view_class, ScopedChooserViewMixin), **kwargs)


class DepartmentViewSet(ScopedModelViewSet):
    """HR keeps the departments of its authority."""

    model = Department
    name = "departments"
    menu_label = pgettext_lazy("menu", "Departments")
    menu_name = "departments"
    icon = "group"
    menu_order = 20
    menu_hook = PEOPLE
    form_fields = ["organisation", "name"]
    list_display = ["name", "organisation"]
    list_select_related = ["organisation"]
    search_fields = ["name"]
    list_per_page = 50


class DepartmentChooserViewSet(ScopedChooserViewSet):
    model = Department
    name = "department_chooser"
    icon = "group"
    choose_one_text = _("Choose a department")
    choose_another_text = _("Choose another department")
    register_widget = False


class PersonFilterForm(BaseFilterForm):
    """Finds a person by any part of the name or the user name."""

    q = forms.CharField(
        label=_("Search term"),
        widget=forms.TextInput(attrs={"placeholder": _("Name or user name")}),
        required=False,
    )

    def filter(self, objects: models.QuerySet) -> models.QuerySet:
        objects = super().filter(objects)
        self.search_query = self.cleaned_data.get("q")
        for word in (self.search_query or "").split():
            self.is_searching = True
            objects = objects.filter(name_contains(word) | Q(username__icontains=word))
        return objects


class ChoosePersonView(ChooseView):
    filter_form_class = PersonFilterForm
    ordering = ["name_key", "pk"]


class ChoosePersonResultsView(ChooseResultsView):
    filter_form_class = PersonFilterForm
    ordering = ["name_key", "pk"]


class PersonChooserViewSet(ScopedChooserViewSet):
    """People of one's own authority; all people for administrators."""

    model = User
    name = "person_chooser"
    icon = "user"
    organisation_lookup = "memberships__organisation"
    choose_one_text = _("Choose a person")
    choose_another_text = _("Choose another person")
    choose_view_class = ChoosePersonView
    choose_results_view_class = ChoosePersonResultsView
    register_widget = False


department_chooser = DepartmentChooserViewSet()
person_chooser = PersonChooserViewSet()


class OrganisationViewSet(ModelViewSet):
    """The authorities themselves: administrators only."""

    model = Organisation
    name = "organisations"
    icon = "site"
    permission_policy = SuperuserPermissionPolicy(Organisation)
    delete_view_class = CarefulDeleteView
    copy_view_enabled = False
    add_to_reference_index = False
    list_display = ["name", "kind", "code", BooleanColumn("is_active", label=_("Active"))]
    list_filter = ["kind", "is_active"]
    search_fields = ["name", "short_name", "code"]
    ordering = ["name"]
    form_fields = [
        "name",
        "short_name",
        "slug",
        "kind",
        "code",
        "official_key",
        "address",
        "logo",
        "department_label",
        "hr_label",
        "months_after_leaving",
        "is_active",
    ]

    def get_permissions_to_register(self) -> models.QuerySet:
        return super().get_permissions_to_register().none()


class AudienceViewSet(ModelViewSet):
    """The audiences all authorities share: administrators only."""

    model = Audience
    name = "audiences"
    icon = "group"
    permission_policy = SuperuserPermissionPolicy(Audience)
    delete_view_class = CarefulDeleteView
    copy_view_enabled = False
    add_to_reference_index = False
    list_display = ["name", "code"]
    search_fields = ["name", "code"]
    form_fields = ["name", "code", "description", "sort_order"]

    def get_permissions_to_register(self) -> models.QuerySet:
        return super().get_permissions_to_register().none()


class DayColumn(Column):
    """A day as people write it; Wagtail's own column says how many years ago it was."""

    def get_value(self, instance: models.Model) -> str:
        day = super().get_value(instance)
        return date_format(day, "SHORT_DATE_FORMAT") if day else ""


class MembershipViewSet(ScopedModelViewSet):
    """Who works where. No group is offered a permission for it: administrators only."""

    model = Membership
    name = "memberships"
    icon = "user"
    model_form_class = MembershipForm
    list_display = [
        "__str__",
        Column("department", label=_("Department"), sort_key="department__name"),
        Column("employment", label=_("Kind of employment"), accessor="get_employment_display"),
        DayColumn("starts_on", label=_("From"), sort_key="starts_on"),
        DayColumn("ends_on", label=_("Until"), sort_key="ends_on"),
    ]
    list_filter = ["organisation", "employment"]
    list_select_related = ["user", "organisation", "department"]
    index_view_class = MembershipIndexView
    search_fields = ["user__username", "staff_number"]
    list_per_page = 50
    form_fields = [
        "user",
        "organisation",
        "department",
        "employment",
        "staff_number",
        "audiences",
        "starts_on",
        "ends_on",
    ]

    def formfield_for_dbfield(self, db_field: models.Field, **kwargs: Any) -> forms.Field | None:
        widgets: dict[str, Any] = {
            "user": person_chooser.widget_class,
            "department": department_chooser.widget_class,
            "audiences": forms.CheckboxSelectMultiple,
        }
        if db_field.name in widgets:
            kwargs["widget"] = widgets[db_field.name]
        return super().formfield_for_dbfield(db_field, **kwargs)


class OrganisationsGroup(ModelViewSetGroup):
    """What administrators keep about authorities and people."""

    items = (OrganisationViewSet, MembershipViewSet, AudienceViewSet)
    menu_label = _("Authorities and people")
    menu_icon = "site"
    menu_name = "organisations"
    menu_order = 330


class UserViewSet(WagtailUserViewSet):
    """Wagtail's pages for accounts with the hub's own rules."""

    index_view_class = UserIndexView
    delete_view_class = UserDeleteView
    delete_template_name = "organisations/confirm_delete.html"
    copy_view_enabled = False

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm]:
        return UserEditForm if for_update else UserCreationForm

    def get_permissions_to_register(self) -> models.QuerySet:
        # Accounts are of all authorities: no group gets a right for all of them.
        return super().get_permissions_to_register().none()
