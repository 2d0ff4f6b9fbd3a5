"""Lists of employees on their way in: uploaded, looked at, taken over, told of."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from hub.storage import private_storage

from .organisations import Organisation
from .people import User

#: Of the private storage, where uploaded lists wait.
FOLDER = "employee-imports"


class Outcome(models.TextChoices):
    """What becomes of a row; ``MISSING`` is a person without one, to whom nothing happens."""

    NEW = "new", pgettext_lazy("row of a list", "new")
    CHANGED = "changed", pgettext_lazy("row of a list", "changed")
    LEAVES = "leaves", pgettext_lazy("row of a list", "leaves")
    UNCHANGED = "unchanged", pgettext_lazy("row of a list", "unchanged")
    REFUSED = "refused", pgettext_lazy("row of a list", "cannot be taken")
    MISSING = "missing", pgettext_lazy("row of a list", "not in the list")


class ImportState(models.TextChoices):
    """How far an import is."""

    COLUMNS = "columns", _("columns to be chosen")
    PREVIEW = "preview", _("waits to be confirmed")
    CONFIRMED = "confirmed", _("is being taken over")
    DONE = "done", _("taken over")


class ImportProblem(models.TextChoices):
    """Why a confirmed import waits to be confirmed once more; nothing was written."""

    CHANGED = "changed", _("the people have changed since the preview")
    FAILED = "failed", _("it failed")


class EmployeeImport(models.Model):
    """One list of employees: the file, what it would do, whether it was taken over.

    Its file and its rows are personal data and kept for days only (``importing.runs``); who took
    over what and when stays here and in the log.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("authority")
    )
    # That it happened stays when the account goes.
    uploaded_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    confirmed_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    file_name = models.CharField(_("name of the file"), max_length=255)
    file = models.FileField(_("file"), upload_to=f"{FOLDER}/", storage=private_storage, blank=True)
    #: The language in which its rows tell what happens.
    language = models.CharField(_("language"), max_length=10)
    #: Recognises a list with the same headings, for which the same columns are meant.
    headings = models.CharField(_("checksum of the headings"), max_length=64)
    #: The columns that were chosen by hand, see ``ColumnChoice``; empty: as they are recognised.
    columns = models.JSONField(_("columns"), default=dict, blank=True)
    state = models.CharField(_("status"), max_length=20, choices=ImportState.choices)
    problem = models.CharField(
        _("problem"), max_length=20, choices=ImportProblem.choices, blank=True
    )
    #: Of what it does, see ``Plan.fingerprint``: what is confirmed is what was shown.
    fingerprint = models.CharField(_("checksum of the preview"), max_length=64, blank=True)
    #: How many rows come to which outcome.
    counts = models.JSONField(_("numbers"), default=dict, blank=True)
    new_departments = models.JSONField(_("new departments"), default=list, blank=True)
    ignored_columns = models.JSONField(_("columns left aside"), default=list, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("import of employees")
        verbose_name_plural = _("imports of employees")
        default_permissions = ()
        permissions = [("import_employees", _("Import employees"))]
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.file_name}: {self.get_state_display()}"

    @property
    def is_expired(self) -> bool:
        """Whether its file was deleted before it was taken over."""
        return self.state != ImportState.DONE and not self.file

    @property
    def changing(self) -> int:
        """How many people it makes or changes."""
        counts: dict[str, Any] = self.counts
        return sum(
            counts.get(outcome, 0) for outcome in (Outcome.NEW, Outcome.CHANGED, Outcome.LEAVES)
        )


class EmployeeImportRow(models.Model):
    """What becomes of one row, or of one person who is in none; in words, for who reads it.

    Rows keep the order of their list; who is missing from it comes after them, by name.
    """

    employee_import = models.ForeignKey(
        EmployeeImport, on_delete=models.CASCADE, related_name="rows", verbose_name=_("import")
    )
    #: As in every spreadsheet program; none for who is missing.
    number = models.PositiveIntegerField(_("row"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    name = models.CharField(_("name"), max_length=320, blank=True)
    staff_number = models.CharField(_("staff number"), max_length=40, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    #: A line for each field.
    changes = models.TextField(_("changes"), blank=True)
    #: A line for each note, beginning with the column where one is meant.
    notes = models.TextField(_("notes"), blank=True)

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        default_permissions = ()
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["employee_import", "outcome"], name="organisations_import_outcome")
        ]

    def __str__(self) -> str:
        return f"{self.number or '–'}: {self.get_outcome_display()}"
