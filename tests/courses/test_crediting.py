"""What was learnt elsewhere and what is set by hand: what it completes, and how it is marked."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from wagtail.models import ModelLogEntry

from certificates.models import Certificate, CertificateKind
from courses import actions
from courses.actions import LearningFacts
from courses.documents import MAX_BYTES, read_document
from courses.enums import CompletionSource, LearningFormat, LearningState, Outcome
from courses.evidence_marks import marks_of
from courses.models import Completion, Enrolment, ExternalLearning
from hub.organisations.models import Membership
from tests.cases import LearningHubTestCase

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
DAY = date(2026, 3, 12)


def picture(kind: str = "PNG", size: tuple[int, int] = (2, 2)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind)
    return file.getvalue()


def facts(**changed) -> LearningFacts:
    return LearningFacts(
        **{
            "kind": LearningFormat.WEBINAR,
            "title": "KI im Amt",
            "provider": "Studieninstitut",
            "minutes": 90,
            "held_on": DAY,
        }
        | changed
    )


class CreditingTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.key = cls.course.course_key

    def submit(self, user=None, **changed) -> ExternalLearning:
        return actions.submit_learning(
            membership=self.membership(user or self.anna),
            facts=facts(**changed),
            document=read_document(PDF, "nachweis.pdf"),
        )

    def record(self, *users, **changed) -> list[ExternalLearning]:
        return actions.record_learning(
            memberships=[self.membership(user) for user in users or [self.anna]],
            facts=facts(**changed),
            actor=self.hilde,
        )

    def enrolment(self, user=None) -> Enrolment:
        return Enrolment.objects.get(user=user or self.anna, course_key=self.key)


class RecordingTests(CreditingTestCase):
    def test_a_record_without_a_course_completes_nothing(self):
        [record] = self.record()
        assert record.is_accepted
        assert record.recorded_by == self.hilde
        assert not Completion.objects.exists()

    def test_a_credited_record_completes_what_is_missing_and_is_marked(self):
        own = actions.enrol(membership=self.membership(self.anna), course=self.course)
        actions.complete_activity(enrolment=own, page=self.modules[0])
        with self.captureOnCommitCallbacks(execute=True):
            [record] = self.record(course_key=self.key)
        enrolment = self.enrolment()
        assert enrolment.is_completed
        assert record.credited_to == enrolment
        sources = dict(enrolment.completions.values_list("activity_key", "source"))
        assert sources == {
            self.modules[0].activity_key: CompletionSource.LEARNER,
            self.modules[1].activity_key: CompletionSource.EXTERNAL,
            self.quiz.activity_key: CompletionSource.EXTERNAL,
        }
        completion = enrolment.completions.get(activity_key=self.quiz.activity_key)
        assert completion.actor == self.hilde
        assert completion.reason == "Webinar „KI im Amt“ (Studieninstitut), 12.03.2026"
        # As of the day of the decision; the day of the training stays in the record.
        assert timezone.localdate(enrolment.completed_at) == timezone.localdate()
        assert record.held_on == DAY

    def test_who_passed_no_test_here_gets_a_certificate_of_attendance(self):
        with self.captureOnCommitCallbacks(execute=True):
            self.record(course_key=self.key)
        assert self.enrolment().outcome == Outcome.ATTENDED
        assert Certificate.objects.get().kind == CertificateKind.ATTENDANCE

    def test_a_test_passed_here_counts_though_a_module_was_set_by_hand(self):
        own = actions.enrol(membership=self.membership(self.anna), course=self.course)
        actions.complete_activity(enrolment=own, page=self.quiz)
        self.override(activity_key=self.modules[0].activity_key)
        actions.complete_activity(enrolment=own, page=self.modules[1])
        assert self.enrolment().outcome == Outcome.PASSED

    def test_a_test_set_by_hand_is_none_that_was_passed_whatever_comes_last(self):
        self.override(activity_key=self.quiz.activity_key)
        own = self.enrolment()
        for module in self.modules:
            actions.complete_activity(enrolment=own, page=module)
        assert self.enrolment().is_completed
        assert self.enrolment().outcome == Outcome.ATTENDED

    def override(self, **more):
        return actions.override_completion(
            membership=self.membership(self.anna),
            course_key=self.key,
            actor=self.hilde,
            reason="Test auf Papier",
            **more,
        )

    def test_the_same_again_changes_nothing_in_whatever_case_it_is_written(self):
        self.record(course_key=self.key)
        before = list(Completion.objects.values()), list(ExternalLearning.objects.values())
        assert self.record(course_key=self.key, title="ki IM amt") == []
        assert (
            list(Completion.objects.values()),
            list(ExternalLearning.objects.values()),
        ) == before

    def test_a_completed_course_needs_no_credit(self):
        own = actions.enrol(membership=self.membership(self.anna), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=own, page=page)
        [record] = self.record(course_key=self.key)
        assert record.credited_to is None
        assert self.enrolment().outcome == Outcome.PASSED

    def test_what_has_expired_is_refreshed_by_a_new_cycle(self):
        self.record(course_key=self.key)
        Enrolment.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
        self.record(course_key=self.key, title="Auffrischung")
        assert list(Enrolment.objects.order_by("cycle").values_list("cycle", "status")) == [
            (1, "completed"),
            (2, "completed"),
        ]

    def test_nobody_records_for_oneself(self):
        with pytest.raises(ValidationError, match="eigener Sache"):
            self.record(self.anna, self.hilde)
        assert not ExternalLearning.objects.exists()

    def test_a_course_that_is_not_offered_is_refused_and_nothing_is_half_done(self):
        with pytest.raises(ValidationError, match="gibt es nicht mehr"):
            self.record(course_key=self.modules[0].translation_key)
        assert not ExternalLearning.objects.exists()

    def test_who_has_left_gets_the_record_but_no_course(self):
        membership = self.membership(self.anna)
        membership.ends_on = membership.starts_on = timezone.localdate() - timedelta(days=1)
        membership.save()
        with pytest.raises(ValidationError, match="arbeitet nicht mehr"):
            self.record(course_key=self.key)
        assert len(self.record()) == 1

    def test_it_is_logged_without_the_name_of_the_person(self):
        [record] = self.record()
        entry = ModelLogEntry.objects.get(action="courses.record_learning")
        assert entry.user == self.hilde
        assert entry.label == str(record) == "KI im Amt, 12.03.2026"

    def test_queries_of_recording_do_not_grow_without_a_course(self):
        people = [self.person(f"p{n}", "P", f"P{n}", self.coesfeld, "Amt") for n in range(6)]
        memberships = list(Membership.objects.filter(user__in=people).select_related("user"))

        def queries(count: int, title: str) -> int:
            with CaptureQueriesContext(connection) as asked:
                actions.record_learning(
                    memberships=memberships[:count], facts=facts(title=title), actor=self.hilde
                )
            return len(asked)

        queries(1, "Aufwärmen")
        one, six = queries(1, "eins"), queries(6, "sechs")
        assert six - one == 5 * 3  # a log entry each, which Wagtail checks before it writes it


class DecidingTests(CreditingTestCase):
    def accept(self, record, actor=None, course_key=None):
        return actions.accept_learning(
            record=record, actor=actor or self.hilde, course_key=course_key
        )

    def decline(self, record, actor=None, reason="Ohne Bezug zu KI"):
        return actions.decline_learning(record=record, actor=actor or self.hilde, reason=reason)

    def test_what_is_submitted_waits_and_completes_nothing(self):
        record = self.submit(course_key=self.key)
        assert record.waits
        assert record.document_sha256 == read_document(PDF, "x").sha256
        assert not Enrolment.objects.exists()

    def test_handing_in_twice_is_told(self):
        self.submit()
        with pytest.raises(ValidationError, match="schon eingereicht"):
            self.submit(title="KI IM AMT")
        with pytest.raises(IntegrityError), transaction.atomic():
            ExternalLearning.objects.create(
                membership=self.membership(self.anna),
                recorded_by=self.anna,
                **facts().columns,
            )

    def test_accepting_credits_to_the_course_that_hr_chose(self):
        record = self.accept(self.submit(), course_key=self.key)
        assert record.is_accepted
        assert self.enrolment().credited_learning == record

    def test_the_same_decision_again_changes_nothing(self):
        record = self.submit()
        first = self.accept(record)
        assert self.accept(record).decided_at == first.decided_at
        assert ModelLogEntry.objects.filter(action="courses.accept_learning").count() == 1

    def test_who_comes_later_is_told(self):
        record = self.submit()
        self.decline(record)
        for act in (self.accept, self.decline):
            with pytest.raises(ValidationError, match="inzwischen entschieden"):
                act(record, actor=self.admin)
        record.refresh_from_db()
        assert (record.state, record.reason) == (LearningState.DECLINED, "Ohne Bezug zu KI")

    def test_declining_needs_a_reason(self):
        record = self.submit()
        with pytest.raises(ValidationError, match="Begründung"):
            self.decline(record, reason=" \n ")
        with pytest.raises(IntegrityError), transaction.atomic():
            ExternalLearning.objects.filter(pk=record.pk).update(
                state=LearningState.DECLINED, decided_at=timezone.now()
            )

    def test_nobody_decides_upon_the_own_record(self):
        record = self.submit(self.hilde)
        for act in (self.accept, self.decline):
            with pytest.raises(ValidationError, match="eigener Sache"):
                act(record)

    def test_the_person_takes_back_what_waits_and_its_document_is_gone(self):
        record = self.submit()
        storage, name = record.document.storage, record.document.name
        assert storage.exists(name)
        with self.captureOnCommitCallbacks(execute=True):
            actions.withdraw_submission(record=record, person=self.anna)
        assert not storage.exists(name)
        record.refresh_from_db()
        assert record.state == LearningState.WITHDRAWN
        assert not record.is_taken_back
        actions.withdraw_submission(record=record, person=self.anna)
        assert self.submit().waits, "it can be handed in anew"

    def test_the_person_cannot_take_back_what_is_decided(self):
        record = self.submit()
        self.accept(record)
        with pytest.raises(ValidationError, match="inzwischen entschieden"):
            actions.withdraw_submission(record=record, person=self.anna)
        assert record.document.storage.exists(record.document.name)

    def test_taking_back_leaves_every_completion_and_is_told(self):
        record = self.accept(self.submit(), course_key=self.key)
        before = list(Completion.objects.values())
        for _n in range(2):
            actions.take_back_learning(record=record, actor=self.hilde, reason="Fälschung")
        assert list(Completion.objects.values()) == before
        record.refresh_from_db()
        assert record.is_taken_back
        assert record.credited_to == self.enrolment()
        assert ModelLogEntry.objects.filter(action="courses.take_back_learning").count() == 1
        [sentence] = marks_of(self.enrolment()).sentences
        assert "Webinar „KI im Amt“" in sentence
        assert "zurückgenommen. Begründung: Fälschung" in sentence


class OverridingTests(CreditingTestCase):
    def override(self, *, actor=None, reason="Test auf Papier", user=None, **more):
        return actions.override_completion(
            membership=self.membership(user or self.anna),
            course_key=self.key,
            actor=actor or self.hilde,
            reason=reason,
            **more,
        )

    def test_the_whole_course(self):
        enrolment = self.override()
        assert enrolment.is_completed
        assert set(enrolment.completions.values_list("source", "actor", "reason")) == {
            (CompletionSource.OVERRIDE, self.hilde.pk, "Test auf Papier")
        }
        [sentence] = marks_of(enrolment).sentences
        day = timezone.localdate().strftime("%d.%m.%Y")
        assert sentence == (
            f"Von Hand gesetzt von Hilde Große-Wächter am {day}. Begründung: Test auf Papier"
        )

    def test_one_part_only_and_an_offer_too(self):
        enrolment = self.override(activity_key=self.knowledge_check.activity_key)
        assert not enrolment.is_completed
        assert enrolment.completions.get().activity_key == self.knowledge_check.activity_key

    def test_what_the_person_did_stays_hers(self):
        own = actions.enrol(membership=self.membership(self.anna), course=self.course)
        actions.complete_activity(enrolment=own, page=self.modules[0])
        self.override()
        assert set(marks_of(own).by_activity) == {
            self.modules[1].activity_key,
            self.quiz.activity_key,
        }

    def test_a_reason_another_person_and_a_part_of_the_course_are_needed(self):
        for wrong in (
            {"reason": "  "},
            {"actor": self.anna},
            {"activity_key": self.course.course_key},
        ):
            with pytest.raises(ValidationError):
                self.override(**wrong)
        assert not Completion.objects.exists()

    def test_it_is_logged_once(self):
        self.override()
        self.override()
        entry = ModelLogEntry.objects.get(action="courses.override_completion")
        assert entry.user == self.hilde
        assert entry.data["reason"] == "Test auf Papier"
        assert len(entry.data["activities"]) == 3
        assert "Terhorst" not in entry.label


class DocumentTests(LearningHubTestCase):
    def test_what_is_taken_is_told_by_what_the_file_holds(self):
        for content, name, kept in (
            (PDF, "Nachweis.PDF", "Nachweis.pdf"),
            (PDF, "virus.exe", "virus.pdf"),
            (picture(), "bild.html", "bild.png"),
            (picture("JPEG"), "foto", "foto.jpg"),
            (PDF, "../../etc/passwd", "passwd.pdf"),
            (PDF, "C:\\Users\\anna\\Nachweis.pdf", "Nachweis.pdf"),
            (PDF, "gut\u202efdp.exe", "gutfdp.pdf"),
            (PDF, 'a"\r\nSet-Cookie: x.pdf', 'a"Set-Cookie: x.pdf'),
            (PDF, "...", "nachweis.pdf"),
            (PDF, "x" * 300 + ".pdf", "x" * 100 + ".pdf"),
        ):
            assert read_document(content, name).name == kept

    def test_what_is_refused(self):
        for content in (
            b"",
            b"<html><script>alert(1)</script>",
            b"%PDF-1.7 without an end",
            b"MZ\x90\x00" + PDF,
            picture()[:20],
            picture("GIF"),
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            PDF.ljust(MAX_BYTES + 1, b"\n"),
        ):
            with pytest.raises(ValidationError):
                read_document(content, "nachweis.pdf")

    def test_a_picture_that_unpacks_to_more_than_a_scan_is_refused(self):
        with pytest.raises(ValidationError, match="zu groß"):
            read_document(picture(size=(8_100, 10_000)), "a.png")


class RaceTests(TransactionTestCase):
    def setUp(self):
        case = LearningHubTestCase
        case.build_pages()
        case.build_people()
        self.case = case
        self.membership = Membership.objects.get(user=case.anna)

    def at_once(self, *works):
        def run(work):
            try:
                return work()
            except ValidationError as error:
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(max_workers=8) as pool:
            return list(pool.map(run, works))

    def submit(self, **changed):
        return actions.submit_learning(
            membership=self.membership,
            facts=facts(**changed),
            document=read_document(PDF, "a.pdf"),
        )

    def test_accepted_and_declined_at_once_only_one_holds(self):
        record = self.submit()
        key, hilde, admin = self.case.course.course_key, self.case.hilde, self.case.admin
        answers = self.at_once(
            *(
                lambda: actions.accept_learning(record=record, actor=hilde, course_key=key),
                lambda: actions.accept_learning(record=record, actor=admin, course_key=key),
                lambda: actions.decline_learning(record=record, actor=admin, reason="Nein"),
            )
            * 2
        )
        kept = ExternalLearning.objects.get()
        refused = [answer for answer in answers if isinstance(answer, ValidationError)]
        assert len(refused) == 4, answers
        assert kept.decided_at is not None
        assert ModelLogEntry.objects.exclude(action="wagtail.create").count() == 1
        assert Certificate.objects.count() == (1 if kept.is_accepted else 0)

    def test_two_records_credited_to_one_course_at_once(self):
        records = [self.submit(title=f"Teil {n}") for n in range(6)]
        key, hilde = self.case.course.course_key, self.case.hilde
        answers = self.at_once(
            *(
                lambda record=record: actions.accept_learning(
                    record=record, actor=hilde, course_key=key
                )
                for record in records
            )
        )
        assert not [answer for answer in answers if isinstance(answer, Exception)], answers
        assert ExternalLearning.objects.filter(credited_to__isnull=False).count() == 1
        assert Enrolment.objects.get().completions.count() == 3
        assert Certificate.objects.count() == 1

    def test_a_list_recorded_twice_at_once_and_handed_in_meanwhile(self):
        hilde = self.case.hilde

        def record():
            return actions.record_learning(
                memberships=[self.membership], facts=facts(), actor=hilde
            )

        self.at_once(record, record, self.submit, record, self.submit)
        assert ExternalLearning.objects.count() == 1
