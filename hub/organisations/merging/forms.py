"""Forms of the pages on duplicate accounts."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SearchForm(forms.Form):
    """Finds accounts by name, user name, staff number or e-mail address."""

    q = forms.CharField(
        label=_("Name, staff number or e-mail"), required=False, max_length=200, strip=True
    )


class ReasonForm(forms.Form):
    """Why two accounts are merged, or a merge is undone; it is kept in the log."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "For example: “Account was made a second time after a change of name”. "
            "It is kept in the log."
        ),
    )
