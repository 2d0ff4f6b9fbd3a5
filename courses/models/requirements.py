"""Vorgaben: what an authority requires or recommends to which audience."""

from __future__ import annotations

from uuid import UUID

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from courses.enums import RequirementKind, SystemRole
from hub.organisations.models import Audience, Department, Organisation

from .ai_systems import AISystem


class AskedMixin:
    """A row that asks a group of people to take a course."""

    course_key: UUID

    @cached_property
    def course_title(self) -> str:
        """What the course is called; lists annotate it (``course_titles.with_courses``)."""
        from courses.course_titles import titles_of

        return titles_of([self.course_key]).get(self.course_key) or gettext("deleted course")

    @property
    def group_label(self) -> str:
        """Who is asked: an audience, a department, both, or everybody."""
        parts = [self.audience_label, getattr(self, "department", None)]
        named = [str(part) for part in parts if part]
        return " · ".join(named) or pgettext("requirement", "everybody")

    @property
    def audience_label(self) -> str:
        """Who is asked, without the department; empty for everybody."""
        return str(getattr(self, "audience", None) or "")

    def __str__(self) -> str:
        return f"{self.course_title} ({self.group_label})"


class Requirement(AskedMixin, models.Model):
    """Vorgabe: an authority asks a group of its people to take a course, by when, and why.

    The group is who is in the audience *and* in the department; what is left empty does not narrow
    it. In place of an audience it may be who uses or oversees an AI system: the group then follows
    the register, and is empty once the system has ended. The deadline is a day, a number of days
    after it is first asked of somebody, or the later of both (``rules.deadline``).
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="requirements",
        verbose_name=_("authority"),
    )
    course_key = models.UUIDField(_("course"), db_index=True)
    audience = models.ForeignKey(
        Audience,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requirements",
        verbose_name=_("audience"),
        help_text=_("Empty: everybody who works for the authority."),
    )
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requirements",
        verbose_name=_("department"),
        help_text=_("Empty: all departments."),
    )
    ai_system = models.ForeignKey(
        AISystem,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requirements",
        verbose_name=_("AI system"),
        help_text=_("In place of an audience: who has to do with this system of the register."),
    )
    system_role = models.CharField(
        _("role"), max_length=20, choices=SystemRole.choices, blank=True, default=""
    )
    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=RequirementKind.choices,
        default=RequirementKind.MANDATORY,
    )
    due_on = models.DateField(_("deadline"), null=True, blank=True)
    due_days = models.PositiveSmallIntegerField(
        _("days to do it in"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Counted from the day on which it is first asked of a person, at the earliest her "
            "first working day. With a deadline as well, the later one counts."
        ),
    )
    refresh_months = models.PositiveSmallIntegerField(
        _("refresher after months"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    reason = models.TextField(
        _("reason"), blank=True, help_text=_("Why this audience needs this course.")
    )

    class Meta:
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        constraints = [
            models.UniqueConstraint(
                "organisation",
                "course_key",
                # Empty is a group of its own: everybody, or all departments.
                Coalesce("audience", 0),
                Coalesce("department", 0),
                Coalesce("ai_system", 0),
                "system_role",
                name="courses_requirement_one_for_a_group",
                violation_error_message=_("This group is asked for this course already."),
            ),
            models.CheckConstraint(
                condition=models.Q(ai_system=None, system_role="")
                | models.Q(ai_system__isnull=False, audience=None) & ~models.Q(system_role=""),
                name="courses_requirement_system_with_role",
            ),
        ]

    @property
    def audience_label(self) -> str:
        """Who is asked, without the department; empty for everybody."""
        if self.ai_system is None:
            return super().audience_label
        return f"{self.ai_system}: {self.get_system_role_display()}"


class RequirementProposal(AskedMixin, models.Model):
    """A line of the proposed plan: which role should take which course, and why (domain 1.7).

    The Untergruppe Qualifizierung keeps it for all authorities. What an authority has taken over is
    a ``Requirement`` of its own, which no change of the proposal touches.
    """

    course_key = models.UUIDField(_("course"), db_index=True)
    audience = models.ForeignKey(
        Audience,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requirement_proposals",
        verbose_name=_("audience"),
        help_text=_("Empty: everybody who works for the authority."),
    )
    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=RequirementKind.choices,
        default=RequirementKind.MANDATORY,
    )
    due_days = models.PositiveSmallIntegerField(
        _("days to do it in"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: each authority sets its own deadline."),
    )
    refresh_months = models.PositiveSmallIntegerField(
        _("refresher after months"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    reason = models.TextField(
        _("reason"),
        help_text=_("Why this audience needs this course. Authorities can change it for theirs."),
    )

    class Meta:
        verbose_name = _("line of the proposed plan")
        verbose_name_plural = _("proposed plan")
        constraints = [
            models.UniqueConstraint(
                "course_key",
                Coalesce("audience", 0),
                name="courses_requirementproposal_one_for_an_audience",
                violation_error_message=_("The plan has this course for this audience already."),
            ),
        ]
