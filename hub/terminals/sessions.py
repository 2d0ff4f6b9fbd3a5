"""Which browser is a shared device, and how long a session lasts there.

How long it may last stands in the session itself: the server ends it also where the cookie of the
device is missing.
"""

from __future__ import annotations

import time
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from hub.organisations.models import User

from .models import Terminal

#: Of the device; longer than any browser keeps one that is not renewed.
COOKIE, SALT = "hub_terminal", "hub.terminals"
COOKIE_SECONDS = 400 * 24 * 3600
#: In the session: minutes without input, and when the last one came.
KEY = "terminals.minutes_and_seen"
#: Input is written down this often; a session lasts as much longer, never shorter.
STEP = 15


def terminal_of(request: HttpRequest) -> Terminal | None:
    """The device a request comes from, if it is a shared one; no query for any other."""
    if COOKIE not in request.COOKIES:
        return None
    try:
        found = signing.loads(request.COOKIES[COOKIE], salt=SALT)
    except signing.BadSignature:
        return None
    return Terminal.objects.filter(uuid=found).first()


def remember_device(response: HttpResponseBase, terminal: Terminal, *, secure: bool) -> None:
    """Let the browser be this device from now on."""
    response.set_cookie(
        COOKIE,
        signing.dumps(str(terminal.uuid), salt=SALT),
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=secure,
    )


def begin(request: HttpRequest, terminal: Terminal) -> None:
    """Let the session be a short one, which also ends with the browser."""
    request.session[KEY] = [terminal.minutes, time.time()]
    request.session.set_expiry(0)


def begin_at_signing_in(sender: type, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Of a session at a shared device."""
    if terminal := getattr(request, "terminal", None):
        begin(request, terminal)


def seconds_left(request: HttpRequest) -> float | None:
    """How long the session lasts without input; ``None`` where it is no short one."""
    kept = request.session.get(KEY)
    if kept is None:
        return None
    minutes, seen_at = kept
    left: float = minutes * 60 + seen_at - time.time()
    return left


def is_over(request: HttpRequest) -> bool:
    """Whether nobody has done anything for too long."""
    left = seconds_left(request)
    return left is not None and left < -STEP


def touch(request: HttpRequest) -> None:
    """Count this request as input."""
    if kept := request.session.get(KEY):
        minutes, seen_at = kept
        if time.time() - seen_at >= STEP:
            request.session[KEY] = [minutes, time.time()]
