"""Long lists: made beside the request, once, kept for a day, fetched by who may hand over."""

import hashlib
import json
import re
import tracemalloc
from contextlib import ExitStack
from datetime import timedelta
from tempfile import TemporaryDirectory
from threading import Event
from unittest.mock import patch

from django.core.cache import cache
from django.core.files.storage import FileSystemStorage
from django.http import QueryDict
from django.test import TestCase, TransactionTestCase, override_settings
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import ModelLogEntry

from hub.exports import actions, making
from hub.exports.exporters import ExportScope
from hub.exports.models import ExportRun
from hub.exports.reports import reports
from hub.exports.switching import switch_report
from hub.exports.tasks import make_hand_over
from hub.organisations.models import Membership
from hub.storage import private_storage
from tests.courses.test_concurrency import at_once
from tests.factories.organisations import (
    DepartmentFactory,
    HRUserFactory,
    OrganisationFactory,
    grant,
)
from tests.plugin_example.exporters import DepartmentExporter

from .department_report import DepartmentReport

THREADS = {"BACKEND": "hub.background.ThreadBackend"}


class Long:
    """An authority whose departments are a long list."""

    def set_up(self):
        cache.clear()
        self.coesfeld = OrganisationFactory(name="Stadt Coesfeld", slug="coesfeld")
        self.hilde = HRUserFactory(organisation=self.coesfeld)
        for name in ("Bauamt", "=Zoo", "Bücherei"):
            DepartmentFactory(organisation=self.coesfeld, name=name)
        self.url = reverse("exports:hand_over", args=["example-departments"])
        threshold = patch("hub.exports.making.BACKGROUND_FROM", 3)
        threshold.start()
        self.addCleanup(threshold.stop)

    def post(self, client=None, **data):
        form = {"organisation": self.coesfeld.pk, "purpose": "Abgleich", "file_format": "json"}
        return (client or self.client).post(self.url, form | data)

    def begun(self, since=None, file_format="json"):
        return actions.start_run(
            exporter=DepartmentExporter(),
            scope=ExportScope(user=self.hilde, organisation=self.coesfeld),
            purpose="Abgleich",
            file_format=file_format,
            filters=QueryDict(""),
            since=since,
            in_background=True,
        )

    def made(self, since=None):
        run = self.begun(since)
        making.make(run)
        run.refresh_from_db()
        return run

    def page(self, run, client=None):
        return (client or self.client).get(reverse("exports:made", args=[run.uuid]))

    def file(self, run, client=None):
        return (client or self.client).get(reverse("exports:file", args=[run.uuid]))


