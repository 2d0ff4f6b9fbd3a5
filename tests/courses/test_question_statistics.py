"""The statistics of questions: what counts, what the pages show, who sees them."""

from datetime import timedelta
from uuid import UUID

from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses import actions
from courses.models import Attempt
from courses.question_statistics import bank_statistics, quiz_statistics
from courses.quizzing import question_set
from hub.organisations.models import User
from tests.cases import bank_question, block_id, single_choice, true_false

from .questions.samples import short_text
from .test_bank_quizzes import BankQuizTestCase, chosen

RIGHT, WRONG = "eins-a", "eins-b"


class StatisticsTestCase(BankQuizTestCase):
    def setUp(self):
        self.client.force_login(self.admin)

    def learner(self, number) -> User:
        user, is_new = User.objects.get_or_create(username=f"lernt{number}")
        if is_new:
            self.coesfeld.memberships.create(user=user)
        return user

    def answer(self, quiz, person, *, is_right=True, given=None):
        """One attempt: everything right, or everything that can be chosen wrong."""
        attempt = self.attempt(quiz, person)
        for question_id, question in question_set(attempt).items():
            answer = question.block.right_answer(question.value)
            if not is_right:
                wrong = [key for key in question.order if [key] not in answer.values()]
                answer = dict.fromkeys(answer, wrong[:1])
            actions.save_answers(attempt=attempt, raw={question_id: given or answer})
        actions.submit_attempt(attempt=attempt, quiz=quiz)
        self.settle()
        return attempt

    def settle(self):
        """Some minutes pass; the order stays."""
        earlier = timezone.now() - timedelta(hours=1)
        for place, attempt in enumerate(Attempt.objects.order_by("pk")):
            moment = earlier + timedelta(seconds=place)
            Attempt.objects.filter(pk=attempt.pk).update(graded_at=moment, submitted_at=moment)

    def new_typed(self, *entries, **fields):
        return self.new_quiz(*(entries or (single_choice("eins"), true_false("zwei"))), **fields)

    def page(self, quiz):
        url = reverse("courses_quiz_statistics", args=[quiz.translation_key])
        return self.client.get(url)

    def figures(self, quiz):
        """The part of the page that shows figures; the rest has tokens in it."""
        page = BeautifulSoup(self.page(quiz).content, "html.parser")
        return page.find(class_="hub-statistics").get_text()

    def first(self, quiz):
        return quiz_statistics(quiz.translation_key)[0].current[0]


class CountingTests(StatisticsTestCase):
    def test_nothing_is_said_of_few_persons(self):
        quiz = self.new_typed()
        for number in range(4):
            self.answer(quiz, self.learner(number))
        page = self.page(quiz)
        self.assertContains(page, "weniger als 5 Personen")
        self.assertNotContains(page, "hub-statistics__right")
        assert self.first(quiz).figures.persons == 0

    def test_persons_count_in_whole_groups_and_who_comes_next_changes_nothing(self):
        quiz = self.new_typed()
        for number in range(10):
            self.answer(quiz, self.learner(number), is_right=number < 6)
        figures = self.first(quiz).figures
        assert figures.persons == 10
        assert figures.share.count == 5
        assert figures.rows[block_id(RIGHT)].count == 5
        before = self.figures(quiz)
        for number in range(10, 14):
            self.answer(quiz, self.learner(number), is_right=False)
        assert self.figures(quiz) == before

    def test_only_the_first_attempt_of_a_person_counts(self):
        quiz = self.new_typed()
        for number in range(10):
            self.answer(quiz, self.learner(number), is_right=False)
        for number in range(10):
            self.answer(quiz, self.learner(number))
        figures = self.first(quiz).figures
        assert figures.persons == 10
        assert figures.share.is_below

    def test_an_attempt_without_an_answer_and_an_open_one_do_not_count(self):
        quiz = self.new_typed()
        for number in range(4):
            self.answer(quiz, self.learner(number))
        self.attempt(quiz, self.learner(5))
        actions.submit_attempt(attempt=self.attempt(quiz, self.learner(6)), quiz=quiz)
        self.settle()
        assert self.first(quiz).figures.persons == 0

    def test_another_text_is_counted_by_itself(self):
        quiz = self.new_typed()
        for number in range(10):
            self.answer(quiz, self.learner(number))
        changed = single_choice("eins")
        changed["value"]["text"] = "<p>Neu?</p>"
        stream = quiz._meta.get_field("questions").stream_block
        quiz.questions = stream.to_python([changed])
        # What is asked from now on; that corrections are asked for is tested elsewhere.
        version = self.version(quiz)
        content = dict(version.content, questions=quiz.get_evidence()["questions"])
        type(version).objects.create(
            unit_key=version.unit_key,
            language=version.language,
            number=version.number + 1,
            title=version.title,
            content=content,
            sha256="0" * 64,
            published_at=timezone.now(),
        )
        question = quiz_statistics(quiz.translation_key)[0]
        assert [w.figures.persons for w in question.current] == [0]
        assert [w.figures.persons for w in question.former] == [10]
        assert "Neu?" in self.figures(quiz)
        assert "Was gilt für eins?" in self.figures(quiz)

    def test_what_people_type_is_never_shown(self):
        quiz = self.new_typed(short_text("wort"))
        for number in range(10):
            self.answer(quiz, self.learner(number), given={"answer": ["Geheimwort"]})
        assert self.first(quiz).figures.persons == 10
        self.assertNotContains(self.page(quiz), "Geheimwort")


class BankTests(StatisticsTestCase):
    def setUp(self):
        super().setUp()
        self.question = bank_question("Eins", single_choice("eins"))
        self.quizzes = [self.new_quiz(chosen(self.question), true_false("hier")) for _n in "ab"]

    def test_a_person_counts_once_over_all_quizzes(self):
        for number in range(5):
            for quiz in self.quizzes:
                self.answer(quiz, self.learner(number))
        for number in range(5, 10):
            self.answer(self.quizzes[1], self.learner(number))
        found = bank_statistics(self.question.translation_key)
        assert [w.figures.persons for w in found.current] == [10]
        in_quiz = quiz_statistics(self.quizzes[0].translation_key)[0]
        assert in_quiz.is_from_bank
        assert in_quiz.current[0].figures == found.current[0].figures

    def test_it_has_a_page_of_its_own(self):
        url = reverse("courses_bank_statistics", args=[self.question.translation_key])
        self.assertContains(self.client.get(url), "die diese Frage gestellt haben")


class PageTests(StatisticsTestCase):
    def test_it_links_to_the_question_in_the_editor(self):
        quiz = self.new_typed()
        block = UUID(block_id("eins"))
        self.assertContains(self.page(quiz), f"/edit/#block-{block}-section")

    def test_editors_find_it_and_nobody_else(self):
        quiz = self.new_typed()
        url = reverse("courses_quiz_statistics", args=[quiz.translation_key])
        editor = self.client.get(reverse("wagtailadmin_pages:edit", args=[quiz.pk]))
        self.assertContains(editor, url)
        hr = Client()
        hr.force_login(User.objects.get(username="hilde"))
        assert hr.get(url).status_code in (302, 404)

    def test_it_asks_as_many_queries_for_many_people(self):
        quiz = self.new_typed()
        counts = []
        for people in (range(2), range(2, 14)):
            for number in people:
                self.answer(quiz, self.learner(number))
            self.page(quiz)
            with CaptureQueriesContext(connection) as queries:
                self.page(quiz)
            counts.append(len(queries))
        assert counts[0] == counts[1], counts
