"""Freigaben: the new authority sees what the person releases, exactly these fields, no more."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from wagtail.models import ModelLogEntry

from certificates.actions import issue_certificate, reissue_certificate, revoke_certificate
from courses import actions
from courses.actions.releasing import RELEASED, TAKEN_BACK
from courses.completion_matrix import CellStatus, cells_of
from courses.models import Enrolment, ProofRelease, Requirement
from courses.released_proofs import REPORT, rows_of, to_release
from hub.exports.exporters import ExportScope, exporters
from hub.exports.models import ReportSwitch
from hub.organisations.models import Membership, User
from tests.cases import LearningHubTestCase

RELEASES = "/de/mein-lernen/freigaben/"
LIST = "/admin/freigegebene-nachweise/"


class ReleaseTestCase(LearningHubTestCase):
    """*Anna* completed a course in Coesfeld and works in Olfen now."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        today = timezone.localdate()
        cls.proof = actions.enrol(
            membership=Membership.objects.get(user=cls.anna), course=cls.course
        )
        for page in (*cls.modules, cls.quiz):
            actions.complete_activity(enrolment=cls.proof, page=page)
        cls.proof.refresh_from_db()
        Membership.objects.filter(user=cls.anna).update(
            starts_on=today - timedelta(100), ends_on=today - timedelta(1)
        )
        cls.here = Membership.objects.create(
            user=cls.anna,
            organisation=cls.olfen,
            department=cls.olfen.departments.get_or_create(name="Bauamt")[0],
            starts_on=today,
        )
        # Not on by itself: nothing can be released where an authority does not keep the list.
        ReportSwitch.objects.bulk_create(
            ReportSwitch(organisation=authority, report=REPORT, is_on=True)
            for authority in (cls.coesfeld, cls.olfen)
        )

    def release(self, *proofs) -> None:
        actions.release_proofs(
            membership=self.here, enrolments=[row.uuid for row in proofs or [self.proof]]
        )

    def client_of(self, user) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        return client

    def rows(self, organisation=None, **filters) -> list[list]:
        scope = ExportScope(self.bernd, organisation or self.olfen)
        _columns, rows = exporters.get(REPORT)().table(scope, QueryDict(urlencode(filters)))
        return [row for _key, row in rows]

    def complete_anew(self, membership) -> Enrolment:
        Enrolment.objects.filter(pk=self.proof.pk).update(
            completed_at=timezone.now() - timedelta(600),
            expires_on=timezone.localdate() + timedelta(1),
        )
        newer = actions.enrol(membership=membership, course=self.course, refresh_early=True)
        assert newer.cycle == 2
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=newer, page=page)
        newer.refresh_from_db()
        return newer


class FieldTests(ReleaseTestCase):
    def test_nothing_is_told_before(self):
        assert self.rows() == []
        self.assertNotContains(self.client_of(self.bernd).get(LIST), "Terhorst")

    def test_exactly_the_agreed_fields(self):
        self.release()
        assert self.rows() == [
            ["Terhorst", "Anna", "Bauamt", "KI-Grundlagen", "gültig", self.proof.expires_on]
        ]

    def test_neither_when_nor_where_nor_which_text(self):
        self.release()
        page = self.client_of(self.bernd).get(LIST)
        self.assertContains(page, "Terhorst, Anna")
        self.assertContains(page, "Bauamt")
        text = page.content.decode()
        for secret in ("Coesfeld", "Bürgerbüro", "Fassung", f"{timezone.localdate():%d.%m.%Y}"):
            assert secret not in text, secret

    def test_a_proof_that_has_ended(self):
        self.release()
        Enrolment.objects.filter(pk=self.proof.pk).update(
            expires_on=timezone.localdate() - timedelta(1)
        )
        ((*_names, status, until),) = self.rows()
        assert (status, until) == ("abgelaufen", timezone.localdate() - timedelta(1))

    def test_strangers_and_the_former_authority_see_nothing(self):
        self.release()
        assert self.rows(self.coesfeld) == []
        self.assertNotContains(self.client_of(self.hilde).get(LIST), "Terhorst")

    def test_it_ends_with_the_employment(self):
        self.release()
        yesterday = timezone.localdate() - timedelta(1)
        Membership.objects.filter(pk=self.here.pk).update(starts_on=yesterday, ends_on=yesterday)
        assert self.rows() == []

    def test_what_was_completed_here_again_has_its_own_row(self):
        self.release()
        self.complete_anew(self.here)
        assert self.rows() == []
        assert not to_release(self.here).exists()

    def test_a_proof_given_back_is_nobody_elses(self):
        self.release()
        Enrolment.objects.filter(pk=self.proof.pk).update(user=self.hilde)
        assert self.rows() == []

    def test_filters_and_search(self):
        self.release()
        assert len(self.rows(course=str(self.course.course_key), status="valid")) == 1
        assert self.rows(status="ended") == []
        assert len(self.rows(q="terh")) == 1
        assert self.rows(q="meier") == []

    def test_sorted_by_every_column(self):
        self.release()
        client = self.client_of(self.bernd)
        for key in ("person", "-department", "course", "valid_until"):
            self.assertContains(client.get(LIST, {"ordering": key}), "Terhorst")


