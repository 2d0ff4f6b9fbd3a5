import io

import openpyxl
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses import actions
from courses.completion_list import ListStatus
from courses.models import Enrolment
from hub.exports.models import ExportRun
from hub.organisations.models import Membership, User
from tests.cases import LearningHubTestCase
from tests.factories.organisations import rename

HEADER = (
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
)


class CompletionListTestCase(LearningHubTestCase):
    def setUp(self):
        self.done = self.enrol(self.anna)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=self.done, page=page)
        self.foreign = self.enrol(self.otto)
        self.url = reverse("completion_list")
        self.hand_over_url = reverse("exports:hand_over", args=["abschlussliste"])

    def enrol(self, user) -> Enrolment:
        return actions.enrol(membership=self.membership(user), course=self.course)

    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def take(self, user, *, query="", **data):
        data = {
            "organisation": self.coesfeld.pk,
            "purpose": "Nachweis",
            "file_format": "xlsx",
            **data,
        }
        response = self.as_(user).post(self.hand_over_url + query, data)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        return response, content

    def table(self, content: bytes):
        return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].values)


class ScreenTests(CompletionListTestCase):
    def test_hr_of_another_authority_sees_nothing_of_it(self):
        page = self.as_(self.bernd).get(self.url)
        self.assertNotContains(page, "Terhorst")
        self.assertContains(page, "Brüning")

    def test_who_is_not_hr_is_sent_away(self):
        assert self.as_(self.anna).get(self.url).status_code == 302
        assert Client().get(self.url).status_code == 302

    def test_hr_sees_completion_version_and_dates_and_nothing_else(self):
        attempt = actions.start_attempt(enrolment=self.done, quiz=self.quiz)
        actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        page = self.as_(self.hilde).get(self.url)
        for text in (
            "Terhorst, Anna",
            "Bürgerbüro",
            "KI-Grundlagen",
            "Kurs, Fassung 1 vom",
            "abgeschlossen",
        ):
            self.assertContains(page, text)
        for text in ("begonnen", "Punkt", "Prozent", "Versuch", "Antwort"):
            self.assertNotContains(page, text)

    def test_begun_and_not_begun_look_the_same(self):
        user = self.person("berta", "Berta", "Kötter", self.coesfeld, "Bauamt")
        begun = self.enrol(user)
        actions.complete_activity(enrolment=begun, page=self.modules[0])
        page = self.as_(self.hilde).get(self.url, {"status": "open"})
        self.assertContains(page, "Kötter")
        self.assertNotContains(page, "Terhorst")

    def test_filters_hold_and_unknown_values_say_so(self):
        client = self.as_(self.hilde)
        for query, found in (
            ({"status": "completed"}, True),
            ({"status": "overdue"}, False),
            ({"course": str(self.course.translation_key)}, True),
            ({"q": "terh ann"}, True),
            ({"q": "niemand"}, False),
            ({"department": self.membership(self.anna).department_id}, True),
            ({"department": self.membership(self.hilde).department_id}, False),
            ({"completed_from": "2020-01-01", "completed_to": "2020-12-31"}, False),
        ):
            page = client.get(self.url, query)
            assert ("Terhorst" in page.content.decode()) is found, query

    def test_it_says_what_every_status_means_and_counts_entries(self):
        page = self.as_(self.hilde).get(self.url)
        for status in ListStatus:
            self.assertContains(page, status.meaning)
        self.assertContains(page, "1 Eintrag")

    def test_more_words_than_a_name_has_find_nobody(self):
        page = self.as_(self.hilde).get(self.url, {"q": "a " * 1900})
        assert page.status_code == 200
        self.assertNotContains(page, "Terhorst")

    def test_a_day_no_calendar_holds_says_so(self):
        page = self.as_(self.hilde).get(self.url, {"completed_from": "0001-01-01"})
        self.assertContains(page, "dieses Jahrhunderts")
        self.assertNotContains(page, "Terhorst")

    def test_a_foreign_department_is_no_choice(self):
        foreign = self.membership(self.otto).department
        page = self.as_(self.hilde).get(self.url)
        self.assertNotContains(page, f'value="{foreign.pk}"')

    def test_what_expired_is_no_task_any_more_once_the_refresher_has_a_row_of_its_own(self):
        Enrolment.objects.filter(pk=self.done.pk).update(expires_on="2026-01-31")
        client = self.as_(self.hilde)
        assert "Terhorst" in client.get(self.url, {"status": "expired"}).content.decode()
        Enrolment.objects.create(
            user=self.anna,
            membership=self.membership(self.anna),
            course_key=self.course.course_key,
            cycle=2,
        )
        for status, found in (("expired", False), ("superseded", True), ("open", True)):
            page = client.get(self.url, {"status": status}).content.decode()
            assert ("Terhorst" in page) is found, status

    def test_overdue_is_told(self):
        enrolment = self.enrol(self.hilde)
        Enrolment.objects.filter(pk=enrolment.pk).update(due_on="2020-01-01")
        self.assertContains(self.as_(self.hilde).get(self.url), "Frist abgelaufen")

    def test_names_are_sorted_and_found_as_in_german_lists(self):
        for n, last in enumerate(("Zander", "Özdemir", "Oeser", "Otte", "Ödland")):
            self.enrol(self.person(f"u{n}", "Kim", last, self.coesfeld, "Bauamt"))
        client = self.as_(self.hilde)
        names = [row[0] for row in client.get(self.url).context["table"].data]
        assert names == ["Ödland", "Oeser", "Özdemir", "Otte", "Terhorst", "Zander"]
        reverse_names = client.get(self.url, {"ordering": "-person"}).context["table"].data
        assert [row[0] for row in reverse_names] == names[::-1]
        for query in ("Oezdemir kim", "ozdemir", "ÖZDEMİR"):
            page = client.get(self.url, {"q": query})
            assert [row[0] for row in page.context["table"].data] == ["Özdemir"], query
        _response, content = self.take(self.hilde)
        assert [row[0] for row in self.table(content)[1:]] == names

    def test_all_columns_sort(self):
        client = self.as_(self.hilde)
        keys = ("person", "department", "course", "list_status", "completed_at", "due_on")
        for key in keys:
            for ordering in (key, f"-{key}"):
                assert client.get(self.url, {"ordering": ordering}).status_code == 200

    def test_wagtails_own_export_is_closed(self):
        for file_format in ("csv", "xlsx"):
            response = self.as_(self.hilde).get(self.url, {"export": file_format})
            assert response.status_code == 302
            assert response.url.startswith(self.hand_over_url)

    def test_the_number_of_queries_does_not_grow(self):
        client = self.as_(self.hilde)
        client.get(self.url)
        with CaptureQueriesContext(connection) as few:
            client.get(self.url)
        for n in range(40):
            user = User.objects.create(username=f"u{n}", last_name=f"Name{n}")
            Membership.objects.create(user=user, organisation=self.coesfeld)
            self.enrol(user)
        with CaptureQueriesContext(connection) as many:
            client.get(self.url)
        assert len(many) == len(few)
        assert len(many) <= 18, [query["sql"][:150] for query in many]


