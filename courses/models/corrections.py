"""Korrekturen: a question that people have answered was changed, and what follows for them."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from courses.enums import CorrectionKind, CorrectionStatus
from courses.grading import Score
from courses.querysets import CorrectionQuerySet
from hub.organisations.models import User

from .attempts import Attempt
from .versions import ContentVersion


class Correction(models.Model):
    """One question goes from the text people answered to another one, or leaves all results.

    ``unit_key`` names the quiz the question is typed in, or the question of the bank itself. It is
    proposed by one person, approved by another, and in force from the moment the new text is
    public. It holds for attempts in every language.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit_key = models.UUIDField(_("unit"), editable=False)
    question_id = models.UUIDField(_("question"), editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=CorrectionKind.choices)
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=CorrectionStatus.choices,
        default=CorrectionStatus.PROPOSED,
    )
    before = models.ForeignKey(
        ContentVersion,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("version before"),
    )
    #: The question as stored; ``None`` when it is void.
    after = models.JSONField(
        _("question as corrected"), null=True, editable=False, encoder=DjangoJSONEncoder
    )
    before_sha256 = models.CharField(max_length=64, editable=False)
    after_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    note = models.TextField(_("note for the people affected"), max_length=500, blank=True)
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    decided_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reply = models.TextField(_("why it was declined"), max_length=500, blank=True)
    after_version = models.ForeignKey(
        ContentVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("version that brought it"),
    )
    in_force_at = models.DateTimeField(_("in force since"), null=True, blank=True)
    #: When every attempt was regraded that had been submitted by then.
    finished_at = models.DateTimeField(_("carried out at"), null=True, blank=True)
    better_count = models.PositiveIntegerField(_("people with a better result"), default=0)
    passed_count = models.PositiveIntegerField(_("people who passed by it"), default=0)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_key", "question_id"],
                condition=Q(status__in=[CorrectionStatus.PROPOSED, CorrectionStatus.APPROVED]),
                name="courses_correction_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[CorrectionStatus.APPROVED, CorrectionStatus.LIVE])
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="courses_correction_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status=CorrectionStatus.LIVE) | Q(in_force_at__isnull=False),
                name="courses_correction_in_force_since",
            ),
        ]
        indexes = [
            models.Index(fields=["question_id", "status"], name="courses_correction_question")
        ]

    def __str__(self) -> str:
        return f"{self.question_id} · {self.get_kind_display()}"

    @property
    def is_void(self) -> bool:
        return self.kind == CorrectionKind.VOID

    @property
    def is_open(self) -> bool:
        """Whether it is not decided upon, or not public yet."""
        return self.status in (CorrectionStatus.PROPOSED, CorrectionStatus.APPROVED)

    @property
    def is_of_bank(self) -> bool:
        """Whether it is about a question of the bank, which is a unit of its own."""
        return self.unit_key == self.question_id


class Regrading(models.Model):
    """What an attempt counts after a correction; the attempt itself stays as it was.

    Append-only. The latest one counts: it takes the earlier ones into account.
    """

    attempt = models.ForeignKey(
        Attempt, on_delete=models.CASCADE, related_name="regradings", verbose_name=_("attempt")
    )
    correction = models.ForeignKey(
        Correction,
        on_delete=models.PROTECT,
        related_name="regradings",
        verbose_name=_("correction"),
    )
    points = models.DecimalField(_("points"), max_digits=7, decimal_places=2, default=Decimal(0))
    maximum = models.DecimalField(
        _("possible points"), max_digits=7, decimal_places=2, default=Decimal(0)
    )
    is_passed = models.BooleanField(_("passed"), default=False)
    #: Whether anything is better for the person than before this correction.
    is_better = models.BooleanField(_("better than before"), default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("regrading")
        verbose_name_plural = _("regradings")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "correction"], name="courses_regrading_once")
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} · {self.correction_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not kwargs.get("force_insert"):
            raise TypeError("A regrading is never changed; write another one.")
        super().save(*args, **kwargs)

    @property
    def score(self) -> Score:
        return Score(self.points, self.maximum)


class CorrectionNotice(models.Model):
    """A person is to be told that a result has become better; goes when she has read it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="correction_notices",
        verbose_name=_("person"),
    )
    regrading = models.OneToOneField(
        Regrading, on_delete=models.CASCADE, related_name="notice", verbose_name=_("regrading")
    )

    class Meta:
        verbose_name = _("notice of a correction")
        verbose_name_plural = _("notices of corrections")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.regrading_id}"
