"""Devices that several people use one after the other."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Organisation


class Terminal(models.Model):
    """A browser, in a Bauhof for example, that is known to be shared.

    A signed cookie there holds ``uuid``. Who uses the device is written nowhere.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("authority")
    )
    name = models.CharField(
        _("name"), max_length=60, help_text=_("For example: Bauhof, break room")
    )
    #: Without input; then the session ends.
    minutes = models.PositiveSmallIntegerField(_("minutes without input"), default=10)
    # That the device is shared stays when the account goes.
    switched_on_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("switched on by"),
    )
    switched_on_at = models.DateTimeField(_("switched on at"), default=timezone.now)

    class Meta:
        verbose_name = _("shared device")
        verbose_name_plural = _("shared devices")
        default_permissions = ()
        permissions = [("manage_terminals", _("Manage shared devices"))]
        ordering = ["organisation__name", "name", "pk"]

    def __str__(self) -> str:
        return self.name
