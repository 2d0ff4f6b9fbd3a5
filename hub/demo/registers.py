"""The AI systems of the demo hub, who oversees them, and what that asks of these people."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from django.db.models import Exists, OuterRef

from courses.ai_systems import follow
from courses.models import AISystem, Requirement
from hub.organisations.models import Audience, Membership

from .content import Table
from .people import Town
from .plan import course_key

#: Whom authorities name first, by audience.
OVERSEERS = ("aufsicht", "it-beschaffung")


def create_registers(towns: dict[str, Town], folder: Path, today: date) -> None:
    """The registers of the content file. Raises ``ContentError``."""
    table = Table.read(folder / "ki-systeme.toml")
    audiences = {audience.code: audience for audience in Audience.objects.all()}
    of_audience = Membership.audiences.through.objects.filter(audience__code__in=OVERSEERS)
    systems: dict[tuple[str, str], AISystem] = {}
    for entry in table.tables("systems"):
        authority = entry.text("authority")
        town = towns[authority]
        system = AISystem(
            organisation=town.organisation,
            name=entry.text("name"),
            purpose=entry.text("purpose"),
            product=entry.take("product", str),
            status=entry.text("status"),
            risk_class=entry.text("risk_class"),
            risk_reason=entry.take("risk_reason", str),
            assessed_on=_ago(entry, "assessed_days_ago", today),
            processes_personal_data=entry.take("personal_data", bool),
            impact_assessment=entry.text("impact_assessment"),
            staff_council_informed_on=_ago(entry, "council_days_ago", today),
            contact=entry.text("contact"),
            next_review_on=today + timedelta(days=entry.take("review_in_days", int)),
        )
        codes, overseers = entry.texts("audiences"), entry.take("overseers", int)
        entry.done()
        system.full_clean()
        system.save()
        system.audiences.set(audiences[code] for code in codes)
        system.overseers.set(
            Membership.objects.active(today)
            .filter(organisation=town.organisation)
            # The accounts of the tour come first, and are left as they are described.
            .order_by(Exists(of_audience.filter(membership=OuterRef("pk"))).desc(), "-pk")[
                :overseers
            ]
        )
        systems[authority, system.name] = system
    for entry in table.tables("requirements"):
        system = systems[entry.text("authority"), entry.text("system")]
        Requirement.objects.create(
            organisation=system.organisation,
            ai_system=system,
            system_role=entry.text("role"),
            course_key=course_key(entry.text("course")),
            due_days=entry.take("due_days", int),
            reason=entry.text("reason"),
        )
        entry.done()
        follow(system)


def _ago(entry: Table, key: str, today: date) -> date | None:
    days = entry.take(key, int, None)
    return today - timedelta(days=days) if days is not None else None
