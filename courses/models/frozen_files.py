"""Pictures and documents as texts showed them once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.storage import private_storage


class FrozenFile(models.Model):
    """A copy of a picture or document of the library that a content version shows.

    The library's own file can be replaced or deleted at any time. Versions name files by checksum,
    so one that many versions show is kept once.
    """

    sha256 = models.CharField(_("checksum"), max_length=64, unique=True, editable=False)
    file = models.FileField(_("file"), upload_to="shown/", storage=private_storage, editable=False)
    name = models.CharField(_("name of the file"), max_length=255, editable=False)

    class Meta:
        verbose_name = _("file of content versions")
        verbose_name_plural = _("files of content versions")

    def __str__(self) -> str:
        return self.name
