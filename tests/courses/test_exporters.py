"""The hand-over of the completion list: what leaves, what is logged, what never leaves."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import datetime, timedelta

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import QueryDict
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import ModelLogEntry

from courses.exporters import CompletionExporter
from hub.exports.actions import start_run, stream
from hub.exports.exporters import ExportScope
from hub.exports.models import ExportRun
from hub.organisations.models import Audience, Department
from tests.factories.courses import ContentVersionFactory, EnrolmentFactory
from tests.factories.organisations import (
    HRUserFactory,
    MembershipFactory,
    OrganisationFactory,
    grant,
    rename,
)

RIGHT = "courses.view_completion_list"


class ExporterTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.coesfeld = OrganisationFactory(name="Stadt Coesfeld", slug="coesfeld")
        cls.olfen = OrganisationFactory(name="Stadt Olfen", slug="olfen")
        cls.hilde = HRUserFactory(username="hilde", organisation=cls.coesfeld)
        cls.course = ContentVersionFactory(title="KI-Grundlagen")
        cls.anna = cls.enrolment("Anna", "Terhorst", cls.coesfeld, passed=True)
        cls.otto = cls.enrolment("Otto", "Brüning", cls.olfen, passed=True)

    @classmethod
    def enrolment(cls, first, last, organisation, **kwargs):
        membership = MembershipFactory(
            organisation=organisation, user__first_name=first, user__last_name=last
        )
        return EnrolmentFactory(membership=membership, version=cls.course, **kwargs)

    def scope(self, organisation=None):
        return ExportScope(user=self.hilde, organisation=organisation or self.coesfeld)

    def rows(self, query="", organisation=None):
        exporter = CompletionExporter()
        queryset = exporter.get_queryset(self.scope(organisation), QueryDict(query))
        return [tuple(row) for _key, row in exporter.rows(queryset)]

    def post(self, query="", user=None, **data):
        self.client.force_login(user or self.hilde)
        url = reverse("exports:hand_over", args=["abschlussliste"])
        return self.client.post(
            f"{url}?{query}",
            {"organisation": self.coesfeld.pk, "purpose": "Nachweis", "file_format": "csv"} | data,
        )


class RowTests(ExporterTestCase):
    def test_the_scope_is_the_fence_whatever_the_filters_say(self):
        assert [row[0] for row in self.rows()] == ["Terhorst"]
        assert [row[0] for row in self.rows(organisation=self.olfen)] == ["Brüning"]
        with pytest.raises(ValidationError):
            self.rows(f"department={self.otto.membership.department_id}")

    def test_columns_are_these_and_no_others(self):
        """Scores, attempts, answers, times and progress have no column (domain 2.3)."""
        fields = [str(column.label) for column in CompletionExporter.columns]
        assert fields == [
            "Nachname",
            "Vorname",
            "Organisationseinheit",
            "Kurs",
            "Inhaltsstand",
            "Status",
            "Abgeschlossen am",
            "Gültig bis",
            "Frist",
            "Art des Nachweises",
        ]
        kinds = {column.kind for column in CompletionExporter.columns}
        assert kinds == {"text", "date"}, "a datetime would tell the time of day"

    def test_the_query_reads_no_column_that_hr_must_not_see(self):
        with CaptureQueriesContext(connection) as queries:
            self.rows()
        asked = " ".join(query["sql"] for query in queries)
        for forbidden in (
            "courses_attempt",
            "courses_response",
            "points",
            "outcome",
            "last_activity_key",
            "enrolled_at",
            "email",
            "staff_number",
            "last_login",
        ):
            assert forbidden not in asked, forbidden
        # Of completions, whether one was credited or set by hand; neither which nor how many.
        looked = re.findall(r'FROM "courses_completion" U0 WHERE .*?LIMIT', asked)
        assert len(looked) == asked.count('"courses_completion"') > 0
        assert set(re.findall(r'U0\."(\w+)"', " ".join(looked))) == {"enrolment_id", "source"}

    def test_words_of_the_status(self):
        today = timezone.localdate()
        self.enrolment("B", "B", self.coesfeld)
        self.enrolment("C", "C", self.coesfeld, status="in_progress")
        self.enrolment("D", "D", self.coesfeld, overdue=True)
        self.enrolment("E", "E", self.coesfeld, expired=True)
        self.enrolment("F", "F", self.coesfeld, due_on=today)
        assert {row[0]: row[5] for row in self.rows()} == {
            "Terhorst": "abgeschlossen",
            "B": "offen",
            "C": "offen",
            "D": "Frist abgelaufen",
            "E": "Auffrischung fällig",
            "F": "offen",
        }

    def test_the_day_is_the_local_one(self):
        late = timezone.make_aware(datetime(2026, 11, 3, 0, 30))
        self.anna.completed_at = late
        self.anna.save()
        assert self.rows()[0][6] == late.date()

    def test_the_title_is_the_newest_german_one_of_a_course_without_page(self):
        ContentVersionFactory(unit_key=self.course.unit_key, number=2, title="KI heute")
        ContentVersionFactory(
            unit_key=self.course.unit_key, number=9, title="AI basics", language="en"
        )
        assert self.rows()[0][3] == "KI heute"
        assert self.rows()[0][4].startswith("Kurs, Fassung 1 vom ")

    def test_filters(self):
        other = ContentVersionFactory(title="KI-Vertiefung")
        EnrolmentFactory(membership=self.anna.membership, version=other, overdue=True)
        audience = Audience.objects.create(code="fuehrung", name="Führungskräfte")
        week_ago = timezone.localdate() - timedelta(days=7)
        tomorrow = timezone.localdate() + timedelta(days=1)
        for query, count in (
            ("", 2),
            (f"course={other.unit_key}", 1),
            ("status=completed", 1),
            ("status=completed&status=overdue", 2),
            ("status=expired", 0),
            (f"audience={audience.pk}", 0),
            (f"completed_from={week_ago}", 1),
            (f"completed_from={tomorrow}", 0),
            (f"completed_to={week_ago}", 0),
            ("q=ann+terh", 2),
            ("q=brüning", 0),
        ):
            assert len(self.rows(query)) == count, query
        self.anna.membership.audiences.add(audience)
        assert len(self.rows(f"audience={audience.pk}")) == 2

    def test_a_filter_that_does_not_exist_is_refused(self):
        for query in ("status=begonnen", "course=nichts", "completed_from=gestern", "audience=9"):
            with pytest.raises(ValidationError):
                self.rows(query)

    def test_queries_do_not_grow_with_the_rows(self):
        with CaptureQueriesContext(connection) as few:
            self.rows()
        for n in range(20):
            self.enrolment("N", f"N{n}", self.coesfeld, passed=True)
        with self.assertNumQueries(len(few)):
            assert len(self.rows()) == 21
        assert len(few) <= 4


class HandOverTests(ExporterTestCase):
    def test_the_log_tells_the_filters_of_that_day_in_words_and_in_local_time(self):
        self.post("status=completed&q=terh", purpose="Nachweis")
        run = ExportRun.objects.get()
        ExportRun.objects.filter(pk=run.pk).update(created_at="2026-07-01T22:30:00Z")
        page = self.client.get(reverse("exports:inspect", args=[run.pk]))
        self.assertContains(page, "Status: abgeschlossen; Name: terh")
        self.assertContains(page, "02.07.2026 00:30")

    def test_a_filter_by_department_holds_for_whichever_authority_has_it(self):
        grant(self.hilde, self.olfen, RIGHT)
        self.client.force_login(self.hilde)
        department = self.otto.membership.department
        url = reverse("exports:hand_over", args=["abschlussliste"])
        page = self.client.get(url, {"department": department.pk})
        self.assertContains(page, department.name)
        form = {"purpose": "Nachweis", "file_format": "csv"}
        response = self.client.post(
            f"{url}?department={department.pk}", {**form, "organisation": self.coesfeld.pk}
        )
        self.assertContains(response, "bei dieser Behörde nicht gibt", status_code=422)

    def test_a_filter_that_does_not_exist_is_told_on_screen(self):
        self.client.force_login(self.hilde)
        page = self.client.get(reverse("completion_list"), {"department": 999_999})
        self.assertContains(page, "Diesen Filter gibt es hier nicht")

    def test_a_filter_that_does_not_exist_hands_over_nothing(self):
        for query in ("status=begonnen", f"department={self.otto.membership.department_id}"):
            response = self.post(query)
            assert response.status_code == 422
            self.assertContains(response, "Diesen Filter gibt es nicht", status_code=422)
        assert not ExportRun.objects.exists()

    def test_who_may_not_meets_404_in_the_administration_itself(self):
        bernd = HRUserFactory(organisation=self.olfen)
        bernd.groups.clear()
        grant(bernd, self.olfen, "exports.view_exportrun")
        response = self.post(user=bernd)
        assert response.status_code == 404
        assert not ExportRun.objects.exists()

    def test_another_authority_cannot_be_chosen(self):
        response = self.post(organisation=self.olfen.pk)
        assert response.status_code == 422
        assert not ExportRun.objects.exists()

    def test_hr_of_two_authorities_hands_over_one_at_a_time(self):
        grant(self.hilde, self.olfen, RIGHT)
        self.client.force_login(self.hilde)
        form = self.client.get(reverse("exports:hand_over", args=["abschlussliste"]))
        self.assertContains(form, "Stadt Olfen")
        content = b"".join(self.post(organisation=self.olfen.pk).streaming_content).decode()
        assert "Brüning" in content
        assert "Terhorst" not in content
        assert ExportRun.objects.get().organisation == self.olfen

    def test_the_authority_chosen_on_screen_is_proposed(self):
        grant(self.hilde, self.olfen, RIGHT)
        self.client.force_login(self.hilde)
        query = {"organisation": self.olfen.pk}
        page = self.client.get(reverse("completion_list"), query)
        self.assertContains(page, "Brüning")
        self.assertNotContains(page, "Terhorst")
        form = self.client.get(reverse("exports:hand_over", args=["abschlussliste"]), query)
        assert form.context["form"]["organisation"].value() == str(self.olfen.pk)
        foreign = OrganisationFactory()
        page = self.client.get(reverse("completion_list"), {"organisation": foreign.pk})
        self.assertNotContains(page, "Brüning")

    def test_the_form_says_how_many_rows_leave_and_how_they_are_filtered(self):
        self.client.force_login(self.hilde)
        url = reverse("exports:hand_over", args=["abschlussliste"])
        page = self.client.get(
            url, {"status": "completed", "course": str(self.course.unit_key), "q": "terh"}
        )
        assert page.context["form"]["organisation"].value() == self.coesfeld.pk
        self.assertContains(page, "Status: abgeschlossen")
        self.assertContains(page, "Kurs: KI-Grundlagen")
        self.assertContains(page, "Name: terh")
        self.assertContains(page, "1 Zeile")
        self.assertContains(page, "Nachweis nach Art. 4 KI-VO")

    def test_the_run_is_written_before_the_first_byte(self):
        response = self.post()
        run = ExportRun.objects.get()
        assert (run.row_count, run.sha256, run.finished_at) == (None, "", None)
        content = b"".join(response.streaming_content)
        run.refresh_from_db()
        assert run.row_count == 1
        assert run.sha256 == hashlib.sha256(content).hexdigest()
        assert run.finished_at is not None

    def test_a_stream_that_breaks_off_leaves_the_run_open(self):
        next(iter(self.post().streaming_content))
        run = ExportRun.objects.get()
        assert (run.row_count, run.sha256, run.finished_at) == (None, "", None)

    def test_it_stands_in_the_audit_log(self):
        self.post(purpose="Planung von Schulungen")
        entry = ModelLogEntry.objects.get(action="exports.hand_over")
        assert entry.user == self.hilde
        assert entry.data == {"list": "abschlussliste", "authority": "coesfeld"}
        assert entry.object_id == str(ExportRun.objects.get().pk)

    def test_the_name_of_the_file(self):
        day = timezone.localdate().isoformat()
        response = self.post(file_format="xlsx")
        name = f'attachment; filename="abschlussliste-coesfeld-{day}-nr-{day[:4]}-1.xlsx"'
        assert response["Content-Disposition"] == name
        assert "no-store" in response["Cache-Control"]

    def test_a_formula_in_a_name_stays_text(self):
        rename(self.anna.user_id, last_name='=HYPERLINK("http://x")')
        Department.objects.filter(pk=self.anna.membership.department_id).update(name="@SUM(A1)")
        content = b"".join(self.post().streaming_content).decode("utf-8-sig")
        (row,) = list(csv.reader(io.StringIO(content), delimiter=";"))[1:]
        assert row[0].startswith("'=")
        assert row[2].startswith("'@")
        book = b"".join(self.post(file_format="xlsx").streaming_content)
        sheet = openpyxl.load_workbook(io.BytesIO(book)).worksheets[0]
        assert sheet["A2"].data_type == "s"

    def test_the_workbook_says_what_it_is(self):
        response = self.post("status=completed", file_format="xlsx", purpose="Für den Personalrat")
        book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
        notes = dict(book["Angaben"].values)
        assert notes["Zweck"] == "Für den Personalrat"
        assert notes["Behörde"] == "Stadt Coesfeld"
        assert notes["Status"] == "abgeschlossen"

    def test_the_file_speaks_the_language_of_who_asked_for_it(self):
        exporter, scope, filters = CompletionExporter(), self.scope(), QueryDict("")
        run = start_run(
            exporter=exporter, scope=scope, purpose="Test", file_format="csv", filters=filters
        )
        with translation.override("en"):
            pieces = stream(run=run, exporter=exporter, scope=scope, filters=filters)
        content = b"".join(pieces).decode("utf-8-sig")
        assert "completed" in content
        assert "abgeschlossen" not in content
