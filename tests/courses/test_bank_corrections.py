"""Changing a question of the bank that people were asked: over all quizzes, by two persons."""

from __future__ import annotations

import copy
import json
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import ModelLogEntry, Page

from certificates.models import Certificate
from courses import actions, corrections
from courses.bank_actions import offer_again, retire
from courses.corrections import Effect, applying
from courses.enums import CompletionSource, CorrectionKind, CorrectionStatus
from courses.frozen import forget_frozen_questions
from courses.models import (
    Attempt,
    BankQuestion,
    Completion,
    Correction,
    CorrectionNotice,
    CoursePage,
    QuizPage,
    Regrading,
)
from courses.questions import WHOLE
from courses.quizzing import question_set
from courses.recounting import BATCH
from hub.organisations.models import Membership, User
from hub.publishing import PublishingRefused
from tests.cases import (
    LearningHubTestCase,
    bank_question,
    block_id,
    draft,
    new_course,
    publish,
    single_choice,
    true_false,
)
from tests.courses.test_bank_quizzes import by_chance, chosen
from tests.courses.test_corrections import with_right, with_text

A, B, C = ("pool-a", "pool-b", "pool-c")
PUBLISHED = "action-publish"


class BankCorrectionsTestCase(LearningHubTestCase):
    """A question of the bank is chosen in one final test and drawn by chance in another course's.

    Both need it to be right: one point of two is not enough.
    """

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.second = User.objects.create_superuser("zweite", password="geheim")
        cls.stored = single_choice("pool")
        cls.question = bank_question("Aus dem Pool", cls.stored, tags="recht")
        cls.key = cls.question.translation_key
        cls.quiz.questions = json.dumps([true_false("zwei"), chosen(cls.question)])
        cls.quiz.save_revision().publish()
        catalogue = Page.objects.get(pk=cls.catalogue.pk)
        cls.other_course = draft(catalogue, new_course("KI im Recht"))
        cls.other_quiz = publish(
            cls.other_course,
            QuizPage(
                title="Rechtstest",
                slug="rechtstest",
                pass_mark=75,
                questions=json.dumps([true_false("drei"), by_chance(1, "recht")]),
            ),
        )
        cls.other_course.refresh_from_db()
        cls.other_course.save_revision().publish()

    def person_with(self, name: str, organisation=None) -> Membership:
        user = User.objects.create(username=name, first_name=name, last_name="X")
        return Membership.objects.create(user=user, organisation=organisation or self.coesfeld)

    def begin(self, membership, quiz=None) -> Attempt:
        quiz = QuizPage.objects.get(pk=(quiz or self.quiz).pk)
        enrolment = actions.enrol(membership=membership, course=quiz.course)
        return actions.start_attempt(enrolment=enrolment, quiz=quiz)

    def submit(self, attempt, option=None) -> Attempt:
        """Answer what is true or false rightly, and the question of the bank by ``option``."""
        quiz = QuizPage.objects.get(translation_key=attempt.activity_key, locale=self.de)
        raw = {
            question_id: {WHOLE: [block_id(option)] if question_id == self.key else ["true"]}
            for question_id in question_set(attempt)
            if question_id != self.key or option
        }
        with self.captureOnCommitCallbacks(execute=True):
            actions.save_answers(attempt=attempt, raw=raw)
            return actions.submit_attempt(attempt=attempt, quiz=quiz)

    def take(self, name, option=None, quiz=None, organisation=None) -> Attempt:
        return self.submit(self.begin(self.person_with(name, organisation), quiz), option)

    @property
    def draft(self) -> BankQuestion:
        return BankQuestion.objects.get(pk=self.question.pk).get_latest_revision_as_object()

    def edit(self, stored) -> None:
        question = self.draft
        question.question = json.dumps([stored])
        question.save_revision()

    def publish(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            BankQuestion.objects.get(pk=self.question.pk).latest_revision.publish()

    def change(self) -> corrections.ChangedQuestion:
        (change,) = corrections.correctable_questions(self.draft)
        return change

    def propose(self, kind, note="") -> Correction:
        return corrections.propose_correction(
            draft=self.draft, change=self.change(), kind=kind, by=self.admin, note=note
        )

    def preview(self, kind) -> Effect:
        return corrections.preview(draft=self.draft, change=self.change(), kind=kind)

    def approve(self, correction) -> Correction:
        with self.captureOnCommitCallbacks(execute=True):
            return corrections.approve_correction(
                correction=correction, by=self.second, draft=self.draft
            )

    def correct(self, kind, note="") -> Correction:
        correction = self.approve(self.propose(kind, note))
        if kind != CorrectionKind.VOID:
            self.publish()
        correction.refresh_from_db()
        return correction

    def counted(self, attempt):
        return Attempt.objects.get(pk=attempt.pk).counted


class PublishingTests(BankCorrectionsTestCase):
    def test_a_question_nobody_has_answered_may_change_as_it_likes(self):
        self.begin(self.membership(self.anna))
        self.edit(with_right(self.stored, B))
        self.publish()
        assert corrections.correctable_questions(self.draft) == []

    def test_a_changed_question_that_was_answered_is_refused(self):
        self.take("p", A)
        self.edit(with_right(self.stored, B))
        with pytest.raises(PublishingRefused) as refused:
            self.publish()
        assert "„Korrekturen“" in str(refused.value)
        self.question.refresh_from_db()
        assert self.question.version.number == 1

    def test_one_that_was_only_drawn_by_chance_too(self):
        self.take("p", A, self.other_quiz, self.olfen)
        self.edit(with_text(self.stored, "Anders?"))
        with pytest.raises(PublishingRefused):
            self.publish()

    def test_name_keywords_and_what_stands_beside_the_question_may_change(self):
        self.take("p", A)
        changed = copy.deepcopy(self.stored)
        changed["value"]["explanation"] = "<p>Genauer.</p>"
        question = self.draft
        question.name = "Besser benannt"
        question.question = json.dumps([changed])
        question.tags.add("praxis")
        question.save_revision()
        self.publish()

    def test_a_proposal_alone_is_not_enough_and_neither_is_one_for_another_text(self):
        self.take("p", A)
        self.edit(with_right(self.stored, B))
        correction = self.propose(CorrectionKind.WRONG_KEY)
        with pytest.raises(PublishingRefused):
            self.publish()
        self.approve(correction)
        self.edit(with_right(self.stored, C))
        with pytest.raises(PublishingRefused):
            self.publish()

    def test_a_copy_is_a_question_of_its_own_and_free(self):
        self.take("p", A)
        other = bank_question("Kopie", with_right(self.stored, B))
        assert other.live

    def test_what_was_taken_back_needs_no_correction(self):
        self.take("p", A)
        self.edit(with_right(self.stored, B))
        correction = self.propose(CorrectionKind.WRONG_KEY)
        self.edit(self.stored)
        self.publish()
        correction.refresh_from_db()
        assert correction.status == CorrectionStatus.REPLACED

    def test_a_quiz_that_chose_it_asks_nothing_of_its_own_editor(self):
        self.take("p", A)
        self.edit(with_right(self.stored, B))
        quiz = QuizPage.objects.get(pk=self.quiz.pk)
        assert corrections.changed_questions(quiz) == []
        quiz.save_revision().publish()


class KindTests(BankCorrectionsTestCase):
    def test_a_wrong_key_counts_in_all_quizzes_and_authorities(self):
        here = self.take("h", B)
        there = self.take("t", B, self.other_quiz, self.olfen)
        misled = self.take("m", A, self.other_quiz)
        assert [a.is_passed for a in (here, there, misled)] == [False, False, True]
        for page in self.modules:
            actions.complete_activity(enrolment=here.enrolment, page=page)
        self.edit(with_right(self.stored, B))
        expected = Effect(asked=3, better=2, now_pass=2, now_fail=0, quizzes=2)
        assert self.preview(CorrectionKind.WRONG_KEY) == expected
        assert not Regrading.objects.exists()
        correction = self.correct(CorrectionKind.WRONG_KEY, note="Der Schlüssel war falsch.")
        assert (correction.better_count, correction.passed_count) == (2, 2)
        assert correction.after_version == BankQuestion.objects.get(pk=self.question.pk).version
        assert all(self.counted(a).is_passed for a in (here, there, misled))
        assert not self.counted(misled).is_corrected
        assert self.counted(there).note == "Der Schlüssel war falsch."
        for attempt in (here, there):
            assert not Attempt.objects.get(pk=attempt.pk).is_passed
            completion = Completion.objects.get(
                enrolment=attempt.enrolment, activity_key=attempt.activity_key
            )
            assert completion.source == CompletionSource.CORRECTION
            assert completion.content_version == attempt.content_version
            assert Certificate.objects.filter(enrolment=attempt.enrolment).exists()
        told = {notice.user for notice in CorrectionNotice.objects.all()}
        assert told == {here.enrolment.user, there.enrolment.user}

    def test_what_is_unclear_accepts_more_and_keeps_what_was_right(self):
        old, new, wrong = (self.take(n, o) for n, o in (("o", A), ("n", B), ("w", C)))
        self.edit(with_right(self.stored, B))
        self.correct(CorrectionKind.UNCLEAR)
        assert [self.counted(a).is_passed for a in (old, new, wrong)] == [True, True, False]

    def test_a_typo_changes_no_result_and_is_held_to_that(self):
        attempt = self.take("p", B)
        self.edit(with_right(self.stored, B))
        with pytest.raises(ValidationError, match="mehr als ein Tippfehler"):
            self.propose(CorrectionKind.TYPO)
        self.edit(with_text(self.stored, "Was gilt hier?"))
        self.correct(CorrectionKind.TYPO)
        assert self.counted(attempt).score == attempt.score
        assert not CorrectionNotice.objects.exists()

    def test_the_points_that_a_quiz_gives_it_count_by_the_new_text_too(self):
        self.quiz.questions = json.dumps([true_false("zwei"), chosen(self.question, points=5)])
        self.quiz.save_revision().publish()
        weighted = self.take("p", B)
        plain = self.take("q", B, self.other_quiz)
        more = with_right(self.stored, B)
        more["value"]["points"] = 3
        self.edit(more)
        self.correct(CorrectionKind.WRONG_KEY)
        assert self.counted(weighted).score.points == Decimal(6)
        assert self.counted(weighted).score.maximum == Decimal(6)
        assert self.counted(plain).score.points == Decimal(4)

    def test_an_attempt_under_way_is_corrected_when_it_is_submitted(self):
        self.take("p", A)
        under_way = self.begin(self.membership(self.anna), self.other_quiz)
        self.edit(with_right(self.stored, B))
        self.correct(CorrectionKind.WRONG_KEY)
        done = self.submit(under_way, B)
        assert (done.is_passed, done.counted.is_passed) == (False, True)

    def test_who_takes_the_corrected_text_is_not_concerned(self):
        self.take("p", A)
        self.edit(with_right(self.stored, B))
        self.correct(CorrectionKind.WRONG_KEY)
        later = self.take("q", B)
        assert later.is_passed
        self.edit(with_text(with_right(self.stored, B), "Was gilt hier?"))
        self.correct(CorrectionKind.TYPO)
        kinds = Correction.objects.filter(regradings__attempt=later).values_list("kind", flat=True)
        assert set(kinds) == {CorrectionKind.TYPO}

    def test_it_counts_beside_the_corrections_of_the_quiz_itself(self):
        attempt = self.take("p", B)
        self.edit(with_right(self.stored, B))
        self.correct(CorrectionKind.WRONG_KEY)
        assert self.counted(attempt).is_passed
        quiz = QuizPage.objects.get(pk=self.quiz.pk)
        quiz.questions = json.dumps([chosen(self.question)])
        quiz.save_revision()
        latest = quiz.get_latest_revision_as_object()
        (change,) = corrections.changed_questions(latest)
        correction = corrections.propose_correction(
            draft=latest, change=change, kind=CorrectionKind.VOID, by=self.admin
        )
        corrections.approve_correction(correction=correction, by=self.second, draft=latest)
        with self.captureOnCommitCallbacks(execute=True):
            quiz.latest_revision.publish()
        counted = self.counted(attempt)
        assert (counted.score.percent, counted.is_passed) == (100, True)
        assert attempt.regradings.count() == 2


class VoidTests(BankCorrectionsTestCase):
    def test_it_leaves_all_results_and_is_asked_no_more(self):
        lucky, unlucky = self.take("l", A), self.take("u", B, self.other_quiz)
        assert self.change().kinds == [CorrectionKind.VOID]
        expected = Effect(asked=2, better=1, now_pass=1, now_fail=0, quizzes=2)
        assert self.preview(CorrectionKind.VOID) == expected
        correction = self.correct(CorrectionKind.VOID)
        assert correction.status == CorrectionStatus.LIVE
        assert correction.finished_at
        assert self.counted(lucky).score.percent == 100
        assert self.counted(unlucky).score.percent == 100
        question = BankQuestion.objects.get(pk=self.question.pk)
        assert (question.live, question.is_retired) == (False, True)
        later = self.begin(self.membership(self.anna))
        assert [entry["id"] for entry in later.drawn] == [block_id("zwei")]
        actions_logged = ModelLogEntry.objects.filter(object_id=str(question.pk))
        assert {
            "courses.correction_proposed",
            "courses.correction_approved",
            "courses.retire_question",
            "wagtail.unpublish",
        } <= set(actions_logged.values_list("action", flat=True))

    def test_a_changed_draft_may_be_void_too(self):
        self.take("p", B)
        self.edit(with_right(self.stored, B))
        assert CorrectionKind.VOID in self.change().kinds
        self.correct(CorrectionKind.VOID)
        assert corrections.correctable_questions(self.draft) == []

    def test_one_that_is_retired_or_unpublished(self):
        for n, away in enumerate(
            (lambda q: retire(question=q, actor=self.admin), lambda q: q.unpublish())
        ):
            attempt = self.take(f"p{n}", B)
            away(BankQuestion.objects.get(pk=self.question.pk))
            self.correct(CorrectionKind.VOID)
            assert self.counted(attempt).is_passed
            Correction.objects.all()
            self.question = bank_question(f"Noch eine {n}", self.stored)
            self.key = self.question.translation_key
            self.quiz.questions = json.dumps([true_false("zwei"), chosen(self.question)])
            self.quiz.save_revision().publish()

    def test_a_retired_one_is_taken_from_the_quizzes_that_chose_it(self):
        self.take("p", B)
        retire(question=self.question, actor=self.admin)
        self.correct(CorrectionKind.VOID)
        assert not BankQuestion.objects.askable().filter(translation_key=self.key).exists()

    def test_it_comes_back_by_no_way_and_in_no_language(self):
        english = self.question.copy_for_translation(self.en)
        english.save()
        english.save_revision().publish()
        self.take("p", B)
        self.correct(CorrectionKind.VOID)
        assert not BankQuestion.objects.filter(live=True, translation_key=self.key).exists()
        for question in BankQuestion.objects.filter(translation_key=self.key):
            with pytest.raises(PublishingRefused, match="ungültig"):
                question.latest_revision.publish()
        with pytest.raises(ValidationError, match="ungültig"):
            offer_again(question=BankQuestion.objects.get(pk=self.question.pk), actor=self.admin)
        self.client.force_login(self.admin)
        url = reverse(BankQuestion.snippet_viewset.get_url_name("retire"), args=[self.question.pk])
        self.assertContains(self.client.post(url, follow=True), "ungültig")
        assert BankQuestion.objects.filter(translation_key=self.key, is_retired=True).count() == 2

    def test_who_was_under_way_is_not_asked_for_it(self):
        self.take("p", B)
        under_way = self.begin(self.membership(self.anna))
        self.correct(CorrectionKind.VOID)
        assert self.submit(under_way, C).counted.is_passed

    def test_publishing_something_else_leaves_the_proposal_standing(self):
        self.take("p", B)
        correction = self.propose(CorrectionKind.VOID)
        changed = copy.deepcopy(self.stored)
        changed["value"]["explanation"] = "<p>Genauer.</p>"
        self.edit(changed)
        self.publish()
        correction.refresh_from_db()
        assert correction.status == CorrectionStatus.PROPOSED
        assert self.approve(correction).status == CorrectionStatus.LIVE

    def test_a_schedule_is_dropped(self):
        self.take("p", B)
        self.question.unpublish()
        revision = BankQuestion.objects.get(pk=self.question.pk).latest_revision
        revision.approved_go_live_at = revision.created_at
        revision.save()
        self.correct(CorrectionKind.VOID)
        call_command("publish_scheduled", verbosity=0)
        assert not BankQuestion.objects.get(pk=self.question.pk).live

    def test_approving_twice_is_approving_once(self):
        self.take("p", B)
        correction = self.propose(CorrectionKind.VOID)
        first, again = self.approve(correction), self.approve(correction)
        assert first.in_force_at == again.in_force_at
        assert Regrading.objects.count() == 1


class LanguageTests(BankCorrectionsTestCase):
    def english(self, stored, **fields) -> BankQuestion:
        translation = self.question.copy_for_translation(self.en)
        translation.question = json.dumps([stored])
        translation.live = False
        translation.save()
        translation.save_revision().publish()
        return BankQuestion.objects.get(pk=translation.pk)

    def english_attempt(self, name) -> Attempt:
        return self.begin(self.person_with(name), self.english_quiz)

    def setUp(self):
        self.translation = self.english(with_text(self.stored, "What holds?"))
        for page in (self.home, self.catalogue, self.course):
            page.copy_for_translation(self.en)
        quiz = QuizPage.objects.get(pk=self.quiz.pk).copy_for_translation(self.en)
        quiz.title = "Final test"
        quiz.save_revision().publish()
        CoursePage.objects.get(
            locale=self.en, translation_key=self.course.translation_key
        ).save_revision().publish()
        self.english_quiz = quiz

    def test_attempts_in_another_language_are_corrected_by_the_ids_of_the_original(self):
        attempt = self.submit(self.english_attempt("p"), B)
        assert question_set(attempt)[self.key].language == "en"
        self.edit(with_right(self.stored, B))
        assert self.preview(CorrectionKind.WRONG_KEY).now_pass == 1
        self.correct(CorrectionKind.WRONG_KEY)
        assert self.counted(attempt).is_passed
        # Until its translation follows, the English text asks the old question.
        late = self.submit(self.english_attempt("q"), B)
        assert (late.is_passed, late.counted.is_passed) == (False, True)

    def test_who_takes_the_translated_correction_is_not_concerned(self):
        self.quiz.questions = json.dumps([true_false("zwei"), chosen(self.question, points=4)])
        self.quiz.save_revision().publish()
        self.english_quiz.questions = self.quiz.questions
        self.english_quiz.save_revision().publish()
        self.submit(self.english_attempt("p"), B)
        self.edit(with_right(self.stored, B))
        self.correct(CorrectionKind.WRONG_KEY)
        self.translation.question = json.dumps(
            [with_right(with_text(self.stored, "What holds?"), B)]
        )
        self.translation.save_revision().publish()
        fresh = self.submit(self.english_attempt("r"), A)
        assert not fresh.counted.is_passed
        assert not fresh.regradings.exists()

    def test_a_question_that_was_only_written_in_english_is_its_own_original(self):
        english = bank_question("Only here", single_choice("only"), locale=self.en)
        assert corrections.original(english.translation_key) == english
        assert corrections.is_original(english)
        assert not corrections.is_original(self.translation)

    def test_a_translation_is_not_asked(self):
        self.take("p", A)
        self.translation.question = json.dumps([with_text(self.stored, "Which one holds?")])
        self.translation.save_revision().publish()
        self.translation.refresh_from_db()
        assert self.translation.version.number == 2


class ManyTests(BankCorrectionsTestCase):
    def test_previewing_takes_as_many_queries_for_two_as_for_forty_attempts(self):
        for n in range(30):
            bank_question(f"Recht {n}", single_choice(f"recht {n}"), tags="recht")
        quiz = QuizPage.objects.get(pk=self.quiz.pk)
        quiz.questions = json.dumps(
            [true_false("zwei"), chosen(self.question), by_chance(3, "recht")]
        )
        quiz.save_revision().publish()
        self.take("a", B)
        self.edit(with_right(self.stored, B))
        counts = []
        for people in range(2, 42, 20):
            self.take(f"p{people}", B)
            change, latest = self.change(), self.draft
            forget_frozen_questions()
            with CaptureQueriesContext(connection) as queries:
                corrections.preview(draft=latest, change=change, kind=CorrectionKind.WRONG_KEY)
            counts.append(len(queries))
            for n in range(19):
                self.take(f"p{people}-{n}", B)
        assert counts[0] == counts[1]
        assert Attempt.objects.count() < BATCH

    def test_many_attempts_wait_for_the_command(self):
        for name in ("p", "q"):
            self.take(name, B)
        self.edit(with_right(self.stored, B))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(applying, "AT_ONCE", 1)
            self.correct(CorrectionKind.WRONG_KEY)
        assert not Regrading.objects.exists()
        call_command("apply_corrections")
        call_command("apply_corrections")
        assert Regrading.objects.count() == 2

    def test_it_survives_the_question_and_its_quiz(self):
        attempt = self.take("p", B)
        self.edit(with_right(self.stored, B))
        self.correct(CorrectionKind.WRONG_KEY)
        QuizPage.objects.get(pk=self.quiz.pk).delete()
        BankQuestion.objects.get(pk=self.question.pk).delete()
        forget_frozen_questions()
        assert self.counted(attempt).is_passed
        assert corrections.original(self.key) is None


class ViewTests(BankCorrectionsTestCase):
    def setUp(self):
        self.attempt = self.take("p", B)
        self.take("q", A, self.other_quiz)
        self.address = reverse("courses_corrections", args=[self.key])
        self.client.force_login(self.admin)

    def send(self, action="preview", kind="wrong_key", **data):
        return self.client.post(
            self.address, {"question": self.key, "kind": kind, "action": action, **data}
        )

    def decide(self, correction, user, action, **data):
        self.client.force_login(user)
        url = reverse("courses_correction", args=[correction.uuid])
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(url, {"action": action, **data}, follow=True)

    def in_group(self, name, *actions_) -> User:
        user = User.objects.create_user(name, password="geheim")
        group = Group.objects.create(name=name)
        codenames = ["access_admin", *(f"{action}_bankquestion" for action in actions_)]
        group.permissions.add(*Permission.objects.filter(codename__in=codenames))
        user.groups.add(group)
        return user

    def test_the_editor_leads_there(self):
        edit = reverse(BankQuestion.snippet_viewset.get_url_name("edit"), args=[self.question.pk])
        self.assertContains(self.client.get(edit), self.address)
        new = bank_question("Neu", single_choice("neu"), live=False)
        edit = reverse(BankQuestion.snippet_viewset.get_url_name("edit"), args=[new.pk])
        page = self.client.get(edit)
        self.assertNotContains(page, reverse("courses_corrections", args=[new.translation_key]))
        add = reverse(BankQuestion.snippet_viewset.get_url_name("add"))
        assert self.client.get(add).status_code == 200

    def test_as_it_is_it_can_be_declared_void_only(self):
        page = self.client.get(self.address)
        self.assertContains(page, "2 Personen haben diese Frage beantwortet")
        self.assertContains(page, "Für alle ungültig")
        self.assertNotContains(page, "Falscher Lösungsschlüssel")
        self.assertContains(self.send(kind="wrong_key"), "", status_code=422)

    def test_the_whole_way(self):
        self.edit(with_right(self.stored, B))
        page = self.send()
        self.assertContains(page, "1 Person besteht nun")
        self.assertContains(page, "in 2 Quiz")
        seen = page.context["changed"][0].form.seen
        self.send("propose", seen=seen, note="Der Schlüssel war falsch.")
        correction = Correction.objects.get()
        self.assertContains(self.decide(correction, self.admin, "approve"), "selbst vorgeschlagen")
        reviewer = self.in_group("freigabe", "view", "change", "publish")
        self.client.force_login(reviewer)
        self.assertContains(self.client.get("/admin/"), "Aus dem Pool")
        url = reverse("courses_correction", args=[correction.uuid])
        self.assertContains(self.client.get(url), "1 Person besteht nun")
        response = self.decide(correction, reviewer, "approve")
        self.assertContains(response, "sobald die Frage veröffentlicht ist")
        self.publish()
        self.assertContains(self.client.get(self.address), "1 durch sie bestanden")
        self.client.force_login(self.attempt.enrolment.user)
        page = self.client.get(reverse("courses:my_learning"))
        self.assertContains(page, "zu Ihren Gunsten korrigiert")
        self.assertContains(page, "Der Schlüssel war falsch.")
        result = self.client.get(reverse("courses:result", args=[self.attempt.uuid]))
        self.assertContains(result, "100 Prozent")

    def test_void_says_which_quizzes_it_would_be_missing_in(self):
        page = self.send(kind="void")
        self.assertContains(page, "Rechtstest")
        seen = page.context["to_be_void"][0].form.seen
        self.send("propose", kind="void", seen=seen)
        correction = Correction.objects.get()
        self.client.force_login(self.second)
        url = reverse("courses_correction", args=[correction.uuid])
        self.assertContains(self.client.get(url), "Rechtstest")
        self.assertContains(self.decide(correction, self.second, "approve"), "in Kraft")
        assert Correction.objects.get().status == CorrectionStatus.LIVE

    def test_who_may_change_proposes_and_who_may_publish_approves(self):
        self.edit(with_right(self.stored, B))
        correction = self.propose(CorrectionKind.WRONG_KEY)
        url = reverse("courses_correction", args=[correction.uuid])
        editor = self.in_group("redaktion", "view", "change")
        self.client.force_login(editor)
        assert self.client.get(self.address).status_code == 200
        for action in ("approve", "decline"):
            assert self.client.post(url, {"action": action}).status_code == 404
        self.assertNotContains(self.client.get("/admin/"), "Korrekturen von Fragen")
        reader = self.in_group("leser", "view")
        for user in (reader, self.hilde, self.bernd, self.anna):
            self.client.force_login(user)
            for address in (url, self.address):
                assert self.client.get(address).status_code in {302, 404}
                assert self.client.post(address, {"action": "approve"}).status_code in {302, 404}
        correction.refresh_from_db()
        assert correction.status == CorrectionStatus.PROPOSED

    def test_the_start_page_takes_as_many_queries_for_one_as_for_five(self):
        counts = []
        for n in range(5):
            question = bank_question(f"Frage {n}", single_choice(f"f{n}"))
            Correction.objects.create(
                unit_key=question.translation_key,
                question_id=question.translation_key,
                kind="void",
                before=question.version,
                proposed_by=self.second,
            )
            self.client.get("/admin/")
            with CaptureQueriesContext(connection) as queries:
                self.client.get("/admin/")
            counts.append(len(queries))
        assert counts[0] == counts[-1]
