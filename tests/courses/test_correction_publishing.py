"""A changed question that people have answered goes live by no way without its correction.

And by every way with it: the editor's button, approval, a schedule, lists. For quizzes and for
questions of the bank alike.
"""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from wagtail.models import (
    GroupApprovalTask,
    GroupPagePermission,
    Workflow,
    WorkflowContentType,
    WorkflowPage,
    WorkflowTask,
)
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from courses import actions, corrections
from courses.enums import CorrectionKind, CorrectionStatus
from courses.models import Attempt, BankQuestion, Correction, QuizPage, Regrading
from courses.questions import WHOLE
from courses.quizzing import question_set
from hub.organisations.models import User
from hub.publishing import PublishingRefused
from tests.cases import LearningHubTestCase, bank_question, block_id, true_false
from tests.courses.test_bank_quizzes import chosen

REFUSED = "wurde schon beantwortet"


def stated(*, is_true: bool) -> dict:
    return true_false("frage", is_true=is_true)


def typed(*, is_true: bool) -> dict:
    """The same question as the editor's form sends it."""
    stored = stated(is_true=is_true)
    block = {
        "text": rich_text(stored["value"]["text"]),
        "image": {"image": {"image": "", "alt_text": ""}},
        "points": "1",
        "explanation": rich_text(""),
        "source": "",
        "as_of": "",
        "review_on": "",
        "feedback_true": "",
        "feedback_false": "",
        **({"is_true": "on"} if is_true else {}),
    }
    form = streamfield([("true_false", block)])
    form["0"]["id"] = stored["id"]
    return form


