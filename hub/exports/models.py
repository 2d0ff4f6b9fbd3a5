"""The log of every list that was handed over."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext_lazy as _

from hub.mails.refusals import MailProblem
from hub.organisations.models import Organisation
from hub.storage import private_storage

from .rhythms import Rhythm

#: Where private files lie: what is kept to be fetched, and what changes are told from.
FILES_FOLDER = "hand-overs"
DIGESTS_FOLDER = "hand-over-digests"


class ExportRun(models.Model):
    """Somebody took a list out of the hub: who, which, what for, how many rows (GDPR Art. 5(2)).

    What takes long to make, or is made by night, is kept until ``expires_at``, to be fetched; then
    only the log remains.
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
    #: How long it may be made, and its file is then kept.
    days_kept = models.PositiveSmallIntegerField(default=1, editable=False)
    #: Where it is one of a regular hand-over: of which one, and for which of its days.
    schedule = models.ForeignKey(
        "ExportSchedule",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="runs",
        verbose_name=_("regular hand-over"),
    )
    scheduled_for = models.DateField(null=True, blank=True, editable=False)
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
            models.UniqueConstraint(
                fields=["schedule", "scheduled_for"],
                condition=models.Q(schedule__isnull=False),
                name="exports_run_one_of_a_due_day",
            ),
        ]

    @property
    def reference(self) -> str:
        """Its number as people write it, for example 2026-17; of one authority there is one."""
        return f"{self.year}-{self.number}"

    @property
    def lifetime(self) -> timedelta:
        """How long after its beginning it may be made, and after its end its file is kept."""
        return timedelta(days=self.days_kept)

    def __str__(self) -> str:
        return f"{self.exporter} · {localtime(self.created_at):%d.%m.%Y %H:%M}"


class StopReason(models.TextChoices):
    """Why a regular hand-over does not go on, though its last day has not come."""

    ASKED = "asked", _("Somebody has stopped it.")
    LEFT = (
        "left",
        _("The person who set it up does not work for this authority any more."),
    )
    NO_RIGHT = (
        "no_right",
        _("The person who set it up may not hand this list over for this authority any more."),
    )
    SWITCHED_OFF = "switched_off", _("The authority has switched the evaluation off.")
    NO_LIST = "no_list", _("This list is not there any more.")
    NO_FILTER = (
        "no_filter",
        _("Something that the list was filtered by does not exist any more."),
    )
    INACTIVE = "inactive", _("The authority is not active.")


class ExportScheduleQuerySet(models.QuerySet["ExportSchedule"]):
    def running(self) -> ExportScheduleQuerySet:
        """Those that have a day to come."""
        return self.filter(stopped_at=None, next_on__isnull=False)


class ExportSchedule(models.Model):
    """A list that is made again and again, by night, for who set it up, as long as she may.

    Each time it is a run of its own in the log. It is never changed: who wants it otherwise stops
    it and sets up another one. It is never deleted either: the log names it.
    """

    #: Those that were renewed have the same: what changed is told since the last one of them.
    series = models.UUIDField(default=uuid.uuid4, editable=False)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="export_schedules",
        verbose_name=_("authority"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="export_schedules",
        verbose_name=_("person"),
    )
    exporter = models.CharField(_("list"), max_length=60)
    file_format = models.CharField(_("format"), max_length=10)
    purpose = models.CharField(_("purpose"), max_length=300)
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    # As people read them on the day on which it was set up; each run has its own.
    filter_words = models.JSONField(default=list, blank=True, editable=False)
    #: That of its files: the columns of those that are compared must say the same.
    language = models.CharField(_("language"), max_length=10, editable=False)
    changes_only = models.BooleanField(_("only what has changed"), default=False)
    rhythm = models.CharField(_("rhythm"), max_length=10, choices=Rhythm.choices)
    #: It also says on which day of the week or month, see ``rhythms.due_days``.
    starts_on = models.DateField(_("first on"))
    ends_on = models.DateField(_("last day"))
    #: The next day on which it is due; none when it has ended.
    next_on = models.DateField(_("next on"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True, editable=False)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("stopped by"),
        help_text=_("Empty: the hub, for the reason it gives."),
    )
    stop_reason = models.CharField(
        _("reason"), max_length=20, choices=StopReason.choices, blank=True, editable=False
    )

    objects = ExportScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("regular hand-over")
        verbose_name_plural = _("regular hand-overs")
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        indexes = [models.Index(fields=["next_on"], name="exports_schedule_next")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="exports_schedule_ends_later",
                violation_error_message=_("The last day is before the first one."),
            ),
        ]

    @property
    def is_running(self) -> bool:
        """Whether there is a day to come."""
        return self.stopped_at is None and self.next_on is not None

    def __str__(self) -> str:
        return f"{self.exporter} · {self.rhythm}"


class NoticeState(models.TextChoices):
    """How far a mail about a regular hand-over is."""

    WAITING = "waiting", _("waits")
    SENT = "sent", _("sent")
    #: The file is gone, or the person may not have it any more.
    NEEDLESS = "needless", _("not needed any more")
    REFUSED = "refused", _("address refused")


class ScheduleNotice(models.Model):
    """One mail to who set up a regular hand-over: a file is there, or it does not go on.

    It holds nothing of the list. What it says is worked out when it is sent. A run that is not made
    yet has its mail wait.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    schedule = models.ForeignKey(ExportSchedule, on_delete=models.CASCADE, related_name="notices")
    #: None: that the hub has stopped it.
    run = models.OneToOneField(
        ExportRun, on_delete=models.CASCADE, null=True, blank=True, related_name="notice"
    )
    state = models.CharField(
        _("status"), max_length=20, choices=NoticeState.choices, default=NoticeState.WAITING
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    problem = models.CharField(_("problem"), max_length=20, choices=MailProblem.choices, blank=True)
    created_at = models.DateTimeField(_("waits since"), auto_now_add=True)
    #: Not before this moment; until then also who has it in hand is left alone with it.
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail about a regular hand-over")
        verbose_name_plural = _("mails about regular hand-overs")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["schedule"],
                condition=models.Q(run__isnull=True),
                name="exports_notice_one_stop",
            ),
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="exports_notice_queue")]

    def __str__(self) -> str:
        return f"{self.schedule_id} · {self.state}"


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
