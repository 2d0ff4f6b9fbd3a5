"""Vorgaben in the administration: HR lists, makes, changes and takes back what it asks."""

from __future__ import annotations

from typing import Any, cast

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton

from courses.course_titles import course_label, with_courses
from courses.enums import RequirementKind
from courses.models import Requirement, RequirementProposal
from courses.proposed_plan import (
    PlanLine,
    PlanState,
    plan_for,
    proposed_deadline,
    values_for_change,
    values_for_new,
)
from courses.requirement_forms import RequirementForm
from courses.requirement_words import (
    deadline_label,
    effect_lines,
    refresher_label,
    warnings,
)
from courses.requiring import (
    BACKGROUND_FROM,
    NotAsShown,
    Preview,
    save_requirement,
    withdraw_requirement,
)
from courses.requiring import preview as preview_of
from courses.views.ai_systems import asked_because_of
from hub.organisations.in_charge import InChargeMixin
from hub.organisations.lookups import is_key
from hub.organisations.models import Audience, Department, Organisation, User
from hub.organisations.permissions import OrganisationPermissionPolicy, organisations_where

CONFIRM = "courses/requirements/confirm.html"
#: One of these is needed to see a requirement.
READ = ("view", "add", "change", "delete")
POLICY = OrganisationPermissionPolicy(Requirement, organisation_lookup="organisation")


