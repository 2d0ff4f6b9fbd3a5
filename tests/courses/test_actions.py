import json
import uuid
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses import actions, signals
from courses.enums import (
    CompletionSource,
    EnrolmentSource,
    EnrolmentStatus,
    Outcome,
    RequirementKind,
)
from courses.models import (
    Attempt,
    Completion,
    ContentVersion,
    Enrolment,
    ModulePage,
    Requirement,
    Response,
)
from courses.questions import WHOLE
from courses.quizzing import question_set
from hub.organisations.importing.applying import import_employees
from hub.organisations.models import Audience, Department, Membership
from tests.cases import LearningHubTestCase, block_id, publish, single_choice, text_body
from tests.factories.organisations import MembershipFactory


class ActionsTestCase(LearningHubTestCase):
    def enrol(self, user=None) -> Enrolment:
        return actions.enrol(membership=self.membership(user or self.anna), course=self.course)

    def answer_right(self, attempt: Attempt) -> None:
        actions.save_answers(
            attempt=attempt,
            raw={
                question.id: question.block.right_answer(question.value)
                for question in question_set(attempt).values()
            },
        )

    def pass_quiz(self, enrolment: Enrolment, quiz=None) -> Attempt:
        quiz = quiz or self.quiz
        attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz)
        self.answer_right(attempt)
        return actions.submit_attempt(attempt=attempt, quiz=quiz)


class EnrolTests(ActionsTestCase):
    def test_enrolling_twice_gives_one_enrolment(self):
        assert self.enrol() == self.enrol()
        assert Enrolment.objects.count() == 1

    def test_the_enrolment_belongs_to_the_authority_of_its_time(self):
        assert self.enrol().membership.organisation == self.coesfeld


