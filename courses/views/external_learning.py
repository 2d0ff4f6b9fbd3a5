"""Weitere Nachweise in the administration: what waits, one record, recording for people."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView, TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton
from wagtail.models import ModelLogEntry

from courses.actions import (
    accept_learning,
    decline_learning,
    record_learning,
    take_back_learning,
)
from courses.enums import LearningState
from courses.external_learning import MANAGE, OVERRIDE, people_of, records_of
from courses.learning_forms import AcceptForm, ReasonForm, RecordForm, offered_courses
from courses.models import ExternalLearning
from hub.organisations.in_charge import InChargeMixin
from hub.organisations.lookups import name_contains
from hub.organisations.models import Membership, Organisation
from hub.organisations.permissions import OrganisationPermissionPolicy, organisations_where
from hub.organisations.viewsets import DayColumn

PER_PAGE = 50
#: People that are recorded for at once; longer lists come as a file.
MOST_PEOPLE = 100


class FurtherRecordsMixin(InChargeMixin):
    """A page below the list of further records, for who holds one of ``permissions``."""

    permissions: tuple[str, ...] = (MANAGE,)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        own = {"url": "", "label": str(self.get_page_title())}
        if not organisations_where(self.request.user, MANAGE):
            return [*self.breadcrumbs_items, own]
        above = {"url": reverse("external_learning"), "label": _("Further records")}
        return [*self.breadcrumbs_items, above, own]


class RecordFilterSet(WagtailFilterSet):
    """What the list can be narrowed to."""

    state = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"),
        choices=LearningState.choices,
        empty_label=gettext_lazy("All"),
    )
    organisation = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Authority"),
        field_name="membership__organisation",
        queryset=Organisation.objects.none(),
    )

    class Meta:
        model = ExternalLearning
        fields: list[str] = []

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        own = [organisation.pk for organisation in organisations_where(request.user, MANAGE)]
        self.filters["organisation"].queryset = Organisation.objects.filter(pk__in=own)
        if len(own) < 2:
            del self.filters["organisation"]


class RecordListView(generic.IndexView):
    """The further records of one's own people, what waits first."""

    model = ExternalLearning
    # Said here: in some versions of Wagtail a view without a policy is open to everybody.
    permission_policy = OrganisationPermissionPolicy(
        ExternalLearning, organisation_lookup="membership__organisation"
    )
    any_permission_required = ["manage_external_learning"]
    page_title = gettext_lazy("Further records")
    header_icon = "doc-full-inverse"
    index_url_name = "external_learning"
    index_results_url_name = "external_learning_results"
    filterset_class = RecordFilterSet
    default_ordering = "-recorded_at"
    paginate_by = PER_PAGE
    is_searchable = True
    search_backend_name = None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        # Lists leave the hub through exporters only, with a purpose and a log entry.
        if not organisations_where(request.user, MANAGE) or "export" in request.GET:
            raise Http404

    @cached_property
    def titles(self) -> dict[str, str]:
        return dict(offered_courses())

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn(
                "person",
                label=_("Person"),
                accessor="membership.person_name",
                get_url=lambda row: reverse("external_record", args=[row.uuid]),
                sort_key="membership__name_key",
            ),
            Column("title", label=_("Title"), sort_key="title"),
            Column("kind", label=_("Kind"), accessor="get_kind_display"),
            DayColumn("held_on", label=_("Day"), sort_key="held_on"),
            Column(
                "course",
                label=_("Counts for the course"),
                accessor=lambda row: course_title(row, self.titles) or "–",
            ),
            Column("state", label=_("Status"), accessor="get_state_display", sort_key="state"),
        ]

    @property
    def header_buttons(self) -> list[HeaderButton]:
        return [
            HeaderButton(_("Record"), reverse("external_people"), icon_name="plus"),
            HeaderButton(_("Attendance list"), reverse("external_attendance"), icon_name="upload"),
        ]

    def get_base_queryset(self) -> QuerySet[ExternalLearning]:
        return (
            records_of(self.request.user)
            .select_related("membership__user", "credited_to__course_version")
            .defer("credited_to__course_version__content")
        )

    def search_queryset(self, queryset: QuerySet[ExternalLearning]) -> QuerySet[ExternalLearning]:
        if not self.search_query:
            return queryset
        return queryset.filter(name_contains(self.search_query, person="membership"))

    def order_queryset(self, queryset: QuerySet[ExternalLearning]) -> QuerySet[ExternalLearning]:
        return queryset.order_by(self.ordering, "-pk")


def course_title(record: ExternalLearning, titles: dict[str, str]) -> str:
    """The course that a record is to count for; empty if there is none."""
    credited = record.credited_to.course_version if record.credited_to else None
    return titles.get(str(record.course_key)) or (credited.title if credited else "")


