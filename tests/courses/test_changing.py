"""Wesentlich oder redaktionell: asked, shown and kept by every way of publishing."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import (
    GroupApprovalTask,
    GroupPagePermission,
    PageLogEntry,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield
from wagtail_localize.models import Translation, TranslationSource
from wagtail_localize.operations import translate_object

from courses import actions
from courses.activities import outline, place_of, places
from courses.changing import differences, effect_of, look_at, say
from courses.changing.differences import ADDED, CHANGED, MOVED, REMOVED
from courses.enums import ChangeKind, EnrolmentStatus
from courses.models import Completion, ContentVersion, CoursePage, Enrolment, ModulePage, QuizPage
from courses.progress import course_progress
from courses.versions import current_version, latest_version, newer_original
from hub.organisations.models import Membership, User
from hub.publishing import PublishingRefused
from tests.cases import LearningHubTestCase, new_module, publish, text_body, true_false
from tests.factories.courses import EnrolmentFactory
from tests.factories.organisations import MembershipFactory
from tests.plugin_example.models import FilmPage

ASKED = "ob die Änderung wesentlich oder redaktionell ist"
LOOK = "Bitte sehen Sie sich oben an"


class ChangingTestCase(LearningHubTestCase):
    """Anna has completed the first module on its first version."""

    def setUp(self):
        self.enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        actions.complete_activity(enrolment=self.enrolment, page=self.modules[0])
        self.key = self.modules[0].translation_key

    @property
    def module(self) -> ModulePage:
        return ModulePage.objects.get(pk=self.modules[0].pk)

    def edit(self, text: str = "etwas Neuem", kind: str = "", **fields):
        """A draft with another text and, if given, what that change means; saved."""
        draft = self.module.get_latest_revision_as_object()
        draft.body = text_body(text)
        for name, value in fields.items():
            setattr(draft, name, value)
        say(draft, kind, since=latest_version(draft))
        return draft.save_revision()

    def newest(self) -> ContentVersion:
        return ContentVersion.objects.filter(unit_key=self.key, language="de").latest("number")

    def is_now(self, number: int, edition: int, *, is_substantive: bool) -> None:
        version = self.newest()
        assert (version.number, version.edition, version.is_substantive) == (
            number,
            edition,
            is_substantive,
        )
        assert self.module.edition == edition


class VersionTests(ChangingTestCase):
    def test_the_first_version_is_edition_one(self):
        self.is_now(1, 1, is_substantive=True)

    def test_editorial_keeps_the_edition_and_substantive_counts_it(self):
        self.edit("Neuem", ChangeKind.EDITORIAL).publish()
        self.is_now(2, 1, is_substantive=False)
        self.edit("Anderem", ChangeKind.SUBSTANTIVE).publish()
        self.is_now(3, 2, is_substantive=True)

    def test_an_answer_counts_for_one_change_only(self):
        self.edit("Neuem", ChangeKind.EDITORIAL).publish()
        draft = self.module.get_latest_revision_as_object()
        draft.body = text_body("Anderem")
        draft.save_revision().publish()
        self.is_now(3, 2, is_substantive=True)

    def test_without_an_answer_it_is_substantive(self):
        self.edit().publish()
        self.is_now(2, 2, is_substantive=True)

    def test_without_an_answer_it_is_editorial_while_nobody_has_begun(self):
        second = self.modules[1]
        second.body = text_body("etwas Neuem")
        second.save_revision().publish()
        version = self.version(second)
        assert (version.number, version.edition) == (2, 1)

    def test_an_older_text_is_a_new_version(self):
        first = self.module.latest_revision
        self.edit("Neuem", ChangeKind.SUBSTANTIVE).publish()
        first.publish()
        self.is_now(3, 3, is_substantive=True)

    def test_moving_and_what_is_no_evidence_make_no_version(self):
        self.edit("Modul 1", is_required=False).publish()
        self.module.move(self.modules[1], pos="right")
        self.is_now(1, 1, is_substantive=True)
        assert current_version(self.module).number == 1

    def test_what_only_the_editor_writes_makes_no_version(self):
        draft = self.module
        stored = json.loads(text_body("Modul 1"))
        stored[1]["value"] = stored[1]["value"].replace("<p>", '<p data-block-key="abcde">')
        draft.body = json.dumps(stored)
        draft.save_revision().publish()
        self.is_now(1, 1, is_substantive=True)

    def test_a_copy_takes_no_answer_along(self):
        self.edit("Neuem", ChangeKind.EDITORIAL)
        copy = self.module.copy(
            update_attrs={"title": "Kopie", "slug": "kopie"}, copy_revisions=True
        )
        draft = copy.get_latest_revision_as_object()
        assert not look_at(draft).kind
        copy.refresh_from_db()
        assert copy.edition in (None, 1)

    def test_a_corrected_question_is_not_asked_about_again(self):
        attempt = actions.start_attempt(enrolment=self.enrolment, quiz=self.knowledge_check)
        actions.submit_attempt(attempt=attempt, quiz=self.knowledge_check)
        draft = QuizPage.objects.get(pk=self.knowledge_check.pk)
        draft.questions = json.dumps([true_false("KI", is_true=False)])
        change = look_at(draft)
        assert not change.is_asked
        assert not change.is_substantive
        draft.pass_mark = 60
        change = look_at(draft)
        assert change.is_asked
        assert [found.field for found in change.differences] == ["Bestehensgrenze in Prozent"]


class DifferenceTests(LearningHubTestCase):
    def compare(self, before, after):
        before, after = ({"body": json.loads(text)} for text in (before, after))
        return differences(ModulePage, before, after)

    def test_blocks_that_come_go_change_and_move(self):
        before = json.loads(text_body("A"))
        changed = [before[0], before[1] | {"value": "<p>Text von B.</p>"}]
        (found,) = self.compare(json.dumps(before), json.dumps(changed))
        assert found.kind == CHANGED
        assert (found.words_added, found.words_removed) == (1, 1)
        kinds = [d.kind for d in self.compare(text_body("A"), text_body("B"))]
        assert sorted(kinds) == sorted([ADDED, ADDED, REMOVED, REMOVED])
        (found,) = self.compare(json.dumps(before), json.dumps(before[::-1]))
        assert found.kind == MOVED

    def test_nothing_is_no_difference(self):
        assert not self.compare(text_body("A"), text_body("A"))
        assert not differences(ModulePage, {"summary": ""}, {})
        assert not differences(
            QuizPage, {"introduction": ""}, {"introduction": '<p data-block-key="x1"></p>'}
        )

    def test_line_breaks_that_the_editor_takes_away_are_no_difference(self):
        def written(text):
            stored = [{"type": "text", "id": "1", "value": text}]
            return json.dumps(stored)

        typed = "<p>Eins.</p>\n<ul>\n<li>Zwei</li>\n</ul>"
        kept = '<p data-block-key="a">Eins.</p><ul><li data-block-key="b">Zwei</li></ul>'
        assert not self.compare(written(typed), written(kept))
        words = "<p><b>Eins</b> <i>zwei</i></p>"
        assert self.compare(written(words), written(words.replace("</b> <i>", "</b><i>")))

    def test_a_block_whose_type_is_not_installed_is_compared_as_stored(self):
        old = [{"type": "gone", "id": "1", "value": {"a": 1}}]
        new = [{"type": "gone", "id": "1", "value": {"a": 2}}]
        (found,) = self.compare(json.dumps(old), json.dumps(new))
        assert (found.kind, found.label) == (CHANGED, "gone")


class WayTests(ChangingTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.reviewer = User.objects.create_user("freigabe", password="geheim")
        group = Group.objects.create(name="Freigabe")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
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

    def setUp(self):
        super().setUp()
        self.client.force_login(self.admin)
        self.editor = reverse("wagtailadmin_pages:edit", args=[self.modules[0].pk])

    def form(self, text: str = "<p>Neu.</p>", **answer) -> dict:
        stored = json.loads(text_body("Modul 1"))
        body = streamfield([("heading", stored[0]["value"]), ("text", rich_text(text))])
        for number, block in enumerate(stored):
            body[str(number)]["id"] = block["id"]
        comments = dict.fromkeys(("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS"), 0)
        return nested_form_data(
            {
                "title": "Modul 1",
                "slug": "modul-1",
                "summary": "",
                "body": body,
                "duration_minutes": "10",
                "is_required": "on",
                "comments": comments | {"MAX_NUM_FORMS": 0},
                **answer,
            }
        )

    def post(self, action: str, **answer):
        data = self.form(**answer)
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(self.editor, data | {f"action-{action}": "1"}, follow=True)

    def test_the_button_asks_shows_and_then_publishes(self):
        response = self.post("publish")
        self.assertContains(response, ASKED)
        self.assertContains(response, "<ins>")
        self.is_now(1, 1, is_substantive=True)
        # An answer alone is not enough: the effect of this very text must have been on the screen.
        response = self.post("publish", kind_of_change="editorial", change_seen="")
        self.assertContains(response, LOOK)
        self.assertContains(response, 'value="editorial"')
        seen = self.seen(response)
        self.is_now(1, 1, is_substantive=True)
        response = self.post(
            "publish", text="<p>Noch anders.</p>", kind_of_change="editorial", change_seen=seen
        )
        self.assertContains(response, LOOK)
        self.post("publish", kind_of_change="editorial", change_seen=seen)
        self.is_now(2, 1, is_substantive=False)
        entry = PageLogEntry.objects.get(action="courses.version_published")
        assert (entry.user, entry.data["is_substantive"]) == (self.admin, False)

    def seen(self, response) -> str:
        return look_at_value(response.content.decode(), "change_seen")

    def test_a_draft_keeps_the_answer(self):
        self.client.post(self.editor, self.form(kind_of_change="editorial", change_seen=""))
        draft = self.module.get_latest_revision_as_object()
        assert look_at(draft).kind == ChangeKind.EDITORIAL
        response = self.client.get(self.editor)
        assert look_at(draft).seen == self.seen(response)
        # Once each, or a browser would send two values.
        assert response.content.decode().count('name="change_seen"') == 1
        assert response.content.decode().count('name="kind_of_change"') == 2
        # A form that does not ask, such as one of an extension, takes no answer away.
        self.client.post(self.editor, self.form())
        draft = self.module.get_latest_revision_as_object()
        assert look_at(draft).kind == ChangeKind.EDITORIAL

    def test_a_page_type_without_the_panel_is_not_asked_about(self):
        film = publish(
            CoursePage.objects.get(pk=self.course.pk), FilmPage(title="Film", slug="film")
        )
        actions.complete_activity(enrolment=self.enrolment, page=film)
        response = self.client.get(reverse("wagtailadmin_pages:edit", args=[film.pk]))
        self.assertNotContains(response, "kind_of_change")
        film.duration_minutes = 12
        film.save_revision().publish(user=self.admin)
        assert self.version(film).edition == 2

    def test_nobody_is_asked_while_nobody_has_begun(self):
        Completion.objects.all().delete()
        Enrolment.objects.all().delete()
        self.post("publish")
        self.is_now(2, 1, is_substantive=False)

    def test_nothing_is_asked_when_nothing_changes(self):
        self.post("publish", text="<p>Text von Modul 1.</p>")
        assert not self.module.has_unpublished_changes
        self.is_now(1, 1, is_substantive=True)

    def test_approval_takes_the_answer_along(self):
        self.assertContains(self.post("submit"), ASKED)
        assert self.module.current_workflow_state is None
        response = self.post("submit", kind_of_change="editorial", change_seen="")
        self.post("submit", kind_of_change="editorial", change_seen=self.seen(response))
        state = self.module.current_workflow_state
        self.client.force_login(self.reviewer)
        url = reverse(
            "wagtailadmin_pages:workflow_action",
            args=[self.module.pk, "approve", state.current_task_state.pk],
        )
        self.client.post(url, follow=True)
        self.is_now(2, 1, is_substantive=False)
        entry = PageLogEntry.objects.get(action="courses.version_published")
        assert entry.user == self.reviewer

    def test_a_list_publishes_nothing_that_was_not_answered(self):
        self.edit()
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
        url = f"{url}?id={self.module.pk}&next=/admin/"
        self.assertContains(self.client.post(url, follow=True), ASKED)
        self.is_now(1, 1, is_substantive=True)
        self.edit("etwas Neuem", ChangeKind.EDITORIAL)
        self.client.post(url, follow=True)
        self.is_now(2, 1, is_substantive=False)

    def test_a_schedule_takes_the_answer_along(self):
        day = timezone.now() + timedelta(days=1)
        revision = self.edit("Neuem", ChangeKind.EDITORIAL, go_live_at=day)
        revision.publish(user=self.admin)
        self.is_now(1, 1, is_substantive=True)
        past = timezone.now() - timedelta(minutes=5)
        revision.refresh_from_db()
        revision.content["go_live_at"] = past.isoformat()
        revision.approved_go_live_at = past
        revision.save()
        call_command("publish_scheduled", stdout=StringIO())
        self.is_now(2, 1, is_substantive=False)

    def test_a_person_is_refused_and_a_command_counts_as_substantive(self):
        revision = self.edit()
        with pytest.raises(PublishingRefused, match=ASKED):
            revision.publish(user=self.admin)
        self.is_now(1, 1, is_substantive=True)
        revision.publish()
        self.is_now(2, 2, is_substantive=True)

    def test_the_history_says_what_it_was(self):
        self.edit("Neuem", ChangeKind.EDITORIAL).publish(user=self.admin)
        self.edit("Anderem", ChangeKind.SUBSTANTIVE).publish(user=self.admin)
        response = self.client.get(reverse("wagtailadmin_pages:history", args=[self.module.pk]))
        self.assertContains(response, "Fassung 2 als redaktionelle Änderung veröffentlicht")
        self.assertContains(response, "Fassung 3 als wesentliche Änderung veröffentlicht")
        entries = PageLogEntry.objects.filter(action="courses.version_published")
        assert {entry.user for entry in entries} == {self.admin}

    def test_the_versions_of_a_page(self):
        self.edit("Neuem", ChangeKind.EDITORIAL).publish()
        address = reverse("courses_versions", args=[self.key])
        with translation.override("de"):
            label = self.newest().label
        response = self.client.get(address)
        self.assertContains(response, f"Modul 1, {label}")
        self.assertContains(response, "Redaktionell")
        self.client.force_login(self.hilde)
        assert self.client.get(address).status_code == 404


def look_at_value(html: str, name: str) -> str:
    """The value of a hidden field of a page."""
    start = html.index(f'name="{name}" value="') + len(f'name="{name}" value="')
    return html[start : html.index('"', start)]


class EffectTests(LearningHubTestCase):
    def hold(self, count: int, *, days: int | None = 100, olfen: bool = False) -> None:
        """So many people hold a valid completion of the course, with the first module."""
        version, course_version = self.version(self.modules[0]), self.version(self.course)
        organisation = self.olfen if olfen else self.coesfeld
        until = timezone.localdate() + timedelta(days=days) if days is not None else None
        for _number in range(count):
            enrolment = EnrolmentFactory(
                passed=True,
                version=course_version,
                membership=MembershipFactory(organisation=organisation),
                expires_on=until,
            )
            Completion.objects.create(
                enrolment=enrolment,
                activity_key=self.modules[0].translation_key,
                content_version=version,
                completed_at=timezone.now(),
            )

    def effect(self, page=None):
        page = page or self.modules[0]
        with translation.override("de"):
            found = effect_of(page, since=self.version(page))
            return found, found.concerned, found.due

    def test_people_and_authorities(self):
        self.hold(6)
        self.hold(5, olfen=True)
        found, concerned, due = self.effect()
        assert concerned == "11 Personen in 2 Behörden"
        assert due
        assert self.effect(self.course)[0] == found

    def test_fewer_than_five_are_not_told_apart(self):
        self.hold(4)
        found, concerned, due = self.effect()
        assert concerned == "weniger als 5 Personen"
        assert not due
        assert "4" not in json.dumps(found.as_data())

    def test_few_without_an_end_are_not_told_apart_either(self):
        self.hold(6)
        self.hold(2, days=None)
        found, _concerned, due = self.effect()
        assert found.people == 8
        assert not due
        assert found.never_due == 0

    def test_who_is_not_concerned(self):
        self.hold(2, days=-1)
        self.hold(2)
        today = timezone.localdate()
        left = Membership.objects.order_by("-pk").first()
        Membership.objects.filter(pk=left.pk).update(
            starts_on=today - timedelta(days=9), ends_on=today - timedelta(days=1)
        )
        assert self.effect()[0].people == 1
        # Who lacks an earlier substantive change is due already.
        module = self.modules[0]
        module.body = text_body("Neuem")
        module.save_revision().publish()
        assert self.version(module).edition == 2
        assert self.effect()[0].people == 0

    def test_a_voluntary_part_concerns_nobody_and_one_to_choose_who_chose_it(self):
        self.hold(6)
        module = self.modules[0]
        module.is_required = False
        assert self.effect(module)[0].people == 0
        CoursePage.objects.filter(pk=self.course.pk).update(electives_needed=1)
        del module.course
        assert self.effect(module)[0].people == 6

    def test_the_same_queries_for_few_and_many(self):
        for count in (1, 12):
            self.hold(count)
            page = ModulePage.objects.get(pk=self.modules[0].pk)
            since = self.version(page)
            with self.assertNumQueries(2):
                effect_of(page, since=since)


class NobodyLosesTests(ChangingTestCase):
    #: What publishing itself writes; all other tables stay as they are.
    WRITTEN = ("contentversion", "revision", "modulepage", "page", "logentry", "indexentry")

    def rows(self) -> dict[str, list]:
        return {
            model._meta.label: list(model._default_manager.order_by("pk").values())
            for app in ("courses", "certificates", "organisations", "exports")
            for model in apps.get_app_config(app).get_models()
            if not model._meta.model_name.endswith(self.WRITTEN) and model._meta.managed
        }

    def finish(self) -> None:
        for page in (self.modules[1], self.quiz):
            actions.complete_activity(enrolment=self.enrolment, page=page)
        assert self.enrolment.is_completed

    def test_editorial_publishing_changes_no_row_of_learners(self):
        self.finish()
        before = self.rows()
        with self.captureOnCommitCallbacks(execute=True):
            self.edit("Neuem", ChangeKind.EDITORIAL).publish(user=self.admin)
        assert self.rows() == before

    def test_neither_does_a_substantive_change(self):
        self.finish()
        before = self.rows()
        with self.captureOnCommitCallbacks(execute=True):
            self.edit("Neuem", ChangeKind.SUBSTANTIVE).publish(user=self.admin)
        assert self.rows() == before
        (done,) = Completion.objects.filter(activity_key=self.key)
        assert done.content_version.edition < self.newest().edition

    def test_no_change_of_the_course_lowers_a_state_or_shows_more_than_all(self):
        self.finish()
        course = CoursePage.objects.get(pk=self.course.pk)

        def add():
            publish(CoursePage.objects.get(pk=self.course.pk), new_module("Modul 3"))

        def remove():
            self.modules[1].unpublish()

        def move():
            self.module.move(CoursePage.objects.get(pk=self.course.pk), pos="last-child")

        def relax():
            quiz = QuizPage.objects.get(pk=self.quiz.pk)
            quiz.is_required = False
            quiz.save_revision().publish()

        def tighten():
            check = QuizPage.objects.get(pk=self.knowledge_check.pk)
            check.is_required = True
            check.pass_mark = 100
            check.save_revision().publish()

        def delete():
            ModulePage.objects.get(slug="modul-3").delete()

        for step in (add, move, tighten, remove, relax, delete):
            step()
            with self.captureOnCommitCallbacks(execute=True):
                actions.settle(enrolment=self.enrolment, course=course, items=outline(course))
            self.enrolment.refresh_from_db()
            assert self.enrolment.status == EnrolmentStatus.COMPLETED, step.__name__
            shown = course_progress(outline(course), self.enrolment).progress
            assert 0 <= shown.percent <= 100, step.__name__
            assert shown.done <= shown.required, step.__name__


class TranslationTests(ChangingTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        for page in (cls.home, cls.catalogue, cls.course, cls.modules[0]):
            translate_object(page.specific, [cls.en])
            page.get_translation(cls.en).specific.save_revision().publish()

    def setUp(self):
        super().setUp()
        self.english = self.module.get_translation(self.en)
        self.translated("Module 1")

    def translated(self, title: str) -> None:
        page = ModulePage.objects.get(pk=self.english.pk).get_latest_revision_as_object()
        page.title = title
        page.save_revision().publish()

    def sync(self, *, publish: bool = True) -> None:
        source = TranslationSource.objects.get_for_instance(self.module)
        source.update_from_db()
        for found in Translation.objects.filter(source=source):
            with self.captureOnCommitCallbacks(execute=True):
                found.save_target(publish=publish)

    @property
    def page(self) -> ModulePage:
        return ModulePage.objects.get(pk=self.english.pk)

    def edition(self) -> int:
        return (
            ContentVersion.objects.filter(unit_key=self.key, language="en").latest("number").edition
        )

    def test_it_has_the_edition_of_the_text_it_was_made_from(self):
        assert self.edition() == 1
        self.edit("Neuem", ChangeKind.SUBSTANTIVE).publish()
        # Publishing it again without what is new keeps it what it is.
        self.translated("Module one")
        assert self.edition() == 1
        assert newer_original(self.page) == self.module.page_ptr
        self.sync()
        self.translated("Module one")
        assert self.edition() == 2
        assert newer_original(self.page) is None

    def test_a_translation_made_before_and_published_after_the_sync(self):
        draft = self.page
        draft.title = "Module one"
        waiting = draft.save_revision()
        self.edit("Neuem", ChangeKind.SUBSTANTIVE).publish()
        self.sync(publish=False)
        waiting.publish()
        assert self.edition() == 1

    def test_an_editorial_change_makes_no_translation_older(self):
        self.edit("Neuem", ChangeKind.EDITORIAL).publish()
        assert newer_original(self.page) is None

    def test_a_translation_is_not_asked_about_and_takes_no_answer_along(self):
        self.edit("Neuem", ChangeKind.SUBSTANTIVE).publish()
        self.sync()
        assert not self.page.change_kind
        draft = self.page
        draft.title = "Another title"
        assert not look_at(draft).is_asked
        draft.save_revision().publish(user=self.admin)

    def test_learners_are_told_and_complete_the_older_version(self):
        self.edit("Neuem", ChangeKind.SUBSTANTIVE).publish()
        self.client.force_login(self.otto)
        response = self.client.get(self.page.url)
        self.assertContains(response, "Older version")
        self.assertContains(response, f'href="{self.module.url}"')
        enrolment = actions.enrol(membership=self.membership(self.otto), course=self.course)
        actions.complete_activity(enrolment=enrolment, page=self.page)
        (done,) = enrolment.completions.all()
        assert (done.content_version.language, done.content_version.edition) == ("en", 1)
        self.assertNotContains(self.client.get(self.module.url), "Ältere Fassung")

    def test_the_attempt_says_so_too_and_keeps_saying_what_it_was_begun_on(self):
        translate_object(self.quiz, [self.en])
        english = self.quiz.get_translation(self.en).specific
        english.title = "Final test"
        english.save_revision().publish()
        membership = self.membership(self.otto)
        enrolment = actions.enrol(membership=membership, course=self.course)
        attempt = actions.start_attempt(enrolment=enrolment, quiz=english)
        self.client.force_login(self.otto)
        address = reverse("courses:attempt", args=[attempt.uuid])
        self.assertNotContains(self.client.get(address), "Ältere Fassung")

        def change(page, kind, title):
            page = type(page).objects.get(pk=page.pk)
            page.title = title
            say(page, kind, since=latest_version(page))
            page.save_revision().publish()

        change(self.quiz, ChangeKind.EDITORIAL, "Der Abschlusstest")
        self.assertNotContains(self.client.get(address), "Ältere Fassung")
        change(self.quiz, ChangeKind.SUBSTANTIVE, "Abschlusstest 2027")
        response = self.client.get(address)
        self.assertContains(response, "Ältere Fassung")
        self.assertContains(response, f'href="{QuizPage.objects.get(pk=self.quiz.pk).url}"')
        # The translation is up to date now; the attempt was begun before.
        source = TranslationSource.objects.get_for_instance(self.quiz)
        source.update_from_db()
        Translation.objects.get(source=source).save_target()
        english = QuizPage.objects.get(pk=english.pk)
        english.title = "Final test 2027"
        english.save_revision().publish()
        assert newer_original(english) is None
        self.assertContains(self.client.get(address), "Ältere Fassung")

    def test_one_query_and_none_for_the_original(self):
        page, module = self.page, self.module
        with self.assertNumQueries(1):
            newer_original(page)
        with self.assertNumQueries(0):
            newer_original(module)


class PlaceTests(LearningHubTestCase):
    def test_a_version_is_named_by_its_place(self):
        with translation.override("de"):
            named = [*places(outline(self.course)).values()]
            assert named == ["Modul 1", "Wissenscheck", "Modul 2", "Abschlusstest"]
            assert place_of(self.modules[1]) == "Modul 2"
            assert place_of(self.course) == "Kurs"

    def test_the_pages_name_it_so(self):
        self.client.force_login(self.anna)
        self.assertContains(self.client.get(self.modules[1].url), "Modul 2, Fassung 1 vom")
        self.assertContains(self.client.get(self.quiz.url), "Abschlusstest, Fassung 1 vom")
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        self.assertContains(self.client.get(self.course.url), "Kurs, Fassung 1 vom")
