"""Corrections in the Wagtail admin: say what kind, see what it would do, approve or decline."""

from __future__ import annotations

from dataclasses import dataclass, field
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
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from courses import corrections
from courses.bank_usage import quizzes_harmed_without, uses
from courses.comparing import Stored, parsed, questions_in
from courses.correction_forms import CorrectionForm
from courses.corrections import ChangedQuestion, Effect, Unit
from courses.enums import CorrectionKind, CorrectionStatus
from courses.models import BankQuestion, Correction
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
    #: The quizzes that would be short of it.
    harmed: list[str] = field(default_factory=list)

    @property
    def is_asked_otherwise(self) -> bool:
        """Whether there is a new text of it; what has none can be declared void only."""
        return self.change.after is not None and self.change.is_changed

    @property
    def before(self) -> ShownText:
        return ShownText(self.change.before)

    @property
    def after(self) -> ShownText | None:
        """The new text; none of what can be declared void only."""
        if self.change.after is None or not self.is_asked_otherwise:
            return None
        return ShownText(self.change.after)


class UnitMixin(WagtailAdminTemplateMixin):
    """A view about the corrections of one quiz or question of the bank, for who may edit it.

    Others meet 404.
    """

    header_icon = "clipboard-list"
    request: HttpRequest
    unit: Unit

    def find(self, unit_key: UUID) -> None:
        unit = corrections.original(unit_key)
        if unit is None or not may_propose_corrections(self.request.user, unit):
            raise Http404
        self.unit = unit

    @cached_property
    def draft(self) -> Unit:
        draft: Unit = self.unit.get_latest_revision_as_object()
        return draft

    @property
    def is_of_bank(self) -> bool:
        return isinstance(self.unit, BankQuestion)

    @property
    def address(self) -> str:
        return reverse("courses_corrections", args=[self.unit.translation_key])

    @property
    def editor(self) -> str:
        """Where the unit is edited."""
        return str(AdminURLFinder(self.request.user).get_edit_url(self.unit))

    def harmed_by(self, kind: CorrectionKind) -> list[str]:
        """The quizzes that would be short of a question of the bank if it was void."""
        if not isinstance(self.unit, BankQuestion) or kind != CorrectionKind.VOID:
            return []
        return quizzes_harmed_without([self.unit], uses([self.unit]))

    def get_page_subtitle(self) -> str:
        return str(self.unit.get_admin_display_title())

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": self.editor, "label": self.get_page_subtitle()},
            {"url": "", "label": str(self.get_page_title())},
        ]


class CorrectionsView(UnitMixin, TemplateView):
    """The changed questions of a unit that people have answered, and its corrections so far."""

    template_name = "courses/corrections/unit.html"
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
            asked.harmed = self.harmed_by(kind)
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
            for correction in Correction.objects.open().filter(unit_key=self.unit.translation_key)
        }
        return [
            QuestionToCorrect(
                change=change,
                form=self._form(change),
                waiting=self._met(change, waiting.get(change.question_id)),
            )
            for change in corrections.correctable_questions(self.draft)
        ]

    def _met(self, change: ChangedQuestion, correction: Correction | None) -> Correction | None:
        return correction if correction is not None and change.is_met_by(correction) else None

    def _form(self, change: ChangedQuestion) -> CorrectionForm:
        is_asked = self.request.POST.get("question") == str(change.question_id)
        return CorrectionForm(self.request.POST if is_asked else None, change=change)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        past = (
            Correction.objects.filter(unit_key=self.unit.translation_key)
            .exclude(status=CorrectionStatus.REPLACED)
            .select_related("proposed_by", "decided_by")
            .order_by("-proposed_at", "-pk")
        )
        return super().get_context_data(**kwargs) | {
            "changed": [q for q in self.questions if q.is_asked_otherwise],
            "to_be_void": [q for q in self.questions if not q.is_asked_otherwise],
            "past": past,
        }


class DecideView(UnitMixin, TemplateView):
    """One correction: old and new text, and what it does.

    The second person, who may publish the unit, approves or declines it; who proposed it may
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
            (
                change
                for change in corrections.correctable_questions(self.draft)
                if change.is_met_by(self.correction)
            ),
            None,
        )

    @property
    def is_own(self) -> bool:
        return self.correction.proposed_by_id == self.request.user.pk

    @cached_property
    def may_approve(self) -> bool:
        """Whether the person is somebody who could be the second one."""
        return may_approve_corrections(self.request.user, self.unit)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = request.POST.get("action")
        if not self.may_approve and not (action == "decline" and self.is_own):
            raise Http404
        try:
            if action == "approve":
                self.approve()
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

    def approve(self) -> None:
        approved = corrections.approve_correction(
            correction=self.correction, by=cast(User, self.request.user), draft=self.draft
        )
        if approved.status == CorrectionStatus.LIVE:
            text = _("Approved and in force: the question is not asked any more.")
        elif self.is_of_bank:
            text = _("Approved. It is in force as soon as the question is published.")
        else:
            text = _("Approved. It is in force as soon as the quiz is published.")
        label = _("To the question") if self.is_of_bank else _("To the quiz")
        messages.success(self.request, text, buttons=[messages.button(self.editor, label)])

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
            "harmed": self.harmed_by(kind) if is_open else [],
            "effect": corrections.preview(draft=self.draft, change=change, kind=kind)
            if is_open and change is not None
            else None,
        }

    def _before(self) -> Stored:
        content = self.correction.before.content
        found = questions_in(self.correction.unit_key, content)
        return found[self.correction.question_id]
