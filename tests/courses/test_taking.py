"""Taking a quiz: pages, marks, feedback at once, attempts, time, sessions that end."""

import json
import re
from collections import defaultdict
from datetime import timedelta
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses import actions
from courses.enums import CountedAttempt, FeedbackTime, MoreTime, QuizLayout
from courses.models import Attempt, Completion, OwnSettings
from courses.models.own_settings import owner_key
from courses.quizzing import question_set
from hub.organisations.models import User
from tests.cases import publish, single_choice

from .questions.samples import gap_text, matching
from .test_views import LearnerTestCase


class TakingTestCase(LearnerTestCase):
    def setting(self, **settings):
        """Publish the quiz with these settings."""
        for name, value in settings.items():
            setattr(self.quiz, name, value)
        self.quiz.save_revision().publish()

    def url(self, attempt):
        return reverse("courses:attempt", args=[attempt.uuid])

    def asked(self, attempt):
        return list(question_set(attempt).values())

    def right(self, question):
        return question.block.right_answer(question.value)

    def answer(self, attempt, number, answer=None):
        """Keep an answer of the question with that number, the right one if none is given."""
        question = self.asked(attempt)[number - 1]
        actions.save_answers(
            attempt=attempt,
            raw={question.id: self.right(question) if answer is None else answer},
        )
        return question


class OnePerPageTests(TakingTestCase):
    def setUp(self):
        super().setUp()
        self.setting(layout=QuizLayout.ONE)
        self.attempt = self.start()

    def page(self, number=None):
        response = self.client.get(self.url(self.attempt) + (f"?frage={number}" if number else ""))
        return re.findall(r'<fieldset[^>]*id="frage-(\d+)"', response.content.decode())

    def test_only_where_one_stands_on_a_page_a_button_leads_to_the_next(self):
        self.assertContains(self.client.get(self.url(self.attempt)), "Nächste Frage")
        self.setting(layout=QuizLayout.ALL)
        actions.submit_attempt(attempt=self.attempt, quiz=self.quiz)
        self.assertNotContains(self.client.get(self.url(self.start())), "Nächste Frage")

    def test_one_question_stands_on_a_page(self):
        assert self.page() == ["1"]
        assert self.page(2) == ["2"]

    def test_a_number_that_does_not_exist_leads_to_one_that_does(self):
        assert self.page(99) == ["3"]
        assert self.page(0) == ["1"]
        assert self.page("9" * 5000) == ["1"]

    def test_an_attempt_for_which_no_question_is_left_fails_nobody(self):
        Attempt.objects.filter(pk=self.attempt.pk).update(drawn=[])
        assert self.page() == []
        response = self.client.post(self.url(self.attempt), {"action": "submit"})
        self.assertContains(self.client.get(response.url), "Noch nicht bestanden")

    def test_a_question_that_is_gone_leaves_no_gap_in_the_numbers(self):
        missing = {"id": str(self.anna.uuid), "order": []}
        Attempt.objects.filter(pk=self.attempt.pk).update(drawn=[missing, *self.attempt.drawn])
        assert [self.page(number) for number in (1, 2, 3)] == [["1"], ["2"], ["3"]]

    def test_each_page_keeps_its_answer_and_leads_on(self):
        first = self.asked(self.attempt)[0]
        response = self.client.post(
            self.url(self.attempt), {**first.as_sent(self.right(first)), "go": "2"}
        )
        assert response.url == f"{self.url(self.attempt)}?frage=2#frage-2"
        assert self.attempt.responses.get().answer == self.right(first)

    def test_who_comes_back_goes_on_at_the_same_question(self):
        self.client.post(self.url(self.attempt), {"go": "3"})
        assert self.page() == ["3"]

    def test_the_unanswered_are_listed_before_submitting(self):
        self.answer(self.attempt, 2)
        response = self.client.post(self.url(self.attempt) + "?frage=3", {"action": "submit"})
        self.assertContains(
            response, "2 Fragen sind noch nicht vollständig beantwortet", status_code=422
        )
        self.assertContains(response, 'href="?frage=1#frage-1"', status_code=422)
        response = self.client.post(self.url(self.attempt), {"action": "submit_anyway"})
        assert response.url == reverse("courses:result", args=[self.attempt.uuid])

    def test_the_numbers_say_what_is_answered_and_flagged(self):
        self.answer(self.attempt, 1)
        flagged = self.asked(self.attempt)[1]
        self.client.post(self.url(self.attempt), {"flag": str(flagged.id)})
        page = self.client.get(self.url(self.attempt)).content.decode()
        states = dict(re.findall(r'value="(\d)" class="(hub-number[^"]*)"', page))
        assert states == {
            "1": "hub-number hub-number--answered",
            "2": "hub-number hub-number--flagged",
            "3": "hub-number",
        }


