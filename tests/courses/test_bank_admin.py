"""The bank in the administration: its list, its forms, and who may do what."""

from __future__ import annotations

import json

from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import (
    GroupApprovalTask,
    GroupPagePermission,
    ModelLogEntry,
    Page,
    Workflow,
    WorkflowContentType,
    WorkflowTask,
)
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from courses.bank_actions import offer_again, retire
from courses.models import BankQuestion, CoursePage, QuestionTag, QuizPage, TaggedQuestion
from hub.organisations.models import User
from tests.cases import (
    LearningHubTestCase,
    bank_question,
    block_id,
    publish,
    single_choice,
    true_false,
)

CHOOSER = "wagtailsnippetchoosers_courses_bankquestion"


class BankAdminTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.editor = cls.in_group("Redaktion", "view", "add", "change", "delete")
        cls.reviewer = cls.in_group("Freigabe", "view", "change", "publish")

    @classmethod
    def in_group(cls, name: str, *actions: str) -> User:
        user = User.objects.create_user(name.lower(), password="geheim", first_name=name)
        group = Group.objects.create(name=name)
        codenames = ["access_admin", *(f"{action}_bankquestion" for action in actions)]
        group.permissions.add(*Permission.objects.filter(codename__in=codenames))
        for codename in ("add_page", "change_page"):
            GroupPagePermission.objects.create(
                group=group, page=cls.home, permission=Permission.objects.get(codename=codename)
            )
        user.groups.add(group)
        return user

    def setUp(self):
        self.client.force_login(self.admin)

    def url(self, view: str, *args) -> str:
        return reverse(BankQuestion.snippet_viewset.get_url_name(view), args=args)

    def quiz_with(self, *entries, **fields) -> QuizPage:
        course = CoursePage.objects.get(pk=self.course.pk)
        quiz = QuizPage(
            title="Wissensprüfung",
            slug=f"w-{Page.objects.count()}",
            is_required=False,
            questions=json.dumps(entries),
            **fields,
        )
        with self.captureOnCommitCallbacks(execute=True):
            return publish(course, quiz)

    def chosen(self, question) -> dict:
        value = {"question": question.pk, "points": None}
        return {"type": "bank_question", "id": block_id(f"c{question.pk}"), "value": value}

    def draw(self, count: int, *tags: str) -> dict:
        value = {"tags": list(tags), "count": count}
        return {"type": "random_draw", "id": block_id(f"d{tags}"), "value": value}


class ListTests(BankAdminTestCase):
    def names(self, **query) -> set[str]:
        response = self.client.get(self.url("list"), query)
        assert response.status_code == 200
        return {question.name for question in response.context["object_list"]}

    def setUp(self):
        super().setUp()
        stored = single_choice("Ämter") | {}
        stored["value"]["review_on"] = "2026-01-01"
        self.old = bank_question("Alt", stored, tags="recht grundlagen", author="Untergruppe")
        self.new = bank_question("Neu", true_false("Daten"), tags="recht")
        self.draft = bank_question("Entwurf", live=False)

    def test_words_of_name_and_text(self):
        assert self.names(q="ämter gilt") == {"Alt"}
        assert self.names(q="NEU") == {"Neu"}
        assert self.names(q="gibt es nicht") == set()

    def test_every_filter(self):
        tag = QuestionTag.objects.get(slug="grundlagen")
        assert self.names(tag=tag.pk) == {"Alt"}
        assert self.names(question_type="true_false") == {"Neu"}
        assert self.names(author="Untergruppe") == {"Alt"}
        assert self.names(review="due") == {"Alt"}
        assert self.names(state="draft") == {"Entwurf"}
        assert self.names(locale="en") == set()
        retire(question=self.new, actor=self.admin)
        assert self.names(state="retired") == {"Neu"}
        assert self.names(state="live") == {"Alt"}

    def test_used_and_unused(self):
        self.quiz_with(self.chosen(self.old))
        assert self.names(use="used") == {"Alt"}
        assert self.names(use="unused") == {"Neu", "Entwurf"}

    def test_it_counts_quizzes_once_for_all_languages(self):
        quiz = self.quiz_with(self.chosen(self.old))
        with self.captureOnCommitCallbacks(execute=True):
            for page in (self.home, self.catalogue, self.course, quiz):
                page.specific.copy_for_translation(self.simple, alias=True)
        response = self.client.get(self.url("list"), {"q": "Alt"})
        assert [row.usage_count for row in response.context["object_list"]] == [1]

    def test_the_same_queries_for_few_and_for_many(self):
        def queries(**query) -> int:
            self.client.get(self.url("list"), query)  # what is cached once
            with CaptureQueriesContext(connection) as found:
                self.client.get(self.url("list"), query)
            return len(found)

        tag = QuestionTag.objects.get(slug="recht")
        pages = ({}, {"q": "frage"}, {"tag": tag.pk}, {"use": "unused"}, {"p": 2})
        self.fill(60, tag)
        few = [queries(**query) for query in pages]
        self.fill(1000, tag)
        assert [queries(**query) for query in pages] == few
        # Nine are the frame: the person, the languages, and for the menu the authorities with what
        # they have switched on.
        assert max(few) <= 9 + 10, few

    def fill(self, count: int, tag: QuestionTag) -> None:
        rows = [
            BankQuestion(
                name=f"Frage {n}", question=json.dumps([single_choice(f"f{n}")]), locale=self.de
            )
            for n in range(count)
        ]
        for row in rows:
            row.copy_from_block()
        TaggedQuestion.objects.bulk_create(
            TaggedQuestion(content_object=row, tag=tag)
            for row in BankQuestion.objects.bulk_create(rows)
        )


