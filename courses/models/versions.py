"""Inhaltsstände: the frozen texts that evidence refers to."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ContentVersion(models.Model):
    """The frozen content of one published version of a unit (course or activity) in one language.

    Shared by all who learn it, made when it is published or first needed, never changed and never
    deleted while something refers to it. It survives edited, moved and deleted pages and purged
    revisions; that is why it points to none of them.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit_key = models.UUIDField(_("unit"), editable=False)
    #: The model that was frozen, as "app.model": it knows how its versions are shown. Empty where
    #: nobody knows any more.
    unit_type = models.CharField(max_length=100, blank=True, default="", editable=False)
    language = models.CharField(_("language"), max_length=20, editable=False)
    number = models.PositiveIntegerField(_("number"), editable=False)
    title = models.CharField(_("title"), max_length=255, editable=False)
    content = models.JSONField(_("content"), editable=False)
    sha256 = models.CharField(_("checksum"), max_length=64, editable=False)
    is_substantive = models.BooleanField(_("substantive change"), default=True, editable=False)
    #: Counts the substantive changes of the unit, over all its languages: a text of a lower edition
    #: lacks one. The first text is edition 1, and an editorial change keeps the edition.
    edition = models.PositiveIntegerField(_("edition"), default=1, editable=False)
    published_at = models.DateTimeField(_("published at"), editable=False)

    class Meta:
        verbose_name = _("content version")
        verbose_name_plural = _("content versions")
        ordering = ["unit_key", "language", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_key", "language", "number"],
                name="courses_contentversion_unique_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.label}"

    @property
    def label(self) -> str:
        """“Version 4 of 12.03.2027”, in the language of this request: where its unit is named."""
        return self.label_at()

    def label_at(self, place: str = "") -> str:
        """“Module 2, version 4 of 12.03.2027”, with the place of its unit in the course."""
        return version_label(self.number, self.published_at, place)


def version_label(number: int, published_at: datetime, place: str = "") -> str:
    """How a version is written wherever people read it; without the place where none is known."""
    label = gettext("Version %(number)d of %(date)s") % {
        "number": number,
        "date": date_format(localdate(published_at), "SHORT_DATE_FORMAT"),
    }
    return (
        gettext("%(place)s, %(version)s") % {"place": place, "version": label} if place else label
    )
