"""Two authorities, a mail server, a clock, and regular hand-overs."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from unittest import mock

from django.core.cache import cache
from django.core.management import call_command
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone, translation

from hub.exports.models import ExportRun, ExportSchedule
from hub.exports.scheduling import set_up_schedule
from hub.organisations.models import User
from tests.factories.organisations import (
    DepartmentFactory,
    HRUserFactory,
    OrganisationFactory,
    UserFactory,
    grant,
)
from tests.mail_server import mail_server
from tests.plugin_example.exporters import DepartmentExporter

LIST = DepartmentExporter.identifier


@contextmanager
def later(days=0, *, hours=0):
    """The clock of the hub shows a later time."""
    moment = timezone.now() + timedelta(days=days, hours=hours)
    with mock.patch("django.utils.timezone.now", return_value=moment):
        yield timezone.localdate()


class Schedules:
    """*Hilde* is HR of Coesfeld, *Bernd* of Olfen."""

    def set_up(self):
        cache.clear()
        translation.activate("de")
        self.coesfeld = OrganisationFactory(name="Stadt Coesfeld", slug="coesfeld")
        self.olfen = OrganisationFactory(name="Stadt Olfen", slug="olfen")
        self.hilde = HRUserFactory(
            organisation=self.coesfeld, last_name="Böwing", email="hilde@rathaus.example"
        )
        self.bernd = HRUserFactory(organisation=self.olfen, email="bernd@olfen.example")
        for name in ("Bauamt", "Bücherei"):
            DepartmentFactory(organisation=self.coesfeld, name=name)
        self.today = timezone.localdate()
        server = mail_server()
        self.server = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)

    def colleague(self, *permissions):
        user = UserFactory(email="kollege@rathaus.example")
        grant(user, self.coesfeld, *permissions)
        return user

    def schedule(self, *, query="", owner=None, organisation=None, renews=None, **changes):
        """One that is due for the first time tomorrow."""
        fields = {
            "purpose": "Abgleich mit der Stellenliste",
            "file_format": "json",
            "changes_only": False,
            "rhythm": "weekly",
            "starts_on": timezone.localdate() + timedelta(days=1),
            "ends_on": timezone.localdate() + timedelta(days=100),
        }
        return set_up_schedule(
            exporter=DepartmentExporter(),
            owner=User.objects.get(pk=(owner or self.hilde).pk),
            organisation=organisation or self.coesfeld,
            filters=QueryDict(query),
            renews=renews,
            **(fields | changes),
        )

    def night(self):
        """What the command says."""
        said = StringIO()
        call_command("make_scheduled_hand_overs", stdout=said)
        return said.getvalue()

    def runs(self, schedule=None):
        runs = ExportRun.objects.filter(schedule__isnull=False).order_by("pk")
        return list(runs.filter(schedule=schedule) if schedule else runs)

    def again(self, schedule) -> ExportSchedule:
        return ExportSchedule.objects.get(pk=schedule.pk)

    def fetch(self, run, user=None):
        self.client.force_login(user or self.hilde)
        return self.client.get(reverse("exports:file", args=[run.uuid])).getvalue()

    def only_mail(self):
        assert len(self.server.mails) == 1
        return self.server.mails[0]

    def text(self, sent=None):
        return (sent or self.only_mail()).get_body(("plain",)).get_content()

    def html(self, sent=None):
        return (sent or self.only_mail()).get_body(("html",)).get_content()
