"""The log of hand-overs for who audits it, such as the staff council: all but people's names.

It may ask who took which list, when and what for (domain 2.5); not for whom HR searched.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from hub.organisations.permissions import OrganisationPermissionPolicy, organisations_where

from .exporters import Exporter, exporters
from .models import ExportRun

VIEW_PERMISSION = "exports.view_exportrun"
AUDIT_PERMISSION = "exports.audit_exportrun"


class LogPermissionPolicy(OrganisationPermissionPolicy):
    """Who may audit the log of an authority may read it, too."""

    def _get_permission_codenames(self, actions: Iterable[str]) -> set[str]:
        found = super()._get_permission_codenames(actions)
        return found | {"audit_exportrun"} if "view_exportrun" in found else found


def filters_for(user: Any, run: ExportRun) -> list[tuple[str, str]]:
    """The filters of a run in words, label and value; for who may only audit without names."""
    if run.organisation in organisations_where(user, VIEW_PERMISSION):
        return [(label, value) for label, value in run.filter_words]
    return without_names(run)


def without_names(run: ExportRun) -> list[tuple[str, str]]:
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
