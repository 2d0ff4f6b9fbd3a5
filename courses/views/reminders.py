"""Meine Erinnerungen: what a person wants of the mails that remind her, and the link in them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from courses.forms import OwnRemindersForm
from courses.models import ReminderSettings
from courses.permissions import learner_membership
from courses.reminding import language_of, stop_optional, user_of


@login_required
def own_reminders(request: HttpRequest) -> HttpResponse:
    """The person's own choice; what is mandatory stays."""
    membership = learner_membership(request)
    user = membership.user
    own = ReminderSettings.objects.filter(user=user).first() or ReminderSettings(user=user)
    form = OwnRemindersForm(request.POST or None, instance=own, language=language_of(own))
    if request.method == "POST" and form.is_valid():
        # Not by the form: a double click would make two rows.
        ReminderSettings.objects.update_or_create(user=user, defaults=form.cleaned_data)
        messages.success(request, _("Your settings are saved."))
        return redirect("courses:own_reminders")
    return render(
        request, "courses/reminders/own_reminders.html", {"form": form, "membership": membership}
    )


# Mail programs send it without a cookie (RFC 8058); the token says that the hub wrote the link.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to stop reminders of what is not mandatory, and do it by POST.

    Says nothing about whose link it is. Opening it changes nothing: filters of mail servers do.
    """
    user = user_of(token)
    if user is not None and request.method == "POST":
        stop_optional(user)
    response = render(
        request,
        "courses/reminders/unsubscribe.html",
        {"is_known": user is not None, "is_done": request.method == "POST"},
        status=404 if user is None else 200,
    )
    response["X-Robots-Tag"] = "noindex"
    return response