class HalfAnsweredTests(TakingTestCase):
    def setUp(self):
        super().setUp()
        self.setting(questions=json.dumps([matching("paare"), gap_text("luecken")]))
        self.attempt = self.start()

    def half_of(self, question):
        right = self.right(question)
        first = next(iter(right))
        return {first: right[first]}

    def test_a_question_with_an_open_part_counts_as_unanswered(self):
        self.answer(self.attempt, 1, self.half_of(self.asked(self.attempt)[0]))
        self.answer(self.attempt, 2)
        page = self.client.get(self.url(self.attempt))
        self.assertContains(page, "1 von 2 beantwortet")
        page = self.client.post(self.url(self.attempt), {"action": "submit"})
        self.assertContains(page, "1 Frage ist noch nicht vollständig beantwortet", status_code=422)
        self.assertContains(page, 'href="#frage-1"', status_code=422)

    def test_what_was_answered_of_it_earns_its_part(self):
        self.answer(self.attempt, 1, self.half_of(self.asked(self.attempt)[0]))
        self.client.post(self.url(self.attempt), {"action": "submit_anyway"})
        self.attempt.refresh_from_db()
        assert 0 < self.attempt.points < self.attempt.maximum
        result = self.client.get(reverse("courses:result", args=[self.attempt.uuid]))
        self.assertContains(result, "teilweise richtig")


class FlagTests(TakingTestCase):
    def test_a_flag_is_kept_with_and_without_an_answer_and_taken_back(self):
        attempt = self.start()
        question = self.asked(attempt)[0]
        self.client.post(self.url(attempt), {"flag": str(question.id)})
        self.answer(attempt, 1)
        response = attempt.responses.get()
        assert response.is_flagged
        assert response.answer == self.right(question)
        self.client.post(self.url(attempt), {**self.shown(question), "unflag": str(question.id)})
        response.refresh_from_db()
        assert not response.is_flagged
        assert response.answer == self.right(question)

    def shown(self, question):
        sent = question.as_sent(self.right(question))
        return sent | {f"{name}-shown": values for name, values in sent.items()}

    def test_a_script_flags_too(self):
        attempt = self.start()
        question = self.asked(attempt)[0]
        url = reverse("courses:answer", args=[attempt.uuid, question.id])
        assert self.client.post(url, {"flagged": "true"}).status_code == 200
        assert attempt.responses.get().is_flagged
        assert self.client.post(url, {"flagged": "false"}).status_code == 200
        assert not attempt.responses.get().is_flagged


class FeedbackAtOnceTests(TakingTestCase):
    def setUp(self):
        super().setUp()
        self.setting(feedback_time=FeedbackTime.AT_ONCE)
        self.attempt = self.start()

    def check(self, question, **sent):
        return self.client.post(self.url(self.attempt), {**sent, "check": str(question.id)})

    def test_a_checked_answer_shows_its_feedback_and_stands(self):
        question = self.answer(self.attempt, 1)
        response = self.check(question)
        assert response.url.endswith("#frage-1")
        page = self.client.get(self.url(self.attempt))
        self.assertContains(page, "hub-review")
        with_other = actions.save_answers(attempt=self.attempt, raw={question.id: {}})
        assert "gilt" in with_other[question.id][0]
        assert self.attempt.responses.get().answer == self.right(question)

    def sent_by_the_page(self):
        """What a browser sends for the page as it is, without the button."""
        page = BeautifulSoup(self.client.get(self.url(self.attempt)).content, "html.parser")
        form = page.find("form", class_="hub-quiz")
        sent = defaultdict(list)
        for field in form.find_all("input"):
            if field["type"] == "hidden" or field.has_attr("checked"):
                sent[field["name"]].append(field["value"])
        return sent

    def test_one_goes_on_after_checking_an_answer(self):
        for layout in QuizLayout.values:
            with self.subTest(layout):
                actions.submit_attempt(attempt=self.attempt, quiz=self.quiz)
                self.setting(layout=layout)
                self.attempt = self.start()
                question = self.answer(self.attempt, 1)
                self.check(question)
                response = self.client.post(
                    self.url(self.attempt), {**self.sent_by_the_page(), "go": "2"}
                )
                assert response.url.endswith("#frage-2")
                assert self.attempt.responses.get().answer == self.right(question)

    def test_an_answer_is_needed_first(self):
        response = self.check(self.asked(self.attempt)[0])
        self.assertContains(response, "Bitte beantworten Sie zuerst die Frage", status_code=422)

    def test_checking_the_answer_on_the_page_keeps_it_first(self):
        question = self.asked(self.attempt)[0]
        self.check(question, **question.as_sent(self.right(question)))
        assert self.attempt.responses.get().checked_at

    def test_at_the_end_means_at_the_end(self):
        self.setting(feedback_time=FeedbackTime.AT_END)
        actions.submit_attempt(attempt=self.attempt, quiz=self.quiz)
        attempt = self.start()
        question = self.answer(attempt, 1)
        with pytest.raises(ValidationError):
            actions.check_answer(attempt=attempt, question_id=question.id)


