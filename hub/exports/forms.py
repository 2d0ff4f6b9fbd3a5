"""What is asked before a list leaves the hub."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Organisation

from .models import ReportSwitch
from .reports import Report, is_on, reports

#: Offered while typing; any other words are as good.
PURPOSES = (
    _("Evidence under Art. 4 of the AI Act"),
    _("Planning of training"),
    _("Information of the staff council"),
)


class HandOverForm(forms.Form):
    """Authority, purpose and format. Who works for one authority is not asked which."""

    purposes = PURPOSES

    organisation = forms.ModelChoiceField(
        label=_("Authority"), queryset=Organisation.objects.none(), empty_label=None
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=300,
        widget=forms.TextInput(attrs={"list": "hand-over-purposes"}),
        help_text=_("What the list is for, for example: evidence under Art. 4 of the AI Act."),
    )
    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=[("xlsx", _("Excel workbook (XLSX)")), ("csv", _("CSV for a German Excel"))],
        widget=forms.RadioSelect,
        initial="xlsx",
    )

    def __init__(self, *args: Any, organisations: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["organisation"])
        field.queryset = organisations
        if len(organisations) == 1:
            field.initial = organisations[0]
            field.widget = forms.HiddenInput()


class SwitchesForm(forms.Form):
    """For each evaluation whether it is on, and what for in the authority's own words."""

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        switches = {
            switch.report: switch
            for switch in ReportSwitch.objects.filter(organisation=organisation)
        }
        known = {(organisation.pk, key): switch.is_on for key, switch in switches.items()}
        for key, report in reports.items():
            self.fields[f"{key}-on"] = forms.BooleanField(
                label=_("Switched on"), required=False, initial=is_on(organisation, key, known)
            )
            self.fields[f"{key}-purpose"] = forms.CharField(
                label=_("Purpose"),
                required=False,
                max_length=300,
                initial=switches[key].purpose if key in switches else "",
                help_text=format_lazy(_("Left empty: {purpose}"), purpose=report.purpose),
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def by_report(self) -> Iterator[tuple[type[Report], forms.BoundField, forms.BoundField]]:
        """Each evaluation with its two fields, for the template."""
        for key, report in reports.items():
            yield report, self[f"{key}-on"], self[f"{key}-purpose"]

    def decisions(self) -> Iterator[tuple[str, bool, str]]:
        """The key of each evaluation, whether it is on, and what for; of a valid form."""
        for key in reports:
            data = self.cleaned_data
            yield key, data[f"{key}-on"], data[f"{key}-purpose"]
