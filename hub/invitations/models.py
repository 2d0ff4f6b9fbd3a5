"""Letters that let people in who have no e-mail, or who forgot their password."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from hub.organisations.models import Organisation


class InvitationState(models.TextChoices):
    """What became of a letter; ``OPEN`` may have expired meanwhile."""

    OPEN = "open", pgettext_lazy("letter", "open")
    REDEEMED = "redeemed", pgettext_lazy("letter", "redeemed")
    REPLACED = "replaced", pgettext_lazy("letter", "replaced by a newer one")
    REVOKED = "revoked", pgettext_lazy("letter", "revoked")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def valid(self) -> InvitationQuerySet:
        """Letters whose code can be redeemed today."""
        return self.filter(state=InvitationState.OPEN, expires_on__gte=timezone.localdate())


class Invitation(models.Model):
    """One letter to one person: whoever has its code sets the password of the account, once.

    The code itself is on paper only.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="invitations",
        verbose_name=_("person"),
    )
    #: Whose HR has written it. When the person leaves it, the letter is worth nothing.
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("authority")
    )
    #: See ``actions.hashed``.
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    state = models.CharField(
        _("status"),
        max_length=20,
        choices=InvitationState.choices,
        default=InvitationState.OPEN,
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("written by"),
    )
    written_at = models.DateTimeField(_("written at"), default=timezone.now)
    #: The last day on which the code can be redeemed.
    expires_on = models.DateField(_("valid until"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation letter")
        verbose_name_plural = _("invitation letters")
        default_permissions = ()
        permissions = [("write_letters", _("Write invitation letters"))]
        ordering = ["-written_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state=InvitationState.OPEN),
                name="invitations_one_open_letter",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id}: {self.get_state_display()}"
