"""Tokens of the interface in the Wagtail admin: the list, one, a new one, and the end of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic

from hub.organisations.in_charge import InChargeMixin

from .api.tokens import PERMISSION, issue_token, readable_lists, refusal, revoke_token
from .exporters import exporters, list_label
from .forms import PURPOSES
from .models import ApiToken
from .rights import organisations_handing_over
from .token_forms import ApiTokenForm


def _day(day: Any) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else "–"


def _state(token: ApiToken) -> str:
    """What the token's own row tells: whether its maker may still, its page says."""
    if token.revoked_at is not None:
        return _("revoked")
    return _("expired") if token.expires_on < localdate() else _("works")


def _lists_in_words(token: ApiToken) -> str:
    return ", ".join(list_label(key) for key in token.scopes)


class ApiTokenIndexView(generic.IndexView):
    """The tokens of one's authorities, also those that have ended: the log names them."""

    page_title = gettext_lazy("Interface for HR systems")
    add_item_label = gettext_lazy("Make a token")
    default_ordering = "-created_at"

    @property
    def columns(self) -> list[Column]:  # type: ignore[override]
        return [
            TitleColumn(
                "name",
                label=_("Name"),
                sort_key="name",
                get_url=lambda token: reverse("api_tokens:inspect", args=[token.pk]),
            ),
            Column("hint", label=_("Begins with"), accessor=lambda token: f"{token.hint}…"),
            Column("lists", label=_("Lists"), accessor=_lists_in_words),
            Column("organisation", label=_("Authority"), sort_key="organisation__name"),
            Column("made_by", label=_("Made by"), sort_key="made_by__name_key"),
            Column("state", label=_("State"), accessor=_state),
            Column(
                "expires_on",
                label=_("Works until"),
                accessor=lambda token: _day(token.expires_on),
                sort_key="expires_on",
            ),
            Column(
                "last_used_on",
                label=_("Last used on"),
                accessor=lambda token: _day(token.last_used_on),
                sort_key="last_used_on",
            ),
        ]


class ApiTokenInspectView(generic.InspectView):
    """One token: what it reads, and why it does not work where it does not."""

    template_name = "exports/token.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        token: ApiToken = self.object
        return super().get_context_data(**kwargs) | {
            "token": token,
            "facts": self.facts(token),
            "refusal": refusal(token),
            "unreadable": self.unreadable(token),
            "revoke_url": (
                reverse("api_tokens:revoke", args=[token.pk]) if token.revoked_at is None else ""
            ),
        }

    def unreadable(self, token: ApiToken) -> Sequence[str]:
        """The lists that a working token does not read today."""
        if refusal(token):
            return []
        readable = readable_lists(token)
        return [list_label(key) for key in token.scopes if key not in readable]

    def facts(self, token: ApiToken) -> Sequence[tuple[str, str]]:
        found = [
            (_("Authority"), str(token.organisation)),
            (_("Purpose"), token.purpose),
            (_("Lists"), _lists_in_words(token)),
            (_("Begins with"), f"{token.hint}…"),
            (_("Made by"), f"{token.made_by}, {_day(localtime(token.created_at))}"),
            (_("Works until"), _day(token.expires_on)),
            (_("Last used on"), _day(token.last_used_on)),
        ]
        if token.revoked_at is not None:
            who = token.revoked_by or _("an operator, by a command")
            found.append((_("Revoked by"), f"{who}, {_day(localtime(token.revoked_at))}"))
        return found


class TokenPageMixin(InChargeMixin):
    """A page that is reached from the list of tokens; others find none."""

    permissions = (PERMISSION,)
    header_icon = "key"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("api_tokens:index"), "label": ApiTokenIndexView.page_title},
            {"url": "", "label": str(self.page_title), "sublabel": self.get_page_subtitle()},
        ]


class MakeTokenView(TokenPageMixin, FormView):
    """Make a token, and show its secret this once: on the answer itself, which nobody keeps."""

    form_class = ApiTokenForm
    template_name = "exports/make_token.html"
    page_title = gettext_lazy("Make a token")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {
            "organisations": self.organisations,
            "lists": self.lists(),
        }

    def lists(self) -> dict[str, str]:
        """What the person may hand over herself for one of the authorities."""
        return {
            key: list_label(key)
            for key in exporters
            if any(
                organisation in self.organisations
                for organisation in organisations_handing_over(self.request.user, key)
            )
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "purposes": PURPOSES,
            "has_lists": bool(self.lists()),
        }

    def form_invalid(self, form: ApiTokenForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: ApiTokenForm) -> HttpResponse:
        try:
            token, secret = issue_token(maker=self.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        response = self.response_class(
            request=self.request,
            template=["exports/token_made.html"],
            context=super().get_context_data(form=form)
            | {
                "token": token,
                "secret": secret,
                "address": self.request.build_absolute_uri(reverse("hr_api:lists")),
            },
            using=self.template_engine,
        )
        response["Cache-Control"] = "no-store"
        return response


class RevokeTokenView(TokenPageMixin, TemplateView):
    """End a token at once."""

    template_name = "exports/revoke_token.html"
    page_title = gettext_lazy("Revoke token")
    http_method_names = ["get", "post"]
    token: ApiToken

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.token = get_object_or_404(self.tokens(), pk=kwargs["pk"])

    def tokens(self) -> QuerySet[ApiToken]:
        """Those of the authorities for which the person may do it."""
        return ApiToken.objects.filter(organisation__in=self.organisations)

    def get_page_subtitle(self) -> str:
        return self.token.name

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"token": self.token}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = {"name": self.token.name}
        if revoke_token(token=self.token, actor=self.actor):
            messages.success(request, _("“%(name)s” is revoked and works no more.") % name)
        else:
            messages.info(request, _("“%(name)s” was revoked before.") % name)
        return redirect("api_tokens:inspect", self.token.pk)
