"""Zusammenführungen: two accounts of one person have become one."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from .organisations import Organisation
from .people import User

#: For so long a merge can be undone, and what that takes is kept.
UNDO_PERIOD = timedelta(days=30)


class AccountMergeQuerySet(models.QuerySet["AccountMerge"]):
    def standing(self) -> AccountMergeQuerySet:
        """Merges that were not undone."""
        return self.filter(undone_at__isnull=True)

    def untold(self, user_id: int | None) -> AccountMergeQuerySet:
        """What the person who signs in with an account has not been told of her accounts."""
        untold = self.filter(kept=user_id, told_at__isnull=True)
        return untold.select_related("gone", "organisation").order_by("merged_at", "pk")

    def expired(self, now: datetime) -> AccountMergeQuerySet:
        """Those that can no longer be undone, with what that would take."""
        return self.filter(merged_at__lte=now - UNDO_PERIOD).exclude(steps=[])


class AccountMerge(models.Model):
    """What was learnt in two accounts belongs to one of them; the other one is closed, not deleted.

    ``steps`` is what was done, row by row, and what undoing it takes (``merging.steps``). It may
    hold whole rows, so nobody is shown it, and it goes when the time for undoing is over.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kept = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("account that stays")
    )
    gone = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("account that is closed")
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("authority"),
        help_text=_("Empty: the accounts had no authority in common."),
    )
    reason = models.TextField(_("reason"), max_length=500)
    steps = models.JSONField(default=list, editable=False)
    merged_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("merged by")
    )
    merged_at = models.DateTimeField(_("merged at"))
    undone_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_reason = models.TextField(_("reason of undoing it"), max_length=500, blank=True)
    #: When the person said that she has read of it.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AccountMergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of accounts")
        verbose_name_plural = _("merges of accounts")
        default_permissions = ()
        permissions = [("merge_accounts", _("Can merge duplicate accounts"))]
        ordering = ["-merged_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["gone"],
                condition=Q(undone_at__isnull=True),
                name="organisations_merge_one_standing",
            ),
            models.CheckConstraint(
                condition=~Q(kept=F("gone")), name="organisations_merge_two_accounts"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="organisations_merge_has_reason"),
        ]

    def __str__(self) -> str:
        # No name: logs are read by more people than may merge.
        return date_format(timezone.localtime(self.merged_at), "SHORT_DATETIME_FORMAT")

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None

    @property
    def undo_until(self) -> datetime:
        """Until when it can be undone."""
        return self.merged_at + UNDO_PERIOD
