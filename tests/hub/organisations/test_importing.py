"""Employees come in from a list: what it says, nothing else, and nobody else's people."""

import io
import json
from collections import Counter
from datetime import date, datetime, timedelta
from html import escape
from itertools import groupby
from unittest.mock import patch
from zipfile import ZipFile

import openpyxl
import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import SimpleTestCase, TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase
from wagtail.models import ModelLogEntry

from hub.organisations.importing import employees as reading
from hub.organisations.importing.applying import import_employees, plan_import
from hub.organisations.importing.columns import find_columns
from hub.organisations.importing.employees import OPEN_END, read_employees
from hub.organisations.importing.planning import in_words
from hub.organisations.models import Audience, Department, Employment, Membership, User
from hub.organisations.signals import memberships_changed
from hub.spreadsheets import Column, write_xlsx
from hub.tables import UnreadableError, read_rows
from tests.factories.organisations import MembershipFactory, OrganisationFactory, UserFactory

TODAY = timezone.localdate()
HEADER = ("Personalnummer", "Nachname", "Vorname", "E-Mail")
NAMES = ("Terhorst", "Anna")


def csv(*rows, delimiter=";", encoding="utf-8"):
    return "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)


def xlsx(*rows):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def ods(*rows):
    cells = "".join(
        "<table:table-row>{}</table:table-row>".format(
            "".join(
                '<table:table-cell office:value-type="string">'
                + "".join(f"<text:p>{escape(line)}</text:p>" for line in value.split("\n"))
                + "</table:table-cell>"
                for value in row
            )
        )
        for row in rows
    )
    namespace = "urn:oasis:names:tc:opendocument:xmlns"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest xmlns:m="{namespace}:manifest:1.0">'
            f'<m:file-entry m:full-path="/" m:media-type="{kind}"/>'
            '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{namespace}:office:1.0"'
            f' xmlns:table="{namespace}:table:1.0" xmlns:text="{namespace}:text:1.0">'
            f'<office:body><office:spreadsheet><table:table table:name="A">{cells}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return content.getvalue()


class TableTests(SimpleTestCase):
    rows = (HEADER, ("00417", "Gökçe", "Jo", "jo@coesfeld.example"))

    def test_every_format_says_the_same(self):
        for content in (
            xlsx(*self.rows),
            ods(*self.rows),
            csv(*self.rows),
            csv(*self.rows, delimiter=","),
            csv(*self.rows, delimiter="\t"),
            csv(*self.rows, encoding="utf-8-sig"),
            csv(*self.rows, encoding="cp1252"),
        ):
            assert [tuple(row) for row in read_rows(content)] == list(self.rows)

    def test_a_comma_list_may_hold_semicolons_and_line_ends_in_quotes(self):
        content = b'a,b\n1,"x; y"\n2,"p; q\nr"\n'
        assert read_rows(content) == [["a", "b"], ["1", "x; y"], ["2", "p; q\nr"]]

    def test_hidden_and_empty_sheets_are_passed_over(self):
        workbook = openpyxl.Workbook()
        workbook.active.append(["geheim"])
        workbook.active.sheet_state = "hidden"
        workbook.create_sheet("leer")
        workbook.create_sheet("Liste").append(["Nachname"])
        content = io.BytesIO()
        workbook.save(content)
        assert read_rows(content.getvalue()) == [["Nachname"]]

    def test_rows_keep_their_numbers(self):
        workbook = openpyxl.Workbook()
        workbook.active["B3"] = "Nachname"
        content = io.BytesIO()
        workbook.save(content)
        assert read_rows(content.getvalue())[2] == ["", "Nachname"]

    def test_what_cannot_be_read_says_what_to_do(self):
        for content in (
            b"PK\x03\x04nothing",
            b"\xd0\xcf\x11\xe0nothing",
            b"\x81\x8d\xff",
            b'"' + b"x" * 200_000,
        ):
            with pytest.raises(UnreadableError, match="XLSX"):
                read_rows(content)

    def test_an_empty_file_has_no_rows(self):
        assert read_rows(b"") == read_rows(xlsx()) == []


