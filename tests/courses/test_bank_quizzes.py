"""A quiz takes questions from the bank: chosen ones, and some by chance."""

from __future__ import annotations

import json
import uuid
from itertools import chain

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page

from courses import actions
from courses.bank_actions import retire
from courses.frozen import forget_frozen_questions
from courses.models import (
    Attempt,
    BankQuestion,
    CoursePage,
    QuestionTag,
    QuizPage,
    Response,
    TaggedQuestion,
)
from courses.quizzing import frozen_quiz, question_set
from courses.reckoning import reckon
from hub.publishing import PublishingRefused
from tests.cases import (
    LearningHubTestCase,
    bank_question,
    block_id,
    draft,
    publish,
    single_choice,
    true_false,
)


def chosen(question: BankQuestion, *, points: int | None = None) -> dict:
    return {
        "type": "bank_question",
        "id": block_id(f"chosen-{question.pk}"),
        "value": {"question": question.pk, "points": points},
    }


def by_chance(count: int, *tags: str) -> dict:
    return {
        "type": "random_draw",
        "id": str(uuid.uuid4()),
        "value": {"tags": list(tags), "count": count},
    }


class BankQuizTestCase(LearningHubTestCase):
    def new_quiz(self, *entries, **fields) -> QuizPage:
        course = CoursePage.objects.get(pk=self.course.pk)
        quiz = QuizPage(
            title="Aus dem Pool",
            slug=f"pool-{Page.objects.count()}",
            is_required=False,
            questions=json.dumps(entries),
            **fields,
        )
        return publish(course, quiz)

    def fill(self, count: int, tag: str = "recht", **fields) -> list[BankQuestion]:
        return [
            bank_question(f"{tag} {n}", single_choice(f"{tag} {n}"), tags=tag, **fields)
            for n in range(count)
        ]

    def attempt(self, quiz, person=None) -> Attempt:
        membership = self.membership(person or self.anna)
        enrolment = actions.enrol(membership=membership, course=self.course)
        return actions.start_attempt(enrolment=enrolment, quiz=quiz)

    def again(self, quiz, person=None) -> Attempt:
        """A new attempt after the open one was given up."""
        attempt = self.attempt(quiz, person)
        actions.submit_attempt(attempt=attempt, quiz=quiz)
        return attempt

    def keys(self, attempt) -> list[str]:
        return [entry["id"] for entry in attempt.drawn]


