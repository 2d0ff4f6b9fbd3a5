"""The quiz: questions in its own StreamField, drawn anew for each attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.blocks import StreamBlockValidationError, StructBlockValidationError
from wagtail.fields import RichTextField
from wagtail.models import Page

from courses.changing_panel import ChangePanel
from courses.correction_panel import CorrectionsLinkPanel
from courses.enums import CompletionMode, CountedAttempt, FeedbackTime, QuizLayout
from courses.parts_panel import PartsPanel
from courses.questions import QuestionField
from courses.questions.from_bank import BANK_QUESTION
from courses.quiz_panel import PointsPanel
from courses.readers import Reader
from courses.report_panel import OpenReportsPanel
from hub.blocks import INLINE_FEATURES, LeanStreamField
from hub.pages import address_panel, title_panel

from .activities import ActivityMixin
from .bank import BankQuestion
from .versions import ContentVersion

if TYPE_CHECKING:
    from courses.reckoning import Reckoning


class ScoreBandBlock(blocks.StructBlock):
    """What the result says from a share of the points on."""

    from_percent = blocks.IntegerBlock(
        min_value=0, max_value=100, label=_("From this share of the points, in percent")
    )
    text = blocks.RichTextBlock(features=INLINE_FEATURES, label=_("Text"))

    class Meta:
        icon = "comment"
        label = _("Feedback")
        label_format = "{from_percent} %: {text}"


class QuizPage(ActivityMixin, Page):
    """Wissenscheck below a module, Abschlusstest directly below the course."""

    activity_icon = "clipboard-list"
    completion_mode = CompletionMode.GRADED
    version_template = "courses/versions/quiz.html"

    introduction = RichTextField(
        _("introduction"),
        features=INLINE_FEATURES,
        blank=True,
        help_text=_("What is asked, and that it may be repeated at will. May be left empty."),
    )
    questions = QuestionField(
        takes_from_bank=True,
        verbose_name=_("questions"),
        help_text=_("At least one. For each attempt the order of the answers is shuffled."),
    )
    pass_mark = models.PositiveSmallIntegerField(
        _("pass mark in percent"),
        default=75,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Which share of the points is needed to pass. With 8 questions of one point each, "
            "75 percent are 6 right answers."
        ),
    )
    is_shuffled = models.BooleanField(
        _("shuffle the questions"),
        default=True,
        help_text=_("Each attempt asks them in another order. Without the tick, in yours."),
    )
    layout = models.CharField(
        _("pages"), max_length=10, choices=QuizLayout.choices, default=QuizLayout.ALL
    )
    feedback_time = models.CharField(
        _("feedback"), max_length=10, choices=FeedbackTime.choices, default=FeedbackTime.AT_END
    )
    max_attempts = models.PositiveSmallIntegerField(
        _("number of attempts"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Leave it empty: people learn by trying again. Who has used up all attempts of a test "
            "that is needed cannot complete the course."
        ),
    )
    waiting_hours = models.PositiveSmallIntegerField(
        _("waiting time between attempts, in hours"),
        default=0,
        validators=[MaxValueValidator(24 * 14)],
        help_text=_("0: the next attempt may follow at once."),
    )
    counted_attempt = models.CharField(
        _("which attempt counts"),
        max_length=10,
        choices=CountedAttempt.choices,
        default=CountedAttempt.BEST,
        help_text=_("Who has passed once has passed, whatever counts."),
    )
    time_limit_minutes = models.PositiveSmallIntegerField(
        _("time limit in minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Leave it empty: a time limit keeps out people who read slowly or use a screen "
            "reader. Each person can lengthen it for herself, and nobody sees that."
        ),
    )
    score_feedback = LeanStreamField(
        [("band", ScoreBandBlock())],
        verbose_name=_("feedback by result"),
        blank=True,
        help_text=_(
            "What the result says, by the share of points reached: “From 90 percent: …”. "
            "The highest that was reached is shown."
        ),
    )
    draw_count = models.PositiveSmallIntegerField(
        _("number of questions drawn"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "Leave it empty to ask all questions. With a number, each attempt gets as many of "
            "them by chance: write more questions than you draw, and no attempt is like another."
        ),
    )

    page_description = _(
        "Questions with feedback. Below the course it is the final test, below a module its "
        "knowledge check."
    )
    content_panels = [
        title_panel(_("Title, such as “Final test”")),
        OpenReportsPanel(heading=_("Reported questions")),
        FieldPanel("introduction"),
        FieldPanel("questions"),
        CorrectionsLinkPanel(heading=_("Corrections")),
        MultiFieldPanel(
            [
                FieldPanel("pass_mark"),
                FieldPanel("draw_count"),
                FieldPanel("counted_attempt", widget=forms.RadioSelect),
            ],
            heading=_("How it counts"),
        ),
        FieldPanel("score_feedback"),
        MultiFieldPanel(
            [
                FieldPanel("layout", widget=forms.RadioSelect),
                FieldPanel("is_shuffled"),
                FieldPanel("feedback_time", widget=forms.RadioSelect),
                FieldPanel("max_attempts"),
                FieldPanel("waiting_hours"),
                FieldPanel("time_limit_minutes"),
            ],
            heading=_("How it is taken"),
            classname="collapsed",
        ),
        PointsPanel(heading=_("Points and pass mark")),
        MultiFieldPanel(
            [
                FieldPanel("duration_minutes"),
                FieldPanel("is_required"),
                PartsPanel("prerequisites"),
            ],
            heading=_("In the course"),
        ),
        ChangePanel(heading=_("Versions")),
        address_panel(),
    ]
    parent_page_types = ["courses.CoursePage", "courses.ModulePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("quiz")
        verbose_name_plural = _("quizzes")

    @classmethod
    def get_outline_label(cls, level: int) -> str:
        return str(_("Final test") if level == 1 else _("Knowledge check"))

    def clean_for_publishing(self) -> None:
        """Refuse a quiz that nobody could pass, or that draws more questions than there are.

        And one with a changed question that people have answered, until that is a correction.
        """
        from courses.corrections import require_corrections
        from courses.reckoning import reckon

        super().clean_for_publishing()
        if not _are_distinct_uuids([child.id for child in self.questions if child.id]):
            raise ValidationError(
                {"questions": _("Something went wrong in this form. Please open the page again.")}
            )
        # Questions of a type that is not installed are kept, but never drawn.
        reckoning = reckon(self)
        self._refuse_what_the_bank_lacks(reckoning)
        if not reckoning.available:
            raise ValidationError(
                {"questions": _("A quiz needs at least one question that can be graded.")}
            )
        if self.draw_count and self.draw_count > reckoning.available:
            raise ValidationError(
                {
                    "draw_count": _(
                        "There are not as many questions: %(count)d. "
                        "Please write more or draw fewer."
                    )
                    % {"count": reckoning.available}
                }
            )
        if self.pass_mark and not reckoning.can_be_passed:
            raise ValidationError(
                {
                    "pass_mark": _(
                        "Nobody could reach this mark: too many points belong to questions "
                        "without a right answer. Please mark right answers or lower the mark."
                    )
                }
            )
        require_corrections(self)

    def _refuse_what_the_bank_lacks(self, reckoning: Reckoning) -> None:
        """Say at each place how many questions the bank has for it, if it has too few."""
        errors = {}
        for place in reckoning.short_places:
            if place.is_draw:
                message = ngettext_lazy(
                    "The bank has only %(count)d question for this. Please draw fewer.",
                    "The bank has only %(count)d questions for this. Please draw fewer.",
                    place.asked,
                ) % {"count": place.asked}
                errors[place.index] = StructBlockValidationError(
                    {"count": ValidationError(message)}
                )
            else:
                errors[place.index] = StructBlockValidationError(
                    {
                        "question": ValidationError(
                            _("Please choose a published question that is not chosen above.")
                        )
                    }
                )
        if errors:
            raise ValidationError({"questions": StreamBlockValidationError(block_errors=errors)})

    def get_context(self, request, *args, **kwargs):
        from courses.views.quiz import quiz_context

        return super().get_context(request) | quiz_context(self, request)

    def stored_questions(self) -> list[dict[str, Any]]:
        """The questions as the database has them, also those of types not installed today."""
        stored: list[dict[str, Any]] = self._meta.get_field("questions").get_prep_value(
            self.questions
        )
        return stored

    @classmethod
    def get_version_context(cls, version: ContentVersion, reader: Reader) -> dict[str, Any]:
        from courses.blueprints import blueprint

        return {"blueprint": blueprint(version, reader)}

    def get_evidence(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "introduction": self.introduction,
            "questions": _by_key(self.stored_questions()),
            "pass_mark": self.pass_mark,
            "draw_count": self.draw_count,
            "is_shuffled": self.is_shuffled,
            "layout": self.layout,
            "feedback_time": self.feedback_time,
            "max_attempts": self.max_attempts,
            "waiting_hours": self.waiting_hours,
            "counted_attempt": self.counted_attempt,
            "time_limit_minutes": self.time_limit_minutes,
            "score_feedback": self.score_feedback.get_prep_value(),
            "duration_minutes": self.duration_minutes,
        }


def _by_key(stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Stored questions with what was chosen from the bank named by its key, as in any language.

    A choice that stands for nothing any more is left out.
    """
    pks = [entry["value"]["question"] for entry in stored if entry["type"] == BANK_QUESTION]
    if not pks:
        return stored
    found = BankQuestion.objects.filter(pk__in=pks).values_list("pk", "translation_key")
    keys = {pk: str(key) for pk, key in found}
    return [
        entry
        if entry["type"] != BANK_QUESTION
        else entry | {"value": entry["value"] | {"question": keys[entry["value"]["question"]]}}
        for entry in stored
        if entry["type"] != BANK_QUESTION or entry["value"]["question"] in keys
    ]


def _are_distinct_uuids(ids: list[str]) -> bool:
    """Whether every question can be told from the others, also by what refers to it."""
    try:
        return len({UUID(block_id) for block_id in ids}) == len(ids)
    except ValueError:
        return False
