"""A list that HR of one authority of the demo gets regularly."""

from __future__ import annotations

from datetime import timedelta

from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import override

from courses.completion_list import REPORT
from hub.exports.exporters import exporters
from hub.exports.rhythms import Rhythm
from hub.exports.scheduling import set_up_schedule

from .people import Town

AUTHORITY = "coesfeld"
PURPOSE = "Fortschreibung der Personalakten, Nachweis nach Art. 4 KI-VO"


def create_schedule(towns: dict[str, Town]) -> None:
    """What has changed in the completion list, from the first of the next month on, for a year.

    From the real today: the command of the night knows no other one.
    """
    today = localdate()
    organisation = towns[AUTHORITY].organisation
    owner = organisation.memberships.get(user__username=f"hr.{AUTHORITY}").user
    with override("de"):
        set_up_schedule(
            exporter=exporters.get(REPORT)(),
            owner=owner,
            organisation=organisation,
            filters=QueryDict(""),
            purpose=PURPOSE,
            file_format="xlsx",
            changes_only=True,
            rhythm=Rhythm.MONTHLY,
            starts_on=(today.replace(day=1) + timedelta(days=32)).replace(day=1),
            ends_on=today + timedelta(days=365),
        )
