"""Two accounts of one person become one: what is shown, done, told, refused and undone."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.test.utils import isolate_apps
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from certificates.actions import issue_certificate, reissue_certificate
from certificates.models import Certificate
from courses import actions
from courses.actions.rebuilding import rebuild_progress
from courses.documents import Document
from courses.enums import DigestState, EnrolmentSource, LearningState, MoreTime, RequirementKind
from courses.models import (
    Attempt,
    Completion,
    CompletionDecision,
    CountedPerson,
    CountingGroup,
    Enrolment,
    ExternalLearning,
    OwnSettings,
    ReminderDigest,
    Response,
)
from hub.organisations import merging
from hub.organisations.checks import merges_know_all_relations
from hub.organisations.importing.people import read_staff
from hub.organisations.merging.accounts import mergeable, pair_of, proposals, search
from hub.organisations.merging.actions import (
    CannotBeUndone,
    NotAsShown,
    merge_accounts,
    preview,
    undo_merge,
)
from hub.organisations.models import (
    AccountMerge,
    Audience,
    Department,
    GroupOrganisationPermission,
    Membership,
    User,
)
from tests.cases import LearningHubTestCase
from tests.courses.merging_world import all_tables
from tests.factories.courses import ContentVersionFactory
from tests.factories.organisations import grant, permission

PAPER = Document("schein.pdf", b"%PDF-1.7 Schein")
REASON = "Nach der Heirat ein zweites Mal angelegt"


class MergingTestCase(LearningHubTestCase):
    """Anna has a second account, *twin*, at the same authority; Hilde may merge accounts."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.twin = cls.person("anna.neu", "Anna", "Meyer", cls.coesfeld, "Bürgerbüro")
        for hr, organisation in ((cls.hilde, cls.coesfeld), (cls.bernd, cls.olfen)):
            GroupOrganisationPermission.objects.create(
                group=hr.groups.get(),
                organisation=organisation,
                permission=permission("organisations.merge_accounts"),
            )

    def merge(self, kept=None, gone=None, actor=None) -> AccountMerge:
        who = {
            "kept": kept or self.anna,
            "gone": gone or self.twin,
            "actor": actor or self.hilde,
        }
        shown = preview(**who)
        return merge_accounts(**who, confirmed=shown.fingerprint, reason=REASON)

    def undo(self, merge) -> None:
        undo_merge(merge=merge, reason="Doch zwei Personen", actor=self.hilde)

    def enrol(self, user) -> Enrolment:
        return actions.enrol(membership=self.membership(user), course=self.course)

    def complete(self, user, days=0) -> Enrolment:
        """Somebody completes the course, so many days ago."""
        enrolment = self.enrol(user)
        with patch("django.utils.timezone.now", return_value=timezone.now() - timedelta(days)):
            for page in (*self.modules, self.quiz):
                actions.complete_activity(enrolment=enrolment, page=page)
        return enrolment

    def notes(self, **who) -> str:
        who = {"kept": self.anna, "gone": self.twin, "actor": self.hilde} | who
        return " ".join(preview(**who).plan.notes)

    def client_of(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client


class RelationTests(LearningHubTestCase):
    def test_every_relation_to_people_has_its_merger(self):
        assert merging.unknown_relations() == set()
        assert merges_know_all_relations(None) == []

    def test_mergers_name_no_relation_that_is_not_there(self):
        named = [name for _key, cls in merging.mergers.items() for name in cls.moves | cls.stays]
        assert set(named) == merging.relations()
        assert len(named) == len(set(named)), "two mergers claim the same relation"

    @isolate_apps("tests.plugin_example", kwarg_name="apps")
    def test_a_new_relation_is_noticed(self, apps):
        class Badge(models.Model):
            owner = models.ForeignKey(User, on_delete=models.CASCADE)
            place = models.ForeignKey(Membership, on_delete=models.CASCADE)
            people = models.ManyToManyField(User, related_name="+")

            class Meta:
                app_label = "plugin_example"

            def __str__(self):
                return "Abzeichen"

        with patch(
            "hub.organisations.merging.mergers.apps.get_models",
            return_value=apps.get_models(include_auto_created=True),
        ):
            found = merges_know_all_relations(None)
        said = " ".join(warning.msg for warning in found)
        for name in ("Badge.owner", "Badge.place", "Badge.people", "Badge_people.user"):
            assert f"plugin_example.{name}" in said


class AccountTests(MergingTestCase):
    def test_hr_merges_accounts_of_its_own_authority_only(self):
        assert pair_of(self.hilde, self.anna.uuid, self.twin.uuid) == (self.anna, self.twin)
        assert pair_of(self.bernd, self.anna.uuid, self.twin.uuid) is None
        assert pair_of(self.hilde, self.anna.uuid, self.otto.uuid) is None
        assert pair_of(self.admin, self.anna.uuid, self.otto.uuid) == (self.anna, self.otto)

    def test_an_account_makes_no_pair_with_itself(self):
        assert pair_of(self.admin, self.anna.uuid, self.anna.uuid) is None

    def test_who_only_worked_here_counts_while_she_works_nowhere_else(self):
        self.twin.memberships.update(
            starts_on=timezone.localdate() - timedelta(9),
            ends_on=timezone.localdate() - timedelta(5),
        )
        assert pair_of(self.hilde, self.anna.uuid, self.twin.uuid)
        Membership.objects.create(user=self.twin, organisation=self.olfen)
        assert pair_of(self.hilde, self.anna.uuid, self.twin.uuid) is None

    def test_hr_of_two_authorities_needs_one_that_both_have_in_common(self):
        grant(self.hilde, self.olfen, "organisations.merge_accounts")
        hilde = User.objects.get(pk=self.hilde.pk)
        assert self.otto in mergeable(hilde)
        assert pair_of(hilde, self.anna.uuid, self.otto.uuid) is None

    def test_accounts_that_may_do_more_than_learn_are_left_to_administrators(self):
        grant(self.twin, self.coesfeld, "courses.view_completion_list")
        assert pair_of(self.hilde, self.anna.uuid, self.twin.uuid) is None
        assert pair_of(self.admin, self.anna.uuid, self.twin.uuid)

    def test_an_account_that_was_merged_is_in_no_other_merge(self):
        self.merge()
        assert self.twin not in mergeable(self.hilde)
        assert self.twin not in mergeable(self.admin)

    def test_search_by_name_in_any_spelling_number_address_and_user_name(self):
        self.twin.memberships.update(staff_number="0815")
        User.objects.filter(pk=self.twin.pk).update(email="meyer@coesfeld.example")
        for words in ("meyer", "MEYER anna", "0815", "meyer@coesfeld", "anna.neu"):
            assert search(self.hilde, words) == [self.twin], words
            assert search(self.bernd, words) == []
        assert search(self.hilde, "") == []

    def test_a_staff_number_of_another_authority_finds_nobody(self):
        past = timezone.localdate() - timedelta(90)
        Membership.objects.create(
            user=self.twin,
            organisation=self.olfen,
            staff_number="4711",
            starts_on=past,
            ends_on=past,
        )
        assert search(self.hilde, "4711") == []
        (found,) = search(self.hilde, "meyer")
        assert [row.organisation for row in found.own_memberships] == [self.coesfeld]

    def test_proposed_are_the_same_number_or_name_and_domain_of_ones_own(self):
        assert proposals(self.hilde) == []
        yesterday = timezone.localdate() - timedelta(1)
        self.anna.memberships.update(staff_number="7", starts_on=yesterday, ends_on=yesterday)
        self.twin.memberships.update(staff_number="7")
        (proposal,) = proposals(self.hilde)
        assert {proposal.one, proposal.other} == {self.anna, self.twin}
        assert proposals(self.bernd) == []

        self.twin.memberships.update(staff_number="8")
        self.twin.last_name, self.twin.email = "Terhorst", "anna@coesfeld.example"
        self.twin.save()
        User.objects.filter(pk=self.anna.pk).update(email="at@Coesfeld.example")
        assert len(proposals(self.hilde)) == 1
        User.objects.filter(pk=self.anna.pk).update(email="at@olfen.example")
        assert proposals(self.hilde) == []

    def test_proposing_takes_as_many_queries_for_many_people(self):
        def propose():
            hilde = User.objects.get(pk=self.hilde.pk)
            with self.assertNumQueries(6):
                return proposals(hilde)

        self.twins(1)
        assert len(propose()) == 1
        self.twins(9)
        assert len(propose()) == 10

    def twins(self, count):
        """So many pairs of accounts with one name and domain each."""
        for _number in range(count):
            last = f"Doppelt-{User.objects.count()}"
            for account in ("eins", "zwei"):
                user = self.person(f"{last}.{account}", "Kim", last, self.coesfeld, "Bauhof")
                User.objects.filter(pk=user.pk).update(email=f"{account}@coesfeld.example")


class MergeTests(MergingTestCase):
    def test_the_other_account_is_closed_not_deleted(self):
        twin = self.client_of(self.twin)
        assert twin.get(reverse("courses:my_learning")).status_code == 200
        self.merge()
        self.twin.refresh_from_db()
        assert not self.twin.is_active
        # Who was signed in is no longer, and nobody can sign in.
        self.assertRedirects(
            twin.get(reverse("courses:my_learning")),
            f"{reverse('login')}?next={reverse('courses:my_learning')}",
        )
        assert not Client().login(username="anna.neu", password="geheim")
        assert Client().login(username="anna", password="geheim")

    def test_employments_of_one_authority_and_period_become_one(self):
        early = timezone.localdate() - timedelta(400)
        audience = Audience.objects.create(code="leitung", name="Leitung")
        place = self.membership(self.twin)
        place.audiences.add(audience)
        Membership.objects.filter(pk=place.pk).update(starts_on=early, staff_number="007")
        self.merge()
        stays = self.membership(self.anna)
        assert (stays.starts_on, stays.ends_on, stays.staff_number) == (early, None, "007")
        assert list(stays.audiences.all()) == [audience]
        assert not self.twin.memberships.exists()
        # A list of employees with the number of either account finds the account that stays.
        assert read_staff(self.coesfeld).by_number["007"].user_id == self.anna.pk

    def test_of_two_staff_numbers_one_goes_and_hr_is_told(self):
        self.anna.memberships.update(staff_number="100")
        self.twin.memberships.update(staff_number="200")
        assert "Personalnummer 100 bleibt, 200 entfällt" in self.notes()
        # The other way round the other one stays.
        assert "Personalnummer 200 bleibt" in self.notes(kept=self.twin, gone=self.anna)
        self.merge()
        assert self.membership(self.anna).staff_number == "100"

    def test_the_employment_of_today_says_department_and_number(self):
        soon = timezone.localdate() + timedelta(3)
        self.anna.memberships.update(staff_number="100", ends_on=soon)
        hall = Department.objects.create(organisation=self.coesfeld, name="Bauhof")
        self.twin.memberships.update(staff_number="200", department=hall, employment="trainee")
        self.merge()
        stays = self.membership(self.anna)
        assert (stays.staff_number, stays.ends_on) == ("200", None)
        assert (stays.department, stays.employment) == (hall, "trainee")

    def test_staff_numbers_of_another_authority_are_not_told(self):
        past = timezone.localdate() - timedelta(90)
        for user, number in ((self.anna, "4711"), (self.twin, "4712")):
            Membership.objects.create(
                user=user,
                organisation=self.olfen,
                staff_number=number,
                starts_on=past,
                ends_on=past,
            )
        assert "4711" not in self.notes()
        assert "4711" in self.notes(actor=self.admin)

    def test_other_employments_come_along_as_they_are(self):
        past = timezone.localdate() - timedelta(90)
        elsewhere = Membership.objects.create(
            user=self.twin, organisation=self.olfen, starts_on=past, ends_on=past
        )
        self.merge()
        elsewhere.refresh_from_db()
        assert (elsewhere.user, elsewhere.starts_on, elsewhere.ends_on) == (self.anna, past, past)

    def test_who_works_for_two_authorities_today_is_not_merged(self):
        shown = preview(kept=self.anna, gone=self.otto, actor=self.admin)
        assert not shown.is_possible
        with pytest.raises(NotAsShown):
            merge_accounts(
                kept=self.anna,
                gone=self.otto,
                confirmed=shown.fingerprint,
                reason=REASON,
                actor=self.admin,
            )
        assert not AccountMerge.objects.exists()

    def test_nobody_closes_the_account_she_is_signed_in_with_nor_keeps_a_closed_one(self):
        assert not preview(kept=self.anna, gone=self.admin, actor=self.admin).is_possible
        self.anna.is_active = False
        assert not preview(kept=self.anna, gone=self.twin, actor=self.hilde).is_possible

    def test_rights_do_not_come_along(self):
        grant(self.twin, self.coesfeld, "courses.view_completion_list")
        assert "Rechte" in self.notes(actor=self.admin)
        self.merge(actor=self.admin)
        assert not self.anna.groups.exists()
        assert self.twin.groups.count() == 1

    def test_all_that_was_learnt_comes_along_with_its_dates(self):
        done = self.complete(self.twin, days=30)
        proof = issue_certificate(enrolment=done)
        before = Certificate.objects.filter(pk=proof.pk).values().get()
        page = Client().get(reverse("certificates:check", args=[proof.code])).content
        completions = list(Completion.objects.order_by("pk").values())
        self.merge()
        came = Enrolment.objects.get(user=self.anna)
        assert (came.uuid, came.completed_at) == (done.uuid, done.completed_at)
        assert list(Completion.objects.order_by("pk").values()) == completions
        # What was issued stays true: the record, the number, the page that checks it.
        assert Certificate.objects.filter(pk=proof.pk).values().get() == before
        assert Client().get(reverse("certificates:check", args=[proof.code])).content == page

    def test_a_certificate_with_another_name_can_be_issued_anew_but_is_not(self):
        proof = issue_certificate(enrolment=self.complete(self.twin))
        grant(self.hilde, self.coesfeld, "certificates.view_certificate")
        self.hilde = User.objects.get(pk=self.hilde.pk)
        assert "anderen Namen" in self.notes()
        self.merge()
        proof = Certificate.objects.get(pk=proof.pk)
        assert proof.has_old_name
        assert proof.replaced_by is None
        anew = reissue_certificate(certificate=proof, actor=self.hilde)
        assert anew.payload["person_name"] == "Anna Terhorst"
        proof.refresh_from_db()
        assert proof.replaced_by == anew

    def test_who_handed_over_or_decided_is_still_named(self):
        done = self.enrol(self.otto)
        by = Completion.objects.create(
            enrolment=done,
            activity_key=self.quiz.activity_key,
            content_version=self.version(self.quiz),
            source="override",
            actor=self.twin,
            reason="Schein lag vor",
            completed_at=timezone.now(),
        )
        self.merge()
        by.refresh_from_db()
        assert by.actor == self.twin

    def test_own_records_stay_own(self):
        facts = actions.LearningFacts("webinar", "KI", "Institut", 60, timezone.localdate())
        record = actions.submit_learning(
            membership=self.membership(self.twin), facts=facts, document=PAPER
        )
        self.merge()
        record = ExternalLearning.objects.get(pk=record.pk)
        assert record.membership.user == self.anna
        assert record.is_own

    def test_of_two_records_of_one_training_one_is_taken_back(self):
        facts = actions.LearningFacts("webinar", "KI", "Institut", 60, timezone.localdate())
        waits, accepted = (
            actions.submit_learning(membership=self.membership(user), facts=facts, document=PAPER)
            for user in (self.anna, self.twin)
        )
        actions.accept_learning(record=accepted, actor=self.hilde, course_key=None)
        merge = self.merge()
        waits, accepted = (ExternalLearning.objects.get(pk=row.pk) for row in (waits, accepted))
        assert accepted.state == LearningState.ACCEPTED
        assert waits.state == LearningState.WITHDRAWN
        assert "zwei Konten" in waits.reason
        self.undo(merge)
        assert ExternalLearning.objects.get(pk=waits.pk).state == LearningState.SUBMITTED

    def test_more_time_comes_along_and_no_row_tells_whose(self):
        own = OwnSettings.objects.of(self.twin)
        own.more_time = MoreTime.values[1]
        own.save()
        merge = self.merge()
        assert OwnSettings.objects.of(self.anna).more_time == own.more_time
        merge.refresh_from_db()
        assert "OwnSettings" not in repr(merge.steps)
        assert own.owner_key not in repr(merge.steps)
        self.undo(merge)
        assert OwnSettings.objects.get() == own

    def test_what_she_has_set_since_is_her_own_and_survives_undoing(self):
        own = OwnSettings.objects.of(self.twin)
        own.save()
        merge = self.merge()
        self.client_of(self.anna).post(
            reverse("courses:own_settings"), {"more_time": MoreTime.values[1]}
        )
        self.undo(merge)
        assert OwnSettings.objects.of(self.anna).more_time == MoreTime.values[1]


class CourseTests(MergingTestCase):
    """Both accounts know the same course."""

    def cycles(self, user=None):
        rows = Enrolment.objects.filter(user=user or self.anna).order_by("cycle")
        assert not list(rebuild_progress(is_check=True))
        return [(row.cycle, row.uuid, row.status) for row in rows]

    def test_two_proofs_stay_in_the_order_of_their_days(self):
        late, early = self.complete(self.anna, days=5), self.complete(self.twin, days=800)
        days = [row.completed_at.strftime("%d.%m.%Y") for row in (early, late)]
        assert f"KI-Grundlagen: abgeschlossen am {', '.join(days)}" in self.notes(actor=self.admin)
        self.merge()
        assert self.cycles() == [(1, early.uuid, "completed"), (2, late.uuid, "completed")]
        early.refresh_from_db()
        assert early.completed_at < late.completed_at

    def test_what_is_open_beside_a_proof_that_holds_is_not_needed(self):
        done, still_open = self.complete(self.twin, days=30), self.enrol(self.anna)
        actions.complete_activity(enrolment=still_open, page=self.knowledge_check)
        self.merge()
        assert self.cycles() == [(1, done.uuid, "completed")]
        # A part that only the open one had is not lost.
        assert Completion.objects.filter(
            enrolment=done, activity_key=self.knowledge_check.activity_key
        ).exists()

    def test_what_is_open_beside_a_proof_that_has_ended_is_its_refresher(self):
        done, still_open = self.complete(self.twin, days=800), self.enrol(self.anna)
        assert Enrolment.objects.get(pk=done.pk).has_expired(on=timezone.localdate())
        self.merge()
        assert self.cycles() == [(1, done.uuid, "completed"), (2, still_open.uuid, "enrolled")]

    def test_a_refresher_of_the_latest_proof_stays_open(self):
        done = self.complete(self.twin, days=720)
        refresher = actions.enrol(
            membership=self.membership(self.twin), course=self.course, refresh_early=True
        )
        assert refresher.cycle == 2
        own = self.enrol(self.anna)
        actions.complete_activity(enrolment=own, page=self.modules[0])
        self.merge()
        assert self.cycles() == [(1, done.uuid, "completed"), (2, refresher.uuid, "in_progress")]

    def test_two_open_ones_become_one_and_what_is_done_counts(self):
        own, other = self.enrol(self.anna), self.enrol(self.twin)
        early = actions.complete_activity(enrolment=other, page=self.modules[0])
        late = actions.complete_activity(enrolment=own, page=self.modules[0])
        only = actions.complete_activity(enrolment=other, page=self.modules[1])
        merge = self.merge()
        assert self.cycles() == [(1, own.uuid, "in_progress")]
        assert set(own.completions.all()) == {early, only}
        self.undo(merge)
        assert self.cycles() == [(1, own.uuid, "in_progress")]
        assert list(own.completions.all()) == [late]
        assert self.cycles(self.twin) == [(1, other.uuid, "in_progress")]

    def test_of_one_part_the_newer_text_counts(self):
        own, other = self.enrol(self.anna), self.enrol(self.twin)
        actions.complete_activity(enrolment=own, page=self.modules[0])
        newer = actions.complete_activity(enrolment=other, page=self.modules[0])
        version = ContentVersionFactory(
            unit_key=self.modules[0].translation_key, number=2, edition=2
        )
        Completion.objects.filter(pk=newer.pk).update(content_version=version)
        self.merge()
        assert list(own.completions.all()) == [newer]

    def test_what_is_complete_together_is_completed_when_she_goes_on(self):
        own, other = self.enrol(self.anna), self.enrol(self.twin)
        actions.complete_activity(enrolment=own, page=self.modules[0])
        for page in (self.modules[1], self.quiz):
            actions.complete_activity(enrolment=other, page=page)
        merge = self.merge()
        assert not CompletionDecision.objects.exists()
        self.client_of(self.anna).get(self.modules[0].url)
        assert self.cycles() == [(1, own.uuid, "completed")]
        with pytest.raises(CannotBeUndone, match="gelernt"):
            self.undo(merge)

    def test_attempts_come_along_and_one_of_a_quiz_stays_open(self):
        own, other = self.enrol(self.anna), self.enrol(self.twin)
        theirs = actions.start_attempt(enrolment=other, quiz=self.quiz)
        actions.submit_attempt(attempt=theirs, quiz=self.quiz)
        dropped = actions.start_attempt(enrolment=other, quiz=self.quiz)
        kept = actions.start_attempt(enrolment=own, quiz=self.quiz)
        Response.objects.create(
            attempt=dropped,
            question_id=self.quiz.translation_key,
            answer={},
            answered_at=timezone.now(),
        )
        before = all_tables()
        merge = self.merge()
        rows = Attempt.objects.filter(enrolment=own).order_by("number")
        assert [(row.number, row.pk) for row in rows] == [(1, theirs.pk), (2, kept.pk)]
        self.undo(merge)
        assert all_tables() == before

    def test_the_more_urgent_requirement_counts(self):
        due = timezone.localdate() + timedelta(10)
        own, other = self.enrol(self.anna), self.enrol(self.twin)
        Enrolment.objects.filter(pk=other.pk).update(
            kind=RequirementKind.MANDATORY, due_on=due, source=EnrolmentSource.REQUIREMENT
        )
        self.merge()
        own.refresh_from_db()
        assert (own.kind, own.due_on) == (RequirementKind.MANDATORY, due)


class SafetyTests(MergingTestCase):
    def test_who_and_why_is_logged_without_a_name(self):
        merge = self.merge()
        entry = ModelLogEntry.objects.get(action="organisations.merge")
        assert entry.user == self.hilde
        assert entry.data["reason"] == REASON
        assert entry.data["closed"] == str(self.twin.uuid)
        assert "Terhorst" not in entry.label
        self.undo(merge)
        assert ModelLogEntry.objects.get(action="organisations.undo_merge").user == self.hilde

    def test_a_second_time_changes_nothing(self):
        shown = preview(kept=self.anna, gone=self.twin, actor=self.hilde)
        first, second = (
            merge_accounts(
                kept=self.anna,
                gone=self.twin,
                confirmed=shown.fingerprint,
                reason=REASON,
                actor=self.hilde,
            )
            for _time in range(2)
        )
        assert first == second
        self.undo(first)
        before = all_tables()
        self.undo(first)
        assert all_tables() == before
        assert ModelLogEntry.objects.filter(action="organisations.undo_merge").count() == 1

    def test_nothing_is_done_that_was_not_shown(self):
        self.enrol(self.anna)
        other = self.enrol(self.twin)
        shown = preview(kept=self.anna, gone=self.twin, actor=self.hilde)
        actions.complete_activity(enrolment=other, page=self.modules[0])
        before = all_tables()
        with pytest.raises(NotAsShown) as change:
            merge_accounts(
                kept=self.anna,
                gone=self.twin,
                confirmed=shown.fingerprint,
                reason=REASON,
                actor=self.hilde,
            )
        assert all_tables() == before
        assert change.value.preview.fingerprint != shown.fingerprint
        # Shown again, it is done.
        self.merge()

    def test_what_goes_wrong_halfway_leaves_nothing(self):
        self.complete(self.twin)
        shown = preview(kept=self.anna, gone=self.twin, actor=self.hilde)
        before = all_tables()
        with (
            patch("courses.merging.LearningMerger.merged", side_effect=RuntimeError),
            pytest.raises(RuntimeError),
        ):
            merge_accounts(
                kept=self.anna,
                gone=self.twin,
                confirmed=shown.fingerprint,
                reason=REASON,
                actor=self.hilde,
            )
        assert all_tables() == before
        assert not AccountMerge.objects.exists()

    def test_rows_that_no_merger_plans_for_forbid_the_merge(self):
        """A plug-in whose rows hang on a row that would go does not lose them."""
        with patch("courses.merging._plan_courses"):
            self.enrol(self.twin)
            assert not preview(kept=self.anna, gone=self.twin, actor=self.hilde).is_possible

    def test_hr_reads_counts_and_proofs_of_its_authority_and_nothing_else(self):
        past = timezone.localdate() - timedelta(90)
        elsewhere = Membership.objects.create(
            user=self.twin, organisation=self.olfen, starts_on=past, ends_on=past
        )
        self.complete(self.anna)
        Enrolment.objects.create(
            user=self.twin, membership=elsewhere, course_key=self.course.course_key
        )
        shown = preview(kept=self.anna, gone=self.twin, actor=self.hilde)
        figures = {figure.label: (figure.kept, figure.gone) for figure in shown.plan.figures}
        assert figures["Kurse, in denen eine Anmeldung besteht"] == (1, 0)
        said = " ".join(shown.plan.notes)
        assert "KI-Grundlagen" not in said
        assert "bei anderen Behörden" in said
        assert "KI-Grundlagen" in self.notes(actor=self.admin)

    def test_who_may_not_read_the_lists_reads_no_numbers_of_them(self):
        self.complete(self.twin)
        GroupOrganisationPermission.objects.filter(
            permission__codename="view_completion_list", group__user=self.hilde
        ).delete()
        shown = preview(kept=self.anna, gone=self.twin, actor=self.hilde)
        assert [figure.label for figure in shown.plan.figures] == ["Beschäftigungen"]
        assert "KI-Grundlagen" not in " ".join(shown.plan.notes)

    def test_a_reminder_that_waits_is_sent_to_the_account_that_stays(self):
        today = timezone.localdate()
        digest = ReminderDigest.objects.create(
            user=self.twin, organisation=self.coesfeld, day=today, since=today, until=today
        )
        merge = self.merge()
        digest.refresh_from_db()
        assert digest.user == self.anna
        # It is sent meanwhile, and no second time.
        ReminderDigest.objects.update(state=DigestState.SENT)
        self.undo(merge)
        digest.refresh_from_db()
        assert (digest.user, digest.state) == (self.twin, DigestState.SENT)

    def test_nobody_gets_two_reminders_on_one_day(self):
        today = timezone.localdate()
        for user in (self.anna, self.twin):
            ReminderDigest.objects.create(
                user=user, organisation=self.coesfeld, day=today, since=today, until=today
            )
        self.merge()
        assert ReminderDigest.objects.filter(user=self.anna).count() == 1

    def test_somebody_is_counted_once(self):
        group = CountingGroup.objects.create(organisation=self.coesfeld, size=5)
        own, other = self.membership(self.anna), self.membership(self.twin)
        CountedPerson.objects.create(group=group, membership=other)
        merge = self.merge()
        assert CountedPerson.objects.get().membership == own
        self.undo(merge)
        CountedPerson.objects.create(group=group, membership=own)
        self.merge()
        assert CountedPerson.objects.get().membership == own


class UndoTests(MergingTestCase):
    def test_it_is_refused_when_something_was_learnt_in_what_came_over(self):
        self.enrol(self.twin)
        merge = self.merge()
        mine = Enrolment.objects.get(user=self.anna)
        actions.complete_activity(enrolment=mine, page=self.modules[0])
        before = all_tables()
        with pytest.raises(CannotBeUndone, match="gelernt"):
            self.undo(merge)
        assert all_tables() == before

    def test_what_was_learnt_elsewhere_since_stays_and_hinders_nobody(self):
        merge = self.merge()
        mine = self.enrol(self.anna)
        actions.complete_activity(enrolment=mine, page=self.modules[0])
        self.undo(merge)
        assert Enrolment.objects.get().user == self.anna
        assert mine.completions.count() == 1

    def test_it_is_refused_when_she_was_enrolled_under_an_employment_that_would_go_back(self):
        self.anna.memberships.update(
            starts_on=timezone.localdate() - timedelta(9),
            ends_on=timezone.localdate() - timedelta(5),
        )
        merge = self.merge()
        actions.enrol(
            membership=self.anna.memberships.get(ends_on__isnull=True), course=self.course
        )
        with pytest.raises(CannotBeUndone):
            self.undo(merge)

    def test_it_is_refused_when_a_certificate_was_issued_since(self):
        done = self.complete(self.twin)
        merge = self.merge()
        issue_certificate(enrolment=Enrolment.objects.get(pk=done.pk))
        with pytest.raises(CannotBeUndone, match="Nachweis"):
            self.undo(merge)

    def test_it_is_refused_when_the_accounts_were_merged_again(self):
        third = self.person("dritte", "Anna", "Terhorst", self.coesfeld, "Bürgerbüro")
        first = self.merge()
        second = self.merge(kept=third, gone=self.anna)
        with pytest.raises(CannotBeUndone):
            self.undo(first)
        self.undo(second)
        self.undo(first)

    def test_it_is_refused_when_a_row_was_changed_by_other_means(self):
        past = timezone.localdate() - timedelta(90)
        elsewhere = Membership.objects.create(
            user=self.twin, organisation=self.olfen, starts_on=past, ends_on=past
        )
        merge = self.merge()
        Membership.objects.filter(pk=elsewhere.pk).update(user=self.otto)
        before = all_tables()
        with pytest.raises(CannotBeUndone):
            self.undo(merge)
        assert all_tables() == before

    def test_it_is_refused_when_what_a_row_belonged_to_is_gone(self):
        unit = self.membership(self.twin).department
        self.anna.memberships.update(department=None)
        Membership.objects.filter(user=self.twin).update(department=unit)
        merge = self.merge()
        self.anna.memberships.update(department=None)
        unit.delete()
        before = all_tables()
        with pytest.raises(CannotBeUndone):
            self.undo(merge)
        assert all_tables() == before

    def test_what_an_import_has_written_since_stays(self):
        merge = self.merge()
        self.anna.memberships.update(staff_number="0900", starts_on="2020-01-01")
        self.undo(merge)
        assert self.membership(self.anna).staff_number == "0900"
        assert self.twin.memberships.count() == 1

    def test_after_thirty_days_nothing_is_kept_and_nothing_undone(self):
        self.complete(self.twin)
        own = OwnSettings.objects.of(self.twin)
        own.more_time = MoreTime.DOUBLE
        own.save()
        merge = self.merge()
        call_command("remove_expired_merges", stdout=StringIO())
        assert AccountMerge.objects.get().steps
        assert OwnSettings.objects.of(self.anna).copied_from
        AccountMerge.objects.update(merged_at=timezone.now() - timedelta(days=30))
        with pytest.raises(CannotBeUndone, match="30 Tage"):
            self.undo(merge)
        out = StringIO()
        call_command("remove_expired_merges", stdout=out)
        assert "1" in out.getvalue()
        merge.refresh_from_db()
        assert merge.steps == []
        assert not merge.is_undone
        settings = OwnSettings.objects.of(self.anna)
        assert (settings.more_time, settings.copied_from) == (MoreTime.DOUBLE, "")


class PageTests(MergingTestCase):
    def urls(self):
        return (
            reverse("duplicate_accounts"),
            reverse("merge_accounts", args=[self.anna.uuid, self.twin.uuid]),
        )

    def test_a_stranger_gets_404(self):
        _index, pair = self.urls()
        bernd = self.client_of(self.bernd)
        assert bernd.get(pair).status_code == 404
        assert bernd.post(pair, {"reason": "x", "confirmed": "x"}).status_code == 404
        merge = self.merge()
        url = reverse("account_merge", args=[merge.uuid])
        assert bernd.get(url).status_code == 404
        assert bernd.post(url, {"reason": "x"}).status_code == 404
        merge.refresh_from_db()
        assert not merge.is_undone
        self.assertNotContains(bernd.get(reverse("duplicate_accounts")), "anna.neu")

    def test_without_the_permission_there_is_no_page_and_no_entry(self):
        GroupOrganisationPermission.objects.filter(
            permission__codename="merge_accounts", group__user=self.hilde
        ).delete()
        hilde = self.client_of(self.hilde)
        for url in self.urls():
            assert hilde.get(url).status_code == 404
        self.assertNotContains(hilde.get(reverse("wagtailadmin_home")), "doppelte-konten")

    def test_from_the_search_to_the_merge_and_back(self):
        self.complete(self.twin)
        hilde = self.client_of(self.hilde)
        index, pair = self.urls()
        self.assertContains(hilde.get(index, {"q": "anna"}), "anna.neu")
        chosen = hilde.get(index, {"account": [self.anna.uuid, self.twin.uuid]})
        self.assertRedirects(chosen, pair)
        shown = hilde.get(pair)
        self.assertContains(shown, "anna.neu")
        confirmed = shown.context["preview"].fingerprint
        # A reason is asked for.
        answer = hilde.post(pair, {"reason": " ", "confirmed": confirmed})
        assert answer.status_code == 422
        assert not AccountMerge.objects.exists()
        answer = hilde.post(pair, {"reason": REASON, "confirmed": "etwas anderes"})
        self.assertContains(answer, "Nichts wurde zusammengeführt", status_code=409)
        assert not AccountMerge.objects.exists()
        answer = hilde.post(pair, {"reason": REASON, "confirmed": confirmed}, follow=True)
        self.assertContains(answer, REASON)
        merge = AccountMerge.objects.get()
        # A second click leads to the same page.
        again = hilde.post(pair, {"reason": REASON, "confirmed": confirmed})
        self.assertRedirects(again, reverse("account_merge", args=[merge.uuid]))
        answer = hilde.post(reverse("account_merge", args=[merge.uuid]), {"reason": "Irrtum"})
        merge.refresh_from_db()
        assert merge.is_undone
        assert Enrolment.objects.get().user == self.twin

    def test_the_account_in_use_is_proposed_to_stay(self):
        User.objects.filter(pk=self.twin.pk).update(last_login=timezone.now())
        hilde = self.client_of(self.hilde)
        answer = hilde.get(self.urls()[0], {"account": [self.anna.uuid, self.twin.uuid]})
        self.assertRedirects(
            answer, reverse("merge_accounts", args=[self.twin.uuid, self.anna.uuid])
        )

    def test_what_is_no_pair_gets_a_word(self):
        hilde = self.client_of(self.hilde)
        for chosen in (["x"], [self.anna.uuid], [self.anna.uuid, self.otto.uuid], [1, 2, 3]):
            answer = hilde.get(self.urls()[0], {"account": chosen})
            self.assertContains(answer, "zwei Konten")
            self.assertNotContains(answer, "Brüning")
        # So does who has ticked nothing.
        self.assertContains(
            hilde.get(self.urls()[0], {"q": "anna", "compare": "1"}), "zwei Konten von"
        )

    def test_why_it_cannot_be_undone_is_said(self):
        self.enrol(self.twin)
        merge = self.merge()
        actions.complete_activity(
            enrolment=Enrolment.objects.get(user=self.anna), page=self.modules[0]
        )
        hilde = self.client_of(self.hilde)
        url = reverse("account_merge", args=[merge.uuid])
        self.assertContains(hilde.get(url), "gelernt")
        self.assertContains(hilde.post(url, {"reason": "x"}), "gelernt", status_code=409)

    def test_who_has_left_is_undone_by_an_administrator_only(self):
        merge = self.merge()
        self.anna.memberships.update(ends_on=timezone.localdate())
        Membership.objects.create(user=self.anna, organisation=self.olfen)
        url = reverse("account_merge", args=[merge.uuid])
        hilde = self.client_of(self.hilde)
        self.assertContains(hilde.get(url), "Administration")
        assert hilde.post(url, {"reason": "x"}).status_code == 404
        merge.refresh_from_db()
        assert not merge.is_undone

    def test_the_person_is_told_once(self):
        merge = self.merge()
        anna = self.client_of(self.anna)
        desk = reverse("courses:my_learning")
        self.assertContains(anna.get(desk), "anna.neu")
        read = reverse("courses:merge_read", args=[merge.uuid])
        self.client_of(self.otto).post(read)
        self.assertContains(anna.get(desk), "anna.neu")
        assert anna.get(read).status_code == 405
        anna.post(read)
        self.assertNotContains(anna.get(desk), "anna.neu")
        merge.refresh_from_db()
        self.undo(merge)
        self.assertContains(anna.get(desk), "wieder getrennt")