class RevokedTests(ReleaseTestCase):
    """The former authority has revoked the certificate: it proves nothing to anybody else."""

    def setUp(self):
        self.certificate = issue_certificate(enrolment=self.proof)

    def revoke(self) -> None:
        revoke_certificate(certificate=self.certificate, reason="Irrtum", actor=self.hilde)

    def test_what_was_released_is_told_no_more_and_nothing_of_the_revocation(self):
        self.release()
        client = self.client_of(self.bernd)
        course = f'value="{self.course.course_key}"'
        self.assertContains(client.get(LIST), course)
        self.revoke()
        assert self.rows() == []
        assert not rows_of([self.olfen]).exists()
        # As if nothing had ever been released.
        page = client.get(LIST)
        for secret in ("Terhorst", "Irrtum", course):
            self.assertNotContains(page, secret)
        cells = cells_of([self.olfen], [self.anna.uuid], [self.course.course_key])
        assert not cells.get((self.olfen.pk, self.anna.uuid))

    def test_what_is_revoked_cannot_be_released(self):
        self.revoke()
        client = self.client_of(self.anna)
        self.assertContains(client.get(RELEASES), "keinen gültigen Nachweis")
        client.post(RELEASES, {"proof": str(self.proof.uuid)})
        self.release()
        assert not ProofRelease.objects.exists()

    def test_one_that_was_issued_anew_is_valid(self):
        self.anna.last_name = "Öztürk"
        self.anna.save()
        reissue_certificate(certificate=self.certificate, actor=self.anna)
        assert list(to_release(self.here)) == [self.proof]
        self.release()
        assert len(self.rows()) == 1

    def test_of_several_only_the_one_that_is_revoked(self):
        other = Enrolment.objects.get(pk=self.proof.pk)
        other.pk, other.uuid, other.course_key = None, uuid4(), uuid4()
        other._state.adding = True
        other.save()
        self.revoke()
        assert list(to_release(self.here)) == [other]


class MatrixTests(ReleaseTestCase):
    def cell(self):
        cells = cells_of([self.olfen], [self.anna.uuid], [self.course.course_key])
        return cells.get((self.olfen.pk, self.anna.uuid), {}).get(self.course.course_key)

    def ask(self):
        Requirement.objects.create(
            organisation=self.olfen,
            course_key=self.course.course_key,
            kind="mandatory",
            reason="Art. 4",
        )

    def test_before_and_after(self):
        assert self.cell() is None
        self.ask()
        assert self.cell().status == CellStatus.ASKED
        self.release()
        assert self.cell().status == CellStatus.RELEASED
        assert self.cell().day == self.proof.expires_on
        assert "(freigegeben)" in str(self.cell())

    def test_where_the_list_is_switched_off_again_it_is_not_told_here_either(self):
        self.ask()
        self.release()
        ReportSwitch.objects.filter(organisation=self.olfen).update(is_on=False)
        assert self.cell().status == CellStatus.ASKED
        ReportSwitch.objects.filter(organisation=self.olfen).delete()
        assert self.cell().status == CellStatus.ASKED

    def test_what_has_ended_is_asked_again(self):
        self.ask()
        self.release()
        Enrolment.objects.filter(pk=self.proof.pk).update(
            expires_on=timezone.localdate() - timedelta(1)
        )
        assert self.cell().status == CellStatus.ASKED

    def test_the_own_entry_comes_first(self):
        self.release()
        Enrolment.objects.create(
            user=self.anna, membership=self.here, course_key=self.course.course_key, cycle=2
        )
        assert self.cell().status == CellStatus.OPEN


