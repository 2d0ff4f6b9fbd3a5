"""HR chooses people, looks, writes letters and revokes them; for her own authority alone."""

import io
import re
from unittest.mock import patch

import pikepdf
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hub.invitations import actions
from hub.invitations.actions import find
from hub.invitations.models import Invitation, InvitationState
from hub.invitations.views import administration
from hub.organisations.models import Membership, User
from tests.factories.organisations import DepartmentFactory
from tests.pdf.text import pages_of

from .world import InvitationTestCase

PEOPLE, LETTERS = reverse("invitation_people"), reverse("invitation_letters")


class AdministrationTestCase(InvitationTestCase):
    def setUp(self):
        self.client.force_login(self.hilde)

    def pk(self, user):
        return self.membership(user).pk

    def shown(self, **filters):
        """Whom the list shows."""
        page = self.client.get(PEOPLE, filters)
        assert page.status_code == 200
        return [row.user.username for row in page.context["page_obj"]]


class ListTests(AdministrationTestCase):
    def test_it_shows_the_own_people_who_wait_first(self):
        assert self.shown() == ["anna", "dora"]
        self.write(self.anna)
        assert self.shown() == ["dora"]
        assert self.shown(access="never") == ["anna", "dora"]
        assert self.shown(access="letter") == ["anna"]
        User.objects.filter(pk=self.anna.pk).update(last_login=timezone.now())
        assert self.shown(access="never") == ["dora"]
        assert self.shown(access="any") == ["anna", "dora"]

    def test_it_can_be_narrowed_to_those_without_an_address_and_to_a_department(self):
        User.objects.filter(pk=self.anna.pk).update(email="anna@coesfeld.example")
        assert self.shown(mail="without") == ["dora"]
        depot = DepartmentFactory(organisation=self.coesfeld, name="Bauhof")
        Membership.objects.filter(user=self.anna).update(department=depot)
        assert self.shown(department=depot.pk) == ["anna"]

    def test_people_are_found_by_name_user_name_and_number(self):
        Membership.objects.filter(user=self.dora).update(staff_number="0815")
        assert self.shown(q="vennemann") == ["dora"]
        assert self.shown(q="ann") == ["anna", "dora"]
        assert self.shown(q="anna ter") == ["anna"]
        assert self.shown(q="0815") == ["dora"]
        assert self.shown(q="Brüning") == []

    def test_what_the_form_shows_at_first_is_what_the_list_shows(self):
        form = self.client.get(PEOPLE).context["form"]
        first = {name: form.fields[name].choices[0][0] for name in ("access", "mail")}
        assert first == {"access": "waiting", "mail": "any"}
        self.write(self.anna)
        User.objects.filter(pk=self.dora.pk).update(email="dora@coesfeld.example")
        assert self.shown() == self.shown(**first) == ["dora"]

    def test_nonsense_narrows_nothing(self):
        foreign = self.membership(self.otto).department_id
        for filters in ({"department": "x"}, {"department": foreign}, {"access": "?"}, {"p": "x"}):
            assert self.shown(**filters) == ["anna", "dora"], filters

    def test_it_tells_whether_somebody_signed_in_and_never_when(self):
        User.objects.filter(pk=self.anna.pk).update(
            last_login=timezone.now().replace(year=2019, month=3, day=7)
        )
        page = self.client.get(PEOPLE, {"access": "any"}).content.decode()
        assert "noch nie" in page
        assert "2019" not in page

    def test_more_people_take_no_more_queries(self):
        counts = []
        for _round in range(2):
            for n in range(12):
                self.person(f"p{_round}-{n}", "Kim", f"N{n}", self.coesfeld)
            self.write(*User.objects.filter(username__startswith=f"p{_round}")[:6])
            with CaptureQueriesContext(connection) as queries:
                self.client.get(PEOPLE, {"access": "any"})
            counts.append(len(queries))
        assert counts[0] == counts[1]


