"""Views of the Wagtail admin that know authorities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib.admin.utils import unquote
from django.db import models, router
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.views import generic
from wagtail.admin.views.generic.models import CopyViewMixin
from wagtail.users.views import users as user_views
from wagtail.users.views.bulk_actions import DeleteBulkAction

from .forms import ScopedModelForm
from .lookups import is_key, name_contains
from .permissions import OrganisationPermissionPolicy

READ = ("add", "change", "delete", "view")


class ScopedViewMixin:
    """Narrows a view of a viewset to the rows of authorities its user may act for.

    Wagtail's generic views ask a permission policy only about the model, never about the row. Here
    a row of another authority does not exist: the view answers 404 before it looks at the row, and
    lists and forms do not contain it.
    """

    permission_policy: OrganisationPermissionPolicy
    request: HttpRequest
    #: Relations that a list shows, joined instead of asked for row by row.
    list_select_related: Sequence[str] = ()

    @cached_property
    def scoped_actions(self) -> list[str]:
        """The actions of which the user needs one for a row this view shows."""
        if isinstance(self, CopyViewMixin):
            return list(READ)
        required = getattr(self, "permission_required", None)
        return [required] if required else list(getattr(self, "any_permission_required", READ))

    def scope(self, user: Any) -> models.QuerySet:
        """The rows this view may show to ``user``."""
        return self.permission_policy.instances_user_has_any_permission_for(
            user, self.scoped_actions
        )

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        if "pk" in kwargs:
            rows = self.scope(request.user).filter(pk=unquote(str(kwargs["pk"])))
            if not rows.exists():
                raise Http404
        # Lists leave the hub through exporters only, with a purpose and a log entry.
        if "export" in request.GET:
            raise Http404
        super().setup(request, *args, **kwargs)  # type: ignore[misc]

    def get_base_queryset(self) -> models.QuerySet:
        queryset = super().get_base_queryset()  # type: ignore[misc]
        if queryset.model is not self.permission_policy.model:
            return queryset  # a history lists log entries of one row, which was checked before
        rows = queryset.filter(pk__in=self.scope(self.request.user))
        return rows.select_related(*self.list_select_related) if self.list_select_related else rows

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()  # type: ignore[misc]
        form_class = self.get_form_class()  # type: ignore[attr-defined]
        if issubclass(form_class, ScopedModelForm):
            policy = self.permission_policy
            kwargs["organisations"] = policy.organisations_user_has_any_permission_for(
                self.request.user, self.form_actions
            )
        return kwargs

    @property
    def form_actions(self) -> list[str]:
        """What the user must be permitted to do with a row that the form makes or changes."""
        return [getattr(self, "permission_required", None) or "change"]


class NameSearchMixin:
    """Searches a list by names: each word in a name, in whatever spelling, or in another field."""

    #: The path from a row to the person.
    person = ""
    search_fields: Collection[str] = ()
    search_query: str

    def search_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        for word in (self.search_query or "").split():
            found = name_contains(word, person=self.person)
            for field in self.search_fields:
                found |= models.Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(found)
        return queryset


class ScopedChooserViewMixin:
    """Narrows the views of a chooser to the rows of authorities its user may act for."""

    # Present on the class, so that the viewset hands it to every one of its views.
    permission_policy: OrganisationPermissionPolicy = None  # type: ignore[assignment]
    request: HttpRequest

    def scope(self) -> models.QuerySet:
        return self.permission_policy.instances_user_has_any_permission_for(self.request.user, READ)

    def get_object_list(self) -> models.QuerySet:
        return super().get_object_list().filter(pk__in=self.scope())  # type: ignore[misc]

    def get_object(self, pk: Any) -> models.Model:
        try:
            return self.scope().get(pk=pk)
        except ValueError as error:
            raise Http404 from error

    def get_objects(self, pks: list[Any]) -> models.QuerySet:
        pks = [pk for pk in pks if is_key(str(pk))]
        return super().get_objects(pks).filter(pk__in=self.scope())  # type: ignore[misc]

    def can_create(self) -> bool:
        """Rows are made where their authority is settled, not in passing."""
        return False


def obstacles(instance: models.Model) -> Counter[type[models.Model]]:
    """How many rows of which models forbid that ``instance`` is deleted."""
    collector = Collector(using=router.db_for_write(type(instance)), origin=instance)
    try:
        collector.collect([instance])
    except ProtectedError as error:
        return Counter(type(row) for row in error.protected_objects)
    except RestrictedError as error:
        return Counter(type(row) for row in error.restricted_objects)
    # Rows that only name it beside others would lose it without a word; the hidden ones may.
    found: Counter[type[models.Model]] = Counter()
    for relation in instance._meta.related_objects:
        if relation.many_to_many and not relation.hidden:
            rows = getattr(instance, str(relation.get_accessor_name()))
            found[rows.model] = rows.count()
    return +found


def in_words(found: Counter[type[models.Model]]) -> str:
    """“5 memberships, 3 enrolments”."""
    return ", ".join(
        f"{count} {model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural}"
        for model, count in found.most_common()
    )


class CarefulDeleteMixin:
    """Says why something cannot be deleted, where Wagtail would answer with an error page."""

    template_name = "organisations/confirm_delete.html"
    object: models.Model
    refusal = gettext_lazy("“%(object)s” cannot be deleted, for it is used by: %(users)s.")

    @cached_property
    def refusal_message(self) -> str:
        """Why the object cannot be deleted; empty if it can."""
        found = obstacles(self.object)
        return self.refusal % {"object": self.object, "users": in_words(found)} if found else ""

    def get_refusal_url(self) -> str:
        return self.get_success_url()  # type: ignore[attr-defined]

    def form_valid(self, form: Any) -> HttpResponse:
        if self.refusal_message:
            messages.error(self.request, self.refusal_message)  # type: ignore[attr-defined]
            return redirect(self.get_refusal_url())
        return super().form_valid(form)  # type: ignore[misc]


class CarefulDeleteView(CarefulDeleteMixin, generic.DeleteView):
    """Deletes a row, or says what still uses it."""


class MembershipIndexView(NameSearchMixin, generic.IndexView):
    """Memberships, found by the person or the staff number."""


class UserIndexView(NameSearchMixin, user_views.IndexView):
    """Accounts in the order of names."""

    search_fields = ("username", "email")

    def order_queryset(self, queryset: models.QuerySet) -> models.QuerySet:
        if self.ordering in ("name", "-name"):
            return queryset.order_by(f"{self.ordering}_key", "pk")
        return super().order_queryset(queryset)


class UserDeleteView(CarefulDeleteMixin, user_views.DeleteView):
    """Deletes an account that leaves no trace; any other is deactivated, its evidence stays."""

    refusal = gettext_lazy(
        "The account “%(object)s” cannot be deleted: its records are evidence (%(users)s). "
        "Please remove the tick at “Active” instead; then nobody can sign in with it."
    )

    def get_refusal_url(self) -> str:
        return self.get_edit_url()

    def get_edit_url(self) -> str:
        return reverse(self.edit_url_name, args=[self.object.pk])


class UserDeleteBulkAction(DeleteBulkAction):
    """Deletes accounts that leave no trace, all or none of the chosen ones."""

    def prepare_action(self, objects: list[Any], objects_without_access: Any) -> Any:
        kept = [str(user) for user in objects if obstacles(user)]
        if not kept:
            return None
        messages.error(
            self.request,
            _(
                "Nothing was deleted. These accounts have records that are evidence; "
                "please deactivate them instead: %(names)s."
            )
            % {"names": ", ".join(kept)},
        )
        return redirect(self.next_url)
