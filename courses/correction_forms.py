"""Forms of corrections."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .comparing import fingerprint
from .corrections import ChangedQuestion, refusal
from .enums import CorrectionKind


class CorrectionForm(forms.Form):
    """What kind of correction the change of one question is.

    The form knows for which kind its effect was shown: only that one is proposed.
    """

    kind = forms.TypedChoiceField(
        label=_("What kind of correction is it?"), coerce=CorrectionKind, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Note for the people whose result becomes better"),
        help_text=_("They read it with their result, such as: “The answer key was wrong.”"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        required=False,
    )

    def __init__(self, data: Any = None, *, change: ChangedQuestion) -> None:
        super().__init__(data, auto_id=f"id-{change.question_id}-%s")
        self.change = change
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (kind.value, f"{kind.label}. {kind.meaning}") for kind in change.kinds
        ]

    def clean_kind(self) -> CorrectionKind:
        kind: CorrectionKind = self.cleaned_data["kind"]
        if message := refusal(self.change, kind):
            raise forms.ValidationError(message)
        return kind

    @property
    def was_seen(self) -> bool:
        """Whether the person has seen what exactly this would do."""
        return self.data.get("seen") == self.seen

    @property
    def seen(self) -> str:
        """Names what the effect was shown for: the kind, and the text it is about."""
        after = fingerprint(self.change.after) if self.change.after is not None else ""
        return f"{self.cleaned_data.get('kind', '')}:{after}"
