"""What is asked before a list leaves the hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Organisation

from .formats import FORMATS
from .models import ExportRun, ReportSwitch
from .reports import Report, is_on, reports

#: Offered while typing; any other words are as good.
PURPOSES = (
    _("Evidence under Art. 4 of the AI Act"),
    _("Planning of training"),
    _("Information of the staff council"),
)


class HandOverForm(forms.Form):
    """Authority, purpose, extent and format. Who works for one authority is not asked which."""

    purposes = PURPOSES

    organisation = forms.ModelChoiceField(
        label=_("Authority"), queryset=Organisation.objects.none(), empty_label=None
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=300,
        widget=forms.TextInput(attrs={"list": "hand-over-purposes"}),
        help_text=_(
            "What the list is for, for example: evidence under Art. 4 of the AI Act. Name nobody: "
            "the staff council may read it."
        ),
    )
    since = forms.ModelChoiceField(
        label=_("Extent"),
        queryset=ExportRun.objects.none(),
        to_field_name="uuid",
        required=False,
        blank=True,
        empty_label=_("All rows"),
        widget=forms.RadioSelect,
        help_text=_(
            "Changes are the rows that are new, changed or gone since a hand-over of the same list "
            "with the same filters. The last two columns say which row it is and what became of it."
        ),
    )
    file_format = forms.ChoiceField(
        label=_("Format"),
        choices=[(key, file_format.label) for key, file_format in FORMATS.items()],
        widget=forms.RadioSelect,
        initial="xlsx",
    )

    def __init__(
        self,
        *args: Any,
        organisations: QuerySet[Organisation],
        bases: Sequence[ExportRun],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["organisation"])
        field.queryset = organisations
        if len(organisations) == 1:
            field.initial = organisations[0]
            field.widget = forms.HiddenInput()
        since = cast(forms.ModelChoiceField, self.fields["since"])
        since.queryset = ExportRun.objects.filter(pk__in=[run.pk for run in bases])
        since.choices = [
            ("", since.empty_label),
            *((str(run.uuid), self._label(run, len(organisations) > 1)) for run in bases),
        ]
        if not bases:
            del self.fields["since"]

    def _label(self, run: ExportRun, with_authority: bool) -> str:
        label = gettext(
            "Only what has changed since no. %(number)s of %(moment)s (%(purpose)s)"
        ) % {
            "number": run.reference,
            "moment": date_format(localtime(run.created_at), "SHORT_DATETIME_FORMAT"),
            "purpose": run.purpose,
        }
        return f"{run.organisation}: {label}" if with_authority else label

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or self.cleaned_data
        since = data.get("since")
        if since and since.organisation != data.get("organisation"):
            self.add_error("since", _("This hand-over is one of another authority."))
        return data


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
