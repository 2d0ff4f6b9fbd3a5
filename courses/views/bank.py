"""The bank in the Wagtail admin: its list and what it shows of a question."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from uuid import UUID, uuid4

import django_filters
from django.contrib.admin.utils import quote
from django.db.models import BigIntegerField, Count, Max, Prefetch, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.menus import MenuItem
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets.button import Button, ButtonWithDropdown
from wagtail.models import ModelLogEntry
from wagtail.snippets.views.snippets import CopyView, EditView, IndexView
from wagtail_localize.models import TranslationSource

from courses.bank_usage import chosen_anywhere, usage_counts
from courses.frozen import FrozenQuestion
from courses.interchange.importing import IMPORT
from courses.models import BankQuestion, QuestionTag, TaggedQuestion
from courses.querysets import BankQuestionQuerySet
from courses.questions import questions
from courses.quizzing import as_written
from courses.views.quiz import QuestionOnPage
from hub.i18n import default_locale_id, languages

#: The columns of the bank's rows that no list shows; the texts of questions are long.
UNLISTED = ("question", "search_text", "source")
#: How many of the last imports the list can be narrowed to.
IMPORTS_OFFERED = 20


def preview_context(question: BankQuestion) -> dict[str, Any]:
    """The question as learners see it, also one just typed and not saved."""
    child = question.block
    if child is None:
        return {"previewed": []}
    # A question that was never saved has no language yet.
    frozen = FrozenQuestion(languages()[question.locale_id or default_locale_id()], child)
    return {"previewed": [QuestionOnPage(as_written(uuid4(), 1, frozen))]}


def type_choices() -> list[tuple[str, str]]:
    """Key and label of every registered question type."""
    known = BankQuestion._meta.get_field("question").stream_block.child_blocks
    return [(key, str(known[key].label)) for key in questions]


def type_label(question: BankQuestion) -> str:
    """What the type of a question is called; its key if no installed app registers it."""
    return dict(type_choices()).get(question.question_type, question.question_type)


def state_label(question: BankQuestion) -> str:
    """Where a question stands, in a word or two."""
    if question.is_retired:
        return _("retired")
    if not question.live:
        return _("draft")
    return _("published, with changes") if question.has_unpublished_changes else _("published")


def _authors() -> Iterator[tuple[str, str]]:
    names = BankQuestion.objects.exclude(author="").order_by("author")
    return ((name, name) for name in names.values_list("author", flat=True).distinct())


def _imports() -> Iterator[tuple[str, str]]:
    """The last imports by which questions came into the bank, each as its moment and number."""
    entries = ModelLogEntry.objects.filter(action=IMPORT, uuid__isnull=False).order_by()
    runs = entries.values("uuid").annotate(at=Max("timestamp"), made=Count("pk"))
    for run in runs.order_by("-at")[:IMPORTS_OFFERED]:
        number = ngettext("%(count)d question", "%(count)d questions", run["made"])
        moment = date_format(localtime(run["at"]), "SHORT_DATETIME_FORMAT")
        yield str(run["uuid"]), f"{moment} ({number % {'count': run['made']}})"


class BankFilterSet(WagtailFilterSet):
    """What the bank can be narrowed to; Wagtail adds the language."""

    tag = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Keyword"),
        queryset=QuestionTag.objects.all(),
        method="by_tag",
        empty_label=gettext_lazy("All"),
    )
    question_type = django_filters.ChoiceFilter(
        label=gettext_lazy("Type"), choices=type_choices, empty_label=gettext_lazy("All")
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=[
            ("live", gettext_lazy("published")),
            ("draft", gettext_lazy("draft")),
            ("retired", gettext_lazy("retired")),
        ],
        method="by_state",
        empty_label=gettext_lazy("All"),
    )
    author = django_filters.ChoiceFilter(
        label=gettext_lazy("Author"), choices=_authors, empty_label=gettext_lazy("All")
    )
    use = django_filters.ChoiceFilter(
        label=gettext_lazy("Use"),
        choices=[
            ("used", gettext_lazy("chosen in a quiz")),
            ("unused", gettext_lazy("chosen in no quiz")),
        ],
        method="by_use",
        empty_label=gettext_lazy("All"),
    )
    review = django_filters.ChoiceFilter(
        label=gettext_lazy("Check"),
        choices=[("due", gettext_lazy("to be checked again"))],
        method="by_review",
        empty_label=gettext_lazy("All"),
    )
    imported = django_filters.ChoiceFilter(
        label=gettext_lazy("Import"),
        choices=_imports,
        method="by_import",
        empty_label=gettext_lazy("All"),
    )

    class Meta:
        model = BankQuestion
        fields: list[str] = []

    def by_tag(self, rows: BankQuestionQuerySet, name: str, tag: QuestionTag) -> QuerySet:
        return rows.tagged_with([tag.slug])

    def by_state(self, rows: BankQuestionQuerySet, name: str, state: str) -> QuerySet:
        if state == "retired":
            return rows.retired()
        return rows.filter(live=state == "live", is_retired=False)

    def by_use(self, rows: BankQuestionQuerySet, name: str, use: str) -> QuerySet:
        chosen = {"translation_key__in": chosen_anywhere()}
        return rows.filter(**chosen) if use == "used" else rows.exclude(**chosen)

    def by_review(self, rows: BankQuestionQuerySet, name: str, review: str) -> QuerySet:
        return rows.review_due(localdate())

    def by_import(self, rows: BankQuestionQuerySet, name: str, run: str) -> QuerySet:
        entries = ModelLogEntry.objects.filter(action=IMPORT, uuid=run).order_by()
        made = entries.annotate(row=Cast("object_id", BigIntegerField())).values("row")
        return rows.filter(pk__in=made)


def review_day(question: BankQuestion) -> str:
    """The day to check a question again; Wagtail's own column calls what lies ahead "just now"."""
    return date_format(question.review_on, "SHORT_DATE_FORMAT") if question.review_on else ""


