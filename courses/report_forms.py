"""Forms of reported questions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from .enums import ReportKind
from .models import QuestionReport


class PlainTextField(forms.CharField):
    """A text of several lines; a line end counts as one character, as browsers count it."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return "\n".join(text.splitlines()).strip()


class ReportForm(forms.Form):
    """What is wrong with a question."""

    kind = forms.TypedChoiceField(
        label=_("What is wrong?"),
        choices=ReportKind.choices,
        coerce=ReportKind,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what is wrong.")},
    )
    text = PlainTextField(
        label=_("What should the editors know?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    #: Names the report before it is sent, so that it arrives once.
    token = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Something went wrong in this form. Please open the page again."),
            "invalid": _("Something went wrong in this form. Please open the page again."),
        },
    )

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        too_many = len(text) - QuestionReport.LONGEST
        if too_many > 0:
            raise forms.ValidationError(
                ngettext_lazy(
                    "Your report is %(count)d character too long. Please shorten it.",
                    "Your report is %(count)d characters too long. Please shorten it.",
                    too_many,
                )
                % {"count": too_many}
            )
        return text

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("kind") == ReportKind.OTHER and given.get("text") == "":
            self.add_error("text", _("Please write in a few words what is wrong."))
        return given


class CloseReportForm(forms.Form):
    """What was done about a report, for the other editors."""

    note = PlainTextField(
        label=_("What was done?"),
        help_text=_("For the other editors, such as: “Corrected”, or why nothing is to be done."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