class HandOverTests(CompletionListTestCase):
    def test_others_meet_404_and_nothing_is_logged(self):
        for user in (self.anna, self.otto):
            response, _content = self.take(user)
            assert response.status_code in {302, 404}  # 302: to the start of the administration
        response, content = self.take(self.bernd)
        assert response.status_code == 422
        assert b"Terhorst" not in content
        assert not ExportRun.objects.exists()

    def test_the_list_has_these_columns_and_only_the_own_people(self):
        _response, content = self.take(self.hilde)
        header, *rows = self.table(content)
        assert header == (*HEADER, "Zeilenkennung")
        assert [row[0] for row in rows] == ["Terhorst"]
        today = timezone.localdate()
        assert rows[0][6].date() == today
        assert rows[0][7].date() == today.replace(year=today.year + 2)

    def test_it_is_logged_with_purpose_rows_and_checksum(self):
        _response, content = self.take(self.hilde, purpose="Nachweis nach Art. 4")
        run = ExportRun.objects.get()
        assert (run.user, run.organisation, run.row_count) == (self.hilde, self.coesfeld, 1)
        assert run.purpose == "Nachweis nach Art. 4"
        assert len(run.sha256) == 64
        assert run.finished_at is not None

    def test_a_purpose_is_needed(self):
        response, content = self.take(self.hilde, purpose="")
        assert response.status_code == 422
        assert not ExportRun.objects.exists()

    def test_the_filters_of_the_screen_hold_for_the_file(self):
        _response, content = self.take(self.hilde, query="?status=open")
        assert len(self.table(content)) == 1
        assert ExportRun.objects.get().filters == {"status": ["open"]}

    def test_csv_for_a_german_excel(self):
        rename(self.anna.pk, last_name="=cmd|' /C calc'!A0")
        response, content = self.take(self.hilde, file_format="csv")
        text = content.decode("utf-8-sig")
        assert text.splitlines()[0] == ";".join([*HEADER, "Zeilenkennung"])
        assert "'=cmd" in text
        assert response["Content-Disposition"].endswith('.csv"')

    def test_the_log_shows_only_the_own_authority(self):
        self.take(self.hilde, purpose="Nur für Coesfeld")
        url = reverse("exports:index")
        self.assertContains(self.as_(self.hilde).get(url), "Nur für Coesfeld")
        self.assertNotContains(self.as_(self.bernd).get(url), "Nur für Coesfeld")
        assert self.as_(self.anna).get(url).status_code == 302

    def test_unknown_lists_do_not_exist(self):
        url = reverse("exports:hand_over", args=["gibt-es-nicht"])
        assert self.as_(self.hilde).get(url, follow=True).status_code == 404
