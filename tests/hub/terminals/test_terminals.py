"""Shared devices: who switches them on and off, how long sessions last, and what stays behind."""

import re
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from django.core import signing
from django.http import SimpleCookie
from django.test import Client, TestCase
from django.urls import reverse
from wagtail.models import ModelLogEntry

from courses.models import OwnSettings
from hub.terminals.actions import switch_off, switch_on
from hub.terminals.models import Terminal
from hub.terminals.sessions import COOKIE, KEY, SALT, STEP
from tests.courses.test_taking import TakingTestCase
from tests.factories.organisations import (
    HRUserFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)

LOGIN, LEARNING, TIME = "/de/einloggen/", "/de/mein-lernen/", "/de/geraet/zeit/"
PASSWORD = "sieben rote Bagger"


class TerminalTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.coesfeld, cls.olfen = OrganisationFactory(), OrganisationFactory()
        cls.hilde = HRUserFactory(username="hilde", organisation=cls.coesfeld)
        cls.bernd = HRUserFactory(username="bernd", organisation=cls.olfen)
        cls.anna = UserFactory(username="anna", first_name="Anna", last_name="Terhorst")
        cls.anna.set_password(PASSWORD)
        cls.anna.save()
        MembershipFactory(user=cls.anna, organisation=cls.coesfeld)
        cls.terminal = switch_on(
            organisation=cls.coesfeld, name="Bauhof", minutes=10, actor=cls.hilde
        )

    def device(self, terminal=None) -> Client:
        """The browser of the device, with nobody signed in."""
        client = Client()
        value = signing.dumps(str((terminal or self.terminal).uuid), salt=SALT)
        client.cookies = SimpleCookie({COOKIE: value})
        return client

    def sign_in(self, client, username="anna"):
        answer = client.post(LOGIN, {"username": username, "password": PASSWORD})
        assert answer.status_code == 302
        return answer

    def later(self, **ahead):
        return patch(
            "hub.terminals.sessions.time.time",
            return_value=time.time() + timedelta(**ahead).total_seconds(),
        )


class SwitchingTests(TerminalTestCase):
    def test_hr_switches_on_the_device_she_sits_at_and_is_signed_out(self):
        client = Client()
        client.force_login(self.hilde)
        answer = client.post(
            reverse("terminals"),
            {"name": "Kita", "organisation": self.coesfeld.pk, "minutes": "5"},
        )
        assert answer.url == LOGIN
        cookie = answer.cookies[COOKIE]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        page = client.get(LOGIN)
        self.assertContains(page, "Sie werden nach 5 Minuten ohne Eingabe ausgeloggt")
        assert client.get(LEARNING).status_code == 302
        entry = ModelLogEntry.objects.filter(action="terminals.on").latest("pk")
        assert entry.user == self.hilde

    def test_the_list_is_of_the_own_authority(self):
        client = Client()
        for user, is_shown in ((self.hilde, True), (self.bernd, False)):
            client.force_login(user)
            page = client.get(reverse("terminals")).content.decode()
            assert (str(self.terminal.uuid) in page) == is_shown

    def test_nobody_switches_on_for_another_authority(self):
        client = Client()
        client.force_login(self.bernd)
        answer = client.post(
            reverse("terminals"),
            {"name": "Kita", "organisation": self.coesfeld.pk, "minutes": "5"},
        )
        assert answer.status_code == 422
        assert COOKIE not in answer.cookies
        assert Terminal.objects.count() == 1

    def test_a_device_of_another_authority_is_not_found_and_stays(self):
        client = Client()
        client.force_login(self.bernd)
        url = reverse("switch_off_terminal", args=[self.terminal.uuid])
        assert client.post(url).status_code == 404
        assert Terminal.objects.exists()
        client.force_login(self.anna)
        assert client.post(url).status_code in {302, 404}
        assert Terminal.objects.exists()

    def test_it_is_switched_off_from_anywhere_and_at_the_device(self):
        client = Client()
        client.force_login(self.hilde)
        url = reverse("switch_off_terminal", args=[self.terminal.uuid])
        assert client.get(url).status_code == 405
        self.assertContains(client.post(url, follow=True), "kein gemeinsam genutztes Gerät mehr")
        device = self.device()
        page = device.get(LOGIN)
        self.assertNotContains(page, "Gemeinsam genutztes Gerät")
        assert page.cookies[COOKIE]["max-age"] == 0
        assert ModelLogEntry.objects.filter(action="terminals.off").count() == 1
        switch_off(terminal=self.terminal, actor=self.hilde)
        assert ModelLogEntry.objects.filter(action="terminals.off").count() == 1

    def test_at_the_device_itself_the_cookie_goes_too(self):
        device = self.device()
        device.force_login(self.hilde)
        answer = device.post(reverse("switch_off_terminal", args=[self.terminal.uuid]))
        assert answer.cookies[COOKIE]["max-age"] == 0

    def test_a_forged_cookie_is_none(self):
        for value in ("", "x", str(self.terminal.uuid), signing.dumps("x", salt="other")):
            client = Client()
            client.cookies = SimpleCookie({COOKIE: value})
            self.assertNotContains(client.get(LOGIN), "Gemeinsam genutztes Gerät")

    def test_any_other_browser_costs_no_query_and_has_no_short_session(self):
        client = Client()
        self.sign_in(client)
        assert KEY not in client.session
        page = client.get(LEARNING)
        self.assertNotContains(page, "Gemeinsam genutztes Gerät")
        with self.assertNumQueries(0):
            Client().get("/de/geraet/zeit/")

    def test_pictures_are_kept_and_cost_no_query(self):
        device = self.device()
        self.sign_in(device)
        with TemporaryDirectory() as folder, self.settings(MEDIA_ROOT=folder):
            Path(folder, "bild.svg").write_text("<svg/>")
            with self.assertNumQueries(0):
                answer = device.get("/medien/bild.svg")
            assert answer["Cache-Control"] == "public, max-age=3600"
            assert b"".join(answer) == b"<svg/>"


