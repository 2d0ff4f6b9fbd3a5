"""What is asked before a list leaves the hub."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Organisation

from .formats import FORMATS

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
        choices=[(key, file_format.label) for key, file_format in FORMATS.items()],
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
