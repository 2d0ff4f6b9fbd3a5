"""What programs have read, in the log of hand-overs.

One line stands for a token, a list, the same filters and a day: who reads a list in a hundred pages
or asks every hour does not hide the other lines. A line is written, or counted on, before its rows
leave the hub.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from hub.exports.actions import filter_key, log_hand_over
from hub.exports.exporters import Exporter, ExportScope
from hub.exports.models import ApiToken, ExportRun
from hub.organisations.models import Organisation

from .problems import Problem

FORMAT = "api"
#: With so many different filters a token may ask for one list on a day: nobody asks for one person
#: after the other, and the log stays readable.
FILTERS_A_DAY = 100


@transaction.atomic
def log_access(
    *, token: ApiToken, exporter: Exporter, scope: ExportScope, filters: QueryDict, row_count: int
) -> ExportRun:
    """Write into the log that ``row_count`` rows are about to leave the hub.

    Raises ``Problem`` where the token has asked with too many different filters today.
    """
    today = timezone.localdate()
    # One after the other, so that two requests at once count on the same line.
    Organisation.objects.select_for_update(no_key=True).get(pk=scope.organisation.pk)
    of_today = ExportRun.objects.filter(
        api_token=token, api_day=today, exporter=exporter.identifier
    )
    run = of_today.filter(filter_key=filter_key(filters)).first()
    if run is None:
        if of_today.count() >= FILTERS_A_DAY:
            raise _too_many_filters()
        run = _begin(token, exporter, scope, filters)
    now = timezone.now()
    ExportRun.objects.filter(pk=run.pk).update(
        request_count=F("request_count") + 1,
        row_count=F("row_count") + row_count,
        finished_at=now,
        handed_over_at=now,
    )
    return run


def _begin(
    token: ApiToken, exporter: Exporter, scope: ExportScope, filters: QueryDict
) -> ExportRun:
    run = log_hand_over(
        identifier=exporter.identifier,
        user=scope.user,
        organisation=scope.organisation,
        purpose=token.purpose,
        file_format=FORMAT,
        filters={key: filters.getlist(key) for key in filters},
        filter_words=exporter.describe(scope, filters),
    )
    run.api_token, run.api_day = token, timezone.localdate()
    run.filter_key = filter_key(filters)
    run.language = get_language() or ""
    run.request_count = run.row_count = 0
    run.save()
    return run


def _too_many_filters() -> Problem:
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return Problem(
        429,
        _("Too many different filters"),
        _(
            "This token has asked for this list with %(count)s different filters today. Please "
            "read the list as a whole, or go on tomorrow."
        )
        % {"count": FILTERS_A_DAY},
        headers={"Retry-After": str(max(1, int((midnight - now).total_seconds())))},
    )
