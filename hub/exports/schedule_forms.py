"""What is asked before a list is made regularly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from .forms import HandOverForm
from .rhythms import Rhythm
from .rights import LONGEST


def tomorrow() -> Any:
    return localdate() + timedelta(days=1)


def in_a_year() -> Any:
    return localdate() + LONGEST


class ScheduleForm(HandOverForm):
    """What is asked of a hand-over, and how often. The first day says on which day it is due."""

    changes_only = forms.BooleanField(
        label=_("Only what has changed"),
        required=False,
        help_text=_(
            "Since the latest file of this regular hand-over that was fetched. Where none was, the "
            "file has all rows."
        ),
    )
    rhythm = forms.ChoiceField(
        label=_("How often"),
        choices=Rhythm.choices,
        widget=forms.RadioSelect,
        initial=Rhythm.MONTHLY,
    )
    starts_on = forms.DateField(
        label=_("First on"),
        widget=AdminDateInput,
        initial=tomorrow,
        help_text=_(
            "Later ones are due on the same day of the week or month; where a month is too short, "
            "on its last day. The list is made in the night of that day."
        ),
    )
    ends_on = forms.DateField(
        label=_("Last day"),
        widget=AdminDateInput,
        initial=in_a_year,
        help_text=_("At most a year from today. Then the regular hand-over can be renewed."),
    )
    field_order = (
        *("organisation", "purpose", "changes_only", "file_format"),
        *("rhythm", "starts_on", "ends_on"),
    )
