"""Marking free texts in the administration, without the names of those who wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn, Table, TitleColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from courses.forms import MarkingForm
from courses.marking import answers_of_quizzes, mark_response, may_mark, question_of
from courses.models import Response
from courses.quizzing import AskedQuestion
from hub.organisations.models import User

PER_PAGE = 50


@dataclass(frozen=True)
class WaitingText:
    """A row of the list."""

    pk: int
    question: str
    quiz: str
    submitted_at: datetime | None

    @classmethod
    def of(cls, response: Response) -> WaitingText:
        question = question_of(response)
        text = strip_tags(question.value["text"].source) if question else ""
        return cls(
            pk=response.pk,
            question=Truncator(text).chars(90) or _("Question of a type that is not installed"),
            quiz=response.attempt.content_version.title,
            submitted_at=response.attempt.submitted_at,
        )


class MarkingListView(WagtailAdminTemplateMixin, TemplateView):
    """The free texts that wait, the oldest first; for those who may publish their quiz."""

    template_name = "courses/marking/list.html"
    page_title = gettext_lazy("Mark free texts")
    header_icon = "edit"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not may_mark(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": str(self.page_title)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        waiting = answers_of_quizzes(cast(User, self.request.user)).filter(is_to_mark=True)
        page = Paginator(waiting, PER_PAGE).get_page(self.request.GET.get("p"))
        columns = [
            TitleColumn(
                "question",
                label=_("Question"),
                get_url=lambda row: reverse("mark_response", args=[row.pk]),
            ),
            Column("quiz", label=_("Quiz")),
            DateColumn("submitted_at", label=_("Submitted")),
        ]
        return super().get_context_data(**kwargs) | {
            "table": Table(columns, [WaitingText.of(response) for response in page]),
            "page_obj": page,
            "count": page.paginator.count,
            "index_url": reverse("marking_list"),
        }


class MarkResponseView(WagtailAdminTemplateMixin, FormView):
    """One free text with its question, what to look for, and the points to give.

    Answers that do not wait, to questions that nobody marks, and of quizzes that the person may not
    publish do not exist for her.
    """

    form_class = MarkingForm
    template_name = "courses/marking/mark.html"
    page_title = gettext_lazy("Mark a free text")
    header_icon = "edit"

    response: Response
    question: AskedQuestion

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not may_mark(request.user):
            raise PermissionDenied
        found = answers_of_quizzes(cast(User, request.user)).filter(pk=kwargs["pk"]).first()
        question = question_of(found) if found else None
        if found is None or question is None or not question.block.is_marked_by_person:
            raise Http404
        self.response, self.question = found, question
        self.latest = found.markings.last()

    def get_initial(self) -> dict[str, Any]:
        if self.latest is None:
            return {}
        return {
            "points": self.latest.points,
            "comment": self.latest.comment,
            "latest": self.latest.pk,
        }

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"maximum": self.question.value["points"]}

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("marking_list"), "label": _("Mark free texts")},
            {"url": "", "label": str(self.page_title)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        review = self.question.block.review(self.question.value, self.response.answer, ())
        return super().get_context_data(**kwargs) | {
            "question": self.question,
            "quiz": self.response.attempt.content_version,
            "given": [part.given for part in review.parts],
            "latest": self.latest,
        }

    def form_invalid(self, form: MarkingForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: MarkingForm) -> HttpResponse:
        user = cast(User, self.request.user)
        try:
            mark_response(response=self.response, marker=user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        again = messages.button(reverse("mark_response", args=[self.response.pk]), _("Change"))
        messages.success(self.request, _("The answer is marked."), buttons=[again])
        following = answers_of_quizzes(user).filter(is_to_mark=True).first()
        if following is None:
            return redirect("marking_list")
        return redirect("mark_response", following.pk)
