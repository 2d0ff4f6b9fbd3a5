"""Forms of the import: the list and its authority, and what its columns mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hub.organisations.models import Organisation
from hub.tables import Row
from hub.uploading import FileForm

from .columns import LABELS, NEEDED, ColumnChoice, ColumnsError, check_heading_row
from .runs import MAX_BYTES


class UploadForm(FileForm):
    """A list and whose employees it names; who works for one authority is not asked which."""

    max_bytes = MAX_BYTES

    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Authority"), queryset=Organisation.objects.none(), empty_label=None
    )
    file = forms.FileField(
        label=gettext_lazy("List of employees"),
        help_text=gettext_lazy("XLSX, ODS or CSV, with headings above the entries."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.ods,.xls,.csv,.tsv,.txt"}),
    )

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["organisation"])
        field.queryset = Organisation.objects.filter(
            pk__in=[organisation.pk for organisation in organisations]
        )
        if len(organisations) == 1:
            field.initial = organisations[0].pk
            field.widget = forms.HiddenInput()


class HeadingRowForm(forms.Form):
    """In which row of a list the headings are, counted from 1; as a part of the address."""

    heading_row = forms.IntegerField(label=gettext_lazy("Row of the headings"))

    def __init__(self, *args: Any, rows: Sequence[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows

    def clean_heading_row(self) -> int:
        """Refuse a row that is not in the list, is empty, or has nobody below it."""
        number: int = self.cleaned_data["heading_row"]
        try:
            check_heading_row(self.rows, number)
        except ColumnsError as error:
            raise forms.ValidationError(str(error)) from error
        return number


class ColumnsForm(forms.Form):
    """For each field the column of a list in which it stands; cleaned, it has the ``choice``."""

    def __init__(self, *args: Any, headings: Row, proposed: ColumnChoice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heading_row = proposed.heading_row
        named = [(n, str(cell).strip()) for n, cell in enumerate(headings) if str(cell).strip()]
        choices = [
            ("", _("– not in the list –")),
            *(
                (n, _("Column %(number)d: %(heading)s") % {"number": n + 1, "heading": heading})
                for n, heading in named
            ),
        ]
        for name, label in LABELS.items():
            self.fields[name] = forms.TypedChoiceField(
                label=label,
                choices=choices,
                coerce=int,
                empty_value=None,
                required=False,
                initial=proposed.positions.get(name, ""),
            )

    def clean(self) -> dict[str, Any]:
        """Refuse a column that is to mean two things, and a list in which nobody is recognised."""
        said = {
            name: position for name, position in self.cleaned_data.items() if position is not None
        }
        meant: dict[int, str] = {}
        for name, position in said.items():
            other = meant.setdefault(position, name)
            if other != name:
                text = _("This column was chosen for “%(other)s” already.")
                self.add_error(name, text % {"other": LABELS[other]})
        if not self.errors and not all(said.keys() & set(one_of) for one_of in NEEDED):
            raise forms.ValidationError(
                _(
                    "Please choose columns for the last name, the first name, and for the staff "
                    "number or the e-mail address."
                )
            )
        self.choice = ColumnChoice(self.heading_row, said)
        return self.cleaned_data
