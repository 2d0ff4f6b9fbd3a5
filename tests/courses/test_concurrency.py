"""Double clicks, two tabs, fifty people at once: on the real database, with real transactions."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.test import Client, TransactionTestCase
from django.urls import reverse

from certificates.models import Certificate
from courses import actions
from courses.models import Attempt, Completion, Enrolment, Response
from courses.quizzing import question_set
from hub.organisations.models import Membership, User
from tests.cases import LearningHubTestCase

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
