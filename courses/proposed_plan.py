"""The proposed plan by role, held against what an authority asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from hub.organisations.models import Organisation

from .course_titles import with_courses
from .models import Requirement, RequirementProposal
from .requirement_words import days_label, deadline_label, refresher_label


class PlanState(models.TextChoices):
    """How far an authority has taken a line over."""

    TAKEN = "taken", pgettext_lazy("proposed plan", "taken over")
    DIFFERS = "differs", gettext_lazy("asked otherwise")
    OPEN = "open", pgettext_lazy("proposed plan", "open")


@dataclass(frozen=True)
class PlanLine:
    """A line of the proposed plan, and what an authority asks of the same role."""

    proposal: Any
    requirement: Requirement | None
    #: In what the authority asks otherwise, in words.
    differences: tuple[str, ...] = ()

    @property
    def state(self) -> PlanState:
        if self.requirement is None:
            return PlanState.OPEN
        return PlanState.DIFFERS if self.differences else PlanState.TAKEN


def plan_for(organisation: Organisation) -> list[PlanLine]:
    """The proposed plan as it stands for an authority, by course and role; two queries.

    A line stands against the requirement for the same course and audience in all departments. Its
    reason is the authority's own and makes no difference.
    """
    asked = {
        (row.course_key, row.audience_id): row
        for row in Requirement.objects.filter(
            organisation=organisation, department=None, ai_system=None
        )
    }
    proposals = (
        with_courses(RequirementProposal.objects.all())
        .select_related("audience")
        .order_by("course_title", F("audience__sort_order").asc(nulls_first=True), "pk")
    )
    lines = []
    for proposal in proposals:
        own = asked.get((proposal.course_key, proposal.audience_id))
        lines.append(PlanLine(proposal, own, tuple(_differences(own, proposal)) if own else ()))
    return lines


def _differences(own: Requirement, proposal: RequirementProposal) -> Iterator[str]:
    if own.kind != proposal.kind:
        yield _("kind: %(kind)s") % {"kind": own.get_kind_display()}
    if proposal.due_days and (own.due_on, own.due_days) != (None, proposal.due_days):
        yield _("deadline: %(deadline)s") % {"deadline": deadline_label(own)}
    if own.refresh_months != proposal.refresh_months:
        yield _("refresher: %(refresher)s") % {"refresher": refresher_label(own.refresh_months)}


def proposed_deadline(proposal: RequirementProposal) -> str:
    """By when, in words."""
    return days_label(proposal.due_days) if proposal.due_days else _("as the authority sets it")


def values_for_new(proposal: RequirementProposal) -> dict[str, Any]:
    """What a form for a new requirement begins with."""
    return {
        "course_key": proposal.course_key,
        "audience": proposal.audience_id,
        "reason": proposal.reason,
        **values_for_change(proposal),
    }


def values_for_change(proposal: RequirementProposal) -> dict[str, Any]:
    """What a form for a requirement that is there begins with; its reason stays."""
    values = {"kind": proposal.kind, "refresh_months": proposal.refresh_months}
    deadline = {"due_on": None, "due_days": proposal.due_days} if proposal.due_days else {}
    return values | deadline
