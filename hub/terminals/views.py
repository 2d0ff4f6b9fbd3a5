"""Gemeinsam genutzte Geräte: switched on at the device, listed, switched off; and the time left."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView, View
from wagtail.admin import messages

from hub.organisations.in_charge import InChargeMixin
from hub.organisations.permissions import organisations_where

from .actions import MANAGE, switch_off, switch_on
from .forms import TerminalForm
from .models import Terminal
from .sessions import COOKIE, remember_device, seconds_left


class TerminalsView(InChargeMixin, FormView):
    """The devices of one's own authorities, and the form that adds the one in use."""

    permissions = (MANAGE,)
    form_class = TerminalForm
    template_name = "terminals/terminals.html"
    page_title = gettext_lazy("Shared devices")
    header_icon = "desktop"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": str(self.page_title)}]

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"organisations": self.organisations}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "terminals": Terminal.objects.filter(
                organisation__in=self.organisations
            ).select_related("organisation", "switched_on_by"),
            "several": len(self.organisations) > 1,
        }

    def form_invalid(self, form: TerminalForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: TerminalForm) -> HttpResponse:
        """Make this browser a shared device, and sign its first person out: the one who did it."""
        terminal = switch_on(actor=self.actor, **form.cleaned_data)
        logout(self.request)
        self.request.terminal = terminal  # type: ignore[attr-defined]
        response = redirect("login")
        remember_device(response, terminal, secure=self.request.is_secure())
        return response


class SwitchOffView(View):
    """Switch a device off; one of another authority does not exist here."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, terminal: str) -> HttpResponse:
        found = get_object_or_404(
            Terminal.objects.filter(
                organisation__in=organisations_where(request.user, MANAGE)
            ).select_related("organisation"),
            uuid=terminal,
        )
        is_this_one = getattr(request, "terminal", None) == found
        switch_off(terminal=found, actor=request.user)  # type: ignore[arg-type]
        messages.success(
            request, _("“%(name)s” is no shared device any more.") % {"name": found.name}
        )
        response = redirect("terminals")
        if is_this_one:
            response.delete_cookie(COOKIE)
        return response


@never_cache
@require_http_methods(["GET", "POST"])
def time_left(request: HttpRequest) -> JsonResponse:
    """How many seconds a session lasts without input; by POST, after this one (WCAG 2.2.1)."""
    if not request.user.is_authenticated:
        return JsonResponse({"seconds": 0}, status=401)
    return JsonResponse({"seconds": int(seconds_left(request) or 0)})
