"""The log of every list that was handed over."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.timezone import localdate, localtime
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
    #: Where programs read the list: with which token, on which day, in how many requests. One run
    #: stands for all of them with the same filters; its rows are those of all of them together.
    api_token = models.ForeignKey(
        "ApiToken",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="export_runs",
        verbose_name=_("token"),
    )
    api_day = models.DateField(null=True, blank=True, editable=False)
    request_count = models.PositiveIntegerField(
        _("requests"), null=True, blank=True, editable=False
    )
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
            ),
            models.UniqueConstraint(
                fields=["api_token", "api_day", "exporter", "filter_key"],
                condition=models.Q(api_token__isnull=False),
                name="exports_run_one_of_a_day",
            ),
        ]

    @property
    def reference(self) -> str:
        """Its number as people write it, for example 2026-17; of one authority there is one."""
        return f"{self.year}-{self.number}"

    def __str__(self) -> str:
        return f"{self.exporter} · {localtime(self.created_at):%d.%m.%Y %H:%M}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def not_ended(self) -> ApiTokenQuerySet:
        """Neither revoked nor expired; each may still stand still with its maker."""
        return self.filter(revoked_at=None, expires_on__gte=localdate())


class ApiToken(models.Model):
    """With it a program reads lists of one authority, as long as who made it may hand them over.

    The secret itself is shown once and not kept. A token is never deleted: the log names it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="api_tokens",
        verbose_name=_("authority"),
    )
    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(_("purpose"), max_length=300)
    #: The keys of the lists it may read.
    scopes = models.JSONField(_("lists"), default=list)
    #: How its secret begins: enough to recognise it, too little to guess the rest.
    hint = models.CharField(_("begins with"), max_length=20, editable=False)
    #: SHA-256 of the whole secret. That has 256 random bits, so nobody finds it by trying.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="hr_api_tokens",
        verbose_name=_("made by"),
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    #: The last day on which it works.
    expires_on = models.DateField(_("works until"))
    last_used_on = models.DateField(_("last used on"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("revoked by"),
        help_text=_("Empty: an operator, by a command."),
    )

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("token of the interface")
        verbose_name_plural = _("tokens of the interface")
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        permissions = [("manage_apitoken", _("Can make and revoke tokens of the interface"))]
        constraints = [
            # The log names tokens: two of one name could not be told apart there.
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="exports_token_one_name",
                violation_error_message=_(
                    "There is or was a token of this name. Please choose another name."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


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