class AttemptsTests(TakingTestCase):
    def fail(self):
        return actions.submit_attempt(attempt=self.start(), quiz=self.quiz)

    def test_attempts_are_counted(self):
        self.setting(max_attempts=2)
        self.fail()
        self.assertContains(self.client.get(self.quiz.url), "noch 1 Versuch")
        self.fail()
        page = self.client.get(self.quiz.url)
        self.assertContains(page, "Alle Versuche sind aufgebraucht")
        self.assertNotContains(page, "beginnen/")
        response = self.client.post(
            reverse("courses:start_attempt", args=[self.quiz.translation_key]), follow=True
        )
        self.assertContains(response, "kein weiterer Versuch")
        assert Attempt.objects.count() == 2

    def test_the_next_attempt_waits(self):
        self.setting(waiting_hours=24)
        failed = self.fail()
        self.assertContains(self.client.get(self.quiz.url), "Sie können es wieder versuchen ab")
        with pytest.raises(ValidationError):
            self.start()
        Attempt.objects.update(submitted_at=failed.submitted_at - timedelta(hours=25))
        assert self.start().is_open

    def test_an_open_attempt_goes_on_whatever_changed_since(self):
        attempt = self.start()
        self.setting(max_attempts=1, waiting_hours=24)
        assert self.start() == attempt

    def results(self):
        good = self.start()
        for number in (1, 2, 3):
            self.answer(good, number)
        actions.submit_attempt(attempt=good, quiz=self.quiz)
        self.fail()

    def test_the_best_counts(self):
        self.results()
        self.assertContains(self.client.get(self.quiz.url), "Ihr bestes Ergebnis zählt: 100")

    def test_the_latest_counts_and_a_pass_stays(self):
        self.setting(counted_attempt=CountedAttempt.LATEST)
        self.results()
        self.assertContains(self.client.get(self.quiz.url), "Ihr letztes Ergebnis zählt: 0")
        assert Completion.objects.count() == 1


