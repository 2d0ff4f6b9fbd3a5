"""Auswertungskatalog: which evaluations an authority has, with every column and who sees it.

Generated from the registry, so it cannot say less than the code does; an annex for the agreement
with the staff council (Dienstvereinbarung, LPVG NRW § 70; domain 2.5).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from hub.organisations.models import GroupOrganisationPermission, Organisation

from .exporters import exporters
from .models import ApiToken, ReportSwitch
from .reports import Report, is_on, reports


@dataclass(frozen=True)
class CatalogueEntry:
    """An evaluation as one authority has it."""

    report: type[Report]
    is_on: bool
    #: In the authority's own words, else those of the registry.
    purpose: str
    #: When the authority decided last; ``None`` if it never has.
    decided_at: datetime | None
    #: The groups that hold the permission for the authority.
    groups: Sequence[str]
    #: The columns of the file in which it is handed over; empty if it never is.
    handed_over: Sequence[str]
    #: The names of the tokens with which programs may read that file's rows, until they end.
    programs: Sequence[str]


def catalogue(organisation: Organisation) -> list[CatalogueEntry]:
    """Every evaluation there is, switched on or not, in order of registration; three queries."""
    switches = {
        switch.report: switch for switch in ReportSwitch.objects.filter(organisation=organisation)
    }
    known = {(organisation.pk, key): switch.is_on for key, switch in switches.items()}
    groups = _groups(organisation)
    tokens = list(ApiToken.objects.not_ended().filter(organisation=organisation).order_by("name"))
    found = []
    for key, report in reports.items():
        switch = switches.get(key)
        found.append(
            CatalogueEntry(
                report=report,
                is_on=is_on(organisation, key, known),
                purpose=(switch.purpose if switch else "") or str(report.purpose),
                decided_at=switch.changed_at if switch else None,
                groups=groups[report.required_permission],
                handed_over=_handed_over(key),
                programs=[token.name for token in tokens if key in token.scopes],
            )
        )
    return found


def _handed_over(key: str) -> list[str]:
    """What the columns of the file are called in which an evaluation is handed over."""
    if key not in exporters:
        return []
    exporter = exporters.get(key)
    further = [str(exporter.further_columns)] if exporter.further_columns else []
    return [*(str(column.label) for column in exporter.columns), *further]


def _groups(organisation: Organisation) -> dict[str, list[str]]:
    """The names of the groups that hold each permission ("app.codename") for an authority."""
    found: dict[str, list[str]] = defaultdict(list)
    for app_label, codename, group in (
        GroupOrganisationPermission.objects.filter(organisation=organisation)
        .order_by("group__name")
        .values_list("permission__content_type__app_label", "permission__codename", "group__name")
    ):
        found[f"{app_label}.{codename}"].append(group)
    return found


def fingerprint(entries: Sequence[CatalogueEntry]) -> str:
    """Eight characters that are others as soon as anything in the catalogue is."""
    content = [
        [
            entry.report.identifier,
            str(entry.report.label),
            entry.is_on,
            entry.purpose,
            list(entry.groups),
            str(entry.report.retention),
            [[str(column.label), str(column.meaning)] for column in entry.report.columns],
            list(entry.handed_over),
            list(entry.programs),
        ]
        for entry in entries
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]


def version(entries: Sequence[CatalogueEntry]) -> str:
    """How this state of the catalogue is called: its day and its fingerprint."""
    return f"{localdate():%Y-%m-%d}-{fingerprint(entries)}"
