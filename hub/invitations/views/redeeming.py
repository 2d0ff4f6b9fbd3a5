"""Einladung einlösen: type the code, choose a password, go on to learning."""

from __future__ import annotations

import time
from typing import cast

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import translate_url
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from hub.invitations.actions import SpentError, find, opened
from hub.invitations.actions import redeem as redeem_letter
from hub.invitations.forms import CodeForm, PasswordForm
from hub.organisations.models import User
from hub.rate_limits import RateLimit, place_of

#: So many codes a minute from one place. A code holds 60 random bits; a group that is shown round
#: at one computer types no more.
GUESSES = RateLimit("invitations.redeem", limit=20, window=60)
#: After so many seconds a code that was typed must be typed anew: somebody may have left.
PATIENCE = 15 * 60
_OPENED = "invitations.opened"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def redeem(request: HttpRequest) -> HttpResponse:
    """Ask for the code. One that nobody has is answered like one that has expired."""
    form = CodeForm(request.POST or None)
    if request.method != "POST":
        return render(request, "invitations/redeem.html", {"form": form})
    if not GUESSES.allows(place_of(request)):
        response = render(request, "invitations/later.html", status=429)
        response["Retry-After"] = str(GUESSES.window)
        return response
    if form.is_valid():
        if letter := find(form.cleaned_data["code"]):
            request.session[_OPENED] = [str(letter.uuid), int(time.time())]
            return redirect("invitations:password")
        form.add_error("code", _not_valid())
    return render(request, "invitations/redeem.html", {"form": form}, status=422)


def _not_valid() -> str:
    return _(
        "This code is not valid. Please compare it with the letter. A code can be used once, until "
        "the day in the letter, and not if there is a newer letter. You get a new letter from HR "
        "of your authority."
    )


@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Ask for a password, and sign the person in. Only her first name is shown before."""
    uuid, typed_at = request.session.get(_OPENED) or ("", 0)
    letter = opened(uuid) if uuid and time.time() - typed_at < PATIENCE else None
    if letter is None:
        return _begin_anew(request)
    form = PasswordForm(letter.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = redeem_letter(invitation=letter, password=form.cleaned_data["new_password1"])
        except SpentError:
            return _begin_anew(request)
        request.session.pop(_OPENED, None)
        login(request, user, backend=_BACKEND)
        return redirect("invitations:welcome")
    return render(
        request,
        "invitations/password.html",
        {"form": form, "first_name": letter.user.first_name, "authority": letter.organisation},
        status=422 if form.errors else 200,
    )


def _begin_anew(request: HttpRequest) -> HttpResponse:
    if request.session.pop(_OPENED, None):
        form = CodeForm({"code": ""})
        form.errors.clear()
        form.add_error("code", _("That took long. Please type the code once more."))
        return render(request, "invitations/redeem.html", {"form": form}, status=422)
    return redirect("invitations:redeem")


@login_required
@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """Name what the person signs in with, and let her choose the language she learns in."""
    learning = resolve_url(settings.LOGIN_REDIRECT_URL)
    return render(
        request,
        "invitations/welcome.html",
        {
            "user_name": cast(User, request.user).username,
            "languages": [
                (code, get_language_info(code)["name_local"], translate_url(learning, code))
                for code, _name in settings.LANGUAGES
            ],
        },
    )
