"""Fragenstatistik in the Wagtail admin: how the questions of a quiz, or of the bank, do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from courses.models import BankQuestion, QuizPage
from courses.models.versions import version_label
from courses.permissions import may_edit_bank
from courses.question_statistics import (
    QuestionStatistics,
    Standing,
    WordingStatistics,
    bank_statistics,
    quiz_statistics,
)
from courses.questions import TallyRow
from courses.statistics import GROUPS_TO_JUDGE, Hint, Shown, Silence, Tally
from hub.i18n import default_locale_id

HINTS = {
    Hint.REVERSED: gettext_lazy(
        "Who does well in the whole quiz answers this question wrongly more often. Please check "
        "whether the right answer is marked, and whether the question can be misunderstood."
    ),
    Hint.LURE: gettext_lazy(
        "A wrong answer is chosen more often than the right one. Please check whether the right "
        "answer is marked, and whether the course explains the difference."
    ),
    Hint.HARD: gettext_lazy(
        "Few answer it rightly. Please check whether the course says what is asked here, and "
        "whether the question is easy to understand."
    ),
    Hint.EASY: gettext_lazy(
        "Almost all answer it rightly. That is fine for something everybody must know. Otherwise "
        "please check whether the wrong answers are believable."
    ),
    Hint.IDLE: gettext_lazy(
        "Hardly anybody chooses one of the wrong answers. A more believable one would tell more."
    ),
}
SILENCES = {
    Silence.UNSCORED: gettext_lazy("The question earns no points."),
    Silence.ALONE: gettext_lazy("There is no other question with points to compare it with."),
    Silence.TOO_ALIKE: gettext_lazy("The results are too much alike to say anything."),
}
ROW_HEADINGS = {
    Tally.ONE: gettext_lazy("Chosen by"),
    Tally.SEVERAL: gettext_lazy("Chosen by"),
    Tally.PARTS: gettext_lazy("Right with"),
}


@dataclass(frozen=True)
class Number:
    """A number of persons in words: the share, and the count behind it."""

    shown: Shown

    @property
    def share(self) -> str:
        percent = {"percent": self.shown.percent}
        if self.shown.is_below:
            return _("below %(percent)d %%") % percent
        if self.shown.is_above:
            return _("above %(percent)d %%") % percent
        return _("about %(percent)d %%") % percent

    @property
    def count(self) -> str:
        numbers = {"count": self.shown.count, "persons": self.shown.persons}
        if self.shown.is_below:
            return _("fewer than %(count)d of %(persons)d") % numbers
        if self.shown.is_above:
            return _("more than %(count)d of %(persons)d") % numbers
        return _("about %(count)d of %(persons)d") % numbers


@dataclass(frozen=True)
class WordingItem:
    """One wording with its figures, for the template."""

    statistics: WordingStatistics

    @property
    def figures(self) -> Any:
        return self.statistics.figures

    @property
    def text(self) -> str:
        return strip_tags(self.statistics.wording.child.value["text"].source)

    @property
    def kind(self) -> str:
        return str(self.statistics.wording.block.label)

    @property
    def language(self) -> str:
        return str(dict(settings.LANGUAGES)[self.statistics.wording.language])

    @property
    def since(self) -> str:
        wording = self.statistics.wording
        return version_label(wording.number, wording.published_at)

    @property
    def persons(self) -> str:
        if self.figures.persons:
            return str(self.figures.persons)
        return _("fewer than %(count)d persons") % {"count": settings.SMALLEST_GROUP}

    @property
    def share(self) -> Number | None:
        return Number(self.figures.share) if self.figures.share else None

    @property
    def no_share(self) -> str:
        """Why there is no share."""
        if not self.statistics.wording.block.is_scored:
            return str(SILENCES[Silence.UNSCORED])
        return _from_persons(2)

    @property
    def discrimination(self) -> str:
        value = self.figures.discrimination
        # With a minus, not a hyphen.
        return "" if value is None else number_format(value, decimal_pos=1).replace("-", "\u2212")

    @property
    def discrimination_in_words(self) -> str:
        value = self.figures.discrimination
        if Hint.REVERSED in self.statistics.hints:
            return _("separates the wrong way round")
        if value < 0.1:
            return _("does not separate")
        return _("separates a little") if value < 0.3 else _("separates well")

    @property
    def silence(self) -> str:
        """Why nothing is said on how the question separates."""
        if self.figures.silence is Silence.TOO_FEW:
            return _from_persons(GROUPS_TO_JUDGE)
        return str(SILENCES[self.figures.silence])

    @property
    def hints(self) -> list[str]:
        return [str(HINTS[hint]) for hint in self.statistics.hints]

    @property
    def rows_heading(self) -> str:
        return str(ROW_HEADINGS.get(self.statistics.wording.block.tally, ""))

    @property
    def rows(self) -> list[tuple[TallyRow, Number]]:
        """Empty where nothing may be shown."""
        return [(row, Number(shown)) for row, shown in self.statistics.rows if shown]


def _from_persons(groups: int) -> str:
    return _("From %(count)d persons on.") % {"count": groups * settings.SMALLEST_GROUP}


@dataclass(frozen=True)
class QuestionItem:
    """One question with its figures, for the template."""

    statistics: QuestionStatistics
    number: int
    #: Where it is edited; empty where the person may not, or it is not there any more.
    edit_url: str
    #: The page of a question of the bank about itself.
    bank_url: str

    @property
    def current(self) -> list[WordingItem]:
        return [WordingItem(wording) for wording in self.statistics.current]

    @property
    def former(self) -> list[WordingItem]:
        return [WordingItem(wording) for wording in self.statistics.former]

    @property
    def anchor(self) -> str:
        return f"frage-{self.statistics.question_id}"

    @property
    def note(self) -> str:
        """What the question is to the quiz, where it does not go without saying."""
        if self.statistics.standing is Standing.BY_CHANCE:
            return _("drawn by chance")
        return _("not asked any more") if self.statistics.standing is Standing.GONE else ""


class StatisticsView(WagtailAdminTemplateMixin, TemplateView):
    """What both pages share."""

    template_name = "courses/statistics/page.html"
    page_title = gettext_lazy("Question statistics")
    header_icon = "table"
    request: HttpRequest
    editor = ""
    is_quiz = True

    def questions(self) -> Sequence[QuestionStatistics]:
        raise NotImplementedError

    def edit_url(self, question: QuestionStatistics, bank: Mapping[UUID, str]) -> str:
        raise NotImplementedError

    def items(self) -> list[QuestionItem]:
        questions = self.questions()
        bank = self.bank_editors([q.question_id for q in questions if q.is_from_bank])
        return [
            QuestionItem(
                question,
                number,
                self.edit_url(question, bank),
                reverse("courses_bank_statistics", args=[question.question_id])
                if self.is_quiz and question.question_id in bank
                else "",
            )
            for number, question in enumerate(questions, start=1)
        ]

    def bank_editors(self, keys: Sequence[UUID]) -> dict[UUID, str]:
        """Where the questions of the bank are edited, by their keys, for who may."""
        if not keys or not may_edit_bank(self.request.user):
            return {}
        found = BankQuestion.objects.filter(translation_key__in=keys, locale=default_locale_id())
        return {
            key: reverse("wagtailsnippets_courses_bankquestion:edit", args=[pk])
            for key, pk in found.order_by().values_list("translation_key", "pk")
        }

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": self.editor, "label": self.get_page_subtitle()},
            {"url": "", "label": str(self.get_page_title())},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        items = self.items()
        languages = {
            wording.language for item in items for wording in (*item.current, *item.former)
        }
        return super().get_context_data(**kwargs) | {
            "items": items,
            "is_quiz": self.is_quiz,
            "has_languages": len(languages) > 1,
            "editor": self.editor,
            "smallest": settings.SMALLEST_GROUP,
            "least_for_shares": 2 * settings.SMALLEST_GROUP,
        }


class QuizStatisticsView(StatisticsView):
    """The questions of a quiz, in all its languages, for who may edit it; others meet 404."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.quiz = self.find(kwargs["quiz_key"])
        self.editor = reverse("wagtailadmin_pages:edit", args=[self.quiz.pk])

    def find(self, quiz_key: UUID) -> QuizPage:
        """The quiz in the first language that the person may edit it in."""
        pages = QuizPage.objects.filter(translation_key=quiz_key, alias_of__isnull=True)
        for page in sorted(
            pages.defer("questions"), key=lambda page: page.locale_id != default_locale_id()
        ):
            if page.permissions_for_user(self.request.user).can_edit():
                return page
        raise Http404

    def questions(self) -> Sequence[QuestionStatistics]:
        return quiz_statistics(self.quiz.translation_key)

    def edit_url(self, question: QuestionStatistics, bank: Mapping[UUID, str]) -> str:
        if question.is_from_bank:
            return bank.get(question.question_id, "")
        if question.standing is Standing.GONE:
            return ""
        return f"{self.editor}#block-{question.question_id}-section"

    def get_page_subtitle(self) -> str:
        return str(self.quiz.get_admin_display_title())


class BankStatisticsView(StatisticsView):
    """A question of the bank, over all quizzes, for who may edit it; others meet 404."""

    is_quiz = False

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.key = kwargs["question_key"]
        found = BankQuestion.objects.filter(translation_key=self.key).defer("question")
        rows = sorted(found, key=lambda row: row.locale_id != default_locale_id())
        if not rows or not may_edit_bank(request.user):
            raise Http404
        self.question = rows[0]
        self.editor = reverse("wagtailsnippets_courses_bankquestion:edit", args=[self.question.pk])

    def questions(self) -> Sequence[QuestionStatistics]:
        return [self.statistics]

    @cached_property
    def statistics(self) -> QuestionStatistics:
        return bank_statistics(self.key)

    def edit_url(self, question: QuestionStatistics, bank: Mapping[UUID, str]) -> str:
        return self.editor

    def get_page_subtitle(self) -> str:
        return str(self.question)
