"""Who has to do with the AI systems of an authority: the groups that its requirements may ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from .enums import SystemRole, SystemStatus
from .models import AISystem, Requirement


def concerned_by_systems(
    requirements: Iterable[Requirement], audiences: Mapping[int, Collection[int | None]]
) -> Mapping[tuple[int, str], Collection[int]]:
    """Which memberships have to do with the systems of requirements, by system and role.

    ``audiences`` are those of each membership. A system that has ended concerns nobody. Two
    queries; none where no system asks.
    """
    systems = {row.ai_system_id for row in requirements if row.ai_system_id is not None}
    found: dict[tuple[int, str], set[int]] = defaultdict(set)
    if not systems:
        return found
    alive = AISystem.objects.filter(pk__in=systems).exclude(status=SystemStatus.ENDED)
    by_audience: dict[int | None, set[int]] = defaultdict(set)
    for system, audience in alive.values_list("pk", "audiences"):
        by_audience[audience].add(system)
    for membership, own in audiences.items():
        for system in set().union(*(by_audience.get(audience, ()) for audience in own)):
            found[system, SystemRole.USERS].add(membership)
    for system, overseer in alive.values_list("pk", "overseers"):
        found[system, SystemRole.OVERSEERS].add(overseer)
    return found