class ColumnTests(SimpleTestCase):
    def test_headings_in_both_languages(self):
        for header, positions in (
            (
                "Personalnummer;NAME;Vorname;E-Mail-Adresse;Benutzername;Amt;Zielgruppe(n);"
                "Beschäftigungsart;Eintritt;Austritt",
                range(10),
            ),
            (
                "Staff number;Last name;First name;Email;User name;Department;Audiences;"
                "Employment;From;Until",
                range(10),
            ),
        ):
            columns = find_columns([header.split(";")])
            assert list(columns.positions.values()) == list(positions), header
            assert list(columns.positions) == [
                "staff_number",
                "last_name",
                "first_name",
                "email",
                "username",
                "department",
                "audiences",
                "employment",
                "starts_on",
                "ends_on",
            ]

    def test_titles_above_and_columns_that_mean_nothing(self):
        rows = [["Personalliste"], [], ["", "Schuhgröße", *HEADER]]
        columns = find_columns(rows)
        assert columns.heading_row == 2
        assert list(columns.positions) == ["staff_number", "last_name", "first_name", "email"]
        assert columns.positions["staff_number"] == 2
        assert columns.ignored == ["Schuhgröße"]
        assert columns.heading("email") == "E-Mail"
        assert columns.heading("department") == "Organisationseinheit"

    def test_the_word_of_the_authority(self):
        columns = find_columns([[*HEADER, "Stabsstelle"]], department_label="Stabsstelle")
        assert columns.positions["department"] == 4

    def test_a_mapping(self):
        rows = [["PN", "Nachname", "Vorname", "Team", "Amt"]]
        columns = find_columns(rows, mapping={"staff_number": "pn", "department": "Team"})
        assert columns.positions["staff_number"] == 0
        assert columns.positions["department"] == 3
        assert columns.ignored == ["Amt"]

    def test_what_is_missing_or_twofold(self):
        for header, words in (
            (["Nachname", "Vorname"], "Personalnummer"),
            (["Personalnummer", "Name"], "Vorname"),
            ([*HEADER, "Amt", "Abteilung"], "„Amt“ und „Abteilung“"),
        ):
            with pytest.raises(UnreadableError, match=words):
                find_columns([header])
        with pytest.raises(UnreadableError, match="Gibt es nicht"):
            find_columns([HEADER], mapping={"department": "Gibt es nicht"})
        with pytest.raises(UnreadableError):
            find_columns([])


class CellTests(SimpleTestCase):
    header = (
        *HEADER,
        "Benutzername",
        "Amt",
        "Zielgruppen",
        "Beschäftigungsart",
        "Eintritt",
        "Austritt",
    )
    audiences = (("it", "IT, Beschaffung/Vergabe"), ("leitung", "Führungskräfte"))

    def read(self, **cells):
        columns = find_columns([self.header])
        row = [""] * len(self.header)
        cells = {"staff_number": "1", "last_name": "Terhorst"} | cells
        for name, cell in cells.items():
            row[columns.positions[name]] = cell
        (employee,) = read_employees([self.header, row], columns, audiences=self.audiences)
        return employee

    def test_what_survives(self):
        for name, cell, value in (
            ("staff_number", "000417", "000417"),
            ("staff_number", 417.0, "417"),
            ("last_name", "  Go\u0308kc\u0327e  Ali\u00a0", "Gökçe Ali"),
            ("last_name", "Nguyễn K͟hān Ð’Ø", "Nguyễn K͟hān Ð’Ø"),
            ("starts_on", "01.02.2026", date(2026, 2, 1)),
            ("starts_on", "1.2.2026", date(2026, 2, 1)),
            ("starts_on", "2026-02-01", date(2026, 2, 1)),
            ("starts_on", date(2026, 2, 1), date(2026, 2, 1)),
            ("starts_on", datetime(2026, 2, 1, 12), date(2026, 2, 1)),
            ("ends_on", "31.12.9999", OPEN_END),
            ("ends_on", "", OPEN_END),
            ("starts_on", "", None),
            ("department", "", None),
            ("employment", "Beamtin", Employment.CIVIL_SERVANT),
            ("employment", "Auszubildende", Employment.TRAINEE),
            ("employment", "extern", Employment.EXTERNAL),
            ("employment", "civil_servant", Employment.CIVIL_SERVANT),
            ("employment", str(Employment.EMPLOYEE.label), Employment.EMPLOYEE),
            ("audiences", "führungskraefte", {"Führungskräfte"}),
            ("audiences", "IT, Beschaffung/Vergabe", {"IT, Beschaffung/Vergabe"}),
            ("audiences", "it; Leitung", {"IT, Beschaffung/Vergabe", "Führungskräfte"}),
            ("audiences", "it, leitung", {"IT, Beschaffung/Vergabe", "Führungskräfte"}),
        ):
            employee = self.read(**{name: cell})
            assert employee.notes == [], (name, cell, employee.notes)
            assert getattr(employee, name) == value, (name, cell)

    def test_what_cannot_be_taken(self):
        for name, cell, words in (
            ("staff_number", "x" * 41, "40"),
            ("staff_number", date(2026, 2, 1), "Datum"),
            ("last_name", "x" * 151, "150"),
            ("last_name", "Ter\u200bhorst", "unsichtbare"),
            ("last_name", "", "fehlt"),
            ("email", "anna", "E-Mail"),
            ("username", "anna terhorst", "Benutzername"),
            ("department", "x" * 121, "120"),
            ("audiences", "Führungskräfte; Raumfahrt", "Raumfahrt"),
            ("employment", "Ehrenamt", "Ehrenamt"),
            ("starts_on", "31.02.2026", "31.12.2026"),
            ("starts_on", "1.2.26", "31.12.2026"),
            ("starts_on", 46054.0, "31.12.2026"),
            ("starts_on", "01.01.0026", "31.12.2026"),
        ):
            employee = self.read(**{name: cell})
            (note,) = employee.notes
            heading = self.header[find_columns([self.header]).positions[name]]
            assert (note.column, words in note.text) == (heading, True), (name, cell, note)

    def test_who_could_not_be_recognised_again(self):
        (note,) = self.read(staff_number="").notes
        assert note.column == ""
        assert self.read(staff_number="", email="anna@coesfeld.example").notes == []

    def test_empty_rows_count_but_say_nothing(self):
        columns = find_columns([HEADER])
        rows = [HEADER, ["", " "], ["1", *NAMES]]
        (employee,) = read_employees(rows, columns, audiences=[])
        assert employee.row == 3

    def test_all_labels_of_kinds_are_understood(self):
        for kind in Employment:
            assert reading._employment(str(kind.label)) == kind
        with pytest.raises(ValidationError):
            reading._employment("")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        ("", "–"),
        (frozenset(), "–"),
        (OPEN_END, "–"),
        ("Bauamt", "Bauamt"),
        (date(2026, 2, 1), "01.02.2026"),
        (frozenset({"IT", "Führungskräfte"}), "Führungskräfte, IT"),
        (Employment.TRAINEE.value, str(Employment.TRAINEE.label)),
    ],
)
def test_values_of_changes_in_words(value, words):
    assert in_words(value) == words


class ImportTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.coesfeld = OrganisationFactory(slug="coesfeld")
        cls.olfen = OrganisationFactory(slug="olfen")
        cls.anna = MembershipFactory(
            organisation=cls.coesfeld,
            department__name="Bauamt",
            staff_number="007",
            user__username="anna",
            user__last_name="Terhorst",
            user__first_name="Anna",
            user__email="anna@coesfeld.example",
            starts_on=date(2020, 1, 1),
        )
        cls.otto = MembershipFactory(
            organisation=cls.olfen,
            department__name="Kämmerei",
            staff_number="008",
            user__username="otto",
            user__last_name="Brüning",
            user__first_name="Otto",
            user__email="otto@olfen.example",
            starts_on=date(2020, 1, 1),
        )
        for code, name in (("it", "IT"), ("leitung", "Führungskräfte")):
            Audience.objects.create(code=code, name=name)

    def plan(self, *rows, header=HEADER):
        return plan_import(organisation=self.coesfeld, content=csv(header, *rows))

    def take(self, *rows, header=HEADER):
        """Import the rows, and see that the same rows a second time change nothing."""
        content = csv(header, *rows)
        plan = import_employees(organisation=self.coesfeld, content=content)
        before = self.everything()
        again = import_employees(organisation=self.coesfeld, content=content)
        assert {step.outcome for step in again.steps} <= {"unchanged", "refused"}
        assert self.everything() == before
        return plan

    def refuse(self, row, *, header=HEADER, others=()):
        """The note with which ``row`` is refused; nothing is written."""
        before = self.everything()
        plan = import_employees(organisation=self.coesfeld, content=csv(header, *others, row))
        step = plan.steps[-1]
        assert step.outcome == "refused", step
        if not others:
            assert self.everything() == before
        (note,) = step.notes
        return step.employee.row, note.column, note.text

    def everything(self):
        return [
            list(queryset.order_by("pk").values())
            for queryset in (
                User.objects,
                Membership.objects,
                Department.objects,
                Membership.audiences.through.objects,
            )
        ]


