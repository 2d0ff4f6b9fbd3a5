"""Switching evaluations on and off for an authority."""

from __future__ import annotations

from django.db import transaction
from wagtail.log_actions import log

from hub.organisations.models import Organisation, User

from .models import ReportSwitch
from .reports import Report, is_on

SWITCH = "exports.switch_report"


@transaction.atomic
def switch_report(
    *, organisation: Organisation, report: type[Report], on: bool, purpose: str, actor: User | None
) -> bool:
    """Switch an evaluation for an authority, and say whether that changed anything.

    What changes nothing leaves neither a row nor a line in the log.
    """
    # Two who decide at once do so one after the other.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    stored = ReportSwitch.objects.filter(
        organisation=organisation, report=report.identifier
    ).first()
    known = {(organisation.pk, report.identifier): stored.is_on} if stored else {}
    before = (is_on(organisation, report.identifier, known), stored.purpose if stored else "")
    if before == (on, purpose) or (stored is None and before[0] == on and not purpose):
        return False
    switch = stored or ReportSwitch(organisation=organisation, report=report.identifier)
    switch.is_on, switch.purpose, switch.changed_by = on, purpose, actor
    switch.save()
    log(
        switch,
        SWITCH,
        user=actor,
        data={
            "report": report.identifier,
            "authority": organisation.slug,
            "on": on,
            "purpose": purpose,
        },
    )
    return True
