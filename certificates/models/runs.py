"""Issuing many at once, with its progress."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Organisation, User

#: After so long without progress nobody is at work any more.
SILENCE = timedelta(minutes=2)


class RunKind(models.TextChoices):
    """What many certificates are issued for."""

    MISSING = "missing", _("issue what is missing")
    RENAMED = "renamed", _("issue anew with changed names")


class IssueRun(models.Model):
    """Certificates issued one after the other in the background.

    What is left to do is always asked of the database, so a run that stopped goes on where it was,
    and two at once issue nothing twice. ``done``, ``failed`` and ``last_key`` only tell how far it
    is: the primary key of the row that was looked at last.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("what for"), max_length=20, choices=RunKind.choices)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("authority"),
    )
    # That it happened stays when the account goes.
    started_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    total = models.PositiveIntegerField(_("all"), default=0)
    done = models.PositiveIntegerField(_("issued"), default=0)
    failed = models.PositiveIntegerField(_("could not be issued"), default=0)
    last_key = models.PositiveBigIntegerField(default=0, editable=False)
    started_at = models.DateTimeField(_("started at"), default=timezone.now)
    progressed_at = models.DateTimeField(_("last progress at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("issuing of many certificates")
        verbose_name_plural = _("issuings of many certificates")
        default_permissions = ()
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.done}/{self.total}"

    @property
    def looked_at(self) -> int:
        return self.done + self.failed

    @property
    def has_stopped(self) -> bool:
        """Whether it is not finished and nobody seems to be at work."""
        return self.finished_at is None and timezone.now() - self.progressed_at > SILENCE
