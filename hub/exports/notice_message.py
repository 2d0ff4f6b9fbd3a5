"""A mail about a regular hand-over: a link that needs the login, nothing of what the file says."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from hub.mails.addresses import absolute
from hub.mails.headers import automatic_headers

from .exporters import list_label
from .models import ExportRun, ExportSchedule, ScheduleNotice


def message_of(notice: ScheduleNotice, language: str) -> EmailMultiAlternatives:
    """The mail in a language; tried once more it is the same one.

    Neither purpose nor filters are in it: people write names into them.
    """
    schedule, run = notice.schedule, notice.run
    with override(language):
        context = _of_schedule(schedule) if run is None else _of_run(schedule, run)
        context |= {
            "language": language,
            "authority": schedule.organisation.name,
            "schedule_url": absolute(reverse("export_schedules:inspect", args=[schedule.pk])),
        }
        message = EmailMultiAlternatives(
            subject=context["subject"],
            body=render_to_string("exports/mails/schedule.txt", context),
            to=[schedule.owner.email],
            headers=automatic_headers(notice.uuid, language),
        )
        message.attach_alternative(
            render_to_string("exports/mails/schedule.html", context), "text/html"
        )
    return message


def _of_schedule(schedule: ExportSchedule) -> dict[str, Any]:
    label = {"list": list_label(schedule.exporter)}
    return {
        "subject": _("Regular hand-over stopped: %(list)s") % label,
        "sentences": [
            _("The list “%(list)s” is not made regularly any more.") % label,
            schedule.get_stop_reason_display(),
        ],
        "is_over": True,
    }


def _of_run(schedule: ExportSchedule, run: ExportRun) -> dict[str, Any]:
    words = {"list": list_label(run.exporter), "number": run.reference}
    return {
        "subject": _("%(list)s: no. %(number)s can be fetched") % words,
        "sentences": [
            _("The list “%(list)s” was made as you have set it up. It is hand-over no. %(number)s.")
            % words,
            _extent(schedule, run),
        ],
        "file_url": absolute(reverse("exports:made", args=[run.uuid])),
        "kept_until": run.expires_at
        and date_format(localtime(run.expires_at), "SHORT_DATETIME_FORMAT"),
        "is_last": schedule.next_on is None and not schedule.stopped_at,
    }


def _extent(schedule: ExportSchedule, run: ExportRun) -> str:
    count = run.row_count or 0
    if run.since is None:
        sentence = ngettext("It has %(count)d row.", "It has %(count)d rows.", count)
        if schedule.changes_only:
            sentence += " " + _("These are all rows, for no earlier file of it was fetched.")
        return sentence % {"count": count}
    if not count:
        return _("Nothing has changed since no. %(number)s.") % {"number": run.since.reference}
    return ngettext(
        "%(count)d row has changed since no. %(number)s.",
        "%(count)d rows have changed since no. %(number)s.",
        count,
    ) % {"count": count, "number": run.since.reference}
