"""Letters are written, redeemed once, replaced and revoked; nobody learns a code but by paper."""

import json
from datetime import timedelta
from unittest.mock import patch

from axes.models import AccessAttempt
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import ModelLogEntry

from courses.models import ReminderSettings
from hub.codes import ALPHABET
from hub.invitations import actions
from hub.invitations.actions import DAYS, find, hashed, redeem, revoke, sweep, write_letters
from hub.invitations.models import Invitation, InvitationState
from hub.invitations.people import invitable
from hub.organisations.models import Membership, User
from tests.factories.organisations import MembershipFactory, UserFactory, grant

from .world import InvitationTestCase

PASSWORD = "sieben rote Bagger"


class WritingTests(InvitationTestCase):
    def test_a_code_holds_60_random_bits_in_letters_that_cannot_be_mixed_up(self):
        letters = self.write(self.anna, self.dora)
        codes = {letter.code for letter in letters}
        assert len(codes) == 2
        for code in codes:
            assert len(code.replace("-", "")) * 5 == 60
            assert set(code) <= {*ALPHABET, "-"}
        assert len(set(ALPHABET)) == 32
        assert not set("ILOU") & set(ALPHABET)

    def test_only_a_hash_is_kept(self):
        code = self.code(self.anna)
        stored = json.dumps(
            [list(Invitation.objects.values()), list(ModelLogEntry.objects.values())], default=str
        )
        assert code not in stored
        assert code.replace("-", "") not in stored
        assert Invitation.objects.get().code_hash == hashed(code)
        with self.settings(SECRET_KEY="another"):
            assert hashed(code) != Invitation.objects.get().code_hash

    def test_it_is_logged_for_whom_and_by_whom(self):
        self.write(self.anna, self.dora)
        entry = ModelLogEntry.objects.get(action="invitations.write")
        assert entry.user == self.hilde
        assert entry.object_id == str(self.coesfeld.pk)
        assert entry.data == {
            "letters": 2,
            "people": [str(self.anna.uuid), str(self.dora.uuid)],
        }

    def test_the_letter_names_what_the_person_signs_in_with(self):
        (letter,) = self.write(self.anna)
        assert letter.user_name == "anna"
        assert letter.hr == "Personalamt"
        assert letter.expires_on == timezone.localdate() + timedelta(days=DAYS)

    def test_a_new_letter_makes_the_older_one_void(self):
        old, other = self.code(self.anna), self.code(self.dora)
        new = self.code(self.anna)
        assert find(old) is None
        assert find(new).user == self.anna
        assert find(other).user == self.dora

    def test_what_cannot_be_drawn_changes_nothing(self):
        old = self.code(self.anna)
        with (
            patch.object(actions, "render_letters", side_effect=RuntimeError),
            self.assertRaises(RuntimeError),
        ):
            write_letters(memberships=[self.membership(self.anna)], actor=self.hilde)
        assert find(old) is not None

    def test_none_and_too_many_are_refused(self):
        rows = [self.membership(self.anna)]
        for memberships in ([], rows * (actions.MOST + 1)):
            with self.assertRaises(ValidationError):
                write_letters(memberships=memberships, actor=self.hilde)
        assert not Invitation.objects.exists()

    def test_the_language_is_the_own_where_it_is_known(self):
        ReminderSettings.objects.create(user=self.anna, language="en")
        ReminderSettings.objects.create(user=self.otto, language="de-simple")
        assert [letter.language for letter in self.write(self.anna, self.dora)] == ["en", "de"]
        assert [letter.language for letter in self.write(self.otto)] == ["de-simple"]
        assert [letter.language for letter in self.write(self.anna, language="de")] == ["de"]
        assert "/en/einladung/" in self.write(self.anna)[0].address

    def test_more_letters_take_no_more_queries(self):
        people = [
            self.membership(self.person(f"p{n}", "Kim", f"N{n}", self.coesfeld)) for n in range(12)
        ]
        with patch.object(actions, "render_letters", return_value=b""):
            counts = set()
            for rows in (people[:1], people[1:]):
                with CaptureQueriesContext(connection) as queries:
                    write_letters(memberships=rows, actor=self.hilde)
                counts.add(len(queries))
        assert len(counts) == 1


