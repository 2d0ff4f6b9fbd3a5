"""What programs get: the lists of one authority, in pages, and a plain word where they get none."""

from __future__ import annotations

import json
from datetime import date, timedelta
from unittest.mock import patch

from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses import actions as learning
from courses.completion_list import PERMISSION as LIST_PERMISSION
from courses.completion_list import REPORT
from courses.models import Enrolment
from hub.exports import actions
from hub.exports.api import resources
from hub.exports.api.accesses import FILTERS_A_DAY
from hub.exports.api.pages import MAX_LIMIT
from hub.exports.api.tokens import PERMISSION, issue_token, revoke_token
from hub.exports.exporters import ExportScope, exporters
from hub.exports.models import ApiToken, ExportRun
from hub.exports.reports import reports
from hub.exports.switching import switch_report
from hub.organisations.models import Department, Membership, User
from tests.courses.test_concurrency import at_once
from tests.factories.organisations import (
    DepartmentFactory,
    HRUserFactory,
    MembershipFactory,
    OrganisationFactory,
    grant,
    rename,
)

from .cases import CERTIFICATES, COESFELD, LISTS, OLFEN, ApiTestCase, fresh, in_a_year

DEPARTMENTS = "example-departments"


def values(page):
    """The values of each row, without its key."""
    return [{key: value for key, value in row.items() if key != "row_key"} for row in page["rows"]]


class ScopeTests(ApiTestCase):
    def answers(self, secret):
        """Every answer a token can get about every list."""
        yield self.get(reverse("hr_api:lists"), secret)
        for key in LISTS:
            yield self.get(key, secret)
            yield self.get(reverse("hr_api:rows", args=[key]) + "?q=e", secret)
            yield self.get(reverse("hr_api:filters", args=[key]), secret)

    def test_there_is_a_built_in_list_and_one_of_a_third_party(self):
        assert {REPORT, DEPARTMENTS} <= set(LISTS)

    def test_no_answer_to_a_token_tells_of_another_authority(self):
        for maker, own, other in (
            ((self.hilde, self.coesfeld), COESFELD, OLFEN),
            ((self.bernd, self.olfen), OLFEN, COESFELD),
        ):
            told = ""
            for answer in self.answers(self.secret(*maker)):
                assert answer.status_code == 200
                told += answer.content.decode()
            assert [word for word in own if word in told] == [*own]
            assert [word for word in other if word in told] == []

    def test_filters_of_another_authority_are_refused(self):
        theirs = Department.objects.get(organisation=self.olfen, name="Bauamt")
        for value in (theirs.pk, "0", "x", 2**70):
            answer = self.get(
                reverse("hr_api:rows", args=[REPORT]) + f"?department={value}", self.secret()
            )
            assert answer.status_code == 422, value
            assert "Bauamt" not in answer.content.decode()
        assert not ExportRun.objects.exists()

    def test_who_hands_over_for_two_authorities_has_a_token_for_one(self):
        for name in (PERMISSION, LIST_PERMISSION, "organisations.view_department", CERTIFICATES):
            self.grant(self.hilde, self.olfen, name)
        for organisation, own, other in (
            (self.coesfeld, "Terhorst", "Brüning"),
            (self.olfen, "Brüning", "Terhorst"),
        ):
            told = self.get(REPORT, self.secret(organisation=organisation)).content.decode()
            assert own in told and other not in told

    def test_rows_and_columns_are_those_of_a_hand_over(self):
        secret = self.secret()
        self.put_somebody_on_every_list()
        for key in LISTS:
            exporter = exporters.get(key)()
            scope = ExportScope(user=fresh(self.hilde), organisation=self.coesfeld)
            asked = {"exporter": exporter, "scope": scope, "filters": QueryDict("")}
            run = actions.start_run(**asked, purpose="Test", file_format="json")
            handed_over = json.loads(b"".join(actions.stream(run=run, **asked)))
            answer = self.get(key, secret).json()
            assert answer["columns"] == handed_over["columns"], key
            assert answer["rows"] == handed_over["rows"], key
            assert answer["rows"], key
            assert answer["authority"] == handed_over["authority"]
            assert answer["list"] == handed_over["list"]

    def test_values_are_those_of_json_tables(self):
        DepartmentFactory(organisation=self.coesfeld, name="007 =Bücherei, Straße")
        rows = self.get(DEPARTMENTS, self.secret()).json()["rows"]
        assert {"name": "007 =Bücherei, Straße", "length": 21} in values({"rows": rows})
        enrolment = Enrolment.objects.get(user=self.anna)
        for page in (*self.modules, self.quiz):
            learning.complete_activity(enrolment=enrolment, page=page)
        Enrolment.objects.filter(pk=enrolment.pk).update(due_on=date(2027, 3, 2))
        (row,) = self.get(
            reverse("hr_api:rows", args=[REPORT]) + "?q=Terhorst", self.secret()
        ).json()["rows"]
        assert row["completed_on"] == f"{timezone.localdate():%Y-%m-%d}"
        assert row["due_on"] == "2027-03-02"
        assert row["department"] == "Bürgerbüro"
        assert row["row_key"] == str(enrolment.uuid)

    def test_hr_learns_no_score_no_attempt_and_no_progress(self):
        enrolment = Enrolment.objects.get(user=self.anna)
        before = self.get(REPORT, self.secret()).json()["rows"]
        learning.complete_activity(enrolment=enrolment, page=self.modules[0])
        learning.start_attempt(enrolment=enrolment, quiz=self.quiz)
        assert self.get(REPORT, self.secret()).json()["rows"] == before


