from django.test import Client
from django.urls import reverse

from certificates.actions import issue_certificate, reissue_certificate, revoke_certificate
from certificates.models import Certificate
from certificates.views.checking import normalised
from courses.models import Enrolment
from tests.certificates.test_actions import CertificateTestCase
from tests.pdf.test_matrix import SCAN


class OwnCertificateTests(CertificateTestCase):
    def setUp(self):
        self.certificate = issue_certificate(enrolment=self.complete())
        self.url = reverse("certificates:certificate", args=[self.certificate.uuid])
        self.pdf_url = reverse("certificates:pdf", args=[self.certificate.uuid])

    def test_nobody_else_sees_it_not_even_hr(self):
        for user in (self.otto, self.hilde, self.bernd, self.admin):
            client = Client()
            client.force_login(user)
            assert client.get(self.url).status_code == 404
            assert client.get(self.pdf_url).status_code == 404
        for url in (self.url, self.pdf_url):
            assert Client().get(url).url.startswith(reverse("login"))

    def test_the_page_says_what_the_pdf_says(self):
        self.client.force_login(self.anna)
        response = self.client.get(self.url)
        for text in ("Anna Terhorst", "KI-Grundlagen", "Modul 2", "Sie kennen KI."):
            self.assertContains(response, text)
        self.assertContains(response, self.certificate.code)

    def test_the_page_says_of_signatures_what_is_true(self):
        self.client.force_login(self.anna)
        self.assertContains(self.client.get(self.url), "ohne eigenhändige Unterschrift gültig.")
        self.assertNotContains(self.client.get(self.url), "eingescannt")
        record = self.certificate.payload
        record["signatories"] = [{"name": "Ö. Çelik", "role": "", "signature": SCAN}]
        Certificate.objects.update(payload=record)
        self.assertContains(
            self.client.get(self.url), "Die Unterschrift oben ist ein eingescanntes Bild."
        )
        english = self.client.get(self.url.replace("/de/", "/en/"))
        self.assertContains(english, "The signature above is a scanned picture.")
        # A record from before there were pictures of signatures.
        record["signatories"] = [{"name": "Ö. Çelik", "role": ""}]
        del record["replaces"], record["as_written"]
        Certificate.objects.update(payload={**record, "schema": 2})
        self.assertNotContains(self.client.get(self.url), "eingescannt")
        self.assertContains(self.client.get(self.url), "Ö. Çelik")

    def test_the_pdf_is_private_and_has_a_name(self):
        self.client.force_login(self.anna)
        response = self.client.get(self.pdf_url)
        assert response["Content-Type"] == "application/pdf"
        assert f"{self.certificate.number}.pdf" in response["Content-Disposition"]
        assert "private" in response["Cache-Control"]


class EverywhereTests(CertificateTestCase):
    """What other pages of the person say about her certificates."""

    def setUp(self):
        self.enrolment = self.complete()
        self.certificate = issue_certificate(enrolment=self.enrolment)
        self.client.force_login(self.anna)

    def test_a_revocation_is_told_wherever_the_certificate_is_offered(self):
        revoke_certificate(certificate=self.certificate, reason="Irrtum", actor=None)
        for url in (
            reverse("courses:my_learning"),
            self.course.url,
            reverse("courses:finished", args=[self.enrolment.uuid]),
        ):
            self.assertContains(self.client.get(url), "Ihr Nachweis wurde widerrufen")

    def test_a_refresher_takes_no_certificate_away(self):
        Enrolment.objects.create(
            user=self.anna,
            membership=self.membership(self.anna),
            course_key=self.course.course_key,
            cycle=2,
        )
        response = self.client.get(reverse("courses:my_learning"))
        self.assertContains(response, "Frühere Nachweise")
        self.assertContains(response, "Auffrischung")
        self.assertContains(
            response, reverse("certificates:certificate", args=[self.certificate.uuid])
        )


class CheckTests(CertificateTestCase):
    def setUp(self):
        self.certificate = issue_certificate(enrolment=self.complete())

    def check(self, code=None):
        return Client().get(reverse("certificates:check", args=[code or self.certificate.code]))

    def test_it_tells_everything_but_the_name(self):
        response = self.check()
        for text in ("Dieser Nachweis ist gültig", "KI-Grundlagen", "Stadt Coesfeld", "Modul 1"):
            self.assertContains(response, text)
        for name in ("Anna", "Terhorst", "Bürgerbüro"):
            self.assertNotContains(response, name)
        assert response["X-Robots-Tag"] == "noindex"

    def test_a_replaced_certificate_names_the_new_one(self):
        new = reissue_certificate(certificate=self.certificate)
        response = self.check()
        self.assertContains(response, "durch einen neueren ersetzt")
        self.assertContains(response, new.number)

    def test_a_revoked_certificate_is_not_valid(self):
        revoke_certificate(certificate=self.certificate, reason="Irrtum", actor=self.hilde)
        response = self.check()
        self.assertContains(response, "widerrufen")
        self.assertNotContains(response, "ist gültig.")
        self.assertNotContains(response, "Irrtum")

    def test_an_expired_certificate_says_so(self):
        self.certificate.valid_until = "2020-01-01"
        self.certificate.save()
        self.assertContains(self.check(), "ist abgelaufen")

    def test_an_unknown_code_says_what_to_do(self):
        response = self.check("0000-0000-0000-0000")
        self.assertContains(response, "keinen Nachweis", status_code=404)

    def test_the_form_leads_to_the_answer_however_the_code_is_typed(self):
        typed = self.certificate.code.replace("-", " ").lower()
        response = Client().get(reverse("certificates:check_form"), {"code": typed})
        assert response.url == reverse("certificates:check", args=[self.certificate.code])

    def test_the_address_of_the_qr_code_leads_here(self):
        response = Client().get(f"/P/{self.certificate.code}", follow=True)
        self.assertContains(response, "Dieser Nachweis ist gültig")


def test_codes_as_people_type_them():
    assert normalised("7kq4 m2xd9ftr-bh6w") == "7KQ4-M2XD-9FTR-BH6W"
    assert normalised("OIL0-0000-0000-0000") == "0110-0000-0000-0000"
    assert normalised("<script>") == "SCR1-PT"
