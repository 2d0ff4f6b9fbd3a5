"""From the record to the file: kept once, checked, and what happens when it cannot be made."""

import hashlib
import io
from unittest.mock import patch

import pikepdf
import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from certificates import making
from certificates.actions import NoPDFError, certificate_pdf, issue_certificate, keep_pdf
from certificates.batch import render_pending
from certificates.designs import ClassicDesign
from certificates.making import MadePDF, make_pdf
from certificates.models import Certificate
from tests.certificates.test_actions import CertificateTestCase
from tests.pdf.test_rendering import CASES, payload

BROKEN = MadePDF(b"", "ua1 7.1: a picture has no text")


class KeepTests(CertificateTestCase):
    def setUp(self):
        self.certificate = issue_certificate(enrolment=self.complete())

    def make(self, made):
        with (
            patch("certificates.actions.make_pdf", return_value=made),
            self.captureOnCommitCallbacks(execute=True),
        ):
            return certificate_pdf(certificate=Certificate.objects.get())

    def test_the_first_file_is_kept(self):
        first = keep_pdf(pk=self.certificate.pk, made=MadePDF(b"%PDF first"))
        second = keep_pdf(pk=self.certificate.pk, made=MadePDF(b"%PDF second", "late"))
        assert first.pdf_sha256 == second.pdf_sha256 == hashlib.sha256(b"%PDF first").hexdigest()
        assert certificate_pdf(certificate=second) == b"%PDF first"
        assert Certificate.objects.get().pdf_problem == ""

    @override_settings(ADMINS=[("", "betrieb@kreis-coesfeld.example")])
    def test_what_fails_the_check_is_not_handed_out_and_operators_are_told_once(self):
        with self.assertLogs("certificates.actions", "ERROR") as logged, pytest.raises(NoPDFError):
            self.make(BROKEN)
        kept = Certificate.objects.get()
        assert (kept.pdf.name, kept.pdf_sha256, kept.pdf_problem) == ("", "", BROKEN.problem)
        assert kept.number in logged.output[0]
        assert BROKEN.problem in mail.outbox[0].body
        assert "Terhorst" not in mail.outbox[0].body
        with patch("certificates.actions.make_pdf") as make, pytest.raises(NoPDFError):
            certificate_pdf(certificate=kept)
        make.assert_not_called()
        keep_pdf(pk=kept.pk, made=BROKEN)
        assert len(mail.outbox) == 1

    @override_settings(
        ADMINS=[("", "betrieb@kreis-coesfeld.example")],
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_PORT=1,
    )
    def test_a_mail_server_that_is_away_takes_nothing_along(self):
        with self.assertLogs("certificates.actions", "ERROR"), pytest.raises(NoPDFError):
            self.make(BROKEN)
        assert Certificate.objects.get().pdf_problem == BROKEN.problem

    def test_the_learner_has_the_page_and_the_administration_the_reason(self):
        with self.assertLogs("certificates.actions", "ERROR"), pytest.raises(NoPDFError):
            self.make(BROKEN)
        self.client.force_login(self.anna)
        address = reverse("certificates:pdf", args=[self.certificate.uuid])
        response = self.client.get(address, follow=True)
        self.assertContains(response, "Anna Terhorst")
        self.assertContains(response, "PDF dieser Bescheinigung")
        self.assertNotContains(response, address)
        self.client.force_login(self.admin)
        self.assertContains(self.client.get(reverse("wagtailadmin_home")), BROKEN.problem)

    def test_all_well_shows_nothing_to_administrators(self):
        self.client.force_login(self.admin)
        self.assertNotContains(self.client.get(reverse("wagtailadmin_home")), "pdf-problems")

    def test_the_command_makes_what_is_missing_and_tries_again(self):
        keep_pdf(pk=self.certificate.pk, made=BROKEN)
        call_command("render_certificates", "--processes=1")
        kept = Certificate.objects.get()
        assert kept.pdf_problem == ""
        assert certificate_pdf(certificate=kept).startswith(b"%PDF")
        assert hashlib.sha256(certificate_pdf(certificate=kept)).hexdigest() == kept.pdf_sha256

    def test_the_command_says_when_some_are_left(self):
        with (
            patch("certificates.batch.make_pdf", return_value=BROKEN),
            pytest.raises(SystemExit) as stopped,
        ):
            call_command("render_certificates", "--processes=1")
        assert stopped.value.code == 3

    def test_a_name_with_an_unknown_letter_gets_its_file_and_is_told(self):
        data = self.certificate.payload | {"person_name": "Anna 李 Terhorst"}
        Certificate.objects.update(payload=data)
        with (
            self.assertLogs("certificates.actions", "ERROR"),
            self.captureOnCommitCallbacks(execute=True),
        ):
            content = certificate_pdf(certificate=Certificate.objects.get())
        assert content.startswith(b"%PDF")
        assert "李" in Certificate.objects.get().pdf_problem