class WritingTests(AdministrationTestCase):
    def test_first_it_says_what_would_happen(self):
        self.write(self.anna)
        page = self.client.get(LETTERS, {"person": [self.pk(self.anna), self.pk(self.dora)]})
        self.assertContains(page, "2 Briefe werden geschrieben")
        self.assertContains(page, "1 Person hat einen gültigen Brief. Er wird ungültig.")
        self.assertContains(page, "innerhalb von 30 Tagen")
        assert Invitation.objects.count() == 1

    def test_one_file_with_a_letter_for_each(self):
        keys = [self.pk(self.anna), self.pk(self.dora)]
        answer = self.client.post(LETTERS, {"person": keys, "language": ""})
        assert answer["Content-Type"] == "application/pdf"
        assert "no-store" in answer["Cache-Control"]
        assert answer["Content-Disposition"].startswith('attachment; filename="einladungen-')
        pages = pages_of(answer.content)
        assert ["Anna Terhorst" in text for text in pages] == [True, False]
        assert ["Dora Vennemann" in text for text in pages] == [False, True]
        with pikepdf.open(io.BytesIO(answer.content)) as pdf:
            assert len(pdf.pages) == 2
        # What stands in the letter opens the account, and that of nobody else.
        for text, user in zip(pages, (self.anna, self.dora), strict=True):
            code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", text)[0]
            assert find(code).user == user

    def test_all_who_are_shown(self):
        given = {"all": "1", "q": "vennemann", "access": "any"}
        page = self.client.get(LETTERS, given)
        assert [row.user for row in page.context["people"]] == [self.dora]
        # What was looked at is written to: the form names each person.
        self.assertContains(page, f'name="person" value="{self.pk(self.dora)}"')

    def test_the_language_can_be_chosen(self):
        answer = self.client.post(LETTERS, {"person": self.pk(self.anna), "language": "en"})
        assert "Your access to the KI-Hub" in pages_of(answer.content)[0]
        page = self.client.get(LETTERS, {"all": "1"})
        self.assertContains(page, '<option value="de-simple">Leichte Sprache</option>', html=True)
        answer = self.client.post(LETTERS, {"person": self.pk(self.anna), "language": "de-simple"})
        assert "Der KI-Hub ist ein Lern-Programm" in pages_of(answer.content)[0]

    @patch.object(administration, "MOST", 2)
    def test_more_than_a_file_holds_come_in_lots_or_are_refused(self):
        self.person("zoe", "Zoe", "Zumbusch", self.coesfeld)
        page = self.client.get(LETTERS, {"all": "1"})
        assert [row.user.username for row in page.context["people"]] == ["anna", "dora"]
        self.assertContains(page, "1 Person bleibt übrig")
        # Among all, the same ones would come again and again.
        for given in (
            {"all": "1", "access": "any"},
            {"person": [row.pk for row in Membership.objects.all()]},
        ):
            answer = self.client.get(LETTERS, given, follow=True)
            self.assertContains(answer, "Das sind 3 Personen, und eine Datei fasst 2 Briefe.")

    def test_nobody_is_no_letter(self):
        for given in ({}, {"person": "x"}, {"person": "²"}, {"person": "9" * 30}):
            answer = self.client.get(LETTERS, given, follow=True)
            self.assertContains(answer, "Bitte kreuzen Sie mindestens eine Person an.")
            answer = self.client.post(LETTERS, given, follow=True)
            self.assertContains(answer, "Bitte wählen Sie mindestens eine Person")
        assert not Invitation.objects.exists()

    def test_who_may_do_more_gets_none(self):
        """Else HR could become an administrator."""
        admin = User.objects.create_superuser("admin")
        Membership.objects.create(user=admin, organisation=self.coesfeld)
        colleague = self.hilde.memberships.get()
        for membership in (admin.memberships.get(), colleague):
            answer = self.client.post(LETTERS, {"person": membership.pk}, follow=True)
            self.assertContains(answer, "Bitte wählen Sie mindestens eine Person")
        assert not Invitation.objects.exists()


class RevokingTests(AdministrationTestCase):
    def test_a_letter_is_revoked(self):
        code = self.code(self.anna)
        url = reverse("revoke_invitation", args=[find(code).uuid])
        self.assertContains(self.client.get(PEOPLE, {"access": "letter"}), url)
        answer = self.client.post(url, follow=True)
        self.assertContains(answer, "Der Brief von Anna Terhorst gilt nicht mehr.")
        assert find(code) is None
        assert self.client.post(url).status_code == 302

    def test_opening_the_address_revokes_nothing(self):
        code = self.code(self.anna)
        url = reverse("revoke_invitation", args=[find(code).uuid])
        assert self.client.get(url).status_code == 405
        assert find(code) is not None


class StrangerTests(AdministrationTestCase):
    """HR of another authority learns nothing and changes nothing."""

    def setUp(self):
        self.client.force_login(self.bernd)

    def test_the_people_of_another_authority_do_not_exist(self):
        assert self.shown(access="any") == ["otto"]
        for method in (self.client.get, self.client.post):
            answer = method(LETTERS, {"person": self.pk(self.anna)}, follow=True)
            assert b"Terhorst" not in answer.content
        assert not Invitation.objects.exists()

    def test_of_a_mixed_choice_only_the_own_get_letters(self):
        keys = [self.pk(self.anna), self.pk(self.otto)]
        with patch.object(actions, "render_letters", return_value=b"%PDF"):
            self.client.post(LETTERS, {"person": keys})
        assert [letter.user for letter in Invitation.objects.all()] == [self.otto]

    def test_a_letter_of_another_authority_is_not_found_and_stays(self):
        code = self.code(self.anna)
        url = reverse("revoke_invitation", args=[find(code).uuid])
        assert self.client.post(url).status_code == 404
        assert find(code) is not None
        assert Invitation.objects.get().state == InvitationState.OPEN

    def test_whoever_may_not_write_letters_finds_no_page(self):
        self.client.force_login(self.anna)
        for url in (PEOPLE, LETTERS):
            for method in (self.client.get, self.client.post):
                assert method(url).status_code in {302, 404}