class NewTests(ImportTestCase):
    header = (
        *HEADER,
        "Fachbereich",
        "Zielgruppen",
        "Beschäftigungsart",
        "Eintritt",
        "Austritt",
    )

    def test_with_everything(self):
        plan = self.take(
            (
                *("000417", "Gökçe", "Ali", "ali@coesfeld.example", "Jugendamt"),
                *("IT | leitung", "Beamter", "01.02.2026", "31.12.2099"),
            ),
            header=self.header,
        )
        assert +Counter(plan.counts) == {"new": 1, "missing": 1}
        assert plan.new_departments == ["Jugendamt"]
        membership = Membership.objects.get(staff_number="000417")
        user = membership.user
        assert (user.last_name, user.first_name, user.email) == (
            "Gökçe",
            "Ali",
            "ali@coesfeld.example",
        )
        assert user.username == "ali.goekce"
        assert user.name_key.startswith("goekce\tali")
        assert not user.has_usable_password()
        assert user.is_active
        assert not user.is_staff
        assert membership.organisation == self.coesfeld
        assert membership.department.name == "Jugendamt"
        assert membership.department.organisation == self.coesfeld
        assert membership.employment == Employment.CIVIL_SERVANT
        assert (membership.starts_on, membership.ends_on) == (date(2026, 2, 1), date(2099, 12, 31))
        assert {audience.name for audience in membership.audiences.all()} == {
            "IT",
            "Führungskräfte",
        }

    def test_with_next_to_nothing(self):
        self.take(("9", "Suharto", "", ""))
        membership = Membership.objects.get(staff_number="9")
        assert membership.user.username == "suharto"
        assert (membership.starts_on, membership.ends_on) == (TODAY, None)
        assert membership.department is None
        assert membership.employment == Employment.EMPLOYEE

    def test_user_names_are_free_and_readable(self):
        UserFactory(username="Kim.Groß")
        UserFactory(username="kim.gross")
        self.take(
            ("1", "Groß", "Kim Lee", ""),
            ("2", "Gross", "Kim", ""),
            ("3", "Nguyễn-Große Hokamp", "Thị Minh", ""),
            ("4", "–", "–", ""),
            ("5", "Чайкин", "Пётр", ""),
            ("6", "x" * 150, "y" * 150, ""),
        )
        names = dict(Membership.objects.values_list("staff_number", "user__username"))
        assert [names[str(number)] for number in range(1, 6)] == [
            "kim.gross2",
            "kim.gross3",
            "thi.nguyen-grosse-hokamp",
            "person",
            "пётр.чайкин",
        ]

    def test_a_user_name_in_the_list(self):
        header = (*HEADER, "Benutzername")
        self.take(
            ("1", "Ding", "Ina", "", ""),
            ("2", "Ding", "Ulf", "", "ina.ding"),
            header=header,
        )
        names = dict(Membership.objects.values_list("staff_number", "user__username"))
        assert (names["1"], names["2"]) == ("ina.ding2", "ina.ding")

    def test_departments_are_the_same_in_any_spelling(self):
        plan = self.take(
            ("1", "A", "", "", "BAUAMT"),
            ("2", "B", "", "", "Amt 32"),
            ("3", "C", "", "", "amt-32"),
            header=(*HEADER, "Amt"),
        )
        assert plan.new_departments == ["Amt 32"]
        assert Department.objects.filter(organisation=self.coesfeld).count() == 2

    def test_who_left_before_gets_no_account(self):
        plan = self.take(("1", "A", "", "", "31.12.2020"), header=(*HEADER, "Austritt"))
        (step,) = plan.steps
        assert step.outcome == "unchanged"
        assert step.notes[0].column == "Austritt"
        assert not Membership.objects.filter(staff_number="1").exists()


class ChangeTests(ImportTestCase):
    row = ("007", "Terhorst", "Anna", "anna@coesfeld.example")

    def changes(self, plan):
        (step,) = plan.steps
        return step.outcome, {name: tuple(change) for name, change in step.changes.items()}

    def test_nothing(self):
        assert self.changes(self.take(self.row)) == ("unchanged", {})

    def test_a_name(self):
        plan = self.take(("007", "Öztürk", "Anna", "anna@coesfeld.example"))
        assert self.changes(plan) == ("changed", {"last_name": ("Terhorst", "Öztürk")})
        user = User.objects.get(pk=self.anna.user_id)
        assert (user.last_name, user.username) == ("Öztürk", "anna")
        assert user.name_key.startswith("oeztuerk\tanna")

    def test_everything_of_the_membership(self):
        plan = self.take(
            (*self.row, "anna.t", "Jugendamt", "IT", "Beamtin", "02.01.2020", ""),
            header=(*HEADER, "Login", "Amt", "Zielgruppe", "Employment", "Eintritt", "Austritt"),
        )
        assert self.changes(plan) == (
            "changed",
            {
                "username": ("anna", "anna.t"),
                "department": ("Bauamt", "Jugendamt"),
                "audiences": (frozenset(), frozenset({"IT"})),
                "employment": ("employee", "civil_servant"),
                "starts_on": (date(2020, 1, 1), date(2020, 1, 2)),
            },
        )

    def test_audiences_are_replaced(self):
        self.anna.audiences.set(Audience.objects.filter(code="leitung"))
        self.take((*self.row, "IT"), header=(*HEADER, "Zielgruppe"))
        assert [audience.code for audience in self.anna.audiences.all()] == ["it"]

    def test_empty_cells_and_missing_columns_say_nothing(self):
        self.anna.audiences.set(Audience.objects.filter(code="leitung"))
        header = (*HEADER, "Amt", "Zielgruppen", "Beschäftigungsart", "Eintritt", "Benutzername")
        plan = self.take(("007", "Terhorst", "", "", "", "", "", "", ""), header=header)
        assert self.changes(plan) == ("unchanged", {})

    def test_leaving_and_staying_after_all(self):
        header = (*HEADER, "Austritt")
        end = TODAY + timedelta(days=30)
        plan = self.take((*self.row, f"{end:%d.%m.%Y}"), header=header)
        assert self.changes(plan) == ("leaves", {"ends_on": (OPEN_END, end)})
        self.anna.refresh_from_db()
        assert self.anna.ends_on == end
        plan = self.take((*self.row, ""), header=header)
        assert self.changes(plan) == ("changed", {"ends_on": (end, OPEN_END)})
        self.anna.refresh_from_db()
        assert self.anna.ends_on is None

    def test_coming_back(self):
        Membership.objects.filter(pk=self.anna.pk).update(ends_on=date(2024, 6, 30))
        plan = self.take(("007", "Öztürk", "Anna", "anna@coesfeld.example"))
        (step,) = plan.steps
        assert (step.outcome, step.person.user_id) == ("new", self.anna.user_id)
        old, new = Membership.objects.filter(user=self.anna.user).order_by("starts_on")
        assert old.ends_on == date(2024, 6, 30)
        assert (new.starts_on, new.ends_on, new.staff_number) == (TODAY, None, "007")
        assert new.user.last_name == "Öztürk"

    def test_a_stranger_with_a_similar_name_gets_nobodys_record(self):
        Membership.objects.filter(pk=self.anna.pk).update(ends_on=date(2024, 6, 30))
        plan = self.take(("007", "Schmidt", self.anna.user.first_name, "schmidt@coesfeld.example"))
        (step,) = plan.steps
        assert step.outcome == "refused"
        self.anna.user.refresh_from_db()
        assert self.anna.user.last_name != "Schmidt"

    def test_a_number_given_out_anew_is_not_opened_again(self):
        Membership.objects.filter(pk=self.anna.pk).update(ends_on=date(2024, 6, 30))
        self.take(("007", "Neu", "Nina", "nina@coesfeld.example"))
        header = ("Nachname", "Vorname", "E-Mail", "Eintritt", "Austritt")
        user = self.anna.user
        plan = self.take(
            (user.last_name, user.first_name, user.email, "01.01.2020", ""), header=header
        )
        assert plan.steps[0].outcome == "refused"

    def test_who_left_and_is_still_in_the_list(self):
        Membership.objects.filter(pk=self.anna.pk).update(ends_on=date(2024, 6, 30))
        header = (*HEADER, "Austritt")
        plan = self.take((*self.row, "30.06.2024"), header=header)
        assert self.changes(plan) == ("unchanged", {})

    def test_missing_people_stay(self):
        self.take(("1", "Neu", "Nina", ""))
        self.anna.refresh_from_db()
        assert self.anna.ends_on is None