class BatchTests(CertificateTestCase):
    def test_other_processes_make_the_same_files(self):
        for user in (self.anna, self.otto):
            issue_certificate(enrolment=self.complete(user))
        seen = []
        progress = render_pending(
            Certificate.objects.all(),
            processes=2,
            on_progress=lambda progress: seen.append(progress.made),
        )
        assert (progress.total, progress.made, progress.failed) == (2, 2, 0)
        assert seen[-1] == 2
        for kept in Certificate.objects.all():
            made = make_pdf(kept.payload, kept.design)
            assert kept.pdf_sha256 == hashlib.sha256(made.content).hexdigest()
        with CaptureQueriesContext(connection) as queries:
            assert render_pending(Certificate.objects.all()).total == 0
        assert len(queries) <= 2


def made(case, design="classic"):
    return make_pdf(case.to_json(), design)


def test_one_of_a_kind_is_checked():
    import page

    making._proven().clear()
    whole = page.validate_pdf_bytes
    with patch("page.validate_pdf_bytes", side_effect=whole) as validate:
        assert made(CASES["normal"]).content
        assert validate.call_count == len(making.PROFILES)
        assert made(payload(person_name="Wer Anders", number="COE-2026-00043")).content
        assert validate.call_count == len(making.PROFILES)
        # Another emblem, other parts, letters of the complete typeface: another kind.
        for name in ("no logo, no department", "bare", "three signatories"):
            before = validate.call_count
            made(CASES[name])
            assert validate.call_count > before
        for _again in range(2):
            before = validate.call_count
            made(CASES["letters of DIN 91379"])
            assert validate.call_count > before


def test_a_file_that_does_not_conform_is_not_kept(monkeypatch, tmp_path):
    making._proven().clear()
    template = tmp_path / "bad.html"
    template.write_text('<html lang="de"><title>x</title><img alt="" src="{{ qr }}"></html>')
    from django.template import engines

    bad = engines["django"].from_string(template.read_text())
    monkeypatch.setattr(ClassicDesign, "annex_template_name", "")
    monkeypatch.setattr(
        "certificates.rendering.render_to_string", lambda name, context: bad.render(context)
    )
    result = made(payload())
    assert result.content == b""
    assert "ua1" in result.problem


@pytest.mark.parametrize("data", [{}, {"schema": 99}, payload().to_json() | {"issued_on": "x"}])
def test_making_never_raises(data):
    result = make_pdf(data, "classic")
    assert result.content == b""
    assert result.problem


def test_an_unknown_design_is_a_problem():
    assert made(payload(), "gone").content == b""


def test_what_no_typeface_has_is_named():
    result = made(CASES["marks and emoji"])
    assert result.content
    for letter in "🎉李明":
        assert letter in result.problem
    assert made(CASES["letters of DIN 91379"]).problem == ""
    with pikepdf.open(io.BytesIO(result.content)) as pdf:
        assert len(pdf.attachments) == 2
