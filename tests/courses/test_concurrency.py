"""Double clicks, two tabs, fifty people at once: on the real database, with real transactions."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

from django.core.management import call_command
from django.db import connections
from django.test import Client, TransactionTestCase
from django.urls import reverse
from django.utils import timezone

from certificates.models import Certificate
from courses import actions, corrections
from courses.enums import CorrectionKind, CorrectionStatus, ReportKind
from courses.models import (
    Attempt,
    BankQuestion,
    Completion,
    Correction,
    Enrolment,
    QuestionReport,
    Regrading,
    Requirement,
    Response,
)
from courses.question_reports import report_question
from courses.questions import WHOLE
from courses.quizzing import question_set
from hub.organisations.models import Membership, User
from hub.publishing import PublishingRefused
from tests.cases import LearningHubTestCase, bank_question, block_id, single_choice
from tests.courses.test_bank_quizzes import chosen

PEOPLE = 50


def at_once(work, arguments) -> list:
    """Run ``work`` for every argument in threads of their own; errors are raised."""

    def run(argument):
        try:
            return work(argument)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=10) as pool:
        return list(pool.map(run, arguments))


class ConcurrencyTests(TransactionTestCase):
    def setUp(self):
        case = LearningHubTestCase
        case.build_pages()
        case.build_people()
        self.case = case
        self.memberships = []
        for n in range(PEOPLE):
            user = User.objects.create(username=f"person{n}", first_name="P", last_name=f"{n}")
            self.memberships.append(
                Membership.objects.create(user=user, organisation=case.coesfeld)
            )

    def enrol(self, membership) -> Enrolment:
        return actions.enrol(membership=membership, course=self.case.course)

    def test_a_report_sent_several_times_at_once_arrives_once(self):
        enrolment = self.enrol(self.memberships[0])
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.case.quiz)
        sent = {"kind": ReportKind.SPELLING, "text": "Komma", "token": uuid4()}
        question_id = next(iter(question_set(attempt)))
        reports = at_once(
            lambda _n: report_question(attempt=attempt, question_id=question_id, **sent), range(8)
        )
        assert len({report.pk for report in reports}) == 1
        assert QuestionReport.objects.count() == 1

    def test_a_refresher_begun_by_hand_and_opened_for_all_at_once_is_one(self):
        Requirement.objects.create(
            organisation=self.case.coesfeld, course_key=self.case.course.course_key
        )
        for membership in self.memberships[:8]:
            enrolment = self.enrol(membership)
            for page in (*self.case.modules, self.case.quiz):
                actions.complete_activity(enrolment=enrolment, page=page)
        Enrolment.objects.update(
            completed_at=timezone.now() - timedelta(days=600),
            expires_on=timezone.localdate() + timedelta(days=5),
        )

        def work(n):
            if n % 4 == 0:
                return actions.open_due_refreshers()
            membership = self.memberships[n % 8]
            course = self.case.course
            return actions.enrol(membership=membership, course=course, refresh_early=True)

        at_once(work, range(32))
        actions.open_due_refreshers()
        begun = Enrolment.objects.filter(cycle=2)
        assert begun.count() == 8
        assert {tuple(enrolment.scope) for enrolment in begun} == {
            (str(self.case.quiz.activity_key),)
        }
        assert not Enrolment.objects.filter(cycle__gt=2).exists()

    def test_a_double_click_gives_one_enrolment_one_completion_one_certificate(self):
        membership = self.memberships[0]
        at_once(lambda _n: self.enrol(membership), range(8))
        assert Enrolment.objects.count() == 1
        enrolment = self.enrol(membership)
        pages = [*self.case.modules, self.case.quiz] * 4
        at_once(
            lambda page: actions.complete_activity(
                enrolment=Enrolment.objects.get(pk=enrolment.pk), page=page
            ),
            pages,
        )
        assert Completion.objects.count() == 3
        assert Certificate.objects.count() == 1

    def test_two_tabs_share_one_attempt_and_lose_no_answer(self):
        enrolment = self.enrol(self.memberships[0])
        attempts = at_once(
            lambda _n: actions.start_attempt(enrolment=enrolment, quiz=self.case.quiz), range(6)
        )
        assert len({attempt.pk for attempt in attempts}) == 1
        questions = list(question_set(attempts[0]).values())
        at_once(
            lambda question: actions.save_answers(
                attempt=attempts[0],
                raw={question.id: question.block.right_answer(question.value)},
            ),
            questions * 3,
        )
        assert Response.objects.count() == len(questions)
        results = at_once(
            lambda _n: actions.submit_attempt(attempt=attempts[0], quiz=self.case.quiz), range(6)
        )
        assert len({result.submitted_at for result in results}) == 1
        assert Completion.objects.count() == 1

    def test_fifty_people_submit_at_once(self):
        prepared = []
        for membership in self.memberships:
            enrolment = self.enrol(membership)
            attempt = actions.start_attempt(enrolment=enrolment, quiz=self.case.quiz)
            client = Client()
            client.force_login(membership.user)
            data = {}
            for question in question_set(attempt).values():
                data |= question.as_sent(question.block.right_answer(question.value))
            prepared.append((client, attempt, {**data, "action": "submit"}))

        def submit(work):
            client, attempt, data = work
            return client.post(reverse("courses:attempt", args=[attempt.uuid]), data).status_code

        assert set(at_once(submit, prepared)) == {302}
        assert Attempt.objects.filter(is_passed=True).count() == PEOPLE
        assert Completion.objects.count() == PEOPLE
        assert Response.objects.count() == PEOPLE * 3


class CorrectionConcurrencyTests(TransactionTestCase):
    """Two who approve, two who apply, and somebody who submits at that moment."""

    def setUp(self):
        case = LearningHubTestCase
        case.build_pages()
        case.build_people()
        self.quiz = case.quiz
        question = single_choice("eins")
        self.quiz.questions = json.dumps([question])
        self.quiz.save_revision().publish()
        self.attempts = []
        for n in range(12):
            user = User.objects.create(username=f"person{n}", first_name="P", last_name=f"{n}")
            membership = Membership.objects.create(user=user, organisation=case.coesfeld)
            enrolment = actions.enrol(membership=membership, course=case.course)
            attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
            answer = {WHOLE: [block_id("eins-b")]}
            actions.save_answers(attempt=attempt, raw={UUID(block_id("eins")): answer})
            self.attempts.append(attempt)
        self.submit(self.attempts[0])
        question["value"]["options"][0]["value"]["is_correct"] = False
        question["value"]["options"][1]["value"]["is_correct"] = True
        self.quiz.questions = json.dumps([question])
        self.quiz.save_revision()
        self.draft = self.quiz.get_latest_revision_as_object()
        (change,) = corrections.changed_questions(self.draft)
        self.correction = corrections.propose_correction(
            draft=self.draft, change=change, kind=CorrectionKind.WRONG_KEY, by=case.admin
        )
        self.second = User.objects.create_superuser("zweite")

    def submit(self, attempt):
        return actions.submit_attempt(attempt=attempt, quiz=self.quiz)

    def test_nobody_is_missed_and_nothing_is_done_twice(self):
        at_once(
            lambda _n: corrections.approve_correction(
                correction=self.correction, by=self.second, draft=self.draft
            ),
            range(4),
        )
        work = [
            lambda: self.quiz.get_latest_revision().publish(),
            *(partial(self.submit, attempt) for attempt in self.attempts[1:]),
            *(partial(call_command, "apply_corrections") for _n in range(3)),
        ]
        at_once(lambda step: step(), work)
        call_command("apply_corrections")
        assert Correction.objects.get().finished_at
        assert Regrading.objects.filter(is_passed=True).count() == 12
        assert Completion.objects.count() == 12
        assert not Attempt.objects.filter(is_passed=True).exists()


class BankCorrectionConcurrencyTests(TransactionTestCase):
    """A question of the bank is published, declared void and regraded by several at once."""

    def setUp(self):
        self.case = case = LearningHubTestCase
        case.build_pages()
        case.build_people()
        self.second = User.objects.create_superuser("zweite")
        self.typed, self.stored = single_choice("eins"), single_choice("pool")
        self.question = bank_question("Frage", self.stored)
        self.key = self.question.translation_key
        self.quiz = case.quiz
        self.quiz.questions = json.dumps([self.typed, chosen(self.question)])
        self.quiz.save_revision().publish()
        self.attempts = []
        for n in range(12):
            user = User.objects.create(username=f"person{n}", first_name="P", last_name=f"{n}")
            membership = Membership.objects.create(user=user, organisation=case.coesfeld)
            enrolment = actions.enrol(membership=membership, course=case.course)
            attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
            answers = {UUID(block_id("eins")): "eins-b", self.key: "pool-b"}
            raw = {key: {WHOLE: [block_id(option)]} for key, option in answers.items()}
            actions.save_answers(attempt=attempt, raw=raw)
            self.attempts.append(attempt)
        self.submit(self.attempts[0])

    def submit(self, attempt):
        return actions.submit_attempt(attempt=attempt, quiz=self.quiz)

    def change_key(self, unit, field, *stored):
        for question in stored:
            if question["type"] == "single_choice":
                for option in question["value"]["options"]:
                    option["value"]["is_correct"] = option["value"]["text"] == "B"
        setattr(unit, field, json.dumps(stored))
        unit.save_revision()

    def declare(self, unit, kind=CorrectionKind.WRONG_KEY, by=None):
        draft = type(unit).objects.get(pk=unit.pk).get_latest_revision_as_object()
        (change,) = corrections.correctable_questions(draft)
        return corrections.propose_correction(
            draft=draft, change=change, kind=kind, by=by or self.case.admin
        )

    def approve(self, correction):
        unit = corrections.original(correction.unit_key)
        return corrections.approve_correction(
            correction=correction, by=self.second, draft=unit.get_latest_revision_as_object()
        )

    def publish(self, unit):
        with suppress(PublishingRefused):
            type(unit).objects.get(pk=unit.pk).latest_revision.publish()

    def test_of_proposals_at_the_same_moment_one_is_open(self):
        self.change_key(self.question, "question", self.stored)
        kinds = [CorrectionKind.WRONG_KEY, CorrectionKind.UNCLEAR, CorrectionKind.VOID] * 3
        at_once(lambda kind: self.declare(self.question, kind), kinds)
        assert Correction.objects.open().count() == 1

    def test_a_question_is_void_or_asked_and_never_both(self):
        correction = self.declare(self.question, CorrectionKind.VOID)
        work = [
            *(partial(self.publish, self.question) for _n in range(3)),
            *(partial(self.approve, correction) for _n in range(3)),
            *(partial(self.submit, attempt) for attempt in self.attempts[1:]),
            *(partial(self.publish, self.question) for _n in range(3)),
        ]
        at_once(lambda step: step(), work)
        call_command("apply_corrections")
        correction.refresh_from_db()
        assert correction.status == CorrectionStatus.LIVE
        assert not BankQuestion.objects.get(pk=self.question.pk).live
        assert correction.regradings.count() == 12

    def test_two_corrections_of_the_same_attempts_lose_nothing_of_each_other(self):
        for attempt in self.attempts[1:]:
            self.submit(attempt)
        self.change_key(self.question, "question", self.stored)
        self.change_key(self.quiz, "questions", self.typed, chosen(self.question))
        for unit in (self.question, self.quiz):
            self.approve(self.declare(unit))
        work = [
            partial(self.publish, self.question),
            partial(self.publish, self.quiz),
            *(partial(call_command, "apply_corrections") for _n in range(4)),
        ]
        at_once(lambda step: step(), work)
        call_command("apply_corrections")
        for attempt in Attempt.objects.all():
            assert (attempt.counted.score.percent, attempt.counted.is_passed) == (100, True)
        assert Regrading.objects.count() == 24
        assert Completion.objects.count() == 12