class ChosenTests(BankQuizTestCase):
    def test_it_is_asked_beside_those_typed_in_place(self):
        question = bank_question("Eins", single_choice("eins"))
        attempt = self.attempt(self.new_quiz(true_false("hier"), chosen(question)))
        assert set(self.keys(attempt)) == {block_id("hier"), str(question.translation_key)}
        asked = question_set(attempt)[question.translation_key]
        assert "eins" in str(asked.value["text"])
        assert asked.language == "de"

    def test_a_correction_reaches_the_next_attempt_and_none_under_way(self):
        question = bank_question("Eins", single_choice("eins"))
        quiz = self.new_quiz(chosen(question))
        before = self.attempt(quiz)
        question.question = json.dumps([single_choice("besser")])
        question.save_revision().publish()
        assert "eins" in str(question_set(before)[question.translation_key].value["text"])
        actions.submit_attempt(attempt=before, quiz=quiz)
        after = self.attempt(quiz)
        assert after.content_version == before.content_version
        assert "besser" in str(question_set(after)[question.translation_key].value["text"])

    def test_it_can_give_other_points_and_is_graded_by_them(self):
        question = bank_question("Eins", single_choice("eins", points=1))
        quiz = self.new_quiz(chosen(question, points=5))
        attempt = self.attempt(quiz)
        answer = {question.translation_key: {"answer": [block_id("eins-a")]}}
        actions.save_answers(attempt=attempt, raw=answer)
        result = actions.submit_attempt(attempt=attempt, quiz=quiz)
        assert (result.points, result.maximum, result.is_passed) == (5, 5, True)
        # The question itself stays as it is for every other quiz.
        other = self.attempt(self.new_quiz(chosen(question)))
        assert question_set(other)[question.translation_key].value["points"] == 1

    def test_retired_it_stays_where_it_was_chosen(self):
        question = bank_question("Eins", single_choice("eins"))
        quiz = self.new_quiz(chosen(question))
        retire(question=question, actor=self.admin)
        assert self.keys(self.attempt(quiz)) == [str(question.translation_key)]
        assert reckon(quiz).retired == ["Eins"]

    def test_unpublished_it_is_asked_no_more_and_nothing_fails(self):
        question = bank_question("Eins", single_choice("eins"))
        quiz = self.new_quiz(chosen(question), true_false("hier"))
        question.unpublish()
        assert self.keys(self.attempt(quiz)) == [block_id("hier")]

    def test_a_quiz_without_any_question_left_asks_none_and_nothing_fails(self):
        question = bank_question("Eins", single_choice("eins"))
        quiz = self.new_quiz(chosen(question))
        question.unpublish()
        attempt = self.attempt(quiz)
        self.client.force_login(self.anna)
        url = reverse("courses:attempt", args=[attempt.uuid])
        assert self.client.get(url).status_code == 200
        assert not actions.submit_attempt(attempt=attempt, quiz=quiz).is_passed

    def test_evidence_names_the_question_by_its_key_and_survives_it(self):
        question = bank_question("Eins", single_choice("eins"))
        quiz = self.new_quiz(chosen(question))
        attempt = self.attempt(quiz)
        stored = attempt.content_version.content["questions"][0]["value"]["question"]
        assert stored == str(question.translation_key)
        question.delete()
        forget_frozen_questions()
        asked = question_set(Attempt.objects.get(pk=attempt.pk))
        assert list(asked) == [question.translation_key]

    def test_publishing_a_quiz_again_makes_no_new_version(self):
        quiz = self.new_quiz(chosen(bank_question("Eins", single_choice("eins"))))
        version = self.version(quiz)
        quiz.save_revision().publish()
        assert self.version(quiz) == version


class DrawTests(BankQuizTestCase):
    def test_it_draws_by_keyword_and_nothing_else(self):
        law = {str(q.translation_key) for q in self.fill(3)}
        self.fill(3, "praxis")
        drawn = self.keys(self.attempt(self.new_quiz(by_chance(3, "recht"))))
        assert set(drawn) == law

    def test_all_keywords_must_fit(self):
        both = bank_question("Beides", single_choice("b"), tags="recht praxis")
        self.fill(2)
        assert self.keys(self.attempt(self.new_quiz(by_chance(1, "recht", "praxis")))) == [
            str(both.translation_key)
        ]

    def test_drafts_and_retired_questions_are_not_drawn(self):
        wanted, retired, gone = self.fill(3)
        bank_question("Entwurf", single_choice("entwurf"), tags="recht", live=False)
        quiz = self.new_quiz(by_chance(3, "recht"))
        retire(question=retired, actor=self.admin)
        gone.unpublish()
        assert self.keys(self.attempt(quiz)) == [str(wanted.translation_key)]

    def test_unseen_first_then_least_often(self):
        everything = {str(q.translation_key) for q in self.fill(5)}
        quiz = self.new_quiz(by_chance(2, "recht"))
        first, second, third = (set(self.keys(self.again(quiz))) for _n in range(3))
        assert first.isdisjoint(second)
        assert everything - first - second <= third
        for _n in range(2):
            self.again(quiz)
        seen = list(chain.from_iterable(self.keys(a) for a in Attempt.objects.all()))
        assert {seen.count(key) for key in everything} == {2}

    def test_what_others_saw_does_not_count(self):
        self.fill(4)
        quiz = self.new_quiz(by_chance(2, "recht"))
        seen = set(self.keys(self.again(quiz)))
        self.again(quiz, self.otto)
        assert seen.isdisjoint(self.keys(self.attempt(quiz)))

    def test_no_question_twice_over_draws_and_choices(self):
        first, *_rest = self.fill(3)
        quiz = self.new_quiz(chosen(first), by_chance(1, "recht"), by_chance(1, "recht"))
        drawn = self.keys(self.attempt(quiz))
        assert len(drawn) == len(set(drawn)) == 3

    def test_draw_count_cuts_what_was_taken(self):
        self.fill(5)
        quiz = self.new_quiz(true_false("hier"), by_chance(4, "recht"), draw_count=3)
        assert len(self.keys(self.attempt(quiz))) == 3

    def test_with_fewer_than_wanted_it_asks_what_there_is(self):
        questions = self.fill(3)
        quiz = self.new_quiz(by_chance(3, "recht"))
        questions[0].unpublish()
        assert len(self.keys(self.attempt(quiz))) == 2

    def test_who_chooses_it_takes_it_from_the_draw(self):
        first, second = self.fill(2)
        quiz = self.new_quiz(chosen(first, points=3), by_chance(1, "recht"))
        asked = question_set(self.attempt(quiz))
        assert asked[first.translation_key].value["points"] == 3
        assert asked[second.translation_key].value["points"] == 1

    def test_options_are_shuffled_and_kept(self):
        self.fill(1)
        attempt = self.attempt(self.new_quiz(by_chance(1, "recht")))
        assert sorted(attempt.drawn[0]["order"]) == sorted(
            block_id(f"recht 0-{letter}") for letter in "abc"
        )


