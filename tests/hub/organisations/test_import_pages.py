"""HR takes its employees in by pages: what it is shown is what is done, and of its people only."""

import io
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import patch
from urllib.parse import urlencode

import openpyxl
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase
from wagtail.models import ModelLogEntry

from hub.organisations.importing import runs
from hub.organisations.importing.applying import plan_rows
from hub.organisations.importing.columns import ColumnChoice, proposed_columns
from hub.organisations.models import (
    Department,
    EmployeeImport,
    EmployeeImportRow,
    ImportState,
    Membership,
    User,
)
from hub.storage import private_storage
from hub.tables import read_rows
from tests.factories.organisations import HRUserFactory, MembershipFactory, UserFactory, grant
from tests.hub.organisations.test_importing import HEADER, ImportTestCase, csv, ods, xlsx

UNKNOWN = ("PN", "Zuname", "Rufname", "Post")
NINA = ("100", "Gökçe", "Nina", "nina@coesfeld.example")
ANNA = ("007", "Terhorst", "Anna", "anna@coesfeld.example")


class PageTestCase(ImportTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.hilde = HRUserFactory(organisation=cls.coesfeld, username="hilde")
        cls.bernd = HRUserFactory(organisation=cls.olfen, username="bernd")

    def setUp(self):
        cache.clear()
        self.client.force_login(self.hilde)

    def upload(self, content, *, organisation=None, name="Beschäftigte.csv", **more):
        file = io.BytesIO(content)
        file.name = name
        organisation = organisation or self.coesfeld
        return self.client.post(
            reverse("employee_imports"), {"organisation": organisation.pk, "file": file}, **more
        )

    def uploaded(self, *rows, header=HEADER):
        """The import that an upload makes."""
        response = self.upload(csv(header, *rows))
        assert response.status_code == 302, response.context["form"].errors
        return EmployeeImport.objects.first()

    def page(self, run, name="employee_import", **query):
        return self.client.get(reverse(name, args=[run.uuid]), query)

    def confirm(self, run, fingerprint=None):
        fingerprint = run.fingerprint if fingerprint is None else fingerprint
        response = self.client.post(
            reverse("employee_import", args=[run.uuid]), {"fingerprint": fingerprint}, follow=True
        )
        run.refresh_from_db()
        return response


class GoodFileTests(PageTestCase):
    rows = (NINA, ("007", "Öztürk", "Anna", "anna@coesfeld.example"), ("3", "", "Kim", ""))

    def test_from_upload_to_report(self):
        before = self.everything()
        response = self.upload(csv(HEADER, *self.rows), follow=True)
        run = EmployeeImport.objects.get()
        self.assertRedirects(response, reverse("employee_import", args=[run.uuid]))
        self.assertContains(response, "Es wurde noch nichts gespeichert")
        # What cannot be taken comes first, with its row and column.
        self.assertContains(response, "Nachname: Der Nachname fehlt.")
        self.assertContains(response, "<td>4</td>", html=True)
        assert self.everything() == before
        for outcome, said in (
            ("new", "Gökçe, Nina"),
            ("changed", "Nachname: Terhorst → Öztürk"),
            ("missing", self.hilde.last_name),
        ):
            self.assertContains(self.page(run, ergebnis=outcome), said)
        response = self.confirm(run)
        assert run.state == ImportState.DONE
        self.assertContains(response, "Was mit „Beschäftigte.csv“ geschehen ist")
        assert User.objects.get(pk=self.anna.user_id).last_name == "Öztürk"
        nina = Membership.objects.get(staff_number="100")
        assert (nina.organisation, nina.user.last_name) == (self.coesfeld, "Gökçe")
        assert not nina.user.has_usable_password()
        assert (run.uploaded_by, run.confirmed_by) == (self.hilde, self.hilde)

    def test_it_is_in_the_log(self):
        self.confirm(self.uploaded(*self.rows))
        entry = ModelLogEntry.objects.get(action="organisations.import")
        assert (entry.user, entry.object_id) == (self.hilde, str(self.coesfeld.pk))
        assert (entry.data["new"], entry.data["file"]) == (1, "Beschäftigte.csv")

    def test_the_file_goes_when_it_is_taken_over(self):
        run = self.uploaded(*self.rows)
        name = run.file.name
        assert private_storage().exists(name)
        self.confirm(run)
        assert not run.file
        assert not private_storage().exists(name)

    def test_the_same_file_twice_changes_nothing(self):
        self.confirm(self.uploaded(*self.rows))
        before = self.everything()
        run = self.uploaded(*self.rows)
        assert run.changing == 0
        self.assertContains(self.page(run), "Es gibt nichts zu übernehmen.")
        self.confirm(run)
        assert run.state == ImportState.PREVIEW
        assert self.everything() == before

    def test_a_double_confirmation_does_it_once(self):
        run = self.uploaded(*self.rows)
        self.confirm(run)
        before = self.everything()
        self.confirm(run)
        assert self.everything() == before
        assert ModelLogEntry.objects.filter(action="organisations.import").count() == 1

    def test_the_report_as_a_file(self):
        run = self.uploaded(NINA, ("007", "=1+1", "Anna", ""))
        for state in ("waits", "done"):
            response = self.page_file(run, "xlsx")
            sheet = openpyxl.load_workbook(io.BytesIO(response)).worksheets[0]
            cells = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
            assert cells[1][:3] == ["2", "Gökçe, Nina", "100"], state
            assert "nina@coesfeld.example" in cells[1][5]
            assert cells[2][5] == "Nachname: Terhorst → =1+1"
            assert cells[-1][0] == ""
            assert cells[-1][4] == "nicht in der Liste"
            self.confirm(run)
        text = self.page_file(run, "csv").decode("utf-8-sig")
        assert "Gökçe, Nina" in text
        assert ModelLogEntry.objects.filter(action="organisations.import_report").count() == 3
        url = reverse("employee_import_report", args=[run.uuid, "pdf"])
        assert self.client.get(url).status_code == 404

    def page_file(self, run, file_format):
        url = reverse("employee_import_report", args=[run.uuid, file_format])
        return b"".join(self.client.get(url))

    def test_text_of_a_list_is_shown_as_text(self):
        run = self.uploaded(("1", "<b>Neu</b>", "Nina", ""))
        self.assertContains(self.page(run, ergebnis="new"), "&lt;b&gt;Neu&lt;/b&gt;")


class MissingTests(PageTestCase):
    def missing(self, *rows):
        run = self.uploaded(*rows)
        assert run.counts["missing"] == run.rows.filter(outcome="missing").count()
        return set(run.rows.filter(outcome="missing").values_list("staff_number", flat=True))

    def test_who_is_missing_is_told_and_left_alone(self):
        MembershipFactory(organisation=self.coesfeld, staff_number="55")
        assert {"007", "55"} <= self.missing(NINA)
        before = Membership.objects.filter(staff_number="55").values().get()
        self.confirm(EmployeeImport.objects.first())
        assert Membership.objects.filter(staff_number="55").values().get() == before

    def test_who_stands_in_a_row_that_cannot_be_taken_is_not_missing(self):
        assert "007" not in self.missing(("007", "", "Anna", ""))
        assert "007" not in self.missing(("", "", "Anna", "ANNA@coesfeld.example"))

    def test_who_has_left_is_not_missing(self):
        Membership.objects.filter(pk=self.anna.pk).update(
            ends_on=timezone.localdate() - timedelta(days=1)
        )
        assert "007" not in self.missing(NINA)

    def test_who_works_elsewhere_by_now_is_not_told_of(self):
        soon = timezone.localdate() + timedelta(days=5)
        Membership.objects.filter(pk=self.anna.pk).update(ends_on=soon)
        MembershipFactory(
            user=self.anna.user, organisation=self.olfen, starts_on=soon + timedelta(days=1)
        )
        assert "007" not in self.missing(NINA)


class ColumnTests(PageTestCase):
    def choice(self, **columns):
        return {name: str(position) for name, position in columns.items()}

    def choose(self, run, **columns):
        url = reverse("employee_import_columns", args=[run.uuid])
        return self.client.post(url, self.choice(**columns), follow=True)

    def test_unknown_headings_are_mapped_by_hand_and_remembered(self):
        response = self.upload(csv(UNKNOWN, NINA), follow=True)
        run = EmployeeImport.objects.get()
        self.assertRedirects(response, reverse("employee_import_columns", args=[run.uuid]))
        self.assertContains(response, "Spalte 1: PN")
        # "Rufname" is known.
        assert response.context["form"]["first_name"].initial == 2
        columns = {"staff_number": 0, "last_name": 1, "first_name": 2}
        response = self.choose(run, **columns)
        self.assertContains(response, "Gökçe, Nina")
        run.refresh_from_db()
        self.confirm(run)
        assert Membership.objects.get(staff_number="100").user.email == ""
        # A title above moves the headings; they are the same.
        self.upload(csv(("Liste vom Mai",), UNKNOWN, ("101", "Neu", "Jan", "")))
        latest = EmployeeImport.objects.first()
        assert latest.state == ImportState.PREVIEW
        assert latest.columns == {"heading_row": 1, "positions": columns}
        assert latest.counts["new"] == 1

    def test_another_authority_is_not_told_what_was_chosen(self):
        self.choose(self.uploaded(NINA, header=UNKNOWN), staff_number=0, last_name=1, first_name=2)
        self.client.force_login(self.bernd)
        self.upload(csv(UNKNOWN, NINA), organisation=self.olfen)
        assert EmployeeImport.objects.first().state == ImportState.COLUMNS

    def test_two_columns_that_mean_the_same(self):
        header = ("Personalnummer", "Nachname", "Familienname", "Vorname")
        run = self.uploaded(("1", "Falsch", "Neu", "Nina"), header=header)
        assert run.state == ImportState.COLUMNS
        self.choose(run, staff_number=0, last_name=2, first_name=3)
        assert run.rows.get(outcome="new").name == "Neu, Nina"

    def test_two_columns_of_the_same_name(self):
        header = ("Personalnummer", "Name", "Name", "Vorname")
        run = self.uploaded(("1", "Falsch", "Neu", "Nina"), header=header)
        self.choose(run, staff_number=0, last_name=2, first_name=3)
        assert run.rows.get(outcome="new").name == "Neu, Nina"

    def test_other_columns_for_a_list_that_was_understood(self):
        header = (*HEADER, "Amt", "Bereich")
        run = self.uploaded((*NINA, "falsch", "Jugendamt"), header=header)
        self.choose(run, staff_number=0, last_name=1, first_name=2, department=5)
        run.refresh_from_db()
        assert run.new_departments == ["Jugendamt"]
        assert run.ignored_columns == ["E-Mail", "Amt"]

    def test_what_cannot_be_chosen(self):
        run = self.uploaded(NINA, header=UNKNOWN)
        for columns, said in (
            ({"staff_number": 0, "last_name": 1}, "Bitte wählen Sie Spalten für den Nachnamen"),
            ({"staff_number": 1, "last_name": 1, "first_name": 2}, "schon gewählt"),
            ({"staff_number": 99, "last_name": 1, "first_name": 2}, "99"),
        ):
            response = self.choose(run, **columns)
            assert response.status_code == 422
            self.assertContains(response, said, status_code=422)
        run.refresh_from_db()
        assert run.state == ImportState.COLUMNS

    def test_a_confirmed_list_keeps_its_columns(self):
        run = self.uploaded(NINA)
        self.confirm(run)
        response = self.choose(run, staff_number=0, last_name=2, first_name=1)
        self.assertRedirects(response, reverse("employee_import", args=[run.uuid]))
        run.refresh_from_db()
        assert (run.state, run.columns) == (ImportState.DONE, {})

    def test_the_row_of_headings_is_proposed(self):
        rows = read_rows(csv(("Liste",), (), UNKNOWN, NINA))
        assert proposed_columns(rows) == ColumnChoice(2, {"first_name": 2})
        rows = read_rows(csv(("a", "b"), ("c", "d")))
        assert proposed_columns(rows) == ColumnChoice(0, {})


class HeadingRowTests(PageTestCase):
    #: More of it is understood than of the headings below: it is taken for them.
    title = ("Amt", "von Coesfeld", "Von", "Bis")
    columns = {"staff_number": 0, "last_name": 1, "first_name": 2}

    def columns_page(self, run, **query):
        return self.page(run, "employee_import_columns", **query)

    def choose(self, run, row):
        url = reverse("employee_import_columns", args=[run.uuid])
        return self.client.post(f"{url}?heading_row={row}", self.columns, follow=True)

    def put_in(self, content, name="Liste"):
        assert self.upload(content, name=name).status_code == 302
        return EmployeeImport.objects.first()

    def test_another_row_is_taken_mapped_and_remembered(self):
        for number, make in enumerate((csv, xlsx, ods)):
            with self.subTest(make.__name__):
                EmployeeImport.objects.all().delete()
                nina, jan, kim = (
                    (f"{number}{n}", "Neu", first_name, "")
                    for n, first_name in enumerate(("Nina", "Jan", "Kim"))
                )
                blank = ("", "", "", "")
                run = self.put_in(make(self.title, blank, UNKNOWN, nina))
                response = self.columns_page(run)
                assert response.context["heading_row"] == 1
                response = self.columns_page(run, heading_row=3)
                self.assertContains(response, "Spalte 1: PN")
                # "Rufname" is known.
                assert response.context["form"]["first_name"].initial == 2
                # Looking keeps nothing.
                run.refresh_from_db()
                assert (run.state, run.columns) == (ImportState.COLUMNS, {})
                self.choose(run, 3)
                run.refresh_from_db()
                assert run.columns == {"heading_row": 2, "positions": self.columns}
                assert list(run.rows.filter(outcome="new").values_list("number", "name")) == [
                    (4, "Neu, Nina")
                ]
                self.confirm(run)
                assert Membership.objects.get(staff_number=nina[0]).user.last_name == "Neu"
                # Next month: other titles, other rows above, and one that is longer.
                longer = ("Amt", "Stand 01.12.2026", "Von", "Bis", "Name", "E-Mail")
                run = self.put_in(make(longer, ("Vertraulich", "", "", ""), blank, UNKNOWN, jan))
                assert run.state == ImportState.PREVIEW
                assert run.columns == {"heading_row": 3, "positions": self.columns}
                assert run.rows.get(outcome="new").number == 5
                # What was chosen is shown as chosen.
                response = self.columns_page(run)
                assert response.context["heading_row"] == 4
                assert response.context["form"]["staff_number"].initial == 0
                # Somebody left the question open meanwhile: it is no answer.
                run.delete()
                self.put_in(make(self.title, nina))
                run = self.put_in(make(self.title, UNKNOWN, kim))
                assert run.columns == {"heading_row": 1, "positions": self.columns}

    def test_a_row_that_suffices_and_is_wrong(self):
        example = ("Personalnummer", "Nachname", "Vorname", "")
        header = (*HEADER, "Amt")
        run = self.put_in(csv(example, header, (*NINA, "Jugendamt")))
        assert run.state == ImportState.PREVIEW
        assert run.rows.filter(number=2).exists()
        # The page shows the row that was taken, not the one that says most.
        response = self.columns_page(run)
        assert response.context["heading_row"] == 1
        response = self.columns_page(run, heading_row=2)
        assert response.context["form"]["department"].initial == 4
        before = run.fingerprint
        self.choose(run, 2)
        run.refresh_from_db()
        assert [row.number for row in run.rows.exclude(number=None)] == [3]
        # What another tab has shown before is not confirmed.
        self.confirm(run, fingerprint=before)
        assert run.state == ImportState.PREVIEW
        self.confirm(run)
        assert run.state == ImportState.DONE
        run = self.put_in(csv(example, header, ("101", "Neu", "Jan", "", "")))
        assert run.rows.get(outcome="new").name == "Neu, Jan"
        assert run.columns["heading_row"] == 1

    def test_headings_of_signs_alone_are_headings(self):
        choice = {"staff_number": 2, "last_name": 3, "first_name": 1}
        run = self.put_in(csv(("Amt", "Rufname", "#", "%"), ("Bauamt", "Kim", "70", "Neu")))
        url = reverse("employee_import_columns", args=[run.uuid])
        self.client.post(f"{url}?heading_row=1", choice, follow=True)
        run.refresh_from_db()
        assert run.rows.get(outcome="new").name == "Neu, Kim"
        # What was chosen there says nothing of a list that lacks these columns.
        run = self.put_in(csv(("Amt", "Rufname"), ("Bauamt", "Kim")))
        assert (run.state, run.columns) == (ImportState.COLUMNS, {})

    def test_empty_rows_above_do_not_count(self):
        blank = ("", "", "", "")
        run = self.put_in(csv(*[blank] * 25, HEADER, NINA))
        assert run.state == ImportState.PREVIEW
        assert run.rows.get(outcome="new").number == 27
        run = self.put_in(csv(*[blank] * 25, UNKNOWN, NINA))
        assert run.state == ImportState.COLUMNS
        response = self.columns_page(run)
        assert response.context["heading_row"] == 26
        self.assertContains(response, "Spalte 1: PN")
        for content in (csv(blank, blank), b"\n\n"):
            self.assertContains(self.upload(content), "Die Datei ist leer", status_code=422)

    def test_the_checksum_is_of_the_row_too(self):
        run = self.uploaded(NINA)
        rows = runs.read_kept(run)
        plan = plan_rows(organisation=self.coesfeld, rows=rows, choice=None)
        assert plan.fingerprint == run.fingerprint
        assert replace(plan, heading_row=1).fingerprint != run.fingerprint

    def test_the_first_rows_are_shown_as_in_the_file(self):
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        for number, row in {
            2: ["<b>Stand</b>", datetime(2026, 12, 1), 7.0],
            4: ["x" * 60, "zwei\nZeilen", None, *range(20)],
            5: UNKNOWN,
            **{n: [n, "Neu", "Kim"] for n in range(6, 100)},
        }.items():
            for column, cell in enumerate(row, 1):
                sheet.cell(number, column, cell)
        content = io.BytesIO()
        workbook.save(content)
        run = self.put_in(content.getvalue())
        response = self.columns_page(run)
        shown = response.context["first_rows"]
        assert [row.number for row in shown] == [2, *range(4, 13)]
        assert {len(row.cells) for row in shown} == {8}
        assert shown[0].cells[:3] == ["<b>Stand</b>", "01.12.2026", "7"]
        assert (len(shown[1].cells[0]), shown[1].cells[1]) == (40, "zwei Zeilen")
        self.assertContains(response, "&lt;b&gt;Stand&lt;/b&gt;")
        [checked] = re.findall(r'value="(\d+)"[^>]* checked', response.content.decode())
        assert int(checked) == response.context["heading_row"] == 5
        # One that stands further down is shown with them.
        shown = self.columns_page(run, heading_row=50).context["first_rows"]
        assert [row.number for row in shown] == [2, *range(4, 13), 50]

    def test_rows_that_cannot_be_taken(self):
        run = self.put_in(csv(self.title, ("", "", "", ""), UNKNOWN, NINA, ("", " ")))
        url = reverse("employee_import_columns", args=[run.uuid])
        for row, said in (
            ("6", "letzte Zeile der Liste ist 5"),
            ("0", "keine Zeile 0"),
            ("-1", "keine Zeile -1"),
            ("2", "Zeile 2 ist leer"),
            ("4", "Unter Zeile 4 steht niemand"),
            ("vier", "ganze Zahl"),
            ("", "muss ausgefüllt werden"),
            ("9" * 6000, "ganze Zahl"),
            ("1.5", "ganze Zahl"),
        ):
            for answer in (
                self.client.get(url, {"heading_row": row}),
                self.client.post(f"{url}?{urlencode({'heading_row': row})}", self.columns),
            ):
                self.assertContains(answer, said, status_code=422)
                assert answer.context["heading_row"] == 1
        # The list may hold nothing but one row, whatever it is.
        alone = self.put_in(csv(UNKNOWN))
        url = reverse("employee_import_columns", args=[alone.uuid])
        for address in (url, f"{url}?heading_row=1"):
            answer = self.client.post(address, self.columns)
            self.assertContains(answer, "Unter Zeile 1 steht niemand", status_code=422)
        for kept in (run, alone):
            kept.refresh_from_db()
            assert (kept.state, kept.columns) == (ImportState.COLUMNS, {})
            assert not kept.rows.exists()

    def test_a_stranger_takes_no_row(self):
        run = self.put_in(csv(self.title, UNKNOWN, NINA))
        before = EmployeeImport.objects.values().get()
        self.client.force_login(self.bernd)
        assert self.columns_page(run, heading_row=2).status_code == 404
        assert self.choose(run, 2).status_code == 404
        assert EmployeeImport.objects.values().get() == before
        assert not run.rows.exists()
        # Nor is anybody told which row it is in another authority.
        self.choose_as_hilde(run)
        self.client.force_login(self.bernd)
        self.upload(csv(self.title, UNKNOWN, NINA), organisation=self.olfen)
        assert EmployeeImport.objects.first().columns == {}

    def choose_as_hilde(self, run):
        self.client.force_login(self.hilde)
        self.choose(run, 2)
        run.refresh_from_db()
        assert run.columns["heading_row"] == 1

    def test_a_page_takes_as_many_queries_for_few_rows_as_for_many(self):
        taken = []
        for count in (3, 300):
            people = [(str(n), f"Neu {n}", "Kim", "") for n in range(count)]
            run = self.put_in(csv(self.title, UNKNOWN, *people))
            self.columns_page(run)  # fills caches
            with CaptureQueriesContext(connection) as captured:
                assert self.columns_page(run, heading_row=2).status_code == 200
            taken.append(len(captured))
        assert taken[0] == taken[1] <= 20


class BadFileTests(PageTestCase):
    def test_what_cannot_be_read_is_told_and_not_kept(self):
        for content in (b"PK\x03\x04nothing", b"\x81\x8d\xff", xlsx(), csv(("", ""), ("", ""))):
            response = self.upload(content)
            assert response.status_code == 422
            assert response.context["form"].errors["file"]
        assert not EmployeeImport.objects.exists()

    def test_nothing_and_an_empty_file(self):
        response = self.client.post(reverse("employee_imports"), {"organisation": self.coesfeld.pk})
        assert response.status_code == 422
        assert self.upload(b"").status_code == 422

    def test_too_large(self):
        with patch.object(runs, "MAX_ROWS", 2):
            response = self.upload(csv(HEADER, NINA, ANNA))
        self.assertContains(response, "Bitte teilen Sie sie", status_code=422)

    def test_a_file_whose_time_is_over(self):
        run = self.uploaded(NINA)
        EmployeeImport.objects.update(uploaded_at=timezone.now() - runs.FILE_LIFETIME)
        runs.sweep()
        run.refresh_from_db()
        self.assertContains(self.page(run), "nur einen Tag lang aufbewahrt")
        self.confirm(run)
        assert run.state == ImportState.PREVIEW
        assert not Membership.objects.filter(staff_number="100").exists()
        response = self.page(run, "employee_import_columns")
        self.assertRedirects(response, reverse("employee_imports"))


class MeanwhileTests(PageTestCase):
    def test_people_changed_since_the_preview(self):
        run = self.uploaded(("007", "Öztürk", "Anna", ""))
        User.objects.filter(pk=self.anna.user_id).update(last_name="Öztürk", first_name="Annabell")
        before = self.everything()
        response = self.confirm(run)
        assert (run.state, run.problem) == (ImportState.PREVIEW, "changed")
        assert self.everything() == before
        self.assertContains(response, "haben sich geändert")
        self.assertContains(response, "Vorname: Annabell → Anna")
        self.confirm(run)
        assert run.state == ImportState.DONE
        assert User.objects.get(pk=self.anna.user_id).first_name == "Anna"

    def test_what_does_not_matter_does_not_matter(self):
        run = self.uploaded(NINA)
        MembershipFactory(organisation=self.coesfeld, staff_number="77")
        User.objects.filter(pk=self.anna.user_id).update(last_name="Öztürk")
        self.confirm(run)
        assert run.state == ImportState.DONE

    def test_what_another_tab_has_shown_is_not_confirmed(self):
        run = self.uploaded(NINA)
        response = self.confirm(run, fingerprint="0" * 64)
        assert run.state == ImportState.PREVIEW
        self.assertContains(response, "Bitte sehen Sie noch einmal nach.")
        assert not Membership.objects.filter(staff_number="100").exists()

    def test_a_failure_leaves_nothing_behind_and_can_be_repeated(self):
        run = self.uploaded(NINA)
        before = self.everything()
        with (
            patch("hub.organisations.importing.applying.log", side_effect=RuntimeError),
            self.assertLogs("hub.organisations.importing.runs", "ERROR"),
        ):
            response = self.confirm(run)
        assert (run.state, run.problem) == (ImportState.PREVIEW, "failed")
        assert self.everything() == before
        self.assertContains(response, "Etwas ist schiefgegangen")
        self.confirm(run)
        assert (run.state, run.problem) == (ImportState.DONE, "")


class BackgroundTests(PageTestCase):
    def start(self):
        """A confirmed import on which nobody works yet."""
        run = self.uploaded(NINA)
        with (
            patch("hub.organisations.importing.views.BACKGROUND_FROM", 1),
            patch("hub.organisations.importing.views.take_over_import") as task,
        ):
            response = self.confirm(run)
        task.enqueue.assert_called_once_with(str(run.uuid))
        assert run.state == ImportState.CONFIRMED
        return run, response

    def test_a_long_list_is_taken_over_beside_the_request(self):
        run, response = self.start()
        self.assertContains(response, "0 von 1 Personen")
        self.assertContains(response, "data-watch")
        from hub.organisations.tasks import take_over_import

        take_over_import.enqueue(str(run.uuid))
        run.refresh_from_db()
        assert run.state == ImportState.DONE
        take_over_import.enqueue(str(run.uuid))
        assert ModelLogEntry.objects.filter(action="organisations.import").count() == 1

    def test_who_confirms_again_meanwhile_starts_nothing(self):
        run, _response = self.start()
        with patch("hub.organisations.importing.views.take_over_import") as task:
            self.confirm(run)
        task.enqueue.assert_not_called()

    def test_progress_is_told_while_it_runs(self):
        run = self.uploaded(*((str(n), f"Neu {n}", "Kim", "") for n in range(100, 105)))
        run = runs.confirm(run=run, fingerprint=run.fingerprint, actor=self.hilde)
        heard = []
        tell = runs._tell

        def listen(told, done):
            tell(told, done)
            heard.append(runs.progress(told).done)

        with (
            patch("hub.organisations.importing.applying.BATCH", 2),
            patch.object(runs, "_tell", listen),
        ):
            assert runs.take_over(run).state == ImportState.DONE
        assert heard == [2, 4, 5]

    def test_work_that_stopped_can_be_begun_once_more(self):
        run, _response = self.start()
        EmployeeImport.objects.update(confirmed_at=timezone.now() - timedelta(minutes=3))
        response = self.page(run)
        self.assertContains(response, "Noch einmal beginnen")
        self.assertNotContains(response, "data-watch")
        self.confirm(run)
        assert run.state == ImportState.DONE


class FenceTests(PageTestCase):
    def test_a_stranger_finds_nothing(self):
        run = self.uploaded(NINA)
        before = list(Membership.objects.order_by("pk").values())
        urls = [
            reverse("employee_import", args=[run.uuid]),
            reverse("employee_import_columns", args=[run.uuid]),
            reverse("employee_import_report", args=[run.uuid, "csv"]),
        ]
        self.client.force_login(self.bernd)
        for url in urls:
            assert self.client.get(url).status_code == 404
            assert self.client.post(url, {"fingerprint": run.fingerprint}).status_code in (404, 405)
        self.assertNotContains(self.client.get(reverse("employee_imports")), "Beschäftigte.csv")
        # May do other things in the administration.
        other = UserFactory()
        grant(other, self.coesfeld, "organisations.view_department")
        self.client.force_login(other)
        for url in (*urls, reverse("employee_imports")):
            assert self.client.get(url).status_code == 404
        response = self.client.get(reverse("wagtailadmin_home"))
        self.assertNotContains(response, reverse("employee_imports"))
        run.refresh_from_db()
        assert run.state == ImportState.PREVIEW
        assert list(Membership.objects.order_by("pk").values()) == before

    def test_only_ones_own_authority_can_be_chosen(self):
        response = self.upload(csv(HEADER, NINA), organisation=self.olfen)
        assert response.status_code == 422
        assert not EmployeeImport.objects.exists()

    def test_who_imports_for_two_authorities_chooses_between_them(self):
        grant(self.hilde, self.olfen, runs.IMPORT)
        response = self.client.get(reverse("employee_imports"))
        for organisation in (self.coesfeld, self.olfen):
            self.assertContains(response, organisation.name)
        self.upload(csv(HEADER, ANNA), organisation=self.olfen)
        run = EmployeeImport.objects.get()
        # Anna is Coesfeld's, so for Olfen she is somebody new.
        assert (run.organisation, run.counts["new"]) == (self.olfen, 1)


class SweepTests(PageTestCase):
    def test_the_report_goes_after_a_week_and_the_log_stays(self):
        run = self.uploaded(NINA)
        self.confirm(run)
        EmployeeImport.objects.update(
            finished_at=timezone.now() - runs.REPORT_LIFETIME + timedelta(minutes=1)
        )
        assert runs.sweep() == (0, 0)
        EmployeeImport.objects.update(finished_at=timezone.now() - runs.REPORT_LIFETIME)
        out = io.StringIO()
        call_command("remove_expired_imports", stdout=out)
        assert "1" in out.getvalue()
        assert not EmployeeImportRow.objects.exists()
        assert EmployeeImport.objects.get().counts["new"] == 1
        response = self.page(run)
        self.assertNotContains(response, "Gökçe")
        url = reverse("employee_import_report", args=[run.uuid, "csv"])
        assert self.client.get(url).status_code == 404

    def test_what_nobody_confirms_goes_after_a_day(self):
        run = self.uploaded(NINA)
        name = run.file.name
        assert runs.sweep() == (0, 0)
        EmployeeImport.objects.update(uploaded_at=timezone.now() - runs.FILE_LIFETIME)
        assert runs.sweep() == (1, 1)
        assert not private_storage().exists(name)
        assert not EmployeeImportRow.objects.exists()

    def test_files_that_no_import_knows_go_too(self):
        run = self.uploaded(NINA)
        name = run.file.name
        EmployeeImport.objects.update(file="")
        with patch.object(runs, "FILE_LIFETIME", timedelta()):
            runs.sweep()
        assert not private_storage().exists(name)


class QueryTests(PageTestCase):
    def queries(self, count, outcome):
        rows = [(str(n), f"Neu {n}", "Kim", "") for n in range(1000, 1000 + count)]
        run = self.uploaded(*rows)
        self.page(run)  # fills caches
        with CaptureQueriesContext(connection) as captured:
            assert self.page(run, ergebnis=outcome).status_code == 200
        return len(captured)

    def test_a_preview_takes_as_many_queries_for_few_rows_as_for_many(self):
        for outcome in ("new", "missing"):
            few, many = self.queries(3, outcome), self.queries(250, outcome)
            assert few == many <= 20

    def test_a_long_preview_is_paged(self):
        run = self.uploaded(*((str(n), f"Neu {n}", "Kim", "") for n in range(1000, 1250)))
        assert len(self.page(run, ergebnis="new").context["page_obj"].object_list) == 100
        response = self.page(run, ergebnis="new", p=3)
        self.assertContains(response, "Neu 1249")
        self.assertContains(response, "?ergebnis=new&amp;p=2")


values = st.sampled_from(["", "008", "otto@olfen.example", "Brüning", "Otto", "Kämmerei", "otto"])
telling = ("Brüning", "Kämmerei", "otto@olfen.example")


class PropertyTests(PageTestCase, HypothesisTestCase):
    header = (*HEADER, "Amt", "Benutzername")

    def setUp(self):
        """Hypothesis makes a client for each example, later."""

    @given(st.lists(st.tuples(*[values] * 6), max_size=4))
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_a_list_tells_nothing_of_others_and_changes_nothing_of_theirs(self, said):
        before = self.of_olfen()
        self.client.force_login(self.hilde)
        run = self.uploaded(NINA, *said, header=self.header)
        own = Counter(cell for row in said for cell in row)
        for _state in ("waits", "done"):
            text = "".join(
                self.page(run, ergebnis=outcome).content.decode()
                for outcome in ("new", "changed", "leaves", "unchanged", "refused", "missing")
            )
            for word in telling:
                assert own[word] or word not in text
            self.confirm(run)
        assert run.state == ImportState.DONE
        assert self.of_olfen() == before

    def of_olfen(self):
        memberships = Membership.objects.filter(organisation=self.olfen)
        return [
            list(queryset.order_by("pk").values())
            for queryset in (
                memberships,
                Department.objects.filter(organisation=self.olfen),
                User.objects.filter(pk=self.otto.user_id),
            )
        ]