class TagColumn(Column):
    """The keywords of a question, fetched for the whole page at once."""

    def get_value(self, instance: BankQuestion) -> str:
        return ", ".join(sorted(row.tag.name for row in instance.tagged.all()))


class BankIndexView(IndexView):
    """The list of the bank: the same few queries for ten questions and for ten thousand."""

    # Django's own search over one column: every word in the name or the text, umlauts and all.
    search_fields = ["search_text"]
    usage_url_name = ""
    retire_url_name = ""
    import_url_name = ""
    export_url_name = ""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        if self.user_has_permission("add"):
            url = reverse(self.import_url_name)
            buttons.append(Button(_("Import questions"), url, icon_name="upload", priority=20))
        # The export keeps to what the list is narrowed to, but knows no pages and no fragments.
        query = self.request.GET.copy()
        for name in (self.page_kwarg, "_w_filter_fragment"):
            query.pop(name, None)
        url = reverse(self.export_url_name)
        if query:
            url += f"?{query.urlencode()}"
        buttons.append(Button(_("Export questions"), url, icon_name="download", priority=30))
        return buttons

    def get_base_queryset(self) -> QuerySet:
        rows: QuerySet = super().get_base_queryset()
        tagged = Prefetch("tagged", TaggedQuestion.objects.select_related("tag"))
        return rows.select_related("locale").prefetch_related(tagged).defer(*UNLISTED)

    def search_queryset(self, queryset: BankQuestionQuerySet) -> QuerySet:
        return queryset.matching(self.search_query) if self.is_searching else queryset

    def get_table(self, object_list: Collection[BankQuestion]) -> Any:
        counts = usage_counts(object_list)
        sources = _translation_sources(object_list)
        for question in object_list:
            question.usage_count = counts[question.translation_key]
            question.source_of_translations = sources.get(
                (question.translation_key, question.locale_id)
            )
        return super().get_table(object_list)

    def get_list_buttons(self, instance: BankQuestion) -> list[Any]:
        # Wagtail's own would ask wagtail-localize, which asks the database for every row.
        label = _("More options for '%(title)s'") % {"title": instance}
        buttons = self.get_list_more_buttons(instance)
        return [
            ButtonWithDropdown(
                buttons=[Button.from_menu_item(button) for button in buttons],
                icon_name="dots-horizontal",
                attrs={"aria-label": label},
            )
        ]

    def get_list_more_buttons(self, instance: BankQuestion) -> list[MenuItem]:
        buttons: list[MenuItem] = super().get_list_more_buttons(instance)
        pk = quote(instance.pk)
        buttons.append(
            MenuItem(
                _("In which quizzes"),
                url=reverse(self.usage_url_name, args=[pk]),
                icon_name="clipboard-list",
                priority=25,
            )
        )
        if self.user_has_permission("change"):
            buttons.append(
                MenuItem(
                    _("Question statistics"),
                    url=statistics_url(instance),
                    icon_name="table",
                    priority=24,
                )
            )
        if self.user_has_permission("publish"):
            buttons.append(
                MenuItem(
                    _("Offer again") if instance.is_retired else _("Retire"),
                    url=reverse(self.retire_url_name, args=[pk]),
                    icon_name="rotate" if instance.is_retired else "no-view",
                    priority=26,
                )
            )
            if self.request.user.has_perm("wagtail_localize.submit_translation"):
                buttons.append(_translation_button(instance))
        return buttons


def _translation_sources(questions: Iterable[BankQuestion]) -> dict[tuple[UUID, int], int]:
    """The keys of what wagtail-localize translates from, by key and locale of the question."""
    sources = TranslationSource.objects.filter(
        object__in=[question.translation_key for question in questions], translations__enabled=True
    )
    return {
        (key, locale): pk
        for key, locale, pk in sources.values_list("object_id", "locale_id", "pk").distinct()
    }


def _translation_button(question: BankQuestion) -> MenuItem:
    """Begins the translation of a question, or takes over what changed since."""
    source = question.source_of_translations  # type: ignore[attr-defined]
    if source is not None:
        url = reverse("wagtail_localize:update_translations", args=[source])
        return MenuItem(_("Update the translations"), url=url, icon_name="resubmit", priority=31)
    opts = question._meta
    url = reverse(
        "wagtail_localize:submit_snippet_translation",
        args=[opts.app_label, opts.model_name, quote(question.pk)],
    )
    return MenuItem(_("Translate"), url=url, icon_name="wagtail-localize-language", priority=30)


def statistics_url(question: BankQuestion) -> str:
    """Where it is shown how a question does, in all languages."""
    return reverse("courses_bank_statistics", args=[question.translation_key])


class BankEditView(EditView):
    """The editor of a question, with the way to how it does."""

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        return [
            *super().header_more_buttons,
            Button(
                _("Question statistics"),
                url=statistics_url(self.object),
                icon_name="table",
                priority=15,
            ),
        ]


class BankCopyView(CopyView):
    """A copy is a question of its own and a draft."""

    def get_initial_form_instance(self) -> BankQuestion:
        original = self.get_object()
        copy = BankQuestion(
            name=_("Copy of %(name)s") % {"name": original.name},
            question=original.question,
            author=original.author,
            locale=original.locale,
            live=False,
        )
        copy.tags.set(original.tags.all())
        return copy