class LanguageTests(BankQuizTestCase):
    def english(self, question, text: str) -> BankQuestion:
        copy = question.copy_for_translation(self.en)
        copy.question = json.dumps([single_choice(text)])
        copy.live = False
        copy.save()
        copy.save_revision().publish()
        return copy

    def english_quiz(self, *entries) -> QuizPage:
        quiz = self.new_quiz(*entries)
        for page in (self.home, self.catalogue, self.course):
            page.specific.copy_for_translation(self.en)
        copy = quiz.copy_for_translation(self.en)
        copy.title = "From the bank"
        copy.save_revision().publish()
        return QuizPage.objects.get(pk=copy.pk)

    def test_each_question_is_asked_in_the_language_of_the_attempt_or_else_the_first(self):
        first, second = self.fill(2)
        self.english(first, "law")
        quiz = self.english_quiz(chosen(first), by_chance(1, "recht"))
        asked = question_set(self.attempt(quiz))
        assert asked[first.translation_key].language == "en"
        assert "law" in str(asked[first.translation_key].value["text"])
        assert asked[second.translation_key].language == "de"

    def test_the_page_says_in_which_language_each_question_is(self):
        first, _second = self.fill(2)
        self.english(first, "law")
        quiz = self.english_quiz(chosen(first), by_chance(1, "recht"))
        self.client.force_login(self.anna)
        html = self.client.get(
            reverse("courses:attempt", args=[self.attempt(quiz).uuid])
        ).content.decode()
        assert f'lang="en" data-question="{first.translation_key}"' in html
        assert html.count('lang="de" data-question=') == 1

    def test_what_is_not_translated_is_evidence_of_the_german_text(self):
        (question,) = self.fill(1)
        copy = question.copy_for_translation(self.en)
        copy.live = False
        copy.save()
        copy.save_revision().publish()
        copy.refresh_from_db()
        assert copy.version == question.version


