"""Versuche: what was asked, what was answered, what it scored. Never shown to HR."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from courses.grading import Score
from courses.querysets import AttemptQuerySet

from .enrolments import Enrolment
from .versions import ContentVersion


@dataclass(frozen=True)
class Counted:
    """What an attempt counts today: as it was graded, or better by corrections since."""

    score: Score
    is_passed: bool
    is_corrected: bool = False
    #: What the person is told about the latest correction; may be empty.
    note: str = ""


class Attempt(models.Model):
    """One try at a quiz, on the content version that was current when it began.

    ``drawn`` is what was drawn and in which order: ``[{"id": …, "order": [option id, …]}, …]``.
    Texts, keys and points stand in the content version; an attempt is graded on these and never on
    today's page. ``points``, ``maximum`` and ``is_passed`` are those of the moment it was submitted
    and stay so; what counts since corrections is ``counted``.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.PROTECT, related_name="attempts", verbose_name=_("enrolment")
    )
    activity_key = models.UUIDField(_("quiz"))
    number = models.PositiveSmallIntegerField(_("number"))
    content_version = models.ForeignKey(
        ContentVersion,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("content version"),
    )
    drawn = models.JSONField(_("drawn questions"))
    # Where the person was last, counted from 1; there she goes on after signing in again.
    position = models.PositiveSmallIntegerField(default=1, editable=False)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    points = models.DecimalField(_("points"), max_digits=7, decimal_places=2, default=Decimal(0))
    maximum = models.DecimalField(
        _("possible points"), max_digits=7, decimal_places=2, default=Decimal(0)
    )
    is_passed = models.BooleanField(_("passed"), default=False)
    #: Empty while the attempt is open, and while free texts of it wait for a person to mark them:
    #: until then ``points`` are those of the other questions, and nothing is passed.
    graded_at = models.DateTimeField(_("graded at"), null=True, blank=True)
    #: Whether the learner has yet to be told that a person has marked her texts.
    is_result_new = models.BooleanField(_("result is new"), default=False)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["enrolment", "activity_key", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "activity_key", "number"],
                name="courses_attempt_unique_number",
            ),
            models.UniqueConstraint(
                fields=["enrolment", "activity_key"],
                condition=Q(submitted_at__isnull=True),
                name="courses_attempt_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["activity_key", "submitted_at"], name="courses_attempt_activity")
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} · {self.activity_key} · {self.number}"

    @property
    def is_open(self) -> bool:
        return self.submitted_at is None

    def latest_of_its_quiz(self) -> Attempt:
        """The latest attempt of the same person at the same quiz; one query."""
        attempts = Attempt.objects.filter(
            enrolment=self.enrolment_id, activity_key=self.activity_key
        )
        return attempts.defer("drawn").latest("number")

    @property
    def is_waiting(self) -> bool:
        """Whether it is submitted, and a person still has to mark a part of it."""
        return self.submitted_at is not None and self.graded_at is None

    @property
    def score(self) -> Score:
        return Score(self.points, self.maximum)

    @cached_property
    def counted(self) -> Counted:
        """What counts today; one query, none for attempts read by ``objects.with_counted()``."""
        regradings = self.regradings.all()
        if "regradings" not in getattr(self, "_prefetched_objects_cache", {}):
            regradings = regradings.select_related("correction")
        latest = max(regradings, key=lambda regrading: regrading.pk, default=None)
        if latest is None:
            return Counted(self.score, self.is_passed)
        better = [regrading for regrading in regradings if regrading.is_better]
        # A free text that was marked anew may have made the grade itself the better one.
        return Counted(
            max(latest.score, self.score, key=lambda score: score.share),
            latest.is_passed or self.is_passed,
            is_corrected=bool(better),
            note=better[-1].correction.note if better else "",
        )


class Response(models.Model):
    """The latest answer to one question of an attempt, saved as it is given.

    ``answer`` holds what was given by part of the question, see ``courses.questions.Answer``.
    """

    attempt = models.ForeignKey(
        Attempt, on_delete=models.CASCADE, related_name="responses", verbose_name=_("attempt")
    )
    question_id = models.UUIDField(_("question"))
    answer = models.JSONField(_("answer"))
    answered_at = models.DateTimeField(_("answered at"))
    # What the person wants to look at again; it may stand without an answer.
    is_flagged = models.BooleanField(_("flagged"), default=False)
    # Since then the answer stands, for its feedback was shown.
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    #: Whether it is submitted and waits for a person to mark it.
    is_to_mark = models.BooleanField(_("to be marked"), default=False)

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "question_id"], name="courses_response_one_per_question"
            )
        ]
        indexes = [
            models.Index(
                fields=["attempt"],
                condition=Q(is_to_mark=True),
                name="courses_response_to_mark",
            )
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} · {self.question_id}"


class Marking(models.Model):
    """The points a person gave a response, and what she says about it to the learner.

    Rows are never changed: a second marking is a new row, and the latest counts.
    """

    response = models.ForeignKey(
        Response, on_delete=models.CASCADE, related_name="markings", verbose_name=_("response")
    )
    points = models.DecimalField(_("points"), max_digits=7, decimal_places=2)
    comment = models.TextField(_("comment"), blank=True)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("marked by"),
    )
    marked_at = models.DateTimeField(_("marked at"))

    class Meta:
        verbose_name = _("marking")
        verbose_name_plural = _("markings")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.response_id} · {self.points}"
