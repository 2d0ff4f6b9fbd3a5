"""The log of hand-overs for who audits it, such as the staff council: all but people's names.

It may ask who took which list, when and what for (domain 2.5); not for whom HR searched.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from hub.organisations.permissions import (
    OrganisationPermissionPolicy,
    holds_anywhere,
    organisations_where,
)

from .exporters import Exporter, exporters
from .models import ExportRun, ExportSchedule
from .rights import organisations_handing_over

VIEW_PERMISSION = "exports.view_exportrun"
AUDIT_PERMISSION = "exports.audit_exportrun"


def _handing_over() -> set[str]:
    """The permissions by which lists are handed over."""
    return {exporter.required_permission for _key, exporter in exporters.items()}


class SchedulePermissionPolicy(OrganisationPermissionPolicy):
    """Who reads or audits the log of an authority sees its regular hand-overs.

    Who may hand a list over sees those of this list: she finds their files, and may stop them. The
    own ones are seen as long as anything may be handed over there.
    """

    def _permission_names(self, actions: Iterable[str]) -> list[str]:
        return [VIEW_PERMISSION, AUDIT_PERMISSION] if "view" in actions else []

    def user_has_any_permission(self, user: Any, actions: Iterable[str]) -> bool:
        return "view" in actions and holds_anywhere(
            user, VIEW_PERMISSION, AUDIT_PERMISSION, *_handing_over()
        )

    def instances_user_has_any_permission_for(self, user: Any, actions: Iterable[str]) -> Any:
        found = super().instances_user_has_any_permission_for(user, actions)
        there = organisations_where(user, *_handing_over())
        wanted = Q(owner=user, organisation__in=there)
        for key, _exporter in exporters.items():
            wanted |= Q(exporter=key, organisation__in=organisations_handing_over(user, key))
        return found | self.model._default_manager.filter(wanted)


class LogPermissionPolicy(OrganisationPermissionPolicy):
    """Who may audit the log of an authority may read it, too."""

    def _get_permission_codenames(self, actions: Iterable[str]) -> set[str]:
        found = super()._get_permission_codenames(actions)
        return found | {"audit_exportrun"} if "view_exportrun" in found else found


def filters_for(user: Any, run: ExportRun | ExportSchedule) -> list[tuple[str, str]]:
    """The filters of a run in words, label and value; for who may only audit without names.

    Who has set up a regular hand-over knows whom she searched for, and who may hand the list over
    reads it in the file.
    """
    told = (
        *organisations_where(user, VIEW_PERMISSION),
        *organisations_handing_over(user, run.exporter),
    )
    is_own = isinstance(run, ExportSchedule) and run.owner_id == user.pk
    if is_own or run.organisation in told:
        return [(label, value) for label, value in run.filter_words]
    return without_names(run)


def without_names(run: ExportRun | ExportSchedule) -> list[tuple[str, str]]:
    """The filters in words, but for those that name a person: of them only that they were set.

    Where it cannot be told which of them does, none is told.
    """
    exporter = exporters.get(run.exporter) if run.exporter in exporters else Exporter
    named = {
        value.strip()
        for key in exporter.naming_filters
        for value in run.filters.get(key, [])
        if value.strip()
    }
    hidden = _("set, but not shown here: names of employees")
    is_told = not named or any(value in named for _label, value in run.filter_words)
    return [
        (label, value if is_told and value not in named else hidden)
        for label, value in run.filter_words
    ]