class MatchTests(ImportTestCase):
    def test_by_email_in_any_case_a_number_is_added_or_changed(self):
        for number in ("1", "2"):
            self.take((number, *NAMES, "Anna@Coesfeld.example"))
            self.anna.refresh_from_db()
            assert self.anna.staff_number == number

    def test_never_by_name_alone(self):
        self.take(("1", *NAMES, ""))
        assert User.objects.filter(last_name="Terhorst").count() == 2

    def test_a_number_given_out_anew(self):
        Membership.objects.filter(pk=self.anna.pk).update(ends_on=date(2024, 6, 30))
        self.take(("007", "Sommer", "Udo", "anna@coesfeld.example"))
        new = Membership.objects.get(staff_number="007", ends_on=None)
        assert new.user != self.anna.user
        assert User.objects.get(pk=self.anna.user_id).last_name == "Terhorst"

    def test_a_number_given_out_anew_to_somebody_with_one_name(self):
        User.objects.filter(pk=self.anna.user_id).update(last_name="Suharto", first_name="")
        Membership.objects.filter(pk=self.anna.pk).update(ends_on=date(2024, 6, 30))
        self.take(("007", "Sukarno", "", ""))
        assert Membership.objects.get(staff_number="007", ends_on=None).user != self.anna.user

    def test_an_older_number_of_the_same_person(self):
        MembershipFactory(
            organisation=self.coesfeld,
            user=self.anna.user,
            staff_number="003",
            starts_on=date(2010, 1, 1),
            ends_on=date(2012, 1, 1),
        )
        plan = self.plan(("003", *NAMES, ""))
        assert plan.steps[0].person.membership_id == self.anna.pk


