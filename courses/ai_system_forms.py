"""The form of an AI system in the register."""

from __future__ import annotations

from django import forms

from hub.organisations.forms import ScopedModelForm

from .models import AISystem


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AISystemForm(ScopedModelForm):
    """What an authority writes down of a system; who oversees it has a page of its own."""

    class Meta:
        model = AISystem
        fields = (
            "organisation",
            "name",
            "purpose",
            "product",
            "status",
            "audiences",
            "risk_class",
            "risk_reason",
            "assessed_on",
            "processes_personal_data",
            "impact_assessment",
            "staff_council_informed_on",
            "contact",
            "next_review_on",
        )
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 3}),
            "risk_reason": forms.Textarea(attrs={"rows": 3}),
            "audiences": forms.CheckboxSelectMultiple,
            "assessed_on": day_input(),
            "staff_council_informed_on": day_input(),
            "next_review_on": day_input(),
        }
