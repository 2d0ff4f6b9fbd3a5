"""Vorgaben: what an authority requires or recommends to which audience."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from courses.enums import RequirementKind
from hub.organisations.models import Audience, Organisation


class Requirement(models.Model):
    """An authority asks an audience to take a course, by a day, and why."""

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
    kind = models.CharField(
        _("kind"),
        max_length=20,
        choices=RequirementKind.choices,
        default=RequirementKind.MANDATORY,
    )
    due_on = models.DateField(_("deadline"), null=True, blank=True)
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
                fields=["organisation", "course_key", "audience"],
                name="courses_requirement_unique",
            ),
            models.UniqueConstraint(
                fields=["organisation", "course_key"],
                condition=Q(audience__isnull=True),
                name="courses_requirement_unique_for_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} · {self.course_key} · {self.get_kind_display()}"
