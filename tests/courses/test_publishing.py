"""What must not go live does not, by whatever way, and the person reads what to do instead."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import (
    GroupApprovalTask,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)
from wagtail_localize.models import Translation, TranslationSource

from courses.models import ContentVersion, CoursePage, ModulePage, QuizPage
from hub.organisations.models import User
from hub.publishing import PublishingRefused
from tests.cases import (
    LearningHubTestCase,
    draft,
    new_course,
    new_module,
    publish,
    single_choice,
    true_false,
)

NO_PART = "noch keinen Teil"
LAST_PART = "niemand mehr abschließen"


def undecided(name: str) -> dict:
    """A question none of whose answers is marked as right."""
    question = single_choice(name)
    for option in question["value"]["options"]:
        option["value"]["is_correct"] = False
    return question


class PublishingTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.reviewer = User.objects.create_user("freigabe", password="geheim")
        cls.group = Group.objects.create(name="Freigabe")
        cls.group.permissions.add(Permission.objects.get(codename="access_admin"))
        for codename in ("add_page", "change_page", "publish_page"):
            GroupPagePermission.objects.create(
                group=cls.group, page=cls.home, permission=Permission.objects.get(codename=codename)
            )
        cls.reviewer.groups.add(cls.group)
        cls.empty = draft(cls.catalogue, new_course("Leer"))

    def setUp(self):
        self.client.force_login(self.reviewer)

    def is_live(self, page) -> bool:
        return Page.objects.get(pk=page.pk).live

    def quiz_draft(self, *questions) -> QuizPage:
        # The page saved last took the place in the tree that this object knows of.
        course = CoursePage.objects.get(pk=self.course.pk)
        return draft(course, QuizPage(title="Neu", slug="neu", questions=json.dumps(questions)))

    def bulk(self, action, *pages, **data):
        query = "&".join(f"id={page.pk}" for page in pages)
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
        return self.client.post(f"{url}?{query}&next=/admin/", data, follow=True)


class ApprovalTests(PublishingTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        workflow = Workflow.objects.create(name="Untergruppe")
        task = GroupApprovalTask.objects.create(name="Freigabe")
        task.groups.add(cls.group)
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
        WorkflowPage.objects.create(workflow=workflow, page=cls.home)
        cls.workflow = workflow

    def submit(self, page) -> str:
        """Submit a page; returns where the start page of the administration approves it."""
        state = self.workflow.start(page, self.admin)
        return reverse(
            "wagtailadmin_pages:workflow_action",
            args=[page.pk, "approve", state.current_task_state.pk],
        )

    def test_approving_on_the_start_page_does_not_publish_an_empty_course(self):
        url = self.submit(self.empty)
        response = self.client.post(f"{url}?next=/admin/", follow=True)
        self.assertRedirects(response, "/admin/")
        self.assertContains(response, NO_PART)
        self.assertContains(response, reverse("wagtailadmin_pages:edit", args=[self.empty.pk]))
        assert not self.is_live(self.empty)
        assert self.empty.current_workflow_state.status == "in_progress"

    def test_approving_with_a_comment_leads_to_the_message(self):
        response = self.client.post(
            self.submit(self.empty),
            {"comment": "Gut"},
            headers={"x-requested-with": "XMLHttpRequest"},
        )
        address = response.json()["redirect"]
        assert response.json()["step"] == "success"
        self.assertContains(self.client.get(address), NO_PART)
        assert not self.is_live(self.empty)

    def test_once_it_has_a_part_it_can_be_approved(self):
        url = self.submit(self.empty)
        publish(self.empty, new_module("M"))
        self.client.post(url)
        assert self.is_live(self.empty)
        assert ContentVersion.objects.filter(unit_key=self.empty.translation_key).count() == 1

    def test_a_quiz_without_a_right_answer_is_not_approved(self):
        quiz = self.quiz_draft(undecided("a"), true_false("b"))
        response = self.client.post(self.submit(quiz), follow=True)
        self.assertContains(response, "Fragen: Bitte markieren Sie die richtige Antwort")
        assert not self.is_live(quiz)
        assert not ContentVersion.objects.filter(unit_key=quiz.translation_key).exists()


class ListTests(PublishingTestCase):
    def test_nothing_is_published_if_one_of_the_chosen_pages_must_not_be(self):
        module = draft(self.modules[0].get_parent(), new_module("Entwurf"))
        response = self.bulk("publish", module, self.empty)
        self.assertContains(response, NO_PART)
        assert not self.is_live(module)
        assert not self.is_live(self.empty)

    def test_a_quiz_without_questions_or_that_draws_too_many(self):
        quiz = self.quiz_draft()
        self.assertContains(self.bulk("publish", quiz), "Fragen: Dieses Feld")
        quiz.questions = json.dumps([true_false("a")])
        quiz.draw_count = 2
        quiz.save_revision()
        self.assertContains(self.bulk("publish", quiz), "So viele Fragen gibt es nicht")
        assert not self.is_live(quiz)


class ScheduleTests(PublishingTestCase):
    def run_schedule(self):
        with self.assertLogs("hub.publishing", "WARNING") as logs:
            call_command("publish_scheduled", stdout=StringIO())
        return logs.output

    def schedule(self, page, when):
        page.refresh_from_db()
        page.go_live_at = when
        page.save_revision().publish()

    def due(self, *pages):
        """Let the day of the pages come."""
        for page in pages:
            page.refresh_from_db()
            revision = page.scheduled_revision
            past = timezone.now() - timedelta(minutes=5)
            revision.content["go_live_at"] = past.isoformat()
            revision.approved_go_live_at = past
            revision.save()

    def test_a_course_and_its_part_go_live_together_in_any_order(self):
        module = draft(self.empty, new_module("M"))
        tomorrow = timezone.now() + timedelta(days=1)
        with self.assertRaises(PublishingRefused):
            self.schedule(self.empty, tomorrow)
        self.schedule(module, tomorrow)
        self.schedule(self.empty, tomorrow)
        self.due(self.empty)
        assert NO_PART in self.run_schedule()[0]
        assert not self.is_live(self.empty)
        self.due(module)
        self.run_schedule()
        assert self.is_live(module)
        call_command("publish_scheduled", stdout=StringIO())
        assert self.is_live(self.empty)

    def test_what_waits_stops_nothing_else_and_is_shown_on_the_start_page(self):
        module = draft(self.empty, new_module("M"))
        other = draft(CoursePage.objects.get(pk=self.course.pk), new_module("Anderes"))
        tomorrow = timezone.now() + timedelta(days=1)
        for page in (module, self.empty, other):
            self.schedule(page, tomorrow)
        self.assertNotContains(self.client.get("/admin/"), "Termin ist verstrichen")
        self.due(self.empty, other)
        self.run_schedule()
        assert self.is_live(other)
        response = self.client.get("/admin/")
        self.assertContains(response, "Termin ist verstrichen")
        self.assertContains(response, reverse("wagtailadmin_pages:edit", args=[self.empty.pk]))

    def test_a_course_goes_with_its_last_part_that_expires(self):
        course = publish(self.catalogue, new_course("Kurz"), new_module("M"))
        ModulePage.objects.child_of(course).update(expire_at=timezone.now() - timedelta(days=1))
        call_command("publish_scheduled", stdout=StringIO())
        assert not self.is_live(course)
        assert self.is_live(self.course)


class LastPartTests(PublishingTestCase):
    """Neither a person nor a list takes the last part from a live course."""

    def setUp(self):
        super().setUp()
        self.client.force_login(self.admin)
        self.short = publish(self.catalogue, new_course("Kurz"), new_module("Eins"))
        self.part = ModulePage.objects.child_of(self.short).get()

    def refused(self, response):
        self.assertContains(response, LAST_PART)
        self.part.refresh_from_db()
        assert self.part.live
        assert self.is_live(self.short)

    def test_unpublish(self):
        url = reverse("wagtailadmin_pages:unpublish", args=[self.part.pk])
        self.refused(self.client.post(url, follow=True))

    def test_delete(self):
        url = reverse("wagtailadmin_pages:delete", args=[self.part.pk])
        self.refused(self.client.get(url, follow=True))
        self.refused(self.client.post(url, follow=True))

    def test_move_to_another_course(self):
        url = reverse("wagtailadmin_pages:move_confirm", args=[self.part.pk, self.course.pk])
        self.refused(self.client.post(url, follow=True))
        assert self.part.is_descendant_of(self.short)

    def test_from_a_list(self):
        for action in ("unpublish", "delete"):
            self.refused(self.bulk(action, self.part))
        self.refused(self.bulk("move", self.part, chooser=self.course.pk))

    def test_several_at_once_that_are_all_there_are(self):
        second = publish(self.short, new_module("Zwei"))
        self.refused(self.bulk("unpublish", self.part, second))
        self.bulk("unpublish", self.part)
        assert not self.is_live(self.part)

    def test_what_is_no_last_part_may_go(self):
        publish(self.short, new_module("Zwei"))
        self.client.post(reverse("wagtailadmin_pages:delete", args=[self.part.pk]))
        assert not Page.objects.filter(pk=self.part.pk).exists()

    def test_within_the_course_it_may_move(self):
        quiz = publish(
            CoursePage.objects.get(pk=self.short.pk),
            QuizPage(title="T", slug="t", questions=json.dumps([true_false("a")])),
        )
        self.part.is_required = False
        self.part.save_revision().publish()
        url = reverse("wagtailadmin_pages:move_confirm", args=[quiz.pk, self.part.pk])
        self.client.post(url)
        quiz.refresh_from_db()
        assert quiz.is_descendant_of(self.part)

    def test_the_course_itself_may_go_with_all_its_parts(self):
        url = reverse("wagtailadmin_pages:unpublish", args=[self.short.pk])
        self.client.post(url, {"include_descendants": "on"})
        assert not self.is_live(self.short)
        assert not self.is_live(self.part)

    def test_it_does_not_become_a_mere_offer(self):
        self.part.is_required = False
        with self.assertRaises(PublishingRefused) as error:
            self.part.save_revision().publish()
        assert set(error.exception.error_dict) == {"is_required"}


class CopyTests(PublishingTestCase):
    def copy(self, **data):
        return self.client.post(
            reverse("wagtailadmin_pages:copy", args=[self.course.pk]),
            {
                "new_title": "Kopie",
                "new_slug": "kopie",
                "new_parent_page": self.catalogue.pk,
                "publish_copies": "on",
                **data,
            },
            follow=True,
        )

    def test_a_copy_without_parts_is_a_draft(self):
        self.assertContains(self.copy(), "Die Kopie ist ein Entwurf")
        assert not CoursePage.objects.get(slug="kopie").live

    def test_an_alias_without_parts_too(self):
        self.assertContains(self.copy(alias="on"), "Die Kopie ist ein Entwurf")
        assert not CoursePage.objects.get(slug="kopie").live

    def test_a_copy_with_its_parts_may_be_live(self):
        self.copy(copy_subpages="on")
        assert CoursePage.objects.get(slug="kopie").live


class TranslationTests(PublishingTestCase):
    def translate(self, page) -> None:
        source, _created = TranslationSource.update_or_create_from_instance(page)
        translation = Translation.objects.create(source=source, target_locale=self.en)
        with self.captureOnCommitCallbacks(execute=True):
            translation.save_target(publish=True)

    def test_a_translated_course_goes_live_before_its_parts_are_translated(self):
        for page in (self.home, self.catalogue, self.course):
            self.translate(page)
        assert self.course.get_translation(self.en).live

    def test_the_translation_of_an_empty_course_stays_a_draft(self):
        for page in (self.home, self.catalogue):
            self.translate(page)
        with self.assertRaises(PublishingRefused):
            self.translate(self.empty)
        assert not self.empty.get_translation(self.en).live
