"""An editor takes a quiz as learners would, and leaves no trace."""

import re

from django.test import Client
from django.urls import reverse

from courses.enums import FeedbackTime, QuizLayout
from courses.models import Attempt, Completion, ContentVersion, Enrolment, Response
from tests.cases import LearningHubTestCase, single_choice


class TrialTests(LearningHubTestCase):
    def setUp(self):
        self.client.force_login(self.admin)

    def rows(self):
        models = (Attempt, Response, Completion, Enrolment, ContentVersion)
        return [model.objects.count() for model in models]

    def begin(self):
        return self.client.get(reverse("courses:begin_trial", args=[self.quiz.pk]), follow=True)

    def send(self, **data):
        return self.client.post(reverse("courses:trial", args=[self.quiz.pk]), data)

    def radio_of(self, page, text):
        """Name and value of the option that says ``text``."""
        tag = re.search(rf"<input([^>]*)> <span>{text}", page.content.decode()).group(1)
        return re.search(r'name="([^"]+)"', tag).group(1), re.search(r'value="([^"]+)"', tag).group(
            1
        )

    def only(self, **settings):
        """The quiz asks one question, as a draft."""
        stream = self.quiz._meta.get_field("questions").stream_block
        self.quiz.questions = stream.to_python([single_choice("neu")])
        for name, value in settings.items():
            setattr(self.quiz, name, value)
        self.quiz.save_revision()

    def test_the_whole_way_leaves_no_trace(self):
        before = self.rows()
        page = self.begin()
        self.assertContains(page, "Probelauf")
        self.assertContains(page, "Was gilt für eins?")
        assert self.send(action="submit").status_code == 422
        response = self.send(action="submit_anyway")
        result = self.client.get(response.url)
        self.assertContains(result, "Noch nicht bestanden")
        self.assertContains(result, "Probelauf")
        assert self.rows() == before

    def test_it_shows_the_draft(self):
        self.only()
        page = self.begin()
        self.assertContains(page, "Was gilt für neu?")
        name, value = self.radio_of(page, "A")
        result = self.client.get(self.send(**{name: value, "action": "submit"}).url)
        self.assertContains(result, "Bestanden")
        self.assertContains(result, "(100 Prozent)")

    def test_flags_pages_and_feedback_at_once_work(self):
        self.only(layout=QuizLayout.ONE, feedback_time=FeedbackTime.AT_ONCE)
        page = self.begin()
        name, value = self.radio_of(page, "B")
        question = name[:36]
        self.send(flag=question)
        self.assertContains(
            self.client.get(reverse("courses:trial", args=[self.quiz.pk])), "hub-number--flagged"
        )
        self.send(**{name: value, "check": question})
        page = self.client.get(reverse("courses:trial", args=[self.quiz.pk]))
        self.assertContains(page, "Nein, weil")
        assert self.send(**{f"{name}": value, "action": "keep"}).status_code == 422

    def test_beginning_again_forgets_what_was_answered(self):
        self.begin()
        self.send(action="submit_anyway")
        self.assertContains(self.begin(), "0 von 3 beantwortet")

    def test_who_may_not_edit_it_finds_nothing(self):
        for user in (self.anna, self.hilde, self.bernd):
            client = Client()
            client.force_login(user)
            for name in ("begin_trial", "trial", "trial_result"):
                url = reverse(f"courses:{name}", args=[self.quiz.pk])
                assert client.get(url).status_code == 404
                assert client.post(url).status_code == 404

    def test_the_editor_offers_it(self):
        page = self.client.get(reverse("wagtailadmin_pages:edit", args=[self.quiz.pk]))
        self.assertContains(page, reverse("courses:begin_trial", args=[self.quiz.pk]))
        page = self.client.get(reverse("wagtailadmin_pages:edit", args=[self.modules[0].pk]))
        self.assertNotContains(page, "probelauf")
