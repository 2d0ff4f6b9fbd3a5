"""What a mail server's answer means for the mail that was tried; values in, values out."""

from __future__ import annotations

import re
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

from django.db import models
from django.utils.translation import gettext_lazy as _

#: Replies that mean the address where the server says nothing more exact (RFC 5321, 4.2; RFC 7504).
ADDRESS_CODES = frozenset({550, 551, 553, 556})
#: The server closes the connection, whatever was asked (RFC 5321, 3.8).
CLOSING = 421
#: "Bad sender's mailbox address": not the recipient's (RFC 3463, 3.2).
ABOUT_THE_SENDER = frozenset({"1.7", "1.8"})
#: "Mailbox full" is no end (RFC 3463, 3.3).
FULL = "2.2"
FIRST_DISTANCE = timedelta(minutes=15)
LONGEST_DISTANCE = timedelta(hours=12)


class MailProblem(models.TextChoices):
    """Why a mail was not sent at the latest try; says nothing of its content."""

    SERVER = "server", _("the mail server cannot be reached or sends nothing for the hub")
    LATER = "later", _("the mail server asks to try again later")
    MESSAGE = "message", _("the mail server does not take the message")
    ADDRESS = "address", _("the address does not exist")
    INVALID = "invalid", _("the address is not written correctly")
    TOO_LONG = "too_long", _("tried for too long without success")


def problem_of(error: OSError) -> MailProblem:
    """What kept a mail from being sent.

    ``SERVER`` concerns every other mail as well, ``ADDRESS`` is final; else it is tried again.
    """
    if isinstance(error, SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _of_recipient(code, text.decode("ascii", "replace"))
    if isinstance(error, SMTPDataError) and error.smtp_code != CLOSING:
        return MailProblem.LATER if error.smtp_code < 500 else MailProblem.MESSAGE
    return MailProblem.SERVER


def was_answered(error: OSError) -> bool:
    """Whether the server said no, so that the mail was certainly not sent.

    Where a connection breaks off, the server may have taken it before.
    """
    return isinstance(error, SMTPResponseException | SMTPRecipientsRefused)


def _of_recipient(code: int, text: str) -> MailProblem:
    if code == CLOSING:
        return MailProblem.SERVER
    if code < 500:
        return MailProblem.LATER
    detail = re.match(r"5\.(\d{1,3}\.\d{1,3})\b", text)
    if detail is None:
        return MailProblem.ADDRESS if code in ADDRESS_CODES else MailProblem.MESSAGE
    if detail[1] == FULL:
        return MailProblem.LATER
    is_address = detail[1].startswith(("1.", "2.")) and detail[1] not in ABOUT_THE_SENDER
    return MailProblem.ADDRESS if is_address else MailProblem.MESSAGE


def distance(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time, half a day at most."""
    return min(FIRST_DISTANCE * 2 ** min(tries - 1, 10), LONGEST_DISTANCE)
