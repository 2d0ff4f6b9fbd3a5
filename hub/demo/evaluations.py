"""Which evaluations the authorities of the demo hub have switched on."""

from __future__ import annotations

from hub.exports.reports import reports
from hub.exports.switching import switch_report

from .people import Town


def switch_on(towns: dict[str, Town]) -> None:
    """Switch on what the content file says."""
    for town in towns.values():
        for key in town.evaluations:
            switch_report(
                organisation=town.organisation,
                report=reports.get(key),
                on=True,
                purpose="",
                actor=None,
            )
