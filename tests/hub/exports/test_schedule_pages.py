"""Regular hand-overs in the administration: set up, seen, renewed and stopped by who may."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from hub.exports import making
from hub.exports.models import ExportRun, ExportSchedule, NoticeState, ScheduleNotice, StopReason
from hub.exports.notices import send_waiting
from hub.exports.scheduled_runs import make_due
from hub.exports.scheduling import stop_schedule
from hub.organisations.merging.actions import merge_accounts, preview, undo_merge
from hub.organisations.models import Membership
from tests.factories.organisations import UserFactory, grant, permission
from tests.plugin_example.exporters import DepartmentExporter

from .schedules import LIST, Schedules, later

COUNCIL = ("exports.audit_exportrun",)
MAY_HAND_OVER = "organisations.view_department"
OTHER_LIST = "courses.view_completion_list"


class PageTestCase(Schedules, TestCase):
    def setUp(self):
        self.set_up()
        self.client.force_login(self.hilde)

    def url(self, name, *arguments):
        return reverse(f"export_schedules:{name}", args=arguments)

    def page(self, schedule, user=None):
        self.client.force_login(user or self.hilde)
        return self.client.get(self.url("inspect", schedule.pk))

    def form(self, **changes):
        day = timezone.localdate()
        return {
            "organisation": self.coesfeld.pk,
            "purpose": "Abgleich mit der Stellenliste",
            "file_format": "csv",
            "rhythm": "monthly",
            "starts_on": (day + timedelta(days=1)).isoformat(),
            "ends_on": (day + timedelta(days=300)).isoformat(),
        } | changes


class SetUpPageTests(PageTestCase):
    def test_the_way_leads_from_the_hand_over_with_its_filters(self):
        page = self.client.get(reverse("exports:hand_over", args=[LIST]), {"q": "Bau & Co"})
        url = f"{self.url('set_up', LIST)}?q=Bau+%26+Co"
        self.assertContains(page, f'href="{escape(url)}"')
        page = self.client.get(url)
        self.assertContains(page, "Name: Bau &amp; Co")
        self.assertContains(page, "die Datei ist nie in der E-Mail")

    def test_it_is_set_up_for_the_filtered_list(self):
        url = f"{self.url('set_up', LIST)}?q=Bau"
        response = self.client.post(url, self.form(changes_only="on"))
        schedule = ExportSchedule.objects.get()
        assert response.url == self.url("inspect", schedule.pk)
        assert (schedule.owner, schedule.organisation) == (self.hilde, self.coesfeld)
        assert (schedule.filters, schedule.changes_only) == ({"q": ["Bau"]}, True)
        assert schedule.language == "de"
        page = self.client.get(response.url)
        for told in ("monatlich", "Name: Bau", "nur was sich geändert hat", "CSV", "Stellenliste"):
            self.assertContains(page, told)
        self.assertContains(page, f"erstmals am {schedule.starts_on:%d.%m.%Y} erstellt")

    def test_what_is_wrong_is_told_at_its_field(self):
        day = timezone.localdate()
        for changes, words in (
            ({"starts_on": day.isoformat()}, "Der früheste Tag ist morgen"),
            ({"ends_on": (day + timedelta(days=400)).isoformat()}, "innerhalb des nächsten Jahres"),
            ({"ends_on": "irgendwann"}, "gültiges Datum"),
            ({"ends_on": (day + timedelta(days=0)).isoformat()}, "Der letzte Tag liegt vor dem"),
            ({"purpose": " "}, "Dieses Feld"),
            ({"rhythm": "hourly"}, "keine gültige Auswahl"),
            ({"organisation": self.olfen.pk}, ""),
        ):
            response = self.client.post(self.url("set_up", LIST), self.form(**changes))
            self.assertContains(response, words, status_code=422)
        assert not ExportSchedule.objects.exists()

    def test_who_gets_no_mail_is_told_before(self):
        self.hilde.email = ""
        self.hilde.save()
        url = self.url("set_up", LIST)
        self.assertContains(self.client.get(url), "Ihr Konto hat keine E-Mail-Adresse")
        self.assertContains(
            self.client.post(url, self.form()), "keine E-Mail-Adresse", status_code=422
        )

    def test_a_filter_that_does_not_exist(self):
        grant(self.hilde, self.coesfeld, "courses.view_completion_list")
        url = f"{self.url('set_up', 'abschlussliste')}?department=99999"
        self.assertContains(self.client.get(url), "Diesen Filter gibt es nicht")
        response = self.client.post(url, self.form())
        assert response.status_code == 422
        assert not ExportSchedule.objects.exists()

    def test_who_hands_nothing_over_finds_nothing(self):
        self.client.force_login(self.colleague(*COUNCIL))
        for method in (self.client.get, self.client.post):
            assert method(self.url("set_up", LIST), self.form()).status_code == 404
        self.client.force_login(self.hilde)
        assert self.client.get(self.url("set_up", "gibt-es-nicht")).status_code == 404


class ListPageTests(PageTestCase):
    def told(self, user):
        self.client.force_login(user)
        return self.client.get(self.url("index"))

    def test_who_reads_the_log_sees_all_of_the_authority(self):
        self.schedule()
        self.schedule(owner=self.bernd, organisation=self.olfen, purpose="Geheimer Zweck")
        for user in (self.hilde, self.colleague("exports.view_exportrun")):
            page = self.told(user)
            for told in ("Departments", "wöchentlich", "Stellenliste", "Böwing"):
                self.assertContains(page, told)
            self.assertNotContains(page, "Geheimer Zweck")

    def test_who_only_hands_over_sees_those_of_the_lists_that_she_may_hand_over(self):
        own = self.colleague(OTHER_LIST)
        colleague = UserFactory()
        grant(colleague, self.coesfeld, MAY_HAND_OVER)
        self.schedule()
        self.schedule(owner=self.bernd, organisation=self.olfen, purpose="Geheimer Zweck")
        self.assertContains(self.told(own), self.url("index"))
        self.assertNotContains(self.told(own), "Stellenliste")
        self.assertContains(self.told(colleague), "Stellenliste")
        self.assertNotContains(self.told(colleague), "Geheimer Zweck")

    def test_the_own_ones_are_seen_as_long_as_anything_may_be_handed_over_there(self):
        own = self.colleague(MAY_HAND_OVER)
        schedule = self.schedule(owner=own, purpose="Eigener Zweck")
        with later(1):
            self.night()
        own.groups.get().organisation_permissions.update(permission=permission(OTHER_LIST))
        page = self.page(schedule, own)
        self.assertContains(page, "Eigener Zweck")
        # Neither file nor log is hers any more.
        (run,) = self.runs()
        self.assertContains(page, run.reference)
        for name, key in (("made", run.uuid), ("inspect", run.pk)):
            self.assertNotContains(page, reverse(f"exports:{name}", args=[key]))
        own.groups.clear()
        grant(own, self.olfen, MAY_HAND_OVER)
        self.assertNotContains(self.told(own), "Eigener Zweck")

    def test_the_staff_council_sees_that_there_are_some_and_no_names(self):
        schedule = self.schedule(query="q=Terhorst")
        with later(1):
            self.night()
        council = self.colleague(*COUNCIL)
        page = self.page(schedule, council)
        for told in ("Departments", "wöchentlich", "Stellenliste", "hier nicht gezeigt"):
            self.assertContains(page, told)
        self.assertContains(self.told(council), "Stellenliste")
        (run,) = self.runs()
        self.assertContains(page, reverse("exports:inspect", args=[run.pk]))
        log = self.client.get(reverse("exports:inspect", args=[run.pk]))
        self.assertContains(log, "wöchentlich")
        for told in (page, log, self.told(council)):
            self.assertNotContains(told, "Terhorst")
            self.assertNotContains(told, reverse("exports:made", args=[run.uuid]))
        self.assertNotContains(page, self.url("stop", schedule.pk))
        self.assertContains(self.page(schedule), "Name: Terhorst")

    def test_what_has_ended_says_why(self):
        schedule = self.schedule()
        stop_schedule(schedule=schedule, actor=None, reason=StopReason.SWITCHED_OFF)
        self.assertContains(self.page(schedule), "Die Behörde hat die Auswertung ausgeschaltet.")
        self.assertContains(self.told(self.hilde), "beendet")
        ExportSchedule.objects.update(stopped_at=None, stop_reason="", next_on=None)
        self.assertContains(self.page(schedule), "Sie können sie erneuern.")
        self.assertContains(self.told(self.hilde), "abgelaufen")

    def test_a_mail_that_was_not_taken_is_told(self):
        schedule = self.schedule()
        self.server.refusals["hilde@rathaus.example"] = "550 5.1.1 User unknown"
        with later(1):
            self.night()
        for page in (self.page(schedule), self.told(self.hilde)):
            self.assertContains(page, "die Adresse gibt es nicht")

    def test_operators_see_what_waits(self):
        self.server.refusals["hilde@rathaus.example"] = "451 4.7.1 Greylisted"
        self.schedule()
        with later(1):
            self.night()
        admin = UserFactory(is_superuser=True, is_staff=True)
        with later(1, hours=1):
            self.assertContains(self.told(admin), "Die älteste E-Mail wartet seit")
            self.assertNotContains(self.told(self.hilde), "wartet seit")
        with later(3):
            self.assertContains(self.told(admin), "EMAIL_URL")

    def test_searched_by_purpose_and_by_name(self):
        self.schedule()
        self.schedule(purpose="Etwas anderes")
        for query, count in (("stellenliste", 1), ("böwing", 2), ("gibtesnicht", 0)):
            page = self.client.get(self.url("index_results"), {"q": query})
            found = page.content.decode().count("/regelmaessige-uebergaben/inspect/")
            assert found == count, query

    def test_as_many_queries_for_many_as_for_one(self):
        def queries():
            # Whatever is read once in a process is read.
            self.client.get(self.url("index"))
            with CaptureQueriesContext(connection) as captured:
                self.client.get(self.url("index"))
            return len(captured)

        self.schedule()
        with later(1):
            self.night()
            few = queries()
        for number in range(8):
            self.schedule(purpose=f"Zweck {number}")
        with later(2):
            self.night()
            assert queries() == few


class StopPageTests(PageTestCase):
    def stop(self, schedule, user):
        self.client.force_login(user)
        return self.client.post(self.url("stop", schedule.pk))

    def test_it_is_confirmed_first(self):
        schedule = self.schedule()
        self.assertContains(self.page(schedule), self.url("stop", schedule.pk))
        self.assertContains(self.client.get(self.url("stop", schedule.pk)), "eingerichtet von")
        assert self.again(schedule).is_running
        assert self.stop(schedule, self.hilde).url == self.url("inspect", schedule.pk)
        schedule = self.again(schedule)
        assert (schedule.stopped_by, schedule.stop_reason) == (self.hilde, StopReason.ASKED)
        self.assertNotContains(self.page(schedule), self.url("stop", schedule.pk))
        self.stop(schedule, self.hilde)
        self.assertContains(self.page(schedule), "war schon beendet")
        assert not ScheduleNotice.objects.exists()

    def test_a_colleague_who_could_hand_it_over_may_stop_it(self):
        schedule = self.schedule()
        colleague = self.colleague(MAY_HAND_OVER)
        self.assertContains(self.page(schedule, colleague), self.url("stop", schedule.pk))
        self.stop(schedule, colleague)
        assert self.again(schedule).stopped_by == colleague

    def test_others_may_not(self):
        schedule = self.schedule()
        for user in (
            self.bernd,
            self.colleague(*COUNCIL, "exports.view_exportrun"),
        ):
            assert self.stop(schedule, user).status_code == 404
            assert self.client.get(self.url("stop", schedule.pk)).status_code == 404
        assert self.page(schedule, self.bernd).status_code == 404
        assert self.again(schedule).is_running

    def test_only_post_stops(self):
        schedule = self.schedule()
        self.client.get(self.url("stop", schedule.pk))
        self.client.put(self.url("stop", schedule.pk))
        assert self.again(schedule).is_running


class RenewPageTests(PageTestCase):
    def test_it_goes_on_from_where_it_ends(self):
        old = self.schedule(
            query="q=Bau", rhythm="monthly", ends_on=self.today + timedelta(days=40)
        )
        url = self.url("renew", old.pk)
        self.assertContains(self.page(old), url)
        page = self.client.get(url)
        self.assertContains(page, "Name: Bau")
        initial = page.context["form"].initial
        assert initial["purpose"] == old.purpose
        assert initial["starts_on"] > old.ends_on
        assert initial["starts_on"].day == old.starts_on.day
        form = self.form(starts_on=initial["starts_on"].isoformat())
        self.client.post(url, form)
        new = ExportSchedule.objects.exclude(pk=old.pk).get()
        assert (new.series, new.filters) == (old.series, {"q": ["Bau"]})
        assert self.again(old).is_running

    def test_one_that_goes_on_for_long_is_not_offered(self):
        old = self.schedule()
        self.assertNotContains(self.page(old), self.url("renew", old.pk))

    def test_what_is_over_begins_tomorrow_at_the_earliest(self):
        old = self.schedule(ends_on=self.today + timedelta(days=8))
        with later(30) as day:
            self.client.force_login(self.hilde)
            initial = self.client.get(self.url("renew", old.pk)).context["form"].initial
            assert day < initial["starts_on"] <= day + timedelta(days=7)

    def test_others_may_not(self):
        old = self.schedule()
        for user in (self.bernd, self.colleague(*COUNCIL)):
            self.client.force_login(user)
            for method in (self.client.get, self.client.post):
                assert method(self.url("renew", old.pk), self.form()).status_code == 404
        assert ExportSchedule.objects.count() == 1

    def test_a_colleague_who_could_hand_it_over_may_renew_it_with_its_filters(self):
        old = self.schedule(query="q=Terhorst", ends_on=self.today + timedelta(days=40))
        colleague = self.colleague(MAY_HAND_OVER)
        page = self.page(old, colleague)
        self.assertContains(page, "Name: Terhorst")
        self.assertContains(page, self.url("renew", old.pk))
        self.assertContains(self.client.get(self.url("renew", old.pk)), "Name: Terhorst")


class MadePageTests(PageTestCase):
    def begun(self, **fields):
        """A regular hand-over and its run, which nobody has made."""
        schedule = self.schedule(**fields)
        with mock.patch("hub.exports.scheduled_runs.making.make"), later(1) as day:
            make_due(day)
        (run,) = self.runs(schedule)
        return schedule, run, reverse("exports:made", args=[run.uuid])

    def assert_not_made(self, run):
        run = ExportRun.objects.get(pk=run.pk)
        assert (run.finished_at, run.file.name) == (None, "")

    def test_what_is_stopped_is_not_made(self):
        schedule, run, url = self.begun()
        stop_schedule(schedule=schedule, actor=self.hilde)
        with later(1, hours=2):
            self.client.force_login(self.hilde)
            self.assertContains(self.client.get(url), "wurde abgebrochen.")
            self.client.post(url)
        self.assert_not_made(run)

    def test_what_is_stopped_while_it_is_made_is_not_kept(self):
        schedule, run, url = self.begun()
        rows = DepartmentExporter.rows

        def stopped(*arguments):
            stop_schedule(schedule=schedule, actor=self.hilde)
            return rows(*arguments)

        with mock.patch.object(DepartmentExporter, "rows", stopped), later(1, hours=2) as day:
            made = make_due(day)
        assert (made.made, made.failed) == (0, 0)
        self.assert_not_made(run)

    def test_what_is_stopped_while_another_is_made_is_not_begun(self):
        (_first, one, _url), (second, two, _other) = self.begun(), self.begun(query="q=Bau")
        make = making.make

        def stopping(run):
            stop_schedule(schedule=second, actor=self.hilde)
            make(run)

        with (
            mock.patch("hub.exports.scheduled_runs.making.make", stopping),
            later(1, hours=2) as day,
        ):
            assert make_due(day).made == 1
        assert ExportRun.objects.get(pk=one.pk).finished_at
        self.assert_not_made(two)

    def test_only_who_set_it_up_begins_once_more_and_nobody_for_who_has_left(self):
        _schedule, run, url = self.begun()
        with later(1, hours=2):
            self.client.force_login(self.colleague(MAY_HAND_OVER))
            page = self.client.get(url)
            self.assertContains(page, "Die nächste Nacht versucht es erneut.")
            self.assertNotContains(page, "Noch einmal beginnen")
            self.client.post(url)
            self.assert_not_made(run)
            self.client.force_login(self.hilde)
            self.assertContains(self.client.get(url), "Noch einmal beginnen")
        Membership.objects.filter(user=self.hilde).update(ends_on=self.today)
        with later(1, hours=2), self.assertLogs("hub.exports.making", "ERROR"):
            self.client.post(url)
        self.assert_not_made(run)

    def test_what_could_not_be_made_is_said(self):
        schedule = self.schedule()
        with mock.patch("hub.exports.scheduled_runs.making.make"), later(1) as day:
            make_due(day)
            self.assertContains(self.page(schedule), "noch nicht erstellt")
        stop_schedule(schedule=schedule, actor=self.hilde)
        with later(2):
            self.assertContains(self.page(schedule), "Die Liste wurde nicht erstellt.")
            send_waiting()
            self.assertContains(self.page(schedule), "Die Liste wurde nicht erstellt.")

    def test_the_file_and_the_regular_hand_over_lead_to_each_other(self):
        schedule = self.schedule()
        with later(1):
            self.night()
        (run,) = self.runs()
        made = reverse("exports:made", args=[run.uuid])
        self.assertContains(self.page(schedule), made)
        self.assertContains(self.client.get(made), self.url("inspect", schedule.pk))
        self.assertContains(self.page(schedule), "verschickt")
        hand_over = self.client.get(reverse("exports:hand_over", args=[LIST]))
        with later(6):
            self.client.force_login(self.hilde)
            hand_over = self.client.get(reverse("exports:hand_over", args=[LIST]))
            self.assertContains(hand_over, made)
        assert making.is_kept(run)


class MergingTests(PageTestCase):
    def setUp(self):
        super().setUp()
        self.kept = UserFactory(
            first_name=self.hilde.first_name, last_name="Böwing", email="neu@rathaus.example"
        )
        self.admin = UserFactory(is_superuser=True)

    def merged(self):
        """Hilde's account becomes one with the other."""
        shown = preview(kept=self.kept, gone=self.hilde, actor=self.admin)
        return merge_accounts(
            kept=self.kept,
            gone=self.hilde,
            confirmed=shown.fingerprint,
            reason="Doppelt",
            actor=self.admin,
        )

    def test_so_does_what_has_ended_and_has_a_mail_to_send(self):
        schedule = self.schedule(ends_on=self.today + timedelta(days=1))
        with later(1) as day:
            make_due(day)
        assert not self.again(schedule).is_running
        grant(self.kept, self.coesfeld, MAY_HAND_OVER)
        self.merged()
        assert self.again(schedule).owner == self.kept
        with later(1, hours=1):
            send_waiting()
        assert self.only_mail()["To"] == "neu@rathaus.example"

    def test_what_runs_comes_along_and_back(self):
        running, stopped = self.schedule(), self.schedule(purpose="Vorbei")
        stop_schedule(schedule=stopped, actor=self.hilde)
        merge = self.merged()
        assert self.again(running).owner == self.kept
        stopped = self.again(stopped)
        assert (stopped.owner, stopped.stopped_by) == (self.hilde, self.hilde)
        with later(1):
            self.night()
        assert self.again(running).stop_reason == StopReason.NO_RIGHT
        assert [notice.state for notice in ScheduleNotice.objects.all()] == [NoticeState.SENT]
        assert self.only_mail()["To"] == "neu@rathaus.example"
        undo_merge(merge=merge, reason="Doch nicht", actor=self.admin)
        assert self.again(running).owner == self.hilde
