"""Answers that belong to no app."""

import os.path
from typing import Any

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.static import serve

from courses.permissions import NoMembership
from hub.organisations.forms import SignInForm
from hub.organisations.models import User


def media(request: HttpRequest, path: str) -> FileResponse:
    """Pictures and logos of the editors, so that the hub needs no second server.

    Documents are none of them: these may be restricted, and have an address that knows it.
    An SVG opened on its own address could run scripts; the policy forbids it everything.
    """
    if os.path.normpath(path).lstrip("/").startswith("documents"):
        raise Http404
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    setattr(  # noqa: B010 - the attribute django-csp reads
        response,
        "_csp_config",
        {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": True},
    )
    response["Cache-Control"] = "public, max-age=3600"
    return response


class LoginView(auth_views.LoginView):
    """Signing in; who is signed in already is sent on."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and self._is_sent_back_in_vain(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def _is_sent_back_in_vain(self, user: User) -> bool:
        """The administration sends people here whom it does not admit, again and again."""
        is_for_administration = self.get_redirect_url().startswith(reverse("wagtailadmin_home"))
        return is_for_administration and not user.has_perm("wagtailadmin.access_admin")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say in words why somebody may not go on, and what to do."""
    return render(
        request,
        "403.html",
        {"has_no_membership": isinstance(exception, NoMembership)},
        status=403,
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form was open for too long, or somebody signed in or out in another tab meanwhile."""
    back = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return render(
        request, "403.html", {"is_stale": True, "back": back if is_ours else "/"}, status=403
    )