class SessionTests(TerminalTestCase):
    """The server ends sessions, whatever the browser does."""

    def setUp(self):
        self.client = self.device()
        self.answer = self.sign_in(self.client)

    def test_it_ends_with_the_browser(self):
        cookie = self.answer.cookies["sessionid"]
        assert cookie["max-age"] == ""
        assert cookie["expires"] == ""

    def test_without_input_it_is_over(self):
        with self.later(minutes=9, seconds=59):
            assert self.client.get(LEARNING).status_code == 200
        with self.later(minutes=19, seconds=50):
            assert self.client.get(LEARNING).status_code == 200
        with self.later(minutes=30, seconds=STEP + 1):
            answer = self.client.get(LEARNING)
        assert answer.url == f"{LOGIN}?abgelaufen=1"
        self.assertContains(self.client.get(answer.url), "weil einige Minuten lang nichts geschah")
        assert self.client.get(LEARNING).status_code == 302
        assert "_auth_user_id" not in self.client.session

    def test_also_where_the_cookie_of_the_device_is_missing(self):
        del self.client.cookies[COOKIE]
        with self.later(minutes=11):
            assert self.client.get(LEARNING).url == f"{LOGIN}?abgelaufen=1"

    def test_also_of_who_was_signed_in_before_it_was_switched_on(self):
        client = self.device()
        client.force_login(self.anna)
        assert client.get(LEARNING).status_code == 200
        with self.later(minutes=11):
            assert client.get(LEARNING).status_code == 302

    def test_also_after_a_letter_was_redeemed_and_in_the_administration(self):
        device = self.device()
        device.force_login(self.hilde)
        device.get("/admin/")
        with self.later(minutes=11):
            assert device.get("/admin/").status_code == 302
            assert "_auth_user_id" not in device.session

    def test_asking_for_the_time_is_no_input_and_extending_is(self):
        with self.later(minutes=9):
            assert 55 <= self.client.get(TIME).json()["seconds"] <= 61
            assert 55 <= self.client.get(TIME).json()["seconds"] <= 61
            assert self.client.post(TIME).json()["seconds"] == 600
        with self.later(minutes=18):
            assert 55 <= self.client.get(TIME).json()["seconds"] <= 61
        with self.later(minutes=20):
            assert self.client.get(TIME).status_code == 401
        assert "_auth_user_id" not in self.client.session

    def test_what_is_sent_too_late_is_nobodys(self):
        with self.later(minutes=11):
            answer = self.client.post("/de/mein-lernen/einstellungen/", {"more_time": "50"})
        assert answer.status_code == 302
        assert answer.url.startswith(LOGIN)
        assert not OwnSettings.objects.exists()


