import re
import uuid

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import PageViewRestriction

from courses import actions
from courses.models import (
    Attempt,
    Completion,
    ContentVersion,
    Enrolment,
    ModulePage,
    QuizPage,
)
from courses.questions import WHOLE
from courses.quizzing import question_set
from courses.views.lookup import localized_quiz
from hub.organisations.models import Membership, User
from tests.cases import LearningHubTestCase, new_course, new_module, publish, text_body

#: The most queries a page of a signed-in learner may need, warm or cold.
BUDGET = 12


class LearnerTestCase(LearningHubTestCase):
    def setUp(self):
        self.client.force_login(self.anna)

    def enrol(self, user=None) -> Enrolment:
        return actions.enrol(membership=self.membership(user or self.anna), course=self.course)

    def mark(self, page, version=None, client=None):
        return (client or self.client).post(
            reverse("courses:mark_as_learnt", args=[page.translation_key]),
            {"version": str((version or self.version(page)).uuid)},
        )

    def start(self, user=None) -> Attempt:
        return actions.start_attempt(enrolment=self.enrol(user), quiz=self.quiz)

    def right_answers(self, attempt: Attempt) -> dict[str, list[str]]:
        """What a form sends, by the name of the field."""
        sent = {}
        for question in question_set(attempt).values():
            sent |= question.as_sent(question.block.right_answer(question.value))
        return sent


class AccessTests(LearnerTestCase):
    def test_texts_ask_strangers_to_sign_in(self):
        for page in (self.modules[0], self.quiz):
            response = Client().get(page.url)
            assert response.status_code == 302
            assert response.url.startswith(reverse("login"))

    def test_the_catalogue_and_the_course_page_are_public_without_links_into_the_course(self):
        assert Client().get(self.catalogue.url).status_code == 200
        response = Client().get(self.course.url)
        self.assertContains(response, "Modul 1")
        self.assertNotContains(response, f'href="{self.modules[0].url}"')

    def test_without_an_active_membership_nobody_learns(self):
        Membership.objects.filter(user=self.anna).update(
            starts_on="2020-01-01", ends_on="2020-12-31"
        )
        response = self.client.get(self.modules[0].url)
        self.assertContains(response, "keiner Behörde", status_code=403)
        assert self.mark(self.modules[0]).status_code == 403
        assert not Completion.objects.exists()

    def test_a_foreign_attempt_does_not_exist(self):
        attempt = self.start(self.otto)
        question = next(iter(question_set(attempt)))
        for url, data in (
            (reverse("courses:attempt", args=[attempt.uuid]), {"action": "submit_anyway"}),
            (reverse("courses:answer", args=[attempt.uuid, question]), {str(question): "true"}),
            (reverse("courses:result", args=[attempt.uuid]), {}),
        ):
            assert self.client.get(url).status_code in {404, 405}
            assert self.client.post(url, data).status_code in {404, 405}
        attempt.refresh_from_db()
        assert attempt.is_open
        assert not attempt.responses.exists()

    def test_a_foreign_completion_page_does_not_exist(self):
        enrolment = self.enrol(self.otto)
        url = reverse("courses:finished", args=[enrolment.uuid])
        assert self.client.get(url).status_code == 404

    def test_restrictions_of_a_page_hold_for_its_actions(self):
        PageViewRestriction.objects.create(
            page=self.modules[0], restriction_type=PageViewRestriction.GROUPS
        )
        assert self.mark(self.modules[0]).status_code == 404
        assert not Completion.objects.exists()

    def test_nothing_of_an_unpublished_course_can_be_learnt(self):
        attempt = self.start()
        version = self.version(self.modules[1])
        self.course.unpublish()
        assert self.client.get(self.modules[1].url).status_code == 404
        assert self.mark(self.modules[1], version).status_code == 404
        start = reverse("courses:start_attempt", args=[self.quiz.translation_key])
        assert self.client.post(start).status_code == 404
        take = reverse("courses:attempt", args=[attempt.uuid])
        assert self.client.post(take, {"action": "submit_anyway"}).status_code == 404
        assert not Completion.objects.exists()
        attempt.refresh_from_db()
        assert attempt.is_open

    def test_a_restricted_course_is_not_in_the_catalogue(self):
        PageViewRestriction.objects.create(
            page=self.course, restriction_type=PageViewRestriction.LOGIN
        )
        for url in (self.catalogue.url, self.home.url):
            self.assertNotContains(Client().get(url), self.course.title)
            self.assertContains(self.client.get(url), self.course.title)

    def test_what_is_open_goes_along_to_the_next_authority(self):
        enrolment = self.enrol()
        Membership.objects.filter(user=self.anna).update(
            starts_on="2020-01-01", ends_on="2020-12-31"
        )
        new = Membership.objects.create(user=self.anna, organisation=self.olfen)
        self.mark(self.modules[0])
        enrolment.refresh_from_db()
        assert enrolment.membership == new

    def test_personal_pages_are_kept_by_no_browser(self):
        for url in (reverse("courses:my_learning"), self.modules[0].url):
            assert self.client.get(url)["Cache-Control"] == "private, no-store"
        assert "Cache-Control" not in Client().get(self.catalogue.url)

    def test_an_unpublished_module_cannot_be_completed(self):
        version = self.version(self.modules[0])
        self.modules[0].unpublish()
        assert self.mark(self.modules[0], version).status_code == 404

    def test_who_comes_back_from_signing_in_is_led_to_the_button_and_nothing_changes(self):
        for name, page in (
            ("enrol", self.course),
            ("mark_as_learnt", self.modules[0]),
            ("start_attempt", self.quiz),
        ):
            url = reverse(f"courses:{name}", args=[page.translation_key])
            assert Client().post(url).url == f"{reverse('login')}?next={url}"
            response = self.client.get(url, follow=True)
            assert response.redirect_chain == [(page.url, 302)]
            self.assertContains(response, "noch einmal auf die Schaltfläche")
        assert not Enrolment.objects.exists()