class RequirementFilterSet(WagtailFilterSet):
    """What the list can be narrowed to; what is offered is what one's own authorities have."""

    course = django_filters.ChoiceFilter(
        label=gettext_lazy("Course"), field_name="course_key", empty_label=gettext_lazy("All")
    )
    audience = django_filters.ChoiceFilter(
        label=gettext_lazy("Audience"),
        choices=lambda: named(Audience.objects.all()),
        empty_label=gettext_lazy("All"),
        null_label=gettext_lazy("everybody"),
        method="of_audience",
    )
    department = django_filters.ChoiceFilter(
        label=gettext_lazy("Department"),
        empty_label=gettext_lazy("All"),
        null_label=gettext_lazy("all departments"),
    )
    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Kind"),
        choices=RequirementKind.choices,
        empty_label=gettext_lazy("All"),
    )

    class Meta:
        model = Requirement
        fields: list[str] = []

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        organisations = POLICY.organisations_user_has_any_permission_for(request.user, READ)
        asked = Requirement.objects.filter(organisation__in=organisations)
        courses = with_courses(asked.order_by().values("course_key").distinct())
        self.filters["course"].extra["choices"] = [
            (row["course_key"], row["course_title"]) for row in courses.order_by("course_title")
        ]
        departments = Department.objects.filter(organisation__in=organisations)
        self.filters["department"].extra["choices"] = named(departments.order_by("name", "pk"))

    def of_audience(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """What an audience is asked, or everybody: not only who has to do with an AI system."""
        if value == self.filters[name].null_value:
            return rows.filter(audience=None, ai_system=None)
        return rows.filter(audience=value)


def named(rows: QuerySet) -> list[tuple[str, str]]:
    """Rows as choices."""
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


class RequirementIndexView(generic.IndexView):
    """What one's own authorities ask, by course and group."""

    filterset_class = RequirementFilterSet
    is_searchable = False
    table_classname = "listing requirement-list"

    @cached_property
    def header_buttons(self) -> list[Any]:
        """Beside a requirement of one's own there is the proposed plan."""
        plan = HeaderButton(_("Proposed plan"), url=reverse("proposed_plan"), icon_name="list-ul")
        return [*super().header_buttons, plan]

    def get_base_queryset(self) -> QuerySet:
        return with_courses(super().get_base_queryset())

    def order_queryset(self, queryset: QuerySet) -> QuerySet:
        order = self.ordering if isinstance(self.ordering, str) else "course_title"
        return queryset.order_by(
            order, "course_title", F("audience__name").asc(nulls_first=True), "pk"
        )

    @cached_property
    def columns(self) -> list[Column]:
        title = self._get_title_column_class(TitleColumn)
        columns = [
            title(
                "course",
                label=_("Course"),
                accessor=course_label,
                sort_key="course_title",
                get_url=self.get_edit_url,
            ),
            Column("group_label", label=_("Who is asked"), sort_key="audience__name"),
            Column("kind", label=_("Kind"), accessor="get_kind_display", sort_key="kind"),
            Column("due_on", label=_("Deadline"), accessor=deadline_label, sort_key="due_on"),
            Column(
                "refresh_months",
                label=_("Refresher"),
                accessor=lambda row: refresher_label(row.refresh_months),
            ),
        ]
        if len(self._organisations) > 1:
            columns.insert(
                1,
                Column("organisation", label=_("Authority"), sort_key="organisation__name"),
            )
        return columns

    @cached_property
    def _organisations(self) -> list[Organisation]:
        return list(POLICY.organisations_user_has_any_permission_for(self.request.user, READ)[:2])


class ConfirmedMixin:
    """Saves a requirement after it was shown whom that touches, and only as it was shown."""

    request: HttpRequest
    form: RequirementForm
    template_name: Any

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "back" not in request.POST:
            return super().post(request, *args, **kwargs)  # type: ignore[misc,no-any-return]
        self.object = self.get_object() if "pk" in kwargs else None  # type: ignore[attr-defined]
        self.form = self.get_form()  # type: ignore[attr-defined]
        return self.render_to_response(self.get_context_data())  # type: ignore[attr-defined,no-any-return]

    def form_valid(self, form: RequirementForm) -> HttpResponse:
        """Save what was confirmed; else show what would happen."""
        self.form = form
        confirmed = self.request.POST.get("confirmed", "")
        try:
            shown = save_requirement(
                requirement=form.instance,
                confirmed=confirmed,
                actor=cast(User, self.request.user),
            )
        except NotAsShown as change:
            return self.ask(change.preview, is_changed=bool(confirmed))
        except ValidationError as error:
            form.add_error(None, error)
            self.produced_error_message = self.get_error_message()  # type: ignore[attr-defined]
            return self.form_invalid(form)  # type: ignore[attr-defined,no-any-return]
        except Requirement.DoesNotExist as error:
            raise Http404 from error
        messages.success(self.request, done_in_words(shown, _("The requirement is saved.")))
        return redirect(self.get_success_url())  # type: ignore[attr-defined]

    def ask(self, shown: Preview, *, is_changed: bool) -> HttpResponse:
        """The page that says whom it touches; what was typed waits in it."""
        self.template_name = CONFIRM
        context = self.get_context_data(**question(shown, is_changed))  # type: ignore[attr-defined]
        return self.render_to_response(context)  # type: ignore[attr-defined,no-any-return]


class RequirementCreateView(ConfirmedMixin, generic.CreateView):
    """A new requirement, out of HR's head or out of the proposed plan."""

    def get_initial(self) -> dict[str, Any]:
        proposal = proposal_asked_for(self.request)
        values = values_for_new(proposal) if proposal else {}
        asked = chosen_authority(self.request) | asked_because_of(self.request)
        return super().get_initial() | values | asked

    submit_button_label = gettext_lazy("See what happens")
    error_message = gettext_lazy("The requirement could not be saved. Please look below.")


class RequirementEditView(ConfirmedMixin, generic.EditView):
    """A requirement changes, perhaps to what is proposed; course and authority do not."""

    def get_initial(self) -> dict[str, Any]:
        proposal, own = proposal_asked_for(self.request), cast(Requirement, self.object)
        if proposal is None or (proposal.course_key, proposal.audience_id) != (
            own.course_key,
            own.audience_id,
        ):
            return super().get_initial()
        return super().get_initial() | values_for_change(proposal)

    submit_button_label = gettext_lazy("See what happens")
    error_message = gettext_lazy("The requirement could not be saved. Please look below.")


class RequirementDeleteView(generic.DeleteView):
    """A requirement is taken back, after it was shown whom that releases."""

    template_name = CONFIRM

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if "preview" not in kwargs:
            kwargs |= question(self._preview(), is_changed=False)
        return super().get_context_data(**kwargs)

    def _preview(self) -> Preview:
        try:
            return preview_of(cast(Requirement, self.object), is_withdrawn=True)
        except Requirement.DoesNotExist as error:
            raise Http404 from error

    def form_valid(self, form: Any) -> HttpResponse:
        """Take back what was confirmed; else show what would happen."""
        confirmed = self.request.POST.get("confirmed", "")
        try:
            shown = withdraw_requirement(
                requirement=cast(Requirement, self.object),
                confirmed=confirmed,
                actor=cast(User, self.request.user),
            )
        except NotAsShown as change:
            asked = question(change.preview, is_changed=bool(confirmed))
            return self.render_to_response(self.get_context_data(**asked))
        except Requirement.DoesNotExist as error:
            raise Http404 from error
        messages.success(self.request, done_in_words(shown, _("The requirement is deleted.")))
        return redirect(self.get_success_url())


def proposal_asked_for(request: HttpRequest) -> RequirementProposal | None:
    """The line of the proposed plan that an address names, if there is one."""
    number = request.GET.get("proposal", "")
    return RequirementProposal.objects.filter(pk=number).first() if is_key(number) else None


def chosen_authority(request: HttpRequest) -> dict[str, Any]:
    """The authority that an address names; the form offers only those one may act for."""
    number = request.GET.get("organisation", "")
    return {"organisation": number} if is_key(number) else {}


class PlanView(InChargeMixin, TemplateView):
    """The proposed plan, and how far an authority has taken it over."""

    permissions = tuple(f"courses.{verb}_requirement" for verb in READ)
    template_name = "courses/requirements/plan.html"
    page_title = gettext_lazy("Proposed plan")
    header_icon = "list-ul"

    @cached_property
    def organisation(self) -> Organisation:
        """The authority that was chosen, or the first of one's own."""
        chosen = self.request.GET.get("organisation", "")
        found = (each for each in self.organisations if str(each.pk) == chosen)
        return next(found, self.organisations[0])

    def may(self, verb: str) -> bool:
        """Whether the person may do it for the authority that is shown."""
        held = organisations_where(self.request.user, f"courses.{verb}_requirement")
        return self.organisation in held

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        above = {"url": reverse("requirements:index"), "label": _("Requirements")}
        return [*self.breadcrumbs_items, above, {"url": "", "label": self.page_title}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        lines = plan_for(self.organisation)
        return super().get_context_data(**kwargs) | {
            "organisation": self.organisation,
            "organisations": self.organisations,
            "rows": [plan_row(line) for line in lines],
            "counts": [
                (state.label, sum(line.state == state for line in lines)) for state in PlanState
            ],
            "may_add": self.may("add"),
            "may_change": self.may("change"),
        }


def plan_row(line: PlanLine) -> dict[str, Any]:
    """A line of the plan in words."""
    proposal = line.proposal
    return {
        "line": line,
        "proposal": proposal,
        "course": course_label(proposal),
        "can_be_taken": bool(proposal.is_course_live),
        "deadline": proposed_deadline(proposal),
        "refresher": refresher_label(proposal.refresh_months),
    }


class ProposalIndexView(generic.IndexView):
    """The proposed plan as the Untergruppe keeps it."""

    is_searchable = False
    table_classname = "listing requirement-list"

    def get_base_queryset(self) -> QuerySet:
        return with_courses(super().get_base_queryset()).select_related("audience")

    def order_queryset(self, queryset: QuerySet) -> QuerySet:
        return queryset.order_by(
            "course_title", F("audience__sort_order").asc(nulls_first=True), "pk"
        )

    @cached_property
    def columns(self) -> list[Column]:
        title = self._get_title_column_class(TitleColumn)
        return [
            title("course", label=_("Course"), accessor=course_label, get_url=self.get_edit_url),
            Column("group_label", label=_("Who is asked")),
            Column("kind", label=_("Kind"), accessor="get_kind_display"),
            Column("due_days", label=_("Deadline"), accessor=proposed_deadline),
            Column(
                "refresh_months",
                label=_("Refresher"),
                accessor=lambda row: refresher_label(row.refresh_months),
            ),
        ]


def question(shown: Preview, is_changed: bool) -> dict[str, Any]:
    """What the page that asks for confirmation is told."""
    requirement = shown.requirement
    return {
        "preview": shown,
        "requirement": requirement,
        "lines": list(effect_lines(shown.effect)),
        "warnings": list(warnings(shown, timezone.localdate())),
        "deadline": deadline_label(requirement),
        "refresher": refresher_label(requirement.refresh_months),
        "is_changed": is_changed,
    }


def done_in_words(shown: Preview, what: str) -> str:
    """That it is done, for whom, and where that goes on by itself."""
    lines = [what, *effect_lines(shown.effect)]
    if shown.effect.touched >= BACKGROUND_FROM:
        lines.append(_("With so many people that takes a moment and goes on by itself."))
    return " ".join(lines)
