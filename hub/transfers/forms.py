"""The form of a person who has a transfer code."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.codes import CodeField


class TransferCodeForm(forms.Form):
    """A transfer code, as people type it."""

    code = CodeField(
        label=_("Your transfer code"),
        help_text=_("12 letters and digits, for example 7KQ4-M2XD-9FTR."),
        error_messages={
            "required": _("Please type your transfer code."),
            "max_length": _("This is longer than a code. Please type your transfer code."),
        },
    )
