"""What an evaluation adds to the menu of the Wagtail admin."""

from __future__ import annotations

from hub.organisations.menu import Entry

from .reports import Report, permitted


def report_entry(report: type[Report], icon_name: str, order: int) -> Entry:
    """An entry among the lists and figures, for those who see it of an authority that has it on."""
    return Entry(
        f"report-{report.identifier}",
        report.label,
        report.view_name,
        icon_name,
        order,
        lambda user: bool(permitted(user, report.identifier)),
    )