class PersonTests(ReleaseTestCase):
    def post(self, *proofs, user=None):
        return self.client_of(user or self.anna).post(
            RELEASES, {"proof": [str(row.uuid) for row in proofs]}
        )

    def test_releasing_and_taking_back(self):
        page = self.client_of(self.anna).get(RELEASES)
        self.assertContains(page, "KI-Grundlagen: gültig bis")
        self.assertNotContains(page, " checked")
        self.assertRedirects(self.post(self.proof), RELEASES)
        self.assertContains(self.client_of(self.anna).get(RELEASES), " checked")
        assert len(self.rows()) == 1
        self.post()
        assert self.rows() == []
        entries = ModelLogEntry.objects.filter(action__in=[RELEASED, TAKEN_BACK]).order_by("pk")
        assert [entry.action for entry in entries] == [RELEASED, TAKEN_BACK]

    def test_a_second_time_changes_nothing(self):
        self.post(self.proof)
        before = ProofRelease.objects.get()
        self.post(self.proof)
        after = ProofRelease.objects.get()
        assert (after.uuid, after.released_on) == (before.uuid, before.released_on)
        assert ModelLogEntry.objects.filter(action=RELEASED).count() == 1

    def test_what_has_ended_since_stays_released_until_she_takes_it_back(self):
        self.post(self.proof)
        Enrolment.objects.filter(pk=self.proof.pk).update(
            expires_on=timezone.localdate() - timedelta(1)
        )
        page = self.client_of(self.anna).get(RELEASES)
        self.assertContains(page, "KI-Grundlagen: abgelaufen, galt bis")
        self.assertContains(page, " checked")
        self.post(self.proof)
        assert len(self.rows()) == 1
        self.post()
        assert self.rows() == []
        self.assertNotContains(self.client_of(self.anna).get(RELEASES), "KI-Grundlagen")
        self.post(self.proof)
        assert self.rows() == [], "what has ended is not released anew"

    def test_what_is_somebody_elses_or_was_learnt_here_is_left_out(self):
        other = Enrolment.objects.create(
            user=self.hilde,
            membership=self.membership(self.hilde),
            course_key=self.course.course_key,
        )
        self.post(other)
        assert not ProofRelease.objects.exists()
        self.post(self.complete_anew(self.here))
        assert not ProofRelease.objects.exists()

    def test_rubbish(self):
        answer = self.client_of(self.anna).post(RELEASES, {"proof": ["x", "", "0"]})
        self.assertRedirects(answer, RELEASES)

    def test_where_the_list_is_off_nothing_can_be_released_only_taken_back(self):
        self.post(self.proof)
        ReportSwitch.objects.filter(organisation=self.olfen).update(is_on=False)
        page = self.client_of(self.anna).get(RELEASES)
        self.assertContains(page, "führt zurzeit keine Liste")
        self.assertContains(page, " checked")
        self.post()
        self.assertNotContains(self.client_of(self.anna).get(RELEASES), "KI-Grundlagen")
        self.post(self.proof)
        assert not ProofRelease.objects.exists()
        assert self.client_of(self.bernd).get(LIST).status_code == 404

    def test_who_works_nowhere_releases_nothing(self):
        Membership.objects.filter(pk=self.here.pk).delete()
        assert self.client_of(self.anna).get(RELEASES).status_code == 403

    def test_rows_ask_the_same_number_of_queries(self):
        self.release()
        with self.assertNumQueries(1):
            list(rows_of([self.olfen]))
