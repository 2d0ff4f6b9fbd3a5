"""Free texts: they wait for a person, who sees no name; what she gives counts and is told."""

import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import GroupPagePermission, PageLogEntry

from courses import actions
from courses.marking import mark_response
from courses.models import Attempt, Completion, Marking, QuizPage, Response
from courses.quizzing import question_set
from hub.organisations.models import User
from tests.cases import LearningHubTestCase, single_choice
from tests.courses.questions.samples import free_text


class MarkingTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        quiz = QuizPage.objects.get(pk=cls.quiz.pk)
        quiz.questions = json.dumps([single_choice("eins"), free_text()])
        quiz.save_revision().publish()
        cls.quiz = QuizPage.objects.get(pk=quiz.pk)
        cls.editor = cls.publisher("redaktion", cls.home)

    @classmethod
    def publisher(cls, name, page):
        """Somebody who may publish a page and what is below it."""
        user = User.objects.create_user(name, password="geheim")
        group = Group.objects.create(name=name)
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        for codename in ("change_page", "publish_page"):
            GroupPagePermission.objects.create(
                group=group, page=page, permission=Permission.objects.get(codename=codename)
            )
        user.groups.add(group)
        return user

    def submit(self, user=None, text="Weil A und weil B.", *, is_right=True):
        """A submitted attempt; without ``text`` the free text is left out."""
        membership = self.membership(user or self.anna)
        enrolment = actions.enrol(membership=membership, course=self.course)
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        raw = {}
        for question_id, question in question_set(attempt).items():
            if question.block.is_marked_by_person:
                raw[question_id] = {"answer": [text]} if text else {}
            elif is_right:
                raw[question_id] = question.block.right_answer(question.value)
        actions.save_answers(attempt=attempt, raw=raw)
        return actions.submit_attempt(attempt=attempt, quiz=self.quiz)

    def response(self, attempt):
        return Response.objects.get(attempt=attempt, is_to_mark=True)

    def mark(self, response, points="3", latest=None, marker=None, comment="Gut."):
        return mark_response(
            response=response,
            points=Decimal(points),
            comment=comment,
            marker=marker or self.editor,
            latest=latest,
        )


class ActionTests(MarkingTestCase):
    def test_an_attempt_waits_until_its_free_text_is_marked(self):
        attempt = self.submit()
        assert attempt.is_waiting
        assert not attempt.is_passed
        assert (attempt.points, attempt.maximum) == (1, 4)
        assert not Completion.objects.exists()
        self.mark(self.response(attempt), "2.25")
        attempt.refresh_from_db()
        assert not attempt.is_waiting
        assert attempt.points == Decimal("3.25")
        assert attempt.is_passed
        completion = Completion.objects.get()
        assert completion.activity_key == self.quiz.activity_key
        assert completion.content_version == attempt.content_version

    def test_what_was_not_written_waits_for_nobody(self):
        attempt = self.submit(text="")
        assert not attempt.is_waiting
        assert attempt.graded_at == attempt.submitted_at or attempt.graded_at
        assert (attempt.points, attempt.maximum) == (1, 4)

    def test_the_same_marking_twice_counts_once_and_is_logged_once(self):
        response = self.response(self.submit())
        first = self.mark(response)
        assert self.mark(response) == first
        assert Marking.objects.count() == 1
        assert PageLogEntry.objects.filter(action="courses.mark_response").count() == 1

    def test_the_latest_marking_counts_but_takes_no_pass(self):
        attempt = self.submit()
        response = self.response(attempt)
        first = self.mark(response, "3")
        self.mark(response, "0", latest=first.pk)
        attempt.refresh_from_db()
        assert attempt.points == 1
        assert attempt.is_passed
        assert Marking.objects.count() == 2

    def test_a_later_marking_may_give_a_pass(self):
        attempt = self.submit()
        response = self.response(attempt)
        first = self.mark(response, "0")
        attempt.refresh_from_db()
        assert not attempt.is_passed
        self.mark(response, "3", latest=first.pk)
        attempt.refresh_from_db()
        assert attempt.is_passed
        assert Completion.objects.count() == 1

    def test_two_people_do_not_mark_over_each_other(self):
        response = self.response(self.submit())
        self.mark(response, "3")
        with pytest.raises(ValidationError):
            self.mark(response, "1", marker=self.admin)
        assert Marking.objects.count() == 1

    def test_points_stay_within_the_question(self):
        attempt = self.submit()
        for points in ("-1", "3.25", "0.1"):
            with pytest.raises(ValidationError):
                self.mark(self.response(attempt), points)
        other = attempt.responses.get(is_to_mark=False)
        with pytest.raises(ValidationError):
            self.mark(other, "1")
        assert not Marking.objects.exists()


