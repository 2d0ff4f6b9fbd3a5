"""Einladung einlösen: the code, the password, the way on; and what nobody learns."""

import re
from datetime import timedelta
from unittest.mock import patch

from django.contrib.messages import get_messages
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from hub.invitations.actions import find, revoke
from hub.invitations.models import Invitation
from hub.invitations.views.redeeming import GUESSES, PATIENCE
from hub.organisations.models import User

from .world import InvitationTestCase

REDEEM, PASSWORD, WELCOME = (
    "/de/einladung/",
    "/de/einladung/passwort/",
    "/de/einladung/willkommen/",
)
CHOSEN = "sieben rote Bagger"


class RedeemingTestCase(InvitationTestCase):
    def setUp(self):
        cache.clear()

    def open(self, code):
        return self.client.post(REDEEM, {"code": code})

    def choose(self, first=CHOSEN, second=None):
        return self.client.post(
            PASSWORD, {"new_password1": first, "new_password2": second or first}
        )


class WayTests(RedeemingTestCase):
    def test_from_the_code_to_learning(self):
        code = self.code(self.anna)
        self.assertContains(self.client.get(REDEEM), "Einladung einlösen")
        self.assertRedirects(self.open(code.lower().replace("-", " ")), PASSWORD)
        self.assertContains(self.client.get(PASSWORD), "Guten Tag Anna, dies ist Ihr Konto")
        self.assertRedirects(self.choose(), WELCOME)
        page = self.client.get(WELCOME)
        self.assertContains(page, "<strong>anna</strong>")
        for language in ("de", "en", "de-simple"):
            self.assertContains(page, f'href="/{language}/mein-lernen/"')
        assert self.client.get("/de/mein-lernen/").status_code == 200
        self.client.post(reverse("logout"))
        assert self.client.login(username="anna", password=CHOSEN)
        assert User.objects.get(pk=self.anna.pk).last_login

    def test_in_english(self):
        code = self.code(self.anna)
        self.assertContains(self.client.get("/en/einladung/"), "Redeem an invitation")
        answer = self.client.post("/en/einladung/", {"code": code})
        self.assertRedirects(answer, "/en/einladung/passwort/")

    def test_the_signed_in_person_is_signed_out(self):
        self.client.force_login(self.dora)
        self.assertContains(self.client.get(REDEEM), "Sie sind eingeloggt als Dora Vennemann")
        self.open(self.code(self.anna))
        self.choose()
        self.assertContains(self.client.get(WELCOME), "<strong>anna</strong>")

    def test_the_old_password_and_old_sessions_end(self):
        self.anna.set_password("altes Passwort 1")
        self.anna.save()
        elsewhere = Client()
        elsewhere.force_login(User.objects.get(pk=self.anna.pk))
        assert elsewhere.get(WELCOME).status_code == 200
        self.open(self.code(self.anna))
        self.choose()
        assert elsewhere.get(WELCOME).status_code == 302
        assert not Client().login(username="anna", password="altes Passwort 1")

    def test_the_welcome_is_for_who_is_signed_in(self):
        assert self.client.get(WELCOME).status_code == 302


class CodeTests(RedeemingTestCase):
    """A code that is not valid says nothing about why, or whose it is."""

    def answer(self, code):
        page = self.open(code)
        assert page.status_code == 422
        text = page.content.decode()
        # But for what was typed, and the token of the form.
        return re.sub(r'value="[^"]*"', "", text)

    def test_unknown_expired_redeemed_replaced_and_revoked_are_answered_alike(self):
        replaced, newer = self.code(self.anna), self.code(self.anna)
        spent, revoked = self.code(self.dora), self.code(self.otto)
        self.open(spent)
        self.choose()
        self.client.logout()
        revoke(invitation=find(revoked), actor=self.bernd)
        Invitation.objects.filter(user=self.anna).update(
            expires_on=timezone.localdate() - timedelta(days=1)
        )
        answers = {
            self.answer(code) for code in ("0000-0000-0000", replaced, newer, spent, revoked)
        }
        assert len(answers) == 1
        (text,) = answers
        assert "Dieser Code gilt nicht." in text
        for told in ("Anna", "Terhorst", "Dora", "abgelaufen am"):
            assert told not in text

    def test_an_error_is_said_at_the_field_and_above(self):
        text = self.open("0000").content.decode()
        assert 'aria-invalid="true"' in text
        described = re.search(r'<input[^>]*name="code"[^>]*aria-describedby="([^"]*)"', text)[1]
        for identifier in described.split():
            assert f'id="{identifier}"' in text
        assert "id_code_error" in described
        assert 'href="#id_code"' in text
        assert 'id="meldung" tabindex="-1"' in text

    def test_nothing_and_too_much_have_words_of_their_own(self):
        assert "Bitte geben Sie den Code aus Ihrem Brief ein." in self.answer("")
        assert "Das ist länger als ein Code." in self.answer("A" * 61)

    @patch("hub.rate_limits.time.time", return_value=0)
    def test_guesses_are_limited_for_each_place(self, _now):
        code = self.code(self.anna)
        for _n in range(GUESSES.limit):
            assert self.open("0000-0000-0000").status_code == 422
        waiting = self.open(code)
        assert waiting.status_code == 429
        assert waiting["Retry-After"] == "60"
        self.assertContains(waiting, "Bitte warten Sie eine Minute", status_code=429)
        other = self.client.post(REDEEM, {"code": code}, REMOTE_ADDR="198.51.100.7")
        assert other.status_code == 302

    def test_the_code_is_in_no_address_and_on_no_page(self):
        code = self.code(self.anna)
        answer = self.open(code)
        assert code not in answer["Location"]
        page = self.client.get(PASSWORD)
        assert code not in page.content.decode()
        assert "no-store" in page["Cache-Control"]
        assert code not in str(dict(self.client.session))


