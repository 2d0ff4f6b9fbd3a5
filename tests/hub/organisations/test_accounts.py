"""Wagtail's pages for accounts with the hub's own rules: evidence never goes with an account."""

import re

from django.test import TestCase
from django.urls import reverse

from courses.models import Enrolment, Requirement
from hub.organisations.models import Audience, Membership, User
from tests.factories.courses import EnrolmentFactory
from tests.factories.organisations import HRUserFactory, UserFactory


class AccountTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.enrolment = EnrolmentFactory(passed=True)
        cls.learner = cls.enrolment.user
        cls.empty = UserFactory(username="leer")
        cls.hilde = HRUserFactory(
            username="hilde", organisation=cls.enrolment.membership.organisation
        )
        cls.admin = User.objects.create_superuser("admin")

    def setUp(self):
        self.client.force_login(self.admin)


class AccessTests(AccountTestCase):
    def test_hr_reaches_no_account(self):
        self.client.force_login(self.hilde)
        for view, args in (
            ("index", []),
            ("add", []),
            ("edit", [self.learner.pk]),
            ("delete", [self.learner.pk]),
            ("history", [self.learner.pk]),
        ):
            response = self.client.get(reverse(f"wagtailusers_users:{view}", args=args))
            assert response.status_code in {302, 403}, view
        for action in ("delete", "assign_role", "set_active_state"):
            url = reverse("wagtail_bulk_action", args=["organisations", "user", action])
            response = self.client.get(f"{url}?id={self.learner.pk}")
            assert response.status_code in {302, 403}, action
            assert self.learner.last_name.encode() not in response.content


class MembershipTests(AccountTestCase):
    def test_whose_it_is_never_changes(self):
        membership = self.enrolment.membership
        url = reverse("memberships:edit", args=[membership.pk])
        self.assertNotContains(self.client.get(url), 'name="user"')
        self.client.post(
            url,
            {
                "user": self.empty.pk,
                "employment": "employee",
                "starts_on": membership.starts_on,
                "staff_number": "0042",
            },
        )
        membership.refresh_from_db()
        assert membership.user == self.learner
        assert membership.staff_number == "0042"

    def test_an_audience_in_use_stays(self):
        audience = Audience.objects.create(code="alle", name="Alle")
        self.enrolment.membership.audiences.add(audience)
        self.client.post(reverse("audiences:delete", args=[audience.pk]))
        assert self.enrolment.membership.audiences.get() == audience


class JoiningTests(AccountTestCase):
    def test_a_membership_made_by_hand_enrols_in_what_is_required(self):
        organisation = self.enrolment.membership.organisation
        Requirement.objects.create(
            organisation=organisation, course_key=self.enrolment.course_key, due_on="2027-01-31"
        )
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post(
                reverse("memberships:add"),
                {
                    "user": self.empty.pk,
                    "organisation": organisation.pk,
                    "employment": "employee",
                    "starts_on": "2026-01-01",
                },
            )
        enrolment = Enrolment.objects.get(user=self.empty)
        assert (str(enrolment.due_on), enrolment.kind) == ("2027-01-31", "mandatory")

    def test_an_account_without_a_membership_can_be_chosen(self):
        url = reverse("person_chooser:choose_results")
        self.assertContains(self.client.get(url, {"q": "leer"}), f"/{self.empty.pk}/")
        self.client.force_login(self.hilde)
        self.assertNotContains(self.client.get(url, {"q": "leer"}), f"/{self.empty.pk}/")


