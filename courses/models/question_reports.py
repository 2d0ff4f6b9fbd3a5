"""Gemeldete Fragen: what learners say is wrong with a question, without who says it."""

from __future__ import annotations

import uuid
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from courses.enums import ReportKind, ReportStatus
from hub.organisations.models import User

from .versions import ContentVersion


class QuestionReport(models.Model):
    """A learner finds a question faulty and tells those who may edit it.

    Who, at which authority and at what time of the day is stored nowhere. ``version`` has the text
    that was shown: that of the quiz, or of the question itself where it is one of the bank.
    ``uuid`` is chosen before the report is sent, so that one that arrives twice is stored once.
    """

    #: The longest report, in characters.
    LONGEST: ClassVar[int] = 1000

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    quiz_key = models.UUIDField(_("quiz"), editable=False)
    question_id = models.UUIDField(_("question"), editable=False)
    version = models.ForeignKey(
        ContentVersion,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("content version"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ReportKind.choices)
    text = models.TextField(_("report"), max_length=LONGEST, blank=True)
    created_on = models.DateField(_("reported on"), default=localdate, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=ReportStatus.choices, default=ReportStatus.OPEN
    )
    note = models.TextField(_("note"), max_length=500, blank=True)
    # That it is closed stays when the account goes.
    closed_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("closed by"),
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reported question")
        verbose_name_plural = _("reported questions")
        default_permissions = ()
        ordering = ["-created_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status=ReportStatus.OPEN, closed_at__isnull=True)
                | Q(status=ReportStatus.CLOSED, closed_at__isnull=False),
                name="courses_questionreport_closed_at",
            )
        ]
        indexes = [
            models.Index(fields=["status", "-created_on"], name="courses_questionreport_open"),
            models.Index(fields=["quiz_key", "status"], name="courses_questionreport_quiz"),
            models.Index(fields=["question_id", "status"], name="courses_questionreport_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:50]}"

    @property
    def is_open(self) -> bool:
        return self.status == ReportStatus.OPEN

    @property
    def is_from_bank(self) -> bool:
        """Whether it is about a question of the bank, which is a unit of its own."""
        return self.version.unit_key == self.question_id

    @property
    def unit(self) -> tuple[UUID, str]:
        """Key and language of what holds the text that was shown."""
        return self.version.unit_key, self.version.language
