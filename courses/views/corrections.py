"""Corrections in the Wagtail admin: say what kind, see what it would do, approve or decline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from courses import corrections
from courses.comparing import Stored, parsed
from courses.correction_forms import CorrectionForm
from courses.corrections import ChangedQuestion, Effect
from courses.enums import CorrectionKind, CorrectionStatus
from courses.models import Correction, QuizPage
from courses.permissions import may_approve_corrections, may_propose_corrections
from courses.questions import Review
from hub.organisations.models import User


@dataclass(frozen=True)
class ShownText:
    """A question as one of its texts asks it, with what is right, for the template."""

    stored: Stored

    @cached_property
    def child(self) -> Any:
        return parsed(self.stored)

    @property
    def review(self) -> Review:
        """What is asked and right, drawn as the answer to which all points belong."""
        block, value = self.child.block, self.child.value
        return block.review(value, block.right_answer(value), block.option_ids(value))


@dataclass
class QuestionToCorrect:
    """A changed question with the form that says what its correction is."""

    change: ChangedQuestion
    form: CorrectionForm
    waiting: Correction | None
    effect: Effect | None = None

    @property
    def before(self) -> ShownText:
        return ShownText(self.change.before)

    @property
    def after(self) -> ShownText | None:
        return ShownText(self.change.after) if self.change.after is not None else None


class UnitMixin(WagtailAdminTemplateMixin):
    """A view about the corrections of one quiz, for who may edit it; others meet 404."""

    header_icon = "clipboard-list"
    request: HttpRequest
    quiz: QuizPage

    def find(self, unit_key: UUID) -> None:
        quiz = corrections.original(unit_key)
        if quiz is None or not may_propose_corrections(self.request.user, quiz):
            raise Http404
        self.quiz = quiz

    @cached_property
    def draft(self) -> QuizPage:
        draft: QuizPage = self.quiz.get_latest_revision_as_object()
        return draft

    @property
    def address(self) -> str:
        return reverse("courses_corrections", args=[self.quiz.translation_key])

    def get_page_subtitle(self) -> str:
        return str(self.quiz.get_admin_display_title())

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        editor = reverse("wagtailadmin_pages:edit", args=[self.quiz.pk])
        return [
            *self.breadcrumbs_items,
            {"url": editor, "label": self.get_page_subtitle()},
            {"url": "", "label": str(self.get_page_title())},
        ]


class CorrectionsView(UnitMixin, TemplateView):
    """The changed questions of a quiz that people have answered, and its corrections so far."""

    template_name = "courses/corrections/quiz.html"
    page_title = gettext_lazy("Corrections")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.find(kwargs["unit_key"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what a correction would do; propose it when that was seen."""
        asked = next((q for q in self.questions if q.form.is_bound), None)
        if asked is None:
            messages.error(
                request,
                _("The question was changed meanwhile. Please look at it once more."),
            )
            return redirect(self.address)
        if asked.form.is_valid():
            if request.POST.get("action") == "propose" and asked.form.was_seen:
                return self.propose(asked)
            kind = asked.form.cleaned_data["kind"]
            asked.effect = corrections.preview(draft=self.draft, change=asked.change, kind=kind)
        status = 200 if asked.effect is not None else 422
        return self.render_to_response(self.get_context_data(), status=status)

    def propose(self, asked: QuestionToCorrect) -> HttpResponse:
        corrections.propose_correction(
            draft=self.draft,
            change=asked.change,
            kind=asked.form.cleaned_data["kind"],
            note=asked.form.cleaned_data["note"],
            by=cast(User, self.request.user),
        )
        messages.success(
            self.request,
            _("Proposed. A second person sees it on the start page and approves or declines it."),
        )
        return redirect(self.address)

    @cached_property
    def questions(self) -> list[QuestionToCorrect]:
        waiting = {
            correction.question_id: correction
            for correction in Correction.objects.filter(
                unit_key=self.quiz.translation_key, status__in=corrections.OPEN
            )
        }
        return [
            QuestionToCorrect(
                change=change,
                form=self._form(change),
                waiting=self._met(change, waiting.get(change.question_id)),
            )
            for change in corrections.changed_questions(self.draft)
        ]

    def _met(self, change: ChangedQuestion, correction: Correction | None) -> Correction | None:
        return correction if correction is not None and change.is_met_by(correction) else None

    def _form(self, change: ChangedQuestion) -> CorrectionForm:
        is_asked = self.request.POST.get("question") == str(change.question_id)
        return CorrectionForm(self.request.POST if is_asked else None, change=change)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        past = (
            Correction.objects.filter(unit_key=self.quiz.translation_key)
            .exclude(status=CorrectionStatus.REPLACED)
            .select_related("proposed_by", "decided_by")
            .order_by("-proposed_at", "-pk")
        )
        return super().get_context_data(**kwargs) | {
            "changed": [q for q in self.questions if q.change.after is not None],
            "removed": [q for q in self.questions if q.change.after is None],
            "past": past,
            "editor": reverse("wagtailadmin_pages:edit", args=[self.quiz.pk]),
        }