class DeleteTests(AccountTestCase):
    def test_an_account_with_records_stays_with_a_clear_word(self):
        url = reverse("wagtailusers_users:delete", args=[self.learner.pk])
        page = self.client.get(url)
        self.assertContains(page, "Nachweise")
        self.assertNotContains(page, 'method="POST"')
        response = self.client.post(url, follow=True)
        self.assertContains(response, "Aktiv")
        assert User.objects.filter(pk=self.learner.pk).exists()
        assert Enrolment.objects.filter(pk=self.enrolment.pk).exists()

    def test_an_empty_account_is_deleted(self):
        url = reverse("wagtailusers_users:delete", args=[self.empty.pk])
        self.assertContains(self.client.get(url), 'method="POST"')
        self.client.post(url)
        assert not User.objects.filter(pk=self.empty.pk).exists()

    def test_in_bulk_none_is_deleted_if_one_must_stay(self):
        url = reverse("wagtail_bulk_action", args=["organisations", "user", "delete"])
        query = f"?id={self.learner.pk}&id={self.empty.pk}&next=/admin/users/"
        response = self.client.post(url + query, follow=True)
        self.assertContains(response, "Es wurde nichts gelöscht")
        assert User.objects.filter(pk__in=[self.learner.pk, self.empty.pk]).count() == 2
        self.client.post(f"{url}?id={self.empty.pk}&next=/admin/users/")
        assert not User.objects.filter(pk=self.empty.pk).exists()

    def test_a_group_of_hr_goes_without_its_people(self):
        group = self.hilde.groups.get()
        self.client.post(reverse("wagtailusers_groups:delete", args=[group.pk]))
        assert User.objects.filter(pk=self.hilde.pk).exists()
        assert Membership.objects.filter(user=self.hilde).exists()


class FormTests(AccountTestCase):
    def test_an_account_needs_no_email(self):
        response = self.client.post(
            reverse("wagtailusers_users:add"),
            {
                "username": "bauhof",
                "first_name": "Ute",
                "last_name": "Schulze Höping",
                "email": "",
                "password1": "Sehr-langes-Passwort-1",
                "password2": "Sehr-langes-Passwort-1",
            },
        )
        self.assertRedirects(response, reverse("wagtailusers_users:index"))
        assert User.objects.get(username="bauhof").email == ""

    def test_deactivating_closes_the_door_and_keeps_the_evidence(self):
        self.client.post(
            reverse("wagtailusers_users:edit", args=[self.learner.pk]),
            {
                "username": self.learner.username,
                "first_name": self.learner.first_name,
                "last_name": self.learner.last_name,
                "email": "",
            },
        )
        self.learner.refresh_from_db()
        assert not self.learner.is_active
        assert Enrolment.objects.filter(user=self.learner).exists()


class OwnAccountTests(AccountTestCase):
    """Names come from HR alone: certificates take them from the account."""

    def setUp(self):
        self.client.force_login(self.hilde)
        self.url = reverse("wagtailadmin_account")

    def test_the_own_name_cannot_be_changed(self):
        before = User.objects.values().get(pk=self.hilde.pk)
        name, mail = {"first_name": "Dr. h. c.", "last_name": "X"}, {"email": "x@example.org"}
        data = {
            f"{prefix}-{field}": value
            for prefix in ("name_email", "official_name", "avatar")
            for field, value in (name | mail).items()
        }
        response = self.client.post(self.url, data | {"theme-theme": "dark"} | name | mail)
        after = User.objects.values().get(pk=self.hilde.pk)
        assert before == after
        assert response.status_code in {200, 302}

    def test_it_says_who_changes_it_and_offers_no_field_for_it(self):
        page = self.client.get(self.url).content.decode()
        assert self.hilde.get_full_name() in page
        assert "Personalabteilung" in page
        for field in ("first_name", "last_name", "email", "avatar-avatar"):
            assert not re.search(rf'name="[^"]*{field}"', page), field

    def test_other_settings_are_still_the_own(self):
        self.client.post(
            self.url,
            {
                "locale-preferred_language": "",
                "theme-theme": "dark",
                "theme-contrast": "system",
                "theme-density": "default",
                "theme-keyboard_shortcuts": "on",
            },
        )
        assert self.hilde.wagtail_userprofile.theme == "dark"
