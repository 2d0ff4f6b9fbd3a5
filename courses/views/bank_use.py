"""What becomes of a question of the bank: where it is asked, and how it stops being asked."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.permissions import ModelPermissionPolicy
from wagtail.snippets.views.snippets import UnpublishView, UsageView

from courses.bank_actions import offer_again, retire
from courses.bank_usage import Use, quizzes_harmed_without, uses
from courses.models import BankQuestion
from hub.organisations.models import User


class BankUsageView(UsageView):
    """In which quizzes a question is asked: where it was chosen, and where it may be drawn."""

    permission_required = "view"
    any_permission_required = ["add", "change", "delete", "view"]

    def get_queryset(self) -> list[Use]:
        return uses([self.object])

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn(
                "quiz",
                label=_("Quiz"),
                accessor=lambda use: use.quiz.get_admin_display_title(),
                get_url=lambda use: reverse("wagtailadmin_pages:edit", args=[use.quiz.pk]),
                id_accessor="quiz.pk",
            ),
            Column("language", label=_("Language"), accessor=lambda use: str(use.quiz.locale)),
            Column(
                "how",
                label=_("How"),
                accessor=lambda use: _("chosen") if use.is_chosen else _("by chance, by keyword"),
            ),
            Column("state", label=_("State"), accessor=lambda use: use.quiz.status_string),
        ]

    def get_table(self, object_list: list[Use], **kwargs: Any) -> Any:
        return self.table_class(self.columns, object_list, **self.get_table_kwargs())


class HarmMixin:
    """Names the live quizzes that would suffer if a question was asked no longer."""

    template_name = "courses/bank_confirm.html"
    object: BankQuestion

    @cached_property
    def uses(self) -> list[Use]:
        return uses([self.object])

    @cached_property
    def harmed(self) -> list[str]:
        """The titles of the quizzes that would be short of questions or impossible to pass."""
        return quizzes_harmed_without([self.object], self.uses)


class BankUnpublishView(HarmMixin, UnpublishView):
    """Takes a question from the web, after saying which quizzes it is missing in."""


class RetireView(HarmMixin, PermissionCheckedMixin, WagtailAdminTemplateMixin, TemplateView):
    """Retires a question, or offers it again."""

    template_name = "courses/bank_retire.html"
    permission_required = "publish"
    # Said here, for not every Wagtail hands it in, and none means that everybody may.
    permission_policy = ModelPermissionPolicy(BankQuestion)
    page_title = gettext_lazy("Retire")
    header_icon = "no-view"
    model = BankQuestion
    index_url_name = ""
    edit_url_name = ""
    retire_url_name = ""
    usage_url_name = ""

    def setup(self, request: HttpRequest, pk: str, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.object = get_object_or_404(BankQuestion, pk=unquote(str(pk)))

    @cached_property
    def harmed(self) -> list[str]:
        # Who chose it goes on asking it.
        drawing = [use for use in self.uses if not use.is_chosen]
        return [] if self.object.is_retired else quizzes_harmed_without([self.object], drawing)

    def get_page_title(self) -> str:
        return _("Offer again") if self.object.is_retired else _("Retire")

    def get_page_subtitle(self) -> str:
        return str(self.object)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "object": self.object,
            "next_url": reverse(self.index_url_name),
            "chosen_in": [use.quiz.get_admin_display_title() for use in self.uses if use.is_chosen],
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = cast(User, request.user)
        try:
            if self.object.is_retired:
                offer_again(question=self.object, actor=actor)
                text = _("“%(question)s” is offered again.")
            else:
                retire(question=self.object, actor=actor)
                text = _("“%(question)s” is retired: it is neither offered nor drawn any more.")
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, text % {"question": self.object})
        return redirect(self.index_url_name)
