"""Regular hand-overs by night: made once, kept for a week, told by mail, as long as one may."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from unittest import mock
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.db import IntegrityError, transaction
from django.test import TestCase, TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import ModelLogEntry
from wagtail.users.models import UserProfile

from hub.exports import actions, making
from hub.exports.management.commands.make_scheduled_hand_overs import STUCK
from hub.exports.models import ExportRun, ExportSchedule, NoticeState, ScheduleNotice, StopReason
from hub.exports.notices import send_waiting
from hub.exports.reports import reports
from hub.exports.scheduled_runs import DAYS_KEPT, make_due
from hub.exports.scheduling import END, SET_UP, STOP, stop_schedule
from hub.exports.switching import switch_report
from hub.mails.refusals import MailProblem
from hub.organisations.models import Membership
from hub.storage import private_storage
from tests.courses.test_concurrency import at_once
from tests.factories.organisations import DepartmentFactory, MembershipFactory
from tests.mail_server import free_port, smtp_settings
from tests.plugin_example.exporters import DepartmentExporter

from .department_report import DepartmentReport
from .schedules import LIST, Schedules, later


class SetUpTests(Schedules, TestCase):
    def setUp(self):
        self.set_up()

    def refused(self, field, **changes):
        with pytest.raises(ValidationError) as error:
            self.schedule(**changes)
        assert list(error.value.message_dict) == [field], error.value
        assert not ExportSchedule.objects.exists()
        assert not ModelLogEntry.objects.filter(action=SET_UP).exists()

    def test_it_is_logged(self):
        schedule = self.schedule(query="q=Bau")
        assert schedule.next_on == schedule.starts_on
        assert schedule.filter_words == [("Name", "Bau")]
        entry = ModelLogEntry.objects.get(action=SET_UP)
        assert (entry.user, entry.object_id) == (self.hilde, str(schedule.pk))
        assert entry.data == {
            "authority": "coesfeld",
            "list": LIST,
            "rhythm": "weekly",
            "until": schedule.ends_on.isoformat(),
            "reason": "",
        }

    def test_the_same_once_more_is_the_first_one(self):
        first = self.schedule(query="q=Bau")
        assert self.schedule(query="q=Bau") == first
        assert self.schedule(query="q=Zoo") != first
        assert self.schedule(query="q=Bau", purpose="Etwas anderes") != first
        assert ModelLogEntry.objects.filter(action=SET_UP).count() == 3
        stop_schedule(schedule=first, actor=self.hilde)
        assert self.schedule(query="q=Bau") != first

    def test_nobody_has_made_what_she_may_not_hand_over(self):
        self.refused("organisation", organisation=self.olfen)
        self.hilde.groups.clear()
        self.refused("organisation")

    def test_it_begins_tomorrow_and_ends_within_a_year(self):
        self.refused("starts_on", starts_on=self.today)
        self.refused("ends_on", ends_on=self.today + timedelta(days=367))
        self.refused("ends_on", ends_on=self.today - timedelta(days=1))
        self.refused(
            "__all__",
            starts_on=self.today + timedelta(days=9),
            ends_on=self.today + timedelta(days=8),
        )
        assert self.schedule(ends_on=self.today + timedelta(days=366))

    def test_it_needs_a_purpose_and_what_there_is(self):
        self.refused("purpose", purpose=" ")
        self.refused("purpose", purpose="x" * 301)
        self.refused("rhythm", rhythm="hourly")

    def test_filters_must_exist(self):
        with mock.patch.object(
            DepartmentExporter, "get_queryset", side_effect=ValidationError("gibt es nicht")
        ):
            self.refused("organisation")

    def test_who_gets_no_mail_is_told(self):
        self.hilde.email = ""
        self.hilde.save()
        with pytest.raises(ValidationError) as error:
            self.schedule()
        assert "keine E-Mail-Adresse" in error.value.messages[0]


class NightTests(Schedules, TestCase):
    def setUp(self):
        self.set_up()

    def test_on_its_day_it_is_a_usual_hand_over(self):
        schedule = self.schedule(query="q=Bau")
        self.night()
        assert (self.runs(), self.server.mails) == ([], [])
        with later(1) as day:
            assert "Erstellt: 1" in self.night()
            run = self.runs()[0]
            assert (run.schedule, run.scheduled_for, run.user) == (schedule, day, self.hilde)
            assert (run.number, run.purpose) == (1, "Abgleich mit der Stellenliste")
            assert (run.row_count, run.filter_words) == (1, [["Name", "Bau"]])
            assert run.expires_at == timezone.now() + timedelta(days=7)
            assert run.handed_over_at is None
            content = self.fetch(run)
            assert hashlib.sha256(content).hexdigest() == run.sha256
            assert [row["name"] for row in json.loads(content)["rows"]] == ["Bauamt"]
            entry = ModelLogEntry.objects.get(action="exports.hand_over")
            assert (entry.user, entry.object_id) == (self.hilde, str(run.pk))
        assert self.again(schedule).next_on == day + timedelta(weeks=1)

    def test_repeating_makes_nothing_twice(self):
        self.schedule()
        with later(1):
            self.night()
            assert "Erstellt: 0" in self.night()
        with later(1, hours=3):
            self.night()
        assert len(self.runs()) == len(self.server.mails) == 1
        with later(8):
            self.night()
        assert [run.number for run in self.runs()] == [1, 2]
        assert len(self.server.mails) == 2

    def test_of_what_was_missed_only_the_latest_is_made_up_for(self):
        schedule = self.schedule()
        with later(25) as day:
            self.night()
            (run,) = self.runs()
            assert run.scheduled_for == self.today + timedelta(days=22)
            assert self.again(schedule).next_on == self.today + timedelta(days=29)
            assert day < self.again(schedule).next_on

    def test_it_ends(self):
        schedule = self.schedule(ends_on=self.today + timedelta(days=8))
        with later(1):
            self.night()
        assert "Das war die letzte" not in self.text()
        with later(9):
            self.night()
        schedule = self.again(schedule)
        assert (schedule.next_on, schedule.stopped_at, schedule.is_running) == (None, None, False)
        assert ModelLogEntry.objects.get(action=END).object_id == str(schedule.pk)
        for body in (self.text(self.server.mails[1]), self.html(self.server.mails[1])):
            assert "Das war die letzte" in body
        with later(15):
            self.night()
        assert len(self.runs()) == 2

    def test_the_file_is_there_for_a_week(self):
        self.schedule()
        with later(1):
            self.night()
        (run,) = self.runs()
        with later(7, hours=23):
            # Stray files go after a day; this one is none.
            private_storage().save(f"{actions.FILES_FOLDER}/stray.json", run.file)
            assert actions.sweep() == 0
            assert self.fetch(run)
        with later(8, hours=1):
            assert actions.sweep() == 1
            self.client.force_login(self.hilde)
            page = self.client.get(reverse("exports:made", args=[run.uuid]))
            self.assertContains(page, "wurde 7 Tage aufbewahrt und ist gelöscht")
            assert not private_storage().exists(run.file.name)

    def test_a_gone_file_leads_to_the_same_list(self):
        self.schedule(query="q=Bau&x=1&x=2")
        with later(1):
            self.night()
        with later(9):
            actions.sweep()
            self.client.force_login(self.hilde)
            page = self.client.get(reverse("exports:made", args=[self.runs()[0].uuid]))
        url = reverse("exports:hand_over", args=[LIST])
        self.assertContains(page, f'href="{url}?q=Bau&amp;x=1&amp;x=2"')

    def test_strangers_find_no_file(self):
        self.schedule()
        with later(1):
            self.night()
        (run,) = self.runs()
        for user in (self.bernd, None):
            self.client.logout()
            if user:
                self.client.force_login(user)
            for name in ("exports:made", "exports:file"):
                response = self.client.get(reverse(name, args=[run.uuid]))
                assert response.status_code == (404 if user else 302)

    def test_one_run_for_a_due_day(self):
        self.schedule()
        with later(1):
            self.night()
        (run,) = self.runs()
        run.pk, run.number, run.uuid = None, 99, uuid4()
        with pytest.raises(IntegrityError), transaction.atomic():
            run.save()

    def test_the_files_speak_the_language_in_which_it_was_set_up(self):
        with translation.override("en"):
            self.schedule()
        with later(1):
            self.night()
        labels = json.loads(self.fetch(self.runs()[0]))["columns"]
        assert labels[-1]["label"] == "Row key"


class ChangesTests(Schedules, TestCase):
    def setUp(self):
        self.set_up()

    def changes(self, run):
        rows = json.loads(self.fetch(run))["rows"]
        return [(row["name"], row["change"]) for row in rows]

    def test_changes_are_told_since_the_last_one_that_was_fetched(self):
        schedule = self.schedule(changes_only=True)
        with later(1):
            self.night()
        (first,) = self.runs()
        assert first.since is None
        assert "noch keine frühere Datei davon abgeholt" in self.text()
        with later(8):
            self.night()
        second = self.runs()[1]
        assert second.since is None, "nobody has the rows of the first"
        self.fetch(second)
        DepartmentFactory(organisation=self.coesfeld, name="Kita")
        with later(15):
            self.night()
        third = self.runs()[2]
        assert third.since == second
        assert self.changes(third) == [("Kita", "new")]
        assert "hat sich 1 Zeile geändert" in self.text(self.server.mails[2])
        with later(22):
            self.night()
        fourth = self.runs()[3]
        assert (fourth.since, fourth.row_count) == (third, 0)
        said = self.text(self.server.mails[3])
        assert f"Seit Nr. {third.reference} hat sich nichts geändert." in said
        assert self.again(schedule).is_running

    def test_a_base_is_there_until_what_is_begun_with_it_can_be_made_no_more(self):
        """What is compared goes 200 days after it was handed over."""
        lifetime = actions.DIGESTS_LIFETIME.days
        self.schedule(changes_only=True, ends_on=self.today + timedelta(days=366))
        with later(1):
            self.night()
            self.fetch(self.runs()[0])
        for days, is_base in ((lifetime - DAYS_KEPT, True), (lifetime - DAYS_KEPT + 1, False)):
            with self.subTest(days):
                with mock.patch("hub.exports.scheduled_runs.making.make"), later(days) as day:
                    make_due(day)
                begun = self.runs()[-1]
                assert (begun.since is not None) == is_base
                with later(days + DAYS_KEPT - 1, hours=23):
                    actions.sweep()
                    self.night()
                begun.refresh_from_db()
                assert begun.finished_at is not None

    def test_what_others_took_meanwhile_is_no_base(self):
        """The receiver of this one would never get what changed before."""
        self.schedule(changes_only=True)
        with later(1):
            self.night()
        (first,) = self.runs()
        self.fetch(first)
        DepartmentFactory(organisation=self.coesfeld, name="Kita")
        self.client.force_login(self.hilde)
        self.client.post(
            reverse("exports:hand_over", args=[LIST]),
            {"organisation": self.coesfeld.pk, "purpose": "Anderes", "file_format": "json"},
        ).getvalue()
        assert ExportRun.objects.filter(schedule=None, handed_over_at__isnull=False).exists()
        with later(8):
            self.night()
        assert self.changes(self.runs()[1]) == [("Kita", "new")]

    def test_one_that_is_renewed_goes_on_from_the_last(self):
        old = self.schedule(changes_only=True)
        with later(1):
            self.night()
        self.fetch(self.runs()[0])
        stop_schedule(schedule=old, actor=self.hilde)
        new = self.schedule(changes_only=True, renews=old)
        assert new != old
        with later(2):
            self.night()
        assert self.runs(new)[0].since == self.runs(old)[0]


class RightsTests(Schedules, TestCase):
    """Asked each time: before anything is made, and before anybody is told of it."""

    def setUp(self):
        self.set_up()
        self.one = self.schedule()

    def stopped(self, reason, mails=1):
        with later(1):
            assert "Beendet: 1" in self.night()
            assert "Beendet: 0" in self.night()
        self.one = self.again(self.one)
        assert (self.one.stop_reason, self.one.stopped_by, self.one.next_on) == (reason, None, None)
        assert self.runs() == []
        entry = ModelLogEntry.objects.get(action=STOP)
        assert (entry.user, entry.data["reason"]) == (None, reason)
        assert len(self.server.mails) == mails
        for sent in self.server.mails:
            assert self.one.get_stop_reason_display() in self.text(sent)
            assert "liste/" not in self.text(sent)

    def test_who_lost_the_right(self):
        self.hilde.groups.clear()
        self.stopped(StopReason.NO_RIGHT)

    def test_who_has_left(self):
        self.hilde.is_active = False
        self.hilde.save()
        self.stopped(StopReason.LEFT, mails=0)

    def test_who_works_for_another_authority_by_now(self):
        """Also where the group was forgotten."""
        Membership.objects.filter(user=self.hilde).update(ends_on=self.today)
        MembershipFactory(user=self.hilde, organisation=self.olfen)
        self.stopped(StopReason.LEFT, mails=0)

    def test_an_operator_never_had_an_employment(self):
        Membership.objects.filter(user=self.hilde).delete()
        with later(1):
            self.night()
        assert len(self.runs()) == 1

    def test_an_authority_that_is_not_active(self):
        self.coesfeld.is_active = False
        self.coesfeld.save()
        self.stopped(StopReason.INACTIVE)

    def test_a_filter_that_is_gone(self):
        with mock.patch.object(
            DepartmentExporter, "get_queryset", side_effect=ValidationError("gibt es nicht")
        ):
            self.stopped(StopReason.NO_FILTER)

    def test_a_list_that_is_gone(self):
        ExportSchedule.objects.update(exporter="gibt-es-nicht")
        self.stopped(StopReason.NO_LIST)

    def test_an_evaluation_that_was_switched_off(self):
        with reports.register_temporarily(DepartmentReport):
            switch_report(
                organisation=self.coesfeld,
                report=DepartmentReport,
                on=False,
                purpose="",
                actor=None,
            )
            self.stopped(StopReason.SWITCHED_OFF)

    def test_who_lost_the_right_before_the_mail_went(self):
        with later(1) as day:
            make_due(day)
            self.hilde.groups.clear()
            send_waiting()
        assert self.server.mails == []
        assert ScheduleNotice.objects.get().state == NoticeState.NEEDLESS

    def test_what_was_begun_is_not_made_for_who_lost_the_right(self):
        with (
            mock.patch("hub.exports.scheduled_runs.making.make"),
            later(1) as day,
        ):
            make_due(day)
        self.hilde.groups.clear()
        with later(1, hours=1):
            assert "Beendet: 1" in self.night()
        (run,) = self.runs()
        assert (run.finished_at, run.file.name) == (None, "")
        assert NoticeState.NEEDLESS in ScheduleNotice.objects.values_list("state", flat=True)

    def test_what_was_stopped_by_hand_sends_no_mail(self):
        assert stop_schedule(schedule=self.one, actor=self.hilde)
        assert not stop_schedule(schedule=self.one, actor=self.hilde)
        assert ModelLogEntry.objects.filter(action=STOP).count() == 1
        with later(1):
            self.night()
        assert (self.runs(), self.server.mails) == ([], [])


class FaultTests(Schedules, TestCase):
    def setUp(self):
        self.set_up()

    def failing_night(self):
        with pytest.raises(CommandError) as error:
            self.night()
        assert error.value.returncode == STUCK

    def test_what_goes_wrong_is_made_up_for(self):
        self.schedule()
        with (
            mock.patch.object(DepartmentExporter, "rows", side_effect=RuntimeError),
            self.assertLogs("hub.exports.making", "ERROR"),
            later(1),
        ):
            self.failing_night()
        assert self.server.mails == []
        with later(3):
            self.night()
        (run,) = self.runs()
        assert (run.number, run.finished_at is not None) == (1, True)
        assert len(self.server.mails) == 1
        assert ModelLogEntry.objects.filter(action="exports.hand_over").count() == 1

    def test_one_that_cannot_begin_does_not_keep_others_back(self):
        broken, fine = self.schedule(query="q=Bau"), self.schedule()
        begin = actions.start_run

        def start(**asked):
            if asked["schedule"] == broken:
                raise RuntimeError
            return begin(**asked)

        with (
            mock.patch("hub.exports.actions.start_run", start),
            self.assertLogs("hub.exports.scheduled_runs", "ERROR"),
            later(1) as day,
        ):
            self.failing_night()
            assert self.again(broken).next_on == day
        assert [run.schedule for run in self.runs()] == [fine]
        with later(1, hours=1):
            self.night()
        assert {run.schedule for run in self.runs()} == {fine, broken}

    def test_one_that_cannot_be_gone_on_with_does_not_keep_others_back(self):
        broken = self.schedule(query="q=Bau")
        with mock.patch("hub.exports.scheduled_runs.making.make"), later(1) as day:
            make_due(day)
        fine = self.schedule()
        ask = make_due.__globals__["against"]

        def fails(schedule):
            if schedule == broken:
                raise RuntimeError
            return ask(schedule)

        with (
            mock.patch("hub.exports.scheduled_runs.against", fails),
            self.assertLogs("hub.exports.scheduled_runs", "ERROR"),
            later(1, hours=1),
        ):
            self.failing_night()
        assert [run.finished_at is not None for run in self.runs(broken)] == [False]
        assert [run.finished_at is not None for run in self.runs(fine)] == [True]
        with later(1, hours=2):
            self.night()
        assert [run.finished_at is not None for run in self.runs(broken)] == [True]

    def test_what_could_never_be_made_is_told_to_nobody(self):
        self.schedule(ends_on=self.today + timedelta(days=1))
        with (
            mock.patch.object(DepartmentExporter, "rows", side_effect=RuntimeError),
            self.assertLogs("hub.exports.making", "ERROR"),
            later(1),
        ):
            self.failing_night()
        with later(1 + DAYS_KEPT, hours=1):
            self.night()
        assert self.server.mails == []
        assert ScheduleNotice.objects.get().state == NoticeState.NEEDLESS

    def test_nothing_is_made_in_the_name_of_an_account_that_was_closed(self):
        """Of two that became one; the regular hand-over itself goes on."""
        schedule = self.schedule()
        with mock.patch("hub.exports.scheduled_runs.making.make"), later(1) as day:
            make_due(day)
        colleague = self.colleague(DepartmentExporter.required_permission)
        ExportSchedule.objects.update(owner=colleague)
        with later(2):
            assert "Erstellt: 0" in self.night()
        with later(8):
            assert "Erstellt: 1" in self.night()
        assert [run.user for run in self.runs(schedule)] == [self.hilde, colleague]
        assert self.only_mail()["To"] == colleague.email

    def test_it_is_made_and_told_when_the_two_are_two_again(self):
        schedule = self.schedule()
        with mock.patch("hub.exports.scheduled_runs.making.make"), later(1) as day:
            make_due(day)
        ExportSchedule.objects.update(owner=self.colleague(DepartmentExporter.required_permission))
        with later(2):
            self.night()
        ExportSchedule.objects.update(owner=self.hilde)
        with later(3):
            assert "Erstellt: 1" in self.night()
        assert [run.user for run in self.runs(schedule)] == [self.hilde]
        assert self.only_mail()["To"] == self.hilde.email

    def test_work_in_hand_is_left_alone(self):
        self.schedule()
        with mock.patch("hub.exports.scheduled_runs.making.make"), later(1) as day:
            make_due(day)
            make = mock.Mock(wraps=making.make)
            with mock.patch("hub.exports.scheduled_runs.making.make", make):
                make_due(day)
            assert not make.called


class MailTests(Schedules, TestCase):
    def setUp(self):
        self.set_up()
        self.one = self.schedule(query="q=Bau", purpose="Wegen Herrn Terhorst")

    def notice(self) -> ScheduleNotice:
        return ScheduleNotice.objects.get()

    def test_it_says_what_is_there_and_leads_to_it(self):
        with later(1):
            self.night()
            until = timezone.localtime(self.runs()[0].expires_at)
        (run,) = self.runs()
        sent = self.only_mail()
        assert sent["To"] == "hilde@rathaus.example"
        assert sent["Subject"] == f"Departments: Nr. {run.reference} liegt bereit"
        host = "https://lernen.example.org"
        for body in (self.text(), self.html()):
            for words in (
                "Departments",
                "Stadt Coesfeld",
                f"Nr. {run.reference}",
                "Sie hat 1 Zeile.",
                f"{until:%d.%m.%Y %H:%M}",
                f"{host}{reverse('exports:made', args=[run.uuid])}",
                f"{host}{reverse('export_schedules:inspect', args=[self.one.pk])}",
            ):
                assert words in body, words
            for secret in ("Terhorst", "Bau", "Böwing", "Olfen"):
                assert secret not in body, secret
        assert "\n\n\n" not in self.text()
        assert not any(word in self.html() for word in ("<img", "src=", "<link", "<script", "url("))

    def test_it_carries_no_file_and_answers_to_nobody(self):
        with later(1):
            self.night()
        sent = self.only_mail()
        assert [part.get_content_type() for part in sent.walk()] == [
            *("multipart/alternative", "text/plain", "text/html"),
        ]
        assert sent["Message-ID"] == f"<{self.notice().uuid.hex}@lernen.example.org>"
        assert sent["Auto-Submitted"] == "auto-generated"
        assert sent["Content-Language"] == "de"

    def test_it_speaks_the_language_of_its_owner(self):
        UserProfile.objects.create(user=self.hilde, preferred_language="en")
        with later(1):
            self.night()
        assert "can be fetched" in self.only_mail()["Subject"]
        assert "It has 1 row." in self.text()
        assert 'lang="en"' in self.html()

    def test_a_dead_server_delays_and_loses_nothing(self):
        with later(1):
            with (
                override_settings(**smtp_settings(free_port())),
                self.assertLogs("hub.mails.connections", "ERROR"),
                pytest.raises(CommandError) as error,
            ):
                self.night()
            assert error.value.returncode == STUCK
            notice = self.notice()
            assert (notice.state, notice.tries) == (NoticeState.WAITING, 1)
            assert notice.problem == MailProblem.SERVER
            assert notice.next_try_at == timezone.now() + timedelta(minutes=15)
            self.night()
            assert self.server.mails == [], "its time has not come"
        with later(1, hours=1):
            self.night()
        assert len(self.server.mails) == 1
        notice = self.notice()
        assert (notice.state, notice.problem, notice.tries) == (NoticeState.SENT, "", 2)

    def test_later_is_tried_again_with_growing_distance(self):
        self.server.refusals["hilde@rathaus.example"] = "451 4.7.1 Greylisted"
        distances = []
        for hours in (0, 1, 2, 4):
            with later(1, hours=hours):
                self.night()
                distances.append(self.notice().next_try_at - timezone.now())
        assert [distance.seconds // 60 for distance in distances] == [15, 30, 60, 120]
        del self.server.refusals["hilde@rathaus.example"]
        with later(2, hours=4):
            self.night()
        assert len(self.server.mails) == 1

    def test_what_waits_for_over_a_day_is_told_to_operators(self):
        self.server.refusals["hilde@rathaus.example"] = "451 4.7.1 Greylisted"
        with later(1):
            self.night()
        with later(2, hours=1), pytest.raises(CommandError) as error:
            self.night()
        assert error.value.returncode == STUCK

    def test_a_refused_address_is_final_and_the_next_file_is_told_anew(self):
        self.server.refusals["hilde@rathaus.example"] = "550 5.1.1 User unknown"
        with later(1):
            self.night()
        assert (self.notice().state, self.notice().problem) == ("refused", MailProblem.ADDRESS)
        self.server.refusals.clear()
        with later(2):
            self.night()
        assert self.server.mails == []
        with later(8):
            self.night()
        assert len(self.server.mails) == 1

    def test_who_has_no_address_any_more(self):
        for address in ("", "hilde at rathaus"):
            self.hilde.email = address
            self.hilde.save()
            with later(1):
                self.night()
            assert self.notice().state == NoticeState.REFUSED
            assert (self.server.mails, len(self.runs())) == ([], 1)

    def test_one_that_was_perhaps_sent_is_the_same_once_more(self):
        self.server.dies_after_data = True
        with (
            self.assertLogs("hub.mails.connections", "ERROR"),
            pytest.raises(CommandError),
            later(1),
        ):
            self.night()
        self.server.dies_after_data = False
        with later(1, hours=1):
            self.night()
        first, second = self.server.mails
        assert first["Message-ID"] == second["Message-ID"]
        assert first.get_body(("plain",)).get_content() == self.text(second)

    def test_a_call_that_died_is_made_up_for_later_and_not_at_once(self):
        with (
            mock.patch("hub.exports.notices.connected", side_effect=KeyboardInterrupt),
            pytest.raises(KeyboardInterrupt),
            later(1),
        ):
            self.night()
        with later(1, hours=0.5):
            self.night()
        assert self.server.mails == [], "somebody may have it in hand"
        with later(1, hours=1.5):
            self.night()
        assert len(self.server.mails) == 1

    def test_nobody_is_told_of_a_file_that_is_gone(self):
        with later(1) as day:
            make_due(day)
        with later(9):
            actions.sweep()
            send_waiting()
        assert self.server.mails == []
        assert self.notice().state == NoticeState.NEEDLESS

    def test_what_nobody_can_say_of_a_list_keeps_no_other_mail_back(self):
        other = self.schedule()
        ask = send_waiting.__globals__["against"]

        def fails(schedule):
            if schedule == other:
                raise RuntimeError
            return ask(schedule)

        with (
            mock.patch("hub.exports.notices.against", fails),
            self.assertLogs("hub.exports.notices", "ERROR"),
            later(1),
        ):
            self.night()
        assert len(self.server.mails) == 1
        assert ScheduleNotice.objects.get(schedule=other).state == NoticeState.WAITING
        with later(1, hours=1):
            self.night()
        assert len(self.server.mails) == 2

    def test_what_cannot_be_written_keeps_no_other_back(self):
        write = send_waiting.__globals__["message_of"]
        other = self.schedule()

        def fails(notice, language):
            if notice.schedule == other:
                raise ValueError
            return write(notice, language)

        with (
            mock.patch("hub.exports.notices.message_of", fails),
            self.assertLogs("hub.exports.notices", "ERROR"),
            later(1),
        ):
            self.night()
        assert len(self.server.mails) == 1
        waiting = ScheduleNotice.objects.get(schedule=other)
        assert (waiting.state, waiting.problem) == ("waiting", MailProblem.MESSAGE)


class RaceTests(Schedules, TransactionTestCase):
    def setUp(self):
        self.set_up()

    def test_many_at_once_make_and_send_it_once(self):
        one, other = self.schedule(), self.schedule(query="q=Bau")
        with later(1):
            at_once(lambda _n: self.night(), range(4))
        assert [run.schedule for run in self.runs()] == [one, other]
        assert [run.number for run in self.runs()] == [1, 2]
        assert len(self.server.mails) == 2
        assert {notice.state for notice in ScheduleNotice.objects.all()} == {NoticeState.SENT}

    def test_a_double_click_is_one(self):
        at_once(lambda _n: self.schedule(), range(4))
        assert ExportSchedule.objects.count() == 1