class ListsTests(ApiTestCase):
    def test_the_lists_are_named_with_their_columns_and_kinds(self):
        found = {entry["key"]: entry for entry in self.lists(self.secret())}
        assert sorted(found) == LISTS
        for key, entry in found.items():
            columns = exporters.get(key).columns
            assert [c["key"] for c in entry["columns"]] == [*(c.key for c in columns), "row_key"]
            assert [c["kind"] for c in entry["columns"]] == [*(c.kind for c in columns), "text"]
            assert self.get(entry["url"], self.secret()).status_code == 200
            assert self.get(entry["filters_url"], self.secret()).status_code == 200
        assert found[REPORT]["label"] == "Abschlussliste"

    def lists(self, secret, **headers):
        return self.get(reverse("hr_api:lists"), secret, **headers).json()["lists"]

    def test_words_are_in_the_language_of_the_caller(self):
        secret = self.secret()
        english = {"Accept-Language": "en"}
        assert "Completion list" in {e["label"] for e in self.lists(secret, **english)}
        answer = self.get(REPORT, secret, **english)
        assert answer["Content-Language"] == "en"
        assert {row["status"] for row in answer.json()["rows"]} == {"open"}
        address = reverse("hr_api:rows", args=[REPORT]) + "?department=0"
        (german,) = self.get(address, secret).json()["errors"]
        (told,) = self.get(address, secret, **english).json()["errors"]
        assert (german["field"], german["label"]) == ("department", "Organisationseinheit")
        assert (told["field"], told["label"]) == ("department", "Department")
        assert told["messages"] != german["messages"]

    def test_only_the_lists_of_the_token_exist_for_it(self):
        secret = self.secret(scopes=[DEPARTMENTS])
        assert [entry["key"] for entry in self.lists(secret)] == [DEPARTMENTS]
        assert self.get(DEPARTMENTS, secret).status_code == 200
        self.assert_not_there(REPORT, secret)

    def assert_not_there(self, key, secret):
        """A list answers exactly as one that nobody has installed."""
        for name in ("hr_api:rows", "hr_api:filters"):
            answer = self.get(reverse(name, args=[key]), secret)
            unknown = self.get(reverse(name, args=["gibt-es-nicht"]), secret)
            assert answer.status_code == unknown.status_code == 404
            assert answer.content == unknown.content
        assert not ExportRun.objects.filter(exporter=key).exists()

    def test_what_is_switched_off_is_not_served(self):
        secret, theirs = self.secret(), self.secret(self.bernd, self.olfen)
        asked = {"report": reports.get(REPORT), "purpose": "", "actor": self.admin}
        switch_report(organisation=self.coesfeld, on=False, **asked)
        self.assert_not_there(REPORT, secret)
        assert REPORT not in {entry["key"] for entry in self.lists(secret)}
        assert self.get(REPORT, theirs).status_code == 200
        switch_report(organisation=self.coesfeld, on=True, **asked)
        assert self.get(REPORT, secret).status_code == 200

    def test_a_list_its_maker_may_not_hand_over_any_more_is_not_served(self):
        secret = self.secret()
        for name in (LIST_PERMISSION, CERTIFICATES):
            self.withdraw(self.hilde, name)
        self.assert_not_there(REPORT, secret)
        assert [entry["key"] for entry in self.lists(secret)] == [DEPARTMENTS]
        self.grant(self.hilde, self.coesfeld, LIST_PERMISSION)
        assert self.get(REPORT, secret).status_code == 200

    def test_a_list_whose_plugin_is_gone_is_not_there(self):
        token, secret = self.token()
        ApiToken.objects.filter(pk=token.pk).update(scopes=[REPORT, "war-einmal"])
        assert [entry["key"] for entry in self.lists(secret)] == [REPORT]
        self.assert_not_there("war-einmal", secret)

    def test_what_is_not_there_is_told_as_a_problem_not_as_a_page(self):
        secret = self.secret()
        for rest in ("", "x", "lists/", "lists/x/y/z", f"lists/{REPORT}/", "docs", "../../admin/"):
            answer = self.get(reverse("hr_api:api-root") + rest, secret)
            assert answer.status_code == 404, rest
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["status"] == 404
            assert answer["Cache-Control"] == "no-store"


