"""Weitere Nachweise: what people learnt outside the hub's own courses (requirement R5)."""

from __future__ import annotations

import uuid
from datetime import date
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.enums import LearningFormat, LearningState
from courses.querysets import ExternalLearningQuerySet
from hub.organisations.models import Membership, User
from hub.storage import private_storage

from .enrolments import Enrolment

EARLIEST = date(2000, 1, 1)
#: A training of some weeks.
MOST_MINUTES = 12_000


def document_path(record: ExternalLearning, name: str) -> str:
    """Where a document lies: nothing of its name but the ending, nothing of the person."""
    return f"learning/{record.uuid}{PurePath(name).suffix.lower()}"


def validate_day(day: date) -> None:
    """Accept a day on which something can have been learnt already."""
    if not EARLIEST <= day <= localdate():
        raise ValidationError(_("Please enter a day that is over and not before the year 2000."))


class ExternalLearning(models.Model):
    """One training of one person outside the hub's own courses (domain 1.7, R5).

    ``membership`` tells the authority that records it or decides upon it. What was accepted is
    evidence: it is never changed or deleted, only taken back with a reason; a mistake is taken back
    and recorded anew. Where it was credited, ``credited_to`` is the enrolment that it completed;
    the completions it made have the source ``external``.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        related_name="external_learning",
        verbose_name=gettext_lazy("membership"),
    )
    kind = models.CharField(gettext_lazy("kind"), max_length=20, choices=LearningFormat.choices)
    title = models.CharField(gettext_lazy("title"), max_length=200)
    provider = models.CharField(gettext_lazy("provider"), max_length=200)
    minutes = models.PositiveSmallIntegerField(
        gettext_lazy("duration in minutes"),
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MINUTES)],
    )
    held_on = models.DateField(gettext_lazy("day"), validators=[validate_day])
    document = models.FileField(
        gettext_lazy("document"),
        upload_to=document_path,
        storage=private_storage,
        max_length=200,
        blank=True,
    )
    # As the person called it; where it lies has another name.
    document_name = models.CharField(max_length=120, blank=True, editable=False)
    document_sha256 = models.CharField(
        gettext_lazy("checksum"), max_length=64, blank=True, editable=False
    )
    # The course it is to count for; whether it does, ``credited_to`` says.
    course_key = models.UUIDField(gettext_lazy("course"), null=True, blank=True)
    credited_to = models.OneToOneField(
        Enrolment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credited_learning",
        verbose_name=gettext_lazy("credited to"),
    )
    state = models.CharField(
        gettext_lazy("state"),
        max_length=20,
        choices=LearningState.choices,
        default=LearningState.SUBMITTED,
    )
    # Why it was declined or taken back; the person reads it.
    reason = models.TextField(gettext_lazy("reason"), max_length=1000, blank=True)
    recorded_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=gettext_lazy("recorded by"),
    )
    recorded_at = models.DateTimeField(gettext_lazy("recorded at"), auto_now_add=True)
    # By whom and when it got the state it has.
    decided_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("decided by"),
    )
    decided_at = models.DateTimeField(gettext_lazy("decided at"), null=True, blank=True)

    objects = ExternalLearningQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("further record")
        verbose_name_plural = gettext_lazy("further records")
        default_permissions = ()
        permissions = [
            ("manage_external_learning", gettext_lazy("Can record and accept further records")),
        ]
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "kind", "title", "held_on"],
                condition=Q(state__in=[LearningState.SUBMITTED, LearningState.ACCEPTED]),
                name="courses_externallearning_once",
            ),
            models.CheckConstraint(
                condition=Q(state=LearningState.SUBMITTED, decided_at__isnull=True)
                | (~Q(state=LearningState.SUBMITTED) & Q(decided_at__isnull=False)),
                name="courses_externallearning_decided_at",
            ),
            models.CheckConstraint(
                condition=~Q(state=LearningState.DECLINED) | ~Q(reason=""),
                name="courses_externallearning_declined_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(credited_to__isnull=True)
                | Q(state__in=[LearningState.ACCEPTED, LearningState.WITHDRAWN]),
                name="courses_externallearning_credited_was_accepted",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "membership"], name="courses_externallearning_state"),
        ]

    def __str__(self) -> str:
        # No name: logs and lists of usages are read by more people than the record is.
        return f"{self.title}, {date_format(self.held_on, 'SHORT_DATE_FORMAT')}"

    @property
    def waits(self) -> bool:
        return self.state == LearningState.SUBMITTED

    @property
    def is_accepted(self) -> bool:
        return self.state == LearningState.ACCEPTED

    @property
    def is_taken_back(self) -> bool:
        """Whether it was accepted first; the person takes back only what waits."""
        return self.state == LearningState.WITHDRAWN and self.decided_by != self.membership.user

    @property
    def is_own(self) -> bool:
        """Whether the person submitted it herself."""
        return self.recorded_by_id == self.membership.user_id

    @property
    def in_words(self) -> str:
        """What it was, in one line: "webinar “KI im Amt” (Studieninstitut), 12.03.2026"."""
        return _("%(kind)s “%(title)s” (%(provider)s), %(day)s") % {
            "kind": self.get_kind_display(),
            "title": self.title,
            "provider": self.provider,
            "day": date_format(self.held_on, "SHORT_DATE_FORMAT"),
        }
