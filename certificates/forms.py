"""Forms of the administration of certificates."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from wagtail.admin.forms import WagtailAdminModelForm

from courses.models import CoursePage
from hub.organisations.models import Organisation

from .designs import designs

GERMAN_NEEDED = gettext_lazy("A wording in German is needed: it stands in for all other languages.")


def design_choices() -> list[tuple[str, Any]]:
    """Every design that is installed."""
    return [(slug, design.label) for slug, design in designs.items()]


def course_choices() -> list[tuple[str, str]]:
    """Key and title of every course, also of one that is not public yet."""
    courses = CoursePage.objects.filter(locale__language_code=settings.LANGUAGE_CODE)
    return [
        (str(key), title)
        for key, title in courses.order_by("title").values_list("translation_key", "title")
    ]


class CertificateTemplateForm(WagtailAdminModelForm):
    """A template begins with the wording the hub ships; the courses it is for are ticked."""

    design = forms.ChoiceField(label=gettext_lazy("Design"), choices=design_choices)
    course_keys = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Courses"),
        choices=course_choices,
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What is issued from now on is written with this template."),
    )

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if data is None and kwargs.get("instance") is None:
            kwargs["instance"] = _begun_with_what_is_shipped(self._meta.model())
        super().__init__(data, *args, **kwargs)
        self.initial["course_keys"] = [str(row.course_key) for row in self.instance.courses.all()]

    def clean_course_keys(self) -> list[UUID]:
        """A course has one template; whose it is has to let go of it first."""
        keys: list[UUID] = self.cleaned_data["course_keys"]
        if taken := self.instance.courses_taken(keys):
            raise ValidationError(taken)
        return keys

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean()
        wordings = self.formsets.get("wordings")
        kept = [
            form.cleaned_data.get("language")
            for form in (wordings.forms if wordings and wordings.is_valid() else [])
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        if len(set(kept)) < len(kept):
            raise ValidationError(_("There are two wordings in one language. Please remove one."))
        if kept and settings.LANGUAGE_CODE not in kept:
            raise ValidationError(GERMAN_NEEDED)
        return given

    def save(self, commit: bool = True) -> Any:
        """The courses go with the draft, as the wording does."""
        rows = self.instance.courses
        kept = {row.course_key: row for row in rows.all()}
        keys = self.cleaned_data["course_keys"]
        rows.set([kept.get(key) or rows.model(course_key=key) for key in keys])
        return super().save(commit)


def _begun_with_what_is_shipped(template: Any) -> Any:
    from .models.templates import CertificateWording, shipped_wordings

    with override(settings.LANGUAGE_CODE):
        template.wordings = [
            CertificateWording(language=settings.LANGUAGE_CODE, **shipped_wordings())
        ]
    return template


class RevokeForm(forms.Form):
    """Why a certificate is void. The person and HR read it, nobody else."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "The person reads it on her certificate, HR in this list. The check page only says "
            "that the certificate was revoked."
        ),
        error_messages={"required": gettext_lazy("Please say why the certificate is void.")},
    )

    def clean_reason(self) -> str:
        return " ".join(self.cleaned_data["reason"].split())


def _run_kinds() -> list[tuple[str, Any]]:
    from .models import RunKind

    return RunKind.choices


class RunForm(forms.Form):
    """What many certificates are to be issued for."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What for"), choices=_run_kinds, widget=forms.RadioSelect
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(),
        label=gettext_lazy("Authority"),
        required=False,
        empty_label=gettext_lazy("All"),
    )