class TokenTests(ApiTestCase):
    def assert_refused(self, answer, words):
        assert answer.status_code == 401, words
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["Cache-Control"] == "no-store"
        assert words in answer.json()["detail"]
        assert "Terhorst" not in answer.content.decode()

    def test_without_a_token_there_is_nothing(self):
        self.assert_refused(self.get(REPORT), "Bitte senden Sie ein Token")

    def test_a_wrong_token_is_refused_however_it_is_wrong(self):
        secret = self.secret()
        wrong = (
            *("", " ", "x", secret[:-1], f"{secret}x", secret.swapcase(), f" {secret}"),
            *(ApiToken.objects.get().digest, "kihub_ü", "kihub_" + "a" * 20_000),
        )
        with patch.object(resources, "WRONG_TOKENS") as brake:
            brake.allows.return_value = True
            for text in wrong:
                answer = self.get(REPORT, text.encode().decode("latin-1"))
                assert answer.status_code == 401, text[:50]
            for scheme in ("Basic", "Token", ""):
                answer = Client().get(
                    reverse("hr_api:lists"), headers={"Authorization": f"{scheme} {secret}"}
                )
                assert answer.status_code == 401, scheme

    def test_a_token_in_the_address_is_none(self):
        secret = self.secret()
        answer = self.get(reverse("hr_api:lists") + f"?token={secret}&access_token={secret}")
        self.assert_refused(answer, "Bitte senden Sie ein Token")

    def test_a_session_is_no_token_and_none_is_begun(self):
        client = Client()
        client.force_login(self.admin)
        self.assert_refused(self.get(REPORT, client=client), "Bitte senden Sie ein Token")
        answer = self.get(REPORT, self.secret())
        assert not answer.cookies
        assert "Set-Cookie" not in answer.headers
        # A signed-in administrator reads with the token what the token reads.
        with_session = self.get(REPORT, self.secret(), client=client)
        assert with_session.json()["rows"] == answer.json()["rows"]

    def test_an_expired_token(self):
        token, secret = self.token()
        today = timezone.localdate()
        ApiToken.objects.filter(pk=token.pk).update(expires_on=today)
        assert self.get(REPORT, secret).status_code == 200
        ApiToken.objects.filter(pk=token.pk).update(expires_on=today - timedelta(days=1))
        self.assert_refused(self.get(REPORT, secret), "abgelaufen")

    def test_a_revoked_token_ends_with_the_next_request(self):
        token, secret = self.token()
        page = self.get(f"{reverse('hr_api:rows', args=[REPORT])}?limit=1", secret).json()
        assert page["next"]
        revoke_token(token=token, actor=self.hilde)
        self.assert_refused(self.get(page["next"], secret), "widerrufen")

    def test_a_token_stands_still_when_its_maker_may_make_none_any_more(self):
        secret, others = self.secret(), self.secret(self.admin)
        self.withdraw(self.hilde, PERMISSION)
        self.assert_refused(self.get(REPORT, secret), "ruht")
        assert self.get(REPORT, others).status_code == 200
        self.grant(self.hilde, self.coesfeld, PERMISSION)
        assert self.get(REPORT, secret).status_code == 200

    def test_a_token_stands_still_when_its_maker_has_left(self):
        for maker in (self.hilde, self.admin):
            secret = self.secret(maker)
            User.objects.filter(pk=maker.pk).update(is_active=False)
            self.assert_refused(self.get(REPORT, secret), "hat die Behörde verlassen")

    def test_a_token_stands_still_from_the_day_after_its_makers_last_one(self):
        secret = self.secret()
        today = timezone.localdate()
        memberships = Membership.objects.filter(user=self.hilde)
        memberships.update(ends_on=today)
        assert self.get(REPORT, secret).status_code == 200
        memberships.update(starts_on=date(2026, 1, 1), ends_on=today - timedelta(days=1))
        self.assert_refused(self.get(REPORT, secret), "hat die Behörde verlassen")
        # Who went on to another authority still answers for it while she has the right.
        MembershipFactory(user=self.hilde, organisation=self.olfen)
        assert self.get(REPORT, secret).status_code == 200

    def test_a_token_of_an_authority_that_is_not_active(self):
        secret = self.secret()
        self.coesfeld.is_active = False
        self.coesfeld.save()
        self.assert_refused(self.get(REPORT, secret), "nicht aktiv")

    def test_the_day_of_the_last_use_is_kept(self):
        token, secret = self.token()
        assert token.last_used_on is None
        self.get(reverse("hr_api:lists"), secret)
        token.refresh_from_db()
        assert token.last_used_on == timezone.localdate()

    def test_only_reading(self):
        token, secret = self.token()
        for address in (
            reverse("hr_api:lists"),
            reverse("hr_api:rows", args=[REPORT]),
            reverse("hr_api:filters", args=[REPORT]),
            reverse("hr_api:openapi-json"),
            reverse("hr_api:api-root") + "x",
        ):
            for method in ("post", "put", "patch", "delete", "options"):
                answer = self.get(
                    address, secret, client=Client(enforce_csrf_checks=True), method=method
                )
                assert answer.status_code == 405, (address, method)
                assert answer["Allow"] == "GET, HEAD"
                assert answer["Content-Type"] == "application/problem+json"
        assert not ExportRun.objects.exists()
        answer = self.get(REPORT, secret, method="head")
        assert (answer.status_code, answer.content) == (200, b"")

    def test_nothing_is_kept_on_the_way(self):
        answer = self.get(REPORT, self.secret())
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Type"] == "application/json"