class TimeLimitTests(TakingTestCase):
    def setUp(self):
        super().setUp()
        self.setting(time_limit_minutes=10)
        self.attempt = self.start()

    def after(self, **time):
        """So much time has gone by since the attempt began."""
        began = timezone.now() - timedelta(**time)
        Attempt.objects.filter(pk=self.attempt.pk).update(started_at=began)
        self.attempt.refresh_from_db()

    def need(self, more_time):
        self.client.post(reverse("courses:own_settings"), {"more_time": more_time})

    def test_without_a_limit_there_is_none(self):
        self.setting(time_limit_minutes=None)
        actions.submit_attempt(attempt=self.attempt, quiz=self.quiz)
        assert actions.attempt_ends_at(self.start()) is None

    def test_the_page_says_until_when(self):
        page = self.client.get(self.url(self.attempt))
        self.assertContains(page, "Sie haben Zeit bis")
        seconds = int(re.search(r'data-seconds="(\d+)"', page.content.decode()).group(1))
        assert 590 <= seconds <= 600

    def test_a_late_answer_is_refused_and_what_was_answered_counts(self):
        for number in (1, 2, 3):
            self.answer(self.attempt, number)
        self.after(minutes=11)
        with pytest.raises(ValidationError, match="Zeit ist um"):
            self.answer(self.attempt, 1, {})
        response = self.client.get(self.url(self.attempt))
        assert response.url == reverse("courses:result", args=[self.attempt.uuid])
        self.attempt.refresh_from_db()
        assert self.attempt.is_passed

    def test_what_was_sent_in_time_may_arrive_a_little_late(self):
        self.after(minutes=10, seconds=20)
        self.answer(self.attempt, 1)
        assert self.attempt.responses.count() == 1

    def test_a_form_sent_late_is_answered_with_the_result(self):
        self.after(minutes=11)
        response = self.client.post(self.url(self.attempt), {"action": "submit"}, follow=True)
        self.assertContains(response, "Die Zeit ist um")

    def test_more_time_counts_at_once(self):
        self.need(MoreTime.DOUBLE)
        self.after(minutes=15)
        self.answer(self.attempt, 1)
        self.need(MoreTime.NO_LIMIT)
        self.after(days=2)
        self.answer(self.attempt, 2)
        assert self.attempt.responses.count() == 2

    def test_the_page_of_the_quiz_submits_what_is_over(self):
        self.after(minutes=11)
        self.assertContains(self.client.get(self.quiz.url), "Letztes Ergebnis ansehen")
        self.attempt.refresh_from_db()
        assert not self.attempt.is_open

    def test_who_never_comes_back_is_submitted_by_the_command(self):
        for number in (1, 2, 3):
            self.answer(self.attempt, number)
        call_command("submit_overdue_attempts", stdout=StringIO())
        self.attempt.refresh_from_db()
        assert self.attempt.is_open
        self.after(minutes=11)
        call_command("submit_overdue_attempts", stdout=StringIO())
        self.attempt.refresh_from_db()
        assert self.attempt.is_passed


class OwnSettingsTests(TakingTestCase):
    def test_a_person_sets_it_and_sees_it(self):
        url = reverse("courses:own_settings")
        response = self.client.post(url, {"more_time": "1.5", "next": self.quiz.url})
        assert response.url == self.quiz.url
        page = self.client.get(url).content.decode()
        assert re.search(r'value="1.5"[^>]*checked', page)

    def test_nobody_is_led_away_from_the_hub(self):
        url = reverse("courses:own_settings")
        response = self.client.post(url, {"more_time": "1", "next": "https://example.org/"})
        assert response.url == reverse("courses:my_learning")

    def test_no_row_leads_to_a_person(self):
        self.client.post(reverse("courses:own_settings"), {"more_time": "2"})
        row = OwnSettings.objects.values().get()
        assert set(row) == {"owner_key", "more_time", "copied_from"}
        assert row["copied_from"] == ""
        assert str(self.anna.uuid) not in row["owner_key"]
        assert not any(field.is_relation for field in OwnSettings._meta.get_fields())
        with self.settings(SECRET_KEY="another installation"):
            assert owner_key(self.anna) != row["owner_key"]

    def test_nobody_else_has_them(self):
        self.client.post(reverse("courses:own_settings"), {"more_time": "2"})
        for user in User.objects.exclude(pk=self.anna.pk):
            assert OwnSettings.objects.of(user).more_time == MoreTime.NORMAL


class ScoreFeedbackTests(TakingTestCase):
    def test_the_highest_band_reached_is_shown(self):
        stream = self.quiz._meta.get_field("score_feedback").stream_block
        self.setting(
            score_feedback=stream.to_python(
                [
                    {"type": "band", "value": {"from_percent": percent, "text": f"<p>{text}</p>"}}
                    for percent, text in (
                        (0, "Noch einmal lesen"),
                        (60, "Ordentlich"),
                        (90, "Glanz"),
                    )
                ]
            )
        )
        attempt = self.start()
        actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        page = self.client.get(reverse("courses:result", args=[attempt.uuid]))
        self.assertContains(page, "Noch einmal lesen")
        attempt = self.start()
        for number in (1, 2, 3):
            self.answer(attempt, number)
        actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        page = self.client.get(reverse("courses:result", args=[attempt.uuid]))
        self.assertContains(page, "Glanz")
        self.assertNotContains(page, "Ordentlich")


