import hashlib
from unittest.mock import patch

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from certificates.actions import (
    certificate_pdf,
    issue_certificate,
    new_code,
    reissue_certificate,
    revoke_certificate,
)
from certificates.models import Certificate, CertificateKind, CertificateStatus
from certificates.payload import Payload
from courses import actions
from courses.models import CoursePage, Enrolment, ModulePage
from hub.organisations.logos import validate_logo
from tests.cases import LearningHubTestCase, text_body


class CertificateTestCase(LearningHubTestCase):
    def complete(self, user=None) -> Enrolment:
        """Anna learns everything there is and passes."""
        enrolment = actions.enrol(membership=self.membership(user or self.anna), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        return enrolment


class IssueTests(CertificateTestCase):
    def test_an_open_enrolment_gets_none(self):
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        with pytest.raises(ValueError, match="completed"):
            issue_certificate(enrolment=enrolment)
        assert not Certificate.objects.exists()

    def test_completion_issues_it_after_commit(self):
        with self.captureOnCommitCallbacks(execute=True):
            enrolment = self.complete()
        assert Certificate.objects.get().enrolment == enrolment

    def test_issuing_twice_gives_one(self):
        enrolment = self.complete()
        assert issue_certificate(enrolment=enrolment) == issue_certificate(enrolment=enrolment)
        assert Certificate.objects.count() == 1

    def test_a_race_gives_one(self):
        enrolment = self.complete()
        first = issue_certificate(enrolment=enrolment)
        # The other process looked before the first one was committed.
        with patch("certificates.actions._current", side_effect=[None, first]):
            assert issue_certificate(enrolment=enrolment) == first
        assert Certificate.objects.count() == 1

    def test_the_payload_says_what_was_learnt(self):
        enrolment = self.complete()
        payload = Payload.from_json(issue_certificate(enrolment=enrolment).payload)
        assert payload.person_name == "Anna Terhorst"
        assert payload.organisation.name == "Stadt Coesfeld"
        assert payload.course.title == "KI-Grundlagen"
        assert payload.course.objectives == ["Sie kennen KI."]
        assert [(a.title, a.version_number) for a in payload.activities] == [
            ("Modul 1", 1),
            ("Modul 2", 1),
            ("Abschlusstest", 1),
        ]
        assert payload.activities[0].sha256 == self.version(self.modules[0]).sha256
        assert payload.kind == CertificateKind.CERTIFICATE
        assert payload.title == "Zertifikat"
        assert "keine amtliche Zertifizierung" in payload.note
        assert payload.valid_until == enrolment.expires_on.isoformat()
        assert Payload.from_json(payload.to_json()) == payload

    def test_without_a_test_it_is_an_attendance_certificate(self):
        self.quiz.unpublish()
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        for module in self.modules:
            actions.complete_activity(enrolment=enrolment, page=module)
        certificate = issue_certificate(enrolment=enrolment)
        assert certificate.kind == CertificateKind.ATTENDANCE
        assert certificate.payload["title"] == "Teilnahmebescheinigung"

    def test_numbers_count_per_authority_and_year(self):
        year = timezone.localdate().year
        numbers = [
            issue_certificate(enrolment=self.complete(user)).number
            for user in (self.anna, self.hilde, self.otto)
        ]
        assert numbers == [f"COE-{year}-00001", f"COE-{year}-00002", f"OLF-{year}-00001"]

    def test_codes_are_long_and_random(self):
        codes = {new_code() for _n in range(1000)}
        assert len(codes) == 1000
        assert all(len(code.replace("-", "")) == 16 for code in codes)


class LogoTests(CertificateTestCase):
    def test_a_drawing_in_another_encoding_is_refused(self):
        drawing = '<?xml version="1.0" encoding="ISO-8859-1"?><svg xmlns="http://www.w3.org/2000/svg"><title>Ü</title></svg>'
        with pytest.raises(ValidationError):
            validate_logo(ContentFile(drawing.encode("latin-1")))

    def test_a_logo_that_cannot_be_read_holds_up_no_certificate(self):
        self.coesfeld.logo.save("logo.svg", ContentFile("ü".encode("latin-1")))
        assert (
            issue_certificate(enrolment=self.complete()).payload["organisation"]["logo_svg"] == ""
        )


class PayloadTests(CertificateTestCase):
    def test_it_tells_no_day_but_that_of_the_completion(self):
        payload = issue_certificate(enrolment=self.complete()).payload
        assert all("completed_on" not in activity for activity in payload["activities"])

    def test_certificates_of_the_first_schema_can_still_be_read(self):
        payload = issue_certificate(enrolment=self.complete()).payload
        old = {**payload, "schema": 1, "course": {**payload["course"]}}
        del old["course"]["language"]
        old["activities"] = [
            {**activity, "completed_on": "2026-01-01"} for activity in payload["activities"]
        ]
        assert Payload.from_json(old) == Payload.from_json(payload)


class LastingTests(CertificateTestCase):
    def test_it_stays_true_whatever_happens_to_the_pages_and_the_name(self):
        certificate = issue_certificate(enrolment=self.complete())
        before = dict(certificate.payload)
        module = ModulePage.objects.get(pk=self.modules[0].pk)
        module.body = text_body("ganz anderem")
        module.save_revision().publish()
        CoursePage.objects.get(pk=self.course.pk).delete()
        self.anna.last_name = "Neu"
        self.anna.save()
        certificate.refresh_from_db()
        assert certificate.payload == before
        assert certificate.enrolment.completions.count() == 3

    def test_the_pdf_is_made_once_and_kept(self):
        certificate = issue_certificate(enrolment=self.complete())
        content = certificate_pdf(certificate=certificate)
        assert content.startswith(b"%PDF-1.7")
        certificate.refresh_from_db()
        assert certificate.pdf_sha256 == hashlib.sha256(content).hexdigest()
        with patch("certificates.actions.make_pdf") as render:
            assert certificate_pdf(certificate=certificate) == content
        assert not render.called


class ReplaceTests(CertificateTestCase):
    def test_a_name_change_replaces_the_certificate(self):
        old = issue_certificate(enrolment=self.complete())
        self.anna.last_name = "Terhorst-Öztürk"
        self.anna.save()
        new = reissue_certificate(certificate=old, actor=self.hilde)
        old.refresh_from_db()
        assert old.replaced_by == new
        assert old.status == CertificateStatus.REPLACED
        assert old.payload["person_name"] == "Anna Terhorst"
        assert new.payload["person_name"] == "Anna Terhorst-Öztürk"
        assert new.status == CertificateStatus.VALID
        assert new.payload["activities"] == old.payload["activities"]

    def test_a_name_may_change_more_than_once(self):
        first = issue_certificate(enrolment=self.complete())
        second = reissue_certificate(certificate=first)
        third = reissue_certificate(certificate=second)
        for certificate in (first, second):
            certificate.refresh_from_db()
        assert (first.replaced_by, second.replaced_by, third.replaced_by) == (second, third, None)
        assert second.status == CertificateStatus.REPLACED

    def test_replacing_twice_gives_one_new_certificate(self):
        old = issue_certificate(enrolment=self.complete())
        first = reissue_certificate(certificate=old)
        assert reissue_certificate(certificate=old) == first
        assert Certificate.objects.count() == 2


class RevokeTests(CertificateTestCase):
    def test_revoking_keeps_the_first_reason(self):
        certificate = issue_certificate(enrolment=self.complete())
        revoke_certificate(certificate=certificate, reason="Irrtum", actor=self.hilde)
        revoked = revoke_certificate(certificate=certificate, reason="Anderes", actor=self.hilde)
        assert revoked.revoked_reason == "Irrtum"
        assert revoked.status == CertificateStatus.REVOKED

    def test_a_revocation_needs_a_reason(self):
        certificate = issue_certificate(enrolment=self.complete())
        certificate.revoked_at = timezone.now()
        with pytest.raises(IntegrityError), transaction.atomic():
            certificate.save()

    def test_status_follows_from_record_and_day(self):
        certificate = issue_certificate(enrolment=self.complete())
        until = certificate.valid_until
        assert certificate.status_on(until) == CertificateStatus.VALID
        assert (
            certificate.status_on(until.replace(year=until.year + 1)) == CertificateStatus.EXPIRED
        )
