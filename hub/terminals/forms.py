"""The form that makes a browser a shared device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.organisations.models import Organisation

from .models import Terminal

#: Choices of minutes without input. BSI ORP.4 asks for a limit, not for a number.
MINUTES = (5, 10, 15, 20, 30)


class TerminalForm(forms.ModelForm):
    """What the device is called, whose it is, and how long a session lasts without input."""

    minutes = forms.TypedChoiceField(
        label=_("Minutes without input until people are signed out"),
        choices=[(minutes, str(minutes)) for minutes in MINUTES],
        coerce=int,
        initial=10,
    )

    class Meta:
        model = Terminal
        fields = ["name", "organisation", "minutes"]

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        own = [organisation.pk for organisation in organisations]
        field.queryset = Organisation.objects.filter(pk__in=own)  # type: ignore[attr-defined]
        field.empty_label = None  # type: ignore[attr-defined]
