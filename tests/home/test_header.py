"""The menu says where a page stands."""

import re

from django.urls import reverse

from courses import actions
from tests.cases import LearningHubTestCase


class MenuTests(LearningHubTestCase):
    def setUp(self):
        self.client.force_login(self.anna)

    def current(self, url: str) -> list[tuple[str, str]]:
        html = self.client.get(url).content.decode()
        nav = re.search(r'<nav class="hub-nav".*?</nav>', html, re.DOTALL)[0]
        return re.findall(r'aria-current="(\w+)">([^<]+)<', nav)

    def test_each_page_marks_its_place(self):
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        for url, expected in (
            (self.catalogue.url, [("page", "Kurse")]),
            (self.course.url, [("true", "Kurse")]),
            (self.modules[0].url, [("true", "Kurse")]),
            (reverse("courses:attempt", args=[attempt.uuid]), [("true", "Kurse")]),
            (reverse("courses:my_learning"), [("page", "Mein Lernen")]),
            (reverse("certificates:check_form"), [("page", "Nachweis prüfen")]),
            (self.home.url, []),
            ("/de/gibt-es-nicht/", []),
        ):
            assert self.current(url) == expected, url

    def test_visitors_see_where_to_sign_in(self):
        self.client.logout()
        assert self.current(reverse("login")) == [("page", "Einloggen")]
        response = self.client.get(self.course.url)
        self.assertContains(response, f"{reverse('login')}?next={self.course.url}")
        self.assertNotContains(response, ">Mein Lernen<")

    def test_the_district_is_not_named_twice(self):
        assert self.client.get(self.home.url).content.decode().count("hub-brand__place") == 1
        self.coesfeld.name = "Kreis Coesfeld"
        self.coesfeld.save()
        assert "hub-brand__place" not in self.client.get(self.home.url).content.decode()


class SignInTests(LearningHubTestCase):
    def test_an_error_is_tied_to_the_fields(self):
        url = reverse("login")
        self.assertNotContains(self.client.get(url), "aria-invalid")
        response = self.client.post(url, {"username": "anna", "password": "falsch"})
        self.assertContains(response, 'aria-invalid="true" aria-describedby="meldung"', 2)
        self.assertContains(response, 'role="alert" id="meldung"')
