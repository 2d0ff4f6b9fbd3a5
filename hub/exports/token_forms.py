"""What is asked before a token of the interface is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from hub.organisations.models import Organisation

from .models import ApiToken
from .rights import is_within_a_year


class ApiTokenForm(forms.ModelForm):
    """Authority, name, purpose, lists and end. Who works for one authority is not asked which."""

    scopes = forms.MultipleChoiceField(
        label=_("Lists"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only these can be read. Choose as few as the other system needs."),
    )

    class Meta:
        model = ApiToken
        fields = ["organisation", "name", "purpose", "scopes", "expires_on"]
        widgets = {
            "expires_on": AdminDateInput,
            "purpose": forms.TextInput(attrs={"list": "token-purposes"}),
        }
        help_texts = {
            "name": _("Which system reads with it. The log of hand-overs names it."),
            "purpose": _(
                "What the lists are read for. It stands in the log of each day. Name nobody: the "
                "staff council may read it."
            ),
            "expires_on": _("At most one year from today. Then a new token is needed."),
        }

    def __init__(
        self,
        *args: Any,
        organisations: Sequence[Organisation],
        lists: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["organisation"])
        field.queryset = Organisation.objects.filter(pk__in=[o.pk for o in organisations])
        field.empty_label = None
        if len(organisations) == 1:
            field.initial = organisations[0]
            field.widget = forms.HiddenInput()
        cast(forms.MultipleChoiceField, self.fields["scopes"]).choices = list(lists.items())

    def clean_expires_on(self) -> date:
        day: date = self.cleaned_data["expires_on"]
        if not is_within_a_year(day):
            raise forms.ValidationError(_("Please enter a day within the next year."))
        return day