class ModuleTests(LearnerTestCase):
    def test_marking_joins_the_course_and_leads_on(self):
        response = self.mark(self.modules[0])
        assert response.url == self.knowledge_check.url
        assert Enrolment.objects.get().user == self.anna
        assert Completion.objects.get().content_version == self.version(self.modules[0])

    def test_a_double_click_gives_one_completion(self):
        self.mark(self.modules[0])
        self.mark(self.modules[0])
        assert Completion.objects.count() == 1

    def test_the_version_that_was_read_is_cited_even_if_it_changed_meanwhile(self):
        read = self.version(self.modules[0])
        module = ModulePage.objects.get(pk=self.modules[0].pk)
        module.body = text_body("etwas Neuem")
        module.save_revision().publish()
        self.mark(module, read)
        assert Completion.objects.get().content_version == read

    def test_a_preview_shows_the_draft_and_leaves_no_trace(self):
        self.client.get(self.modules[0].url)  # what learners read is kept now
        module = ModulePage.objects.get(pk=self.modules[0].pk)
        module.body = text_body("dem Entwurf")
        preview = module.make_preview_request().render().content.decode()
        assert "Text von dem Entwurf" in preview
        assert "Als gelernt markieren" not in preview
        self.assertNotContains(self.client.get(self.modules[0].url), "Text von dem Entwurf")
        assert ContentVersion.objects.filter(unit_key=module.activity_key).count() == 1

    def test_a_version_of_another_text_is_refused(self):
        self.mark(self.modules[0], self.version(self.modules[1]))
        self.client.post(
            reverse("courses:mark_as_learnt", args=[self.modules[0].translation_key]),
            {"version": "kein uuid"},
        )
        assert not Completion.objects.exists()

    def test_a_quiz_cannot_be_marked_as_learnt(self):
        assert self.mark(self.quiz).status_code == 404
        assert not Completion.objects.exists()

    def test_the_page_remembers_the_place(self):
        self.enrol()
        self.client.get(self.modules[1].url)
        response = self.client.get(reverse("courses:my_learning"))
        self.assertContains(response, f'href="{self.modules[1].url}"')

    def test_to_look_at_a_quiz_is_no_reason_to_be_led_there_again(self):
        self.mark(self.modules[0])
        for page in (self.knowledge_check, self.quiz):
            self.client.get(page.url)
            response = self.client.get(reverse("courses:my_learning"))
            button = 'class="kern-btn kern-btn--primary" href="{}"'
            self.assertContains(response, button.format(self.modules[1].url))
            self.assertNotContains(response, button.format(page.url))

    def test_unknown_units_do_not_exist(self):
        url = reverse("courses:mark_as_learnt", args=[uuid.uuid4()])
        assert self.client.post(url).status_code == 404


