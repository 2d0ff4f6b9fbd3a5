"""Fehler melden: learners report a faulty question, those who may edit it see and close it."""

import copy
import json
import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupPagePermission, ModelLogEntry

from courses import actions
from courses.enums import FeedbackTime, QuizLayout, ReportKind, ReportStatus
from courses.models import (
    Attempt,
    ContentVersion,
    CoursePage,
    OwnSettings,
    QuestionReport,
    QuizPage,
)
from courses.question_reports import (
    PER_DAY,
    close_report,
    reopen_report,
    report_question,
    reports_of,
)
from courses.quizzing import question_set
from courses.reported_questions import reported_questions
from hub.organisations.models import User
from tests.cases import bank_question, block_id, publish, single_choice
from tests.courses.questions.samples import number

from .test_bank_quizzes import chosen
from .test_taking import TakingTestCase

LIST = "question_reports"


class ReportsTestCase(TakingTestCase):
    """The quiz asks in the order of its editor: question 1 is ``eins``."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.quiz.is_shuffled = False
        cls.quiz.save_revision().publish()
        cls.editor = cls.editor_of("redaktion", cls.home)

    @classmethod
    def editor_of(cls, username, page, *codenames):
        """A person who may edit a page and all below it, and has these permissions beside."""
        user = User.objects.create_user(username, password="geheim", last_name=username.title())
        group = Group.objects.create(name=username)
        wanted = ["access_admin", *codenames]
        group.permissions.add(*Permission.objects.filter(codename__in=wanted))
        if page is not None:
            GroupPagePermission.objects.create(
                group=group, page=page, permission=Permission.objects.get(codename="change_page")
            )
        user.groups.add(group)
        return user

    def report_url(self, attempt, question):
        return reverse("courses:report_question", args=[attempt.uuid, question.id])

    def sent(self, **changed):
        return {"kind": "wrong_answer", "text": "B", "token": str(uuid.uuid4()), **changed}

    def report(self, attempt=None, question_id=None, **given):
        attempt = attempt or self.start()
        given = {"kind": ReportKind.SPELLING, "text": "Komma", "token": uuid.uuid4(), **given}
        question_id = question_id or next(iter(question_set(attempt)))
        return report_question(attempt=attempt, question_id=question_id, **given)

    def many(self, count, **fields):
        """Reports as other people would have sent them."""
        version = self.version(self.quiz)
        return [
            QuestionReport.objects.create(
                **{
                    "quiz_key": self.quiz.translation_key,
                    "question_id": block_id("eins"),
                    "version": version,
                    "kind": ReportKind.UNCLEAR,
                    "text": f"Meldung {n}",
                    **fields,
                }
            )
            for n in range(count)
        ]

    def client_of(self, user):
        client = Client()
        client.force_login(user)
        return client

    def rows(self, user=None):
        found = reports_of(user or self.admin).select_related("version")
        return reported_questions(list(found), user or self.admin)


class OnTheWayTests(ReportsTestCase):
    """The form is reached from the question and leads back to it; nothing typed is lost."""

    def press(self, attempt, question, answer=None, **sent):
        given = question.as_sent(self.right(question)) if answer is None else answer
        return self.client.post(self.url(attempt), {**given, "report": str(question.id), **sent})

    def test_every_question_of_a_page_can_be_reported(self):
        attempt = self.start()
        page = self.client.get(self.url(attempt)).content.decode()
        asked = [str(question.id) for question in self.asked(attempt)]
        assert re.findall(r'name="report" value="([^"]+)"', page) == asked

    def test_pressing_it_keeps_the_answers_of_the_page_first(self):
        attempt = self.start()
        one, two, _three = self.asked(attempt)
        response = self.press(attempt, two, one.as_sent(self.right(one)))
        assert response.url == self.report_url(attempt, two)
        assert attempt.responses.get().answer == self.right(one)
        page = self.client.get(response.url)
        self.assertContains(page, "Fehler in Frage 2 melden")
        self.assertContains(page, "Ihre Antworten sind gespeichert")
        self.assertContains(page, "Was alles gilt für zwei?")
        self.assertContains(page, f'href="{self.url(attempt)}#frage-2"')

    def test_the_way_leads_back_to_the_question_and_says_that_it_arrived(self):
        attempt = self.start()
        two = self.asked(attempt)[1]
        response = self.client.post(self.report_url(attempt, two), self.sent())
        assert response.url == f"{self.url(attempt)}?gemeldet=2#gemeldet"
        page = self.client.get(response.url).content.decode()
        said = page.index('role="status" tabindex="-1" id="gemeldet"')
        assert page.index('id="frage-1"') < said < page.index('id="frage-2"')
        assert "Ihre Meldung zu Frage 2 ist bei der Redaktion angekommen" in page

    def test_a_page_of_its_own_for_each_question(self):
        self.setting(layout=QuizLayout.ONE)
        attempt = self.start()
        three = self.asked(attempt)[2]
        response = self.client.post(self.report_url(attempt, three), self.sent())
        assert response.url == f"{self.url(attempt)}?frage=3&gemeldet=3#gemeldet"
        page = self.client.get(response.url)
        self.assertContains(page, 'id="frage-3"')
        self.assertContains(page, 'id="gemeldet"')

    def test_a_question_whose_feedback_was_shown(self):
        self.setting(feedback_time=FeedbackTime.AT_ONCE)
        attempt = self.start()
        one = self.answer(attempt, 1)
        actions.check_answer(attempt=attempt, question_id=one.id)
        page = self.client.get(self.url(attempt))
        self.assertContains(page, "hub-review")
        self.assertContains(page, f'name="report" value="{one.id}"')
        response = self.client.post(self.report_url(attempt, one), self.sent())
        self.assertContains(self.client.get(response.url), 'id="gemeldet"')

    def test_the_result_offers_it_for_every_question(self):
        attempt = actions.submit_attempt(attempt=self.start(), quiz=self.quiz)
        address = reverse("courses:result", args=[attempt.uuid])
        page = self.client.get(address)
        for question in self.asked(attempt):
            self.assertContains(page, f'href="{self.report_url(attempt, question)}"')
        one = self.asked(attempt)[0]
        form = self.client.get(self.report_url(attempt, one))
        self.assertContains(form, f'href="{address}#frage-1"')
        self.assertNotContains(form, "Ihre Antworten sind gespeichert")
        response = self.client.post(self.report_url(attempt, one), self.sent())
        assert response.url == f"{address}?gemeldet=1#gemeldet"
        self.assertContains(self.client.get(response.url), 'id="gemeldet"')

    def test_an_answer_that_cannot_be_kept_stops_nobody_from_reporting(self):
        self.quiz.questions = json.dumps([number("gewicht")])
        self.setting()
        attempt = self.start()
        [question] = self.asked(attempt)
        name = question.field_names()["answer"]
        response = self.press(attempt, question, {name: "viel"})
        self.assertContains(response, "Nicht alles konnte gespeichert werden", status_code=422)
        self.assertContains(response, self.report_url(attempt, question), status_code=422)
        self.assertContains(response, 'value="viel"', status_code=422)

    def test_the_time_goes_on_and_the_form_says_so(self):
        self.setting(time_limit_minutes=10)
        attempt = self.start()
        url = self.report_url(attempt, self.asked(attempt)[0])
        self.assertContains(self.client.get(url), "Ihre Zeit läuft weiter")
        Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=11))
        response = self.client.post(url, self.sent(), follow=True)
        self.assertContains(response, "Die Zeit ist um")
        self.assertContains(response, "Ihre Meldung ist bei der Redaktion angekommen")
        assert QuestionReport.objects.count() == 1

    def test_who_is_signed_out_meanwhile_loses_no_answer(self):
        attempt = self.start()
        one = self.asked(attempt)[0]
        browser = Client()
        sent = {**one.as_sent(self.right(one)), "report": str(one.id)}
        assert browser.post(self.url(attempt), sent).status_code == 302
        browser.force_login(self.anna)
        browser.get(self.url(attempt))
        response = browser.get(self.report_url(attempt, one))
        assert response.status_code == 200

    def test_a_trial_run_has_no_such_button_and_sending_it_does_no_harm(self):
        client = self.client_of(self.admin)
        page = client.get(reverse("courses:begin_trial", args=[self.quiz.pk]), follow=True)
        self.assertNotContains(page, "Fehler melden")
        client.post(reverse("courses:trial", args=[self.quiz.pk]), {"report": block_id("eins")})
        response = client.post(
            reverse("courses:trial", args=[self.quiz.pk]), {"action": "submit_anyway"}, follow=True
        )
        self.assertNotContains(response, "Fehler melden")
        assert not QuestionReport.objects.exists()


class AccessTests(ReportsTestCase):
    def test_only_what_the_own_attempt_showed_can_be_reported(self):
        own, foreign = self.start(), self.start(self.otto)
        one = self.asked(own)[0]
        for url in (
            self.report_url(foreign, one),
            reverse("courses:report_question", args=[own.uuid, uuid.uuid4()]),
            reverse("courses:report_question", args=[uuid.uuid4(), one.id]),
        ):
            assert self.client.get(url).status_code == 404
            assert self.client.post(url, self.sent()).status_code == 404
        assert not QuestionReport.objects.exists()

    def test_a_foreign_question_behind_the_button_leads_nowhere(self):
        attempt = self.start()
        response = self.client.post(self.url(attempt), {"report": str(uuid.uuid4())})
        assert response.status_code == 302
        assert "melden" not in response.url

    def test_who_is_not_signed_in_is_asked_to(self):
        attempt = self.start()
        url = self.report_url(attempt, self.asked(attempt)[0])
        assert Client().post(url, self.sent()).url.startswith(reverse("login"))


class FormTests(ReportsTestCase):
    def setUp(self):
        super().setUp()
        self.attempt = self.start()
        self.one = self.asked(self.attempt)[0]
        self.address = self.report_url(self.attempt, self.one)

    def refused(self, message, **sent):
        response = self.client.post(self.address, self.sent(**sent))
        self.assertContains(response, message, status_code=422)
        assert not QuestionReport.objects.exists()
        return response

    def test_what_is_missing_or_too_long_is_said_and_nothing_typed_is_lost(self):
        self.refused("Bitte wählen Sie, was nicht stimmt", kind="")
        self.refused("gültige Auswahl", kind="unsinn")
        self.refused("in wenigen Worten", kind="other", text=" \r\n ")
        page = self.refused("um 1 Zeichen zu lang", text="x" * 1001)
        self.assertContains(page, "x" * 1001, status_code=422)
        self.refused("öffnen Sie die Seite noch einmal", token="")
        self.refused("öffnen Sie die Seite noch einmal", token="1")

    def test_a_line_end_is_one_character(self):
        self.client.post(self.address, self.sent(text="x" * 499 + "\r\n" + "y" * 500))
        assert len(QuestionReport.objects.get().text) == 1000

    def test_a_text_is_needed_only_where_the_kind_says_too_little(self):
        self.client.post(self.address, self.sent(kind="spelling", text=""))
        assert QuestionReport.objects.get().text == ""

    def test_what_is_stored_leads_to_nobody(self):
        self.client.post(self.address, self.sent())
        row = QuestionReport.objects.values().get()
        assert set(row) == {
            *("id", "uuid", "quiz_key", "question_id", "version_id", "kind", "text"),
            *("created_on", "status", "note", "closed_by_id", "closed_at"),
        }
        assert row["quiz_key"] == self.quiz.translation_key
        assert str(row["question_id"]) == block_id("eins")
        assert row["version_id"] == self.attempt.content_version_id
        assert row["created_on"] == timezone.localdate()
        assert row["closed_by_id"] is None
        assert not ModelLogEntry.objects.exists()

    def test_a_text_of_markup_is_text(self):
        self.client.post(self.address, self.sent(text="<script>alert(1)</script>"))
        report = QuestionReport.objects.get()
        page = self.client_of(self.admin).get(reverse("question_report", args=[report.uuid]))
        self.assertContains(page, "&lt;script&gt;alert(1)")
        self.assertNotContains(page, "<script>alert(1)")


class AllowanceTests(ReportsTestCase):
    def setUp(self):
        super().setUp()
        self.attempt = self.start()
        self.one, self.two, _three = self.asked(self.attempt)

    def test_a_double_click_and_a_reload_give_one_report(self):
        sent, url = self.sent(), self.report_url(self.attempt, self.one)
        addresses = {self.client.post(url, sent).url for _again in range(3)}
        assert len(addresses) == 1
        assert QuestionReport.objects.count() == 1

    def test_a_question_is_reported_once_a_day(self):
        url = self.report_url(self.attempt, self.one)
        self.client.post(url, self.sent())
        response = self.client.post(url, self.sent())
        self.assertContains(response, "heute schon gemeldet", status_code=422)
        page = self.client.get(url)
        self.assertContains(page, "heute schon gemeldet")
        self.assertNotContains(page, "<textarea")
        assert QuestionReport.objects.count() == 1

    def test_other_questions_and_other_people_are_free_to(self):
        self.report(self.attempt, self.one.id)
        self.report(self.attempt, self.two.id)
        self.report(self.start(self.otto), self.one.id)
        assert QuestionReport.objects.count() == 3

    def test_the_next_attempt_asks_the_same_question(self):
        self.report(self.attempt, self.one.id)
        actions.submit_attempt(attempt=self.attempt, quiz=self.quiz)
        with pytest.raises(ValidationError, match="heute schon gemeldet"):
            self.report(self.start(), self.one.id)

    def test_twenty_a_day_are_enough(self):
        count = PER_DAY + 1
        self.quiz.questions = json.dumps([single_choice(f"viel-{n}") for n in range(count)])
        self.setting()
        attempt = self.start(self.otto)
        *first, last = question_set(attempt)
        for question_id in first:
            self.report(attempt, question_id)
        with pytest.raises(ValidationError, match="heute 20 Meldungen"):
            self.report(attempt, last)
        assert QuestionReport.objects.count() == PER_DAY
        # What was refused is not spent.
        with pytest.raises(ValidationError, match="heute 20 Meldungen"):
            self.report(attempt, last)

    def test_a_question_of_another_quiz_is_refused(self):
        with pytest.raises(ValidationError, match="gehört nicht"):
            self.report(self.attempt, uuid.uuid4())

    def test_nobody_learns_from_the_cache_who_reports(self):
        self.report(self.attempt, self.one.id)
        kept = repr((cache._cache.keys(), cache._cache.values()))
        for trace in (self.anna.uuid, self.one.id, self.quiz.translation_key):
            assert str(trace) not in kept
            assert trace.hex not in kept


class ClosingTests(ReportsTestCase):
    def test_who_when_why_and_in_the_log(self):
        report = close_report(report=self.report(), by=self.editor, note=" Berichtigt ")
        report.refresh_from_db()
        assert (report.status, report.closed_by, report.note) == (
            *(ReportStatus.CLOSED, self.editor),
            "Berichtigt",
        )
        assert report.closed_at is not None
        entry = ModelLogEntry.objects.get()
        assert (entry.action, entry.user) == ("courses.close_question_report", self.editor)
        # What the person wrote stays out of the log.
        assert entry.label == "Ein Rechtschreibfehler"
        history = self.client_of(self.admin).get(reverse("wagtailadmin_reports:site_history"))
        self.assertContains(history, "Meldung einer Frage geschlossen")

    def test_it_is_safe_to_repeat_and_says_when_somebody_else_was_quicker(self):
        report = self.report()
        close_report(report=report, by=self.editor, note="Berichtigt")
        close_report(report=report, by=self.editor, note="Etwas anderes")
        with pytest.raises(ValidationError, match="inzwischen"):
            close_report(report=report, by=self.admin)
        report.refresh_from_db()
        assert report.note == "Berichtigt"
        assert ModelLogEntry.objects.count() == 1

    def test_it_can_be_opened_again(self):
        report = close_report(report=self.report(), by=self.editor, note="Berichtigt")
        for _again in range(2):
            report = reopen_report(report=report, by=self.admin)
        assert report.is_open
        assert (report.closed_by, report.closed_at, report.note) == (None, None, "Berichtigt")
        assert ModelLogEntry.objects.count() == 2

    def test_it_stays_closed_when_the_account_goes(self):
        gone = self.editor_of("kurz", self.home)
        report = close_report(report=self.report(), by=gone)
        gone.delete()
        report.refresh_from_db()
        assert (report.status, report.closed_by) == (ReportStatus.CLOSED, None)
        page = self.client_of(self.editor).get(reverse("question_report", args=[report.uuid]))
        assert page.status_code == 200

    def test_the_database_holds_that_closed_means_closed_at_some_time(self):
        report = self.report()
        with pytest.raises(IntegrityError), transaction.atomic():
            QuestionReport.objects.filter(pk=report.pk).update(status=ReportStatus.CLOSED)

    def test_by_the_page(self):
        report, client = self.report(), self.client_of(self.editor)
        url = reverse("question_report", args=[report.uuid])
        response = client.post(url, {"action": "close", "note": "Berichtigt"})
        assert response.url == f"{reverse(LIST)}?status=open"
        page = client.get(url)
        self.assertContains(page, "Berichtigt")
        self.assertContains(page, "Von Redaktion am")
        response = self.client_of(self.admin).post(url, {"action": "close"}, follow=True)
        self.assertContains(response, "inzwischen geschlossen")
        response = client.post(url, {"action": "reopen"}, follow=True)
        self.assertContains(response, "Die Meldung ist wieder offen")
        response = client.post(url, {"action": "close", "note": "x" * 501})
        assert response.status_code == 422
        report.refresh_from_db()
        assert report.is_open


class ScopeTests(ReportsTestCase):
    """An editor sees the reports of what she may edit, and nobody else sees any."""

    def setUp(self):
        super().setUp()
        self.first = self.report()

    def english(self):
        """The English quiz with the same block ids, published."""
        quiz = QuizPage.objects.get(pk=self.quiz.pk)
        english = quiz.copy_for_translation(self.en, copy_parents=True)
        english.title = "Final test"
        english.questions = json.dumps([single_choice("eins")])
        english.save_revision().publish()
        return english

    def test_the_quiz_decides(self):
        course = CoursePage.objects.get(pk=self.course.pk)
        other = publish(
            course,
            QuizPage(title="Anderes", slug="anderes", questions=json.dumps([single_choice("x")])),
        )
        attempt = actions.start_attempt(enrolment=self.enrol(), quiz=other)
        second = self.report(attempt)
        whole, one = self.editor_of("ganz", self.course), self.editor_of("eins", other)
        assert set(reports_of(whole)) == {self.first, second}
        assert list(reports_of(one)) == [second]
        client = self.client_of(one)
        page = client.get(reverse(LIST))
        self.assertContains(page, "Was gilt für x?")
        self.assertNotContains(page, "Was gilt für eins?")
        self.assertNotContains(page, "Abschlusstest")
        url = reverse("question_report", args=[self.first.uuid])
        assert client.get(url).status_code == 404
        assert client.post(url, {"action": "close"}).status_code == 404
        self.first.refresh_from_db()
        assert self.first.is_open
        page = client.get(reverse("wagtailadmin_home"))
        self.assertContains(page, "1 offene Meldung")
        self.assertNotContains(page, "Was gilt für eins?")

    def test_hr_and_learners_find_nothing(self):
        report = reverse("question_report", args=[self.first.uuid])
        for url in (reverse(LIST), reverse(f"{LIST}_results"), report):
            assert self.client_of(self.hilde).get(url).status_code == 404
            assert self.client_of(self.hilde).post(url).status_code in {404, 405}
            assert self.client_of(self.anna).get(url).status_code in {302, 404}
        home = self.client_of(self.hilde).get(reverse("wagtailadmin_home"))
        self.assertNotContains(home, "Gemeldete Fragen")

    def test_nobody_takes_the_list_out_of_the_hub(self):
        for kind in ("csv", "xlsx"):
            response = self.client_of(self.editor).get(reverse(LIST), {"export": kind})
            assert response.status_code == 404

    def test_the_language_decides(self):
        english = self.english()
        translator = self.editor_of("translator", english)
        assert not reports_of(translator).exists()
        version = ContentVersion.objects.get(unit_key=english.translation_key, language="en")
        [report] = self.many(1, version=version)
        assert list(reports_of(translator)) == [report]
        [row] = self.rows(translator)
        assert [link.label for link in row.links] == ["Übersetzung öffnen"]
        assert f"/pages/{english.pk}/edit/" in row.links[0].url
        everywhere = next(row for row in self.rows() if row.report == report)
        assert [link.label for link in everywhere.links] == [
            "Übersetzung öffnen",
            "Original öffnen",
        ]
        original = everywhere.links[1].url
        assert original.endswith(f"/pages/{self.quiz.pk}/edit/#block-{block_id('eins')}-section")

    def test_a_report_about_a_text_that_is_shown_in_another_language_is_about_that_text(self):
        QuizPage.objects.get(pk=self.quiz.pk).copy_for_translation(
            self.simple, copy_parents=True, alias=True
        )
        [row] = self.rows()
        assert f"/pages/{self.quiz.pk}/edit/#block-{block_id('eins')}-section" in row.links[0].url

    def test_the_catalogue_stands_in_for_a_quiz_that_is_gone(self):
        other = self.editor_of("anders", self.modules[0])
        catalogue = self.editor_of("katalog", self.catalogue)
        QuizPage.objects.get(pk=self.quiz.pk).delete()
        assert list(reports_of(catalogue)) == [self.first]
        assert not reports_of(other).exists()
        [row] = self.rows(catalogue)
        assert (row.quiz, row.since, row.links) == (
            *("Abschlusstest (gelöscht)", "Seither gelöscht"),
            [],
        )
        url = reverse("question_report", args=[self.first.uuid])
        page = self.client_of(catalogue).get(url)
        self.assertContains(page, "Was gilt für eins?")
        self.assertContains(page, "Komma")
        self.assertContains(self.client_of(catalogue).get(reverse(LIST)), "(gelöscht)")


class BankTests(ReportsTestCase):
    def setUp(self):
        super().setUp()
        self.question = bank_question("Aus dem Pool", single_choice("pool"))
        self.quiz.questions = json.dumps([chosen(self.question)])
        self.setting()
        self.reported = self.report()

    def test_it_is_about_the_version_that_was_drawn(self):
        assert self.reported.is_from_bank
        assert self.reported.version == self.question.version

    def test_who_edits_the_bank_sees_it_and_goes_to_the_question(self):
        editor = self.editor_of("bank", None, "change_bankquestion")
        [row] = self.rows(editor)
        assert [link.label for link in row.links] == ["Im Fragenpool öffnen"]
        assert self.client_of(editor).get(row.links[0].url).status_code == 200
        self.assertContains(self.client_of(editor).get(reverse(LIST)), "Was gilt für pool?")
        other = self.editor_of("lesend", None, "view_bankquestion")
        assert not reports_of(other).exists()
        assert self.client_of(other).get(reverse(LIST)).status_code == 404

    def test_who_edits_the_quiz_goes_to_the_quiz(self):
        [row] = self.rows(self.editor)
        assert [link.label for link in row.links] == ["Quiz öffnen"]
        assert [link.label for link in self.rows()[0].links] == [
            *("Im Fragenpool öffnen", "Quiz öffnen"),
        ]

    def test_what_became_of_it(self):
        assert self.rows()[0].since == ""
        self.question.question = json.dumps([single_choice("besser")])
        self.question.save_revision().publish()
        assert self.rows()[0].since == "Text seither geändert"
        self.question.unpublish()
        assert self.rows()[0].since == "Nicht mehr veröffentlicht"
        self.quiz.questions = json.dumps([single_choice("eins")])
        self.setting()
        self.question.delete()
        [row] = self.rows()
        assert (row.since, row.excerpt) == ("Seither gelöscht", "Was gilt für pool?")

    def test_its_editor_shows_what_is_open(self):
        url = reverse(self.question.snippet_viewset.get_url_name("edit"), args=[self.question.pk])
        client = self.client_of(self.admin)
        self.assertContains(client.get(url), "Rechtschreibfehler: Was gilt für pool?")
        close_report(report=self.reported, by=self.admin)
        self.assertNotContains(client.get(url), "Gemeldete Fragen</")


class SinceTests(ReportsTestCase):
    """What became of the text since, and where the link leads then."""

    def setUp(self):
        super().setUp()
        self.reported = self.report()
        self.stored = [child.get_prep_value() for child in self.quiz.questions]

    def edit(self, *questions, is_published=True):
        quiz = QuizPage.objects.get(pk=self.quiz.pk)
        quiz.questions = json.dumps(questions)
        revision = quiz.save_revision()
        if is_published:
            revision.publish()

    def row(self):
        [row] = self.rows(self.editor)
        return row

    @property
    def editor_address(self):
        return reverse("wagtailadmin_pages:edit", args=[self.quiz.pk])

    def test_the_link_leads_to_the_block(self):
        row = self.row()
        assert row.links[0].url == f"{self.editor_address}#block-{block_id('eins')}-section"
        assert row.excerpt == "Was gilt für eins?"
        assert row.since == ""

    def test_another_question_that_changed_is_none_of_its_business(self):
        other = copy.deepcopy(self.stored)
        other[1]["value"]["text"] = "<p>Ganz anders?</p>"
        self.edit(*other)
        assert self.row().since == ""

    def test_a_changed_text_is_said_also_beside_the_question(self):
        changed = copy.deepcopy(self.stored)
        changed[0]["value"]["explanation"] = "<p>Deshalb.</p>"
        self.edit(*changed, is_published=False)
        assert self.row().since == ""
        self.edit(*changed)
        assert self.row().since == "Text seither geändert"
        page = self.client_of(self.editor).get(
            reverse("question_report", args=[self.reported.uuid])
        )
        self.assertContains(page, "Text seither geändert")
        self.assertContains(page, "Was gilt für eins?")

    def test_a_block_that_is_gone_from_the_draft_leads_to_the_editor(self):
        self.edit(*self.stored[1:], is_published=False)
        row = self.row()
        assert (row.since, row.links[0].url) == ("", self.editor_address)
        self.edit(*self.stored[1:])
        row = self.row()
        assert (row.since, row.links[0].url) == ("Nicht mehr veröffentlicht", self.editor_address)
        assert row.excerpt == "Was gilt für eins?"

    def test_a_quiz_that_is_not_public_any_more(self):
        QuizPage.objects.get(pk=self.quiz.pk).unpublish()
        assert self.row().since == "Nicht mehr veröffentlicht"

    def test_the_editor_of_the_quiz_shows_what_is_open(self):
        client = self.client_of(self.editor)
        page = client.get(self.editor_address)
        self.assertContains(page, "Rechtschreibfehler: Was gilt für eins?")
        self.assertContains(page, reverse("question_report", args=[self.reported.uuid]))
        self.assertContains(page, "courses/open_block.js")
        self.many(11)
        page = client.get(self.editor_address)
        self.assertContains(page, "Alle gemeldeten Fragen")
        QuestionReport.objects.update(status=ReportStatus.CLOSED, closed_at=timezone.now())
        self.assertNotContains(client.get(self.editor_address), "Was gilt für eins?</a>")


class ListTests(ReportsTestCase):
    def get(self, **query):
        return self.client_of(self.editor).get(reverse(LIST), query)

    def texts(self, response):
        return {row.report.text for row in response.context["table"].data}

    def test_it_is_filtered_by_status_and_quiz(self):
        self.many(1)
        closed_at = timezone.now()
        self.many(1, text="Zu", status=ReportStatus.CLOSED, closed_at=closed_at)
        other = self.knowledge_check
        self.many(1, text="Anders", quiz_key=other.translation_key, version=self.version(other))
        assert self.texts(self.get()) == {"Meldung 0", "Zu", "Anders"}
        assert self.texts(self.get(status="open")) == {"Meldung 0", "Anders"}
        assert self.texts(self.get(status="closed")) == {"Zu"}
        assert self.texts(self.get(quiz=str(other.translation_key))) == {"Anders"}
        page = self.get()
        self.assertContains(page, "Wissenscheck")
        assert self.get(quiz="unsinn", status="x", ordering="text").status_code == 200

    def test_the_newest_stands_first(self):
        today = timezone.localdate()
        self.many(1, text="alt", created_on=today - timedelta(days=3))
        self.many(1, text="neu")
        rows = self.get().context["table"].data
        assert [row.report.text for row in rows] == ["neu", "alt"]
        rows = self.get(ordering="created_on").context["table"].data
        assert [row.report.text for row in rows] == ["alt", "neu"]

    def test_the_start_page_shows_five_and_how_many_there_are(self):
        client = self.client_of(self.editor)
        home = reverse("wagtailadmin_home")
        self.assertNotContains(client.get(home), 'id="question-reports-section')
        self.many(7)
        page = client.get(home).content.decode()
        assert "7 offene Meldungen" in page
        assert page.count("gemeldete-fragen/") - page.count("gemeldete-fragen/?") == 5
        assert page.count(f"#block-{block_id('eins')}-section") == 5

    def test_the_menu_leads_there(self):
        self.assertContains(
            self.client_of(self.editor).get(reverse("wagtailadmin_home")),
            f"{reverse(LIST)}?status=open",
        )

    def queries(self, url):
        client = self.client_of(self.editor)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    def test_as_many_queries_for_twenty_as_for_one(self):
        other = self.version(self.knowledge_check)
        question = bank_question("Aus dem Pool", single_choice("pool"))
        addresses = [reverse(LIST), reverse("wagtailadmin_home")]
        addresses.append(reverse("wagtailadmin_pages:edit", args=[self.quiz.pk]))

        def of_every_sort(count):
            self.many(count)
            self.many(count, quiz_key=self.knowledge_check.translation_key, version=other)
            self.many(count, question_id=question.translation_key, version=question.version)

        of_every_sort(1)
        first = [self.queries(url) for url in addresses]
        of_every_sort(19)
        assert [self.queries(url) for url in addresses] == first


class NothingElseTests(ReportsTestCase):
    def test_the_attempt_and_the_settings_know_nothing_of_it(self):
        attempt = self.start()
        before = Attempt.objects.values().get()
        self.report(attempt)
        assert Attempt.objects.values().get() == before
        assert not OwnSettings.objects.exists()
        assert not attempt.responses.exists()