class RefusalTests(ImportTestCase):
    def test_a_cell_that_cannot_be_read(self):
        row, column, text = self.refuse(("1", *NAMES, "anna"))
        assert (row, column) == (2, "E-Mail")
        assert "E-Mail" in text

    def test_the_same_in_two_rows(self):
        header = (*HEADER, "Benutzername")
        for position, column in ((0, "Personalnummer"), (3, "E-Mail"), (4, "Benutzername")):
            first = ["1", "A", "", "a@coesfeld.example", "aa"]
            second = ["2", "B", "", "b@coesfeld.example", "bb"]
            second[position] = first[position].upper()
            row, found, text = self.refuse(second, header=header, others=[first])
            assert (row, found, "Zeile 2" in text) == (3, column, True)
            assert not Membership.objects.filter(user__last_name="A").exists()

    def test_the_same_person_in_two_rows(self):
        others = [("007", *NAMES, "")]
        row, column, text = self.refuse(("", *NAMES, "anna@coesfeld.example"), others=others)
        assert (row, column, "Zeile 2" in text) == (3, "", True)

    def test_an_address_of_a_colleague(self):
        MembershipFactory(
            organisation=self.coesfeld, staff_number="1", user__email="b@coesfeld.example"
        )
        row, column, _text = self.refuse(("007", *NAMES, "b@coesfeld.example"))
        assert (row, column) == (2, "E-Mail")

    def test_an_address_of_somebody_with_another_number_and_name(self):
        _row, column, text = self.refuse(("1", "Sommer", "Udo", "anna@coesfeld.example"))
        assert (column, "007" in text) == ("E-Mail", True)

    def test_an_address_of_several(self):
        MembershipFactory(organisation=self.coesfeld, user__email="anna@coesfeld.example")
        _row, column, text = self.refuse(("", *NAMES, "anna@coesfeld.example"))
        assert (column, "Personalnummer" in text) == ("E-Mail", True)

    def test_an_end_before_the_start(self):
        header = (*HEADER, "Eintritt", "Austritt")
        for row in (
            ("1", "Neu", "", "", "01.02.2099", "01.01.2099"),
            ("007", *NAMES, "", "", "31.12.2019"),
        ):
            assert self.refuse(row, header=header)[1] == "Austritt"

    def test_a_user_name_that_is_taken(self):
        header = (*HEADER, "Benutzername")
        for row in (("1", "Neu", "", "", "Otto"), ("007", *NAMES, "", "otto")):
            _row, column, text = self.refuse(row, header=header)
            assert column == "Benutzername"
            assert "otto" not in text.casefold()
            assert "Olfen" not in text

    def test_the_way_an_account_with_rights_signs_in(self):
        header = (*HEADER, "Benutzername")
        changes = (
            ("007", *NAMES, "hacker@example.org", ""),
            ("007", *NAMES, "", "hacker"),
        )
        group = Group.objects.create(name="Redaktion")
        self.anna.user.groups.add(group)
        assert [self.refuse(row, header=header)[1] for row in changes] == [
            "E-Mail",
            "Benutzername",
        ]
        self.anna.user.groups.clear()
        User.objects.filter(pk=self.anna.user_id).update(is_superuser=True)
        assert self.refuse(changes[0], header=header)[1] == "E-Mail"
        plan = self.take(("007", "Neu", "Anna", ""))
        assert plan.counts["changed"] == 1


class OtherAuthorityTests(ImportTestCase):
    """Nobody of another authority is touched, and no answer tells that there is somebody."""

    def answer(self, row):
        with CaptureQueriesContext(connection):
            plan = self.take(row)
        (step,) = plan.steps
        return step.outcome, [note.text for note in step.notes], sorted(step.changes)

    def test_number_and_address_of_a_stranger_are_as_good_as_unknown_ones(self):
        unknown = self.answer(("1", "Brüning", "Otto", "neu@olfen.example"))
        known = self.answer(("008", "Brüning", "Otto", "otto@olfen.example"))
        assert known == unknown
        self.otto.refresh_from_db()
        assert self.otto.organisation == self.olfen
        assert Membership.objects.filter(organisation=self.olfen).count() == 1
        assert User.objects.filter(email="otto@olfen.example").count() == 2

    def test_who_went_to_another_authority(self):
        Membership.objects.filter(pk=self.anna.pk).update(ends_on=date(2024, 6, 30))
        MembershipFactory(user=self.anna.user, organisation=self.olfen, starts_on=date(2024, 7, 1))
        User.objects.filter(pk=self.anna.user_id).update(
            last_name="Geheim", email="geheim@olfen.example"
        )
        before = self.everything()
        _row, column, text = self.refuse(("007", *NAMES, "anna@coesfeld.example"))
        assert column == ""
        assert "Geheim" not in text
        assert "Olfen" not in text
        header = (*HEADER, "Austritt")
        plan = self.take(("007", *NAMES, "", "30.06.2024"), header=header)
        assert (plan.steps[0].outcome, plan.steps[0].changes) == ("unchanged", {})
        assert self.everything() == before
        # The address she has there is that of a stranger.
        plan = self.take(("1", "Neu", "Nina", "geheim@olfen.example"))
        assert plan.steps[0].outcome == "new"


