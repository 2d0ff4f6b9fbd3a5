import hashlib
import json
import re
from io import BytesIO
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from wagtail.models import ModelLogEntry

from certificates import bulk
from certificates.actions import certificate_pdf, issue_certificate, reissue_certificate
from certificates.models import (
    Certificate,
    CertificateTemplate,
    IssueRun,
    RunKind,
    TemplateCourse,
)
from certificates.signatures import signature_uri
from certificates.views.checking import CHECKS
from courses.models import CoursePage, ModulePage
from hub.organisations.models import GroupOrganisationPermission, Membership
from tests.cases import text_body
from tests.certificates.test_actions import CertificateTestCase

SPACE = "wagtailsnippets_certificates_certificatetemplate"


def png() -> bytes:
    file = BytesIO()
    Image.new("RGBA", (2000, 600), (0, 0, 120, 255)).save(file, "PNG")
    return file.getvalue()


def template_data(**changes):
    wording = {
        "id": "",
        "ORDER": "1",
        "language": "de",
        "certificate_title": "Zertifikat",
        "certificate_statement": "{name} hat {course} bestanden:",
        "attendance_title": "Teilnahmebescheinigung",
        "attendance_statement": "hat teilgenommen:",
        "note": "",
    }
    signatory = {"id": "", "ORDER": "1", "name": "Dr. Muster", "role": "Landrat"}
    data = {"name": "Kreis", "design": "classic", "shows_logo": "on", "shows_level": "on"}
    data |= {"legal_text": "", "legal_as_of": ""}
    for prefix, fields in (("wordings", wording), ("signatories", signatory)):
        data |= {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0"}
        data |= {f"{prefix}-MIN_NUM_FORMS": "0", f"{prefix}-MAX_NUM_FORMS": "3"}
        data |= {f"{prefix}-0-{name}": value for name, value in fields.items()}
    return data | changes


class TemplateEditorTests(CertificateTestCase):
    def setUp(self):
        self.client.force_login(self.admin)

    def add(self, **changes):
        return self.client.post(reverse(f"{SPACE}:add"), template_data(**changes))

    def test_a_new_template_begins_with_what_the_hub_ships(self):
        response = self.client.get(reverse(f"{SPACE}:add"))
        self.assertContains(response, "Abschlusstest bestanden:")
        self.assertContains(response, "multipart/form-data")
        # The page sends that wording back as one it was given, without a key.
        assert self.add(**{"wordings-INITIAL_FORMS": "1"}).status_code == 302
        assert CertificateTemplate.objects.get().wordings.count() == 1

    def test_it_is_saved_with_courses_and_signature(self):
        response = self.add(
            **{
                "course_keys": [str(self.course.course_key)],
                "signatories-0-signature": SimpleUploadedFile("u.png", png(), "image/png"),
            }
        )
        assert response.status_code == 302, response.context["form"].errors
        template = CertificateTemplate.objects.get()
        assert not template.live
        template.latest_revision.publish()
        assert template.courses.get().course_key == self.course.course_key
        assert template.signatories.get().signature.startswith("data:image/png;base64,")
        edit = self.client.get(reverse(f"{SPACE}:edit", args=[template.pk]))
        self.assertContains(edit, "Unterschrift entfernen")
        certificate = issue_certificate(enrolment=self.complete())
        assert certificate.payload["signatories"][0]["signature"].startswith("data:image/png")
        assert certificate_pdf(certificate=certificate).startswith(b"%PDF")

    def test_an_unknown_placeholder_is_named(self):
        response = self.add(**{"wordings-0-note": "{nmae}"})
        self.assertContains(response, "Den Platzhalter {nmae} gibt es nicht.")
        assert not CertificateTemplate.objects.exists()

    def test_a_course_has_one_template(self):
        other = CertificateTemplate.objects.create(name="Andere", design="classic")
        TemplateCourse.objects.create(template=other, course_key=self.course.course_key)
        response = self.add(course_keys=[str(self.course.course_key)])
        self.assertContains(response, "hat schon die Vorlage „Andere“")

    def test_the_preview_is_the_sheet_also_with_the_longest_names(self):
        template = CertificateTemplate.objects.create(name="Kreis", design="classic")
        url = reverse(f"{SPACE}:preview_on_edit", args=[template.pk])
        posted = self.client.post(url, template_data())
        assert json.loads(posted.content) == {"is_valid": True, "is_available": True}
        response = self.client.get(url, {"mode": "attendance.de.longest"})
        assert response["Content-Type"] == "application/pdf"
        assert response.content.startswith(b"%PDF")
        assert "Content-Security-Policy" not in response
        self.assertContains(self.client.get(reverse(f"{SPACE}:list")), "Kreis")


class SignatureTests:
    def test_it_is_drawn_anew_and_small(self):
        assert len(signature_uri(png())) < 20_000

    @pytest.mark.parametrize(
        "content",
        [b"GIF89a", b"", b"<svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"],
    )
    def test_what_is_no_safe_picture_is_refused(self, content):
        with pytest.raises(ValidationError):
            signature_uri(content)


class TestSignature(SignatureTests):
    pass


class HRTests(CertificateTestCase):
    def setUp(self):
        for name in ("view_certificate", "reissue_certificate", "revoke_certificate"):
            for user, organisation in ((self.hilde, self.coesfeld), (self.bernd, self.olfen)):
                from django.contrib.auth.models import Permission

                GroupOrganisationPermission.objects.create(
                    group=user.groups.get(),
                    organisation=organisation,
                    permission=Permission.objects.get(codename=name),
                )
        self.certificate = issue_certificate(enrolment=self.complete())
        self.client.force_login(self.hilde)

    def url(self, name, *args):
        return reverse(f"certificates_admin:{name}", args=args)

    def test_the_stranger_meets_nothing(self):
        self.client.force_login(self.bernd)
        self.assertNotContains(self.client.get(self.url("index")), "Terhorst")
        for name in ("inspect", "reissue", "revoke"):
            url = self.url(name, self.certificate.pk)
            assert self.client.get(url).status_code == 404
            assert self.client.post(url, {"reason": "x"}).status_code == 404
        self.certificate.refresh_from_db()
        assert self.certificate.revoked_at is None

    def test_hr_sees_the_record_and_no_way_to_the_document(self):
        self.assertContains(self.client.get(self.url("index")), self.certificate.number)
        response = self.client.get(self.url("inspect", self.certificate.pk))
        self.assertContains(response, "KI-Grundlagen")
        self.assertNotContains(response, str(self.certificate.uuid))
        self.assertNotContains(response, self.certificate.code)

    def test_the_list_asks_as_much_for_few_as_for_many(self):
        def count():
            with self.assertNumQueries(self.queries) if self.queries else _counted(self):
                self.client.get(self.url("index"))

        self.queries = 0
        self.client.get(self.url("index"))
        count()
        for _n in range(5):
            self.anna.last_name += "x"
            self.anna.save()
            latest = Certificate.objects.current().get()
            reissue_certificate(certificate=latest)
        count()

    def test_filters_find_states_and_old_names(self):
        url = self.url("index")
        number = self.certificate.number
        self.assertContains(self.client.get(url, {"status": "valid"}), number)
        for status in ("expired", "revoked", "replaced"):
            self.assertNotContains(self.client.get(url, {"status": status}), number)
        self.assertNotContains(self.client.get(url, {"renamed": "yes"}), number)
        self.anna.last_name = "Neu"
        self.anna.save()
        self.assertContains(self.client.get(url, {"renamed": "yes"}), number)
        self.assertContains(self.client.get(url, {"q": "neu"}), number)
        self.assertNotContains(self.client.get(url, {"q": "niemand"}), number)

    def test_a_revocation_needs_a_reason_and_is_logged(self):
        url = self.url("revoke", self.certificate.pk)
        assert self.client.post(url, {"reason": " "}).status_code == 422
        self.client.post(url, {"reason": "Irrtum"})
        self.certificate.refresh_from_db()
        assert self.certificate.revoked_reason == "Irrtum"
        entry = ModelLogEntry.objects.get(action="certificates.revoke")
        assert (entry.user, entry.data) == (self.hilde, {"reason": "Irrtum"})

    def test_a_new_name_is_issued_once_and_only_when_there_is_one(self):
        url = self.url("reissue", self.certificate.pk)
        self.client.post(url)
        assert Certificate.objects.count() == 1
        self.anna.last_name = "Neu"
        self.anna.save()
        self.assertContains(self.client.get(url), "Anna Neu")
        for _n in range(2):
            self.client.post(url)
        assert Certificate.objects.count() == 2
        assert ModelLogEntry.objects.get(action="certificates.reissue").user == self.hilde

    def test_the_person_does_it_herself(self):
        self.anna.last_name = "Neu"
        self.anna.save()
        self.client.force_login(self.anna)
        page = reverse("certificates:certificate", args=[self.certificate.uuid])
        self.assertContains(self.client.get(page), "Mit meinem neuen Namen ausstellen")
        url = reverse("certificates:new_name", args=[self.certificate.uuid])
        response = self.client.post(url, follow=True)
        self.assertContains(response, "Anna Neu")
        self.assertContains(response, self.certificate.number)
        self.assertNotContains(response, "Mit meinem neuen Namen ausstellen")


def _counted(case):
    from contextlib import contextmanager

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    @contextmanager
    def counting():
        with CaptureQueriesContext(connection) as captured:
            yield
        case.queries = len(captured)

    return counting()


class BulkTests(CertificateTestCase):
    def setUp(self):
        self.enrolments = [self.complete(user) for user in (self.anna, self.hilde, self.otto)]
        assert not Certificate.objects.exists()

    def test_the_page_issues_what_is_missing_and_tells(self):
        self.client.force_login(self.admin)
        data = {"kind": RunKind.MISSING, "organisation": self.coesfeld.pk}
        response = self.client.post(reverse("certificate_runs"), data, follow=True)
        self.assertContains(response, "2 von 2 ausgestellt")
        self.assertContains(response, "Beendet am")
        assert Certificate.objects.count() == 2

    def test_the_page_asks_again_until_the_run_is_finished(self):
        run = bulk.start_run(kind=RunKind.MISSING)
        url = reverse("certificate_run", args=[run.uuid])
        self.client.force_login(self.admin)
        self.assertContains(self.client.get(url), "data-watch")
        list(bulk.work_on(run))
        self.assertNotContains(self.client.get(url), "data-watch")

    def test_only_administrators_find_it(self):
        self.client.force_login(self.hilde)
        assert self.client.get(reverse("certificate_runs")).status_code == 404

    def test_it_goes_on_where_it_stopped_and_counts_what_fails(self):
        run = bulk.start_run(kind=RunKind.MISSING)
        with patch.object(bulk, "LOT", 1):
            work = bulk.work_on(run)
            next(work)
            work.close()
            assert bulk.start_run(kind=RunKind.MISSING) == run
            with patch.object(bulk, "issue_certificate", side_effect=[OSError, None]):
                list(bulk.work_on(run))
        run.refresh_from_db()
        assert (run.total, run.done, run.failed) == (3, 2, 1)
        assert run.finished_at

    def test_two_at_once_count_and_issue_nothing_twice(self):
        run = bulk.start_run(kind=RunKind.MISSING)
        first, second = bulk.work_on(run), bulk.work_on(IssueRun.objects.get())
        next(first)
        list(second)
        list(first)
        run.refresh_from_db()
        assert (run.done, Certificate.objects.count()) == (3, 3)

    def test_the_command_issues_missing_then_renamed(self):
        call_command("issue_certificates")
        assert Certificate.objects.count() == 3
        self.anna.last_name = "Neu"
        self.anna.save()
        call_command("issue_certificates", renamed=True, authority=self.coesfeld.slug)
        assert Certificate.objects.filter(payload__person_name="Anna Neu").count() == 1
        assert Certificate.objects.count() == 4


class CheckPageTests(CertificateTestCase):
    def setUp(self):
        cache.clear()
        self.certificate = issue_certificate(enrolment=self.complete())

    def get(self, code, **headers):
        return Client().get(reverse("certificates:check", args=[code]), **headers)

    def test_it_holds_the_checksum_of_the_issued_file(self):
        self.assertContains(self.get(self.certificate.code), "noch keine PDF-Datei")
        content = certificate_pdf(certificate=self.certificate)
        digest = hashlib.sha256(content).hexdigest()
        self.assertContains(self.get(self.certificate.code), f'data-sha256="{digest}"')

    def test_an_unknown_code_takes_the_same_steps(self):
        """Not by the clock, but by the work: queries, templates, and what is written."""
        certificate_pdf(certificate=self.certificate)
        self.get("0000")
        work = []
        for code in (self.certificate.code, "0000-0000-0000-0000", "0", "x" * 60):
            templates, pages = [], []

            def rendered(template, templates=templates, **kwargs):
                templates.append(template.name)

            def write(*arguments, pages=pages):
                pages.append(render_to_string(*arguments))
                return pages[-1]

            template_rendered.connect(rendered)
            with (
                CaptureQueriesContext(connection) as queries,
                patch("certificates.views.checking.render_to_string", write),
            ):
                response = self.get(code)
            template_rendered.disconnect(rendered)
            statements = [re.sub(r"'[^']*'", "?", query["sql"]) for query in queries]
            work.append((statements, templates, [len(page) for page in pages]))
            assert response.status_code == (200 if code == self.certificate.code else 404)
        known, *others = work
        assert {"certificates/check.html", "certificates/check_form.html"} <= set(known[1])
        for statements, templates, lengths in others:
            assert statements[: len(known[0])] == known[0]
            # Behind the view, Wagtail looks for a redirect of any address that is not found.
            rest = " ".join(statements[len(known[0]) :])
            assert set(re.findall(r'FROM "(\w+)"', rest)) <= {
                "wagtailcore_site",
                "wagtailredirects_redirect",
            }
            assert templates == known[1]
            for length, of_known in zip(lengths, known[2], strict=True):
                assert abs(length - of_known) < of_known / 10

    # One minute, however long the test takes.
    @patch("hub.rate_limits.time.time", return_value=0)
    def test_whoever_asks_too_often_waits_and_others_do_not(self, _now):
        for _n in range(CHECKS.limit):
            assert self.get("0000", REMOTE_ADDR="192.0.2.7").status_code == 404
        waiting = self.get(self.certificate.code, REMOTE_ADDR="192.0.2.8")
        assert waiting.status_code == 429
        assert waiting["Retry-After"]
        self.assertContains(waiting, "Bitte warten Sie eine Minute", status_code=429)
        assert self.get(self.certificate.code, REMOTE_ADDR="198.51.100.1").status_code == 200


class LastingTests(CertificateTestCase):
    def test_it_keeps_telling_the_same_truth(self):
        certificate = issue_certificate(enrolment=self.complete())
        content = certificate_pdf(certificate=certificate)
        own = reverse("certificates:certificate", args=[certificate.uuid])
        pdf = reverse("certificates:pdf", args=[certificate.uuid])
        check = reverse("certificates:check", args=[certificate.code])
        self.client.force_login(self.anna)

        def told(url):
            text = self.client.get(url).content.decode()
            return text[text.index("<h1") : text.index("<footer")]

        before = told(check)
        article = _article(self.client.get(own))
        module = ModulePage.objects.get(pk=self.modules[0].pk)
        module.body = text_body("ganz anderem")
        module.save_revision().publish()
        call_command("purge_revisions", verbosity=0)
        CoursePage.objects.get(pk=self.course.pk).delete()
        self.anna.last_name = "Neu"
        self.anna.save()
        Membership.objects.filter(user=self.anna).update(ends_on=timezone.localdate())
        Membership.objects.create(user=self.anna, organisation=self.olfen)
        assert told(check) == before
        assert _article(self.client.get(own)) == article
        assert self.client.get(pdf).content == content


def _article(response):
    text = response.content.decode()
    return text[text.index("<article") : text.index("</article>")]