class FormTests(BankAdminTestCase):
    def data(self, text: str = "Was gilt?", right: tuple[bool, ...] = (True, False), **fields):
        return nested_form_data(
            {
                "name": "Neue Frage",
                "question": streamfield(
                    [
                        (
                            "single_choice",
                            {
                                "text": rich_text(f"<p>{text}</p>"),
                                "image": {"image": {"image": "", "alt_text": ""}},
                                "points": "2",
                                "explanation": rich_text(""),
                                "source": "KI-VO",
                                "as_of": "",
                                "review_on": "",
                                "options": options(right),
                            },
                        )
                    ]
                ),
                "tags": "recht, grundlagen",
                "author": "Untergruppe Qualifizierung",
                **fields,
            }
        )

    def test_a_draft_is_kept_and_publishing_freezes_it(self):
        response = self.client.post(self.url("add"), self.data())
        assert response.status_code == 302, errors(response)
        question = BankQuestion.objects.get()
        assert (question.live, question.points, question.version) == (False, 2, None)
        self.client.post(
            self.url("edit", question.pk), self.data() | {"action-publish": "action-publish"}
        )
        question.refresh_from_db()
        assert question.live
        assert question.version.number == 1
        assert {tag.name for tag in question.tags.all()} == {"recht", "grundlagen"}

    def test_publishing_without_a_right_answer_says_what_to_do(self):
        response = self.client.post(
            self.url("add"),
            self.data(right=(False, False)) | {"action-publish": "action-publish"},
        )
        self.assertContains(response, "Bitte markieren Sie die richtige Antwort")
        assert not BankQuestion.objects.exists()

    def test_who_writes_it_is_proposed_as_author(self):
        self.client.force_login(self.editor)
        self.assertContains(self.client.get(self.url("add")), 'value="Redaktion"')

    def test_the_placeholder_of_a_missing_type_survives_the_form(self):
        foreign = {"type": "acme_slider", "id": block_id("f"), "value": {"text": "<p>?</p>"}}
        question = bank_question("Fremd", foreign, live=False)
        stored = {"type": "acme_slider", "value": {"text": "<p>?</p>"}}
        data = nested_form_data(
            {
                "name": "Fremd, neu benannt",
                "question": streamfield([("unknown_question", json.dumps(stored))]),
                "tags": "",
                "author": "",
            }
        )
        data["question-0-id"] = block_id("f")
        response = self.client.post(self.url("edit", question.pk), data)
        assert response.status_code == 302, errors(response)
        draft = BankQuestion.objects.get().get_latest_revision_as_object()
        assert draft.stored_question() == foreign
        assert draft.name == "Fremd, neu benannt"

    def test_the_preview_of_what_is_not_saved(self):
        url = self.url("preview_on_add")
        self.client.post(url, self.data(text="Noch nicht gespeichert?"))
        self.assertContains(self.client.get(url + "?mode="), "Noch nicht gespeichert?")

    def test_a_copy_is_a_question_of_its_own(self):
        question = bank_question("Eins", single_choice("eins"), tags="recht")
        self.assertContains(self.client.get(self.url("copy", question.pk)), "Kopie von Eins")
        self.client.post(self.url("copy", question.pk), self.data())
        copy = BankQuestion.objects.exclude(pk=question.pk).get()
        assert copy.translation_key != question.translation_key
        assert not copy.live
        assert copy.version is None
        question.refresh_from_db()
        assert question.name == "Eins"