class RequiredEnrolmentTests(LearningHubTestCase):
    """Who falls under a requirement of the authority is enrolled, once."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.it = Audience.objects.create(code="it", name="IT")
        cls.due_on = timezone.localdate() + timedelta(days=60)

    def require(self, *, organisation=None, audience=None, course_key=None, **values):
        return Requirement.objects.create(
            organisation=organisation or self.coesfeld,
            audience=audience,
            course_key=course_key or self.course.course_key,
            **values,
        )

    def enrol(self, *users):
        ids = [membership.pk for user in users for membership in user.memberships.all()]
        actions.enrol_as_required(membership_ids=ids)
        return Enrolment.objects.order_by("pk")

    def test_everybody_of_the_authority_and_nobody_else(self):
        self.require(due_on=self.due_on)
        enrolment = self.enrol(self.anna, self.otto).get()
        assert enrolment.user == self.anna
        assert enrolment.membership == self.membership(self.anna)
        assert enrolment.course_key == self.course.course_key
        assert enrolment.cycle == 1
        assert enrolment.source == EnrolmentSource.REQUIREMENT
        assert enrolment.kind == RequirementKind.MANDATORY
        assert enrolment.due_on == self.due_on
        assert enrolment.status == EnrolmentStatus.ENROLLED

    def test_only_who_holds_the_audience(self):
        self.require(audience=self.it)
        assert not self.enrol(self.anna).exists()
        self.membership(self.anna).audiences.add(self.it)
        assert self.enrol(self.anna, self.hilde).get().user == self.anna

    def test_only_who_works_in_the_department(self):
        membership = self.membership(self.anna)
        department = Department.objects.create(organisation=self.coesfeld, name="Rechtsamt")
        self.require(department=department)
        assert not self.enrol(self.anna).exists()
        Membership.objects.filter(pk=membership.pk).update(department=department)
        assert self.enrol(self.anna, self.hilde).get().user == self.anna

    def test_audience_and_department_both_narrow(self):
        department = Department.objects.create(organisation=self.coesfeld, name="Rechtsamt")
        self.require(audience=self.it, department=department)
        self.membership(self.anna).audiences.add(self.it)
        Membership.objects.filter(user=self.hilde).update(department=department)
        assert not self.enrol(self.anna, self.hilde).exists()
        Membership.objects.filter(user=self.anna).update(department=department)
        assert self.enrol(self.anna, self.hilde).get().user == self.anna

    def test_days_are_counted_from_the_day_it_is_first_asked(self):
        today = timezone.localdate()
        long_ago = today - timedelta(days=400)
        Membership.objects.filter(user=self.anna).update(starts_on=long_ago)
        # She began it herself, before anybody asked.
        actions.enrol(membership=self.membership(self.anna), course=self.course)
        Enrolment.objects.update(enrolled_at=timezone.now() - timedelta(days=300))
        self.require(due_days=30)
        assert self.enrol(self.anna).get().due_on == today + timedelta(days=30)
        Enrolment.objects.update(asked_on=today - timedelta(days=10))
        assert self.enrol(self.anna).get().due_on == today + timedelta(days=20)

    def test_who_joins_later_has_the_days_from_then_on(self):
        first_day = timezone.localdate() + timedelta(days=14)
        Membership.objects.filter(user=self.anna).update(starts_on=first_day)
        self.require(due_days=30, due_on=self.due_on)
        assert self.enrol(self.anna).get().due_on == self.due_on
        Requirement.objects.update(due_on=timezone.localdate() - timedelta(days=1))
        Enrolment.objects.all().delete()
        assert self.enrol(self.anna).get().due_on == first_day + timedelta(days=30)

    def test_the_earliest_of_several_deadlines_counts(self):
        self.require(due_on=self.due_on)
        self.require(audience=self.it, due_days=10)
        self.membership(self.anna).audiences.add(self.it)
        due_on = self.enrol(self.anna).get().due_on
        assert due_on == timezone.localdate() + timedelta(days=10)

    def test_what_is_open_follows_to_the_next_authority_with_its_deadline(self):
        self.require(due_on=self.due_on)
        self.require(organisation=self.olfen, due_on=self.due_on + timedelta(days=90))
        self.enrol(self.anna)
        today = timezone.localdate()
        Membership.objects.filter(user=self.anna).update(
            starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1)
        )
        new = Membership.objects.create(user=self.anna, organisation=self.olfen)
        enrolment = self.enrol(self.anna).get()
        assert enrolment.membership == new
        assert enrolment.due_on == self.due_on + timedelta(days=90)

    def test_what_is_no_longer_asked_and_was_not_begun_leaves_the_list(self):
        requirement = self.require(due_on=self.due_on)
        self.enrol(self.anna)
        requirement.delete()
        assert not self.enrol(self.anna).exists()

    def test_what_is_no_longer_asked_and_was_begun_is_voluntary(self):
        requirement = self.require(due_on=self.due_on)
        enrolment = self.enrol(self.anna).get()
        actions.complete_activity(enrolment=enrolment, page=self.modules[0])
        requirement.delete()
        enrolment = self.enrol(self.anna).get()
        assert (enrolment.kind, enrolment.due_on, enrolment.asked_on) == ("", None, None)
        assert enrolment.completions.count() == 1

    def test_what_is_no_longer_asked_and_was_opened_stays_where_she_left_it(self):
        requirement = self.require(due_on=self.due_on)
        enrolment = self.enrol(self.anna).get()
        key = self.modules[0].activity_key
        actions.visit_activity(enrolment=enrolment, activity_key=key)
        requirement.delete()
        enrolment = self.enrol(self.anna).get()
        assert (enrolment.kind, enrolment.last_activity_key) == ("", key)

    def test_what_she_enrolled_in_herself_stays(self):
        actions.enrol(membership=self.membership(self.anna), course=self.course)
        requirement = self.require(due_on=self.due_on)
        assert self.enrol(self.anna).get().kind == RequirementKind.MANDATORY
        requirement.delete()
        assert self.enrol(self.anna).get().kind == ""

    def test_what_is_completed_stays_where_it_was_completed(self):
        old = self.membership(self.anna)
        self.require(due_on=self.due_on)
        enrolment = self.enrol(self.anna).get()
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        Membership.objects.filter(pk=old.pk).update(starts_on="2020-01-01", ends_on="2020-12-31")
        Membership.objects.create(user=self.anna, organisation=self.olfen)
        assert self.enrol(self.anna).get().membership == old

    def test_who_enrolled_herself_learns_what_is_asked_of_her(self):
        actions.enrol(membership=self.membership(self.anna), course=self.course)
        self.require(due_on=self.due_on)
        enrolment = self.enrol(self.anna).get()
        assert (enrolment.kind, enrolment.due_on) == (RequirementKind.MANDATORY, self.due_on)

    def test_several_requirements_make_one_enrolment(self):
        self.membership(self.anna).audiences.add(self.it)
        self.require(kind=RequirementKind.RECOMMENDED)
        self.require(audience=self.it, due_on=self.due_on)
        enrolment = self.enrol(self.anna).get()
        assert (enrolment.kind, enrolment.due_on) == (RequirementKind.MANDATORY, self.due_on)

    def test_nobody_is_enrolled_twice(self):
        own = actions.enrol(membership=self.membership(self.anna), course=self.course)
        Enrolment.objects.filter(pk=own.pk).update(cycle=2)
        self.require()
        assert self.enrol(self.anna).get().source == EnrolmentSource.SELF
        self.enrol(self.hilde)
        assert self.enrol(self.hilde).count() == 2

    def test_who_has_left_is_left_alone(self):
        self.require()
        yesterday = timezone.localdate() - timedelta(days=1)
        Membership.objects.filter(user=self.anna).update(starts_on=yesterday, ends_on=yesterday)
        assert not self.enrol(self.anna).exists()

    def test_the_number_of_queries_does_not_grow(self):
        for audience in (None, self.it):
            for course_key in (uuid.uuid4(), uuid.uuid4()):
                self.require(audience=audience, course_key=course_key)
        memberships = MembershipFactory.create_batch(12, organisation=self.coesfeld)
        for membership in memberships:
            membership.audiences.add(self.it)
        for some, enrolments in ((memberships[:2], 8), (memberships, 48)):
            with self.assertNumQueries(7):  # two of them are the savepoint's
                actions.enrol_as_required(membership_ids=[row.pk for row in some])
            assert Enrolment.objects.count() == enrolments

    def test_an_import_enrols(self):
        self.require()
        content = b"Personalnummer;Nachname;Vorname\n1;Neu;Nina\n"
        with self.captureOnCommitCallbacks(execute=True):
            import_employees(organisation=self.coesfeld, content=content)
        assert Enrolment.objects.get().user.last_name == "Neu"


class CompletionTests(ActionsTestCase):
    def test_completing_twice_gives_one_completion(self):
        enrolment = self.enrol()
        first = actions.complete_activity(enrolment=enrolment, page=self.modules[0])
        again = actions.complete_activity(enrolment=enrolment, page=self.modules[0])
        assert first == again
        assert Completion.objects.count() == 1

    def test_a_completion_cites_the_version_that_was_read(self):
        old = self.version(self.modules[0])
        self.modules[0].body = text_body("etwas Neuem")
        self.modules[0].save_revision().publish()
        completion = actions.complete_activity(
            enrolment=self.enrol(), page=self.modules[0], version=old
        )
        assert completion.content_version == old
        assert self.version(self.modules[0]).number == 2

    def test_the_course_is_complete_when_nothing_required_is_missing(self):
        enrolment = self.enrol()
        actions.complete_activity(enrolment=enrolment, page=self.modules[0])
        assert enrolment.status == EnrolmentStatus.IN_PROGRESS
        actions.complete_activity(enrolment=enrolment, page=self.modules[1])
        self.pass_quiz(enrolment)
        enrolment.refresh_from_db()
        assert enrolment.status == EnrolmentStatus.COMPLETED
        assert enrolment.outcome == Outcome.PASSED
        assert enrolment.course_version == self.version(self.course)
        today = timezone.localdate()
        assert enrolment.expires_on == today.replace(year=today.year + 2)

    def test_a_course_without_test_is_attended(self):
        self.quiz.unpublish()
        enrolment = self.enrol()
        for module in self.modules:
            actions.complete_activity(enrolment=enrolment, page=module)
        assert enrolment.outcome == Outcome.ATTENDED

    def test_a_module_added_later_takes_nothing_away(self):
        enrolment = self.enrol()
        for module in self.modules:
            actions.complete_activity(enrolment=enrolment, page=module)
        self.pass_quiz(enrolment)
        extra = publish(self.course, ModulePage(title="Neu", slug="neu", body=text_body("Neu")))
        actions.complete_activity(enrolment=enrolment, page=extra)
        assert enrolment.status == EnrolmentStatus.COMPLETED

    def test_signals_are_sent_once_and_after_commit(self):
        heard = Mock()
        signals.course_completed.connect(heard)
        self.addCleanup(signals.course_completed.disconnect, heard)
        enrolment = self.enrol()
        with self.captureOnCommitCallbacks(execute=True):
            for module in self.modules:
                actions.complete_activity(enrolment=enrolment, page=module)
            self.pass_quiz(enrolment)
            assert not heard.called
        actions.complete_activity(enrolment=enrolment, page=self.modules[0])
        assert heard.call_count == 1
        assert heard.call_args.kwargs["enrolment"] == enrolment

    def test_an_override_needs_a_reason(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            actions.complete_activity(
                enrolment=self.enrol(),
                page=self.modules[0],
                source=CompletionSource.OVERRIDE,
                actor=self.hilde,
            )
        assert not Completion.objects.exists()


class AttemptTests(ActionsTestCase):
    def test_there_is_one_open_attempt(self):
        enrolment = self.enrol()
        first = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        assert actions.start_attempt(enrolment=enrolment, quiz=self.quiz) == first
        assert Attempt.objects.count() == 1

    def test_a_new_attempt_follows_a_submitted_one(self):
        enrolment = self.enrol()
        first = self.pass_quiz(enrolment)
        second = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        assert (first.number, second.number) == (1, 2)

    def test_as_many_questions_are_drawn_as_asked_for(self):
        self.quiz.draw_count = 2
        self.quiz.save_revision().publish()
        attempt = actions.start_attempt(enrolment=self.enrol(), quiz=self.quiz)
        assert len(attempt.drawn) == 2

    def test_the_latest_answer_counts(self):
        attempt = actions.start_attempt(enrolment=self.enrol(), quiz=self.quiz)
        question = question_set(attempt)[
            Response._meta.get_field("question_id").to_python(block_id("eins"))
        ]
        for option in ("eins-b", "eins-a"):
            actions.save_answers(attempt=attempt, raw={question.id: {WHOLE: [block_id(option)]}})
        assert attempt.responses.get().answer == {WHOLE: [block_id("eins-a")]}

    def test_foreign_questions_and_options_are_refused_and_the_rest_is_kept(self):
        attempt = actions.start_attempt(enrolment=self.enrol(), quiz=self.quiz)
        by_type = {q.block.type_key: q.id for q in question_set(attempt).values()}
        foreign = self.enrol().uuid
        errors = actions.save_answers(
            attempt=attempt,
            raw={
                foreign: {WHOLE: ["x"]},
                by_type["single_choice"]: {WHOLE: [block_id("zwei-a")]},
                by_type["true_false"]: {WHOLE: ["true"]},
            },
        )
        assert set(errors) == {foreign, by_type["single_choice"]}
        assert [r.question_id for r in attempt.responses.all()] == [by_type["true_false"]]

    def test_a_submitted_attempt_takes_no_answers(self):
        attempt = self.pass_quiz(self.enrol())
        question_id = next(iter(question_set(attempt)))
        with pytest.raises(ValidationError):
            actions.save_answers(attempt=attempt, raw={question_id: {}})

    def test_submitting_twice_gives_the_same_result(self):
        attempt = actions.start_attempt(enrolment=self.enrol(), quiz=self.quiz)
        first = actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        again = actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        assert first.submitted_at == again.submitted_at
        assert not first.is_passed

    def test_an_attempt_is_graded_on_what_it_showed(self):
        enrolment = self.enrol()
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        self.answer_right(attempt)
        changed = single_choice("eins")
        for option in changed["value"]["options"]:
            option["value"]["is_correct"] = option["value"]["text"] == "B"
        self.quiz.questions = json.dumps([changed])
        self.quiz.save_revision().publish()
        result = actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        assert result.is_passed
        assert (result.points, result.maximum) == (4, 4)
        completion = Completion.objects.get(enrolment=enrolment)
        assert completion.content_version == attempt.content_version
        assert ContentVersion.objects.filter(unit_key=self.quiz.translation_key).count() == 2

    def test_a_failed_attempt_completes_nothing(self):
        enrolment = self.enrol()
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        assert not Completion.objects.exists()
