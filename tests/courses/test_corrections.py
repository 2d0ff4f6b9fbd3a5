"""Changing a quiz that people have taken: two persons, nothing taken away, nothing overwritten."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import GroupPagePermission, Page, PageLogEntry

from certificates.models import Certificate
from courses import actions, corrections
from courses.corrections import applying
from courses.enums import CompletionSource, CorrectionKind, CorrectionStatus
from courses.marking import mark_response
from courses.models import (
    Attempt,
    Completion,
    Correction,
    CorrectionNotice,
    CoursePage,
    QuizPage,
    Regrading,
    Response,
)
from courses.questions import WHOLE
from courses.quizzing import question_set
from hub.organisations.models import Membership, User
from hub.publishing import PublishingRefused
from tests.cases import LearningHubTestCase, block_id, multiple_choice, single_choice, true_false
from tests.courses.questions.samples import free_text

A, B, C = ("eins-a", "eins-b", "eins-c")


def with_right(question: dict, *names: str) -> dict:
    """A copy of a choice question in which other options are right."""
    changed = copy.deepcopy(question)
    ids = {block_id(name) for name in names}
    for option in changed["value"]["options"]:
        option["value"]["is_correct"] = option["id"] in ids
    return changed


def with_text(question: dict, text: str) -> dict:
    changed = copy.deepcopy(question)
    changed["value"]["text"] = f"<p>{text}</p>"
    return changed


class CorrectionsTestCase(LearningHubTestCase):
    """The final test has two questions of one point each; one of them is not enough."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.second = User.objects.create_superuser("zweite", password="geheim")
        cls.one, cls.two = single_choice("eins"), true_false("zwei")
        cls.quiz.questions = json.dumps([cls.one, cls.two])
        cls.quiz.save_revision().publish()

    def edit(self, *questions) -> QuizPage:
        """Save a draft with other questions; returns it."""
        self.quiz = QuizPage.objects.get(pk=self.quiz.pk)
        self.quiz.questions = json.dumps(questions)
        self.quiz.save_revision()
        return self.draft

    @property
    def draft(self) -> QuizPage:
        return QuizPage.objects.get(pk=self.quiz.pk).get_latest_revision_as_object()

    def publish(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            self.quiz.get_latest_revision().publish()

    def person_with(self, name: str) -> Membership:
        user = User.objects.create(username=name, first_name=name, last_name="X")
        return Membership.objects.create(user=user, organisation=self.coesfeld)

    def begin(self, membership) -> Attempt:
        enrolment = actions.enrol(membership=membership, course=self.course)
        return actions.start_attempt(enrolment=enrolment, quiz=self.quiz)

    def submit(self, attempt, **given) -> Attempt:
        """Answer and submit; ``given`` names for each question what is chosen."""
        ids = {"eins": block_id("eins"), "zwei": block_id("zwei")}
        with self.captureOnCommitCallbacks(execute=True):
            actions.save_answers(
                attempt=attempt,
                raw={
                    question_id: {WHOLE: given[name]}
                    for question_id in question_set(attempt)
                    for name, block in ids.items()
                    if str(question_id) == block and name in given
                },
            )
            return actions.submit_attempt(attempt=attempt, quiz=self.quiz)

    def take(self, name: str, **given) -> Attempt:
        return self.submit(self.begin(self.person_with(name)), **given)

    def learn_modules(self, attempt) -> None:
        for page in self.modules:
            actions.complete_activity(enrolment=attempt.enrolment, page=page)

    def change(self, name="eins") -> corrections.ChangedQuestion:
        wanted = block_id(name)
        return next(
            change
            for change in corrections.changed_questions(self.draft)
            if str(change.question_id) == wanted
        )

    def propose(self, kind, name="eins", note="") -> Correction:
        return corrections.propose_correction(
            draft=self.draft, change=self.change(name), kind=kind, by=self.admin, note=note
        )

    def approve(self, correction) -> Correction:
        with self.captureOnCommitCallbacks(execute=True):
            return corrections.approve_correction(
                correction=correction, by=self.second, draft=self.draft
            )

    def correct(self, kind, name="eins", note="") -> Correction:
        """Propose, approve and publish what was edited."""
        correction = self.approve(self.propose(kind, name, note))
        self.publish()
        correction.refresh_from_db()
        return correction


class PublishingTests(CorrectionsTestCase):
    def test_a_question_nobody_has_answered_may_change_as_it_likes(self):
        self.edit(with_right(self.one, B), self.two)
        self.publish()

    def test_an_attempt_under_way_is_no_answer(self):
        self.begin(self.membership(self.anna))
        self.edit(with_right(self.one, B), self.two)
        self.publish()

    def test_a_changed_question_that_was_answered_is_refused(self):
        self.take("p", eins=[block_id(A)])
        self.edit(with_right(self.one, B), self.two)
        with pytest.raises(PublishingRefused) as refused:
            self.publish()
        assert "Frage 1" in str(refused.value)
        assert "„Korrekturen“" in str(refused.value)

    def test_what_stands_beside_the_question_may_change(self):
        self.take("p", eins=[block_id(A)])
        changed = copy.deepcopy(self.one)
        changed["value"]["explanation"] = "<p>Genauer.</p>"
        changed["value"]["source"] = "KI-VO"
        changed["value"]["options"][0]["value"]["feedback"] = "Besser erklärt"
        changed["value"]["text"] = changed["value"]["text"].replace(
            "<p>", '<p data-block-key="x1">'
        )
        self.edit(changed, self.two)
        self.publish()

    def test_new_and_removed_questions_need_no_correction(self):
        self.take("p", eins=[block_id(A)])
        self.edit(self.two, multiple_choice("drei"))
        self.publish()

    def test_a_proposal_alone_is_not_enough(self):
        self.take("p")
        self.edit(with_right(self.one, B), self.two)
        self.propose(CorrectionKind.WRONG_KEY)
        with pytest.raises(PublishingRefused):
            self.publish()

    def test_what_was_approved_for_another_text_is_not_enough(self):
        self.take("p")
        self.edit(with_right(self.one, B), self.two)
        self.approve(self.propose(CorrectionKind.WRONG_KEY))
        self.edit(with_right(self.one, C), self.two)
        with pytest.raises(PublishingRefused):
            self.publish()

    def test_a_copy_of_the_quiz_has_the_same_block_ids_and_is_free(self):
        self.take("p")
        copied = self.quiz.copy(update_attrs={"slug": "kopie", "title": "Kopie"})
        copied.questions = json.dumps([with_right(self.one, B), self.two])
        copied.save_revision().publish()

    def test_a_translation_is_not_asked(self):
        self.take("p", eins=[block_id(A)])
        for page in (self.home, self.catalogue, self.course):
            page.copy_for_translation(self.en)
        english = self.quiz.copy_for_translation(self.en)
        english.questions = json.dumps([with_text(self.one, "What holds?"), self.two])
        english.save_revision().publish()
        english.refresh_from_db()
        assert english.live


class TwoPersonsTests(CorrectionsTestCase):
    def setUp(self):
        self.attempt = self.take("p", eins=[block_id(B)], zwei=["true"])
        self.edit(with_right(self.one, B), self.two)

    def test_who_proposed_it_cannot_approve_it(self):
        correction = self.propose(CorrectionKind.WRONG_KEY)
        with pytest.raises(ValidationError, match="zweite Person"):
            corrections.approve_correction(correction=correction, by=self.admin, draft=self.draft)
        with pytest.raises(IntegrityError), transaction.atomic():
            Correction.objects.filter(pk=correction.pk).update(
                status=CorrectionStatus.APPROVED, decided_by=self.admin
            )

    def test_approving_twice_is_approving_once(self):
        correction = self.propose(CorrectionKind.WRONG_KEY)
        first = self.approve(correction)
        assert self.approve(correction).decided_at == first.decided_at

    def test_what_changed_since_is_not_approved(self):
        correction = self.propose(CorrectionKind.WRONG_KEY)
        self.edit(with_right(self.one, C), self.two)
        with pytest.raises(ValidationError, match="noch einmal geändert"):
            self.approve(correction)

    def test_what_was_declined_stays_declined(self):
        correction = self.propose(CorrectionKind.WRONG_KEY)
        corrections.decline_correction(
            correction=correction, by=self.second, draft=self.draft, reply="Nein"
        )
        with pytest.raises(ValidationError, match="abgelehnt"):
            self.approve(correction)
        correction.refresh_from_db()
        assert correction.reply == "Nein"

    def test_a_new_proposal_replaces_the_earlier_one(self):
        first = self.propose(CorrectionKind.WRONG_KEY)
        assert self.propose(CorrectionKind.WRONG_KEY) == first
        second = self.propose(CorrectionKind.UNCLEAR)
        first.refresh_from_db()
        assert first.status == CorrectionStatus.REPLACED
        assert second.status == CorrectionStatus.PROPOSED

    def test_every_step_is_in_the_log_of_the_page(self):
        self.correct(CorrectionKind.WRONG_KEY)
        entries = PageLogEntry.objects.filter(action__startswith="courses.correction")
        assert set(entries.values_list("action", "user__username")) == {
            ("courses.correction_proposed", "admin"),
            ("courses.correction_approved", "zweite"),
        }

    def test_nothing_counts_before_it_is_public(self):
        self.approve(self.propose(CorrectionKind.WRONG_KEY))
        assert not Regrading.objects.exists()

    def test_an_edit_taken_back_needs_no_correction_and_the_proposal_goes(self):
        correction = self.propose(CorrectionKind.WRONG_KEY)
        self.edit(self.one, self.two)
        self.publish()
        correction.refresh_from_db()
        assert correction.status == CorrectionStatus.REPLACED


class KindTests(CorrectionsTestCase):
    def test_a_typo_changes_no_result(self):
        attempt = self.take("p", eins=[block_id(B)], zwei=["true"])
        self.edit(with_text(self.one, "Was gilt fuer Eins?"), self.two)
        self.correct(CorrectionKind.TYPO)
        assert not attempt.regradings.filter(is_better=True).exists()
        assert Attempt.objects.get(pk=attempt.pk).counted.score == attempt.score

    def test_what_is_graded_otherwise_is_no_typo(self):
        self.take("p")
        more_points = copy.deepcopy(self.one)
        more_points["value"]["points"] = 2
        fewer = copy.deepcopy(self.one)
        del fewer["value"]["options"][2]
        for changed in (with_right(self.one, B), more_points, fewer):
            self.edit(changed, self.two)
            with pytest.raises(ValidationError, match="mehr als ein Tippfehler"):
                self.propose(CorrectionKind.TYPO)

    def test_a_wrong_key_gives_who_was_right_all_along_the_pass(self):
        wronged = self.take("w", eins=[block_id(B)], zwei=["true"])
        misled = self.take("m", eins=[block_id(A)], zwei=["true"])
        assert (wronged.is_passed, misled.is_passed) == (False, True)
        self.learn_modules(wronged)
        self.edit(with_right(self.one, B), self.two)
        effect = corrections.preview(
            draft=self.draft, change=self.change(), kind=CorrectionKind.WRONG_KEY
        )
        assert effect == corrections.Effect(asked=2, better=1, now_pass=1, now_fail=0, quizzes=1)
        correction = self.correct(CorrectionKind.WRONG_KEY, note="Der Schlüssel war falsch.")
        assert (correction.better_count, correction.passed_count) == (1, 1)
        wronged, misled = (Attempt.objects.get(pk=a.pk) for a in (wronged, misled))
        assert wronged.counted.is_passed
        assert wronged.counted.note == "Der Schlüssel war falsch."
        assert wronged.counted.score.percent == 100
        assert not wronged.is_passed
        assert misled.counted.is_passed
        assert not misled.counted.is_corrected
        completion = Completion.objects.get(
            enrolment=wronged.enrolment, activity_key=self.quiz.activity_key
        )
        assert completion.source == CompletionSource.CORRECTION
        assert completion.content_version == wronged.content_version
        assert Certificate.objects.filter(enrolment=wronged.enrolment).exists()
        assert [notice.user for notice in CorrectionNotice.objects.all()] == [
            wronged.enrolment.user
        ]

    def test_what_is_unclear_accepts_more_and_keeps_what_was_right(self):
        old, new, wrong = (
            self.take(name, eins=[block_id(option)], zwei=["true"])
            for name, option in (("old", A), ("new", B), ("wrong", C))
        )
        self.edit(with_right(self.one, B), self.two)
        self.correct(CorrectionKind.UNCLEAR)
        passed = [Attempt.objects.get(pk=a.pk).counted.is_passed for a in (old, new, wrong)]
        assert passed == [True, True, False]

    def test_void_leaves_the_total_and_is_worse_for_nobody(self):
        lucky = self.take("l", eins=[block_id(A)], zwei=["false"])
        unlucky = self.take("u", eins=[block_id(B)], zwei=["true"])
        silent = self.take("s", zwei=["true"])
        self.edit(self.two)
        assert self.change().kinds == [CorrectionKind.VOID]
        correction = self.correct(CorrectionKind.VOID)
        assert correction.status == CorrectionStatus.LIVE
        lucky, unlucky, silent = (
            Attempt.objects.get(pk=a.pk).counted for a in (lucky, unlucky, silent)
        )
        assert lucky.score.percent == 50
        assert (unlucky.score.percent, unlucky.is_passed) == (100, True)
        assert silent.is_passed

    def test_void_is_in_force_at_once_where_the_question_was_removed_before(self):
        self.take("u", eins=[block_id(B)], zwei=["true"])
        self.edit(self.two)
        self.publish()
        correction = self.approve(self.propose(CorrectionKind.VOID))
        assert correction.status == CorrectionStatus.LIVE
        assert Regrading.objects.filter(is_passed=True).count() == 1

    def test_void_is_refused_while_the_question_stays(self):
        self.take("p")
        self.edit(with_right(self.one, B), self.two)
        with pytest.raises(ValidationError, match="entfernen Sie die Frage"):
            self.propose(CorrectionKind.VOID)

    def test_what_is_void_does_not_come_back(self):
        self.take("p", zwei=["true"])
        self.edit(self.two)
        self.correct(CorrectionKind.VOID)
        assert corrections.changed_questions(self.draft) == []
        self.edit(self.one, self.two)
        with pytest.raises(PublishingRefused, match="ungültig"):
            self.publish()

    def test_a_removed_option_hurts_nobody_who_chose_it(self):
        attempt = self.take("p", eins=[block_id(C)], zwei=["true"])
        changed = with_right(self.one, B)
        del changed["value"]["options"][2]
        self.edit(changed, self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        assert Attempt.objects.get(pk=attempt.pk).counted.score.percent == 50

    def test_several_corrections_are_counted_from_the_answers(self):
        attempt = self.take("p", eins=[block_id(B)], zwei=["true"])
        self.edit(with_right(self.one, C), self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        assert not Attempt.objects.get(pk=attempt.pk).counted.is_passed
        self.edit(with_right(self.one, B), self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        assert Attempt.objects.get(pk=attempt.pk).counted.is_passed
        self.edit(with_right(self.one, A), self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        assert Attempt.objects.get(pk=attempt.pk).counted.is_passed
        assert attempt.regradings.count() == 3


class ApplyingTests(CorrectionsTestCase):
    def test_who_takes_the_corrected_text_is_not_concerned(self):
        self.take("p", eins=[block_id(A)])
        self.edit(with_right(self.one, B), self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        later = self.take("q", eins=[block_id(B)], zwei=["true"])
        assert later.is_passed
        self.edit(with_right(self.one, B), with_text(self.two, "Zwei stimmt"))
        self.correct(CorrectionKind.TYPO, "zwei")
        assert not later.regradings.filter(correction__kind=CorrectionKind.WRONG_KEY).exists()

    def test_an_attempt_under_way_is_corrected_when_it_is_submitted(self):
        self.take("p", eins=[block_id(A)])
        under_way = self.begin(self.membership(self.anna))
        self.edit(with_right(self.one, B), self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        done = self.submit(under_way, eins=[block_id(B)], zwei=["true"])
        assert not done.is_passed
        assert done.counted.is_passed
        assert Completion.objects.filter(enrolment=done.enrolment).count() == 1

    def test_attempts_in_another_language_are_corrected_too(self):
        for page in (self.home, self.catalogue, self.course):
            page.copy_for_translation(self.en)
        english = self.quiz.copy_for_translation(self.en)
        english.questions = json.dumps([with_text(self.one, "What holds?"), self.two])
        english.save_revision().publish()
        CoursePage.objects.get(
            locale=self.en, translation_key=self.course.translation_key
        ).save_revision().publish()
        german, self.quiz = self.quiz, english
        attempt = self.take("p", eins=[block_id(B)], zwei=["true"])
        assert attempt.content_version.language == "en"
        self.quiz = german
        self.edit(with_right(self.one, B), self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        assert Attempt.objects.get(pk=attempt.pk).counted.is_passed
        # Until its translation follows, the English text asks the old question.
        self.quiz = english
        late = self.take("q", eins=[block_id(B)], zwei=["true"])
        assert (late.is_passed, late.counted.is_passed) == (False, True)
        english = QuizPage.objects.get(pk=english.pk)
        english.questions = json.dumps(
            [with_right(with_text(self.one, "What holds?"), B), self.two]
        )
        english.save_revision().publish()
        self.quiz = english
        fresh = self.take("r", eins=[block_id(A)], zwei=["true"])
        assert (fresh.is_passed, fresh.counted.is_passed) == (False, False)
        assert not fresh.regradings.exists()

    def test_it_goes_on_where_it_was_stopped_and_does_nothing_twice(self):
        for n in range(5):
            self.take(f"p{n}", eins=[block_id(B)], zwei=["true"])
        self.edit(with_right(self.one, B), self.two)
        correction = self.approve(self.propose(CorrectionKind.WRONG_KEY))
        self.quiz.get_latest_revision().publish()  # nobody applies it: the server has stopped
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(applying, "CHUNK", 2)
            patched.setattr(applying, "_finish", lambda correction: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                corrections.apply_correction(correction=correction)
        assert Regrading.objects.count() == 5
        call_command("apply_corrections")
        call_command("apply_corrections")
        correction.refresh_from_db()
        assert correction.finished_at
        assert (Regrading.objects.count(), correction.passed_count) == (5, 5)
        assert CorrectionNotice.objects.count() == 5

    def test_many_attempts_wait_for_the_command(self):
        self.take("p", eins=[block_id(B)], zwei=["true"])
        self.take("q", eins=[block_id(B)], zwei=["true"])
        self.edit(with_right(self.one, B), self.two)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(applying, "AT_ONCE", 1)
            self.correct(CorrectionKind.WRONG_KEY)
        assert not Regrading.objects.exists()
        call_command("apply_corrections")
        assert Regrading.objects.count() == 2

    def test_it_survives_purged_revisions_and_what_it_was_about(self):
        attempt = self.take("p", eins=[block_id(B)], zwei=["true"])
        self.edit(with_right(self.one, B), self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        call_command("purge_revisions", stdout=StringIO())
        QuizPage.objects.get(pk=self.quiz.pk).delete()
        assert Attempt.objects.get(pk=attempt.pk).counted.is_passed

    def test_previewing_takes_as_many_queries_for_one_as_for_twenty(self):
        self.take("p", eins=[block_id(B)])
        self.edit(with_right(self.one, B), self.two)
        counts = []
        for number in range(2):
            draft, change = self.draft, self.change()
            with CaptureQueriesContext(
                connection,
            ) as queries:
                corrections.preview(draft=draft, change=change, kind=CorrectionKind.UNCLEAR)
            counts.append(len(queries))
            for n in range(20 if number == 0 else 0):
                self.take(f"p{n}", eins=[block_id(B)])
        assert counts[0] == counts[1]

    def test_a_regrading_is_never_changed(self):
        self.take("p", eins=[block_id(B)], zwei=["true"])
        self.edit(with_right(self.one, B), self.two)
        self.correct(CorrectionKind.WRONG_KEY)
        with pytest.raises(TypeError):
            Regrading.objects.get().save()
        assert Response.objects.count() == 2
        assert timezone.now() >= Regrading.objects.get().created_at


class ViewTests(CorrectionsTestCase):
    def setUp(self):
        self.attempt = self.take("p", eins=[block_id(B)], zwei=["true"])
        self.edit(with_right(self.one, B), self.two)
        self.address = reverse("courses_corrections", args=[self.quiz.translation_key])
        self.client.force_login(self.admin)

    def send(self, action="preview", kind="wrong_key", **data):
        return self.client.post(
            self.address,
            {"question": block_id("eins"), "kind": kind, "action": action, **data},
        )

    def decide(self, correction, user, action, **data):
        self.client.force_login(user)
        url = reverse("courses_correction", args=[correction.uuid])
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(url, {"action": action, **data}, follow=True)

    def test_old_and_new_stand_side_by_side_with_the_kinds(self):
        page = self.client.get(self.address)
        self.assertContains(page, "1 Person hat diese Frage beantwortet")
        self.assertContains(page, "So wurde gefragt")
        self.assertContains(page, "Falscher Lösungsschlüssel")
        self.assertNotContains(page, "Für alle ungültig")

    def test_the_effect_is_seen_before_it_is_proposed(self):
        page = self.send("propose")
        assert not Correction.objects.exists()
        self.assertContains(page, "1 Person besteht nun")
        self.assertContains(page, "0 bestehen nun nicht mehr")
        seen = page.context["changed"][0].form.seen
        page = self.send("propose", kind="unclear", seen=seen)
        assert not Correction.objects.exists()
        self.send("propose", seen=seen, note="Der Schlüssel war falsch.")
        correction = Correction.objects.get()
        assert (correction.kind, correction.note) == ("wrong_key", "Der Schlüssel war falsch.")

    def test_what_does_not_fit_is_said_in_words(self):
        response = self.send(kind="typo")
        self.assertContains(response, "mehr als ein Tippfehler", status_code=422)
        self.assertContains(self.send(kind="void"), "", status_code=422)
        self.assertContains(self.send(kind=""), "", status_code=422)

    def test_a_question_that_changed_meanwhile(self):
        response = self.client.post(self.address, {"question": block_id("zwei"), "kind": "typo"})
        self.assertRedirects(response, self.address)

    def test_the_whole_way(self):
        seen = self.send().context["changed"][0].form.seen
        self.send("propose", seen=seen, note="Der Schlüssel war falsch.")
        correction = Correction.objects.get()
        page = self.client.get(reverse("courses_correction", args=[correction.uuid]))
        self.assertContains(page, "selbst vorgeschlagen")
        self.assertNotContains(page, 'value="approve"')
        response = self.decide(correction, self.admin, "approve")
        self.assertContains(response, "selbst vorgeschlagen")
        self.client.force_login(self.second)
        self.assertContains(self.client.get("/admin/"), "Korrekturen von Fragen")
        page = self.client.get(reverse("courses_correction", args=[correction.uuid]))
        self.assertContains(page, "1 Person besteht nun")
        self.assertContains(self.decide(correction, self.second, "approve"), "Freigegeben")
        self.publish()
        self.assertNotContains(self.client.get("/admin/"), "Korrekturen von Fragen")
        self.assertContains(self.client.get(self.address), "1 durch sie bestanden")
        self.assertContains(
            self.client.get(reverse("courses_correction", args=[correction.uuid])), "in Kraft"
        )
        self.client.force_login(self.attempt.enrolment.user)
        result = reverse("courses:result", args=[self.attempt.uuid])
        for address in (reverse("courses:my_learning"), self.quiz.url, result):
            page = self.client.get(address)
            self.assertContains(page, "zu Ihren Gunsten korrigiert")
            self.assertContains(page, "Der Schlüssel war falsch.")
        notice = CorrectionNotice.objects.get()
        read = reverse("courses:correction_read", args=[notice.uuid])
        self.client.force_login(self.anna)
        self.client.post(read)
        assert CorrectionNotice.objects.exists()
        self.client.force_login(self.attempt.enrolment.user)
        assert self.client.get(read).status_code == 405
        self.client.post(read)
        self.client.post(read)
        page = self.client.get(reverse("courses:my_learning"))
        self.assertNotContains(page, "zu Ihren Gunsten korrigiert")
        self.assertContains(self.client.get(result), "Bestanden")
        self.assertContains(self.client.get(result), "100 Prozent")

    def test_declining_says_why(self):
        correction = self.propose(CorrectionKind.WRONG_KEY)
        self.decide(correction, self.second, "decline", reply="A ist richtig.")
        page = self.client.get(reverse("courses_correction", args=[correction.uuid]))
        self.assertContains(page, "A ist richtig.")
        self.assertContains(page, "abgelehnt")

    def test_an_outdated_proposal_cannot_be_approved(self):
        correction = self.propose(CorrectionKind.WRONG_KEY)
        self.edit(with_right(self.one, C), self.two)
        self.client.force_login(self.second)
        page = self.client.get(reverse("courses_correction", args=[correction.uuid]))
        self.assertContains(page, "noch einmal geändert")
        self.assertContains(self.decide(correction, self.second, "approve"), "noch einmal geändert")

    def test_the_editor_leads_there_and_refuses_in_words(self):
        page = self.client.get(reverse("wagtailadmin_pages:edit", args=[self.quiz.pk]))
        self.assertContains(page, self.address)
        query = f"?id={self.quiz.pk}&next=/admin/"
        url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
        response = self.client.post(url + query, follow=True)
        self.assertContains(response, "Frage 1")
        self.assertContains(response, self.address)

    def editor(self) -> User:
        """Somebody who may edit the quiz and not publish it."""
        editor = User.objects.create_user("redaktion", password="geheim")
        group = Group.objects.create(name="Redaktion")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        for codename in ("add_page", "change_page"):
            GroupPagePermission.objects.create(
                group=group, page=self.home, permission=Permission.objects.get(codename=codename)
            )
        editor.groups.add(group)
        return editor

    def test_strangers_learn_nothing_and_change_nothing(self):
        correction = self.propose(CorrectionKind.WRONG_KEY)
        for user in (self.hilde, self.bernd, self.anna):
            self.client.force_login(user)
            for url in (self.address, reverse("courses_correction", args=[correction.uuid])):
                assert self.client.get(url).status_code in {302, 404}
                approval = self.client.post(url, {"action": "approve"})
                assert approval.status_code in {302, 404}
                assert "Korrektur" not in approval.content.decode()
        correction.refresh_from_db()
        assert correction.status == CorrectionStatus.PROPOSED

    def test_who_may_edit_proposes_and_withdraws_but_never_approves(self):
        others = self.propose(CorrectionKind.WRONG_KEY)
        self.client.force_login(self.editor())
        assert self.client.get(self.address).status_code == 200
        url = reverse("courses_correction", args=[others.uuid])
        self.assertNotContains(self.client.get(url), 'value="approve"')
        for action in ("approve", "decline"):
            assert self.client.post(url, {"action": action}).status_code == 404
        others.refresh_from_db()
        assert others.status == CorrectionStatus.PROPOSED
        corrections.decline_correction(correction=others, by=self.admin, draft=self.draft)
        own = corrections.propose_correction(
            draft=self.draft,
            change=self.change(),
            kind=CorrectionKind.UNCLEAR,
            by=User.objects.get(username="redaktion"),
        )
        url = reverse("courses_correction", args=[own.uuid])
        assert self.client.post(url, {"action": "approve"}).status_code == 404
        self.client.post(url, {"action": "decline"})
        own.refresh_from_db()
        assert own.status == CorrectionStatus.DECLINED
        self.assertNotContains(self.client.get("/admin/"), "Korrekturen von Fragen")
        page = self.client.get(reverse("wagtailadmin_pages:edit", args=[self.quiz.pk]))
        self.assertContains(page, self.address)

    def test_the_start_page_takes_as_many_queries_for_one_as_for_five(self):
        counts = []
        for n in range(5):
            if n:
                parent = Page.objects.get(pk=self.course.pk)
                quiz = QuizPage(title=f"Q{n}", slug=f"q{n}", questions=json.dumps([self.one]))
                parent.add_child(instance=quiz)
                quiz.save_revision().publish()
                Correction.objects.create(
                    unit_key=quiz.translation_key,
                    question_id=block_id("eins"),
                    kind="typo",
                    before=self.version(quiz),
                    proposed_by=self.admin,
                )
            else:
                self.propose(CorrectionKind.WRONG_KEY)
            self.client.get("/admin/")
            with CaptureQueriesContext(connection) as queries:
                self.client.get("/admin/")
            counts.append(len(queries))
        assert counts[0] == counts[-1]


class FreeTextTests(CorrectionsTestCase):
    """What a person has to mark waits; corrections made meanwhile count when it is marked."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.quiz.questions = json.dumps([cls.one, free_text()])  # one point and three
        cls.quiz.save_revision().publish()

    def take(self, name, **given):
        attempt = self.begin(self.person_with(name))
        text = next(
            question_id
            for question_id, question in question_set(attempt).items()
            if question.block.is_marked_by_person
        )
        actions.save_answers(attempt=attempt, raw={text: {WHOLE: ["Weil A."]}})
        return self.submit(attempt, **given)

    def mark(self, attempt, points):
        response = Response.objects.get(attempt=attempt, is_to_mark=True)
        with self.captureOnCommitCallbacks(execute=True):
            mark_response(
                response=response,
                points=Decimal(points),
                comment="",
                marker=self.admin,
                latest=None,
            )

    def test_the_points_of_a_person_count_when_the_rest_is_recounted(self):
        attempt = self.take("p", eins=[block_id(B)])
        self.mark(attempt, "2.5")
        self.edit(with_right(self.one, B), free_text())
        self.correct(CorrectionKind.WRONG_KEY)
        counted = Attempt.objects.get(pk=attempt.pk).counted
        assert counted.score.points == Decimal("3.5")
        assert counted.is_passed

    def test_a_correction_counts_for_an_attempt_that_is_marked_later(self):
        attempt = self.take("p", eins=[block_id(B)])
        self.edit(with_right(self.one, B), free_text())
        self.correct(CorrectionKind.WRONG_KEY)
        assert not Regrading.objects.exists()
        self.mark(attempt, "2.5")
        counted = Attempt.objects.get(pk=attempt.pk).counted
        assert counted.score.points == Decimal("3.5")
        assert counted.is_passed
        assert Completion.objects.filter(enrolment=attempt.enrolment).exists()