class CourseTests(LearnerTestCase):
    def test_it_says_what_is_missing_and_why(self):
        self.enrol()
        self.mark(self.modules[0])
        response = self.client.get(self.course.url)
        self.assertContains(response, "Das fehlt noch zum Abschluss")
        self.assertContains(response, "noch nicht als gelernt markiert")
        self.assertContains(response, "noch nicht bestanden")
        self.assertContains(response, "1 von 3 erledigt")

    def test_a_deadline_that_passed_asks_for_nothing_impossible(self):
        enrolment = self.enrol()
        Enrolment.objects.filter(pk=enrolment.pk).update(due_on="2026-01-02")
        for url in (self.course.url, reverse("courses:my_learning")):
            self.assertContains(self.client.get(url), "Die Frist war der 02.01.2026")
            self.assertNotContains(self.client.get(url), "Bitte bis")

    def test_who_did_everything_else_completes_it_when_the_last_part_is_taken_away(self):
        for page in (self.modules[0], self.quiz):
            actions.complete_activity(enrolment=self.enrol(), page=page)
        assert not self.enrol().is_completed
        self.modules[1].unpublish()
        response = self.client.get(self.course.url)
        assert self.enrol().is_completed
        self.assertContains(response, "Sie haben diesen Kurs am")

    def test_what_has_expired_is_to_do_again(self):
        enrolment = self.enrol()
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        Enrolment.objects.filter(pk=enrolment.pk).update(expires_on="2026-01-31")
        for url in (self.course.url, reverse("courses:my_learning")):
            response = self.client.get(url)
            self.assertContains(response, "Auffrischung beginnen")
            self.assertContains(response, "galt bis zum 31.01.2026")
            self.assertNotContains(response, "Alles erledigt")
        self.client.post(reverse("courses:enrol", args=[self.course.translation_key]))
        self.client.post(reverse("courses:enrol", args=[self.course.translation_key]))
        first, second = Enrolment.objects.order_by("cycle")
        assert (first.is_completed, second.is_completed, second.cycle) == (True, False, 2)

    def test_joining_leads_to_the_first_activity(self):
        response = self.client.post(reverse("courses:enrol", args=[self.course.translation_key]))
        assert response.url == self.modules[0].url


