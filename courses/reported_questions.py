"""What editors see of reported questions: which text was meant, and where to change it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Subquery
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from wagtail.models import Revision
from wagtail.permission_policies.pages import PagePermissionPolicy

from hub.i18n import default_locale_id, in_language, locale_id
from hub.organisations.models import User

from .comparing import Stored, is_same_text, questions_in
from .models import BankQuestion, ContentVersion, QuestionReport, QuizPage
from .question_reports import CHANGE_BANK, reports_of

#: What is needed of a quiz to name it and to know who may edit it.
QUIZ_FIELDS = (
    *("translation_key", "locale", "path", "depth", "owner", "live", "title", "draft_title"),
    "latest_revision",
)
#: Key and language of a unit.
Unit = tuple[UUID, str]


@dataclass(frozen=True)
class EditorLink:
    """A way into the editor, in words that say where it leads."""

    label: str
    url: str


@dataclass(frozen=True)
class ReportedQuestion:
    """A report with the question it is about and the ways to it."""

    report: QuestionReport
    quiz: str
    #: As it was shown; ``None`` if the version does not have it, which no report should say.
    stored: Stored | None
    #: What became of the text since, in words; empty if it is still asked as it was shown.
    since: str
    #: The best one first; empty if there is nothing left that the person may edit.
    links: Sequence[EditorLink]

    @property
    def pk(self) -> int:
        return self.report.pk

    @cached_property
    def excerpt(self) -> str:
        """The beginning of the question."""
        text = (self.stored or {}).get("value", {}).get("text", "")
        return Truncator(strip_tags(text)).chars(90) or _("Question without a text")

    @property
    def language(self) -> str:
        return in_language(self.report.version.language)


def reported_questions(reports: Collection[QuestionReport], user: User) -> list[ReportedQuestion]:
    """The reports with their questions, in the same few queries for one and for fifty.

    ``reports`` should have read their ``version`` along. Links lead where ``user`` may edit.
    """
    return _Desk(reports, user).rows()


def quiz_choices(user: User) -> list[tuple[str, str]]:
    """Key and title of every quiz of which ``user`` may see reports; three queries."""
    reports = reports_of(user).order_by()
    keys = set(reports.values_list("quiz_key", flat=True).distinct())
    frozen = reports.filter(version__unit_key=F("quiz_key")).order_by("version__number")
    titles = dict(frozen.values_list("quiz_key", "version__title"))
    pages = QuizPage.objects.filter(translation_key__in=keys, alias_of__isnull=True)
    for key, title, locale in pages.values_list("translation_key", "draft_title", "locale"):
        if locale == default_locale_id() or key not in titles:
            titles[key] = title
    named = ((str(key), titles.get(key) or _("A quiz that was deleted")) for key in keys)
    return sorted(named, key=lambda choice: choice[1])


class _Desk:
    """Everything that a number of reports refer to, read at once."""

    def __init__(self, reports: Collection[QuestionReport], user: User) -> None:
        self.reports = reports
        self.user = user
        self.quizzes = _by_unit(
            QuizPage.objects.filter(
                translation_key__in={report.quiz_key for report in reports}, alias_of__isnull=True
            ).only(*QUIZ_FIELDS)
        )
        bank_keys = {report.question_id for report in reports if report.is_from_bank}
        self.bank = _by_unit(
            BankQuestion.objects.filter(translation_key__in=bank_keys).only(
                "translation_key", "locale", "live"
            )
            if bank_keys
            else ()
        )
        self.may_change_bank = user.has_perm(CHANGE_BANK)

    def rows(self) -> list[ReportedQuestion]:
        return [
            ReportedQuestion(
                report=report,
                quiz=self._title(report),
                stored=_question(report, report.version.content),
                since=self._since(report),
                links=list(self._links(report)),
            )
            for report in self.reports
        ]

    def _title(self, report: QuestionReport) -> str:
        if quiz := self._quiz(report):
            return str(quiz.get_admin_display_title())
        if report.is_from_bank:
            return _("A quiz that was deleted")
        return _("%(quiz)s (deleted)") % {"quiz": report.version.title}

    def _quiz(self, report: QuestionReport) -> Any:
        """The quiz in the language of the text."""
        return self.quizzes.get((report.quiz_key, locale_id(report.version.language)))

    def _bank_question(self, report: QuestionReport) -> Any:
        return self.bank.get((report.question_id, locale_id(report.version.language)))

    @cached_property
    def _latest(self) -> dict[Unit, ContentVersion]:
        """The texts published last, where those that were shown are older."""
        keys = {report.version.unit_key for report in self.reports}
        newer = ContentVersion.objects.filter(
            unit_key=OuterRef("unit_key"), language=OuterRef("language")
        ).order_by("-number")
        found = ContentVersion.objects.filter(unit_key__in=keys).annotate(
            latest=Subquery(newer.values("pk")[:1])
        )
        return {
            (version.unit_key, version.language): version
            for version in found.filter(pk=F("latest"))
        }

    def _since(self, report: QuestionReport) -> str:
        unit = self._bank_question(report) if report.is_from_bank else self._quiz(report)
        if unit is None:
            return _("Deleted since")
        latest = self._latest[report.unit]
        asked, shown = (
            _question(report, latest.content),
            _question(report, report.version.content),
        )
        if not unit.live or asked is None or shown is None:
            return _("No longer published")
        return "" if is_same_text(asked, shown) else _("Text changed since")

    @cached_property
    def _drafts(self) -> dict[int, str]:
        """The questions of the quizzes as they were saved last, as text, by page."""
        drafts = Revision.page_revisions.filter(
            pk__in={quiz.latest_revision_id for quiz in self.quizzes.values()}
        )
        return {
            int(page): str(content.get("questions"))
            for page, content in drafts.values_list("object_id", "content")
        }

    def _links(self, report: QuestionReport) -> Iterable[EditorLink]:
        if report.is_from_bank and self.may_change_bank and (kept := self._bank_question(report)):
            edit = BankQuestion.snippet_viewset.get_url_name("edit")
            yield EditorLink(_("Open in the question bank"), reverse(edit, args=[kept.pk]))
        for label, quiz in self._quizzes_to_open(report):
            if quiz is not None and self._may_edit(quiz):
                yield EditorLink(label, self._address(quiz, report))

    def _quizzes_to_open(self, report: QuestionReport) -> Iterable[tuple[str, Any]]:
        """The quiz in the language of the text; of a translation the original, too."""
        quiz = self._quiz(report)
        if report.is_from_bank:
            yield _("Open the quiz"), quiz
        elif locale_id(report.version.language) == default_locale_id():
            yield _("Open the question"), quiz
        else:
            yield _("Open the translation"), quiz
            yield _("Open the original"), self.quizzes.get((report.quiz_key, default_locale_id()))

    def _may_edit(self, quiz: QuizPage) -> bool:
        return bool(
            PagePermissionPolicy().user_has_permission_for_instance(self.user, "change", quiz)
        )

    def _address(self, quiz: QuizPage, report: QuestionReport) -> str:
        """The editor of a quiz, open at the question if it is still there."""
        address = reverse("wagtailadmin_pages:edit", args=[quiz.pk])
        is_there = str(report.question_id) in self._drafts.get(quiz.pk, "")
        return f"{address}#block-{report.question_id}-section" if is_there else address


def _by_unit(rows: Iterable[Any]) -> dict[tuple[UUID, int], Any]:
    return {(row.translation_key, row.locale_id): row for row in rows}


def _question(report: QuestionReport, content: dict[str, Any]) -> Stored | None:
    return questions_in(report.version.unit_key, content).get(report.question_id)
