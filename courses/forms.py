"""Forms of the page editor."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from hub.publishing import CarefulFormMixin

from .changing_forms import UnitForm
from .grading import MARKING_STEP
from .models.own_settings import OwnSettings
from .models.reminders import ReminderSettings
from .models.topics import Topic


class CoursePageForm(UnitForm):
    """Offers the topics to tick instead of words to type."""

    topics = forms.ModelMultipleChoiceField(
        Topic.objects.all(),
        label=_("Topics"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("The catalogue can be filtered by them. New ones are made under “Topics”."),
    )


class PartsField(forms.MultipleChoiceField):
    """Some parts of a course, to tick; the value is the list of their keys, as text."""

    widget = forms.CheckboxSelectMultiple

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(initial or ()) != set(data or ())


class ActivityPageForm(UnitForm):
    """Offers the other parts of the course as what must be completed first.

    What was chosen once and is no part of the course any more is not offered, and so goes with the
    next saving; it holds nobody back anyway.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "prerequisites" not in self.fields:
            return
        from .activities import parts_to_choose

        old = self.fields["prerequisites"]
        self.fields["prerequisites"] = PartsField(
            choices=parts_to_choose(self.instance, self.parent_page),
            label=old.label,
            help_text=old.help_text,
            required=False,
        )


class BankQuestionForm(CarefulFormMixin, WagtailAdminModelForm):
    """Proposes the person who writes a question as its author."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and not self.instance.author and self.for_user:
            self.initial["author"] = self.for_user.get_full_name()


class OwnSettingsForm(forms.ModelForm):
    """What a person sets for herself."""

    class Meta:
        model = OwnSettings
        fields = ["more_time"]
        widgets = {"more_time": forms.RadioSelect}

    def save(self, commit: bool = True) -> OwnSettings:
        """What she sets now is her own, whatever was taken over from another account of hers."""
        self.instance.copied_from = ""
        return super().save(commit)


class OwnRemindersForm(forms.ModelForm):
    """What a person wants of the mails that remind her."""

    class Meta:
        model = ReminderSettings
        fields = ["only_mandatory", "language"]

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["language"] = language
        # Each language by its own name: who reads no German has to find hers.
        self.fields["language"] = forms.ChoiceField(
            choices=[
                (code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES
            ],
            label=self.fields["language"].label,
            widget=forms.RadioSelect,
        )


class MarkingForm(forms.Form):
    """The points for a free text, and a word to the learner."""

    points = forms.DecimalField(min_value=0, max_digits=5, decimal_places=2, label=_("Points"))
    comment = forms.CharField(
        required=False,
        max_length=2000,
        label=_("Comment for the learner"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What is good, what is missing, how to go on. It stands beside the result."),
    )
    #: The marking that the page showed.
    latest = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, maximum: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["points"]
        field.help_text = _("From 0 to %(maximum)s, in steps of a quarter.") % {"maximum": maximum}
        field.widget.attrs |= {"step": str(MARKING_STEP), "max": str(maximum)}

    def clean_points(self) -> Decimal:
        points: Decimal = self.cleaned_data["points"]
        if points % MARKING_STEP or points > int(self.fields["points"].widget.attrs["max"]):
            raise forms.ValidationError(self.fields["points"].help_text)
        return points
