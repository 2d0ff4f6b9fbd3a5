"""Choosing a question of the bank for a quiz."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Case, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.choosers import BaseFilterForm, LocaleFilterMixin
from wagtail.admin.ui.tables import Column
from wagtail.permissions import ModelPermissionPolicy
from wagtail.snippets.views import chooser

from courses.models import BankQuestion, QuestionTag
from courses.querysets import BankQuestionQuerySet
from courses.views.bank import UNLISTED, type_label
from hub.i18n import default_locale_id


class BankChooserForm(LocaleFilterMixin, BaseFilterForm):
    """Finds a question to choose by words and by keyword."""

    q = forms.CharField(
        label=gettext_lazy("Search term"),
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Search")}),
        required=False,
    )
    tag = forms.ModelChoiceField(
        QuestionTag.objects.all(),
        label=gettext_lazy("Keyword"),
        required=False,
        empty_label=gettext_lazy("All"),
        widget=forms.Select(attrs={"data-chooser-modal-search-filter": True}),
    )

    field_order = ["q", "tag", "locale"]

    def filter(self, objects: BankQuestionQuerySet) -> QuerySet:
        objects = super().filter(objects)
        if tag := self.cleaned_data.get("tag"):
            objects = objects.tagged_with([tag.slug])
        if words := self.cleaned_data.get("q"):
            self.is_searching, self.search_query = True, words
            objects = objects.matching(words)
        return objects


class EditorsOnlyMixin:
    """For who may read the bank; Wagtail lets everybody into its choosers who has an admin."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        policy = ModelPermissionPolicy(BankQuestion)
        if not policy.user_has_any_permission(request.user, ("add", "change", "delete", "view")):
            raise Http404
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class BankChooseMixin(EditorsOnlyMixin):
    """Offers what is published and not retired, what is in the first language first."""

    filter_form_class = BankChooserForm

    def get_object_list(self) -> QuerySet:
        rows: BankQuestionQuerySet = super().get_object_list()  # type: ignore[misc]
        is_first = Case(When(locale=default_locale_id(), then=Value(0)), default=Value(1))
        return (
            rows.offered()
            .select_related("locale")
            .defer(*UNLISTED)
            .order_by(is_first, "name", "pk")
        )

    @property
    def columns(self) -> list[Column]:
        columns: list[Column] = super().columns  # type: ignore[misc]
        # All that is offered is published.
        return [
            *(column for column in columns if column.name != "status_string"),
            Column("type", label=gettext_lazy("Type"), accessor=type_label),
            Column("points", label=gettext_lazy("Points"), accessor="points"),
        ]


class BankChooseView(BankChooseMixin, chooser.ChooseView):
    pass


class BankChooseResultsView(BankChooseMixin, chooser.ChooseResultsView):
    pass


class BankChosenView(EditorsOnlyMixin, chooser.SnippetChosenView):
    pass


class BankChosenMultipleView(EditorsOnlyMixin, chooser.SnippetChosenMultipleView):
    pass
