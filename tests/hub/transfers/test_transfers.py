"""Behördenwechsel: the code, what comes along, and what neither authority learns."""

from datetime import timedelta
from unittest.mock import patch

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from wagtail.models import ModelLogEntry

from courses import actions
from courses.models import Enrolment, Requirement
from hub.organisations.models import AccountMerge, Membership, User
from hub.transfers.actions import (
    DAYS,
    NotPossible,
    find,
    hashed,
    looked_at,
    make_code,
    take_along,
)
from hub.transfers.models import TransferCode
from hub.transfers.views import GUESSES, PATIENCE
from tests.cases import LearningHubTestCase

START = "/de/behoerdenwechsel/"
CODE = "/de/behoerdenwechsel/code/"
TAKE = "/de/behoerdenwechsel/uebernehmen/"
RELEASES = "/de/mein-lernen/freigaben/"


class TransferTestCase(LearningHubTestCase):
    """*Anna* has left Coesfeld; Olfen has given her a second account, *new*, after a marriage."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.today = timezone.localdate()
        cls.new = cls.person("a.neumann", "Anna", "Neumann", cls.olfen, "Bauamt")

    def setUp(self):
        cache.clear()

    def leave(self, user=None, days=1):
        row = self.membership(user or self.anna)
        Membership.objects.filter(pk=row.pk).update(
            starts_on=self.today - timedelta(400), ends_on=self.today - timedelta(days)
        )

    def complete(self) -> Enrolment:
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        # While she worked there; what is completed later is none of that authority's business.
        Enrolment.objects.filter(pk=enrolment.pk).update(completed_at=timezone.now() - timedelta(5))
        enrolment.refresh_from_db()
        return enrolment

    def client_of(self, user) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        return client

    def type_code(self, code, user=None) -> tuple[Client, object]:
        client = self.client_of(user or self.new)
        return client, client.post(START, {"code": code})


class WayTests(TransferTestCase):
    def test_from_the_old_account_to_the_new_one(self):
        proof = self.complete()
        page = self.client_of(self.anna).post(CODE)
        code = str(page.context["code"])
        self.assertContains(page, code)
        self.leave()
        client, answer = self.type_code(code.lower().replace("-", " "))
        self.assertRedirects(answer, TAKE)
        page = client.get(TAKE)
        self.assertContains(page, "Anna Terhorst")
        self.assertContains(page, "Stadt Coesfeld: ")
        self.assertContains(page, "KI-Grundlagen: abgeschlossen am")
        assert not AccountMerge.objects.exists(), "looking writes nothing"
        answer = client.post(TAKE, {"confirmed": page.context["preview"].fingerprint})
        self.assertRedirects(answer, RELEASES)
        proof.refresh_from_db()
        assert proof.user == self.new
        assert proof.membership.organisation == self.coesfeld
        assert not User.objects.get(pk=self.anna.pk).is_active
        assert not TransferCode.objects.exists()
        self.assertContains(client.get("/de/mein-lernen/"), "KI-Grundlagen")
        assert not self.client_of(self.new).get("/de/mein-lernen/").context["account_merges"]

    def test_what_is_open_goes_along_to_the_new_authority(self):
        opened = actions.enrol(membership=self.membership(self.anna), course=self.course)
        actions.complete_activity(enrolment=opened, page=self.modules[0])
        code = make_code(user=self.anna)
        self.leave()
        Requirement.objects.create(
            organisation=self.olfen,
            course_key=self.course.course_key,
            kind="mandatory",
            due_days=30,
            reason="Art. 4",
        )
        found = find(hashed(code))
        with self.captureOnCommitCallbacks(execute=True):
            take_along(
                code=found,
                user=self.new,
                confirmed=looked_at(found, user=self.new).fingerprint,
            )
        opened.refresh_from_db()
        assert opened.membership == self.membership_at(self.new, self.olfen)
        assert opened.kind == "mandatory"
        assert opened.completions.count() == 1

    def membership_at(self, user, organisation) -> Membership:
        return Membership.objects.get(user=user, organisation=organisation)

    def test_a_person_who_works_nowhere_finds_the_way(self):
        self.leave()
        client = self.client_of(self.anna)
        self.assertContains(client.get("/de/mein-lernen/"), START, status_code=403)
        self.assertContains(client.get(START), "Umzugscode erstellen")
        assert client.post(CODE).status_code == 200

    def test_in_english(self):
        self.assertContains(self.client_of(self.anna).get("/en/behoerdenwechsel/"), "Step 1")


class CodeTests(TransferTestCase):
    def test_only_the_latest_code_counts_and_only_once(self):
        first, second = make_code(user=self.anna), make_code(user=self.anna)
        assert find(hashed(first)) is None
        self.leave()
        found = find(hashed(second))
        take_along(code=found, user=self.new, confirmed=looked_at(found, user=self.new).fingerprint)
        assert find(hashed(second)) is None

    def test_a_code_ends(self):
        code = make_code(user=self.anna)
        last = self.today + timedelta(DAYS)
        with patch("django.utils.timezone.localdate", return_value=last):
            assert find(hashed(code))
        with patch("django.utils.timezone.localdate", return_value=last + timedelta(1)):
            assert find(hashed(code)) is None

    def test_nothing_that_is_stored_holds_the_code(self):
        code = make_code(user=self.anna)
        row = TransferCode.objects.get()
        entry = ModelLogEntry.objects.get(action="transfers.make_code")
        for letters in (code, code.replace("-", "")):
            assert letters not in f"{row.code_hash} {row} {entry.data}"

    def test_it_is_shown_once(self):
        client = self.client_of(self.anna)
        code = str(client.post(CODE).context["code"])
        page = client.get(START)
        self.assertNotContains(page, code)
        self.assertContains(page, "Neuen Umzugscode erstellen")
        self.assertRedirects(client.get(CODE), START)

    def test_an_account_that_may_do_more_does_not_move(self):
        with self.assertRaises(ValidationError):
            make_code(user=self.hilde)
        client = self.client_of(self.hilde)
        self.assertContains(client.get(START), "darf mehr als lernen")
        self.assertRedirects(client.post(CODE), START)
        assert not TransferCode.objects.exists()

    def test_rights_that_came_later_stop_it(self):
        code = make_code(user=self.anna)
        self.anna.groups.add(self.hilde.groups.get())
        assert find(hashed(code)) is None

    def test_an_account_that_was_closed_meanwhile(self):
        code = make_code(user=self.anna)
        User.objects.filter(pk=self.anna.pk).update(is_active=False)
        assert find(hashed(code)) is None

    def test_who_guesses_waits(self):
        for _n in range(GUESSES.limit):
            _client, answer = self.type_code("0000-0000-0000")
            self.assertContains(answer, "Dieser Code gilt nicht", status_code=422)
        _client, answer = self.type_code(make_code(user=self.anna))
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0

    def test_nothing_typed_and_too_much(self):
        for typed, said in (("", "geben Sie Ihren Umzugscode ein"), ("x" * 61, "länger als")):
            _client, answer = self.type_code(typed)
            self.assertContains(answer, said, status_code=422)


class RefusalTests(TransferTestCase):
    def refused(self, code, user=None) -> str:
        with self.assertRaises(NotPossible) as caught:
            looked_at(find(hashed(code)), user=user or self.new)
        return " ".join(caught.exception.reasons)

    def test_the_former_authority_has_not_entered_the_last_day(self):
        code = make_code(user=self.anna)
        assert "Stadt Coesfeld hat noch nicht eingetragen" in self.refused(code)
        self.leave(days=0)
        assert "hat noch nicht eingetragen" in self.refused(code), "today is the last day"
        _client, answer = self.type_code(code)
        self.assertContains(answer, "hat noch nicht eingetragen", status_code=422)
        assert find(hashed(code)), "the code stays valid"

    def test_the_own_code(self):
        assert "mit dem Sie eingeloggt sind" in self.refused(make_code(user=self.new))

    def test_nobody_hands_on_what_she_has_learnt(self):
        self.complete()
        self.leave()
        other = self.person("olaf", "Olaf", "Brüning", self.olfen, "Bauamt")
        assert "verschiedene Namen" in self.refused(make_code(user=self.anna), other)

    def test_names_without_letters_are_nobody(self):
        self.leave()
        code = make_code(user=self.anna)
        User.objects.filter(pk__in=[self.anna.pk, self.new.pk]).update(first_name="", last_name="")
        self.new.refresh_from_db()
        assert "verschiedene Namen" in self.refused(code)

    def test_what_has_changed_is_shown_again(self):
        self.leave()
        client, _answer = self.type_code(make_code(user=self.anna))
        page = client.get(TAKE)
        Enrolment.objects.create(
            user=self.anna,
            membership=self.membership(self.anna),
            course_key=self.course.course_key,
        )
        answer = client.post(TAKE, {"confirmed": page.context["preview"].fingerprint})
        self.assertContains(answer, "hat sich etwas geändert", status_code=409)
        assert not AccountMerge.objects.exists()
        assert TransferCode.objects.exists()
        again = client.post(TAKE, {"confirmed": answer.context["preview"].fingerprint})
        assert again.status_code == 302
        assert AccountMerge.objects.count() == 1

    def test_sent_twice(self):
        self.leave()
        client, _answer = self.type_code(make_code(user=self.anna))
        shown = client.get(TAKE).context["preview"].fingerprint
        client.post(TAKE, {"confirmed": shown})
        self.assertRedirects(client.post(TAKE, {"confirmed": shown}), START)
        assert AccountMerge.objects.count() == 1

    def test_who_left_the_desk_types_it_again(self):
        self.leave()
        client, _answer = self.type_code(make_code(user=self.anna))
        later = timezone.now().timestamp() + PATIENCE + 1
        with patch("hub.transfers.views.time.time", return_value=later):
            self.assertRedirects(client.get(TAKE), START)

    def test_without_a_code_nobody_gets_there(self):
        self.assertRedirects(self.client_of(self.new).get(TAKE), START)
        for url in (START, CODE, TAKE):
            assert Client().get(url).status_code == 302
            assert "einloggen" in Client().get(url)["Location"]


class SecrecyTests(TransferTestCase):
    """Neither authority learns of the other."""

    def setUp(self):
        super().setUp()
        self.complete()
        self.leave()
        found = find(hashed(make_code(user=self.anna)))
        self.merge = take_along(
            code=found, user=self.new, confirmed=looked_at(found, user=self.new).fingerprint
        )

    def test_no_hr_sees_the_merge(self):
        assert self.merge.organisation is None
        assert self.merge.merged_by == self.new

    def test_the_new_authority_sees_nothing_of_it(self):
        page = self.client_of(self.bernd).get("/admin/abschlussliste/")
        self.assertNotContains(page, "Neumann")

    def test_the_old_one_keeps_what_was_completed_there_under_the_name_of_then(self):
        client = self.client_of(self.hilde)
        page = client.get("/admin/abschlussliste/")
        self.assertContains(page, "Terhorst, Anna")
        self.assertNotContains(page, "Neumann")
        self.assertNotContains(client.get("/admin/abschlussliste/?q=Neum"), "Terhorst, Anna")