def options(right: tuple[bool, ...]) -> dict:
    form = {"count": str(len(right))}
    for index, is_right in enumerate(right):
        form |= {
            f"{index}-value-text": f"Antwort {index}",
            f"{index}-value-feedback": "",
            f"{index}-value-image-image-image": "",
            f"{index}-order": str(index),
            f"{index}-deleted": "",
        }
        if is_right:
            form[f"{index}-value-is_correct"] = "on"
    return form


def errors(response):
    form = response.context and response.context.get("form")
    return form.errors.as_data() if form else response.content[:500]


class UseTests(BankAdminTestCase):
    def setUp(self):
        super().setUp()
        self.question = bank_question("Eins", single_choice("eins"), tags="recht")

    def test_usage_names_choice_and_chance(self):
        self.quiz_with(self.chosen(self.question))
        drawing = self.quiz_with(self.draw(1, "recht"))
        drawing.title = "Auslosung"
        drawing.save_revision().publish()
        response = self.client.get(self.url("usage", self.question.pk))
        self.assertContains(response, "Wissensprüfung")
        self.assertContains(response, "ausgewählt")
        self.assertContains(response, "Auslosung")
        self.assertContains(response, "ausgelost, nach Schlagwort")

    def test_a_draft_of_a_quiz_counts_as_use(self):
        quiz = self.quiz_with(true_false("x"))
        quiz.questions = json.dumps([self.chosen(self.question)])
        quiz.save_revision()
        self.assertContains(self.client.get(self.url("usage", self.question.pk)), quiz.title)

    def test_a_chosen_question_is_not_deleted(self):
        self.quiz_with(self.chosen(self.question))
        for response in (
            self.client.post(self.url("delete", self.question.pk), follow=True),
            self.client.post(
                reverse("wagtail_bulk_action", args=["courses", "bankquestion", "delete"])
                + f"?id={self.question.pk}&next={self.url('list')}",
                follow=True,
            ),
        ):
            self.assertContains(response, "ist ausgewählt in Wissensprüfung")
            self.assertContains(response, self.url("retire", self.question.pk))
            assert BankQuestion.objects.filter(pk=self.question.pk).exists()

    def test_an_unused_question_is_deleted(self):
        self.client.post(self.url("delete", self.question.pk))
        assert not BankQuestion.objects.exists()

    def test_retiring_names_who_goes_on_asking_it_and_who_would_be_short(self):
        self.quiz_with(self.chosen(self.question))
        short = self.quiz_with(self.draw(1, "recht"))
        short.title = "Zu kurz"
        short.save_revision().publish()
        response = self.client.get(self.url("retire", self.question.pk))
        self.assertContains(response, "stellen sie weiter: Wissensprüfung")
        self.assertContains(response, "niemand könnte sie bestehen: Zu kurz")
        self.client.post(self.url("retire", self.question.pk))
        self.question.refresh_from_db()
        assert self.question.is_retired
        assert ModelLogEntry.objects.filter(action="courses.retire_question").count() == 1
        self.client.post(self.url("retire", self.question.pk))
        self.question.refresh_from_db()
        assert not self.question.is_retired

    def test_retiring_holds_in_every_language_and_is_safe_to_repeat(self):
        english = self.question.copy_for_translation(self.en)
        english.save()
        for _n in range(2):
            retire(question=self.question, actor=self.admin)
        assert BankQuestion.objects.retired().count() == 2
        assert ModelLogEntry.objects.filter(action="courses.retire_question").count() == 2
        offer_again(question=english, actor=self.admin)
        assert not BankQuestion.objects.retired().exists()

    def test_unpublishing_names_the_quizzes_it_harms(self):
        self.quiz_with(self.chosen(self.question))
        url = self.url("unpublish", self.question.pk)
        self.assertContains(self.client.get(url), "niemand könnte sie bestehen: Wissensprüfung")
        self.client.post(url)
        self.question.refresh_from_db()
        assert not self.question.live