class ListTests(MarkingTestCase):
    def listed(self, user):
        self.client.force_login(user)
        return self.client.get(reverse("marking_list"))

    def test_hr_and_strangers_see_none_of_it(self):
        response = self.response(self.submit())
        for user in (self.hilde, self.bernd, self.anna):
            self.client.force_login(user)
            for url in (reverse("marking_list"), reverse("mark_response", args=[response.pk])):
                assert self.client.get(url).status_code == 302
                assert self.client.post(url, {"points": "3"}).status_code == 302
        assert not Marking.objects.exists()

    def test_who_publishes_elsewhere_does_not_see_it(self):
        response = self.response(self.submit())
        stranger = self.publisher("fremd", self.modules[0])
        self.assertNotContains(self.listed(stranger), "Abschlusstest")
        url = reverse("mark_response", args=[response.pk])
        assert self.client.get(url).status_code == 404
        assert self.client.post(url, {"points": "3"}).status_code == 404

    def test_the_oldest_stands_first_and_nobody_is_named(self):
        first, second = self.submit(), self.submit(self.otto)
        page = self.listed(self.editor)
        links = [reverse("mark_response", args=[self.response(a).pk]) for a in (first, second)]
        text = page.content.decode()
        assert text.index(links[0]) < text.index(links[1])
        self.assertContains(page, "Abschlusstest")
        for shown in (page, self.client.get(links[0])):
            for name in ("Terhorst", "anna", "Coesfeld", "Brüning"):
                self.assertNotContains(shown, name)

    def test_other_answers_are_not_shown(self):
        attempt = self.submit()
        other = attempt.responses.get(is_to_mark=False)
        self.client.force_login(self.editor)
        assert self.client.get(reverse("mark_response", args=[other.pk])).status_code == 404

    def test_an_open_attempt_is_not_shown(self):
        attempt = self.submit()
        response = self.response(attempt)
        Attempt.objects.filter(pk=attempt.pk).update(submitted_at=None, graded_at=None)
        self.client.force_login(self.editor)
        assert self.client.get(reverse("mark_response", args=[response.pk])).status_code == 404

    def test_the_number_of_queries_does_not_grow(self):
        self.submit()
        self.listed(self.editor)
        with CaptureQueriesContext(
            connection,
        ) as one:
            self.listed(self.editor)
        for _ in range(10):
            self.submit()
        with CaptureQueriesContext(connection) as many:
            self.listed(self.editor)
        assert len(many) == len(one)


class FormTests(MarkingTestCase):
    def setUp(self):
        self.attempt = self.submit()
        self.waiting = self.response(self.attempt)
        self.url = reverse("mark_response", args=[self.waiting.pk])
        self.client.force_login(self.editor)

    def test_it_shows_what_is_needed_to_mark(self):
        page = self.client.get(self.url)
        for text in ("Was gilt?", "Zwei Gründe", "Und weil B.", "Weil A und weil B."):
            self.assertContains(page, text)

    def test_marking_leads_to_the_next_and_then_to_the_list(self):
        following = self.response(self.submit(self.otto))
        response = self.client.post(self.url, {"points": "2.5", "comment": "Gut gesehen."})
        self.assertRedirects(response, reverse("mark_response", args=[following.pk]))
        url = reverse("mark_response", args=[following.pk])
        self.assertRedirects(self.client.post(url, {"points": "0"}), reverse("marking_list"))
        assert Marking.objects.first().points == Decimal("2.5")

    def test_wrong_points_are_explained_and_nothing_is_lost(self):
        for points in ("3.5", "0.3", "-1", "viel", ""):
            page = self.client.post(self.url, {"points": points, "comment": "Mein Wort"})
            self.assertContains(page, "Mein Wort", status_code=422)
        assert not Marking.objects.exists()

    def test_a_marking_can_be_changed_with_open_eyes(self):
        self.client.post(self.url, {"points": "1", "comment": "Zu streng?"})
        page = self.client.get(self.url)
        self.assertContains(page, "Zu streng?")
        stale = self.client.post(self.url, {"points": "3", "comment": "", "latest": ""})
        assert stale.status_code == 422
        self.client.post(self.url, {"points": "3", "latest": Marking.objects.get().pk})
        assert Marking.objects.count() == 2

    def test_the_menu_leads_there_for_who_may_publish(self):
        url = reverse("marking_list")
        self.assertContains(self.client.get(reverse("wagtailadmin_home")), url)
        self.client.force_login(self.hilde)
        self.assertNotContains(self.client.get(reverse("wagtailadmin_home")), url)


class LearnerTests(MarkingTestCase):
    def setUp(self):
        self.attempt = self.submit()
        self.client.force_login(self.anna)
        self.result = reverse("courses:result", args=[self.attempt.uuid])
        self.desk = reverse("courses:my_learning")

    def test_the_result_says_that_it_waits(self):
        page = self.client.get(self.result)
        self.assertContains(page, "von einem Menschen gelesen und bewertet")
        self.assertNotContains(page, "Noch nicht bestanden")
        self.assertNotContains(page, "Und weil B.")
        self.assertContains(self.client.get(self.quiz.url), "noch von einem Menschen bewertet")

    def test_points_and_comment_are_told_once(self):
        self.assertNotContains(self.client.get(self.desk), self.result)
        self.mark(self.response(self.attempt), "2.5", comment="Gut <b>gesehen</b>.")
        self.assertContains(self.client.get(self.desk), self.result)
        page = self.client.get(self.result)
        self.assertContains(page, "2,50 von 3 Punkten")
        self.assertContains(page, "Gut &lt;b&gt;gesehen&lt;/b&gt;.")
        self.assertContains(page, "Und weil B.")
        self.assertContains(page, "Bestanden")
        self.assertNotContains(self.client.get(self.desk), self.result)

    def test_nobody_else_is_told(self):
        self.mark(self.response(self.attempt))
        self.client.force_login(self.otto)
        self.assertNotContains(self.client.get(self.desk), self.result)
        assert self.client.get(self.result).status_code == 404
        self.client.force_login(self.anna)
        self.assertContains(self.client.get(self.desk), self.result)