class PageTests(ApiTestCase):
    def people(self, count):
        for _n in range(count):
            membership = MembershipFactory(organisation=self.coesfeld)
            learning.enrol(membership=membership, course=self.course)

    def test_pages_together_are_the_list(self):
        self.people(7)
        self.put_somebody_on_every_list()
        secret = self.secret()
        for key in LISTS:
            cache.clear()  # so many requests are another test's
            whole = self.get(key, secret).json()
            assert whole["next"] is None
            everything = {row["row_key"]: row for row in whole["rows"]}
            for limit in (1, 2, 3, len(everything), MAX_LIMIT):
                pages = self.walk(key, secret, limit=limit)
                rows = [row for page in pages for row in page["rows"]]
                assert len(rows) == len(everything), (key, limit)
                assert {row["row_key"]: row for row in rows} == everything
                assert len(pages) == -(-len(everything) // limit)

    def test_who_comes_goes_or_is_renamed_meanwhile_moves_nobody(self):
        self.people(5)
        secret = self.secret()
        before = {row["row_key"] for row in self.get(REPORT, secret).json()["rows"]}
        page = self.get(f"{reverse('hr_api:rows', args=[REPORT])}?limit=3", secret).json()
        met = [row["row_key"] for row in page["rows"]]
        rest = sorted(before - set(met))
        for enrolment in Enrolment.objects.filter(uuid__in=[met[0], rest[0]]):
            rename(enrolment.user_id, last_name="Aaa")
        Enrolment.objects.filter(uuid__in=[met[1], rest[1]]).delete()
        self.people(1)
        while page["next"]:
            page = self.get(page["next"], secret).json()
            met += [row["row_key"] for row in page["rows"]]
        assert len(met) == len(set(met))
        assert before - {rest[1]} <= set(met)
        assert len(set(met) - before) == 1

    def test_filters_go_on_from_page_to_page(self):
        self.people(4)
        department = Department.objects.get(organisation=self.coesfeld, name="Personalamt")
        Membership.objects.filter(organisation=self.coesfeld).exclude(user=self.anna).update(
            department=department
        )
        pages = self.walk(REPORT, self.secret(), limit=2, query=f"&department={department.pk}")
        assert [len(page["rows"]) for page in pages] == [2, 2, 1]
        for page in pages:
            assert page["filters"] == [{"label": "Organisationseinheit", "value": "Personalamt"}]
            assert {row["department"] for row in page["rows"]} == {"Personalamt"}

    def test_filters_are_told_with_what_they_can_be_set_to(self):
        secret = self.secret()
        answer = self.get(reverse("hr_api:filters", args=[REPORT]), secret).json()
        offered = {entry["key"]: entry for entry in answer["filters"]}
        assert sorted(offered) == sorted(
            (
                *("course", "department", "audience", "status", "evidence"),
                *("completed_from", "completed_to", "q"),
            )
        )
        assert (offered["status"]["kind"], offered["status"]["takes_many"]) == ("choice", True)
        assert offered["completed_from"]["kind"] == "date"
        for key in ("course", "department", "status", "evidence"):
            for choice in offered[key]["choices"]:
                address = f"{reverse('hr_api:rows', args=[REPORT])}?{key}={choice['value']}"
                assert self.get(address, secret).status_code == 200, choice

    def test_a_status_may_be_given_several_times(self):
        address = reverse("hr_api:rows", args=[REPORT]) + "?status=completed&status=open"
        assert len(self.get(address, self.secret()).json()["rows"]) == 2

    def test_what_cannot_be_applied_hands_nothing_over(self):
        secret = self.secret()
        for query, field in (
            ("deparment=1", "deparment"),
            ("organisation=1", "organisation"),
            ("page=2", "page"),
            ("q=a&q=b", "q"),
            ("q=", "q"),
            ("q=+", "q"),
            ("department=", "department"),
            ("status=open&status=", "status"),
            ("completed_from=", "completed_from"),
            ("status=started", "status"),
            ("status=", "status"),
            ("course=0", "course"),
            ("completed_from=gestern", "completed"),
            ("completed_from=0001-01-01", "completed"),
            ("limit=0", "limit"),
            (f"limit={MAX_LIMIT + 1}", "limit"),
            ("limit=-5", "limit"),
            ("limit=viele", "limit"),
            ("limit=", "limit"),
            (f"limit={10**30}", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=%C3%BC:1:2", "cursor"),
        ):
            answer = self.get(f"{reverse('hr_api:rows', args=[REPORT])}?{query}", secret)
            assert answer.status_code == 422, query
            (error,) = answer.json()["errors"]
            assert error["field"] == field, query
            assert error["label"] and error["messages"], query
            assert not ExportRun.objects.exists(), query

    def test_a_cursor_is_of_one_list_and_its_filters(self):
        self.people(3)
        secret = self.secret()
        address = reverse("hr_api:rows", args=[REPORT])
        cursor = self.get(f"{address}?limit=1", secret).json()["next"].split("cursor=")[1]
        assert self.get(f"{address}?cursor={cursor}", secret).status_code == 200
        for other in (
            f"{address}?cursor={cursor}&q=e",
            f"{address}?cursor={cursor}x",
            f"{reverse('hr_api:rows', args=[DEPARTMENTS])}?cursor={cursor}",
        ):
            assert self.get(other, secret).status_code == 422, other

    def test_the_cursor_of_another_authority_leads_to_ones_own_rows(self):
        address = reverse("hr_api:rows", args=[REPORT])
        page = self.get(f"{address}?limit=1", self.secret()).json()
        told = self.get(page["next"], self.secret(self.bernd, self.olfen)).content.decode()
        assert "Terhorst" not in told and "Große-Wächter" not in told

    def test_as_many_queries_for_many_people_as_for_few(self):
        secret = self.secret()

        def count(address):
            self.get(address, secret)  # the first one of the day writes the line of the log
            with (
                self.assertNumQueries(expected[address])
                if address in expected
                else (CaptureQueriesContext(connection)) as queries
            ):
                self.get(address, secret)
            return len(queries)

        expected: dict[str, int] = {}
        addresses = [reverse("hr_api:lists")]
        for key in LISTS:
            addresses += [reverse(name, args=[key]) for name in ("hr_api:rows", "hr_api:filters")]
        expected.update({address: count(address) for address in addresses})
        self.people(40)
        for address in addresses:
            count(address)

    def test_a_page_holds_so_many_rows_in_memory_and_no_more(self):
        read = []
        original = exporters.get(DEPARTMENTS).rows

        def counted(exporter, queryset):
            for row in original(exporter, queryset):
                read.append(row)
                yield row

        for _n in range(30):
            DepartmentFactory(organisation=self.coesfeld)
        secret = self.secret()
        with patch.object(exporters.get(DEPARTMENTS), "rows", counted):
            pages = self.walk(DEPARTMENTS, secret, limit=10)
        # No page reads a row that it does not hand over, also the last one.
        assert len(read) == sum(len(page["rows"]) for page in pages) > 30


class LimitTests(ApiTestCase):
    def setUp(self):
        super().setUp()
        # One minute, however long the test takes.
        clock = patch("hub.rate_limits.time.time", return_value=15)
        self.clock = clock.start()
        self.addCleanup(clock.stop)

    def assert_too_many(self, answer, seconds):
        assert answer.status_code == 429
        assert answer["Retry-After"] == str(seconds)
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["Cache-Control"] == "no-store"

    def test_a_token_may_ask_so_often_in_a_minute_and_others_go_on(self):
        secret, other = self.secret(), self.secret()
        lists = reverse("hr_api:lists")
        for _n in range(resources.REQUESTS.limit):
            assert self.get(lists, secret).status_code == 200
        self.assert_too_many(self.get(lists, secret), 45)
        self.assert_too_many(self.get(REPORT, secret), 45)
        assert not ExportRun.objects.exists()
        assert self.get(lists, other).status_code == 200
        self.clock.return_value = 60
        assert self.get(lists, secret).status_code == 200

    def test_who_tries_tokens_is_slowed_down_and_a_working_one_is_not(self):
        lists = reverse("hr_api:lists")
        secret = self.secret()

        def ask(text, address):
            client = Client(REMOTE_ADDR=address)
            return self.get(lists, text, client=client)

        for n in range(resources.WRONG_TOKENS.limit):
            assert ask(f"kihub_{n}" if n % 2 else None, "192.0.2.7").status_code == 401
        # The same network, other words: it is the place that is counted.
        self.assert_too_many(ask("kihub_x", "192.0.2.8"), 45)
        self.assert_too_many(ask(None, "192.0.2.7"), 45)
        assert ask(secret, "192.0.2.7").status_code == 200
        assert ask("kihub_x", "198.51.100.1").status_code == 401
        self.clock.return_value = 60
        assert ask("kihub_x", "192.0.2.7").status_code == 401


class LogTests(ApiTestCase):
    def test_one_line_for_a_token_a_list_and_a_day_counts_all_its_pages(self):
        token, secret = self.token()
        pages = self.walk(REPORT, secret, limit=1)
        assert len(pages) == 2
        run = ExportRun.objects.get()
        assert {page["number"] for page in pages} == {run.reference}
        assert (run.api_token, run.user, run.organisation) == (token, self.hilde, self.coesfeld)
        assert (run.exporter, run.file_format, run.purpose) == (REPORT, "api", token.purpose)
        assert (run.request_count, run.row_count) == (2, 2)
        assert run.api_day == timezone.localdate()
        self.walk(REPORT, secret, limit=5)
        run.refresh_from_db()
        assert (run.request_count, run.row_count) == (3, 4)

    def test_another_token_list_filter_or_day_is_another_line(self):
        secret = self.secret()
        self.get(REPORT, secret)
        self.get(REPORT, self.secret())
        self.get(DEPARTMENTS, secret)
        filtered = reverse("hr_api:rows", args=[REPORT]) + "?status=open"
        self.get(filtered, secret)
        self.get(filtered + "&limit=3", secret)
        assert ExportRun.objects.count() == 4
        ExportRun.objects.update(api_day=timezone.localdate() - timedelta(days=1))
        self.get(REPORT, secret)
        assert ExportRun.objects.count() == 5
        assert sorted(ExportRun.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
        assert sorted(words for run in ExportRun.objects.all() for words in run.filter_words) == [
            ["Status", "offen"]
        ]

    def test_what_tells_of_nobody_is_no_line(self):
        secret = self.secret()
        self.get(reverse("hr_api:lists"), secret)
        self.get(reverse("hr_api:filters", args=[REPORT]), secret)
        self.get(reverse("hr_api:rows", args=["gibt-es-nicht"]), secret)
        assert not ExportRun.objects.exists()

    def test_nothing_leaves_that_is_not_in_the_log(self):
        secret = self.secret()
        with patch("hub.exports.api.resources.log_access", side_effect=RuntimeError):
            answer = self.get(REPORT, secret, client=Client(raise_request_exception=False))
        assert answer.status_code == 500
        assert "Terhorst" not in answer.content.decode()

    def test_nobody_asks_for_one_person_after_the_other(self):
        secret = self.secret()
        address = reverse("hr_api:rows", args=[REPORT])
        with patch("hub.exports.api.accesses.FILTERS_A_DAY", 3):
            for name in ("a", "b", "c"):
                assert self.get(f"{address}?q={name}", secret).status_code == 200
            answer = self.get(f"{address}?q=d", secret)
            assert answer.status_code == 429
            assert 0 < int(answer["Retry-After"]) <= 25 * 3600
            assert self.get(f"{address}?q=a", secret).status_code == 200
            assert self.get(f"{address}?q=d", self.secret()).status_code == 200
        assert FILTERS_A_DAY == 100

    def test_the_staff_council_reads_it_without_names(self):
        token, secret = self.token(name="DATEV")
        self.get(reverse("hr_api:rows", args=[REPORT]) + "?q=Terhorst", secret)
        run = ExportRun.objects.get()
        self.withdraw(self.hilde, "exports.view_exportrun")
        self.withdraw(self.hilde, "courses.view_completion_list")
        self.grant(self.hilde, self.coesfeld, "exports.audit_exportrun")
        client = Client()
        client.force_login(self.hilde)
        page = client.get(reverse("exports:index"))
        self.assertContains(page, "DATEV")
        self.assertContains(page, "Abgleich mit der Personalakte")
        page = client.get(reverse("exports:inspect", args=[run.pk]))
        self.assertContains(page, "DATEV")
        self.assertContains(page, "Schnittstelle")
        self.assertNotContains(page, "Terhorst")
        stranger = Client()
        stranger.force_login(self.bernd)
        self.assertNotContains(stranger.get(reverse("exports:index")), "DATEV")

    def test_a_reading_program_is_no_file_to_tell_changes_from(self):
        self.get(REPORT, self.secret())
        bases = actions.bases(exporters.get(REPORT)(), [self.coesfeld], QueryDict(""))
        assert not bases.exists()


class ConcurrencyTests(TransactionTestCase):
    def test_pages_that_are_read_at_once_count_on_one_line(self):
        cache.clear()
        coesfeld = OrganisationFactory(name="Stadt Coesfeld", slug="coesfeld")
        hilde = HRUserFactory(organisation=coesfeld)
        grant(hilde, coesfeld, PERMISSION)
        _token, secret = issue_token(
            organisation=coesfeld,
            name="DATEV",
            purpose="Abgleich",
            scopes=[DEPARTMENTS],
            expires_on=in_a_year(),
            maker=fresh(hilde),
        )
        address = reverse("hr_api:rows", args=[DEPARTMENTS])

        def read(_n):
            answer = Client().get(address, headers={"Authorization": f"Bearer {secret}"})
            return answer.status_code, len(answer.json()["rows"])

        assert at_once(read, range(8)) == [(200, 1)] * 8
        run = ExportRun.objects.get()
        assert (run.request_count, run.row_count) == (8, 8)