class RecordView(FurtherRecordsMixin, TemplateView):
    """One record with its document, and what can be decided about it."""

    template_name = "courses/external_learning/record.html"
    page_title = gettext_lazy("Further record")
    header_icon = "doc-full-inverse"
    record: ExternalLearning

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.record = get_object_or_404(
            records_of(request.user)
            .select_related(
                "membership__user",
                "membership__organisation",
                "membership__department",
                "credited_to__course_version",
                "recorded_by",
                "decided_by",
            )
            .defer("credited_to__course_version__content"),
            uuid=kwargs["record"],
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = self.record
        wish = str(record.course_key or "")
        return {
            "accept_form": AcceptForm(initial={"course": wish}),
            "reason_form": ReasonForm(),
            **super().get_context_data(**kwargs),
            # The address has the uuid under this name.
            "record": record,
            "course_title": course_title(record, dict(offered_courses())),
            "is_own": record.membership.user_id == self.actor.pk,
            "history": ModelLogEntry.objects.for_instance(record).select_related("user"),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        action = request.POST.get("action", "")
        if action == "accept":
            form: Any = AcceptForm(request.POST)
            context = {"accept_form": form}
        else:
            form = ReasonForm(request.POST)
            context = {"reason_form": form}
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(**context), status=422)
        try:
            done = self.decide(action, form.cleaned_data)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("external_record", self.record.uuid)
        messages.success(request, done)
        return redirect("external_record", self.record.uuid)

    def decide(self, action: str, given: dict[str, Any]) -> str:
        """Do what the button says; returns what to tell. Raises ``ValidationError``."""
        if action == "accept":
            record = accept_learning(
                record=self.record, actor=self.actor, course_key=given["course"]
            )
            if record.credited_to_id:
                return _("The record is accepted, and the course is completed.")
            if record.course_key:
                return _("The record is accepted. The course was completed already.")
            return _("The record is accepted.")
        if action == "decline":
            decline_learning(record=self.record, actor=self.actor, reason=given["reason"])
            return _("The record is declined. The person can read the reason.")
        if action == "take_back":
            take_back_learning(record=self.record, actor=self.actor, reason=given["reason"])
            return _("The record is taken back. The person can read the reason.")
        raise Http404


class PeopleView(FurtherRecordsMixin, TemplateView):
    """Who works here, to tick and to find: the first step of recording and of setting by hand."""

    permissions = (MANAGE, OVERRIDE)
    template_name = "courses/external_learning/people.html"
    page_title = gettext_lazy("Choose people")
    header_icon = "group"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "").strip()
        people = people_of(self.organisations, query)
        page = Paginator(people, PER_PAGE).get_page(self.request.GET.get("p"))
        managed = organisations_where(self.request.user, MANAGE)
        overridden = organisations_where(self.request.user, OVERRIDE)
        return super().get_context_data(**kwargs) | {
            "q": query,
            "page_obj": page,
            "count": page.paginator.count,
            "may_record": bool(managed),
            "several": len(self.organisations) > 1,
            "managed": {organisation.pk for organisation in managed},
            "overridden": {organisation.pk for organisation in overridden},
            "list_url": reverse("external_people"),
        }


class RecordForPeopleView(FurtherRecordsMixin, FormView):
    """What the chosen people learnt. They come by the address, so that nothing is lost."""

    form_class = RecordForm
    template_name = "courses/external_learning/record_form.html"
    page_title = gettext_lazy("Record a training")
    header_icon = "plus"
    people: list[Membership]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        wanted = {pk for pk in request.GET.getlist("person") if pk.isdecimal() and len(pk) < 19}
        self.people = list(people_of(self.organisations).filter(pk__in=wanted))
        if len(self.people) != len(wanted):
            raise Http404

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if 0 < len(self.people) <= MOST_PEOPLE:
            return super().dispatch(request, *args, **kwargs)
        messages.warning(
            request,
            _("Please choose the people first, %(limit)d at most.") % {"limit": MOST_PEOPLE},
        )
        return redirect("external_people")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"people": self.people}

    def form_invalid(self, form: RecordForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: RecordForm) -> HttpResponse:
        try:
            records = record_learning(
                memberships=self.people,
                facts=form.facts,
                actor=self.actor,
                document=form.cleaned_data["document"],
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        messages.success(self.request, told(len(records), len(self.people) - len(records)))
        return redirect("external_learning")


def told(new: int, there: int) -> str:
    """How many records were made, and how many there were already."""
    text = ngettext("%(count)d record was made.", "%(count)d records were made.", new) % {
        "count": new
    }
    if not there:
        return text
    return (
        text
        + " "
        + ngettext("%(count)d was there already.", "%(count)d were there already.", there)
        % {"count": there}
    )
