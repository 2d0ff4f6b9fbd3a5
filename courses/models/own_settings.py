"""What a person sets for herself, and nobody else can look up."""

from __future__ import annotations

from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from courses.enums import MoreTime
from hub.organisations.models import User


class OwnSettingsManager(models.Manager["OwnSettings"]):
    def of(self, user: User) -> OwnSettings:
        """The settings of a person, not saved if she never set any; one query."""
        key = owner_key(user)
        return self.filter(owner_key=key).first() or OwnSettings(owner_key=key)


class OwnSettings(models.Model):
    """A person's own settings for learning.

    Who needs more time may have a disability, which is nobody's business but her own (Art. 9
    GDPR). So no row leads to a person: the key is made of hers and the secret of the installation.
    No list, export or view of the administration shows this table, and no query joins it.
    """

    owner_key = models.CharField(max_length=64, primary_key=True, editable=False)
    more_time = models.CharField(
        _("More time in tests with a time limit"),
        max_length=10,
        choices=MoreTime.choices,
        default=MoreTime.NORMAL,
    )

    #: The key of another account of hers, where its settings were taken over in a merge, as long
    #: as that can be undone and she has not chosen for herself. Like all keys, it leads to nobody.
    copied_from = models.CharField(max_length=64, blank=True, editable=False)

    objects = OwnSettingsManager()

    class Meta:
        verbose_name = _("own settings")
        verbose_name_plural = _("own settings")
        default_permissions = ()

    def __str__(self) -> str:
        return self.owner_key[:8]


def owner_key(user: User) -> str:
    """The key of a person's settings; only who knows the secret of the installation can make it."""
    return salted_hmac("courses.own_settings", str(user.uuid), algorithm="sha256").hexdigest()