class EndedSessionTests(TakingTestCase):
    """Nothing that was answered is lost when a session ends."""

    def test_a_form_sent_without_a_session_is_kept_until_signing_in(self):
        self.setting(layout=QuizLayout.ONE)
        attempt = self.start()
        question = self.asked(attempt)[1]
        browser = Client()
        sent = {**question.as_sent(self.right(question)), "go": "3"}
        response = browser.post(self.url(attempt) + "?frage=2", sent)
        assert response.status_code == 302
        assert not attempt.responses.exists()
        self.anna.set_password("ein langes Passwort")
        self.anna.save()
        response = browser.post(
            response.url, {"username": "anna", "password": "ein langes Passwort"}, follow=True
        )
        self.assertContains(response, "Ihre Antworten sind gespeichert")
        self.assertContains(response, 'id="frage-2"')
        assert attempt.responses.get().answer == self.right(question)

    def test_it_is_kept_for_its_own_person_only(self):
        attempt = self.start()
        question = self.asked(attempt)[0]
        browser = Client()
        browser.post(self.url(attempt), question.as_sent(self.right(question)))
        browser.force_login(self.bernd)
        assert browser.get(self.url(attempt)).status_code == 404
        assert not attempt.responses.exists()

    def test_a_script_is_told_to_sign_in(self):
        attempt = self.start()
        question = self.asked(attempt)[0]
        url = reverse("courses:answer", args=[attempt.uuid, question.id])
        response = Client().post(url, question.as_sent(self.right(question)))
        assert response.status_code == 401
        assert "nicht mehr angemeldet" in response.json()["message"]

    def test_a_huge_form_is_not_kept(self):
        attempt = self.start()
        browser = Client()
        browser.post(self.url(attempt), {"x": "y" * 200_000})
        assert "courses_unsent_answers" not in browser.session


class OrderTests(TakingTestCase):
    def test_without_shuffling_the_order_is_the_editors(self):
        self.setting(is_shuffled=False, draw_count=2)
        order = [child.id for child in self.quiz.questions]
        for _n in range(5):
            attempt = self.start()
            drawn = [entry["id"] for entry in attempt.drawn]
            assert drawn == [question_id for question_id in order if question_id in drawn]
            assert len(drawn) == 2
            actions.submit_attempt(attempt=attempt, quiz=self.quiz)


class BudgetTests(TakingTestCase):
    """Saving and submitting take few queries, and not more with more of anything."""

    def setUp(self):
        super().setUp()
        self.many = publish(
            self.course,
            type(self.quiz)(
                title="Viele", slug="viele", questions=_questions(10), time_limit_minutes=60
            ),
        )

    def queries(self, call):
        with CaptureQueriesContext(connection) as queries:
            response = call()
        assert response.status_code in (200, 302)
        return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]

    def measure(self, page):
        attempt = actions.start_attempt(enrolment=self.enrol(), quiz=page)
        asked = self.asked(attempt)
        url = reverse("courses:answer", args=[attempt.uuid, asked[0].id])
        self.client.post(url, asked[0].as_sent(self.right(asked[0])))  # fills the caches
        save = self.queries(lambda: self.client.post(url, asked[0].as_sent(self.right(asked[0]))))
        sent = {"action": "submit"}
        for question in asked:
            sent |= question.as_sent(self.right(question))
        submit = self.queries(lambda: self.client.post(self.url(attempt), sent))
        return save, submit

    def test_budgets(self):
        save, submit = self.measure(self.many)
        assert len(save) <= 8, save
        assert len(submit) <= 20, submit

    def test_they_do_not_grow_with_attempts_questions_and_people(self):
        first = [len(queries) for queries in self.measure(self.many)]
        for n in range(5):
            user = User.objects.create(username=f"viele{n}")
            self.coesfeld.memberships.create(user=user)
            actions.start_attempt(enrolment=self.enrol(user), quiz=self.many)
        self.many.questions = _questions(30)
        self.many.save_revision().publish()
        for _n in range(3):
            again = [len(queries) for queries in self.measure(self.many)]
        assert again[0] == first[0]
        assert again[1] <= first[1]  # the quiz is completed already


def _questions(count):
    return json.dumps([single_choice(f"viel-{n}") for n in range(count)])
