"""The quiz: questions in its own StreamField, drawn anew for each attempt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.blocks import StreamValue
from wagtail.fields import RichTextField
from wagtail.models import Page

from courses import grading
from courses.correction_panel import CorrectionsLinkPanel
from courses.enums import CompletionMode
from courses.questions import QuestionField
from courses.questions.unknown import UNKNOWN
from hub.blocks import INLINE_FEATURES
from hub.pages import address_panel, title_panel

from .activities import ActivityMixin


class QuizPage(ActivityMixin, Page):
    """Wissenscheck below a module, Abschlusstest directly below the course."""

    activity_icon = "clipboard-list"
    completion_mode = CompletionMode.GRADED

    introduction = RichTextField(
        _("introduction"),
        features=INLINE_FEATURES,
        blank=True,
        help_text=_("What is asked, and that it may be repeated at will. May be left empty."),
    )
    questions = QuestionField(
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
        FieldPanel("introduction"),
        FieldPanel("questions"),
        CorrectionsLinkPanel(heading=_("Corrections")),
        MultiFieldPanel(
            [FieldPanel("pass_mark"), FieldPanel("draw_count")], heading=_("How it counts")
        ),
        MultiFieldPanel(
            [FieldPanel("duration_minutes"), FieldPanel("is_required")],
            heading=_("In the course"),
        ),
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

        super().clean_for_publishing()
        if not _are_distinct_uuids([child.id for child in self.questions if child.id]):
            raise ValidationError(
                {"questions": _("Something went wrong in this form. Please open the page again.")}
            )
        # Questions of a type that is not installed are kept, but never drawn.
        asked = [child for child in self.questions if child.block_type != UNKNOWN]
        if not asked:
            raise ValidationError(
                {"questions": _("A quiz needs at least one question that can be graded.")}
            )
        if self.draw_count and self.draw_count > len(asked):
            raise ValidationError(
                {
                    "draw_count": _(
                        "There are not as many questions: %(count)d. "
                        "Please write more or draw fewer."
                    )
                    % {"count": len(asked)}
                }
            )
        if self.pass_mark and not grading.can_be_passed(
            [_points(child) for child in asked], self.draw_count, self.pass_mark
        ):
            raise ValidationError(
                {
                    "pass_mark": _(
                        "Nobody could reach this mark: too many points belong to questions "
                        "without a right answer. Please mark right answers or lower the mark."
                    )
                }
            )
        require_corrections(self)

    def serve(self, request, *args, **kwargs):
        from courses.views.activity import serve_activity

        return serve_activity(self, request, super().serve)

    def get_context(self, request, *args, **kwargs):
        from courses.views.quiz import quiz_context

        return super().get_context(request) | quiz_context(self, request)

    def stored_questions(self) -> list[dict[str, Any]]:
        """The questions as the database has them, also those of types not installed today."""
        stored: list[dict[str, Any]] = self._meta.get_field("questions").get_prep_value(
            self.questions
        )
        return stored

    def get_evidence(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "introduction": self.introduction,
            "questions": self.stored_questions(),
            "pass_mark": self.pass_mark,
            "draw_count": self.draw_count,
            "duration_minutes": self.duration_minutes,
        }


def _are_distinct_uuids(ids: list[str]) -> bool:
    """Whether every question can be told from the others, also by what refers to it."""
    try:
        return len({UUID(block_id) for block_id in ids}) == len(ids)
    except ValueError:
        return False


def _points(child: StreamValue.StreamChild) -> tuple[int, int]:
    """The reachable and the possible points of a question."""
    points: int = child.value.get("points") or 0
    return (points if child.block.has_right_answer(child.value) else 0), points
