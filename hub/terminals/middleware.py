"""Sessions at shared devices are short, and nothing of them stays in the browser."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from hub.middleware import GetResponse

from .models import Terminal
from .sessions import COOKIE, KEY, begin, is_over, remember_device, terminal_of, touch


def keep_shared_devices_clean(get_response: GetResponse) -> GetResponse:
    """End sessions without input, and let no page stay behind; ``request.terminal`` is the device.

    What is sent when a session is over goes on as nobody's: a quiz keeps it until the person has
    signed in again.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        # Pictures of the editors are for everybody, and kept by browsers.
        if request.path.startswith(settings.MEDIA_URL):
            return get_response(request)
        terminal = request.terminal = terminal_of(request)  # type: ignore[attr-defined]
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if terminal is None and not (has_session and KEY in request.session):
            return _forgotten(get_response(request), request)
        was_signed_in = has_session and request.user.is_authenticated
        asks_for_time = request.path == reverse("terminals:time")
        if was_signed_in and terminal and KEY not in request.session:
            begin(request, terminal)
        if was_signed_in and is_over(request):
            logout(request)
            if request.method in ("GET", "HEAD") and not asks_for_time:
                # Without the way back: the next person is another one.
                ended = redirect(f"{reverse(settings.LOGIN_URL)}?abgelaufen=1")
                return _cleaned(ended, request, terminal, has_left=True)
        elif was_signed_in and not (asks_for_time and request.method == "GET"):
            touch(request)
        response = get_response(request)
        has_left = was_signed_in and not request.user.is_authenticated
        return _cleaned(response, request, terminal, has_left=has_left)

    return middleware


def _forgotten(response: HttpResponseBase, request: HttpRequest) -> HttpResponseBase:
    """Take the cookie from a device that was switched off, unless it was just switched on."""
    if COOKIE in request.COOKIES and COOKIE not in response.cookies:
        response.delete_cookie(COOKIE)
    return response


def _cleaned(
    response: HttpResponseBase, request: HttpRequest, terminal: Terminal | None, *, has_left: bool
) -> HttpResponseBase:
    if "public" not in response.headers.get("Cache-Control", ""):
        response.headers["Cache-Control"] = "private, no-store"
    if has_left:
        # Places in texts, and what the person was going to be told.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        response.delete_cookie("messages")
    if terminal is None:
        return _forgotten(response, request)
    if request.path == reverse(settings.LOGIN_URL):
        remember_device(response, terminal, secure=request.is_secure())
    return response
