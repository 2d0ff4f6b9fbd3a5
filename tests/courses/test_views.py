import re
import uuid

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import PageViewRestriction

from courses import actions
from courses.models import Attempt, Completion, Enrolment, ModulePage
from courses.quizzing import question_set
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
        return {
            str(question.id): question.block.correct_ids(question.value)
            for question in question_set(attempt).values()
        }


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

    def test_an_unpublished_module_cannot_be_completed(self):
        version = self.version(self.modules[0])
        self.modules[0].unpublish()
        assert self.mark(self.modules[0], version).status_code == 404

    def test_changing_needs_post(self):
        for name, key in (
            ("enrol", self.course.translation_key),
            ("mark_as_learnt", self.modules[0].translation_key),
            ("start_attempt", self.quiz.translation_key),
        ):
            assert self.client.get(reverse(f"courses:{name}", args=[key])).status_code == 405


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
        page = self.take(attempt, {first: answers[first], "action": "save"})
        self.assertContains(page, "1 von 3 beantwortet")
        again = self.client.get(reverse("courses:attempt", args=[attempt.uuid]))
        assert len(re.findall("checked", again.content.decode())) == len(answers[first])

    def test_submitting_with_gaps_names_them_and_keeps_what_was_answered(self):
        attempt = self.start()
        answers = self.right_answers(attempt)
        first = next(iter(answers))
        page = self.take(attempt, {first: answers[first], "action": "submit"})
        self.assertContains(page, "2 Fragen sind noch nicht beantwortet", status_code=422)
        assert attempt.responses.exclude(answer=[]).count() == 1
        response = self.take(attempt, {first: answers[first], "action": "submit_anyway"})
        assert response.url == reverse("courses:result", args=[attempt.uuid])
        attempt.refresh_from_db()
        assert not attempt.is_passed

    def test_each_answer_is_kept_as_it_is_given(self):
        attempt = self.start()
        for question_id, values in self.right_answers(attempt).items():
            response = self.client.post(
                reverse("courses:answer", args=[attempt.uuid, question_id]), {question_id: values}
            )
            assert response.json() == {"message": "Antwort gespeichert.", "answered": True}
        assert attempt.responses.count() == 3

    def test_a_tampered_answer_changes_nothing_and_says_why(self):
        attempt = self.start()
        question_id = next(iter(self.right_answers(attempt)))
        response = self.client.post(
            reverse("courses:answer", args=[attempt.uuid, question_id]), {question_id: ["fremd"]}
        )
        assert response.status_code == 422
        assert "gehört nicht zu der Frage" in response.json()["message"]
        assert not attempt.responses.exists()

    def test_a_late_answer_changes_nothing_and_says_why(self):
        attempt = self.start()
        question_id = next(iter(self.right_answers(attempt)))
        actions.submit_attempt(attempt=attempt, quiz=self.quiz)
        response = self.client.post(
            reverse("courses:answer", args=[attempt.uuid, question_id]), {question_id: ["true"]}
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
