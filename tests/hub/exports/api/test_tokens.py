"""Making and revoking tokens, by the pages of the administration and by the actions behind them."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from wagtail.models import ModelLogEntry

from courses.completion_list import PERMISSION as LIST_PERMISSION
from courses.completion_list import REPORT
from hub.exports.api.tokens import MAKE, PERMISSION, PREFIX, REVOKE, revoke_token, token_of
from hub.exports.catalogue import catalogue, fingerprint
from hub.exports.models import ApiToken
from hub.exports.reports import reports
from hub.exports.switching import switch_report
from hub.organisations.forms import offered_permissions

from .cases import CERTIFICATES, LISTS, ApiTestCase, fresh, in_a_year

DEPARTMENTS = "example-departments"


class IssueTests(ApiTestCase):
    def test_only_a_hash_is_kept(self):
        token, secret = self.token()
        token.refresh_from_db()
        assert re.fullmatch(rf"{PREFIX}[\w-]{{43}}", secret)
        assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
        assert secret.startswith(token.hint) and len(token.hint) == len(PREFIX) + 6
        stored = str(ApiToken.objects.filter(pk=token.pk).values().get())
        logged = str(list(ModelLogEntry.objects.values()))
        assert secret[len(token.hint) :] not in stored + logged
        assert token_of(secret) == token

    def test_no_two_are_the_same(self):
        assert len({self.secret() for _n in range(5)}) == 5

    def test_what_is_made_is_logged(self):
        token, _secret = self.token(scopes=[REPORT])
        entry = ModelLogEntry.objects.get(action=MAKE)
        assert (entry.user, entry.object_id) == (self.hilde, str(token.pk))
        assert entry.data == {
            "authority": "coesfeld",
            "lists": [REPORT],
            "until": in_a_year().isoformat(),
        }

    def refused(self, field, **changes):
        with pytest.raises(ValidationError) as error:
            self.token(**changes)
        assert list(error.value.message_dict) == [field], error.value
        assert not ApiToken.objects.exists()
        assert not ModelLogEntry.objects.filter(action=MAKE).exists()

    def test_it_ends_within_a_year(self):
        today = timezone.localdate()
        self.refused("expires_on", expires_on=today - timedelta(days=1))
        self.refused("expires_on", expires_on=today + timedelta(days=367))
        for days in (0, 366):
            self.token(expires_on=today + timedelta(days=days))

    def test_it_needs_a_name_a_purpose_and_lists(self):
        self.refused("name", name=" ")
        self.refused("name", name="x" * 81)
        self.refused("purpose", purpose=" ")
        self.refused("purpose", purpose="x" * 301)
        self.refused("scopes", scopes=[])

    def test_nobody_gives_more_than_she_has(self):
        self.refused("organisation", organisation=self.olfen)
        self.refused("scopes", scopes=["gibt-es-nicht"])
        self.withdraw(self.hilde, LIST_PERMISSION)
        self.refused("scopes", scopes=[REPORT])
        self.refused("scopes", scopes=[DEPARTMENTS, REPORT])
        self.withdraw(self.hilde, PERMISSION)
        self.refused("organisation", scopes=[DEPARTMENTS])

    def test_a_list_that_is_switched_off_cannot_be_chosen(self):
        switch_report(
            organisation=self.coesfeld,
            report=reports.get(REPORT),
            on=False,
            purpose="",
            actor=self.admin,
        )
        self.refused("scopes", scopes=[REPORT])

    def test_names_in_the_log_are_of_one_token(self):
        first, _secret = self.token(name="DATEV")
        revoke_token(token=first, actor=self.hilde)
        with pytest.raises(ValidationError) as error:
            self.token(name=" DATEV ")
        assert "gibt oder gab es schon" in str(error.value.messages)
        assert self.token(self.bernd, self.olfen, name="DATEV")
        with pytest.raises(IntegrityError), transaction.atomic():
            ApiToken.objects.create(
                organisation=self.coesfeld,
                name="DATEV",
                digest="1",
                made_by=self.hilde,
                expires_on=in_a_year(),
            )

    def test_revoking_is_logged_once(self):
        token, _secret = self.token()
        assert revoke_token(token=token, actor=self.hilde)
        assert not revoke_token(token=token, actor=self.admin)
        token.refresh_from_db()
        assert token.revoked_by == self.hilde
        assert ModelLogEntry.objects.get(action=REVOKE).user == self.hilde

    def test_a_command_ends_all_of_an_authority(self):
        first, _secret = self.token()
        revoke_token(token=first, actor=self.hilde)
        for _n in range(2):
            self.token()
        other, _secret = self.token(self.bernd, self.olfen)
        with self.assertRaises(CommandError):
            call_command("revoke_api_tokens", "gibt-es-nicht")
        for words in ("2 Token wurden widerrufen", "0 Token wurden widerrufen"):
            said = StringIO()
            with override("de"):
                call_command("revoke_api_tokens", "coesfeld", stdout=said)
            assert words in said.getvalue()
        assert list(ApiToken.objects.filter(revoked_at=None)) == [other]
        first.refresh_from_db()
        assert first.revoked_by == self.hilde

    def test_the_catalogue_of_evaluations_names_who_reads(self):
        def programs():
            return {e.report.identifier: e.programs for e in catalogue(self.coesfeld)}[REPORT]

        before = fingerprint(catalogue(self.coesfeld))
        self.token(self.bernd, self.olfen, name="Fremd")
        self.token(name="Nur Organisationseinheiten", scopes=[DEPARTMENTS])
        assert programs() == []
        token, _secret = self.token(name="DATEV", scopes=[REPORT])
        expiring, _secret = self.token(name="Alt", expires_on=timezone.localdate())
        assert programs() == ["Alt", "DATEV"]
        assert fingerprint(catalogue(self.coesfeld)) != before
        client = Client()
        client.force_login(self.admin)
        page = client.get(reverse("report_catalogue", args=["coesfeld"]))
        self.assertContains(page, "Alt, DATEV")
        revoke_token(token=token, actor=self.hilde)
        ApiToken.objects.filter(pk=expiring.pk).update(expires_on=date(2026, 1, 1))
        assert programs() == []

    def test_the_permission_is_offered_to_groups_for_one_authority(self):
        offered = {entry.permission for entry in offered_permissions().values()}
        assert PERMISSION in offered


class PagesTests(ApiTestCase):
    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def form(self, **changes):
        data = {
            "organisation": self.coesfeld.pk,
            "name": "DATEV",
            "purpose": "Abgleich",
            "scopes": [REPORT],
            "expires_on": f"{in_a_year():%d.%m.%Y}",
        }
        return data | changes

    def make(self, user=None, **changes):
        return self.as_(user or self.hilde).post(reverse("api_tokens:add"), self.form(**changes))

    def secret_on(self, page) -> str:
        return re.search(rf"{PREFIX}[\w-]{{43}}", page.content.decode()).group()

    def test_the_secret_is_shown_once(self):
        page = self.make()
        assert page.status_code == 200
        assert "no-store" in page["Cache-Control"]
        secret = self.secret_on(page)
        self.assertContains(page, "nur dieses eine Mal")
        self.assertContains(page, reverse("hr_api:lists"))
        token = ApiToken.objects.get()
        assert (token.made_by, token.scopes) == (self.hilde, [REPORT])
        assert self.get(REPORT, secret).status_code == 200
        for address in (
            reverse("api_tokens:index"),
            reverse("api_tokens:inspect", args=[token.pk]),
            reverse("api_tokens:revoke", args=[token.pk]),
        ):
            page = self.as_(self.hilde).get(address)
            self.assertContains(page, "DATEV")
            self.assertNotContains(page, secret[len(token.hint) :])
        self.assertContains(page, "Token widerrufen")

    def test_the_same_form_twice_makes_one_token(self):
        self.make()
        page = self.make()
        assert page.status_code == 422
        self.assertContains(page, "gibt oder gab es schon", status_code=422)
        assert ApiToken.objects.count() == 1

    def test_errors_stand_at_their_fields_and_nothing_is_made(self):
        far = timezone.localdate() + timedelta(days=400)
        for field, value, words in (
            ("name", "", "muss ausgefüllt werden"),
            ("purpose", "", "muss ausgefüllt werden"),
            ("scopes", [], "muss ausgefüllt werden"),
            ("scopes", ["gibt-es-nicht"], "keine gültige"),
            ("expires_on", "", "muss ausgefüllt werden"),
            ("expires_on", "bald", "gültiges Datum"),
            ("expires_on", f"{far:%d.%m.%Y}", "innerhalb des nächsten Jahres"),
            ("organisation", self.olfen.pk, ""),
        ):
            page = self.make(**{field: value})
            assert page.status_code == 422, field
            assert page.context["form"].errors[field], field
            self.assertContains(page, words, status_code=422)
        assert not ApiToken.objects.exists()

    def test_only_lists_one_may_hand_over_are_offered(self):
        def offered(user):
            page = self.as_(user).get(reverse("api_tokens:add"))
            return [key for key, _label in page.context["form"].fields["scopes"].choices]

        assert sorted(offered(self.hilde)) == LISTS
        for name in (LIST_PERMISSION, CERTIFICATES):
            self.withdraw(self.hilde, name)
        assert offered(self.hilde) == [DEPARTMENTS]
        self.withdraw(self.hilde, "organisations.view_department")
        page = self.as_(self.hilde).get(reverse("api_tokens:add"))
        self.assertContains(page, "Sie dürfen keine Liste übergeben")
        self.assertNotContains(page, 'name="expires_on"')

    def test_who_works_for_two_authorities_chooses_one(self):
        self.grant(self.hilde, self.olfen, PERMISSION)
        page = self.as_(self.hilde).get(reverse("api_tokens:add"))
        self.assertContains(page, "Stadt Olfen")
        # For Olfen she may make tokens, but hand nothing over.
        page = self.make(organisation=self.olfen.pk)
        assert page.status_code == 422
        assert "scopes" in page.context["form"].errors

    def test_revoking(self):
        secret = self.secret_on(self.make())
        token = ApiToken.objects.get()
        address = reverse("api_tokens:revoke", args=[token.pk])
        assert self.as_(self.hilde).get(address).status_code == 200
        assert self.get(REPORT, secret).status_code == 200
        for words in ("gilt nicht mehr", "schon früher widerrufen"):
            page = self.as_(self.hilde).post(address, follow=True)
            self.assertContains(page, words)
            self.assertContains(page, "Dieses Token wurde widerrufen.")
            self.assertNotContains(page, address)
        assert self.get(REPORT, secret).status_code == 401
        self.assertContains(self.as_(self.hilde).get(reverse("api_tokens:index")), "widerrufen")

    def test_a_page_says_why_a_token_does_not_read(self):
        self.make(scopes=[DEPARTMENTS, REPORT])
        token = ApiToken.objects.get()
        address = reverse("api_tokens:inspect", args=[token.pk])
        page = self.as_(self.hilde).get(address)
        self.assertNotContains(page, "liest es zurzeit nicht")
        self.withdraw(self.hilde, LIST_PERMISSION)
        page = self.as_(self.hilde).get(address)
        self.assertContains(page, "Diese Listen liest es zurzeit nicht")
        assert page.context["unreadable"] == ["Abschlussliste"]
        self.withdraw(self.hilde, PERMISSION)
        page = self.as_(self.admin).get(address)
        self.assertContains(page, "Dieses Token ruht")

    def test_a_stranger_finds_nothing_and_ends_nothing(self):
        self.make()
        token = ApiToken.objects.get()
        client = self.as_(self.bernd)
        self.assertNotContains(client.get(reverse("api_tokens:index")), "DATEV")
        for name in ("inspect", "revoke"):
            address = reverse(f"api_tokens:{name}", args=[token.pk])
            assert client.get(address).status_code == 404
            assert client.post(address).status_code in {404, 405}
        assert self.make(self.bernd).status_code == 422
        token.refresh_from_db()
        assert token.revoked_at is None
        assert ApiToken.objects.count() == 1

    def test_without_the_permission_there_is_neither_page_nor_menu(self):
        self.make()
        token = ApiToken.objects.get()
        home = self.as_(self.hilde).get(reverse("wagtailadmin_home"))
        self.assertContains(home, reverse("api_tokens:index"))
        self.withdraw(self.hilde, PERMISSION)
        client = self.as_(fresh(self.hilde))
        self.assertNotContains(
            client.get(reverse("wagtailadmin_home")), reverse("api_tokens:index")
        )
        for name, arguments in (("index", []), ("add", []), ("revoke", [token.pk])):
            address = reverse(f"api_tokens:{name}", args=arguments)
            assert client.get(address).status_code in {302, 404}, name
            client.post(address, self.form(name="Neu"))
        assert ApiToken.objects.get().revoked_at is None

    def test_as_many_queries_for_many_tokens_as_for_few(self):
        client = self.as_(self.hilde)
        address = reverse("api_tokens:index")
        counts = []
        for more in (1, 10):
            for _n in range(more):
                self.token()
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                self.assertContains(client.get(address), "kihub_")
            counts.append(len(queries))
        assert counts[0] == counts[1]
