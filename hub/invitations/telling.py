"""What a person learns of letters for her account: they open what nobody else may see."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from hub.organisations.models import User

from .models import Invitation


def tell_of_open_letter(sender: type, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Say at signing in that somebody has written a letter with which the password can be set."""
    letter = Invitation.objects.valid().filter(user=user).select_related("organisation").first()
    if letter is None:
        return
    messages.warning(
        request,
        _(
            "On %(day)s an invitation letter was written for you, with which a new password can be "
            "set for your account. If you have not got it or need none, please tell this office, "
            "which can revoke it: %(hr)s."
        )
        % {
            "day": date_format(localtime(letter.written_at), "SHORT_DATE_FORMAT"),
            "hr": letter.organisation.hr_label,
        },
        # Scripts and tests sign people in without a page.
        fail_silently=True,
    )
