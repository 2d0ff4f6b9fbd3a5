"""Further records of the demo hub: an event that HR recorded, and a webinar that waits."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import date, timedelta

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from courses.enums import LearningFormat, LearningState
from courses.models import ExternalLearning

from .identifiers import stable_id
from .people import Person
from .plan import course_key

EVENT_DAYS, WEBINAR_DAYS, DECIDED_DAYS = 40, 12, 38
VISITORS = 4


def create_further_records(everybody: Sequence[Person], today: date) -> None:
    """For each authority whose HR has an account: some were at an event, one hands in a webinar."""
    for hr in everybody:
        if hr.account is None or hr.account.role != "hr":
            continue
        organisation = hr.membership.organisation_id
        colleagues = [
            person
            for person in everybody
            if person.membership.organisation_id == organisation
            and person.membership.ends_on is None
            and (person.account is None or person.account.role == "employee")
        ]
        _record_event(hr, colleagues[:VISITORS], today)
        for person in colleagues[VISITORS : VISITORS + 1]:
            _submit_webinar(person, today)


def _record_event(hr: Person, visitors: Sequence[Person], today: date) -> None:
    ExternalLearning.objects.bulk_create(
        ExternalLearning(
            uuid=stable_id("record", "event", person.user.username),
            membership=person.membership,
            kind=LearningFormat.IN_PERSON,
            title="Fachtag „KI in der Kommune“",
            provider="Kreis Coesfeld",
            minutes=300,
            held_on=today - timedelta(days=EVENT_DAYS),
            state=LearningState.ACCEPTED,
            recorded_by=hr.user,
            decided_by=hr.user,
            decided_at=timezone.now() - timedelta(days=DECIDED_DAYS),
        )
        for person in visitors
    )


def _submit_webinar(person: Person, today: date) -> None:
    held_on = today - timedelta(days=WEBINAR_DAYS)
    scan = _scan(str(person.user), held_on)
    record = ExternalLearning(
        uuid=stable_id("record", "webinar", person.user.username),
        membership=person.membership,
        kind=LearningFormat.WEBINAR,
        title="Generative KI im Bürgerservice",
        provider="Studieninstitut Beispielland",
        minutes=90,
        held_on=held_on,
        course_key=course_key("generative-ki"),
        recorded_by=person.user,
        document_name="Teilnahmebestätigung.png",
        document_sha256=hashlib.sha256(scan).hexdigest(),
    )
    record.document.save(record.document_name, ContentFile(scan), save=False)
    record.save()


def _scan(name: str, held_on: date) -> bytes:
    """A sheet as a provider sends it; the name is invented like everything else here."""
    sheet = Image.new("L", (820, 420), 250)
    text = (
        "Teilnahmebestätigung",
        "",
        name,
        "hat am " + held_on.strftime("%d.%m.%Y") + " am Webinar",
        "„Generative KI im Bürgerservice“ teilgenommen.",
        "Dauer: 90 Minuten",
    )
    ImageDraw.Draw(sheet).multiline_text(
        (60, 50), "\n".join(text), fill=20, font=ImageFont.load_default(size=28), spacing=16
    )
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
