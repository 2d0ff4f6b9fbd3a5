"""Forms of what was learnt outside the hub's own courses, and of setting courses by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateInput

from hub.i18n import default_locale_id
from hub.organisations.models import Organisation

from .actions import LearningFacts
from .documents import ACCEPTED, MAX_BYTES, Document, read_document
from .models import CoursePage, ExternalLearning
from .report_forms import PlainTextField


def offered_courses() -> list[tuple[str, str]]:
    """Key and German title of the courses that are offered; one query."""
    return [
        (str(key), title)
        for key, title in CoursePage.objects.live()
        .filter(locale=default_locale_id())
        .order_by("title")
        .values_list("translation_key", "title")
    ]


class CourseField(forms.TypedChoiceField):
    """One of the offered courses, as its key."""

    def __init__(self, *, empty_label: Any, **kwargs: Any) -> None:
        super().__init__(
            choices=lambda: [("", empty_label), *offered_courses()],
            coerce=UUID,
            empty_value=None,
            **kwargs,
        )


class LearningForm(forms.ModelForm):
    """What was learnt: kind, title, provider, duration, day and the course it is to count for."""

    course = CourseField(
        label=_("Counts for the course"),
        empty_label=_("None of the hub's courses"),
        help_text=_("The course is then completed, and marked as credited everywhere."),
        required=False,
    )

    class Meta:
        model = ExternalLearning
        fields = ["kind", "title", "provider", "minutes", "held_on"]
        labels = {
            "kind": _("What was it?"),
            "title": _("Title of the training"),
            "provider": _("Who offered it?"),
            "minutes": _("Duration in minutes"),
            "held_on": _("Day"),
        }
        help_texts = {"held_on": _("If it took several days: the last one.")}
        widgets = {"held_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_title(self) -> str:
        return _in_one_line(self.cleaned_data["title"])

    def clean_provider(self) -> str:
        return _in_one_line(self.cleaned_data["provider"])

    @property
    def facts(self) -> LearningFacts:
        """What the action is to be told."""
        given = self.cleaned_data
        return LearningFacts(
            kind=given["kind"],
            title=given["title"],
            provider=given["provider"],
            minutes=given["minutes"],
            held_on=given["held_on"],
            course_key=given["course"],
        )


def _in_one_line(text: str) -> str:
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not line:
        raise forms.ValidationError(_("Please write it in words."))
    return line


class DocumentField(forms.FileField):
    """A PDF, PNG or JPEG file; cleaned, it is a ``Document``, or ``None``."""

    widget = forms.FileInput(attrs={"accept": ACCEPTED})

    def __init__(self, **kwargs: Any) -> None:
        text = _("PDF, PNG or JPEG, at most %(size)d MB.") % {"size": MAX_BYTES // 1024**2}
        super().__init__(help_text=text, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if not file:
            return None
        # Never read more than is taken.
        return read_document(file.read(MAX_BYTES + 1), str(file.name))


class SubmitForm(LearningForm):
    """What a person hands in herself."""

    document = DocumentField(
        label=_("Your document"),
        error_messages={"required": _("Please choose the file of your document.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"].help_text = _(
            "If the training teaches what one of the courses teaches. HR decides about it."
        )

    @property
    def document_given(self) -> Document:
        document: Document = self.cleaned_data["document"]
        return document


class RecordForm(LearningForm):
    """What HR records for people it has chosen."""

    document = DocumentField(label=_("Document"), required=False)
    field_order = ["kind", "title", "provider", "minutes", "held_on", "document", "course"]

    class Meta(LearningForm.Meta):
        widgets = {"held_on": AdminDateInput}


class AttendanceForm(RecordForm):
    """One training and the list of those who took part."""

    document = None  # type: ignore[assignment]
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Authority"))
    field_order = ["organisation", "file"]
    file = forms.FileField(
        label=_("Attendance list"),
        help_text=_(
            "XLSX, ODS or CSV with a column “Personalnummer” or “E-Mail”. First you see what would "
            "happen."
        ),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.ods,.csv"}),
    )

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organisation"]
        field.queryset = Organisation.objects.filter(pk__in=[each.pk for each in organisations])
        if len(organisations) == 1:
            field.initial = organisations[0]


class ConfirmAttendanceForm(AttendanceForm):
    """The same once more, without the file: it waits under a token."""

    file = None  # type: ignore[assignment]


class AcceptForm(forms.Form):
    """Accepting what a person has handed in."""

    course = CourseField(
        label=_("Counts for the course"),
        empty_label=_("None of the hub's courses"),
        help_text=_("The course is then completed, and marked as credited everywhere."),
        required=False,
    )


class ReasonForm(forms.Form):
    """Why something is declined, taken back or set by hand."""

    reason = PlainTextField(
        label=_("Reason"),
        help_text=_("The person can read it."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Please give a reason. The person can read it.")},
    )


class OverrideForm(ReasonForm):
    """Which part of a course is set as completed, and why."""

    part = forms.ChoiceField(label=_("What is completed?"), widget=forms.RadioSelect)
    field_order = ["part", "reason"]

    def __init__(self, *args: Any, parts: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        part: Any = self.fields["part"]
        part.choices = [("", _("The whole course")), *parts]
        part.required = False
        part.initial = ""

    @property
    def activity_key(self) -> UUID | None:
        part = self.cleaned_data["part"]
        return UUID(part) if part else None
