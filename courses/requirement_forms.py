"""Forms of requirements."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.models import WagtailAdminModelForm

from hub.organisations.forms import ScopedModelForm

from .enums import RequirementKind
from .learning_forms import CourseField
from .models import Requirement, RequirementProposal


def course_field() -> CourseField:
    return CourseField(
        label=_("Course"),
        empty_label=_("Please choose"),
        error_messages={"required": _("Please choose a course.")},
    )


def without_course(excluded: set[str], form: forms.BaseForm) -> set[str]:
    """A course that is settled takes part in the check whether a group is asked twice."""
    return excluded if "course_key" in form.errors else excluded - {"course_key"}


class RequirementForm(ScopedModelForm):
    """What an authority asks of whom, by when and why.

    Which course it means is settled when it is made: another course is another requirement.
    """

    course_key = course_field()

    class Meta:
        model = Requirement
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["course_key"]
        departments = cast(forms.ModelChoiceField, self.fields["department"])
        if "organisation" in self.fields and departments.queryset is not None:
            # Departments of several authorities may be called the same.
            departments.queryset = departments.queryset.select_related("organisation")
            departments.label_from_instance = lambda unit: (  # type: ignore[method-assign,assignment]
                f"{unit.name} · {unit.organisation.short_name}"
            )

    def clean_due_on(self) -> date | None:
        day: date | None = self.cleaned_data["due_on"]
        if day is not None and not 2000 <= day.year < 2100:
            raise ValidationError(_("Please enter a day of this century."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = cast(dict[str, Any], super().clean())
        organisation = cleaned.get("organisation") or getattr(self.instance, "organisation", None)
        department = cleaned.get("department")
        if department is not None and department.organisation != organisation:
            self.add_error(
                "department",
                _("This department belongs to another authority. Please choose again."),
            )
        self._clean_system(cleaned, organisation)
        is_mandatory = cleaned.get("kind") == RequirementKind.MANDATORY
        if is_mandatory and not cleaned.get("reason", "").strip():
            self.add_error(
                "reason",
                _(
                    "Please say why this group needs the course. Without that the plan shows "
                    "little."
                ),
            )
        return cleaned

    def _clean_system(self, cleaned: dict[str, Any], organisation: Any) -> None:
        """Hold that system and role come together, and in place of an audience."""
        system, role = cleaned.get("ai_system"), cleaned.get("system_role")
        if system is not None and system.organisation != organisation:
            self.add_error(
                "ai_system", _("This system belongs to another authority. Please choose again.")
            )
        if system is not None and not role:
            self.add_error("system_role", _("Please say whether you mean its users or oversight."))
        if role and system is None:
            self.add_error("ai_system", _("Please choose the system, or no role."))
        if system is not None and cleaned.get("audience") is not None:
            self.add_error(
                "audience",
                _("Please choose an audience or an AI system: the register says who uses it."),
            )

    def _get_validation_exclusions(self) -> set[str]:
        return without_course(super()._get_validation_exclusions(), self)


class ProposalForm(WagtailAdminModelForm):
    """A line of the plan that is proposed to all authorities; its course is settled at first."""

    course_key = course_field()

    class Meta:
        model = RequirementProposal
        fields = ["course_key", "audience", "kind", "due_days", "refresh_months", "reason"]
        widgets = {"reason": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["course_key"]

    def _get_validation_exclusions(self) -> set[str]:
        return without_course(super()._get_validation_exclusions(), self)