class Ways:
    """What holds for a unit of either kind; Anna answered "wrong" and was right all along."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.second = User.objects.create_superuser("zweite", password="geheim")
        cls.reviewer = User.objects.create_user("freigabe", password="geheim")
        group = Group.objects.create(name="Freigabe")
        codenames = ("access_admin", "view_bankquestion", "change_bankquestion")
        group.permissions.add(
            *Permission.objects.filter(codename__in=(*codenames, "publish_bankquestion"))
        )
        for codename in ("add_page", "change_page", "publish_page"):
            GroupPagePermission.objects.create(
                group=group, page=cls.home, permission=Permission.objects.get(codename=codename)
            )
        cls.reviewer.groups.add(group)
        cls.workflow = Workflow.objects.create(name="Untergruppe")
        task = GroupApprovalTask.objects.create(name="Freigabe")
        task.groups.add(group)
        WorkflowTask.objects.create(workflow=cls.workflow, task=task, sort_order=0)
        WorkflowPage.objects.create(workflow=cls.workflow, page=cls.home)
        WorkflowContentType.objects.create(
            workflow=cls.workflow, content_type=ContentType.objects.get_for_model(BankQuestion)
        )
        cls.question = bank_question("Frage", stated(is_true=True))
        cls.quiz.questions = json.dumps([cls.asked()])
        cls.quiz.save_revision().publish()

    def setUp(self):
        self.client.force_login(self.admin)
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        self.attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        (question_id,) = question_set(self.attempt)
        answer = {question_id: {WHOLE: ["false"]}}
        actions.save_answers(attempt=self.attempt, raw=answer)
        self.attempt = actions.submit_attempt(attempt=self.attempt, quiz=self.quiz)
        assert not self.attempt.is_passed

    @property
    def unit(self):
        return self.model.objects.get(pk=self.pk)

    def edit(self, *, is_true: bool = False, **fields) -> None:
        """Save a draft."""
        unit = self.unit.get_latest_revision_as_object()
        setattr(unit, self.field, json.dumps([stated(is_true=is_true)]))
        for name, value in fields.items():
            setattr(unit, name, value)
        unit.save_revision()

    def declare(self) -> Correction:
        """Have the changed key approved as what it is, by two persons."""
        draft = self.unit.get_latest_revision_as_object()
        (change,) = corrections.changed_questions(draft)
        correction = corrections.propose_correction(
            draft=draft, change=change, kind=CorrectionKind.WRONG_KEY, by=self.admin
        )
        return corrections.approve_correction(correction=correction, by=self.second, draft=draft)

    def send(self, url, data=None, **kwargs):
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(url, data or {}, follow=True, **kwargs)

    def nothing_has_changed(self) -> None:
        assert not Attempt.objects.get(pk=self.attempt.pk).counted.is_passed
        assert self.version(self.unit).number == self.first_version
        assert not Regrading.objects.exists()

    def it_counts(self) -> None:
        assert Attempt.objects.get(pk=self.attempt.pk).counted.is_passed
        assert Correction.objects.latest("pk").status == CorrectionStatus.LIVE
        assert self.version(self.unit).number == self.first_version + 1
        assert not self.unit.has_unpublished_changes

    def test_the_button_of_the_editor(self):
        response = self.send(self.editor(), self.form(is_true=False) | {"action-publish": "1"})
        self.assertContains(response, REFUSED)
        self.assertContains(response, reverse("courses_corrections", args=[self.key]))
        self.nothing_has_changed()
        self.send(self.editor(), self.form(is_true=False))
        self.declare()
        self.nothing_has_changed()
        self.send(self.editor(), self.form(is_true=False) | {"action-publish": "1"})
        self.it_counts()

    def test_submitting_for_approval_and_approving_on_the_start_page(self):
        self.edit()
        data = self.form(is_true=False) | {"action-submit": "1"}
        self.assertContains(self.send(self.editor(), data), REFUSED)
        assert self.unit.current_workflow_state is None
        self.declare()
        self.send(self.editor(), data)
        state = self.unit.current_workflow_state
        assert state.status == "in_progress"
        self.client.force_login(self.reviewer)
        self.send(self.approval(state))
        self.it_counts()

    def test_an_approval_that_comes_too_early(self):
        self.edit()
        state = self.workflow.start(self.unit, self.admin)
        self.client.force_login(self.reviewer)
        response = self.send(f"{self.approval(state)}?next=/admin/")
        self.assertRedirects(response, "/admin/")
        self.assertContains(response, REFUSED)
        self.assertContains(response, reverse("courses_corrections", args=[self.key]))
        assert self.unit.current_workflow_state.status == "in_progress"
        self.nothing_has_changed()
        self.declare()
        self.send(self.approval(state))
        self.it_counts()

    def test_a_schedule_needs_it_and_brings_it_into_force_on_its_day(self):
        self.edit(go_live_at=timezone.now() + timedelta(days=1))
        with pytest.raises(PublishingRefused, match=REFUSED):
            self.unit.latest_revision.publish()
        self.declare()
        self.unit.latest_revision.publish()
        assert self.unit.scheduled_revision
        self.nothing_has_changed()
        self.let_the_day_come()
        self.run_schedule()
        self.it_counts()

    def test_a_schedule_whose_correction_was_declined_is_held_back_and_shown(self):
        self.edit(go_live_at=timezone.now() + timedelta(days=1))
        correction = self.declare()
        self.unit.latest_revision.publish()
        corrections.decline_correction(correction=correction, by=self.second, draft=self.unit)
        self.let_the_day_come()
        with self.assertLogs("hub.publishing", "WARNING") as logs:
            self.run_schedule()
        assert REFUSED in logs.output[0]
        self.nothing_has_changed()
        response = self.client.get("/admin/")
        self.assertContains(response, "Termin ist verstrichen")
        self.assertContains(response, self.editor())
        # Once it is declared again, the schedule that was kept takes it along.
        self.declare()
        self.run_schedule()
        self.it_counts()

    def test_an_earlier_text_may_be_published_again(self):
        first = self.unit.latest_revision
        self.edit()
        correction = self.declare()
        first.publish()
        correction.refresh_from_db()
        assert correction.status == CorrectionStatus.REPLACED
        self.nothing_has_changed()

    def test_what_was_taken_from_the_web_meanwhile(self):
        self.unit.unpublish()
        self.edit()
        with pytest.raises(PublishingRefused, match=REFUSED):
            self.unit.latest_revision.publish()
        self.declare()
        with self.captureOnCommitCallbacks(execute=True):
            self.unit.latest_revision.publish()
        self.it_counts()

    def test_a_copy_is_free_and_touches_no_result(self):
        self.edit()
        copy = self.copied()
        setattr(copy, self.field, json.dumps([stated(is_true=False)]))
        copy.save_revision().publish()
        copy.refresh_from_db()
        assert copy.live
        assert copy.translation_key != self.key
        self.nothing_has_changed()

    def let_the_day_come(self) -> None:
        revision = self.unit.scheduled_revision
        past = timezone.now() - timedelta(minutes=5)
        revision.content["go_live_at"] = past.isoformat()
        revision.approved_go_live_at = past
        revision.save()

    def run_schedule(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            call_command("publish_scheduled", stdout=StringIO())


class QuizTests(Ways, LearningHubTestCase):
    model, field = QuizPage, "questions"

    @classmethod
    def asked(cls) -> dict:
        return stated(is_true=True)

    first_version = 2

    @property
    def pk(self):
        return self.quiz.pk

    @property
    def key(self):
        return self.quiz.translation_key

    def editor(self) -> str:
        return reverse("wagtailadmin_pages:edit", args=[self.pk])

    def approval(self, state) -> str:
        return reverse(
            "wagtailadmin_pages:workflow_action",
            args=[self.pk, "approve", state.current_task_state.pk],
        )

    def form(self, *, is_true: bool) -> dict:
        return nested_form_data(
            {
                "title": "Abschlusstest",
                "slug": "abschlusstest",
                "introduction": rich_text(""),
                "questions": typed(is_true=is_true),
                "pass_mark": "75",
                "draw_count": "",
                "counted_attempt": "best",
                "score_feedback": streamfield([]),
                "layout": "all",
                "is_shuffled": "on",
                "feedback_time": "at_end",
                "max_attempts": "",
                "waiting_hours": "0",
                "time_limit_minutes": "",
                "duration_minutes": "10",
                "is_required": "on",
                "comments": dict.fromkeys(("TOTAL_FORMS", "INITIAL_FORMS"), 0)
                | dict.fromkeys(("MIN_NUM_FORMS", "MAX_NUM_FORMS"), 0),
            }
        )

    def copied(self):
        self.send(
            reverse("wagtailadmin_pages:copy", args=[self.pk]),
            {
                "new_title": "Kopie",
                "new_slug": "kopie",
                "new_parent_page": self.course.pk,
                "publish_copies": "on",
            },
        )
        copy = QuizPage.objects.get(slug="kopie")
        assert copy.live
        assert copy.questions[0].id == block_id("frage")
        return copy

    def test_a_list(self):
        self.edit()
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
        url = f"{url}?id={self.pk}&next=/admin/"
        self.assertContains(self.send(url), REFUSED)
        self.nothing_has_changed()
        self.declare()
        self.send(url)
        self.it_counts()


class BankTests(Ways, LearningHubTestCase):
    model, field = BankQuestion, "question"
    first_version = 1

    @classmethod
    def asked(cls) -> dict:
        return chosen(cls.question)

    @property
    def pk(self):
        return self.question.pk

    @property
    def key(self):
        return self.question.translation_key

    def url(self, view: str, *args) -> str:
        return reverse(BankQuestion.snippet_viewset.get_url_name(view), args=args)

    def editor(self) -> str:
        return self.url("edit", self.pk)

    def approval(self, state) -> str:
        return self.url("workflow_action", self.pk, "approve", state.current_task_state.pk)

    def form(self, *, is_true: bool) -> dict:
        return nested_form_data(
            {
                "name": "Frage",
                "question": typed(is_true=is_true),
                "tags": "",
                "author": "",
            }
        )

    def copied(self):
        self.send(self.url("copy", self.pk), self.form(is_true=True))
        return BankQuestion.objects.exclude(pk=self.pk).get()
