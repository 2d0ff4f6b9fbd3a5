"""Viewsets of the Wagtail admin for what editors keep beside the pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.ui.tables import Column, LocaleColumn
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.snippets.views.chooser import SnippetChooserViewSet
from wagtail.snippets.views.snippets import SnippetViewSet

from hub.organisations.menu import REQUIREMENTS
from hub.organisations.views import CarefulDeleteView
from hub.organisations.viewsets import ScopedModelViewSet

from .ai_system_forms import AISystemForm
from .models import AISystem, BankQuestion, Requirement, RequirementProposal, Topic
from .requirement_forms import ProposalForm, RequirementForm
from .views import ai_systems, bank, bank_chooser, bank_export, bank_import, bank_use, requirements


class TopicViewSet(ModelViewSet):
    """Topics of courses, with a label in each language."""

    model = Topic
    name = "topics"
    menu_name = "topics"
    icon = "tag"
    menu_order = 200
    add_to_admin_menu = True
    delete_view_class = CarefulDeleteView
    copy_view_enabled = False
    add_to_reference_index = False
    list_display = ["name", Column("slug", label=_("Short form in addresses"), sort_key="slug")]
    search_fields = ["name"]
    list_per_page = 50


class RequirementViewSet(ScopedModelViewSet):
    """Vorgaben: HR keeps what its authority asks of whom."""

    model = Requirement
    name = "requirements"
    url_prefix = "vorgaben"
    icon = "clipboard-list"
    menu_label = _("Requirements")
    menu_name = "requirements"
    menu_order = 10
    menu_hook = REQUIREMENTS
    index_view_class = requirements.RequirementIndexView
    add_view_class = requirements.RequirementCreateView
    edit_view_class = requirements.RequirementEditView
    delete_view_class = requirements.RequirementDeleteView
    model_form_class = RequirementForm
    filterset_class = requirements.RequirementFilterSet
    list_select_related = ["organisation", "audience", "department", "ai_system"]
    list_per_page = 50
    form_fields = [
        "organisation",
        "course_key",
        "audience",
        "department",
        "ai_system",
        "system_role",
        "kind",
        "due_on",
        "due_days",
        "refresh_months",
        "reason",
    ]

    def formfield_for_dbfield(self, db_field: models.Field, **kwargs: Any) -> forms.Field | None:
        if db_field.name == "due_on":
            kwargs["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        elif db_field.name == "reason":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 4})
        return super().formfield_for_dbfield(db_field, **kwargs)


class AISystemViewSet(ScopedModelViewSet):
    """KI-Register: HR keeps the AI systems of its authority, who uses and who oversees them."""

    model = AISystem
    name = "ai_systems"
    url_prefix = "ki-register"
    icon = "desktop"
    menu_label = pgettext_lazy("menu", "AI systems")
    menu_name = "ai-systems"
    menu_order = 20
    menu_hook = REQUIREMENTS
    inspect_view_enabled = True
    index_view_class = ai_systems.AISystemIndexView
    add_view_class = ai_systems.AISystemCreateView
    edit_view_class = ai_systems.AISystemEditView
    inspect_view_class = ai_systems.AISystemRecordView
    model_form_class = AISystemForm
    filterset_class = ai_systems.AISystemFilterSet
    list_select_related = ["organisation"]
    search_fields = ["name", "purpose", "product"]
    list_per_page = 50

    def get_form_class(self, for_update: bool = False) -> type[AISystemForm]:
        return AISystemForm

    def get_urlpatterns(self) -> list[Any]:
        overseers = self.construct_view(
            ai_systems.OverseersView,
            **self.get_inspect_view_kwargs(template_name=ai_systems.OverseersView.template_name),
        )
        return [*super().get_urlpatterns(), path("<int:pk>/aufsicht/", overseers, name="overseers")]


class RequirementProposalViewSet(ModelViewSet):
    """The proposed plan by role: the Untergruppe keeps it for all authorities."""

    model = RequirementProposal
    name = "requirement_proposals"
    url_prefix = "planvorschlaege"
    icon = "list-ul"
    menu_label = _("Proposed plan")
    menu_name = "requirement-proposals"
    menu_order = 205
    add_to_admin_menu = True
    index_view_class = requirements.ProposalIndexView
    delete_view_class = CarefulDeleteView
    copy_view_enabled = False
    add_to_reference_index = False
    list_per_page = 50

    def get_form_class(self, for_update: bool = False) -> type[ProposalForm]:
        return ProposalForm


class BankChooserViewSet(SnippetChooserViewSet):
    choose_view_class = bank_chooser.BankChooseView
    choose_results_view_class = bank_chooser.BankChooseResultsView
    chosen_view_class = bank_chooser.BankChosenView
    chosen_multiple_view_class = bank_chooser.BankChosenMultipleView


class BankQuestionViewSet(SnippetViewSet):
    """Fragenpool: questions for many quizzes, shared by all authorities."""

    model = BankQuestion
    icon = "help"
    menu_label = _("Question bank")
    menu_name = "question-bank"
    menu_order = 150
    add_to_admin_menu = True
    # The namespaces are Wagtail's own: wagtail-localize builds their names by itself.
    url_prefix = "fragenpool"
    chooser_base_url_path = "fragenpool/auswahl"
    chooser_viewset_class = BankChooserViewSet
    chooser_per_page = 20
    index_view_class = bank.BankIndexView
    edit_view_class = bank.BankEditView
    copy_view_class = bank.BankCopyView
    usage_view_class = bank_use.BankUsageView
    unpublish_view_class = bank_use.BankUnpublishView
    filterset_class = bank.BankFilterSet
    search_fields = ["search_text"]
    list_per_page = 50
    list_display = [
        "name",
        Column("type", label=_("Type"), accessor=bank.type_label, sort_key="question_type"),
        bank.TagColumn("tags", label=_("Keywords")),
        LocaleColumn(sort_key=None),
        Column(
            "review_on",
            label=_("Check again on"),
            accessor=bank.review_day,
            sort_key="review_on",
        ),
        Column("usage_count", label=_("Chosen in quizzes")),
        Column("state", label=_("State"), accessor=bank.state_label),
    ]

    @property
    def retire_view(self) -> Any:
        return self.construct_view(bank_use.RetireView, retire_url_name=self.get_url_name("retire"))

    @property
    def import_view(self) -> Any:
        return self.construct_view(
            bank_import.BankImportView, template_url_name=self.get_url_name("import_template")
        )

    @property
    def export_view(self) -> Any:
        return self.construct_view(
            bank_export.BankExportView,
            index_view=self.index_view,
            export_url_name=self.get_url_name("export"),
            export_file_url_name=self.get_url_name("export_file"),
        )

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(
            retire_url_name=self.get_url_name("retire"),
            usage_url_name=self.get_url_name("usage"),
            import_url_name=self.get_url_name("import"),
            export_url_name=self.get_url_name("export"),
            **kwargs,
        )

    def get_urlpatterns(self) -> list[URLPattern]:
        patterns: list[URLPattern] = super().get_urlpatterns()
        return [
            *patterns,
            path("retire/<int:pk>/", self.retire_view, name="retire"),
            path("import/", self.import_view, name="import"),
            path(
                "import/template/",
                self.construct_view(bank_import.TemplateView),
                name="import_template",
            ),
            path("export/", self.export_view, name="export"),
            path("export/<slug:file_format>/", self.export_view, name="export_file"),
        ]