class QueryTests(BankQuizTestCase):
    def queries(self, act) -> int:
        with CaptureQueriesContext(connection) as found:
            act()
        return len(found)

    def test_an_attempt_takes_the_same_queries_for_ten_questions_and_a_thousand(self):
        self.fill(10)
        (other,) = self.fill(1, "praxis")
        quiz = self.new_quiz(chosen(other), by_chance(3, "recht"), by_chance(2, "recht"))

        def start():
            forget_frozen_questions()
            frozen_quiz.cache_clear()
            self.again(quiz)

        def show():
            forget_frozen_questions()
            attempt = Attempt.objects.latest("pk")
            frozen_quiz(attempt.content_version_id)
            question_set(attempt)

        self.again(quiz)
        few = self.queries(start), self.queries(show)
        rows = [
            BankQuestion(
                name=f"Viele {n}",
                question=json.dumps([single_choice(f"v{n}")]),
                locale=self.de,
                version=BankQuestion.objects.first().version,
            )
            for n in range(1000)
        ]
        for row in rows:
            row.copy_from_block()
        tag = QuestionTag.objects.get(slug="recht")
        TaggedQuestion.objects.bulk_create(
            TaggedQuestion(content_object=row, tag=tag)
            for row in BankQuestion.objects.bulk_create(rows)
        )
        assert (self.queries(start), self.queries(show)) == few

    def test_answers_are_saved_with_no_more_queries_than_before(self):
        questions = self.fill(10)
        quiz = self.new_quiz(by_chance(10, "recht"))
        attempt = self.attempt(quiz)
        key = questions[0].translation_key
        answer = {key: {"answer": [block_id("recht 0-a")]}}
        with self.assertNumQueries(4):
            actions.save_answers(attempt=attempt, raw=answer)
        assert Response.objects.count() == 1


class EditorTests(BankQuizTestCase):
    """What the editor of a quiz is told before it goes live."""

    def refusal(self, *entries, **fields) -> str:
        course = CoursePage.objects.get(pk=self.course.pk)
        quiz = draft(course, QuizPage(title="Q", slug="q", questions=json.dumps(entries), **fields))
        with self.assertRaises(PublishingRefused) as error:
            quiz.save_revision().publish()
        return str(error.exception)

    def test_a_draw_with_too_few_questions_says_how_many_there_are(self):
        self.fill(2)
        assert "nur 2 Fragen" in self.refusal(by_chance(3, "recht"))

    def test_draws_that_overlap_are_counted_together(self):
        self.fill(3)
        assert "nur 1 Frage" in self.refusal(by_chance(2, "recht"), by_chance(2, "recht"))

    def test_a_question_that_is_not_public_or_chosen_twice(self):
        question = bank_question("Entwurf", single_choice("e"), live=False)
        assert "nicht veröffentlicht" in self.refusal(chosen(question))
        other = bank_question("Eins", single_choice("eins"))
        twice = chosen(other) | {"id": block_id("anders")}
        quiz = QuizPage(questions=json.dumps([chosen(other), twice]), locale=self.de)
        assert [place.index for place in reckon(quiz).short_places] == [1]

    def test_draw_count_cannot_be_more_than_there_is(self):
        self.fill(2)
        assert "So viele Fragen" in self.refusal(by_chance(2, "recht"), draw_count=3)

    def test_the_sum_of_points_is_a_range_for_draws(self):
        for points in (1, 3, 5):
            bank_question(f"P{points}", single_choice(f"p{points}", points=points), tags="recht")
        quiz = self.new_quiz(single_choice("hier", points=2), by_chance(2, "recht"), pass_mark=50)
        reckoning = reckon(quiz)
        assert reckoning.count == 3
        assert reckoning.points == (6, 10)
        assert reckoning.needed == (3, 5)
        assert reckoning.can_be_passed

    def test_the_editor_shows_it(self):
        self.fill(3)
        quiz = self.new_quiz(by_chance(2, "recht"))
        self.client.force_login(self.admin)
        response = self.client.get(reverse("wagtailadmin_pages:edit", args=[quiz.pk]))
        self.assertContains(response, "Jeder Versuch stellt 2 Fragen")
        self.assertContains(response, "recht (3 Fragen)")

    def test_the_preview_shows_what_may_be_asked(self):
        (question,) = self.fill(1)
        quiz = self.new_quiz(true_false("hier"), by_chance(1, "recht"))
        html = quiz.make_preview_request().render().content.decode()
        assert "Was gilt für recht 0?" in html
        assert "hier stimmt" in html