class DecideView(UnitMixin, TemplateView):
    """One correction: old and new text, and what it does.

    The second person, who may publish the quiz, approves or declines it; who proposed it may
    withdraw it.
    """

    template_name = "courses/corrections/decide.html"
    page_title = gettext_lazy("Correction")

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.correction = get_object_or_404(
            Correction.objects.select_related("proposed_by", "decided_by", "before"),
            uuid=kwargs["correction"],
        )
        self.find(self.correction.unit_key)

    @cached_property
    def change(self) -> ChangedQuestion | None:
        """The change it is about; ``None`` when the draft is another one by now."""
        return next(
            (c for c in corrections.changed_questions(self.draft) if c.is_met_by(self.correction)),
            None,
        )

    @property
    def is_own(self) -> bool:
        return self.correction.proposed_by_id == self.request.user.pk

    @cached_property
    def may_approve(self) -> bool:
        """Whether the person is somebody who could be the second one."""
        return may_approve_corrections(self.request.user, self.quiz)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = request.POST.get("action")
        if not self.may_approve and not (action == "decline" and self.is_own):
            raise Http404
        try:
            if action == "approve":
                corrections.approve_correction(
                    correction=self.correction, by=cast(User, request.user), draft=self.draft
                )
                messages.success(
                    request,
                    _("Approved. It is in force as soon as the quiz is published."),
                    buttons=[
                        messages.button(
                            reverse("wagtailadmin_pages:edit", args=[self.quiz.pk]),
                            _("To the quiz"),
                        )
                    ],
                )
            elif action == "decline":
                corrections.decline_correction(
                    correction=self.correction,
                    by=cast(User, request.user),
                    draft=self.draft,
                    reply=request.POST.get("reply", "")[:500],
                )
                messages.success(request, _("Declined. The results stay as they are."))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect(self.address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        correction, change = self.correction, self.change
        kind = CorrectionKind(correction.kind)
        is_open = correction.status == CorrectionStatus.PROPOSED
        return super().get_context_data(**kwargs) | {
            "correction": correction,
            "kind": kind,
            "before": ShownText(self._before()),
            "after": ShownText(correction.after) if correction.after is not None else None,
            "is_own": self.is_own,
            "may_approve": self.may_approve,
            "may_decline": self.may_approve or self.is_own,
            "is_open": is_open,
            "is_outdated": is_open and change is None,
            "effect": corrections.preview(draft=self.draft, change=change, kind=kind)
            if is_open and change is not None
            else None,
        }

    def _before(self) -> Stored:
        content = self.correction.before.content
        found = corrections.questions_in(self.correction.unit_key, content)
        return found[self.correction.question_id]
