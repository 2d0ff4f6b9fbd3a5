"""Zählgruppen: who is counted together in figures of groups (decision 0030)."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Audience, Department, Membership, Organisation


class CountingGroup(models.Model):
    """People of one authority who are counted together, once and for good.

    ``department`` and ``audiences`` are what all of them had in common when the group was made. A
    group that is retired is in no figure any more; it stays, so that nobody of it is counted twice.
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="counting_groups",
        verbose_name=_("authority"),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("department"),
    )
    audiences = models.ManyToManyField(
        Audience, blank=True, related_name="+", verbose_name=_("audiences")
    )
    #: How many people it was made of: fewer of them are left when somebody was deleted.
    size = models.PositiveIntegerField(_("size"))
    made_on = models.DateField(_("made on"), default=timezone.localdate)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    class Meta:
        verbose_name = _("counting group")
        verbose_name_plural = _("counting groups")
        default_permissions = ()
        permissions = [
            ("view_figures", _("Can see figures of departments and audiences")),
            ("view_district_figures", _("Can see figures of whole authorities")),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.pk}"


class CountedPerson(models.Model):
    """Somebody is counted with a group, under one employment."""

    group = models.ForeignKey(
        CountingGroup,
        on_delete=models.CASCADE,
        related_name="people",
        verbose_name=_("counting group"),
    )
    membership = models.OneToOneField(
        Membership,
        on_delete=models.CASCADE,
        related_name="counted",
        verbose_name=_("membership"),
    )

    class Meta:
        verbose_name = _("person in a counting group")
        verbose_name_plural = _("people in counting groups")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.group_id} · {self.membership_id}"