class MakingTests(Long, TestCase):
    def setUp(self):
        self.set_up()
        self.client.force_login(self.hilde)

    def test_a_long_list_is_made_beside_the_request_and_fetched(self):
        response = self.post()
        run = ExportRun.objects.get()
        assert response.url == reverse("exports:made", args=[run.uuid])
        assert (run.in_background, run.handed_over_at) == (True, None)
        page = self.page(run)
        self.assertContains(page, run.sha256)
        self.assertContains(page, run.reference)
        self.assertNotContains(page, "data-watch")
        response = self.file(run)
        content = response.getvalue()
        assert hashlib.sha256(content).hexdigest() == run.sha256
        assert f"nr-{run.reference}.json" in response["Content-Disposition"]
        assert "private, no-store" in response["Cache-Control"]
        assert {row["name"] for row in json.loads(content)["rows"]} >= {"=Zoo", "Bücherei"}
        run.refresh_from_db()
        assert run.handed_over_at is not None
        assert ModelLogEntry.objects.filter(action="exports.hand_over").count() == 1
        assert ModelLogEntry.objects.get(action="exports.fetch").user == self.hilde
        self.assertContains(self.client.get(self.url), f"Nr. {run.reference}, ")

    def test_a_short_list_is_not(self):
        with patch("hub.exports.making.BACKGROUND_FROM", 1000):
            assert self.post().streaming

    def test_the_file_is_the_same_as_a_streamed_one(self):
        run = self.made()
        scope = ExportScope(user=self.hilde, organisation=self.coesfeld)
        pieces = actions.stream(
            run=run, exporter=DepartmentExporter(), scope=scope, filters=QueryDict("")
        )
        assert b"".join(pieces) == self.file(run).getvalue()

    def test_others_meet_404(self):
        run = self.made()
        olfen = OrganisationFactory()
        bernd = HRUserFactory(organisation=olfen)
        grant(bernd, self.coesfeld, "exports.view_exportrun", "courses.view_completion_list")
        self.client.force_login(bernd)
        assert self.page(run).status_code == self.file(run).status_code == 404
        assert self.client.post(reverse("exports:made", args=[run.uuid])).status_code == 404
        grant(bernd, self.coesfeld, "organisations.view_department")
        self.client.force_login(bernd)
        assert self.file(run).getvalue(), "a colleague may fetch it"

    def test_who_lost_the_right_meets_404(self):
        run = self.made()
        assert self.file(run).getvalue()
        self.hilde.groups.clear()
        assert self.page(run).status_code in {302, 404}, "no way into the administration at all"
        assert self.file(run).status_code in {302, 404}
        grant(self.hilde, self.coesfeld, "exports.view_exportrun")
        assert self.page(run).status_code == self.file(run).status_code == 404
        assert ModelLogEntry.objects.filter(action="exports.fetch").count() == 1

    def test_a_list_that_was_switched_off_meanwhile_is_gone(self):
        """As a list of an evaluation is: what is off does not exist for an authority."""
        with reports.register_temporarily(DepartmentReport):
            run, waits = self.made(), self.begun()
            assert self.page(run).status_code == self.file(run).status_code == 200
            switch_report(
                organisation=self.coesfeld,
                report=DepartmentReport,
                on=False,
                purpose="",
                actor=None,
            )
            assert self.page(run).status_code == self.file(run).status_code == 404
            with self.assertLogs("hub.exports.making", "ERROR"):
                making.make(waits)
            waits.refresh_from_db()
            assert (waits.finished_at, waits.file.name) == (None, "")

    def test_memory_is_flat(self):
        def rows(count):
            return lambda exporter, queryset: (
                (f"{number:08}", (f"Müller {number}", number)) for number in range(count)
            )

        def peak(count):
            run = self.begun(file_format="xlsx")
            with patch.object(DepartmentExporter, "rows", rows(count)):
                tracemalloc.start()
                try:
                    making.make(run)
                    used = tracemalloc.get_traced_memory()[1]
                finally:
                    tracemalloc.stop()
            run.refresh_from_db()
            assert run.row_count == count
            return used

        # The storage of the tests would hold the file in memory, which an installation's does not.
        with TemporaryDirectory() as folder, ExitStack() as patches:
            for field in ("file", "digests"):
                patches.enter_context(
                    patch.object(
                        ExportRun._meta.get_field(field), "storage", FileSystemStorage(folder)
                    )
                )
            peak(1_000)
            assert peak(12_000) < 1.1 * peak(4_000)

    def test_what_was_streamed_has_no_such_page(self):
        run = self.made()
        ExportRun.objects.update(in_background=False)
        assert self.page(run).status_code == self.file(run).status_code == 404

    def test_it_is_kept_for_a_day(self):
        run = self.made()
        name = run.file.name
        ExportRun.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert self.file(run).url == reverse("exports:made", args=[run.uuid])
        self.assertContains(self.page(run), "ist gelöscht")
        assert actions.sweep() == 1
        assert not private_storage().exists(name)
        self.assertContains(self.page(run), "ist gelöscht")
        self.assertNotContains(self.client.get(self.url), f"Nr. {run.reference}, ")

    def test_a_file_that_is_lost_is_told(self):
        run = self.made()
        private_storage().delete(run.file.name)
        assert self.file(run).url == reverse("exports:made", args=[run.uuid])

    def test_what_was_never_fetched_is_not_the_last(self):
        run = self.made()
        self.assertNotContains(self.client.get(self.url), "Nur was sich seit")
        pieces = iter(self.file(run).streaming_content)
        next(pieces)
        self.assertNotContains(self.client.get(self.url), "Nur was sich seit")
        self.file(run).getvalue()
        self.assertContains(self.client.get(self.url), f"Nur was sich seit Nr. {run.reference}")

    def test_changes_are_made_so_too(self):
        first = self.made()
        self.file(first).getvalue()
        DepartmentFactory(organisation=self.coesfeld, name="Kita")
        self.post(since=str(first.uuid))
        second = ExportRun.objects.get(since=first)
        rows = json.loads(self.file(second).getvalue())["rows"]
        assert [(row["name"], row["change"]) for row in rows] == [("Kita", "new")]

    def test_it_speaks_the_language_of_who_asked(self):
        with translation.override("en"):
            run = self.begun()
        making.make(run)
        run.refresh_from_db()
        labels = json.loads(run.file.read())["columns"]
        assert labels[-1]["label"] == "Row key"


