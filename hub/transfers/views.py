"""Behördenwechsel: a code from the old account, and what comes along into the new one."""

from __future__ import annotations

import time
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from courses.course_titles import titles_of
from courses.models import Enrolment
from hub.organisations.merging.actions import NotAsShown, Preview
from hub.organisations.models import Membership, User
from hub.organisations.permissions import active_membership
from hub.rate_limits import RateLimit

from .actions import DAYS, NotPossible, find, hashed, looked_at, make_code, may_move, take_along
from .forms import TransferCodeForm
from .models import TransferCode

#: So many codes in ten minutes by one person. A code holds 60 random bits.
GUESSES = RateLimit("transfers.code", limit=10, window=600)
#: After so many seconds a code that was typed must be typed anew: somebody may have left the desk.
PATIENCE = 15 * 60
_TYPED = "transfers.typed"


@never_cache
@login_required
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """What a person can do who leaves an authority or has come to one; a code is typed here."""
    form = TransferCodeForm(request.POST or None)
    if request.method != "POST":
        return _start(request, form)
    user = cast(User, request.user)
    if not GUESSES.allows(str(user.pk)):
        form.add_error("code", _("You have tried very often. Please wait ten minutes."))
        response = _start(request, form, status=429)
        response["Retry-After"] = str(GUESSES.seconds_left())
        return response
    if form.is_valid():
        found = find(hashed(form.cleaned_data["code"]))
        try:
            if found is not None:
                looked_at(found, user=user)
                request.session[_TYPED] = [found.code_hash, int(time.time())]
                return redirect("transfers:take")
            form.add_error("code", _not_valid())
        except NotPossible as refusal:
            form.add_error("code", list(refusal.reasons))
    return _start(request, form, status=422)


def _not_valid() -> str:
    return _(
        "This code is not valid. Please compare it with what you wrote down. A code can be used "
        "once, for %(days)d days, and not if there is a newer one."
    ) % {"days": DAYS}


def _start(request: HttpRequest, form: TransferCodeForm, status: int = 200) -> HttpResponse:
    user = cast(User, request.user)
    membership = active_membership(user)
    context = {
        "form": form,
        "membership": membership,
        "may_move": may_move(user),
        "code_there": TransferCode.objects.valid().filter(user=user).first(),
        "days": DAYS,
    }
    return render(request, "transfers/start.html", context, status=status)


@never_cache
@login_required
@sensitive_variables("code_words")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Make a code and show it, this once; nobody can read it again.

    Whose session ended meanwhile comes back by GET and finds the button again.
    """
    if request.method != "POST":
        return redirect("transfers:start")
    try:
        code_words = make_code(user=cast(User, request.user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("transfers:start")
    made = TransferCode.objects.get(user=request.user.pk)
    return render(request, "transfers/code.html", {"code": code_words, "made": made})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take(request: HttpRequest) -> HttpResponse:
    """What would come along, and taking it as it was shown."""
    user = cast(User, request.user)
    code_hash, typed_at = request.session.get(_TYPED) or ("", 0)
    found = find(code_hash) if code_hash and time.time() - typed_at < PATIENCE else None
    if found is None:
        messages.info(request, _("Please type your transfer code once more."))
        return redirect("transfers:start")
    try:
        if request.method != "POST":
            return _take(request, found, looked_at(found, user=user))
        take_along(code=found, user=user, confirmed=request.POST.get("confirmed", ""))
    except NotPossible as refusal:
        messages.error(request, " ".join(refusal.reasons))
        return redirect("transfers:start")
    except NotAsShown as change:
        if not change.preview.is_possible:
            messages.error(request, " ".join(change.preview.plan.obstacles))
            return redirect("transfers:start")
        return _take(request, found, change.preview, status=409)
    request.session.pop(_TYPED, None)
    messages.success(
        request,
        _("What you learnt before is here now. Your former account is closed."),
    )
    # Who works nowhere today has nobody to show it to.
    return redirect("courses:releases" if active_membership(user) else "transfers:start")


def _take(
    request: HttpRequest, found: TransferCode, shown: Preview, status: int = 200
) -> HttpResponse:
    rows = list(Enrolment.objects.filter(user=found.user).order_by("completed_at", "pk"))
    titles = titles_of({row.course_key for row in rows})
    context: dict[str, Any] = {
        "gone": found.user,
        "preview": shown,
        "is_changed": status == 409,
        "employments": Membership.objects.filter(user=found.user)
        .select_related("organisation")
        .order_by("starts_on", "pk"),
        "courses": [(titles.get(row.course_key, _("Course")), row) for row in rows],
        "membership": active_membership(request.user),
    }
    return render(request, "transfers/take.html", context, status=status)
