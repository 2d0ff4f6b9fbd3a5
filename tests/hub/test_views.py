from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.urls import resolve, reverse

from home.templatetags.hub_tags import language_links
from tests.cases import LearningHubTestCase


class SigningInTests(LearningHubTestCase):
    def test_who_is_not_admitted_is_told_instead_of_sent_in_circles(self):
        self.client.force_login(self.anna)
        response = self.client.get(reverse("wagtailadmin_home"), follow=True)
        self.assertContains(response, "nicht freigegeben", status_code=403)

    def test_who_is_admitted_gets_there(self):
        self.client.force_login(self.hilde)
        admin = reverse("wagtailadmin_home")
        assert self.client.get(reverse("login"), {"next": admin}).url == admin

    def test_no_address_of_others_is_followed(self):
        self.client.force_login(self.anna)
        response = self.client.get(reverse("login"), {"next": "https://example.org/"})
        assert response.url == reverse("courses:my_learning")

    def test_the_way_into_the_administration_is_offered_to_who_may_use_it(self):
        for user, is_offered in ((self.hilde, True), (self.anna, False)):
            self.client.force_login(user)
            page = self.client.get(self.home.url).content.decode()
            assert (f'href="{reverse("wagtailadmin_home")}"' in page) is is_offered

    def test_a_name_too_long_for_any_account_is_no_error_of_ours(self):
        response = Client().post(reverse("login"), {"username": "a" * 300, "password": "x"})
        self.assertContains(response, "Benutzername oder Passwort")


class AddressTests(LearningHubTestCase):
    def test_a_null_byte_is_refused_in_words(self):
        response = Client().get(reverse("completion_list") + "?q=%00")
        self.assertContains(response, "nicht verstanden", status_code=400)

    def test_documents_are_no_media(self):
        for path in ("documents/a.txt", "x/../documents/a.txt", "/documents/a.txt"):
            assert Client().get(f"/medien/{path}").status_code == 404

    def test_links_to_other_languages_stay_on_this_host(self):
        request = RequestFactory().get("/")
        request.path = "//evil.example/einloggen/"
        urls = {link.url for link in language_links({"request": request})}
        assert urls == {"/evil.example/einloggen/"}

    def test_the_password_of_a_page_can_be_given(self):
        assert reverse("wagtailcore_authenticate_with_password", args=[1, 2]).startswith(
            "/de/_util"
        )
        url = reverse("wagtailcore_authenticate_with_password", args=[1, 2])
        assert resolve(url).url_name == "wagtailcore_authenticate_with_password"


class StaleFormTests(LearningHubTestCase):
    def post(self, **headers):
        return Client(enforce_csrf_checks=True).post(reverse("login"), {}, headers=headers)

    def test_it_is_explained_and_leads_back(self):
        back = f"http://testserver{self.course.url}"
        response = self.post(referer=back)
        self.assertContains(response, "zu lange geöffnet", status_code=403)
        self.assertContains(response, f'href="{back}"', status_code=403)

    @override_settings(ALLOWED_HOSTS=["testserver"])
    def test_it_leads_to_nobody_else(self):
        response = self.post(referer="https://example.org/")
        self.assertNotContains(response, "example.org", status_code=403)


class ErrorPageTests(LearningHubTestCase):
    def test_they_need_nothing_but_themselves(self):
        for name, words in (("500.html", "schiefgegangen"), ("400.html", "nicht verstanden")):
            page = render_to_string(name)
            assert words in page
            assert page.startswith("<!doctype html>")
