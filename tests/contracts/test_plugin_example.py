"""A third party's plug-in takes part without a change to the core."""

import json

from certificates.designs import designs
from courses import actions
from courses.activities import outline
from courses.models import ContentVersion, CoursePage, ModulePage, QuizPage
from courses.questions import WHOLE
from courses.quizzing import question_set
from hub.registry import Registry
from tests.cases import LearningHubTestCase, publish
from tests.contracts.test_questions import SAMPLES
from tests.plugin_example.models import FilmPage


class PluginTests(LearningHubTestCase):
    def test_its_activity_stands_below_courses_and_modules(self):
        assert FilmPage in CoursePage.clean_subpage_models()
        assert FilmPage in ModulePage.clean_subpage_models()
        film = publish(self.course, FilmPage(title="Film", slug="film"))
        items = outline(self.course)
        assert [item.model for item in items if item.key == film.translation_key] == [FilmPage]

    def test_its_activity_counts_for_the_course(self):
        film = publish(self.course, FilmPage(title="Film", slug="film"))
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        assert not enrolment.is_completed
        actions.complete_activity(enrolment=enrolment, page=film)
        assert enrolment.is_completed
        assert ContentVersion.objects.filter(unit_key=film.translation_key).exists()

    def test_its_question_is_asked_and_graded(self):
        quiz = publish(
            self.course,
            QuizPage(
                title="Zahl",
                slug="zahl",
                questions=json.dumps([{**SAMPLES["example_number"], "id": str(self.anna.uuid)}]),
            ),
        )
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        attempt = actions.start_attempt(enrolment=enrolment, quiz=quiz)
        question = next(iter(question_set(attempt).values()))
        actions.save_answers(attempt=attempt, raw={question.id: {WHOLE: ["42"]}})
        assert actions.submit_attempt(attempt=attempt, quiz=quiz).is_passed

    def test_its_design_is_registered(self):
        assert "example-plain" in designs


class RegistryTests(LearningHubTestCase):
    def test_a_class_that_lacks_its_contract_is_refused_by_name(self):
        registry = Registry("thing", key_attribute="slug", contract=("run",))

        class Half:
            slug = "half"

        with self.assertRaisesMessage(TypeError, "it lacks run"):
            registry.register(Half)

    def test_a_taken_key_names_both_classes(self):
        registry = Registry("thing", key_attribute="slug")

        class First:
            slug = "same"

        class Second:
            slug = "same"

        registry.register(First)
        with self.assertRaisesMessage(Exception, "First"):
            registry.register(Second)
        with self.assertRaisesMessage(KeyError, "known: same"):
            registry.get("other")

    def test_a_test_may_register_for_a_while(self):
        registry = Registry("thing", key_attribute="slug")

        class Short:
            slug = "short"

        with registry.register_temporarily(Short):
            assert "short" in registry
        assert "short" not in registry
