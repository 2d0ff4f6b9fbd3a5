"""Doppelte Konten in the administration: find, compare, confirm, look at, undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages

from hub.organisations.in_charge import InChargeMixin
from hub.organisations.models import AccountMerge, User
from hub.organisations.models.merges import AccountMergeQuerySet

from .accounts import MERGE, MOST, pair_of, proposals, search, with_employments
from .actions import (
    CannotBeUndone,
    NotAsShown,
    Preview,
    may_undo,
    merge_accounts,
    preview,
    reasons_against_undo,
    undo_merge,
)
from .forms import ReasonForm, SearchForm

LATEST = 20


class MergingMixin(InChargeMixin):
    """A page for who may merge accounts of an authority's people; others get 404."""

    permissions = (MERGE,)
    page_title = gettext_lazy("Duplicate accounts")
    header_icon = "group"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        above = {"url": reverse("duplicate_accounts"), "label": _("Duplicate accounts")}
        return [*self.breadcrumbs_items, above, *self.own_breadcrumb()]

    def own_breadcrumb(self) -> list[dict[str, Any]]:
        return []

    @property
    def merges(self) -> AccountMergeQuerySet:
        """Those that the person may see: of her authorities; administrators see all."""
        merges = AccountMerge.objects.select_related("kept", "gone", "organisation", "merged_by")
        if self.actor.is_superuser:
            return merges
        return merges.filter(organisation__in=self.organisations)


class AccountsView(MergingMixin, TemplateView):
    """Search for two accounts, or look at what the hub proposes; below, the latest merges."""

    template_name = "organisations/merging/accounts.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.GET.getlist("account")
        if not chosen and "compare" not in request.GET:
            return super().get(request, *args, **kwargs)
        pair = self.pair(chosen)
        if pair is not None:
            return redirect("merge_accounts", *pair)
        messages.warning(
            request,
            _("Please choose two accounts of people who work or worked for the same authority."),
        )
        return super().get(request, *args, **kwargs)

    def pair(self, chosen: list[str]) -> tuple[UUID, UUID] | None:
        """The two accounts that were chosen; first the one that is likely to stay."""
        try:
            keys = [UUID(key) for key in dict.fromkeys(chosen)]
        except ValueError:
            return None
        found = pair_of(self.actor, *keys) if len(keys) == 2 else None
        if found is None:
            return None
        one, other = sorted(found, key=_stays_first)
        return one.uuid, other.uuid

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = SearchForm(self.request.GET or None)
        query = form.cleaned_data["q"] if form.is_valid() else ""
        return super().get_context_data(**kwargs) | {
            "form": form,
            "query": query,
            "found": search(self.actor, query),
            "most": MOST,
            "proposals": proposals(self.actor),
            "merges": self.merges[:LATEST],
        }


def _stays_first(user: User) -> tuple[bool, float, int]:
    """The account that is in use stays, else the older one; HR may turn them round."""
    return not user.is_active, -user.last_login.timestamp() if user.last_login else 0.0, user.pk


class MergeView(MergingMixin, FormView):
    """What would come over if two accounts were merged, and doing it as it was shown."""

    form_class = ReasonForm
    template_name = "organisations/merging/preview.html"
    kept: User
    gone: User

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.there = (
            self.merges.standing()
            .filter(kept__uuid=kwargs["kept"], gone__uuid=kwargs["gone"])
            .first()
        )
        if self.there is not None:
            return
        pair = pair_of(self.actor, kwargs["kept"], kwargs["gone"])
        if pair is None:
            raise Http404
        self.kept, self.gone = pair
        self.shown: Preview | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.there is not None:
            return redirect("account_merge", self.there.uuid)
        return super().dispatch(request, *args, **kwargs)

    def own_breadcrumb(self) -> list[dict[str, Any]]:
        return [{"url": "", "label": _("Merge")}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = self.shown or preview(kept=self.kept, gone=self.gone, actor=self.actor)
        both = with_employments(
            self.actor, User.objects.filter(pk__in=[self.kept.pk, self.gone.pk])
        )
        rows = {user.pk: user for user in both}
        return super().get_context_data(**kwargs) | {
            "preview": shown,
            "plan": shown.plan,
            "kept": rows[self.kept.pk],
            "gone": rows[self.gone.pk],
        }

    def form_invalid(self, form: ReasonForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        try:
            merge = merge_accounts(
                kept=self.kept,
                gone=self.gone,
                confirmed=self.request.POST.get("confirmed", ""),
                reason=form.cleaned_data["reason"],
                actor=self.actor,
            )
        except NotAsShown as change:
            self.shown = change.preview
            return self.render_to_response(
                self.get_context_data(form=form, is_changed=True), status=409
            )
        messages.success(self.request, _("The accounts are merged."))
        return redirect("account_merge", merge.uuid)


class AccountMergeView(MergingMixin, FormView):
    """One merge: who did it and why, and undoing it."""

    form_class = ReasonForm
    template_name = "organisations/merging/merge.html"
    merge: AccountMerge

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.merge = get_object_or_404(
            self.merges.select_related("undone_by"), uuid=kwargs["merge"]
        )

    def own_breadcrumb(self) -> list[dict[str, Any]]:
        return [{"url": "", "label": str(self.merge)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = not self.merge.is_undone
        return super().get_context_data(**kwargs) | {
            "merge": self.merge,
            "may_undo": is_open and may_undo(self.actor, self.merge),
            "against": kwargs.get("against")
            or (reasons_against_undo(self.merge) if is_open else []),
        }

    def form_invalid(self, form: ReasonForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: ReasonForm) -> HttpResponse:
        if not self.merge.is_undone and not may_undo(self.actor, self.merge):
            raise Http404
        try:
            undo_merge(merge=self.merge, reason=form.cleaned_data["reason"], actor=self.actor)
        except CannotBeUndone as refusal:
            context = self.get_context_data(form=form, against=list(refusal.reasons))
            return self.render_to_response(context, status=409)
        messages.success(self.request, _("The merge is undone. Both accounts are as they were."))
        return redirect("account_merge", self.merge.uuid)