class QuizTests(LearnerTestCase):
    def take(self, attempt, data):
        return self.client.post(reverse("courses:attempt", args=[attempt.uuid]), data)

    def test_the_whole_way_without_javascript(self):
        response = self.client.post(
            reverse("courses:start_attempt", args=[self.quiz.translation_key])
        )
        attempt = Attempt.objects.get()
        assert response.url == reverse("courses:attempt", args=[attempt.uuid])
        page = self.client.get(response.url)
        self.assertContains(page, "<fieldset", count=3)
        response = self.take(attempt, {**self.right_answers(attempt), "action": "submit"})
        result = self.client.get(response.url)
        self.assertContains(result, "Bestanden")
        self.assertContains(result, "Ja, denn …")
        self.assertContains(result, "(100 Prozent)")

    def test_saving_keeps_the_answers_and_the_attempt_open(self):
        attempt = self.start()
        answers = self.right_answers(attempt)
        first = next(iter(answers))
        response = self.take(attempt, {first: answers[first], "action": "save"})
        assert response.url == self.course.url
        self.assertContains(self.client.get(response.url), "Ihre Antworten sind gespeichert")
        again = self.client.get(reverse("courses:attempt", args=[attempt.uuid]))
        self.assertContains(again, "1 von 3 beantwortet")
        assert len(re.findall("checked", again.content.decode())) == len(answers[first])

    def test_submitting_with_gaps_names_them_and_keeps_what_was_answered(self):
        attempt = self.start()
        answers = self.right_answers(attempt)
        first = next(iter(answers))
        page = self.take(attempt, {first: answers[first], "action": "submit"})
        self.assertContains(
            page, "2 Fragen sind noch nicht vollständig beantwortet", status_code=422
        )
        assert attempt.responses.exclude(answer={}).count() == 1
        response = self.take(attempt, {first: answers[first], "action": "submit_anyway"})
        assert response.url == reverse("courses:result", args=[attempt.uuid])
        attempt.refresh_from_db()
        assert not attempt.is_passed

    def test_each_answer_is_kept_as_it_is_given(self):
        attempt = self.start()
        for question in question_set(attempt).values():
            response = self.client.post(
                reverse("courses:answer", args=[attempt.uuid, question.id]),
                question.as_sent(question.block.right_answer(question.value)),
            )
            assert response.json() == {"message": "Antwort gespeichert."}
        assert attempt.responses.count() == 3

    def test_a_tampered_answer_changes_nothing_and_says_why(self):
        attempt = self.start()
        question = next(iter(question_set(attempt).values()))
        response = self.client.post(
            reverse("courses:answer", args=[attempt.uuid, question.id]),
            question.as_sent({WHOLE: ["fremd"]}),
        )
        assert response.status_code == 422
        assert "gehört nicht zu der Frage" in response.json()["message"]
        assert not attempt.responses.exists()

    def test_a_late_answer_changes_nothing_and_says_why(self):
        attempt = self.start()
        question = next(iter(question_set(attempt).values()))
        actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        response = self.client.post(
            reverse("courses:answer", args=[attempt.uuid, question.id]),
            question.as_sent({WHOLE: ["true"]}),
        )
        assert response.status_code == 409
        assert "schon abgegeben" in response.json()["message"]
        assert self.take(attempt, {"action": "submit"}).url == reverse(
            "courses:result", args=[attempt.uuid]
        )

    def test_an_open_attempt_has_no_result_yet(self):
        attempt = self.start()
        response = self.client.get(reverse("courses:result", args=[attempt.uuid]))
        assert response.url == reverse("courses:attempt", args=[attempt.uuid])

    def test_passing_the_last_activity_leads_to_the_certificate(self):
        for module in self.modules:
            self.mark(module)
        attempt = self.start()
        response = self.take(attempt, {**self.right_answers(attempt), "action": "submit"})
        result = self.client.get(response.url)
        enrolment = Enrolment.objects.get()
        self.assertContains(result, reverse("courses:finished", args=[enrolment.uuid]))
        page = self.client.get(reverse("courses:finished", args=[enrolment.uuid]))
        self.assertContains(page, "Herzlichen Glückwunsch")
        self.assertContains(page, enrolment.certificates.get().uuid)

    def test_the_preview_of_a_quiz_that_was_never_public(self):
        self.quiz.unpublish()
        preview = QuizPage.objects.get(pk=self.quiz.pk).make_preview_request().render()
        assert preview.status_code == 200
        self.assertContains(preview, self.quiz.title)

    def test_feedback_is_given_for_what_was_chosen_only(self):
        attempt = self.start()
        self.take(attempt, {"action": "submit_anyway"})
        result = self.client.get(reverse("courses:result", args=[attempt.uuid]))
        self.assertNotContains(result, "Ja, denn …")
        self.assertContains(result, "richtige Antwort")
        self.assertContains(result, "Sie haben 0 von 3 Fragen ganz richtig beantwortet")

    def test_a_voluntary_check_that_was_not_passed_holds_nobody_up(self):
        attempt = actions.start_attempt(enrolment=self.enrol(), quiz=self.knowledge_check)
        self.take(attempt, {"action": "submit_anyway"})
        result = self.client.get(reverse("courses:result", args=[attempt.uuid]))
        self.assertContains(result, "freiwillig")
        self.assertContains(result, f'href="{self.modules[0].url}"')

    def test_a_stale_tab_leaves_alone_what_it_did_not_touch(self):
        attempt = self.start()
        answers = self.right_answers(attempt)
        _first, second, _third = answers
        question = next(iter(question_set(attempt).values()))
        # Opened before anything was answered; the first question was answered elsewhere since.
        actions.save_answers(
            attempt=attempt, raw={question.id: question.block.right_answer(question.value)}
        )
        self.take(attempt, {second: answers[second], "action": "save"})
        assert attempt.responses.count() == 2
        self.take(attempt, {"action": "save"})
        assert attempt.responses.exclude(answer={}).count() == 2

    def test_what_was_unticked_is_taken_back(self):
        attempt = self.start()
        question = next(q for q in question_set(attempt).values() if q.block.takes_several)
        right = question.block.right_answer(question.value)
        actions.save_answers(attempt=attempt, raw={question.id: right})
        page = self.client.get(reverse("courses:attempt", args=[attempt.uuid]))
        ((name, values),) = question.as_sent(right).items()
        for value in values:
            self.assertContains(page, f'name="{name}-shown" value="{value}"')
        self.take(attempt, {f"{name}-shown": values, "action": "save"})
        assert attempt.responses.get().answer == {}

    def test_a_quiz_moved_to_another_course_completes_neither(self):
        attempt = self.start()
        for module in self.modules:
            self.mark(module)
        other = self.catalogue.add_child(instance=new_course("Anderer", locale=self.de))
        self.quiz.move(other, pos="last-child")
        self.take(attempt, {**self.right_answers(attempt), "action": "submit"})
        attempt.refresh_from_db()
        assert attempt.is_passed
        assert not Enrolment.objects.completed().exists()

    def test_the_quiz_of_an_attempt_comes_with_its_course(self):
        attempt = self.start()
        with self.assertNumQueries(1):
            quiz = localized_quiz(attempt)
            assert (quiz.title, quiz.course.title) == (self.quiz.title, self.course.title)
        assert (quiz, quiz.course) == (self.quiz, self.course)
        assert quiz.pass_mark == self.quiz.pass_mark

    def test_a_quiz_that_was_moved_has_its_new_course(self):
        attempt = self.start()
        other = self.catalogue.add_child(instance=new_course("Anderer", locale=self.de))
        self.quiz.move(other, pos="last-child")
        assert localized_quiz(attempt).course == other

    def test_the_right_answers_are_not_in_the_page_that_asks(self):
        attempt = self.start()
        page = self.client.get(reverse("courses:attempt", args=[attempt.uuid]))
        self.assertNotContains(page, "Ja, denn")
        self.assertNotContains(page, "is_correct")