class RunTests(ImportTestCase):
    def rows(self, count, start=0):
        return [
            (f"{number:05}", f"Name {number}", "Kim", f"p{number}@coesfeld.example", "IT", "Amt 1")
            for number in range(start, start + count)
        ]

    def content(self, rows):
        return csv((*HEADER, "Zielgruppe", "Amt"), *rows)

    def test_planning_writes_nothing(self):
        before = self.everything()
        plan = plan_import(organisation=self.coesfeld, content=self.content(self.rows(3)))
        assert plan.counts["new"] == 3
        assert self.everything() == before
        assert not ModelLogEntry.objects.exists()

    def test_one_entry_in_the_log(self):
        actor = UserFactory()
        import_employees(
            organisation=self.coesfeld, content=self.content(self.rows(3)), actor=actor
        )
        entry = ModelLogEntry.objects.get()
        assert (entry.action, entry.user) == ("organisations.import", actor)
        assert entry.object_id == str(self.coesfeld.pk)
        assert entry.data["new"] == 3

    def test_the_signal_is_sent_after_commit_with_what_changed(self):
        sent = []

        def receive(sender, membership_ids, **kwargs):
            sent.append((sender, set(membership_ids)))

        memberships_changed.connect(receive)
        self.addCleanup(memberships_changed.disconnect, receive)
        content = csv(
            HEADER, ("007", "Neu", "Anna", ""), ("1", "Neu", "Nina", ""), ("2", "", "", "")
        )
        with self.captureOnCommitCallbacks(execute=True):
            import_employees(organisation=self.coesfeld, content=content)
        nina = Membership.objects.get(staff_number="1")
        assert sent == [(Membership, {self.anna.pk, nina.pk})]
        with self.captureOnCommitCallbacks(execute=True):
            import_employees(organisation=self.coesfeld, content=content)
        assert len(sent) == 1

    def queries(self, rows, header=(*HEADER, "Zielgruppe", "Amt")):
        with CaptureQueriesContext(connection) as captured:
            import_employees(organisation=self.coesfeld, content=csv(header, *rows))
        # SQLite takes fewer values at once, so that a statement comes in several pieces.
        statements = (query["sql"] for query in captured if "SAVEPOINT" not in query["sql"])
        return [statement for statement, _pieces in groupby(sql[:40] for sql in statements)]

    def test_the_number_of_queries_does_not_grow_with_the_rows(self):
        for name in ("Amt 1", "Amt 2"):
            Department.objects.create(organisation=self.coesfeld, name=name)
        self.queries(self.rows(1, start=5000))  # fills caches
        few, many = self.rows(10), self.rows(200, start=1000)
        assert self.queries(few) == self.queries(many)
        assert len(self.queries(few)) == len(self.queries(many)) <= 14
        few, many = (
            [(*row[:2], "Kai", *row[3:5], "Amt 2") for row in rows] for rows in (few, many)
        )
        assert self.queries(few) == self.queries(many)

    def test_a_failure_leaves_nothing_behind(self):
        before = self.everything()
        with (
            patch("hub.organisations.importing.applying.log", side_effect=RuntimeError),
            pytest.raises(RuntimeError),
        ):
            import_employees(organisation=self.coesfeld, content=self.content(self.rows(3)))
        assert self.everything() == before