class CleanTests(TerminalTestCase):
    """Nothing of the person before is shown to the next one."""

    def setUp(self):
        self.client = self.device()

    def test_the_page_of_signing_in_remembers_nothing(self):
        text = self.client.get(LOGIN).content.decode()
        assert re.search(r'<form method="post" class="hub-form" autocomplete="off">', text)
        assert re.search(r'name="username"[^>]* autocomplete="off"', text)
        assert re.search(r'name="password"[^>]* autocomplete="new-password"', text)
        assert 'type="checkbox"' not in text
        elsewhere = Client().get(LOGIN).content.decode()
        assert 'autocomplete="username"' in elsewhere

    def test_no_page_is_kept(self):
        for url in (LOGIN, "/de/einladung/"):
            assert "no-store" in self.client.get(url)["Cache-Control"]
        self.sign_in(self.client)
        for url in (LEARNING, "/de/mein-lernen/einstellungen/", "/de/nachweis-pruefen/"):
            assert "no-store" in self.client.get(url)["Cache-Control"], url

    def test_each_page_says_so_and_has_a_way_out(self):
        self.sign_in(self.client)
        text = self.client.get(LEARNING).content.decode()
        line = "Gemeinsam genutztes Gerät – Sie werden nach 10 Minuten ohne Eingabe ausgeloggt."
        assert line in text
        assert re.search(r'action="/de/ausloggen/" id="ausloggen">.*kern-btn--primary', text)
        # Without a script the page names the time.
        assert re.search(r"<noscript> Das ist um \d\d:\d\d Uhr", text)

    def test_signing_out_clears_what_the_browser_kept(self):
        self.sign_in(self.client)
        answer = self.client.post("/de/ausloggen/")
        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert answer.cookies["messages"]["max-age"] == 0
        assert COOKIE not in answer.cookies
        page = self.client.get("/de/einloggen/")
        for word in ("Terhorst", "anna"):
            assert word not in page.content.decode()

    def test_so_does_a_session_that_ends(self):
        self.sign_in(self.client)
        with self.later(minutes=11):
            assert self.client.get(LEARNING)["Clear-Site-Data"] == '"cache", "storage"'

    def test_the_cookie_of_the_device_is_renewed(self):
        assert self.client.get(LOGIN).cookies[COOKIE].value


class QuizTests(TerminalTestCase):
    """Answers that were saved are on the server; the page is told of those that come too late."""

    def test_an_answer_after_the_end_is_told_to_be_unsaved(self):
        device = self.device()
        self.sign_in(device)
        url = reverse(
            "courses:answer",
            args=["00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"],
        )
        with self.later(minutes=11):
            answer = device.post(url, {})
        assert answer.status_code == 401
        assert "noch nicht gespeichert" in answer.json()["message"]


class LateAnswersTests(TakingTestCase):
    """What somebody sends whose session has ended is kept until she has signed in again."""

    def test_a_form_that_comes_too_late_at_a_shared_device_is_not_lost(self):
        self.anna.set_password(PASSWORD)
        self.anna.save()
        attempt = self.start()
        question = self.asked(attempt)[0]
        terminal = switch_on(
            organisation=self.coesfeld, name="Bauhof", minutes=10, actor=self.hilde
        )
        device = Client()
        device.cookies = SimpleCookie({COOKIE: signing.dumps(str(terminal.uuid), salt=SALT)})
        given = {"username": "anna", "password": PASSWORD}
        device.post(LOGIN, given)
        assert device.get(self.url(attempt)).status_code == 200
        late = time.time() + 11 * 60
        with patch("hub.terminals.sessions.time.time", return_value=late):
            answer = device.post(self.url(attempt), question.as_sent(self.right(question)))
            assert answer.status_code == 302
            assert not attempt.responses.exists()
            page = device.post(answer.url, given, follow=True)
        self.assertContains(page, "Ihre Antworten sind gespeichert")
        assert attempt.responses.get().answer == self.right(question)
