"""Views behind a button: signed in, and by POST only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.models import Page

from .lookup import localized_page


def button(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view that changes something for the unit of learning its address names.

    Whose session ended meanwhile comes back from signing in by GET. That changes nothing: it leads
    to the page with the button and asks to press it once more.
    """

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, **unit: UUID) -> HttpResponse:
        if request.method == "POST":
            return view(request, **unit)
        (key,) = unit.values()
        page = localized_page(Page, key)
        messages.info(request, _("You are signed in again. Please press the button once more."))
        return redirect(page.get_url())

    return wrapped
