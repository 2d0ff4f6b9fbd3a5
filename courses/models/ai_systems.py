"""KI-Register: which AI systems an authority uses, who works with them and who oversees them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.enums import ImpactAssessment, RiskClass, SystemStatus
from hub.organisations.models import Audience, Membership, Organisation


class AISystem(models.Model):
    """An AI system that an authority uses or examines (domain 5.4).

    It gives courses their context (AI Act Art. 4): a ``Requirement`` may ask who uses or oversees
    it. ``overseers`` are the natural persons to whom oversight is assigned (Art. 26(2)).
    """

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="ai_systems",
        verbose_name=_("authority"),
    )
    name = models.CharField(_("name"), max_length=120)
    purpose = models.TextField(
        _("what it is used for"), help_text=_("The task, in a sentence or two.")
    )
    product = models.CharField(_("product and provider"), max_length=200, blank=True)
    status = models.CharField(
        _("status"), max_length=20, choices=SystemStatus.choices, default=SystemStatus.REVIEW
    )
    risk_class = models.CharField(
        _("risk class"), max_length=20, choices=RiskClass.choices, default=RiskClass.UNKNOWN
    )
    risk_reason = models.TextField(
        _("reason of the risk class"),
        blank=True,
        help_text=_("Why, and by which state of the law: the class may change with the use."),
    )
    assessed_on = models.DateField(_("assessed on"), null=True, blank=True)
    processes_personal_data = models.BooleanField(_("processes personal data"), default=False)
    impact_assessment = models.CharField(
        _("data protection impact assessment"),
        max_length=20,
        choices=ImpactAssessment.choices,
        default=ImpactAssessment.UNKNOWN,
    )
    staff_council_informed_on = models.DateField(
        _("staff council informed on"),
        null=True,
        blank=True,
        help_text=_("Before a high-risk system is used at work (AI Act Art. 26(7))."),
    )
    contact = models.CharField(
        _("contact"), max_length=200, blank=True, help_text=_("A function, not a person.")
    )
    next_review_on = models.DateField(_("next review"), null=True, blank=True)
    audiences = models.ManyToManyField(
        Audience,
        blank=True,
        related_name="ai_systems",
        verbose_name=_("audiences that use it"),
    )
    overseers = models.ManyToManyField(
        Membership,
        blank=True,
        related_name="overseen_systems",
        verbose_name=_("who oversees it"),
    )

    class Meta:
        verbose_name = _("AI system")
        verbose_name_plural = _("AI systems")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"],
                name="courses_aisystem_one_name",
                violation_error_message=_("The register has a system of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_ended(self) -> bool:
        """Whether it is kept for the record only: nothing is asked because of it any more."""
        return self.status == SystemStatus.ENDED

    @property
    def is_at_work(self) -> bool:
        """Whether people work with it, if only to try it."""
        return self.status in (SystemStatus.PILOT, SystemStatus.IN_USE)

    def clean(self) -> None:
        """Refuse a prohibited system at work, and a class that nobody can retrace."""
        super().clean()
        wrong = {}
        if self.risk_class == RiskClass.PROHIBITED and self.is_at_work:
            wrong["status"] = gettext("Prohibited practices must not be used (AI Act Art. 5).")
        if self.risk_class != RiskClass.UNKNOWN:
            if not self.risk_reason.strip():
                wrong["risk_reason"] = gettext("Please say why it is in this class.")
            if self.assessed_on is None:
                wrong["assessed_on"] = gettext("Please enter the day of the assessment.")
        if self.assessed_on is not None and self.assessed_on > localdate():
            wrong["assessed_on"] = gettext("This day is in the future.")
        if wrong:
            raise ValidationError(wrong)