class CommandTests(ImportTestCase):
    def run_command(self, content, *options, authority="coesfeld"):
        path = self.folder / "liste.csv"
        path.write_bytes(content)
        out, status, error = io.StringIO(), 0, ""
        try:
            call_command(
                "import_employees", str(path), f"--authority={authority}", *options, stdout=out
            )
        except CommandError as problem:
            status, error = problem.returncode, str(problem)
        return status, out.getvalue(), error

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path

    def test_all_taken(self):
        content = csv((*HEADER, "Amt", "Schuhgröße"), ("1", "Neu", "Nina", "", "Jugendamt", "38"))
        status, out, error = self.run_command(content)
        assert (status, error) == (0, "")
        assert "Zeile 2: Neu, Nina: neu; Benutzername: nina.neu" in out
        assert "Neue Organisationseinheiten: Jugendamt" in out
        assert "Schuhgröße" in out
        assert Membership.objects.filter(staff_number="1").exists()

    def test_rows_left_out(self):
        content = csv(HEADER, ("1", "Neu", "Nina", ""), ("2", "", "", ""))
        status, out, error = self.run_command(content)
        assert status == 3
        assert "1 Zeile" in error
        assert "Zeile 3" in out
        assert "Nachname: " in out
        assert Membership.objects.filter(staff_number="1").exists()

    def test_a_dry_run(self):
        content = csv(HEADER, ("007", "Öztürk", "Anna", ""))
        status, out, _error = self.run_command(content, "--dry-run")
        assert status == 0
        assert "Nachname: Terhorst → Öztürk" in out
        assert User.objects.get(pk=self.anna.user_id).last_name == "Terhorst"

    def test_json(self):
        content = csv(
            (*HEADER, "Austritt", "Zielgruppe"),
            ("007", *NAMES, "", "31.12.2099", "IT"),
            ("2", "", "", "", "", ""),
        )
        status, out, _error = self.run_command(content, "--json", "--dry-run")
        report = json.loads(out)
        assert status == 3
        assert report["counts"]["leaves"] == report["counts"]["refused"] == 1
        assert report["dry_run"] is True
        assert report["rows"][0]["changes"] == {
            "ends_on": [None, "2099-12-31"],
            "audiences": [[], ["IT"]],
        }
        assert report["rows"][1]["notes"][0]["column"] == "Nachname"

    def test_a_column_by_hand(self):
        content = csv(("PN", "Nachname", "Vorname"), ("1", "Neu", "Nina"))
        assert self.run_command(content)[0] == 2
        assert self.run_command(content, "--column=staff_number=PN")[0] == 0
        assert "schuhe=PN" in self.run_command(content, "--column=schuhe=PN")[2]

    def test_the_row_of_the_headings_by_hand(self):
        said = (HEADER, ("1", "Alt", "Nina", ""), HEADER, ("2", "Neu", "Nino", ""))
        for make in (xlsx, ods, csv):
            content = make(*said)
            for options, below in (((), [2, 3, 4]), (("--heading-row=3",), [4])):
                out = self.run_command(content, "--dry-run", "--json", *options)[1]
                assert [row["row"] for row in json.loads(out)["rows"]] == below
            assert self.run_command(content, "--heading-row=3")[0] == 0
        assert Membership.objects.filter(staff_number="2").exists()
        assert not Membership.objects.filter(staff_number="1").exists()

    def test_a_row_that_holds_no_headings_is_told_with_its_number(self):
        said = (HEADER, ("", "", "", ""), ("1", "Neu", "Nina", ""))
        for make in (xlsx, ods, csv):
            for row, words in (
                ("0", "keine Zeile 0"),
                ("-1", "keine Zeile -1"),
                ("4", "letzte Zeile der Liste ist 3"),
                ("2", "Zeile 2 ist leer"),
                ("3", "Zeile 3 enthält nicht"),
            ):
                status, out, error = self.run_command(make(*said), f"--heading-row={row}")
                assert (status, out) == (2, "")
                assert words in error
        assert not Membership.objects.filter(staff_number="1").exists()

    def test_unreadable(self):
        status, out, error = self.run_command(b"Hallo")
        assert (status, out) == (2, "")
        assert "Personalnummer" in error
        status, _out, error = self.run_command(csv(HEADER), authority="atlantis")
        assert (status, "olfen" in error) == (2, True)
        with pytest.raises(CommandError) as problem:
            call_command("import_employees", "/gibt/es/nicht", "--authority=coesfeld")
        assert problem.value.returncode == 2


text = st.text(max_size=8) | st.sampled_from(["", "A", "Ö", "a@b.example", "c@d.example"])
days = st.sampled_from(["", "01.01.2020", "31.12.2023", "2099-01-01", "31.12.9999", "unklar"])
rows = st.lists(
    st.tuples(
        st.sampled_from(["", "1", "2", "007", "008"]) | text,
        text,
        text,
        st.sampled_from(["", "a@b.example", "A@B.example", "anna@coesfeld.example"]) | text,
        st.sampled_from(["", "Bauamt", "BAUAMT", "Amt 1", "amt-1", "–"]) | text,
        st.sampled_from(["", "IT", "it; leitung", "unklar"]),
        days,
        days,
    ),
    max_size=6,
)


class PropertyTests(ImportTestCase, HypothesisTestCase):
    header = (*HEADER, "Amt", "Zielgruppen", "Eintritt", "Austritt")

    @given(rows, st.lists(st.tuples(text, text), max_size=30))
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_whatever_stands_above_the_row_that_is_said_the_plan_is_the_same(self, people, junk):
        columns = [Column(f"Spalte {n}", "text", 12) for n, _name in enumerate(self.header)]

        def plan(*above):
            said = [*above, self.header, *people]
            content = b"".join(write_xlsx(columns, said, sheet_title="Liste"))
            # The writer puts a row of its own on top.
            return plan_import(
                organisation=self.coesfeld, content=content, heading_row=len(above) + 2
            )

        plain, moved = plan(), plan(*((*row, *[""] * (len(self.header) - 2)) for row in junk))
        assert moved.counts == plain.counts
        assert moved.new_departments == plain.new_departments
        assert [
            (step.employee.row - len(junk), step.outcome, step.changes) for step in moved.steps
        ] == [(step.employee.row, step.outcome, step.changes) for step in plain.steps]

    @given(rows, rows)
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_whatever_the_lists_say_the_second_time_it_changes_nothing(self, first, second):
        before = Membership.objects.filter(organisation=self.olfen).values().get()
        stranger = User.objects.filter(pk=self.otto.user_id).values().get()
        columns = [Column(heading, "text") for heading in self.header]
        for said in (first, second):
            content = b"".join(write_xlsx(columns, said, sheet_title="Liste"))
            import_employees(organisation=self.coesfeld, content=content)
            plan = plan_import(organisation=self.coesfeld, content=content)
            assert {step.outcome for step in plan.steps} <= {"unchanged", "refused"}
        assert Membership.objects.filter(organisation=self.olfen).values().get() == before
        assert User.objects.filter(pk=self.otto.user_id).values().get() == stranger
