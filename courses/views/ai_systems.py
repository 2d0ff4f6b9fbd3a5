"""KI-Register in the administration: an authority's AI systems, and what they still lack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import django_filters
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views import generic

from courses.ai_systems import follow, name_overseer, records, release_overseer
from courses.enums import RiskClass, SystemRole, SystemStatus
from courses.models import AISystem
from courses.requirement_words import deadline_label, effect_lines
from courses.requiring import Effect
from hub.organisations.lookups import is_key, name_contains
from hub.organisations.models import Membership, Organisation, User
from hub.organisations.permissions import OrganisationPermissionPolicy, organisations_where

#: How many people a search for an overseer offers at once.
FOUND = 20
POLICY = OrganisationPermissionPolicy(AISystem, organisation_lookup="organisation")


class AISystemFilterSet(WagtailFilterSet):
    """What the register can be narrowed to."""

    status = django_filters.ChoiceFilter(
        label=gettext_lazy("Status"),
        choices=SystemStatus.choices,
        empty_label=gettext_lazy("All"),
    )
    risk_class = django_filters.ChoiceFilter(
        label=gettext_lazy("Risk class"),
        choices=RiskClass.choices,
        empty_label=gettext_lazy("All"),
    )

    class Meta:
        model = AISystem
        fields: list[str] = []


class LacksColumn(Column):
    """What there is to do for a system, a sentence for each."""

    cell_template_name = "courses/ai_systems/lacks_cell.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: By the key of each system that is shown.
        self.found: dict[int, list[str]] = {}

    def get_value(self, instance: AISystem) -> list[str]:
        return self.found[instance.pk]


class AISystemIndexView(generic.IndexView):
    """The register of one's own authorities."""

    filterset_class = AISystemFilterSet
    table_classname = "listing requirement-list"

    def get_base_queryset(self) -> QuerySet:
        return super().get_base_queryset().prefetch_related("audiences")

    @cached_property
    def columns(self) -> list[Column]:
        title = self._get_title_column_class(TitleColumn)
        columns = [
            title("name", label=_("AI system"), sort_key="name", get_url=self.get_inspect_url),
            Column("status", label=_("Status"), accessor="get_status_display", sort_key="status"),
            Column(
                "risk_class",
                label=_("Risk class"),
                accessor="get_risk_class_display",
                sort_key="risk_class",
            ),
            Column("audiences", label=_("Who uses it"), accessor=audience_names),
            self.lacks,
        ]
        if len(self._organisations) > 1:
            columns.insert(1, Column("organisation", label=_("Authority")))
        return columns

    @cached_property
    def _organisations(self) -> list[Organisation]:
        return list(
            POLICY.organisations_user_has_any_permission_for(
                self.request.user, ("view", "add", "change", "delete")
            )[:2]
        )

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        for record in records(list(context["object_list"]), cast(User, self.request.user)):
            self.lacks.found[record.system.pk] = record.lacks
        return context

    @cached_property
    def lacks(self) -> LacksColumn:
        """It is filled when the rows of the page are known."""
        return LacksColumn("lacks", label=_("What is lacking"))


def audience_names(system: AISystem) -> str:
    return ", ".join(str(audience) for audience in system.audiences.all()) or "–"


class FollowedMixin:
    """Saves a system, and asks at once what its requirements ask of who has to do with it now."""

    request: HttpRequest

    def save_instance(self) -> AISystem:
        system: AISystem = super().save_instance()  # type: ignore[misc]
        tell(self.request, follow(system))
        return system


class AISystemCreateView(FollowedMixin, generic.CreateView):
    """A new system; its record says what follows from it."""

    def get_success_url(self) -> str:
        return reverse("ai_systems:inspect", args=[self.object.pk])


class AISystemEditView(FollowedMixin, generic.EditView):
    """A system changes; who oversees it has a page of its own."""

    def get_success_url(self) -> str:
        return reverse("ai_systems:inspect", args=[self.object.pk])


def tell(request: HttpRequest, touched: Sequence[tuple[str, Effect]]) -> None:
    """Whom a change of the register touched, by course."""
    for title, effect in touched:
        messages.info(request, f"{title}: {' '.join(effect_lines(effect))}")


class AISystemRecordView(generic.InspectView):
    """All that is known of a system, what follows from it and what it lacks."""

    template_name = "courses/ai_systems/record.html"
    page_title = gettext_lazy("AI system")
    object: AISystem

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        (record,) = records([self.object], user)
        may_add, may_change = (
            self.object.organisation in organisations_where(user, f"courses.{verb}_requirement")
            for verb in ("add", "change")
        )
        return super().get_context_data(**kwargs) | {
            "system": self.object,
            "record": record,
            "asked": [(row, deadline_label(row)) for row in record.requirements],
            "may_change": POLICY.user_has_permission_for_instance(user, "change", self.object),
            "may_require": may_add and not self.object.has_ended,
            "may_change_requirements": may_change,
            "roles": [
                (f"{reverse('requirements:add')}?system={self.object.pk}&role={role}", role.label)
                for role in SystemRole
            ],
        }


class OverseersView(generic.InspectView):
    """Who oversees a system: named and released by HR; everybody of the authority can be found."""

    any_permission_required = ["change"]
    template_name = "courses/ai_systems/overseers.html"
    page_title = gettext_lazy("Oversight")
    object: AISystem

    @cached_property
    def query(self) -> str:
        return self.request.GET.get("q", "").strip()[:200]

    def found(self) -> QuerySet[Membership]:
        """The people of the authority that the search is about, without those named already."""
        people = (
            Membership.objects.filter(organisation=self.object.organisation_id)
            .active()
            .exclude(overseen_systems=self.object)
        )
        for word in self.query.split():
            people = people.filter(name_contains(word) | Q(staff_number__iexact=word))
        return people.select_related("user", "department").order_by("name_key", "pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        (record,) = records([self.object], cast(User, self.request.user))
        page = Paginator(self.found(), FOUND).get_page(self.request.GET.get("p"))
        return super().get_context_data(**kwargs) | {
            "system": self.object,
            "record": record,
            "query": self.query,
            "page": page if self.query else None,
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Name or release one person; doing it twice changes nothing."""
        number = request.POST.get("membership", "")
        people = Membership.objects.filter(organisation=self.object.organisation_id)
        person = people.filter(pk=number).first() if is_key(number) else None
        if person is None:
            raise Http404
        change = release_overseer if "release" in request.POST else name_overseer
        touched = change(system=self.object, membership=person, actor=cast(User, request.user))
        words = (
            _("%(person)s no longer oversees it.")
            if change is release_overseer
            else _("%(person)s oversees it from now on.")
        )
        messages.success(request, words % {"person": person.person_name})
        tell(request, touched)
        return redirect("ai_systems:overseers", self.object.pk)


def asked_because_of(request: HttpRequest) -> dict[str, Any]:
    """The system and the role that an address names; the form offers only one's own."""
    number, role = request.GET.get("system", ""), request.GET.get("role", "")
    system = AISystem.objects.filter(pk=number).first() if is_key(number) else None
    if system is None or role not in SystemRole.values:
        return {}
    return {"ai_system": system.pk, "system_role": role, "organisation": system.organisation_id}
