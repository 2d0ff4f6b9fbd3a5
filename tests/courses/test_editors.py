"""What the page editor refuses where it is typed, and what editors find in the administration."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupPagePermission
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from courses import actions, grading
from courses.models import ContentVersion, CoursePage, ModulePage, QuizPage, Topic
from courses.questions.unknown import UNKNOWN
from courses.templatetags.courses_tags import reckoning_of
from hub.organisations.models import Membership, User
from tests.cases import (
    LearningHubTestCase,
    draft,
    multiple_choice,
    new_module,
    publish,
    single_choice,
    text_body,
    true_false,
)
from tests.hub.organisations.test_menu import menu_of


class TestCanBePassed:
    """Pure: every draw must let somebody reach the mark."""

    @pytest.mark.parametrize(
        ("questions", "drawn", "pass_mark", "expected"),
        [
            ([(1, 1)], None, 100, True),
            ([(1, 1), (2, 2)], 1, 100, True),
            ([], None, 50, False),
            ([(0, 1)], None, 1, False),
            ([(1, 1), (0, 1)], None, 50, True),
            ([(1, 1), (0, 1)], None, 51, False),
            # Both together would do, but a draw of one may be the hopeless one.
            ([(1, 1), (0, 1)], 1, 50, False),
            ([(3, 3), (3, 3), (0, 1)], 2, 75, True),
            ([(3, 3), (3, 3), (0, 1)], 2, 76, False),
        ],
    )
    def test_cases(self, questions, drawn, pass_mark, expected):
        assert grading.can_be_passed(questions, drawn, pass_mark) is expected


class QuizTests(LearningHubTestCase):
    def quiz_with(self, *questions, **kwargs) -> QuizPage:
        quiz = QuizPage(title="Test", slug="test", questions=json.dumps(questions), **kwargs)
        self.course.refresh_from_db()
        quiz.path = self.course.get_last_child()._inc_path()
        quiz.depth = self.course.depth + 1
        quiz.locale = self.de
        return quiz

    def errors_of(self, quiz) -> set[str]:
        with pytest.raises(ValidationError) as error:
            quiz.clean_for_publishing()
        return set(error.value.message_dict)

    def test_a_good_quiz_passes(self):
        self.quiz_with(
            single_choice("a"), multiple_choice("b"), draw_count=1, pass_mark=100
        ).clean_for_publishing()

    def test_a_quiz_needs_something_to_grade(self):
        unknown = {"type": "acme_missing", "id": single_choice("x")["id"], "value": {"a": 1}}
        quiz = self.quiz_with(unknown)
        assert quiz.questions[0].block_type == UNKNOWN
        assert self.errors_of(quiz) == {"questions"}

    def test_a_placeholder_smuggles_in_no_question_of_an_installed_type(self):
        block = QuizPage._meta.get_field("questions").stream_block.child_blocks[UNKNOWN]
        forged = single_choice("x")
        del forged["id"]
        for value in (json.dumps(forged), "{not json", "[1, 2]", '"x"', '{"a": 1}', ""):
            with pytest.raises(ValidationError):
                block.clean(value)
        kept = json.dumps({"type": "acme_missing", "value": {"a": 1}})
        assert block.clean(kept) == kept

    def test_every_question_can_be_told_from_the_others(self):
        double, broken = single_choice("a"), single_choice("b")
        broken["id"] = "keine uuid"
        assert self.errors_of(self.quiz_with(double, double)) == {"questions"}
        assert self.errors_of(self.quiz_with(broken)) == {"questions"}

    def test_questions_that_are_not_installed_are_not_counted(self):
        unknown = {"type": "acme_missing", "id": single_choice("x")["id"], "value": {"a": 1}}
        quiz = self.quiz_with(unknown, true_false("a"), draw_count=2)
        assert self.errors_of(quiz) == {"draw_count"}

    def test_a_mark_that_nobody_can_reach(self):
        hopeless = single_choice("a", points=3)
        for option in hopeless["value"]["options"]:
            option["value"]["is_correct"] = False
        assert self.errors_of(self.quiz_with(hopeless, true_false("b"), pass_mark=50)) == {
            "pass_mark"
        }
        self.quiz_with(hopeless, true_false("b"), pass_mark=25).clean_for_publishing()


class CoursePublishingTests(LearningHubTestCase):
    def setUp(self):
        self.client.force_login(self.admin)

    def course_data(self, **kwargs):
        return nested_form_data(
            {
                "title": "Neuer Kurs",
                "slug": "neuer-kurs",
                "summary": "Worum es geht.",
                "introduction": streamfield([]),
                "objectives": streamfield([("objective", "Sie können etwas.")]),
                "level": "basic",
                "duration_minutes": "60",
                "audience_note": "",
                "electives_needed": "0",
                "read_confirmation": "",
                "refresh_months": "",
                "refresher_content": "changes",
                "refresh_window_days": "60",
                "reminder_days": "60, 30, 7",
                "legal_basis": rich_text("<p>Art. 4</p>"),
                "legal_as_of": "",
                "responsible_body": "Untergruppe Qualifizierung",
                "review_on": "",
                "comments": {
                    "TOTAL_FORMS": 0,
                    "INITIAL_FORMS": 0,
                    "MIN_NUM_FORMS": 0,
                    "MAX_NUM_FORMS": 0,
                },
                **kwargs,
            }
        )

    def add(self, **kwargs):
        url = reverse("wagtailadmin_pages:add", args=["courses", "coursepage", self.catalogue.pk])
        return self.client.post(url, self.course_data(**kwargs))

    def edit(self, course, **kwargs):
        url = reverse("wagtailadmin_pages:edit", args=[course.pk])
        return self.client.post(url, self.course_data(**kwargs))

    def test_a_course_without_a_part_is_refused_and_nothing_is_published(self):
        response = self.add(**{"action-publish": "1"})
        self.assertContains(response, "noch keinen Teil")
        assert not CoursePage.objects.filter(slug="neuer-kurs").exists()

    def test_as_a_draft_it_is_welcome(self):
        response = self.add()
        course = CoursePage.objects.get(slug="neuer-kurs")
        assert response.status_code == 302
        assert not course.live
        response = self.edit(course, **{"action-publish": "1"})
        self.assertContains(response, "noch keinen Teil")
        course.refresh_from_db()
        assert not course.live

    def test_an_optional_part_is_not_enough_a_required_one_is(self):
        self.add()
        course = CoursePage.objects.get(slug="neuer-kurs")
        module = publish(
            course,
            ModulePage(title="M", slug="m", body=text_body("M"), is_required=False),
        )
        self.assertContains(self.edit(course, **{"action-publish": "1"}), "noch keinen Teil")
        module.is_required = True
        module.save_revision().publish()
        response = self.edit(course, **{"action-publish": "1"})
        assert response.status_code == 302
        course.refresh_from_db()
        assert course.live

    def test_a_quiz_without_a_right_answer_is_refused_where_it_is_typed(self):
        url = reverse("wagtailadmin_pages:add", args=["courses", "quizpage", self.course.pk])
        option = {"is_correct": "", "feedback": ""}
        question = {
            "text": rich_text("<p>Was gilt?</p>"),
            "points": "1",
            "explanation": rich_text(""),
            "source": "",
            "as_of": "",
            "review_on": "",
            "options": streamfield([]) | {},
        }
        question["options"] = {
            "count": "2",
            "0": {"type": "item", "deleted": "", "order": "0", "value": {"text": "A"} | option},
            "1": {"type": "item", "deleted": "", "order": "1", "value": {"text": "B"} | option},
        }
        response = self.client.post(
            url, self.quiz_form(questions=[("single_choice", question)], **{"action-publish": "1"})
        )
        self.assertContains(response, "genau eine")
        assert not QuizPage.objects.filter(slug="test").exists()

    def quiz_form(self, *, questions=(), **fields):
        """What the editor sends for a quiz."""
        return nested_form_data(
            {
                "title": "Test",
                "slug": "test",
                "introduction": rich_text(""),
                "questions": streamfield(questions),
                "pass_mark": "75",
                "draw_count": "",
                "counted_attempt": "best",
                "score_feedback": streamfield([]),
                "layout": "all",
                "is_shuffled": "on",
                "feedback_time": "at_end",
                "waiting_hours": "0",
                "duration_minutes": "10",
                "is_required": "on",
                "comments": {
                    "TOTAL_FORMS": 0,
                    "INITIAL_FORMS": 0,
                    "MIN_NUM_FORMS": 0,
                    "MAX_NUM_FORMS": 0,
                },
                **fields,
            }
        )

    def test_what_wagtail_saves_by_itself_is_counted_at_once(self):
        draw = {"tags": [], "count": "2"}
        response = self.client.post(
            reverse("wagtailadmin_pages:edit", args=[self.quiz.pk]),
            self.quiz_form(questions=[("random_draw", draw)]),
            headers={"accept": "application/json"},
        )
        renewed = response.json()["html"]
        assert 'data-w-teleport-target-value="#courses-points"' in renewed
        assert "Noch keine Frage" in renewed
        assert reckoning_of(self.course) is None


class EditorTests(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.editor = User.objects.create_user("redaktion", password="geheim")
        group = Group.objects.create(name="Redaktion")
        codenames = ("access_admin", "view_topic", "add_topic", "change_topic")
        group.permissions.add(*Permission.objects.filter(codename__in=codenames))
        for codename in ("add_page", "change_page"):
            GroupPagePermission.objects.create(
                group=group, page=cls.home, permission=Permission.objects.get(codename=codename)
            )
        cls.editor.groups.add(group)

    def setUp(self):
        self.client.force_login(self.editor)

    def page(self) -> str:
        return self.client.get(reverse("wagtailadmin_home")).content.decode()

    def test_the_menu_holds_pages_and_topics_and_no_people(self):
        assert menu_of(self.page()).keys() == {
            *("courses", "explorer", "topics", "question-reports", "reports"),
        }

    def test_an_editor_sees_no_list_of_people(self):
        for name in ("completion_list", "exports:index", "departments:index", "memberships:index"):
            assert self.client.get(reverse(name)).status_code == 302, name
        url = reverse("exports:hand_over", args=["abschlussliste"])
        assert self.client.get(url).status_code == 404

    def test_a_topic_has_labels_in_other_languages(self):
        response = self.client.post(
            reverse("topics:add"),
            {
                "name": "Recht",
                "slug": "recht",
                "labels-TOTAL_FORMS": 1,
                "labels-INITIAL_FORMS": 0,
                "labels-MIN_NUM_FORMS": 0,
                "labels-MAX_NUM_FORMS": 2,
                "labels-0-language": "en",
                "labels-0-text": "Law",
            },
        )
        self.assertRedirects(response, reverse("topics:index"))
        assert Topic.objects.get(slug="recht").labels.get().text == "Law"

    def test_courses_due_for_a_check_stand_on_the_start_page(self):
        assert "wieder zu prüfen" not in self.page()
        self.course.review_on = timezone.localdate() - timedelta(days=1)
        self.course.save_revision().publish()
        assert "wieder zu prüfen" in self.page()


class HRMenuTests(LearningHubTestCase):
    def page(self, user) -> str:
        self.client.force_login(user)
        return self.client.get(reverse("wagtailadmin_home")).content.decode()

    def test_hr_finds_its_work_and_nothing_else(self):
        page = self.page(self.hilde)
        lists = ["completion-list", "evidence-pack", "hand-overs", "schedules"]
        assert menu_of(page) == {"lists": lists}
        for own in ("Ihre Behörde", "Stadt Coesfeld", "home/logo-mark.svg", "KI-Hub"):
            assert own in page, own
        for foreign in ("Stadt Olfen", "guide.wagtail.org", 'role="search"'):
            assert foreign not in page, foreign

    def test_the_numbers_are_those_of_the_own_list(self):
        for user in (self.anna, self.otto):
            actions.enrol(membership=self.membership(user), course=self.course)
        page = self.page(self.hilde)
        assert "1 Eintrag in der Abschlussliste" in page
        assert f"{reverse('completion_list')}?status=overdue" in page

    def test_administrators_and_learners_have_no_such_panel(self):
        assert "Ihre Behörde" not in self.page(self.admin)

    def test_reports_on_pages_and_history_tell_hr_nothing(self):
        self.client.force_login(self.hilde)
        for name in (
            "site_history",
            "aging_pages",
            "locked_pages",
            "workflow",
            "workflow_tasks",
            "page_types_usage",
        ):
            response = self.client.get(reverse(f"wagtailadmin_reports:{name}"))
            assert response.status_code in {200, 302}
            for word in ("KI-Grundlagen", "Terhorst", "Bürgerbüro", "Brüning"):
                self.assertNotIn(word, response.content.decode())


class PreviewTests(LearningHubTestCase):
    """The editor shows what is typed and freezes nothing: only publishing does."""

    def setUp(self):
        self.client.force_login(self.admin)

    def preview(self, page) -> str:
        """The draft of a page, as Wagtail shows it from its revision."""
        url = reverse("wagtailadmin_pages:view_draft", args=[page.pk])
        response = self.client.get(url)
        assert response.status_code == 200
        return response.content.decode()

    def test_a_draft_is_shown_and_not_frozen(self):
        module = draft(CoursePage.objects.get(pk=self.course.pk), new_module("Entwurf"))
        before = ContentVersion.objects.count()
        assert "Text von Entwurf." in self.preview(module)
        assert ContentVersion.objects.count() == before

    def test_neither_does_a_public_text_hide_the_draft_nor_the_draft_the_public_text(self):
        module, cached = self.modules
        membership = self.membership(self.anna)
        Membership.objects.create(user=self.admin, organisation=membership.organisation)
        self.client.get(cached.url)
        for page in (module, cached):
            page.body = text_body("Neuem")
            page.save_revision()
            assert "Text von Neuem." in self.preview(page)
            assert "Text von Neuem." not in self.client.get(page.url).content.decode()

    def test_a_quiz_shows_its_questions_also_unfinished_ones(self):
        self.quiz.questions = json.dumps(
            [
                single_choice("eins"),
                true_false("zwei"),
                {
                    "type": "multiple_choice",
                    "value": {"text": "", "points": None, "options": []},
                },
            ]
        )
        self.quiz.save_revision()
        page = self.preview(self.quiz)
        assert "Was gilt für eins?" in page
        assert "Frage 3" in page
        assert "Ja, denn" not in page
