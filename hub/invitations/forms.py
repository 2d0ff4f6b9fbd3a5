"""Forms of HR that writes letters, and of the person who redeems one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    get_default_password_validators,
)
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from hub.codes import CodeField
from hub.organisations.lookups import name_contains
from hub.organisations.models import Department, Membership, Organisation

from .letters import LANGUAGES
from .models import Invitation


class Access(models.TextChoices):
    """How far people are with signing in; the first is what the list begins with."""

    WAITING = "waiting", _("never signed in, and no valid letter")
    NEVER = "never", _("never signed in")
    LETTER = "letter", _("with a valid letter")
    ANY = "any", _("all")


class Mail(models.TextChoices):
    """Whether people have an e-mail address; the first is what the list begins with."""

    ANY = "any", _("all")
    WITHOUT = "without", _("without an e-mail address")


class PeopleForm(forms.Form):
    """What the list of people is narrowed to; what is not understood narrows nothing."""

    q = forms.CharField(label=_("Name, user name or staff number"), required=False)
    department = forms.ModelChoiceField(
        label=_("Department"),
        queryset=Department.objects.none(),
        empty_label=_("All"),
        required=False,
    )
    access = forms.ChoiceField(label=_("Signing in"), choices=Access.choices, required=False)
    mail = forms.ChoiceField(label=_("Email"), choices=Mail.choices, required=False)

    def __init__(self, data: Any, *, organisations: Sequence[Organisation]) -> None:
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        field = self.fields["department"]
        field.queryset = Department.objects.filter(  # type: ignore[attr-defined]
            organisation__in=organisations
        ).select_related("organisation")
        if len(organisations) > 1:
            field.label_from_instance = (  # type: ignore[attr-defined]
                lambda department: f"{department.name} ({department.organisation.short_name})"
            )

    @property
    def chosen_access(self) -> str:
        """Which of ``Access`` is asked for; at first those who wait for a letter."""
        self.is_valid()
        return self.cleaned_data.get("access") or Access.WAITING

    def narrow(self, people: QuerySet[Membership]) -> QuerySet[Membership]:
        """Those of ``people`` that are asked for, each told whether she has a valid letter."""
        self.is_valid()
        given = self.cleaned_data
        valid = Invitation.objects.valid().filter(user=OuterRef("user"))
        people = people.annotate(has_letter=Exists(valid))
        if self.chosen_access in (Access.WAITING, Access.NEVER):
            people = people.filter(user__last_login=None)
        if self.chosen_access == Access.WAITING:
            people = people.filter(has_letter=False)
        if self.chosen_access == Access.LETTER:
            people = people.filter(has_letter=True)
        if given.get("mail") == Mail.WITHOUT:
            people = people.filter(user__email="")
        if given.get("department"):
            people = people.filter(department=given["department"])
        for word in given.get("q", "").split():
            people = people.filter(
                name_contains(word)
                | Q(user__username__icontains=word)
                | Q(staff_number__iexact=word)
            )
        return people


class LettersForm(forms.Form):
    """In which language letters are written."""

    language = forms.ChoiceField(
        label=_("Language of the letters"),
        choices=lambda: [
            ("", _("in the language of each person where it is known, otherwise German")),
            *((code, name) for code, name in settings.LANGUAGES if code in LANGUAGES),
        ],
        required=False,
    )


class CodeForm(forms.Form):
    """The code of a letter, as people type it."""

    code = CodeField(
        label=_("Your code"),
        help_text=_("12 letters and digits, for example 7KQ4-M2XD-9FTR. It is in your letter."),
        error_messages={
            "required": _("Please type the code of your letter."),
            "max_length": _("This is longer than a code. Please type the code of your letter."),
        },
    )


class PasswordForm(SetPasswordForm):
    """The password a person chooses for herself."""

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        shortest = next(
            validator.min_length
            for validator in get_default_password_validators()
            if isinstance(validator, MinimumLengthValidator)
        )
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.label, second.label = _("Password"), _("The same password once more")
        first.help_text = _(
            "At least %(count)d characters, not your name and no common password. Several words in "
            "a row are easy to remember."
        ) % {"count": shortest}
        second.help_text = ""
        first.error_messages["required"] = _("Please choose a password.")
        second.error_messages["required"] = _("Please type the password once more.")
        # The page itself moves the focus, and only to an error.
        first.widget.attrs.pop("autofocus", None)

    def validate_password_for_user(self, user: Any, *args: Any) -> None:
        """Say what is wrong with a password where it is chosen, not where it is repeated."""
        super().validate_password_for_user(user, "new_password1")
