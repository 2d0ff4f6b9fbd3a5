"""Switching reminders off by the link in a mail, without signing in."""

from __future__ import annotations

from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.translation import override

from courses.models import ReminderSettings
from hub.mails.addresses import absolute
from hub.organisations.models import User

_signer = signing.Signer(salt="courses.reminders.unsubscribe")


def unsubscribe_url(user: User, language: str) -> str:
    """The address that stops the reminders of a person; it holds as long as the account does.

    It carries a number that stands nowhere else in public, and can do nothing but this.
    """
    with override(language):
        return absolute(reverse("courses:unsubscribe", args=[_signer.sign(user.uuid.hex)]))


def user_of(token: str) -> User | None:
    """Whose token it is; ``None`` for one that the hub did not write."""
    try:
        return User.objects.filter(uuid=UUID(_signer.unsign(token))).first()
    except (signing.BadSignature, ValueError):
        return None


def stop_optional(user: User) -> None:
    """From now on she is reminded of mandatory courses only; a second call changes nothing."""
    ReminderSettings.objects.update_or_create(user=user, defaults={"only_mandatory": True})
