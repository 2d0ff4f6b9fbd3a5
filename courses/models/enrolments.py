"""Anmeldungen and Abschlüsse: who learns what, and what was completed."""

from __future__ import annotations

import uuid
from datetime import date
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from courses import cycles
from courses.enums import (
    CompletionSource,
    DecisionCause,
    EnrolmentSource,
    EnrolmentStatus,
    Outcome,
    RequirementKind,
)
from courses.querysets import EnrolmentQuerySet
from hub.organisations.models import Membership, User

from .versions import ContentVersion


class Enrolment(models.Model):
    """One person in one cycle of one course.

    A refresher is a new cycle, never a reset; ``scope`` says what it contains. The membership tells
    the authority at that time. ``status``, ``completed_at`` and what follows from them are derived
    from the completions and the ``CompletionDecision``; ``manage.py rebuild_progress`` can write
    them anew at any time.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="enrolments", verbose_name=_("person")
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        related_name="enrolments",
        verbose_name=_("membership"),
    )
    course_key = models.UUIDField(_("course"))
    cycle = models.PositiveSmallIntegerField(_("cycle"), default=1)
    source = models.CharField(
        _("how it came about"),
        max_length=20,
        choices=EnrolmentSource.choices,
        default=EnrolmentSource.SELF,
    )
    kind = models.CharField(
        _("mandatory or recommended"), max_length=20, choices=RequirementKind.choices, blank=True
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=EnrolmentStatus.choices,
        default=EnrolmentStatus.ENROLLED,
    )
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    #: Since when the authority has asked for it; days to do it in are counted from then.
    asked_on = models.DateField(null=True, blank=True, editable=False)
    enrolled_at = models.DateTimeField(_("enrolled at"), auto_now_add=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    #: By when the authority of today asks for the refresher, where that is before the proof ends.
    #: ``enrol_as_required`` keeps it; no certificate says it.
    refresh_on = models.DateField(_("refresher asked by"), null=True, blank=True, editable=False)
    #: Whether another authority asks than that of the membership, which is not told that day.
    is_refresh_asked_elsewhere = models.BooleanField(default=False, editable=False)
    course_version = models.ForeignKey(
        ContentVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("content version"),
    )
    #: What a refresher contains: the keys of its activities, as text. Null is the whole course.
    scope = models.JSONField(_("contents of the refresher"), null=True, blank=True, editable=False)
    # Where "Weiterlernen" leads: the activity opened last. The key alone, no time, no duration.
    last_activity_key = models.UUIDField(null=True, blank=True, editable=False)

    #: Of what ``required_enrolments`` makes: after how many months it is asked again. Not kept.
    asked_months: int | None = None

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        permissions = [
            ("view_completion_list", _("Can see and hand over the completion list")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "course_key", "cycle"], name="courses_enrolment_unique_cycle"
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True)
                | Q(status=EnrolmentStatus.COMPLETED, course_version__isnull=False),
                name="courses_enrolment_completed_has_version",
            ),
        ]
        indexes = [
            models.Index(fields=["course_key", "status"], name="courses_enrolment_course"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.course_key} · {self.cycle}"

    @property
    def is_completed(self) -> bool:
        return self.status == EnrolmentStatus.COMPLETED

    @property
    def scope_keys(self) -> frozenset[UUID] | None:
        """The activities of a refresher by difference; ``None`` for the whole course."""
        return None if self.scope is None else frozenset(map(UUID, self.scope))

    @property
    def refresher_due_on(self) -> date | None:
        """By when a proof is to be refreshed; in queries ``querysets.REFRESHER_DUE``."""
        return self.refresh_on or self.expires_on

    def window_opens_on(self, window_days: int) -> date | None:
        """From when on a proof can be refreshed; ``None`` where no refresher is ever due."""
        due_on = self.refresher_due_on
        if due_on is None or self.completed_at is None:
            return None
        return cycles.window_opens_on(due_on, window_days, localdate(self.completed_at))

    def can_be_refreshed(self, window_days: int, *, on: date) -> bool:
        """Whether a proof is within the window of its course on a day, or after it."""
        opens_on = self.window_opens_on(window_days)
        return opens_on is not None and opens_on <= on

    def has_expired(self, *, on: date) -> bool:
        """Whether it was completed and is no longer valid on a day."""
        return self.is_completed and self.expires_on is not None and self.expires_on < on


class Completion(models.Model):
    """An activity was completed within an enrolment, with the text it was completed on.

    Append-only: a row is never changed and never deleted while its enrolment exists.
    """

    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.PROTECT, related_name="completions", verbose_name=_("enrolment")
    )
    activity_key = models.UUIDField(_("activity"), db_index=True)
    content_version = models.ForeignKey(
        ContentVersion,
        on_delete=models.PROTECT,
        related_name="completions",
        verbose_name=_("content version"),
    )
    source = models.CharField(
        _("source"),
        max_length=20,
        choices=CompletionSource.choices,
        default=CompletionSource.LEARNER,
    )
    actor = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    reason = models.TextField(_("reason"), blank=True)
    # The sentence she saw when she marked it as learnt; no time, no duration.
    confirmation = models.CharField(_("what was confirmed"), max_length=200, blank=True)
    completed_at = models.DateTimeField(_("completed at"))

    class Meta:
        verbose_name = _("completion")
        verbose_name_plural = _("completions")
        permissions = [
            ("override_completion", _("Can set courses as completed by hand")),
        ]
        ordering = ["completed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "activity_key"], name="courses_completion_once"
            ),
            models.CheckConstraint(
                condition=~Q(source=CompletionSource.OVERRIDE) | ~Q(reason=""),
                name="courses_completion_override_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id} · {self.activity_key}"


class CompletionDecision(models.Model):
    """Why a cycle of a course counts as completed: what the rules were given and what they said.

    Append-only, one for each cycle, written in the transaction that completes it. Whatever becomes
    of the course and its rules later, this explains the state and is enough to write it anew.
    """

    enrolment = models.OneToOneField(
        Enrolment, on_delete=models.PROTECT, related_name="decision", verbose_name=_("enrolment")
    )
    #: ``rules.VERSION`` of that day; 0 for what was completed before decisions were kept.
    rule_version = models.PositiveSmallIntegerField(_("version of the rules"))
    cause = models.CharField(_("cause"), max_length=20, choices=DecisionCause.choices)
    course_version = models.ForeignKey(
        ContentVersion,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("content version"),
    )
    #: See ``rules.Inputs.as_json``.
    inputs = models.JSONField(_("inputs"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    expires_on = models.DateField(_("valid until"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on a completion")
        verbose_name_plural = _("decisions on completions")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.enrolment_id} · {self.decided_at}"