class WhoTests(InvitationTestCase):
    """To whom HR of an authority may write."""

    def names(self, *organisations):
        return [row.user.username for row in invitable(organisations)]

    def test_it_is_the_people_of_the_authority_who_only_learn(self):
        assert self.names(self.coesfeld) == ["anna", "dora"]
        assert self.names(self.olfen) == ["otto"]
        assert self.names() == []
        User.objects.filter(pk=self.dora.pk).update(is_staff=True)
        assert self.names(self.coesfeld) == ["anna"]
        User.objects.filter(pk=self.dora.pk).update(is_staff=False, is_active=False)
        assert self.names(self.coesfeld) == ["anna"]
        grant(self.anna, self.coesfeld)
        assert self.names(self.coesfeld) == []

    def test_who_changes_belongs_to_the_old_authority_until_then(self):
        today = timezone.localdate()
        Membership.objects.filter(user=self.anna).update(ends_on=today)
        MembershipFactory(
            user=self.anna, organisation=self.olfen, starts_on=today + timedelta(days=1)
        )
        assert "anna" in self.names(self.coesfeld)
        assert "anna" not in self.names(self.olfen)
        Membership.objects.filter(user=self.anna, organisation=self.coesfeld).update(
            starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1)
        )
        assert "anna" not in self.names(self.coesfeld)
        assert "anna" in self.names(self.olfen)

    def test_who_works_for_two_belongs_to_the_later_one(self):
        today = timezone.localdate()
        Membership.objects.filter(user=self.anna).update(
            starts_on=today - timedelta(days=9), ends_on=today + timedelta(days=9)
        )
        MembershipFactory(
            user=self.anna, organisation=self.olfen, starts_on=today - timedelta(days=2)
        )
        assert "anna" not in self.names(self.coesfeld)
        assert "anna" in self.names(self.olfen)
        assert self.names(self.coesfeld, self.olfen).count("anna") == 1

    def test_who_begins_later_is_written_to_before(self):
        new = self.person(
            "neu", "Nele", "Neu", self.coesfeld, starts_on=timezone.localdate() + timedelta(days=9)
        )
        assert "neu" in self.names(self.coesfeld)
        assert find(self.code(new)).user == new


class RedeemingTests(InvitationTestCase):
    def test_it_sets_the_password_once(self):
        code = self.code(self.anna)
        letter = find(code)
        user = redeem(invitation=letter, password=PASSWORD)
        assert user.check_password(PASSWORD)
        assert User.objects.get(pk=self.anna.pk).check_password(PASSWORD)
        assert find(code) is None
        with self.assertRaises(actions.SpentError):
            redeem(invitation=letter, password="etwas ganz anderes")
        assert User.objects.get(pk=self.anna.pk).check_password(PASSWORD)
        assert Invitation.objects.get().state == InvitationState.REDEEMED
        assert ModelLogEntry.objects.get(action="invitations.redeem").user == self.anna

    def test_how_it_is_typed_does_not_matter(self):
        code = self.code(self.anna)
        assert find(f" {code.lower().replace('-', ' ')} ") is not None
        assert find(code.replace("-", "").replace("0", "o").replace("1", "l")) is not None

    def test_it_ends_on_the_day_in_the_letter(self):
        code = self.code(self.anna)
        last = timezone.now() + timedelta(days=DAYS)
        with patch("django.utils.timezone.now", return_value=last):
            assert find(code) is not None
        with patch("django.utils.timezone.now", return_value=last + timedelta(days=1)):
            assert find(code) is None
            with self.assertRaises(actions.SpentError):
                redeem(invitation=Invitation.objects.get(), password=PASSWORD)

    def test_who_may_do_more_now_or_works_elsewhere_cannot_redeem(self):
        code = self.code(self.anna)
        group = grant(self.anna, self.coesfeld)
        assert find(code) is None
        self.anna.groups.remove(group)
        assert find(code) is not None
        Membership.objects.filter(user=self.anna).update(organisation=self.olfen)
        assert find(code) is None

    def test_a_revoked_letter_is_worth_nothing(self):
        code = self.code(self.anna)
        letter = find(code)
        assert revoke(invitation=letter, actor=self.hilde)
        assert find(code) is None
        assert not revoke(invitation=letter, actor=self.hilde)
        assert ModelLogEntry.objects.filter(action="invitations.revoke").count() == 1

    def test_a_lock_ends_with_the_password_it_was_about(self):
        AccessAttempt.objects.create(username="anna", failures_since_start=10)
        AccessAttempt.objects.create(username="dora", failures_since_start=10)
        redeem(invitation=find(self.code(self.anna)), password=PASSWORD)
        assert [attempt.username for attempt in AccessAttempt.objects.all()] == ["dora"]


class KeepingTests(InvitationTestCase):
    def test_letters_are_forgotten_after_a_year(self):
        self.write(self.anna, self.dora)
        long_ago = timezone.now() - timedelta(days=400)
        Invitation.objects.filter(user=self.anna).update(
            written_at=long_ago, expires_on=long_ago.date() + timedelta(days=DAYS)
        )
        assert sweep() == 1
        assert [letter.user for letter in Invitation.objects.all()] == [self.dora]

    def test_a_command_forgets_them_too(self):
        self.write(self.anna)
        long_ago = timezone.now() - timedelta(days=400)
        Invitation.objects.update(written_at=long_ago, expires_on=long_ago.date())
        call_command("remove_old_invitations", verbosity=0)
        assert not Invitation.objects.exists()

    def test_an_account_without_traces_goes_with_its_letters(self):
        loose = UserFactory()
        Invitation.objects.create(
            user=loose, organisation=self.olfen, code_hash="0", expires_on=timezone.localdate()
        )
        loose.delete()
        assert not Invitation.objects.exists()