class PasswordTests(RedeemingTestCase):
    def setUp(self):
        super().setUp()
        self.open(self.code(self.anna))

    def test_before_only_the_first_name_and_the_authority_are_told(self):
        text = self.client.get(PASSWORD).content.decode()
        assert "Anna" in text
        assert "Terhorst" not in text
        assert ">anna<" not in text

    def test_bad_passwords_are_refused_in_german(self):
        for first, second, said in (
            ("kurz", None, "mindestens 12 Zeichen"),
            ("passwortpasswort", "anders", "sind nicht identisch"),
            ("Anna Terhorst", None, "ähnlich"),
            ("", None, "Bitte wählen Sie ein Passwort."),
            ("1234567890123", None, "zu üblich"),
        ):
            with self.subTest(first):
                page = self.choose(first, second)
                self.assertContains(page, said, status_code=422)
        assert not User.objects.get(pk=self.anna.pk).has_usable_password()
        assert Invitation.objects.valid().exists()

    def test_errors_are_linked_with_their_fields(self):
        text = self.choose("kurz").content.decode()
        assert 'aria-invalid="true"' in text
        for described in re.findall(r'aria-describedby="([^"]*)"', text):
            for identifier in described.split():
                assert f'id="{identifier}"' in text, identifier

    def test_whoever_leaves_types_the_code_anew(self):
        later = timezone.now().timestamp() + PATIENCE + 1
        with patch("hub.invitations.views.redeeming.time.time", return_value=later):
            page = self.client.get(PASSWORD)
        self.assertContains(page, "geben Sie den Code noch einmal ein", status_code=422)
        self.assertRedirects(self.client.get(PASSWORD), REDEEM)
        assert Invitation.objects.valid().exists()

    def test_a_letter_that_ends_meanwhile_is_worth_nothing(self):
        revoke(invitation=Invitation.objects.get(), actor=self.hilde)
        assert self.choose().status_code == 422
        assert not User.objects.get(pk=self.anna.pk).has_usable_password()

    def test_nobody_comes_here_without_a_code(self):
        stranger = Client()
        assert stranger.get(PASSWORD).url == REDEEM
        assert stranger.post(PASSWORD, {"new_password1": CHOSEN}).url == REDEEM

    def test_a_double_click_is_no_error(self):
        assert self.choose().status_code == 302
        assert self.choose().status_code == 302
        assert User.objects.get(pk=self.anna.pk).check_password(CHOSEN)


class TellingTests(RedeemingTestCase):
    """Whoever has a letter open for her account learns of it when she signs in."""

    def sign_in(self):
        self.anna.set_password(CHOSEN)
        self.anna.save()
        return self.client.post("/de/einloggen/", {"username": "anna", "password": CHOSEN})

    def told(self, answer):
        return [str(message) for message in get_messages(answer.wsgi_request)]

    def test_she_is_told_and_by_whom(self):
        self.write(self.anna)
        (text,) = self.told(self.sign_in())
        assert "wurde für Sie ein Einladungsbrief geschrieben" in text
        assert "Personalamt" in text

    def test_without_a_letter_there_is_nothing_to_tell(self):
        self.write(self.dora)
        assert self.told(self.sign_in()) == []

    @override_settings(AXES_ENABLED=True)
    def test_the_page_of_signing_in_says_what_to_do(self):
        page = self.client.get("/de/einloggen/")
        self.assertContains(page, "gibt Ihnen einen Brief mit einem Code")
        self.assertContains(page, 'href="/de/einladung/"')
