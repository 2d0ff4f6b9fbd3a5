"""The log of every list that was handed over."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Organisation
from hub.storage import private_storage

#: Where private files lie: what is kept to be fetched, and what changes are told from.
FILES_FOLDER = "hand-overs"
DIGESTS_FOLDER = "hand-over-digests"


class ExportRun(models.Model):
    """Somebody took a list out of the hub: who, which, what for, how many rows (GDPR Art. 5(2)).

    What takes long to make is kept until ``expires_at``, to be fetched; then only the log remains.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="export_runs",
        verbose_name=_("person"),
        help_text=_("Empty: an operator, by a command."),
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="export_runs",
        verbose_name=_("authority"),
    )
    #: Of its hand-overs in a year, without a gap.
    year = models.PositiveSmallIntegerField(_("year"), editable=False)
    number = models.PositiveIntegerField(_("number"), editable=False)
    exporter = models.CharField(_("list"), max_length=60)
    file_format = models.CharField(_("format"), max_length=10)
    purpose = models.CharField(_("purpose"), max_length=300)
    filters = models.JSONField(_("filters"), default=dict)
    filter_key = models.CharField(max_length=64, blank=True, editable=False)
    # As people read them on that day: a department may be renamed or deleted later.
    filter_words = models.JSONField(default=list, editable=False)
    #: Where it hands over changes only: those since this one.
    since = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="later_changes",
        verbose_name=_("changes since"),
    )
    language = models.CharField(_("language"), max_length=10, blank=True, editable=False)
    #: Keys and keyed digests of all rows of the list then, see ``changes``; they go together.
    digests = models.FileField(
        upload_to=f"{DIGESTS_FOLDER}/", storage=private_storage, blank=True, editable=False
    )
    digest_secret = models.BinaryField(null=True, blank=True, editable=False)
    in_background = models.BooleanField(default=False, editable=False)
    row_count = models.PositiveIntegerField(_("rows"), null=True, blank=True)
    sha256 = models.CharField(_("checksum"), max_length=64, blank=True)
    #: Of the list of files inside, where the file is a pack that has one.
    manifest_sha256 = models.CharField(_("checksum of the manifest"), max_length=64, blank=True)
    file = models.FileField(
        _("file"), upload_to=f"{FILES_FOLDER}/", storage=private_storage, blank=True, editable=False
    )
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    #: When the last byte left the hub; what was made in the background waits to be fetched.
    handed_over_at = models.DateTimeField(
        _("handed over at"), null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ["-created_at", "-pk"]
        permissions = [("audit_exportrun", _("Can audit the log of hand-overs"))]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "year", "number"], name="exports_run_one_number"
            )
        ]

    @property
    def reference(self) -> str:
        """Its number as people write it, for example 2026-17; of one authority there is one."""
        return f"{self.year}-{self.number}"

    def __str__(self) -> str:
        return f"{self.exporter} · {localtime(self.created_at):%d.%m.%Y %H:%M}"


class ReportSwitch(models.Model):
    """An authority has decided whether an evaluation is there for it, and what it is for.

    Without a row the default of the evaluation holds. Each change is in the log.
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="report_switches",
        verbose_name=_("authority"),
    )
    #: The key in the registry.
    report = models.CharField(_("evaluation"), max_length=60)
    is_on = models.BooleanField(_("switched on"), default=False)
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("changed by"),
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("switch of an evaluation")
        verbose_name_plural = _("switches of evaluations")
        default_permissions = ()
        permissions = [
            ("switch_reports", _("Can switch evaluations on and off")),
            ("view_report_catalogue", _("Can see the catalogue of evaluations")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "report"], name="exports_report_switch_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.report} · {self.organisation}"
