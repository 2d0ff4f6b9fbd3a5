"""The mail itself: text, HTML and calendar, in the language of the person."""

from __future__ import annotations

from datetime import datetime
from email.mime.text import MIMEText

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from hub.mails.addresses import absolute
from hub.mails.headers import automatic_headers

from .calendar import calendar_of
from .contents import Letter
from .unsubscribing import unsubscribe_url

CALENDAR_NAME = "fristen.ics"


def message_of(letter: Letter, now: datetime) -> EmailMultiAlternatives:
    """The mail to a person; the same digest has the same ``Message-ID`` however often it is tried.

    Mail programs answer nothing to it (RFC 3834), and offer to stop what need not be (RFC 8058).
    """
    with override(letter.language):
        stop = unsubscribe_url(letter.user, letter.language) if letter.can_be_stopped else ""
        subject = _subject(letter)
        context = {
            "letter": letter,
            "language": letter.language,
            "subject": subject,
            "desk_url": absolute(reverse("courses:my_learning")),
            "settings_url": absolute(reverse("courses:own_reminders")),
            "stop_url": stop,
        }
        message = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("courses/reminders/reminder.txt", context),
            to=[letter.user.email],
            reply_to=[settings.REMINDERS_REPLY_TO] if settings.REMINDERS_REPLY_TO else None,
            headers=_headers(letter, stop),
        )
        message.attach_alternative(
            render_to_string("courses/reminders/reminder.html", context), "text/html"
        )
        message.attach(_attachment(calendar_of(letter, now)))
    return message


def _subject(letter: Letter) -> str:
    count = len(letter.matters)
    if count == 1:
        return _("Reminder: %(course)s") % {"course": letter.matters[0].title}
    return ngettext(
        "Reminder: %(count)d course is open", "Reminder: %(count)d courses are open", count
    ) % {"count": count}


def _headers(letter: Letter, stop: str) -> dict[str, str]:
    headers = automatic_headers(letter.digest.uuid, letter.language)
    if stop:
        headers["List-Unsubscribe"] = f"<{stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _attachment(content: bytes) -> MIMEText:
    part = MIMEText(content.decode(), "calendar", "utf-8")
    part.set_param("method", "PUBLISH")
    part.add_header("Content-Disposition", "attachment", filename=CALENDAR_NAME)
    return part
