"""Codes with which people join the account of their former authority with the one of the next."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TransferCodeQuerySet(models.QuerySet["TransferCode"]):
    def valid(self, on: date | None = None) -> TransferCodeQuerySet:
        """Codes that can be used on a day, today if none is given."""
        return self.filter(expires_on__gte=on or timezone.localdate())


class TransferCode(models.Model):
    """Umzugscode: whoever has it may take the account along into her own one, once.

    A person has one at most: a new one takes the place of the older. It goes when it is used; what
    was done with it says the ``AccountMerge``.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("person"),
    )
    #: See ``actions.hashed``.
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    #: The last day on which it can be used.
    expires_on = models.DateField(_("valid until"))

    objects = TransferCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer code")
        verbose_name_plural = _("transfer codes")
        default_permissions = ()

    def __str__(self) -> str:
        # No name: logs are read by more people than the person herself.
        return str(self.expires_on)
