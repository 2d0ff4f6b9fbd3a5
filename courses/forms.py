"""Forms of the page editor."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from hub.pages import HubPageForm

from .models.own_settings import OwnSettings
from .models.topics import Topic


class CoursePageForm(HubPageForm):
    """Offers the topics to tick instead of words to type."""

    topics = forms.ModelMultipleChoiceField(
        Topic.objects.all(),
        label=_("Topics"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("The catalogue can be filtered by them. New ones are made under “Topics”."),
    )


class OwnSettingsForm(forms.ModelForm):
    """What a person sets for herself."""

    class Meta:
        model = OwnSettings
        fields = ["more_time"]
        widgets = {"more_time": forms.RadioSelect}
