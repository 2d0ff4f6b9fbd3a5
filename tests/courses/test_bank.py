"""The bank: what a question is, what is frozen of it, and what may go live."""

from __future__ import annotations

import json
import uuid
from datetime import date, timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from courses.interchange.questions import fingerprint
from courses.models import BankQuestion, ContentVersion
from hub.publishing import PublishingRefused
from tests.cases import LearningHubTestCase, bank_question, multiple_choice, single_choice


class BankQuestionTests(LearningHubTestCase):
    def versions(self, question):
        return ContentVersion.objects.filter(unit_key=question.translation_key)

    def test_lists_know_what_the_block_says(self):
        stored = multiple_choice("zwei", points=3)
        stored["value"] |= {"source": "KI-VO", "as_of": "2026-09-01", "review_on": "2027-09-01"}
        question = bank_question("Zwei", stored)
        question.refresh_from_db()
        assert (question.question_type, question.points) == ("multiple_choice", 3)
        assert (question.source, question.as_of) == ("KI-VO", date(2026, 9, 1))
        assert question.review_on == date(2027, 9, 1)
        assert question.search_text == "zwei was alles gilt für zwei?"

    def test_it_is_found_by_words_of_its_name_and_its_text(self):
        bank_question("Ämter", single_choice("Öffentliches"))
        assert BankQuestion.objects.matching("ÄMTER öffent").exists()
        assert not BankQuestion.objects.matching("Ämter nichts").exists()

    def test_publishing_freezes_what_is_asked(self):
        question = bank_question("Eins", single_choice("eins"))
        version = self.versions(question).get()
        assert question.version == version
        assert (version.title, version.language, version.number) == ("Eins", "de", 1)
        assert version.content["question"]["value"]["text"] == "<p>Was gilt für eins?</p>"

    def test_a_draft_changes_nothing_that_is_asked(self):
        question = bank_question("Eins", single_choice("eins"))
        question.question = json.dumps([single_choice("anders")])
        question.save_revision()
        question = BankQuestion.objects.get(pk=question.pk)
        assert question.version.number == 1
        assert "eins" in question.search_text

    def test_a_changed_question_is_the_next_version_and_the_first_stays(self):
        question = bank_question("Eins", single_choice("eins"))
        first = question.version
        question.question = json.dumps([single_choice("anders")])
        question.save_revision().publish()
        question.refresh_from_db()
        assert question.version.number == 2
        assert self.versions(question).filter(pk=first.pk).exists()

    def test_an_old_revision_brings_its_text_back_but_not_its_version(self):
        question = bank_question("Eins", single_choice("eins"))
        old = question.latest_revision
        question.question = json.dumps([single_choice("anders")])
        question.save_revision().publish()
        old.publish()
        question.refresh_from_db()
        assert question.version.number == 3

    def test_evidence_survives_the_question_and_its_revisions(self):
        question = bank_question("Eins", single_choice("eins"))
        call_command("purge_revisions", verbosity=0, stdout=StringIO())
        key = question.translation_key
        question.delete()
        assert ContentVersion.objects.get(unit_key=key).content["name"] == "Eins"

    def test_a_draft_that_was_never_published_is_listed_as_it_is_now(self):
        question = bank_question("Vorher", single_choice("eins"), live=False)
        question.name = "Nachher"
        question.save_revision()
        assert BankQuestion.objects.get(pk=question.pk).name == "Nachher"

    def test_the_fingerprint_knows_identical_content(self):
        one, other = single_choice("x"), single_choice("x")
        for option in other["value"]["options"]:
            option["id"] = str(uuid.uuid4())
        assert fingerprint(one["type"], one["value"]) == fingerprint(other["type"], other["value"])
        other["value"]["options"][0]["value"]["is_correct"] = False
        assert fingerprint(one["type"], one["value"]) != fingerprint(other["type"], other["value"])


class PublishingTests(LearningHubTestCase):
    """Nothing invalid goes live, by whatever way."""

    def undecided(self) -> BankQuestion:
        stored = single_choice("eins")
        stored["value"]["options"][0]["value"]["is_correct"] = False
        return bank_question("Offen", stored, live=False)

    def test_without_a_right_answer_it_stays_a_draft(self):
        question = self.undecided()
        with self.assertRaises(PublishingRefused):
            question.save_revision().publish()
        question.refresh_from_db()
        assert not question.live
        assert question.version is None

    def test_without_a_question_it_stays_a_draft(self):
        question = bank_question("Leer", live=False)
        with self.assertRaises(PublishingRefused):
            question.save_revision().publish()

    def test_two_questions_are_one_too_many(self):
        question = bank_question("Zwei", single_choice("a"), single_choice("b"), live=False)
        with self.assertRaises(PublishingRefused):
            question.save_revision().publish()

    def test_a_question_of_a_missing_type_is_kept_and_not_published(self):
        foreign = {"type": "acme_slider", "id": str(uuid.uuid4()), "value": {"text": "<p>?</p>"}}
        question = bank_question("Fremd", foreign, live=False)
        question.save_revision()
        question = BankQuestion.objects.get(pk=question.pk)
        question.save()
        question.refresh_from_db()
        assert question.stored_question() == foreign
        assert question.question_type == "acme_slider"
        with self.assertRaises(PublishingRefused):
            question.save_revision().publish()

    def test_a_schedule_waits_and_stops_nothing_else(self):
        question = self.undecided()
        fine = bank_question("Gut", single_choice("gut"), live=False)
        for each in (question, fine):
            each.go_live_at = timezone.now() - timedelta(minutes=5)
            revision = each.save_revision(approved_go_live_at=each.go_live_at)
            revision.save()
        with self.assertLogs("hub.publishing", "WARNING"):
            call_command("publish_scheduled", stdout=StringIO())
        for each in (question, fine):
            each.refresh_from_db()
        assert (question.live, fine.live) == (False, True)
        assert fine.version.number == 1


class PreviewTests(LearningHubTestCase):
    def preview(self, question) -> str:
        return question.make_preview_request().render().content.decode()

    def test_it_shows_the_question_as_learners_see_it(self):
        question = bank_question("Eins", single_choice("eins"))
        html = self.preview(question)
        assert "Was gilt für eins?" in html
        assert html.count('type="radio"') == 3

    def test_an_empty_draft_says_so(self):
        assert "Noch keine Frage" in self.preview(bank_question("Leer", live=False))