class StoppingTests(Long, TestCase):
    def setUp(self):
        self.set_up()
        self.client.force_login(self.hilde)

    def again(self, run):
        return self.client.post(reverse("exports:made", args=[run.uuid]))

    def test_the_page_asks_again_while_it_is_made_and_tells_how_far_it_is(self):
        run = self.begun()
        told = []
        original = making._tell

        def tell(run, total, done):
            original(run, total, done)
            told.append(self.page(run))

        with patch("hub.exports.making._tell", tell), patch("hub.exports.making._STEP", 1):
            making.make(run)
        self.assertContains(told[2], "data-watch")
        assert re.search(r'<progress value="2" max="\d+"', told[2].content.decode())
        self.assertContains(self.page(run), "Die Datei ist da")

    def test_work_that_stopped_is_begun_once_more_and_not_before(self):
        run = self.begun()
        self.again(run)
        run.refresh_from_db()
        assert run.finished_at is None, "somebody may be at work"
        ExportRun.objects.update(created_at=timezone.now() - timedelta(minutes=3))
        self.assertContains(self.page(run), "Noch einmal beginnen")
        self.again(run)
        run.refresh_from_db()
        assert run.finished_at is not None
        assert ModelLogEntry.objects.filter(action="exports.hand_over").count() == 1
        before = run.file.name
        self.again(run)
        run.refresh_from_db()
        assert run.file.name == before

    def test_what_goes_wrong_is_told_and_leaves_nothing(self):
        for fault in (
            patch.object(DepartmentExporter, "rows", side_effect=RuntimeError),
            patch("hub.exports.making.keep_digests", side_effect=OSError),
            patch("hub.exports.making.finish", side_effect=OSError),
        ):
            run = self.begun()
            with fault, self.assertLogs("hub.exports.making", "ERROR"):
                making.make(run)
            run.refresh_from_db()
            assert (run.finished_at, run.file.name, run.digests.name) == (None, "", "")
            self.assertContains(self.page(run), "Etwas ist schiefgegangen")
            self.again(run)
            run.refresh_from_db()
            assert run.finished_at is not None

    def test_who_lost_the_right_meanwhile_gets_nothing(self):
        run = self.begun()
        self.hilde.groups.clear()
        with self.assertLogs("hub.exports.making", "ERROR"):
            making.make(run)
        run.refresh_from_db()
        assert (run.finished_at, run.file.name) == (None, "")

    def test_an_operator_whose_employment_has_ended_gets_long_lists_as_short_ones(self):
        yesterday = timezone.localdate() - timedelta(days=1)
        Membership.objects.filter(user=self.hilde).update(starts_on=yesterday, ends_on=yesterday)
        run = self.begun()
        making.make(run)
        self.assertContains(self.page(run), "Die Datei ist da")

    def test_what_nobody_made_within_a_day_broke_off(self):
        run = self.begun()
        ExportRun.objects.update(created_at=timezone.now() - timedelta(days=1))
        self.assertContains(self.page(run), "abgebrochen")
        run.refresh_from_db()
        self.again(run)
        making.make(run)
        run.refresh_from_db()
        assert run.finished_at is None

    def test_a_double_click_is_one_hand_over(self):
        with patch("hub.exports.views.make_hand_over") as task:
            first, second = self.post(), self.post()
            assert first.url == second.url
            self.post(purpose="Etwas anderes")
        assert task.enqueue.call_count == ExportRun.objects.count() == 2


class RaceTests(Long, TransactionTestCase):
    def setUp(self):
        self.set_up()

    def test_many_at_once_make_it_once(self):
        run = self.begun()
        at_once(lambda uuid: make_hand_over.call(str(uuid)), [run.uuid] * 5)
        run.refresh_from_db()
        assert run.finished_at is not None
        assert hashlib.sha256(run.file.read()).hexdigest() == run.sha256
        _folders, names = private_storage().listdir(actions.FILES_FOLDER)
        assert [name for name in names if str(run.uuid) in name] == [run.file.name.split("/")[-1]]

    def test_nobody_waits_while_it_is_made(self):
        going_on = Event()
        rows = DepartmentExporter.rows

        def slow(exporter, queryset):
            assert going_on.wait(20)
            yield from rows(exporter, queryset)

        tasks = {"default": THREADS, "long": THREADS}
        self.client.force_login(self.hilde)
        with override_settings(TASKS=tasks), patch.object(DepartmentExporter, "rows", slow):
            response = self.post()
            run = ExportRun.objects.get()
            # The request is answered, pages are read and written, and the work has not ended.
            assert response.status_code == 302
            self.assertContains(self.page(run), "data-watch")
            DepartmentFactory(organisation=self.coesfeld, name="Kita")
            run.refresh_from_db()
            assert run.finished_at is None
            going_on.set()
            for _second in range(200):
                run.refresh_from_db()
                if run.finished_at:
                    break
                Event().wait(0.1)
        assert run.finished_at is not None
