import json
from unittest.mock import Mock

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses import actions, signals
from courses.enums import CompletionSource, EnrolmentStatus, Outcome
from courses.models import Attempt, Completion, ContentVersion, Enrolment, ModulePage, Response
from courses.quizzing import question_set
from tests.cases import LearningHubTestCase, block_id, publish, single_choice, text_body


class ActionsTestCase(LearningHubTestCase):
    def enrol(self, user=None) -> Enrolment:
        return actions.enrol(membership=self.membership(user or self.anna), course=self.course)

    def answer_right(self, attempt: Attempt) -> None:
        actions.save_answers(
            attempt=attempt,
            raw={
                question.id: question.block.correct_ids(question.value)
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
            actions.save_answers(attempt=attempt, raw={question.id: [block_id(option)]})
        assert attempt.responses.get().answer == [block_id("eins-a")]

    def test_foreign_questions_and_options_are_refused_and_the_rest_is_kept(self):
        attempt = actions.start_attempt(enrolment=self.enrol(), quiz=self.quiz)
        by_type = {q.block.type_key: q.id for q in question_set(attempt).values()}
        foreign = self.enrol().uuid
        errors = actions.save_answers(
            attempt=attempt,
            raw={
                foreign: ["x"],
                by_type["single_choice"]: [block_id("zwei-a")],
                by_type["true_false"]: ["true"],
            },
        )
        assert set(errors) == {foreign, by_type["single_choice"]}
        assert [r.question_id for r in attempt.responses.all()] == [by_type["true_false"]]

    def test_a_submitted_attempt_takes_no_answers(self):
        attempt = self.pass_quiz(self.enrol())
        question_id = next(iter(question_set(attempt)))
        with pytest.raises(ValidationError):
            actions.save_answers(attempt=attempt, raw={question_id: []})

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
