"""Forms of the page editor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

from hub.pages import HubPageForm
from hub.publishing import CarefulFormMixin

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
