"""The deadlines of a mail as entries for a calendar (RFC 5545, RFC 5546)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vCalAddress
from icalendar.enums import CLASS, TRANSP

from courses.reminders import ReminderKind
from hub.mails.addresses import host

from .contents import Letter, Matter

#: ``SEQUENCE`` counts days from here, so that a later mail always updates what an earlier one said.
FIRST_DAY = date(2026, 1, 1)


def calendar_of(letter: Letter, now: datetime) -> bytes:
    """One entry of a whole day for each deadline and each end of a validity, without an alarm.

    A course keeps its ``UID``: a deadline that has changed moves the entry. Whoever sends
    ``PUBLISH`` names an organiser and invites nobody (RFC 5546, 3.2.1).
    """
    calendar = Calendar.new(
        uid=letter.digest.uuid, method="PUBLISH", prodid="-//KI-Hub//Erinnerungen//DE"
    )
    for matter in letter.matters:
        calendar.add_component(_entry(matter, letter.digest.day, now))
    return calendar.to_ical()


def _entry(matter: Matter, day: date, now: datetime) -> Event:
    words = {
        ReminderKind.DEADLINE: _("Deadline: %(course)s"),
        ReminderKind.VALIDITY: _("Valid until today: %(course)s"),
        ReminderKind.REFRESHER: _("Refresher due: %(course)s"),
    }[matter.kind]
    return Event.new(
        uid=f"{matter.enrolment}-{matter.kind.value}@{host()}",
        sequence=(day - FIRST_DAY).days,
        stamp=now,
        last_modified=now,
        start=matter.ends_on,
        end=matter.ends_on + timedelta(days=1),
        summary=words % {"course": matter.title},
        description=matter.url,
        url=matter.url,
        organizer=vCalAddress(f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"),
        classification=CLASS.PRIVATE,
        # Nobody is busy all day because something is due.
        transparency=TRANSP.TRANSPARENT,
    )
