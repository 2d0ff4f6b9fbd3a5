"""The form of a page whose changes are asked about."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.pages import HubPageForm

from .changing_panel import has_question
from .enums import ChangeKind


class UnitForm(HubPageForm):
    """Asks what a change means, and publishes when its effect was shown."""

    kind_of_change = forms.ChoiceField(
        label=gettext_lazy("Substantive or editorial?"), widget=forms.RadioSelect, required=False
    )
    #: The change whose effect the page showed; there only where the question was asked.
    change_seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_question(type(self.instance)):
            del self.fields["kind_of_change"], self.fields["change_seen"]
            return
        self.fields["kind_of_change"].choices = [  # type: ignore[attr-defined]
            (kind.value, f"{kind.label}. {kind.meaning}") for kind in ChangeKind
        ]
        if self.instance.pk is not None and not self.is_bound:
            self.initial["kind_of_change"] = self.change.kind

    @cached_property
    def change(self) -> Any:
        """The change as the form has it."""
        from .changing import look_at

        return look_at(self.instance)

    def clean_kind_of_change(self) -> str:
        from .changing import say

        kind: str = self.cleaned_data["kind_of_change"]
        # A form without the question takes no answer away.
        if self.add_prefix("change_seen") in self.data:
            say(self.instance, kind, since=self.change.before)
        return kind

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.is_deferred_validation or self._errors or self.instance.pk is None:
            return
        # The text is complete only now.
        self.__dict__.pop("change", None)
        if not self.change.is_asked:
            return
        if not self.change.kind:
            self.add_error("kind_of_change", self._unanswered())
        elif self.cleaned_data["change_seen"] != self.change.seen:
            self.add_error("kind_of_change", self._unseen())

    def _unanswered(self) -> str:
        from .changing.answers import unanswered

        return unanswered()

    def _unseen(self) -> str:
        return _("Please look at what changes and whom it concerns, and then publish once more.")
