"""Setting a course as completed by hand, with the reason."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages

from courses.actions import course_to_complete, override_completion
from courses.external_learning import OVERRIDE, people_of
from courses.learning_forms import OverrideForm, offered_courses
from hub.organisations.models import Membership

from .external_learning import FurtherRecordsMixin


class OverrideView(FurtherRecordsMixin, FormView):
    """First the course, then which part of it and why; for one person of one's own authority.

    It offers all parts, whatever the person has done: progress is hers alone (domain 2.3).
    """

    permissions = (OVERRIDE,)
    form_class = OverrideForm
    template_name = "courses/external_learning/override.html"
    page_title = gettext_lazy("Set a course by hand")
    header_icon = "check"
    membership: Membership

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.membership = get_object_or_404(people_of(self.organisations), pk=kwargs["membership"])

    @cached_property
    def titles(self) -> dict[str, str]:
        return dict(offered_courses())

    @property
    def course(self) -> str:
        """The key of the chosen course; empty until one is chosen."""
        chosen = self.request.GET.get("course", "")
        return chosen if chosen in self.titles else ""

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        if not self.course:
            return kwargs | {"parts": []}
        course = course_to_complete(UUID(self.course))
        offered = {page.activity_key for page, _version in course.parts}
        return kwargs | {
            "parts": [(str(item.key), item.title) for item in course.items if item.key in offered]
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "membership": self.membership,
            "is_own": self.membership.user_id == self.actor.pk,
            "courses": self.titles,
            "course": self.course,
            "course_title": self.titles.get(self.course, ""),
        }

    def form_invalid(self, form: OverrideForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: OverrideForm) -> HttpResponse:
        if not self.course:
            return redirect(self.request.path)
        try:
            override_completion(
                membership=self.membership,
                course_key=UUID(self.course),
                activity_key=form.activity_key,
                actor=self.actor,
                reason=form.cleaned_data["reason"],
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        messages.success(
            self.request,
            _("“%(course)s” is set for %(person)s. What was completed before stays as it was.")
            % {"course": self.titles[self.course], "person": self.membership.user},
        )
        return redirect("external_people")
