"""Erinnerungen: the mails that wait or were sent, and what a person wants of them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from courses.enums import DigestState
from hub.mails.refusals import MailProblem
from hub.organisations.models import Organisation, User


class ReminderRun(models.Model):
    """Up to this day everybody who is to be reminded is in the queue.

    One row for each day on which somebody looked. The next run begins the day after the latest, so
    days on which nothing ran are made up for.
    """

    day = models.DateField(_("day"), unique=True)
    ran_at = models.DateTimeField(_("run at"), auto_now_add=True)
    #: How many people were to be reminded but have no e-mail address.
    without_address = models.PositiveIntegerField(_("people without an address"), default=0)

    class Meta:
        verbose_name = _("run of reminders")
        verbose_name_plural = _("runs of reminders")
        default_permissions = ()
        ordering = ["-day"]

    def __str__(self) -> str:
        return str(self.day)


class ReminderDigest(models.Model):
    """One mail to one person on one day, which reminds her of all that is open.

    It holds no course: what the mail says is worked out when it is sent, from the days the reminder
    is for (after ``since``, until ``until``). ``day`` is that on which it is sent; while it waits
    it moves along with today. The constraints hold that nobody gets two on one day.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="+", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="+", verbose_name=_("authority")
    )
    day = models.DateField(_("day"))
    since = models.DateField()
    until = models.DateField()
    state = models.CharField(
        _("status"), max_length=20, choices=DigestState.choices, default=DigestState.WAITING
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    problem = models.CharField(_("problem"), max_length=20, choices=MailProblem.choices, blank=True)
    #: What the refused address was, so that a corrected one is noticed; see ``address_key``.
    refused_address = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(_("waits since"), default=timezone.now)
    #: Not before this moment; while it is being sent, until when the run that has it may take.
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="courses_reminder_one_a_day"),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state__in=[DigestState.WAITING, DigestState.SENDING]),
                name="courses_reminder_one_waiting",
            ),
        ]
        indexes = [models.Index(fields=["state", "day"], name="courses_reminder_queue")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.day}"


def address_key(address: str) -> str:
    """Tells whether an address is still the same, without keeping it."""
    return salted_hmac(
        "courses.reminders.address", address.casefold(), algorithm="sha256"
    ).hexdigest()


class ReminderSettings(models.Model):
    """What a person wants of the mails that remind her. Who never chose anything has no row."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="+", verbose_name=_("person")
    )
    only_mandatory = models.BooleanField(_("Remind me of mandatory courses only"), default=False)
    language = models.CharField(
        _("Language of the mails"), max_length=20, choices=settings.LANGUAGES, blank=True
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("settings for reminders")
        verbose_name_plural = _("settings for reminders")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.user_id)