class QueryTests(LearnerTestCase):
    """Every learner page stays within its budget, however much there is to show."""

    def grow(self) -> None:
        """Ten more courses the person is enrolled in, ten more modules in the first."""
        for n in range(10):
            publish(self.course, new_module(f"M{n}"))
            course = publish(self.catalogue, new_course(f"Kurs {n}"), new_module("M"))
            actions.enrol(membership=self.membership(self.anna), course=course)
        for n in range(20):
            user = User.objects.create(username=f"viele{n}")
            membership = Membership.objects.create(user=user, organisation=self.coesfeld)
            actions.enrol(membership=membership, course=self.course)

    def queries(self, url: str) -> int:
        self.client.get(url)
        with CaptureQueriesContext(connection) as queries:
            response = self.client.get(url)
        assert response.status_code == 200
        return len(queries)

    def test_the_number_of_queries_is_small_and_does_not_grow(self):
        self.mark(self.modules[0])
        attempt = self.start()
        submitted = actions.submit_attempt(attempt=self.start(), quiz=self.quiz)
        attempt = self.start()
        urls = [
            self.home.url,
            self.catalogue.url,
            self.course.url,
            self.modules[0].url,
            self.modules[1].url,
            self.quiz.url,
            reverse("courses:my_learning"),
            reverse("courses:attempt", args=[attempt.uuid]),
            reverse("courses:result", args=[submitted.uuid]),
        ]
        before = {url: self.queries(url) for url in urls}
        self.grow()
        assert {url: self.queries(url) for url in urls} == before
        assert max(before.values()) <= BUDGET, before