class ChooserTests(BankAdminTestCase):
    def names(self, **query) -> list[str]:
        response = self.client.get(reverse(f"{CHOOSER}:choose_results"), query)
        assert response.status_code == 200
        return [question.name for question in response.context["results"]]

    def test_it_offers_what_is_public_and_not_retired(self):
        bank_question("Eins", single_choice("eins"), tags="recht")
        bank_question("Entwurf", single_choice("e"), live=False)
        gone = bank_question("Weg", single_choice("weg"))
        retire(question=gone, actor=self.admin)
        assert self.names() == ["Eins"]

    def test_it_is_searched_and_filtered(self):
        bank_question("Eins", single_choice("Ämter"), tags="recht")
        bank_question("Zwei", single_choice("zwei"))
        tag = QuestionTag.objects.get(slug="recht")
        assert self.names(q="ämter") == ["Eins"]
        assert self.names(tag=tag.pk) == ["Eins"]
        assert self.names(q="zwei", tag=tag.pk) == []
        assert self.names(locale="en") == []

    def test_the_whole_dialogue_opens(self):
        response = self.client.get(reverse(f"{CHOOSER}:choose"))
        assert "Schlagwort" in response.json()["html"]

    def test_the_first_language_comes_first(self):
        english = bank_question("A question", single_choice("a"), locale=self.en)
        bank_question("Zuletzt", single_choice("z"))
        assert self.names() == ["Zuletzt", english.name]


class PermissionTests(BankAdminTestCase):
    def setUp(self):
        super().setUp()
        self.question = bank_question("Geheime Frage", single_choice("eins"))

    def client_of(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def test_learners_and_hr_never_see_the_bank(self):
        pk = self.question.pk
        for user in (self.anna, self.hilde, self.bernd):
            client = self.client_of(user)
            for view, *args in (
                ("list",),
                ("list_results",),
                ("add",),
                ("edit", pk),
                ("copy", pk),
                ("delete", pk),
                ("usage", pk),
                ("history", pk),
                ("retire", pk),
                ("unpublish", pk),
                ("lock", pk),
                ("preview_on_add",),
                ("preview_on_edit", pk),
                ("workflow_history", pk),
                ("revisions_view", pk, self.question.latest_revision_id),
                ("revisions_revert", pk, self.question.latest_revision_id),
            ):
                for method in (client.get, client.post):
                    response = method(self.url(view, *args))
                    assert response.status_code in {302, 403, 404, 405}, (user, view)
                    assert "Geheime Frage" not in response.content.decode()
            for view, *args in (("choose",), ("choose_results",), ("chosen", pk)):
                response = client.get(reverse(f"{CHOOSER}:{view}", args=args))
                assert "Geheime Frage" not in response.content.decode(), (user, view)
        self.question.refresh_from_db()
        assert self.question.live
        assert not self.question.is_retired

    def test_editors_write_and_reviewers_publish(self):
        editor, reviewer = self.client_of(self.editor), self.client_of(self.reviewer)
        pk = self.question.pk
        assert editor.get(self.url("edit", pk)).status_code == 200
        for view in ("unpublish", "retire"):
            assert editor.post(self.url(view, pk)).status_code == 302
        self.question.refresh_from_db()
        assert self.question.live
        assert not self.question.is_retired
        assert reviewer.get(self.url("add")).status_code == 302
        reviewer.post(self.url("retire", pk))
        self.question.refresh_from_db()
        assert self.question.is_retired

    def test_the_menu_shows_it_to_who_may_read_it(self):
        assert "Fragenpool" in self.client_of(self.editor).get("/admin/").content.decode()
        assert "Fragenpool" not in self.client_of(self.hilde).get("/admin/").content.decode()


class ApprovalTests(BankAdminTestCase):
    """The group approves questions as it approves pages."""

    def setUp(self):
        super().setUp()
        self.workflow = Workflow.objects.create(name="Untergruppe")
        task = GroupApprovalTask.objects.create(name="Freigabe")
        task.groups.add(Group.objects.get(name="Freigabe"))
        WorkflowTask.objects.create(workflow=self.workflow, task=task, sort_order=0)
        from django.contrib.contenttypes.models import ContentType

        WorkflowContentType.objects.create(
            workflow=self.workflow, content_type=ContentType.objects.get_for_model(BankQuestion)
        )

    def approve(self, question, **kwargs):
        state = self.workflow.start(question, self.editor)
        self.client.force_login(self.reviewer)
        return self.client.post(
            self.url("workflow_action", question.pk, "approve", state.current_task_state.pk),
            **kwargs,
        )

    def test_what_is_approved_is_published_and_frozen(self):
        question = bank_question("Eins", single_choice("eins"), live=False)
        self.approve(question)
        question.refresh_from_db()
        assert question.live
        assert question.version.number == 1

    def test_what_must_not_go_live_is_not_approved_and_says_why(self):
        stored = single_choice("eins")
        stored["value"]["options"][0]["value"]["is_correct"] = False
        question = bank_question("Offen", stored, live=False)
        response = self.approve(question, follow=True)
        self.assertContains(response, "Bitte markieren Sie die richtige Antwort")
        question.refresh_from_db()
        assert not question.live
