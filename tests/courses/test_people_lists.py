"""Evaluations that name people: the matrix, what is open, what ends soon; to whom, how fast."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, timedelta
from uuid import uuid4

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape

from certificates.actions import issue_certificate, reissue_certificate, revoke_certificate
from certificates.models import Certificate
from courses import ending_proofs, open_trainings
from courses.completion_matrix import CellStatus, cells_of, people_of
from courses.ending_proofs import ProofStatus
from courses.enums import EnrolmentStatus, RequirementKind
from courses.list_filters import offered
from courses.models import ContentVersion, Enrolment, Requirement
from hub.exports.catalogue import catalogue
from hub.exports.exporters import ExportScope, exporters
from hub.exports.models import ExportRun, ReportSwitch
from hub.exports.reports import reports
from hub.i18n import default_locale_id
from hub.organisations.models import (
    Audience,
    Department,
    GroupOrganisationPermission,
    Membership,
    User,
)
from tests.cases import LearningHubTestCase
from tests.factories.organisations import permission, rename

#: The evaluations by key, with the name of the address of each.
PAGES = {
    "abschlussmatrix": "completion_matrix",
    "offen-und-ueberfaellig": "open_trainings",
    "laeuft-bald-ab": "ending_proofs",
    "ausgestellte-nachweise": "issued_certificates",
}


def days(count: int) -> date:
    return timezone.localdate() + timedelta(days=count)


def short(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


class PeopleListsTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.key = cls.course.translation_key
        cls.users = Audience.objects.create(code="nutzende-test", name="Nutzende im Test")
        Requirement.objects.create(organisation=cls.coesfeld, course_key=cls.key, due_on=days(20))
        for report in PAGES:
            ReportSwitch.objects.create(organisation=cls.coesfeld, report=report, is_on=True)
        for user, organisation in ((cls.hilde, cls.coesfeld), (cls.bernd, cls.olfen)):
            cls.grant(user, organisation, "certificates.view_certificate")

    @staticmethod
    def grant(user, organisation, *names):
        for name in names:
            GroupOrganisationPermission.objects.create(
                group=user.groups.get(), organisation=organisation, permission=permission(name)
            )

    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def page(self, report, query=None, *, user=None):
        return self.as_(user or self.hilde).get(reverse(PAGES[report]), query or {})

    def lines(self, report, query=None, *, user=None):
        """The rows of a page, each with its cells as text."""
        page = self.page(report, query, user=user)
        assert page.status_code == 200
        return [[cell.text for cell in row] for row in page.context["table"].data]

    def rows(self, report, query="", organisation=None):
        """The rows of the file, as it is filtered, by their keys."""
        exporter = exporters.get(report)()
        scope = ExportScope(user=self.hilde, organisation=organisation or self.coesfeld)
        _columns, rows = exporter.table(scope, QueryDict(query))
        return {key: list(row) for key, row in rows}

    def enrolment(self, user=None, *, key=None, completed_on=None, **fields):
        """An enrolment, completed on a day where there is one."""
        user = user or self.anna
        if completed_on is not None:
            moment = timezone.make_aware(
                timezone.datetime.combine(completed_on, timezone.datetime.min.time())
            )
            fields |= {
                "status": EnrolmentStatus.COMPLETED,
                "completed_at": moment,
                "course_version": fields.get("course_version") or self.version(self.course),
            }
        return Enrolment.objects.create(
            user=user,
            membership=fields.pop("membership", None) or user.memberships.latest("pk"),
            course_key=key or self.key,
            **fields,
        )

    def mandatory(self, user=None, **fields):
        return self.enrolment(user, kind=RequirementKind.MANDATORY, **fields)

    def another_course(self, title="KI im Alltag", *, asked_by=None, **fields):
        version = ContentVersion.objects.create(
            unit_key=uuid4(),
            unit_type="courses.coursepage",
            language="de",
            number=1,
            title=title,
            content={},
            sha256="0" * 64,
            published_at=timezone.now(),
        )
        if asked_by is not None:
            Requirement.objects.create(organisation=asked_by, course_key=version.unit_key, **fields)
        return version

    def certificate(self, user=None, **fields) -> Certificate:
        enrolment = self.mandatory(user, completed_on=days(-10), expires_on=days(700), **fields)
        return issue_certificate(enrolment=enrolment)


class WhoSeesThemTests(PeopleListsTestCase):
    def setUp(self):
        self.mandatory(due_on=days(-3))
        old = self.another_course()
        self.mandatory(
            key=old.unit_key, course_version=old, completed_on=days(-300), expires_on=days(10)
        )
        issue_certificate(
            enrolment=self.enrolment(
                key=self.quiz.translation_key, completed_on=days(-3), expires_on=days(300)
            )
        )

    def test_they_are_off_until_somebody_switches_them_on(self):
        assert all(not reports.get(report).is_on_by_default for report in PAGES)
        ReportSwitch.objects.all().delete()
        for report, name in PAGES.items():
            assert self.page(report).status_code == 404
            url = reverse("exports:hand_over", args=[report])
            assert self.as_(self.hilde).get(url).status_code in {302, 404}
            assert self.as_(self.hilde).get(reverse(f"{name}_results")).status_code == 404

    def test_hr_sees_the_own_people_and_strangers_nothing(self):
        for report, name in PAGES.items():
            self.assertContains(self.page(report), "Terhorst", msg_prefix=report)
            # Olfen has them switched off; Anna has no work in the administration.
            assert self.page(report, user=self.bernd).status_code == 404
            assert self.page(report, user=self.anna).status_code == 302
            assert Client().get(reverse(name)).status_code == 302

    def test_hr_of_another_authority_that_has_them_on_sees_its_own_people_only(self):
        for report in PAGES:
            ReportSwitch.objects.create(organisation=self.olfen, report=report, is_on=True)
            for address in (PAGES[report], f"{PAGES[report]}_results"):
                for query in ({}, {"q": "Terhorst"}):
                    page = self.as_(self.bernd).get(reverse(address), query)
                    assert page.status_code == 200
                    assert "Anna" not in page.content.decode()
                    assert "Bürgerbüro" not in page.content.decode()
            assert "Terhorst" not in str(self.rows(report, organisation=self.olfen))
        assert [row[0] for row in self.lines("abschlussmatrix", user=self.bernd)] == [
            "Brüning, Otto",
            "Schulze, Bernd",
        ]

    def test_a_department_of_another_authority_is_no_filter(self):
        foreign = self.membership(self.otto).department
        for report in PAGES:
            page = self.page(report, {"department": foreign.pk})
            self.assertContains(page, "Diesen Filter gibt es hier nicht")
            self.assertNotContains(page, "Terhorst")
            self.assertNotContains(page, "Bauamt")
            with pytest.raises(ValidationError):
                self.rows(report, f"department={foreign.pk}")

    def test_who_lacks_the_right_is_sent_away(self):
        for codename in ("view_completion_list", "view_certificate"):
            GroupOrganisationPermission.objects.filter(
                group=self.hilde.groups.get(), permission__codename=codename
            ).delete()
        for report in PAGES:
            assert self.page(report).status_code == 302
            url = reverse("exports:hand_over", args=[report])
            assert self.as_(self.hilde).get(url).status_code in {302, 404}

    def test_the_menu_leads_to_what_is_on(self):
        ReportSwitch.objects.filter(report="laeuft-bald-ab").update(is_on=False)
        home = self.as_(self.hilde).get(reverse("wagtailadmin_home"))
        for report, name in PAGES.items():
            shown = f'"{reverse(name)}"' in home.content.decode().replace("\\u002D", "-")
            assert shown is (report != "laeuft-bald-ab"), report

    def test_page_file_and_catalogue_name_the_same_columns(self):
        for report in PAGES:
            told = [str(column.label) for column in reports.get(report).columns]
            page = self.page(report).context["table"].columns.values()
            shown = [str(column.label) for column in page]
            handed = [str(column.label) for column in exporters.get(report).columns]
            if report == "abschlussmatrix":
                assert told.pop() == "Eine Spalte für jeden Kurs"
                assert shown.pop() == "KI-Grundlagen"
            assert shown == told
            person = handed.index("Nachname")
            assert handed[person : person + 2] == ["Nachname", "Vorname"]
            handed[person : person + 2] = ["Person"]
            assert handed == told

    def test_the_catalogue_says_that_the_file_of_the_matrix_has_a_column_for_each_course(self):
        handed = {entry.report.identifier: entry.handed_over for entry in catalogue(self.coesfeld)}
        assert handed["abschlussmatrix"] == [
            "Nachname",
            "Vorname",
            "Organisationseinheit",
            "eine Spalte für jeden Kurs",
        ]

    def test_wagtails_own_export_is_closed(self):
        for report in PAGES:
            response = self.page(report, {"export": "csv", "q": "Terh"})
            assert response.status_code == 302
            assert response.url == reverse("exports:hand_over", args=[report]) + "?q=Terh"

    def test_names_are_found_in_whatever_spelling_and_sorted_as_in_german_lists(self):
        for number, name in enumerate(("Zander", "Özdemir", "Oeser", "Otte", "Ödland")):
            user = self.person(f"u{number}", "Kim", name, self.coesfeld, "Bürgerbüro")
            self.mandatory(user, due_on=days(5))
            old = self.another_course()
            self.mandatory(
                user,
                key=old.unit_key,
                course_version=old,
                completed_on=days(-9),
                expires_on=days(9),
            )
            issue_certificate(
                enrolment=self.enrolment(user, key=self.quiz.translation_key, completed_on=days(-3))
            )
        names = ["Ödland, Kim", "Oeser, Kim", "Özdemir, Kim", "Otte, Kim"]
        for report in PAGES:
            place = 1 if report == "ausgestellte-nachweise" else 0
            shown = [row[place] for row in self.lines(report, {"ordering": "person"})]
            assert [name for name in shown if name.startswith(("O", "Ö"))] == names, report
            for query in ("oezdemir", "ÖZDEMİR kim"):
                found = self.lines(report, {"q": query})
                assert {row[place] for row in found} == {"Özdemir, Kim"}, report
                assert len(self.rows(report, f"q={query}")) == 1, report
            assert not self.lines(report, {"q": "a " * 1900})

    def test_every_column_that_sorts_sorts_both_ways(self):
        for report in PAGES:
            for column in self.page(report).context["table"].columns.values():
                if column.sort_key:
                    for sign in ("", "-"):
                        assert self.lines(report, {"ordering": sign + column.sort_key})

    def test_pages_beyond_the_last_show_the_last(self):
        for report in PAGES:
            for number in ("99", "0", "-1", "x", "9" * 40):
                assert self.lines(report, {"p": number}), (report, number)

    def test_hr_of_two_authorities_sees_both_and_chooses(self):
        for report in PAGES:
            ReportSwitch.objects.create(organisation=self.olfen, report=report, is_on=True)
        self.grant(self.hilde, self.olfen, "courses.view_completion_list")
        names = {row[0] for row in self.lines("abschlussmatrix")}
        assert {"Terhorst, Anna", "Brüning, Otto"} <= names
        chosen = self.lines("abschlussmatrix", {"organisation": self.olfen.pk})
        assert [row[0] for row in chosen] == ["Brüning, Otto", "Schulze, Bernd"]
        # The file is of one authority, whatever else she may see.
        assert "Brüning" not in str(self.rows("abschlussmatrix"))

    def test_an_authority_that_has_it_off_is_not_in_the_page_of_one_that_has_it_on(self):
        self.grant(self.hilde, self.olfen, "courses.view_completion_list")
        self.mandatory(self.otto, due_on=days(-3))
        for report in ("abschlussmatrix", "offen-und-ueberfaellig"):
            assert "Brüning" not in str(self.lines(report))


class HandOverTests(PeopleListsTestCase):
    def setUp(self):
        self.mandatory(due_on=days(-3))
        self.old = self.another_course("=1+1")
        self.mandatory(
            key=self.old.unit_key,
            course_version=self.old,
            completed_on=days(-300),
            expires_on=days(10),
        )
        issue_certificate(
            enrolment=self.enrolment(
                key=self.quiz.translation_key, completed_on=days(-3), expires_on=days(300)
            )
        )

    def take(self, report, *, user=None, query="", **data):
        data = {
            "organisation": self.coesfeld.pk,
            "purpose": "Nachweis",
            "file_format": "csv",
            **data,
        }
        url = reverse("exports:hand_over", args=[report])
        response = self.as_(user or self.hilde).post(url + query, data)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return response, content

    def test_each_list_goes_out_in_every_format_with_what_the_page_shows(self):
        for report in PAGES:
            _response, content = self.take(report, query="?q=terhorst")
            header, line = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
            assert header[-1] == "Zeilenkennung"
            shown = self.lines(report, {"q": "terhorst"})[0]
            person = header.index("Nachname")
            line[person : person + 2] = [", ".join(line[person : person + 2])]
            texts = [text.removeprefix("'") or "–" for text in line[:-1]]
            assert texts == shown, report
            for file_format in ("xlsx", "ods", "json"):
                response, content = self.take(report, file_format=file_format)
                assert response.status_code == 200
                assert content
        assert ExportRun.objects.count() == 16

    def test_programs_find_a_course_of_the_matrix_by_its_key(self):
        _response, content = self.take("abschlussmatrix", file_format="json")
        row = next(r for r in json.loads(content)["rows"] if r["last_name"] == "Terhorst")
        assert row[f"course_{self.key}"].startswith("überfällig")
        assert row["row_key"] == str(self.anna.uuid)

    def test_a_formula_in_a_title_stays_text(self):
        _response, content = self.take("laeuft-bald-ab", file_format="xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        assert (sheet["D2"].value, sheet["D2"].data_type) == ("=1+1", "s")

    def test_the_keys_of_rows_stay(self):
        for report in PAGES:
            before = self.rows(report)
            rename(self.anna.pk, last_name="Neu")
            after = self.rows(report)
            assert list(before) == list(after)
            assert before != after
            rename(self.anna.pk, last_name="Terhorst")

    def test_strangers_hand_nothing_over(self):
        for report in PAGES:
            for user in (self.anna, self.bernd):
                response, content = self.take(report, user=user)
                assert response.status_code in {302, 404}
                assert b"Terhorst" not in content
            ReportSwitch.objects.create(organisation=self.olfen, report=report, is_on=True)
            response, content = self.take(report, user=self.bernd)
            assert response.status_code == 422
            assert b"Terhorst" not in content
        assert not ExportRun.objects.exists()

    def test_the_filters_are_told_in_words(self):
        url = reverse("exports:hand_over", args=["laeuft-bald-ab"])
        page = self.as_(self.hilde).get(url, {"within": "30", "status": "ending", "q": "terh"})
        self.assertContains(page, "Endet oder ist aufzufrischen: in 30 Tagen oder eher")
        self.assertContains(page, "Status: endet bald")
        self.assertContains(page, "Name: terh")
        self.assertContains(page, "1 Zeile")

    def test_nothing_that_hr_must_not_know_is_read(self):
        for report in PAGES:
            with CaptureQueriesContext(connection) as queries:
                assert self.rows(report)
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
                '"code"' if report == "ausgestellte-nachweise" else 'courses_completion"',
                "pdf",
                "revoked_reason",
            ):
                if forbidden == '"code"':
                    assert '"certificates_certificate"."code"' not in asked
                else:
                    assert forbidden not in asked, (report, forbidden)


class MatrixTests(PeopleListsTestCase):
    def cell(self, user=None, organisation=None, key=None):
        organisation = organisation or self.coesfeld
        found = cells_of([organisation], [(user or self.anna).uuid], [key or self.key])
        return found.get((organisation.pk, (user or self.anna).uuid), {}).get(key or self.key)

    def test_each_state_says_its_day_in_words(self):
        made = self.mandatory(due_on=days(5))
        changes = (
            ({}, f"offen bis {short(days(5))}"),
            ({"status": EnrolmentStatus.IN_PROGRESS}, f"offen bis {short(days(5))}"),
            ({"due_on": None}, "offen"),
            ({"due_on": days(-1)}, f"überfällig, Frist war {short(days(-1))}"),
            (
                {
                    "status": EnrolmentStatus.COMPLETED,
                    "completed_at": timezone.now(),
                    "course_version": self.version(self.course),
                    "expires_on": days(700),
                },
                f"abgeschlossen am {short(days(0))}",
            ),
            ({"expires_on": days(-2)}, f"abgelaufen, galt bis {short(days(-2))}"),
        )
        for change, words in changes:
            Enrolment.objects.filter(pk=made.pk).update(**change)
            assert str(self.cell()) == words
            row = next(r for r in self.lines("abschlussmatrix") if r[0] == "Terhorst, Anna")
            assert row == ["Terhorst, Anna", "Bürgerbüro", words]

    def test_an_open_refresher_is_told_in_the_cell_of_the_proof(self):
        self.mandatory(completed_on=days(-300), expires_on=days(30))
        self.mandatory(cycle=2, due_on=days(30))
        assert str(self.cell()) == f"gültig, Auffrischung offen, fällig am {short(days(30))}"
        Enrolment.objects.filter(cycle=1).update(expires_on=days(-1))
        Enrolment.objects.filter(cycle=2).update(due_on=days(-1))
        assert self.cell().status == CellStatus.OVERDUE

    def test_who_is_asked_without_an_entry_is_told_from_who_is_not_asked(self):
        assert self.cell().status == CellStatus.ASKED
        Requirement.objects.update(audience=self.users)
        assert self.cell() is None
        self.membership(self.anna).audiences.add(self.users)
        assert self.cell().status == CellStatus.ASKED
        Requirement.objects.update(department=self.membership(self.hilde).department)
        assert self.cell() is None
        Requirement.objects.update(department=self.membership(self.anna).department)
        assert self.cell().status == CellStatus.ASKED
        assert self.cell(self.hilde) is None
        rows = {row[0]: row[2] for row in self.lines("abschlussmatrix")}
        assert rows == {
            "Terhorst, Anna": "verlangt, hier kein Eintrag",
            "Große-Wächter, Hilde": "nicht verlangt",
        }

    def test_what_was_completed_for_another_authority_is_not_told(self):
        old = self.membership(self.anna)
        Membership.objects.filter(pk=old.pk).update(
            organisation=self.olfen, starts_on=days(-60), ends_on=days(-30)
        )
        self.mandatory(membership=old, completed_on=days(-40), expires_on=days(400))
        Membership.objects.create(user=self.anna, organisation=self.coesfeld, starts_on=days(-20))
        assert self.cell().status == CellStatus.ASKED
        assert "abgeschlossen" not in str(self.lines("abschlussmatrix", {"q": "terhorst"}))

    def test_what_was_completed_in_an_earlier_employment_here_is_told(self):
        old = self.membership(self.anna)
        self.mandatory(membership=old, completed_on=days(-40), expires_on=days(400))
        Membership.objects.filter(pk=old.pk).update(starts_on=days(-60), ends_on=days(-30))
        Membership.objects.create(user=self.anna, organisation=self.coesfeld, starts_on=days(-20))
        assert self.cell().status == CellStatus.COMPLETED
        assert len(self.lines("abschlussmatrix", {"q": "terhorst"})) == 1

    def test_rows_are_who_works_here_today_each_once(self):
        gone = self.person("gone", "Gero", "Gegangen", self.coesfeld, "Bauamt")
        Membership.objects.filter(user=gone).update(starts_on=days(-9), ends_on=days(-1))
        soon = self.person("soon", "Ina", "Bald", self.coesfeld, "Bauamt")
        Membership.objects.filter(user=soon).update(starts_on=days(1))
        Membership.objects.filter(user=self.anna).update(ends_on=days(10))
        newer = Membership.objects.create(user=self.anna, organisation=self.coesfeld)
        people = people_of([self.coesfeld])
        assert set(people.values_list("user__last_name", flat=True)) == {
            "Terhorst",
            "Große-Wächter",
        }
        assert newer in people

    def test_columns_are_the_mandatory_courses_or_all_public_ones(self):
        wanted = self.another_course("A: Fachkurs", asked_by=self.coesfeld)
        self.another_course("B: empfohlen", asked_by=self.coesfeld, kind="recommended")
        self.another_course("C: in Olfen", asked_by=self.olfen)
        Requirement.objects.filter(course_key=self.key).update(kind="recommended")
        columns = self.page("abschlussmatrix").context["table"].columns.values()
        assert [str(column.label) for column in columns][2:] == ["A: Fachkurs"]
        page = self.page("abschlussmatrix", {"courses": "all"})
        columns = page.context["table"].columns.values()
        assert [str(column.label) for column in columns][2:] == ["A: Fachkurs", "KI-Grundlagen"]
        exporter = exporters.get("abschlussmatrix")()
        scope = ExportScope(user=self.hilde, organisation=self.coesfeld)
        table, _rows = exporter.table(scope, QueryDict("courses=all"))
        assert [column.key for column in table][3:] == [
            f"course_{wanted.unit_key}",
            f"course_{self.key}",
        ]

    def test_filters_hold_for_page_and_file(self):
        self.membership(self.anna).audiences.add(self.users)
        for query, names in (
            ({"department": self.membership(self.anna).department_id}, ["Terhorst, Anna"]),
            ({"audience": self.users.pk}, ["Terhorst, Anna"]),
            ({"audience": self.users.pk, "q": "hilde"}, []),
            ({"q": "hilde"}, ["Große-Wächter, Hilde"]),
        ):
            assert [row[0] for row in self.lines("abschlussmatrix", query)] == names
            text = "&".join(f"{key}={value}" for key, value in query.items())
            rows = self.rows("abschlussmatrix", text).values()
            assert [f"{row[0]}, {row[1]}" for row in rows] == names

    def test_a_real_table_that_says_everything_without_colour(self):
        self.mandatory(due_on=days(-1))
        page = self.page("abschlussmatrix")
        self.assertContains(page, '<th scope="row" role="rowheader">Terhorst, Anna</th>')
        self.assertContains(page, '<th scope="col" role="columnheader"', count=3)
        self.assertContains(page, '<caption class="w-sr-only">Abschlussmatrix</caption>')
        for status in CellStatus:
            self.assertContains(page, escape(status.meaning))

    def test_without_a_mandatory_course_there_is_a_row_without_cells(self):
        Requirement.objects.all().delete()
        assert ["Terhorst, Anna", "Bürgerbüro"] in self.lines("abschlussmatrix")
        assert all(len(row) == 3 for row in self.rows("abschlussmatrix").values())

    def test_a_filter_that_does_not_exist_shows_nobody(self):
        for query in ({"courses": "viele"}, {"department": "x"}, {"audience": 9999}):
            page = self.page("abschlussmatrix", query)
            self.assertContains(page, "Diesen Filter gibt es hier nicht")
            self.assertNotContains(page, "Terhorst")


class OpenTrainingsTests(PeopleListsTestCase):
    REPORT = open_trainings.REPORT

    def test_what_is_overdue_comes_first_and_what_has_no_deadline_last(self):
        late, soon, other = (self.another_course(title).unit_key for title in "ABC")
        self.mandatory(due_on=days(5))
        self.mandatory(key=late, due_on=days(-5))
        self.mandatory(key=soon, due_on=days(-1), status=EnrolmentStatus.IN_PROGRESS)
        self.mandatory(key=other)
        rows = self.lines(self.REPORT)
        assert [row[3:] for row in rows] == [
            [short(days(-5)), "Frist abgelaufen"],
            [short(days(-1)), "Frist abgelaufen"],
            [short(days(5)), "offen"],
            ["–", "offen"],
        ]
        assert rows[2][:3] == ["Terhorst, Anna", "Bürgerbüro", "KI-Grundlagen"]
        dues = [row[4] for row in self.rows(self.REPORT).values()]
        assert dues == [days(-5), days(-1), days(5), None]

    def test_only_mandatory_training_that_is_open_of_who_works_here(self):
        self.enrolment(self.hilde)
        done, valid, past = (self.another_course(title) for title in "ABC")
        self.mandatory(key=done.unit_key, course_version=done, completed_on=days(-3))
        assert not self.lines(self.REPORT)
        # Who holds a valid proof has nothing open; once it has ended, the refresher is.
        proof = {"course_version": valid, "key": valid.unit_key, "completed_on": days(-300)}
        self.mandatory(**proof, expires_on=days(3))
        self.mandatory(key=valid.unit_key, cycle=2, due_on=days(3))
        assert not self.lines(self.REPORT)
        proof = {"course_version": past, "key": past.unit_key, "completed_on": days(-300)}
        self.mandatory(**proof, expires_on=days(-3))
        assert not self.lines(self.REPORT)
        self.mandatory(key=past.unit_key, cycle=2, due_on=days(-3))
        assert len(self.lines(self.REPORT)) == 1
        Membership.objects.filter(user=self.anna).update(starts_on=days(-9), ends_on=days(-1))
        assert not self.lines(self.REPORT)
        assert not self.rows(self.REPORT)

    def test_begun_and_not_begun_look_the_same(self):
        self.mandatory(due_on=days(5))
        before = self.lines(self.REPORT), self.rows(self.REPORT)
        Enrolment.objects.update(status=EnrolmentStatus.IN_PROGRESS)
        assert (self.lines(self.REPORT), self.rows(self.REPORT)) == before

    def test_filters(self):
        other = self.another_course().unit_key
        self.mandatory(due_on=days(-5))
        self.mandatory(key=other, due_on=days(5))
        for query, count in (
            ({"course": str(other)}, 1),
            ({"status": "overdue"}, 1),
            ({"status": ["overdue", "open"]}, 2),
            ({"due_to": days(0).isoformat()}, 1),
            ({"due_from": days(6).isoformat()}, 0),
            ({"department": self.membership(self.anna).department_id}, 2),
            ({"department": self.membership(self.hilde).department_id}, 0),
            ({"audience": self.users.pk}, 0),
        ):
            assert len(self.lines(self.REPORT, query)) == count, query
        with pytest.raises(ValidationError):
            self.rows(self.REPORT, "status=begonnen")


class EndingProofsTests(PeopleListsTestCase):
    REPORT = ending_proofs.REPORT

    def proof(self, title, expires_on, **fields):
        version = self.another_course(title)
        return self.mandatory(
            **{
                "key": version.unit_key,
                "course_version": version,
                "completed_on": days(-400),
                "expires_on": expires_on,
                **fields,
            }
        )

    def test_what_ends_within_ninety_days_or_has_ended_the_first_to_end_first(self):
        for title, day in (("A", 91), ("B", 90), ("C", 0), ("D", -1), ("E", None)):
            self.proof(title, None if day is None else days(day))
        rows = self.lines(self.REPORT)
        assert [row[2:] for row in rows] == [
            ["D", short(days(-1)), "abgelaufen, Auffrischung fällig", short(days(-1))],
            ["C", short(days(0)), "endet bald", "–"],
            ["B", short(days(90)), "endet bald", "–"],
        ]
        assert [row[3] for row in self.rows(self.REPORT).values()] == ["D", "C", "B"]

    def test_it_looks_as_far_ahead_as_is_asked(self):
        for title, day in (("A", 30), ("B", 31), ("C", 60), ("D", 61), ("E", -400)):
            self.proof(title, days(day))
        for query, courses in (("30", "EA"), ("60", "EABC"), ("", "EABCD")):
            assert "".join(row[2] for row in self.lines(self.REPORT, {"within": query})) == courses
            rows = self.rows(self.REPORT, f"within={query}").values()
            assert "".join(row[3] for row in rows) == courses
        with pytest.raises(ValidationError):
            self.rows(self.REPORT, "within=31")

    def test_an_open_refresher_and_when_it_is_due(self):
        proof = self.proof("A", days(20))
        refresher = self.mandatory(key=proof.course_key, cycle=2, due_on=days(25))
        words = [short(days(20)), "gültig, Auffrischung offen", short(days(25))]
        assert self.lines(self.REPORT)[0][3:] == words
        before = self.rows(self.REPORT)
        Enrolment.objects.filter(pk=refresher.pk).update(status=EnrolmentStatus.IN_PROGRESS)
        assert self.rows(self.REPORT) == before
        Enrolment.objects.filter(pk=proof.pk).update(expires_on=days(-1))
        (row,) = self.lines(self.REPORT)
        assert row[4:] == ["abgelaufen, Auffrischung fällig", short(days(25))]
        Enrolment.objects.filter(pk=refresher.pk).update(
            status=EnrolmentStatus.COMPLETED,
            completed_at=timezone.now(),
            course_version=proof.course_version,
        )
        assert not self.lines(self.REPORT)

    def test_a_refresher_asked_before_the_end_is_told_with_its_day_and_the_proof_stays_valid(self):
        late = self.proof("A", days(700), refresh_on=days(-1))
        self.proof("B", None, refresh_on=days(40))
        self.proof("C", days(30))
        self.proof("D", days(700), refresh_on=days(91))
        assert [row[2:] for row in self.lines(self.REPORT)] == [
            ["A", short(days(700)), "gültig, Auffrischung überfällig", short(days(-1))],
            ["C", short(days(30)), "endet bald", "–"],
            ["B", "–", "gültig, Auffrischung bald fällig", short(days(40))],
        ]
        assert [row[3] for row in self.rows(self.REPORT).values()] == ["A", "C", "B"]
        assert len(self.lines(self.REPORT, {"within": "30"})) == 2
        assert len(self.lines(self.REPORT, {"status": ProofStatus.LATE})) == 1
        # An open refresher that has more time is not overdue; one that has not is.
        refresher = self.mandatory(key=late.course_key, cycle=2, due_on=days(3))
        assert self.lines(self.REPORT)[0][4:] == ["gültig, Auffrischung offen", short(days(3))]
        Enrolment.objects.filter(pk=refresher.pk).update(due_on=days(-2))
        told = ["gültig, Auffrischung überfällig", short(days(-2))]
        assert self.lines(self.REPORT)[0][4:] == told
        assert not [row for row in self.rows(open_trainings.REPORT).values() if row[3] == "A"]

    def test_what_was_learnt_on_her_own_wish_and_has_ended_needs_no_refresher(self):
        version = self.another_course("A")
        proof = self.enrolment(
            key=version.unit_key,
            course_version=version,
            completed_on=days(-400),
            expires_on=days(-5),
        )
        assert not self.lines(self.REPORT)
        self.mandatory(key=proof.course_key, cycle=2, due_on=days(5))
        assert len(self.lines(self.REPORT)) == 1
        Enrolment.objects.filter(cycle=2).delete()
        Enrolment.objects.filter(pk=proof.pk).update(expires_on=days(5))
        assert len(self.lines(self.REPORT)) == 1

    def test_only_of_who_works_here(self):
        self.proof("A", days(5))
        Membership.objects.filter(user=self.anna).update(starts_on=days(-9), ends_on=days(-1))
        assert not self.lines(self.REPORT)
        assert not self.rows(self.REPORT)

    def test_filters(self):
        proof = self.proof("A", days(5))
        self.proof("B", days(-5))
        for query, count in (
            ({"course": str(proof.course_key)}, 1),
            ({"status": ProofStatus.ENDING}, 1),
            ({"status": ProofStatus.DUE}, 1),
            ({"status": ProofStatus.REFRESHING}, 0),
            ({"department": self.membership(self.anna).department_id}, 2),
            ({"audience": self.users.pk}, 0),
        ):
            assert len(self.lines(self.REPORT, query)) == count, query


class IssuedCertificatesTests(PeopleListsTestCase):
    REPORT = "ausgestellte-nachweise"

    def test_number_course_days_and_state_and_never_the_check_code(self):
        certificate = self.certificate()
        (row,) = self.lines(self.REPORT)
        today = short(timezone.localdate())
        assert row == [
            certificate.number,
            "Terhorst, Anna",
            "Bürgerbüro",
            "Teilnahmebescheinigung",
            "KI-Grundlagen",
            today,
            short(days(700)),
            "gültig",
            "–",
        ]
        page = self.page(self.REPORT)
        self.assertNotContains(page, certificate.code)
        self.assertNotContains(page, str(certificate.uuid))
        assert certificate.code not in str(self.rows(self.REPORT))
        # Nor can it be found out by searching.
        assert not self.lines(self.REPORT, {"q": certificate.code[:4]})

    def test_every_state(self):
        certificate = self.certificate()
        rename(self.anna.pk, last_name="Neu")
        new = reissue_certificate(certificate=certificate)
        states = {row[0]: row[7:] for row in self.lines(self.REPORT)}
        assert states == {
            certificate.number: ["ersetzt", new.number],
            new.number: ["gültig", "–"],
        }
        Certificate.objects.filter(pk=new.pk).update(valid_until=days(-1))
        assert {row[8] for row in self.rows(self.REPORT, "status=expired").values()} == {
            "abgelaufen"
        }
        revoke_certificate(certificate=new, reason="Nur für die Akte", actor=self.hilde)
        page = self.page(self.REPORT, {"status": "revoked"})
        self.assertContains(page, new.number)
        self.assertNotContains(page, "Nur für die Akte")

    def test_filters(self):
        certificate = self.certificate()
        for query, count in (
            ({"issued_from": days(0).isoformat()}, 1),
            ({"issued_to": days(-1).isoformat()}, 0),
            ({"issued_from": days(1).isoformat()}, 0),
            ({"issued_from": "0001-01-01"}, 0),
            ({"course": str(self.key)}, 1),
            ({"kind": "attendance"}, 1),
            ({"kind": "certificate"}, 0),
            ({"status": ["valid", "expired"]}, 1),
            ({"status": "revoked"}, 0),
            ({"q": certificate.number}, 1),
            ({"q": f"terh {certificate.number[-3:]}"}, 1),
            ({"department": self.membership(self.anna).department_id}, 1),
            ({"audience": self.users.pk}, 0),
        ):
            assert len(self.lines(self.REPORT, query)) == count, query

    def test_who_has_left_stays_in_it(self):
        self.certificate()
        Membership.objects.filter(user=self.anna).update(starts_on=days(-9), ends_on=days(-1))
        assert len(self.lines(self.REPORT)) == 1


class ManyPeopleTests(PeopleListsTestCase):
    """Ten thousand people and twenty courses cost a page what a few people and one cost."""

    COURSES = 20

    def staff(self, count, courses):
        """So many people, each with one open, one ending and one completed of ``courses``."""
        first = User.objects.count()
        people = User.objects.bulk_create(
            User(
                username=f"p{first + n}",
                first_name="Kim",
                last_name=f"Person{first + n:05}",
                name_key=f"person{first + n:05} kim",
            )
            for n in range(count)
        )
        units = [
            Department.objects.get_or_create(organisation=self.coesfeld, name=f"Amt {n}")[0]
            for n in range(min(count, 20))
        ]
        memberships = Membership.objects.bulk_create(
            Membership(
                user=user,
                organisation=self.coesfeld,
                department=units[number % len(units)],
                starts_on=date(2020, 1, 1),
            )
            for number, user in enumerate(people)
        )
        self.users.memberships.add(*memberships)
        enrolments = []
        for number, membership in enumerate(memberships):
            for place, fields in enumerate(
                (
                    {"due_on": days(-1)},
                    {"expires_on": days(5)},
                    {"expires_on": days(500)},
                )
            ):
                version = courses[(number + place) % len(courses)]
                if place:
                    fields |= {
                        "status": EnrolmentStatus.COMPLETED,
                        "completed_at": timezone.now(),
                        "course_version": version,
                    }
                enrolments.append(
                    Enrolment(
                        user=membership.user,
                        membership=membership,
                        course_key=version.unit_key,
                        kind=RequirementKind.MANDATORY,
                        **fields,
                    )
                )
        Enrolment.objects.bulk_create(enrolments, batch_size=2000)
        return [e for e in enrolments if e.expires_on == days(500)]

    def certify(self, enrolments):
        first = Certificate.objects.count()
        Certificate.objects.bulk_create(
            (
                Certificate(
                    enrolment=enrolment,
                    kind="certificate",
                    number=f"COE-2026-{first + n:05}",
                    code=f"c{first + n}",
                    payload={"person_name": "Kim", "course": {"title": "Kurs"}},
                    design="classic",
                )
                for n, enrolment in enumerate(enrolments)
            ),
            batch_size=2000,
        )

    def queries(self, client, url, query):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(url, query)
        assert page.status_code == 200
        assert len(queries) <= 12, [query["sql"][:150] for query in queries]
        return len(queries), page

    def test_the_number_of_queries_does_not_grow(self):
        courses = [self.another_course(f"Kurs {n}", asked_by=self.coesfeld) for n in range(3)]
        self.certify(self.staff(3, courses))
        client = self.as_(self.hilde)
        addresses = [
            (reverse(name), query)
            for name in PAGES.values()
            for query in (
                {},
                {"q": "person", "department": Department.objects.get(name="Amt 1").pk},
                {"audience": self.users.pk, "ordering": "-department", "p": "1"},
            )
        ]
        for url, query in addresses:
            client.get(url, query)  # what is asked once for all requests
        few = [self.queries(client, url, query)[0] for url, query in addresses]
        courses += [
            self.another_course(f"Kurs {n}", asked_by=self.coesfeld) for n in range(3, self.COURSES)
        ]
        self.certify(self.staff(10_000, courses))
        found = [self.queries(client, url, query) for url, query in addresses]
        assert [count for count, _page in found] == few
        for _count, page in found[::3]:
            assert page.context["items_count"] >= 10_000
            assert len(page.context["table"].data) == 50
        for report in PAGES:
            with CaptureQueriesContext(connection) as queries:
                assert len(self.rows(report)) >= 10_000
            # The cells of the matrix are read for 2,000 people at once.
            limit = 9 if report == "abschlussmatrix" else 4
            assert len(queries) <= limit, report

    def test_what_is_offered_costs_one_query(self):
        default_locale_id()  # asked once for all requests
        with self.assertNumQueries(1):
            found = offered([self.coesfeld, self.olfen])
        assert found.mandatory == {self.key}
        assert found.live == {self.key}
        assert "Olfen: Bauamt" in found.departments.values()
        assert "Nutzende im Test" in found.audiences.values()
