"""Refreshers: what they contain, when they can be begun, and what stays valid meanwhile."""

from datetime import timedelta
from io import StringIO
from unittest.mock import patch

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from certificates.actions import issue_certificate, revoke_certificate
from courses import actions, ending_proofs
from courses.activities import outline, required_of, within
from courses.completion_list import ListStatus, rows_of
from courses.enums import EnrolmentSource, Outcome, RefresherContent, RequirementKind
from courses.models import ContentVersion, Enrolment, Requirement
from courses.progress import course_progress, courses_on_desk
from courses.questions import WHOLE
from courses.quizzing import question_set
from courses.refreshing import CourseToday, Reason, evidence_of, refresher_of
from courses.reminders import ReminderKind, reminders_due
from courses.requiring import effect_of
from courses.rules import add_months
from hub.organisations.models import Audience, Membership, User
from tests.cases import LearningHubTestCase, new_module, publish


class RefreshingTestCase(LearningHubTestCase):
    def setUp(self):
        self.today = timezone.localdate()
        self.client.force_login(self.anna)

    def change(self, page, *, is_substantive=True, language="de") -> ContentVersion:
        """A new version of an activity, as publishing it would make one."""
        known = ContentVersion.objects.filter(unit_key=page.translation_key)
        latest = known.filter(language="de").latest("number")
        own = known.filter(language=language)
        return ContentVersion.objects.create(
            unit_key=page.translation_key,
            language=language,
            number=own.latest("number").number + 1 if own else 1,
            edition=latest.edition + is_substantive if language == "de" else latest.edition,
            is_substantive=is_substantive,
            title=page.title,
            content=latest.content,
            sha256=latest.sha256,
            published_at=timezone.now(),
        )

    def complete(self, user, *, pages=None) -> Enrolment:
        """Complete what is asked of a person in her current cycle."""
        enrolment = self.enrol(user)
        for page in pages or (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        return enrolment

    def certified(self, user, *, ends_in: int = 30) -> Enrolment:
        """Somebody who has completed the course; her proof ends in so many days."""
        enrolment = self.complete(user)
        return self.ends(enrolment, ends_in)

    def ends(self, enrolment, days: int) -> Enrolment:
        enrolment.expires_on = self.today + timedelta(days=days)
        enrolment.completed_at = timezone.now() - timedelta(days=700 - days)
        enrolment.save()
        enrolment.completions.update(completed_at=enrolment.completed_at)
        return enrolment

    def enrol(self, user, *, early=False) -> Enrolment:
        membership = Membership.objects.filter(user=user).latest("pk")
        return actions.enrol(membership=membership, course=self.course, refresh_early=early)

    def refresh(self, user) -> Enrolment:
        return self.enrol(user, early=True)

    def scope(self, enrolment) -> list:
        return [
            page
            for page in (*self.modules, self.knowledge_check, self.quiz)
            if page.activity_key in enrolment.scope_keys
        ]

    def leave(self, user) -> None:
        yesterday = self.today - timedelta(days=1)
        Membership.objects.filter(user=user).update(
            starts_on=yesterday - timedelta(days=800), ends_on=yesterday
        )

    def require(self, organisation=None, **fields) -> Requirement:
        return Requirement.objects.create(
            organisation=organisation or self.coesfeld,
            course_key=self.course.course_key,
            **fields,
        )


class ScopeTests(RefreshingTestCase):
    def test_certificates_of_two_versions_get_different_refreshers_to_the_third(self):
        berta = self.person("berta", "Berta", "Kötter", self.coesfeld, "Bauamt")
        self.certified(self.anna)
        self.change(self.modules[0])
        self.certified(berta)
        self.change(self.modules[1])

        of_v1, of_v2 = self.refresh(self.anna), self.refresh(berta)
        assert self.scope(of_v1) == self.modules
        assert self.scope(of_v2) == [self.modules[1]]

        self.complete(berta, pages=[self.modules[1]])
        actions.complete_activity(enrolment=of_v1, page=self.modules[0])
        of_v1.refresh_from_db()
        of_v2.refresh_from_db()
        assert (of_v1.is_completed, of_v2.is_completed) == (False, True)
        actions.complete_activity(enrolment=of_v1, page=self.modules[1])
        assert of_v1.is_completed
        latest = {self.version(module).pk for module in self.modules}
        for enrolment in (of_v1, of_v2):
            cited = {evidence.completion.content_version_id for evidence in evidence_of(enrolment)}
            assert latest <= cited

    def test_an_editorial_change_is_none(self):
        self.certified(self.anna)
        self.change(self.modules[0], is_substantive=False)
        assert self.scope(self.refresh(self.anna)) == [self.quiz]

    def test_the_highest_edition_she_ever_learnt_counts(self):
        self.certified(self.anna)
        self.change(self.modules[0])
        self.refresh(self.anna)
        self.ends(self.complete(self.anna, pages=[self.modules[0]]), 10)
        self.change(self.modules[1])
        third = self.refresh(self.anna)
        assert third.cycle == 3
        assert self.scope(third) == [self.modules[1]]

    def test_an_older_translation_counts_as_the_older_version(self):
        older = self.change(self.modules[0], language="en")
        self.change(self.modules[0])
        enrolment = self.enrol(self.anna)
        actions.complete_activity(enrolment=enrolment, page=self.modules[0], version=older)
        self.ends(self.complete(self.anna), 30)
        assert self.scope(self.refresh(self.anna)) == [self.modules[0]]

    def test_a_new_part_is_new_and_a_voluntary_one_is_not_asked(self):
        self.certified(self.anna)
        self.change(self.knowledge_check)
        new = publish(self.course, new_module("Modul 3"))
        assert self.refresh(self.anna).scope_keys == {new.activity_key}

    def test_without_changes_it_is_the_test_and_without_a_test_the_whole_text(self):
        self.certified(self.anna)
        self.certified(self.otto)
        assert self.scope(self.refresh(self.anna)) == [self.quiz]
        self.quiz.unpublish()
        assert self.scope(self.refresh(self.otto)) == self.modules

    def test_the_whole_course_where_the_course_says_so(self):
        self.course.refresher_content = RefresherContent.WHOLE
        self.course.save()
        self.certified(self.anna)
        self.change(self.modules[0])
        second = self.refresh(self.anna)
        assert second.scope is None
        assert course_progress(outline(self.course), second).progress.required == 3

    def test_the_course_in_its_first_language_decides(self):
        english = self.course.copy_for_translation(self.en, copy_parents=True)
        english.refresher_content = RefresherContent.WHOLE
        english.save_revision().publish()
        self.certified(self.anna)
        english.refresh_from_db()
        second = actions.enrol(
            membership=self.membership(self.anna), course=english, refresh_early=True
        )
        assert self.scope(second) == [self.quiz]

    def test_what_is_deleted_is_not_missing(self):
        self.certified(self.anna)
        for module in self.modules:
            self.change(module)
        second = self.refresh(self.anna)
        self.modules[0].delete()
        progress = course_progress(outline(self.course), second)
        assert progress.progress.missing == (self.modules[1].activity_key,)
        actions.complete_activity(enrolment=second, page=self.modules[1])
        assert second.is_completed

    def test_who_has_done_the_rest_is_complete_when_a_part_is_deleted(self):
        self.certified(self.anna)
        for module in self.modules:
            self.change(module)
        second = self.refresh(self.anna)
        actions.complete_activity(enrolment=second, page=self.modules[1])
        self.modules[0].delete()
        self.client.get(self.course.url)
        second.refresh_from_db()
        assert second.is_completed

    def test_if_nothing_is_left_of_it_the_test_remains(self):
        self.certified(self.anna)
        self.change(self.modules[0])
        second = self.refresh(self.anna)
        self.modules[0].unpublish()
        self.client.get(self.course.url)
        second.refresh_from_db()
        assert not second.is_completed
        required, _tests = required_of(within(outline(self.course), second.scope_keys))
        assert required == [self.quiz.activity_key]
        actions.complete_activity(enrolment=second, page=self.quiz)
        assert second.is_completed

    def test_what_is_beyond_it_completes_nothing(self):
        self.certified(self.anna)
        self.change(self.modules[0])
        second = self.refresh(self.anna)
        for page in (self.modules[1], self.knowledge_check, self.quiz):
            actions.complete_activity(enrolment=second, page=page)
        assert not second.is_completed
        assert course_progress(outline(self.course), second).progress.percent == 0


class ChoiceTests(RefreshingTestCase):
    """A course that asks for one of two parts to choose from, beside its required ones."""

    def setUp(self):
        super().setUp()
        self.chosen, self.other = (
            publish(self.course, new_module(title, is_required=False))
            for title in ("Wahl 1", "Wahl 2")
        )
        self.ask_for(1)

    def ask_for(self, count):
        self.course.refresh_from_db()
        self.course.electives_needed = count
        self.course.save_revision().publish()

    def certified(self, user, *chosen):
        return self.ends(
            self.complete(user, pages=[*self.modules, self.quiz, *(chosen or [self.chosen])]), 30
        )

    def progress(self, enrolment):
        return course_progress(outline(self.course), enrolment)

    def test_what_she_chose_and_what_changed_belongs_to_it(self):
        self.certified(self.anna)
        self.certified(self.otto, self.other)
        self.change(self.chosen)
        second = self.refresh(self.anna)
        assert second.scope_keys == {self.chosen.activity_key}
        # Whose choice is unchanged has nothing new to learn.
        assert self.scope(self.refresh(self.otto)) == [self.quiz]

    def test_another_part_does_not_stand_for_it_and_it_completes_the_cycle(self):
        self.certified(self.anna)
        self.change(self.chosen)
        second = self.refresh(self.anna)
        assert self.progress(second).progress.missing == (self.chosen.activity_key,)
        actions.complete_activity(enrolment=second, page=self.other)
        assert self.progress(second).progress.percent == 0
        actions.complete_activity(enrolment=second, page=self.chosen)
        assert second.is_completed
        assert second.outcome == Outcome.PASSED
        assert self.progress(second).progress.percent == 100
        newest = self.version(self.chosen).pk
        assert newest in {e.completion.content_version_id for e in evidence_of(second)}

    def test_the_person_reads_why_it_is_asked(self):
        self.certified(self.anna)
        self.change(self.chosen)
        second = self.refresh(self.anna)
        refresher = refresher_of(second, within(outline(self.course), second.scope_keys))
        assert refresher.reasons[self.chosen.activity_key] == Reason.CHANGED
        assert refresher.reasons[self.other.activity_key] == Reason.LATER
        assert "Modul 3, Fassung 2 vom " in refresher.words[self.chosen.activity_key]
        assert "Modul 1, Fassung 1 vom " in refresher.words[self.modules[0].activity_key]
        self.assertContains(self.client.get(self.course.url), "0 von 1 erledigt")

    def test_who_chose_more_than_is_asked_for_is_not_worse_off(self):
        self.certified(self.anna, self.chosen, self.other)
        self.change(self.chosen)
        assert self.scope(self.refresh(self.anna)) == [self.quiz]

    def test_where_nothing_is_to_be_chosen_any_more_nothing_of_it_is_asked(self):
        self.certified(self.anna)
        self.change(self.chosen)
        second = self.refresh(self.anna)
        self.ask_for(0)
        assert self.progress(second).progress.missing == (self.quiz.activity_key,)

    def test_a_course_of_choices_only(self):
        for page in (*self.modules, self.quiz):
            page.refresh_from_db()
            page.is_required = False
            page.save_revision().publish()
        first = self.ends(self.complete(self.anna, pages=[self.chosen]), 30)
        assert first.is_completed
        assert self.refresh(self.anna).scope is None
        Enrolment.objects.filter(user=self.anna, cycle=2).delete()
        self.change(self.chosen)
        second = self.refresh(self.anna)
        assert second.scope_keys == {self.chosen.activity_key}
        self.chosen.unpublish()
        # Nothing of it is left: any part of the course will do.
        actions.complete_activity(enrolment=second, page=self.other)
        assert second.is_completed

    def test_a_chosen_test_stays_passed(self):
        self.quiz.refresh_from_db()
        self.quiz.is_required = False
        self.quiz.save_revision().publish()
        self.ends(self.complete(self.anna, pages=[*self.modules, self.quiz]), 30)
        self.change(self.modules[0])
        second = self.refresh(self.anna)
        actions.complete_activity(enrolment=second, page=self.modules[0])
        assert second.is_completed
        assert second.outcome == Outcome.PASSED


class ChangesMeanwhileTests(RefreshingTestCase):
    def publish_change(self, page):
        page.refresh_from_db()
        page.summary = f"Neu {timezone.now().isoformat()}"
        with self.captureOnCommitCallbacks(execute=True):
            page.save_revision().publish()

    def test_a_refresher_nobody_has_begun_contains_a_later_change(self):
        self.certified(self.anna)
        second = self.refresh(self.anna)
        self.publish_change(self.modules[0])
        second.refresh_from_db()
        assert self.scope(second) == [self.modules[0]]

    def test_what_is_begun_keeps_its_contents_and_the_next_one_has_the_change(self):
        self.certified(self.anna)
        for module in self.modules:
            self.change(module)
        second = self.refresh(self.anna)
        actions.complete_activity(enrolment=second, page=self.modules[0])
        self.publish_change(self.modules[0])
        second.refresh_from_db()
        assert self.scope(second) == self.modules
        actions.complete_activity(enrolment=second, page=self.modules[1])
        assert second.is_completed
        self.ends(second, 5)
        assert self.scope(self.refresh(self.anna)) == [self.modules[0]]

    def test_an_open_attempt_is_a_beginning(self):
        self.certified(self.anna)
        second = self.refresh(self.anna)
        actions.start_attempt(enrolment=second, quiz=self.quiz)
        self.publish_change(self.modules[0])
        second.refresh_from_db()
        assert self.scope(second) == [self.quiz]

    def test_others_are_left_alone_and_many_take_no_more_queries(self):
        def queries(module):
            self.publish_change(module)
            version = self.version(module)
            with CaptureQueriesContext(connection) as found:
                actions.adapt_refreshers(version=version)
            return len(found)

        self.certified(self.anna)
        self.refresh(self.anna)
        first = self.enrol(self.otto)
        few = queries(self.modules[0])
        for n in range(5):
            user = self.person(f"p{n}", "P", f"{n}", self.coesfeld, "Bauamt")
            self.certified(user)
            self.refresh(user)
        assert queries(self.modules[1]) == few
        first.refresh_from_db()
        assert first.scope is None


class WindowTests(RefreshingTestCase):
    def test_it_opens_inside_the_window_only_when_asked_for(self):
        first = self.certified(self.anna, ends_in=60)
        assert self.enrol(self.anna) == first
        second = self.refresh(self.anna)
        assert second.cycle == 2
        assert self.refresh(self.anna) == second
        assert self.enrol(self.anna) == second

    def test_it_does_not_open_before_the_window(self):
        first = self.certified(self.anna, ends_in=61)
        assert self.refresh(self.anna) == first

    def test_after_the_end_learning_anything_opens_it(self):
        self.certified(self.anna, ends_in=-1)
        assert self.enrol(self.anna).cycle == 2

    def test_what_holds_without_an_end_needs_no_refresher(self):
        first = self.certified(self.anna)
        Enrolment.objects.update(expires_on=None)
        self.change(self.modules[0])
        assert self.refresh(self.anna) == first

    def test_the_earlier_proof_stays_and_no_day_is_lost(self):
        first = self.certified(self.anna, ends_in=30)
        before = Enrolment.objects.values().get(pk=first.pk)
        second = self.refresh(self.anna)
        with self.captureOnCommitCallbacks(execute=True):
            actions.complete_activity(enrolment=second, page=self.quiz)
        assert Enrolment.objects.values().get(pk=first.pk) == before
        assert second.expires_on == add_months(first.expires_on, 24)
        assert second.outcome == Outcome.PASSED
        assert second.certificates.get().valid_until == second.expires_on

    def test_who_is_late_counts_from_the_day_she_completes(self):
        self.certified(self.anna, ends_in=-10)
        second = self.complete(self.anna, pages=[self.quiz])
        assert second.is_completed
        assert second.expires_on == add_months(self.today, 24)

    def test_a_refresher_without_the_test_keeps_what_the_test_has_shown(self):
        self.certified(self.anna)
        self.change(self.modules[0])
        second = self.refresh(self.anna)
        actions.complete_activity(enrolment=second, page=self.modules[0])
        assert second.outcome == Outcome.PASSED

    def test_who_never_passed_a_test_has_not_passed_by_reading(self):
        self.quiz.unpublish()
        self.ends(self.complete(self.anna, pages=self.modules), 30)
        self.change(self.modules[0])
        second = self.refresh(self.anna)
        self.quiz.get_latest_revision().publish()
        actions.complete_activity(enrolment=second, page=self.modules[0])
        assert second.is_completed
        assert second.outcome == Outcome.ATTENDED


class EvidenceTests(RefreshingTestCase):
    def keys(self, enrolment, *, is_carried_over):
        return [
            evidence.completion.activity_key
            for evidence in evidence_of(enrolment)
            if evidence.is_carried_over is is_carried_over
        ]

    def test_its_own_come_first_and_the_rest_is_carried_over(self):
        first = self.certified(self.anna)
        self.change(self.modules[1])
        second = self.refresh(self.anna)
        actions.complete_activity(enrolment=second, page=self.modules[1])
        assert self.keys(second, is_carried_over=False) == [self.modules[1].activity_key]
        assert self.keys(second, is_carried_over=True) == [
            self.modules[0].activity_key,
            self.quiz.activity_key,
        ]
        carried = evidence_of(second)[-1].completion.enrolment
        assert (carried.pk, carried.completed_at) == (first.pk, first.completed_at)
        assert len(self.keys(first, is_carried_over=False)) == 3
        assert self.keys(first, is_carried_over=True) == []

    def test_the_certificate_says_what_the_earlier_one_covers_and_leads_to_it(self):
        first = self.certified(self.anna)
        day = timezone.localdate(first.completed_at).strftime("%d.%m.%Y")
        self.change(self.modules[1])
        second = self.refresh(self.anna)
        actions.complete_activity(enrolment=second, page=self.modules[1])
        certificate = issue_certificate(enrolment=second)
        covered = f"abgedeckt durch den Nachweis über den Abschluss vom {day}"
        listed = [(a["title"], a["source_note"]) for a in certificate.payload["activities"]]
        assert listed == [
            (self.modules[1].title, ""),
            (self.modules[0].title, covered),
            (self.quiz.title, covered),
        ]
        page = self.client.get(reverse("certificates:certificate", args=[certificate.uuid]))
        carried = ContentVersion.objects.get(unit_key=self.modules[0].translation_key)
        address = reverse("courses:version", args=[carried.uuid])
        self.assertContains(page, f'href="{address}"')
        assert self.client.get(address).status_code == 200

    def test_a_cycle_of_the_whole_course_carries_nothing_over(self):
        self.certified(self.anna)
        second = self.refresh(self.anna)
        Enrolment.objects.filter(pk=second.pk).update(scope=None)
        self.ends(self.complete(self.anna), 30)
        third = self.refresh(self.anna)
        actions.complete_activity(enrolment=third, page=self.quiz)
        assert len(self.keys(third, is_carried_over=True)) == 2
        assert {e.completion.enrolment.cycle for e in evidence_of(third)} == {2, 3}

    def test_what_was_learnt_for_pleasure_adds_nothing(self):
        first = self.certified(self.anna)
        actions.complete_activity(enrolment=first, page=self.knowledge_check)
        assert self.knowledge_check.activity_key not in self.keys(first, is_carried_over=False)

    def test_queries_do_not_grow_with_cycles(self):
        first = self.certified(self.anna)
        with self.assertNumQueries(1):
            evidence_of(first)
        for _n in range(3):
            self.refresh(self.anna)
            latest = self.ends(self.complete(self.anna, pages=[self.quiz]), 5)
            with self.assertNumQueries(2):
                assert len(evidence_of(latest)) == 3


class AskedBeforeTheEndTests(RefreshingTestCase):
    """An authority asks for a refresher before the proof ends, or where it has no end."""

    def proof(self, user, *, days_ago: int, ends_in: int | None = 700) -> Enrolment:
        """A proof of so many days ago, in line with what is asked today."""
        enrolment = self.complete(user)
        enrolment.completed_at = timezone.now() - timedelta(days=days_ago)
        enrolment.expires_on = None if ends_in is None else self.day(ends_in)
        enrolment.refresh_on = None
        enrolment.save()
        enrolment.completions.update(completed_at=enrolment.completed_at)
        return self.asked(enrolment)

    def asked(self, proof: Enrolment) -> Enrolment:
        """The proof after a night."""
        actions.enrol_everybody()
        proof.refresh_from_db()
        return proof

    def day(self, days: int):
        return self.today + timedelta(days=days)

    def months_after(self, proof, months):
        return add_months(timezone.localdate(proof.completed_at), months)

    def test_who_completes_a_course_is_told_at_once(self):
        self.require(refresh_months=12)
        proof = self.complete(self.anna)
        assert proof.refresh_on == add_months(self.today, 12)
        proof.refresh_from_db()
        assert proof.refresh_on == proof.refresher_due_on == add_months(self.today, 12)
        assert proof.expires_on > proof.refresh_on
        assert self.complete(self.otto).refresh_on is None

    def test_the_proof_and_its_certificate_keep_their_own_end(self):
        before = self.proof(self.anna, days_ago=100)
        until = before.expires_on
        certificate = issue_certificate(enrolment=before)
        assert certificate.valid_until == until
        self.require(refresh_months=4)
        after = self.asked(before)
        certificate.refresh_from_db()
        assert (after.refresh_on, after.expires_on) == (self.day(30), until)
        assert certificate.valid_until == until
        assert not after.has_expired(on=self.day(60))

    def test_the_earlier_of_both_days_counts(self):
        self.require(refresh_months=12)
        assert self.proof(self.anna, days_ago=300, ends_in=20).refresh_on is None
        proof = self.proof(self.person("b", "B", "B", self.coesfeld, "Bauamt"), days_ago=300)
        assert proof.refresh_on == self.months_after(proof, 12)

    def test_it_opens_in_the_window_before_that_day_and_is_due_on_it(self):
        self.require(refresh_months=12)
        proof = self.proof(self.anna, days_ago=200, ends_in=None)
        assert self.refresh(self.anna) == proof
        assert actions.open_due_refreshers() == 0
        berta = self.person("berta", "Berta", "Kötter", self.coesfeld, "Bauamt")
        proof = self.proof(berta, days_ago=310, ends_in=None)
        assert proof.refresh_on == self.months_after(proof, 12)
        second = self.refresh(berta)
        assert (second.cycle, second.due_on) == (2, proof.refresh_on)
        second.delete()
        assert actions.open_due_refreshers() == 1
        opened = Enrolment.objects.get(user=berta, cycle=2)
        assert opened.due_on == proof.refresh_on
        # It stays so, night after night.
        assert actions.enrol_everybody() == 0

    def test_a_refresher_is_not_opened_on_the_day_of_the_completion(self):
        self.require(refresh_months=1)
        self.complete(self.anna)
        assert actions.open_due_refreshers() == 0
        assert actions.open_due_refreshers(on=self.day(10)) == 0
        assert actions.open_due_refreshers(on=self.day(16)) == 1

    def test_a_course_without_an_end_gets_one_refresher_after_the_other(self):
        self.require(refresh_months=12)
        first = self.proof(self.anna, days_ago=350, ends_in=None)
        second = self.refresh(self.anna)
        actions.complete_activity(enrolment=second, page=self.quiz)
        assert second.is_completed
        assert second.refresh_on == add_months(self.today, 12)
        assert first.expires_on is None

    def test_a_new_requirement_makes_nobody_overdue(self):
        proof = self.proof(self.anna, days_ago=1000, ends_in=None)
        assert proof.refresh_on is None
        self.require(refresh_months=12)
        assert self.asked(proof).refresh_on == self.day(30)
        real = timezone.localdate

        def later(value=None, zone=None):
            return real(value, zone) if value else self.day(50)

        with patch("courses.actions.enrolling.timezone.localdate", later):
            assert self.asked(proof).refresh_on == self.day(30)

    def test_nor_does_one_that_changes_or_an_open_refresher(self):
        requirement = self.require(refresh_months=24)
        proof = self.proof(self.anna, days_ago=700, ends_in=None)
        second = self.refresh(self.anna)
        assert second.due_on == self.months_after(proof, 24)
        requirement.refresh_months = 6
        requirement.save()
        self.asked(proof)
        second.refresh_from_db()
        assert (proof.refresh_on, second.due_on) == (second.due_on, second.due_on)
        assert second.due_on >= self.today
        requirement.refresh_months = 60
        requirement.save()
        self.asked(proof)
        second.refresh_from_db()
        assert second.due_on == proof.refresh_on == self.months_after(proof, 60)

    def test_what_is_asked_no_longer_or_by_a_recommendation_that_outranks_nothing(self):
        mandatory = self.require()
        recommended = self.require(
            audience=Audience.objects.create(code="x", name="X"),
            kind=RequirementKind.RECOMMENDED,
            refresh_months=3,
        )
        self.membership(self.anna).audiences.add(recommended.audience)
        # What is mandatory decides, and asks for no refresher.
        proof = self.proof(self.anna, days_ago=300)
        assert proof.refresh_on is None
        mandatory.delete()
        assert self.asked(proof).refresh_on == self.day(30)
        self.membership(self.anna).audiences.clear()
        assert self.asked(proof).refresh_on is None

    def test_who_is_transferred_is_asked_what_the_new_authority_asks(self):
        self.require(refresh_months=6)
        self.require(self.olfen, refresh_months=12)
        proof = self.proof(self.anna, days_ago=600, ends_in=None)
        Enrolment.objects.filter(pk=proof.pk).update(refresh_on=self.day(-20))
        self.leave(self.anna)
        new = Membership.objects.create(user=self.anna, organisation=self.olfen)
        actions.enrol_as_required(membership_ids=[new.pk])
        proof.refresh_from_db()
        # Late at the old one, but not on her first day at the new one.
        assert proof.refresh_on == self.day(30)
        assert proof.membership.organisation == self.coesfeld
        Requirement.objects.filter(organisation=self.olfen).delete()
        assert self.asked(proof).refresh_on is None

    def test_who_comes_back_is_not_told_to_be_late_for_what_she_refreshed_elsewhere(self):
        self.require(refresh_months=6)
        self.require(self.olfen, refresh_months=6)
        proof = self.proof(self.anna, days_ago=170)
        assert proof.refresh_on
        self.leave(self.anna)
        elsewhere = Membership.objects.create(user=self.anna, organisation=self.olfen)
        second = actions.enrol(membership=elsewhere, course=self.course, refresh_early=True)
        actions.complete_activity(enrolment=second, page=self.quiz)
        assert second.is_completed
        Membership.objects.filter(pk=elsewhere.pk).update(
            starts_on=self.day(-9), ends_on=self.day(-1)
        )
        Membership.objects.create(user=self.anna, organisation=self.coesfeld)
        # The first proof is what Coesfeld sees: it holds until it ends.
        assert self.asked(proof).refresh_on is None
        second.refresh_from_db()
        assert second.refresh_on

    def test_the_old_authority_decides_until_the_new_employment_begins(self):
        self.require(refresh_months=6)
        self.require(self.olfen, refresh_months=60)
        Membership.objects.filter(user=self.anna).update(
            starts_on=self.day(-900), ends_on=self.day(9)
        )
        new = Membership.objects.create(
            user=self.anna, organisation=self.olfen, starts_on=self.day(10)
        )
        proof = self.proof(self.anna, days_ago=160, ends_in=None)
        asked_here = proof.refresh_on
        assert asked_here == max(self.months_after(proof, 6), self.day(30))
        actions.enrol_as_required(membership_ids=[new.pk])
        assert self.asked(proof).refresh_on == asked_here
        Membership.objects.filter(user=self.anna, organisation=self.coesfeld).update(
            ends_on=self.day(-1)
        )
        Membership.objects.filter(pk=new.pk).update(starts_on=self.today)
        assert self.asked(proof).refresh_on == self.months_after(proof, 60)

    def works_also(self, organisation, *, since: int) -> Membership:
        """Anna's employment at Coesfeld ends soon; meanwhile she has begun at another authority."""
        Membership.objects.filter(user=self.anna).update(
            starts_on=self.day(-900), ends_on=self.day(20)
        )
        return Membership.objects.create(
            user=self.anna, organisation=organisation, starts_on=self.day(-since)
        )

    def test_of_two_employments_the_one_begun_last_decides_whoever_asks(self):
        self.require(refresh_months=6)
        proof = self.proof(self.anna, days_ago=900, ends_in=None)
        old = self.membership(self.anna)
        self.require(self.olfen, refresh_months=9)
        self.works_also(self.olfen, since=100)
        late = self.day(-50)
        Enrolment.objects.filter(pk=proof.pk).update(refresh_on=late)
        # She was late before: nothing that concerns only the other one gives her new days.
        actions.enrol_as_required(membership_ids=[old.pk])
        for authority in (self.coesfeld, self.olfen):
            actions.enrol_authority(organisation_id=authority.pk, course_key=self.course.course_key)
        assert self.asked(proof).refresh_on == late
        Requirement.objects.filter(organisation=self.coesfeld).delete()
        actions.enrol_authority(organisation_id=self.coesfeld.pk, course_key=self.course.course_key)
        assert self.asked(proof).refresh_on == late
        assert actions.open_due_refreshers() == 1
        assert Enrolment.objects.get(cycle=2).membership.organisation == self.olfen

    def test_of_two_employments_the_one_begun_last_decides_whichever_was_entered_last(self):
        self.require(refresh_months=6)
        self.require(self.olfen, refresh_months=60)
        new = self.works_also(self.olfen, since=300)
        Membership.objects.filter(pk=new.pk).update(ends_on=self.day(30))
        Membership.objects.filter(user=self.anna, organisation=self.coesfeld).update(
            starts_on=self.day(-200)
        )
        proof = self.proof(self.anna, days_ago=150, ends_in=None)
        assert proof.refresh_on == max(self.months_after(proof, 6), self.day(30))
        Enrolment.objects.filter(pk=proof.pk).update(refresh_on=self.day(-1))
        actions.open_due_refreshers()
        assert Enrolment.objects.get(cycle=2).membership.organisation == self.coesfeld

    def test_a_change_of_one_authority_does_not_take_back_what_went_to_the_other(self):
        self.require(due_days=10)
        enrolment = self.enrol(self.anna)
        self.require(self.olfen, due_days=90)
        new = self.works_also(self.olfen, since=1)
        actions.enrol_as_required(membership_ids=[new.pk])
        told = effect_of(
            organisation=self.coesfeld,
            course_key=self.course.course_key,
            requirements=[
                Requirement(
                    organisation=self.coesfeld, course_key=self.course.course_key, due_days=5
                )
            ],
        )
        others = Membership.objects.active().filter(organisation=self.coesfeld)
        assert told.touched == others.exclude(user=self.anna).values("user").distinct().count()
        Requirement.objects.filter(organisation=self.coesfeld).update(due_days=5)
        actions.enrol_authority(organisation_id=self.coesfeld.pk, course_key=self.course.course_key)
        enrolment.refresh_from_db()
        assert enrolment.membership == new
        assert enrolment.due_on == self.day(90)

    def test_no_authority_is_told_by_when_another_asks(self):
        self.require(refresh_months=12)
        proof = self.proof(self.anna, days_ago=300, ends_in=80)
        listed = ending_proofs.rows_of([self.coesfeld]).filter(user=self.anna)
        own = proof.refresh_on
        row = listed.get()
        assert (row.proof_status, row.refresher_due_day) == ("asked", own)
        self.require(self.olfen, refresh_months=6)
        new = self.works_also(self.olfen, since=10)
        # Until it is brought in line it is the day of her own authority.
        assert listed.get().refresher_due_day == own
        assert self.asked(proof).refresh_on < own
        assert proof.is_refresh_asked_elsewhere

        def assert_not_told():
            row = listed.get()
            assert (row.proof_status, row.refresher_due_day) == ("ending", None)
            assert listed.filter(refresher_due=self.day(80)).exists()

        assert_not_told()
        # Nor before the night when the other employment has ended, or that authority is closed.
        self.olfen.is_active = False
        self.olfen.save()
        assert_not_told()
        Membership.objects.filter(pk=new.pk).update(ends_on=self.day(-1))
        assert_not_told()
        # Nor does it stand in the list because of what the other asks.
        Enrolment.objects.filter(pk=proof.pk).update(expires_on=self.day(400))
        assert not listed.exists()
        assert not self.asked(proof).is_refresh_asked_elsewhere
        assert listed.get().refresher_due_day == proof.refresh_on

    def test_the_one_begun_last_decides_on_completion_too(self):
        self.require(refresh_months=6)
        enrolment = self.enrol(self.anna)
        self.works_also(self.olfen, since=1)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        assert enrolment.refresh_on is None
        assert self.asked(enrolment).refresh_on is None

    def test_a_closed_authority_asks_for_nothing(self):
        self.require(refresh_months=12)
        proof = self.proof(self.anna, days_ago=300)
        assert proof.refresh_on
        self.coesfeld.is_active = False
        self.coesfeld.save()
        assert self.asked(proof).refresh_on is None
        assert not proof.is_refresh_asked_elsewhere

    def test_a_closed_account_that_is_opened_again_is_as_late_as_before(self):
        self.require(refresh_months=12)
        proof = self.proof(self.anna, days_ago=300)
        Enrolment.objects.filter(pk=proof.pk).update(refresh_on=self.day(-5))
        User.objects.filter(pk=self.anna.pk).update(is_active=False)
        assert self.asked(proof).refresh_on == self.day(-5)
        User.objects.filter(pk=self.anna.pk).update(is_active=True)
        assert self.asked(proof).refresh_on == max(self.months_after(proof, 12), self.day(-5))

    def test_who_works_nowhere_is_asked_nothing(self):
        self.require(refresh_months=6)
        proof = self.proof(self.anna, days_ago=300)
        assert proof.refresh_on
        self.leave(self.anna)
        assert self.asked(proof).refresh_on is None

    def test_the_person_reads_by_when_and_that_her_certificate_stays(self):
        self.require(refresh_months=12)
        proof = self.proof(self.anna, days_ago=300, ends_in=700)
        desk = reverse("courses:my_learning")
        keeps = "Ihr Nachweis behält seine eigene Gültigkeit."
        for days, words in (
            (100, "Ihre Behörde bittet bis"),
            (50, "Ihre Behörde bittet Sie, das bis"),
            (-1, "Sie können das noch tun."),
        ):
            Enrolment.objects.filter(pk=proof.pk).update(refresh_on=self.day(days))
            for address in (desk, self.course.url):
                page = self.client.get(address)
                self.assertContains(page, words)
                self.assertContains(page, keeps)
                button = self.assertContains if days <= 60 else self.assertNotContains
                button(page, "Auffrischung beginnen")
                self.assertNotContains(page, "Auffrischung fällig")

    def test_the_reminder_is_of_that_day_and_of_one_day_only(self):
        self.course.reminder_days = "30"
        self.course.save()
        self.require(refresh_months=12)
        proof = self.proof(self.anna, days_ago=300, ends_in=30)
        Enrolment.objects.filter(pk=proof.pk).update(refresh_on=self.day(10))
        assert list(reminders_due(self.today)) == []
        Enrolment.objects.filter(pk=proof.pk).update(
            refresh_on=self.day(30), expires_on=self.day(60)
        )
        (reminder,) = reminders_due(self.today)
        assert (reminder.kind, reminder.ends_on) == (ReminderKind.REFRESHER, self.day(30))
        self.refresh(self.anna)
        (reminder,) = reminders_due(self.today)
        assert (reminder.kind, reminder.ends_on) == (ReminderKind.DEADLINE, self.day(30))

    def test_the_list_says_valid_while_the_refresher_is_late(self):
        self.require(refresh_months=12)
        proof = self.proof(self.anna, days_ago=300)
        Enrolment.objects.filter(pk=proof.pk).update(refresh_on=self.day(-5))
        (row,) = rows_of([self.coesfeld]).filter(user=self.anna)
        assert row.list_status == ListStatus.COMPLETED
        assert actions.open_due_refreshers() == 1
        (row,) = rows_of([self.coesfeld]).filter(user=self.anna)
        assert (row.list_status, row.list_due_on) == (ListStatus.REFRESHING, self.day(-5))

    def test_the_preview_says_how_many_and_no_less(self):
        for n in range(3):
            self.proof(self.person(f"p{n}", "P", f"{n}", self.coesfeld, "Bauamt"), days_ago=300)
        requirement = Requirement(
            organisation=self.coesfeld, course_key=self.course.course_key, refresh_months=12
        )
        told = effect_of(
            organisation=self.coesfeld,
            course_key=self.course.course_key,
            requirements=[requirement],
        )
        assert (told.refreshed, told.completed) == (3, 3)
        requirement.save()
        # Who is not enrolled yet is, too.
        assert actions.enrol_everybody() == 3 + told.enrolled
        assert Enrolment.objects.filter(refresh_on__isnull=False).count() == 3
        again = effect_of(
            organisation=self.coesfeld,
            course_key=self.course.course_key,
            requirements=[requirement],
        )
        assert again.touched == 0


class EnrolEverybodyTests(RefreshingTestCase):
    """The nightly command that leaves nobody out."""

    def run_command(self) -> str:
        out = StringIO()
        call_command("enrol_as_required", stdout=out)
        return out.getvalue()

    def test_it_finishes_what_a_process_left_undone_and_enrols_nobody_twice(self):
        self.require()
        self.require(self.olfen)
        people = Membership.objects.active().filter(organisation__in=[self.coesfeld, self.olfen])
        expected = people.values("user").distinct().count()
        assert expected > 1
        actions.enrol_as_required(membership_ids=[self.membership(self.anna).pk])
        assert self.run_command().startswith(f"{expected - 1} ")
        assert Enrolment.objects.count() == expected
        assert self.run_command().startswith("0 ")
        assert Enrolment.objects.count() == expected

    def test_who_begins_today_takes_along_what_is_open(self):
        self.require(due_days=10)
        self.require(self.olfen, due_days=90)
        actions.enrol_everybody()
        self.leave(self.anna)
        # Imported before, when it was to begin later: nothing was announced on its first day.
        new = Membership.objects.create(user=self.anna, organisation=self.olfen)
        actions.enrol_everybody()
        enrolment = Enrolment.objects.get(user=self.anna)
        assert enrolment.membership == new
        assert enrolment.due_on == self.today + timedelta(days=90)

    def test_authorities_and_accounts_that_are_closed_are_left_alone(self):
        self.require()
        self.require(self.olfen)
        User.objects.filter(pk=self.anna.pk).update(is_active=False)
        self.olfen.is_active = False
        self.olfen.save()
        actions.enrol_everybody()
        assert not Enrolment.objects.filter(user=self.anna).exists()
        assert not Enrolment.objects.filter(membership__organisation=self.olfen).exists()

    def test_what_is_stopped_between_two_batches_goes_on(self):
        self.require()
        for n in range(5):
            self.person(f"p{n}", "P", f"{n}", self.coesfeld, "Bauamt")
        real, calls = actions.enrol_as_required, []

        def stopped(**arguments):
            calls.append(arguments)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return real(**arguments)

        with patch("courses.actions.enrolling.BATCH", 2):
            with (
                patch("courses.actions.enrolling.enrol_as_required", stopped),
                self.assertRaises(KeyboardInterrupt),
            ):
                actions.enrol_everybody()
            done = Enrolment.objects.count()
            assert 0 < done < 6
            actions.enrol_everybody()
        people = Membership.objects.active().filter(organisation=self.coesfeld)
        assert Enrolment.objects.count() == people.values("user").distinct().count()

    def test_a_batch_takes_as_many_queries_for_one_as_for_many(self):
        self.require(refresh_months=12)

        def queries():
            with CaptureQueriesContext(connection) as found:
                actions.enrol_everybody()
            return len(found)

        queries()
        self.person("one", "P", "One", self.coesfeld, "Bauamt")
        few = queries()
        for n in range(12):
            self.person(f"p{n}", "P", f"{n}", self.coesfeld, "Bauamt")
        assert queries() == few


class OpenedByAuthorityTests(RefreshingTestCase):
    def opened(self, user) -> Enrolment | None:
        return Enrolment.objects.filter(user=user, cycle=2).first()

    def test_who_is_asked_gets_it_with_the_end_as_deadline(self):
        self.require(due_on=self.today - timedelta(days=300))
        first = self.certified(self.anna, ends_in=60)
        self.certified(self.otto)
        self.change(self.modules[0])
        assert actions.open_due_refreshers() == 1
        second = self.opened(self.anna)
        assert (second.due_on, second.kind) == (first.expires_on, RequirementKind.MANDATORY)
        assert second.source == EnrolmentSource.REQUIREMENT
        assert self.scope(second) == [self.modules[0]]
        assert self.opened(self.otto) is None

    def test_it_can_be_repeated_and_begun_by_hand_before(self):
        self.require()
        self.certified(self.anna)
        own = self.refresh(self.anna)
        assert actions.open_due_refreshers() == 0
        assert (own.kind, own.due_on) == (
            RequirementKind.MANDATORY,
            self.today + timedelta(days=30),
        )
        assert actions.open_due_refreshers() == 0
        assert Enrolment.objects.filter(user=self.anna).count() == 2

    def test_not_before_the_window_and_also_after_the_end(self):
        self.require()
        self.certified(self.anna, ends_in=61)
        assert actions.open_due_refreshers() == 0
        assert actions.open_due_refreshers(on=self.today + timedelta(days=1)) == 1
        berta = self.person("berta", "Berta", "Kötter", self.coesfeld, "Bauamt")
        self.certified(berta, ends_in=-400)
        assert actions.open_due_refreshers() == 1

    def test_nobody_is_asked_who_has_left_or_whose_audience_is_not_meant(self):
        leaders = Audience.objects.create(code="fuehrung", name="Führungskräfte")
        self.require(audience=leaders)
        self.certified(self.anna)
        assert actions.open_due_refreshers() == 0
        self.membership(self.anna).audiences.add(leaders)
        self.leave(self.anna)
        assert actions.open_due_refreshers() == 0
        Membership.objects.filter(user=self.anna).update(ends_on=None)
        User.objects.filter(pk=self.anna.pk).update(is_active=False)
        assert actions.open_due_refreshers() == 0
        User.objects.filter(pk=self.anna.pk).update(is_active=True)
        assert actions.open_due_refreshers() == 1

    def test_the_authority_she_works_for_now_decides(self):
        self.require(self.olfen)
        self.certified(self.anna)
        self.leave(self.anna)
        new = Membership.objects.create(user=self.anna, organisation=self.olfen)
        assert actions.open_due_refreshers() == 1
        assert self.opened(self.anna).membership == new

    def test_a_deadline_of_the_past_makes_no_refresher_overdue(self):
        self.require(due_on=self.today - timedelta(days=300))
        first = self.certified(self.anna, ends_in=20)
        actions.open_due_refreshers()
        actions.enrol_as_required(membership_ids=[self.membership(self.anna).pk])
        assert self.opened(self.anna).due_on == first.expires_on

    def test_many_people_take_as_many_queries_as_one(self):
        self.require()

        def queries():
            with CaptureQueriesContext(connection) as found:
                actions.open_due_refreshers()
            return len(found)

        self.certified(self.anna)
        queries()  # fills the caches
        berta = self.person("berta", "Berta", "Kötter", self.coesfeld, "Bauamt")
        self.certified(berta)
        few = queries()
        for n in range(8):
            self.certified(self.person(f"p{n}", "P", f"{n}", self.coesfeld, "Bauamt"))
        assert queries() == few
        assert Enrolment.objects.filter(cycle=2).count() == 10

    def test_the_command_says_how_many(self):
        self.require()
        self.certified(self.anna, ends_in=90)
        out = StringIO()
        call_command("open_refreshers", stdout=out)
        assert out.getvalue().startswith("0 ")
        day = self.today + timedelta(days=30)
        call_command("open_refreshers", date=day, stdout=out)
        assert self.opened(self.anna) is not None


class LearnerTests(RefreshingTestCase):
    def desk(self):
        return self.client.get(reverse("courses:my_learning"))

    def test_the_days_are_said_before_and_within_the_window(self):
        first = self.certified(self.anna, ends_in=100)
        opens = (self.today + timedelta(days=40)).strftime("%d.%m.%Y")
        ends = first.expires_on.strftime("%d.%m.%Y")
        for url in (self.course.url, reverse("courses:my_learning")):
            page = self.client.get(url)
            self.assertContains(page, f"Auffrischung möglich ab {opens}, fällig bis {ends}")
            self.assertNotContains(page, "Auffrischung beginnen")
        self.ends(first, 60)
        for url in (self.course.url, reverse("courses:my_learning")):
            self.assertContains(self.client.get(url), "Auffrischung beginnen")

    def test_the_button_opens_it_and_an_old_tab_does_not(self):
        self.certified(self.anna)
        url = reverse("courses:enrol", args=[self.course.translation_key])
        self.client.post(url)
        assert Enrolment.objects.filter(user=self.anna).count() == 1
        for _n in range(2):
            response = self.client.post(url, {"refresher": "1"}, follow=True)
        self.assertContains(response, "Die Auffrischung von „KI-Grundlagen“ ist offen.")
        assert Enrolment.objects.filter(user=self.anna).count() == 2

    def test_practising_within_the_window_opens_nothing(self):
        self.certified(self.anna)
        self.client.post(reverse("courses:start_attempt", args=[self.quiz.translation_key]))
        assert Enrolment.objects.filter(user=self.anna).count() == 1

    def test_the_course_says_what_is_to_do_and_why(self):
        first = self.certified(self.anna)
        changed = self.change(self.modules[1])
        self.refresh(self.anna)
        page = self.client.get(self.course.url)
        named = changed.label_at("Modul 2")
        self.assertContains(page, f"Wesentlich geändert seit Ihrem Nachweis: {named}")
        for unit, place in ((self.modules[0], "Modul 1"), (self.quiz, "Abschlusstest")):
            named = self.version(unit).label_at(place)
            self.assertContains(page, f"Durch Ihren Nachweis abgedeckt: {named}", count=1)
        self.assertContains(page, "0 von 1 erledigt")
        ends = first.expires_on.strftime("%d.%m.%Y")
        self.assertContains(page, f"Ihr Nachweis gilt bis zum {ends}, auch während Sie auffrischen")
        self.assertContains(page, reverse("courses:finished", args=[first.uuid]))
        desk = self.desk()
        self.assertContains(desk, f"Ihr Nachweis gilt bis zum {ends}")
        self.assertContains(desk, "0 von 1 erledigt")

    def test_without_changes_and_for_the_whole_course_it_says_that(self):
        self.certified(self.anna)
        second = self.refresh(self.anna)
        page = self.client.get(self.course.url)
        self.assertContains(page, "nichts wesentlich geändert")
        Enrolment.objects.filter(pk=second.pk).update(scope=None)
        self.assertContains(
            self.client.get(self.course.url), "Die Auffrischung ist der ganze Kurs."
        )

    def test_a_part_added_later_is_not_said_to_be_covered(self):
        self.certified(self.anna)
        second = self.refresh(self.anna)
        new = publish(self.course, new_module("Modul 3"))
        items = within(outline(self.course), second.scope_keys)
        reasons = refresher_of(second, items).reasons
        assert reasons[new.activity_key] == Reason.LATER
        assert reasons[self.quiz.activity_key] == Reason.TEST
        assert reasons[self.modules[0].activity_key] == Reason.SAME

    def test_parts_beyond_the_refresher_say_so_and_lead_nowhere_wrong(self):
        self.certified(self.anna)
        self.change(self.modules[0])
        self.refresh(self.anna)
        for page in (self.modules[1], self.quiz):
            response = self.client.get(page.url)
            self.assertContains(response, "Gehört nicht zu Ihrer Auffrischung")
            self.assertNotContains(response, "Als gelernt markieren")
        # To have looked at it is no reason to be sent there.
        desk = courses_on_desk(self.anna)[0]
        assert desk.progress.next_item.key == self.modules[0].activity_key

    def test_learning_the_only_part_completes_it(self):
        self.certified(self.anna)
        changed = self.change(self.modules[0])
        second = self.refresh(self.anna)
        response = self.client.post(
            reverse("courses:mark_as_learnt", args=[self.modules[0].translation_key]),
            {"version": changed.uuid},
        )
        assert response.url == reverse("courses:finished", args=[second.uuid])

    def test_a_test_alone_is_taken_as_any_other(self):
        self.certified(self.anna)
        second = self.refresh(self.anna)
        self.client.post(reverse("courses:start_attempt", args=[self.quiz.translation_key]))
        attempt = second.attempts.get()
        right = {
            question.id: question.block.right_answer(question.value)
            for question in question_set(attempt).values()
        }
        assert all(WHOLE in answer for answer in right.values())
        actions.save_answers(attempt=attempt, raw=right)
        actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        second.refresh_from_db()
        assert second.is_completed

    def test_a_revoked_certificate_is_not_called_valid(self):
        first = self.certified(self.anna)
        revoke_certificate(
            certificate=issue_certificate(enrolment=first), reason="Irrtum", actor=self.admin
        )
        self.refresh(self.anna)
        for url in (self.course.url, reverse("courses:my_learning")):
            page = self.client.get(url)
            self.assertNotContains(page, "Ihr Nachweis gilt bis")
            self.assertContains(page, "widerrufen")

    def test_the_pages_of_a_refresher_keep_their_budget(self):
        self.certified(self.anna)
        self.change(self.modules[0])
        self.refresh(self.anna)
        for url in (self.course.url, self.modules[0].url, reverse("courses:my_learning")):
            self.client.get(url)
            with CaptureQueriesContext(connection) as queries:
                self.client.get(url)
            assert len(queries) <= 12, [query["sql"] for query in queries]


class CompletionListTests(RefreshingTestCase):
    def statuses(self, organisation=None):
        rows = rows_of([organisation or self.coesfeld]).filter(user=self.anna)
        return {row.cycle: ListStatus(row.list_status) for row in rows}

    def test_a_valid_proof_with_an_open_refresher_is_one_row_that_says_both(self):
        first = self.certified(self.anna)
        assert self.statuses() == {1: ListStatus.COMPLETED}
        second = self.refresh(self.anna)
        second.due_on = self.today + timedelta(days=23)
        second.save()
        assert self.statuses() == {1: ListStatus.REFRESHING}
        client = Client()
        client.force_login(self.hilde)
        page = client.get(reverse("completion_list"))
        self.assertContains(page, "gültig, Auffrischung offen")
        for day in (first.expires_on, second.due_on):
            self.assertContains(page, day.strftime("%d.%m.%Y"))
        self.assertNotContains(
            client.get(reverse("completion_list"), {"status": "open"}), "Terhorst"
        )

    def test_when_the_proof_has_ended_the_refresher_has_the_row(self):
        first = self.certified(self.anna)
        second = self.refresh(self.anna)
        self.ends(first, -1)
        assert self.statuses() == {1: ListStatus.SUPERSEDED, 2: ListStatus.OPEN}
        Enrolment.objects.filter(pk=second.pk).update(due_on=first.expires_on)
        assert self.statuses()[2] == ListStatus.OVERDUE

    def test_who_has_refreshed_early_counts_once(self):
        self.certified(self.anna)
        self.refresh(self.anna)
        self.complete(self.anna, pages=[self.quiz])
        assert self.statuses() == {1: ListStatus.SUPERSEDED, 2: ListStatus.COMPLETED}

    def test_no_authority_learns_of_the_cycle_at_another(self):
        self.certified(self.anna)
        self.leave(self.anna)
        Membership.objects.create(user=self.anna, organisation=self.olfen)
        self.refresh(self.anna)
        assert self.statuses() == {1: ListStatus.COMPLETED}
        assert self.statuses(self.olfen) == {2: ListStatus.OPEN}


class RemindersTests(RefreshingTestCase):
    def reminders(self, **kwargs):
        return [
            (reminder.enrolment.user, reminder.kind, reminder.days_before)
            for reminder in reminders_due(self.today, **kwargs)
        ]

    def open_until(self, user, days) -> Enrolment:
        enrolment = self.enrol(user)
        enrolment.due_on = self.today + timedelta(days=days)
        enrolment.save()
        return enrolment

    def test_deadlines_and_validity_on_the_days_of_the_course(self):
        self.open_until(self.otto, 30)
        self.certified(self.anna, ends_in=7)
        assert self.reminders() == [
            (self.otto, ReminderKind.DEADLINE, 30),
            (self.anna, ReminderKind.VALIDITY, 7),
        ]
        assert [reminder.ends_on for reminder in reminders_due(self.today)] == [
            self.today + timedelta(days=30),
            self.today + timedelta(days=7),
        ]
        self.course.reminder_days = "14"
        self.course.save()
        assert self.reminders() == []

    def test_one_reminder_for_proof_and_refresher_together(self):
        self.certified(self.anna, ends_in=7)
        second = self.refresh(self.anna)
        assert self.reminders() == [(self.anna, ReminderKind.VALIDITY, 7)]
        second.due_on = self.today + timedelta(days=7)
        second.save()
        assert self.reminders() == [(self.anna, ReminderKind.DEADLINE, 7)]
        actions.complete_activity(enrolment=second, page=self.quiz)
        assert self.reminders() == []

    def test_nobody_is_reminded_who_has_left(self):
        self.open_until(self.otto, 30)
        self.leave(self.otto)
        assert self.reminders() == []

    def test_after_an_outage_the_nearest_reminder_is_sent_once(self):
        self.open_until(self.otto, 6)
        assert self.reminders() == []
        since = self.today - timedelta(days=30)
        assert self.reminders(since=since) == [(self.otto, ReminderKind.DEADLINE, 7)]
        assert self.reminders(since=self.today) == []

    def test_many_people_take_one_query(self):
        self.open_until(self.otto, 30)
        self.reminders()  # fills the caches
        with CaptureQueriesContext(connection) as few:
            assert len(self.reminders()) == 1
        for n in range(8):
            self.open_until(self.person(f"p{n}", "P", f"{n}", self.coesfeld, "Bauamt"), 30)
        with CaptureQueriesContext(connection) as many:
            assert len(self.reminders()) == 9
        assert len(many) == len(few)


class EditorTests(RefreshingTestCase):
    def errors(self, **fields):
        for name, value in fields.items():
            setattr(self.course, name, value)
        try:
            self.course.full_clean()
        except ValidationError as error:
            return set(error.message_dict)
        return set()

    def test_a_window_longer_than_half_of_the_validity_is_refused(self):
        assert self.errors(refresh_months=6, refresh_window_days=84) == set()
        assert self.errors(refresh_months=6, refresh_window_days=85) == {"refresh_window_days"}
        assert self.errors(refresh_months=None, refresh_window_days=85) == set()

    def test_days_of_reminders_are_brought_in_order_or_refused(self):
        assert self.errors(reminder_days="7,30") == set()
        assert self.course.reminder_days == "30, 7"
        assert self.course.reminders == [30, 7]
        assert self.errors(reminder_days="") == set()
        assert self.errors(reminder_days="bald") == {"reminder_days"}

    def test_the_course_of_today_is_read_once_for_all(self):
        today = CourseToday.read(self.course)
        with self.assertNumQueries(0):
            assert today.scope_for({}) == [
                str(page.activity_key) for page in (*self.modules, self.quiz)
            ]
