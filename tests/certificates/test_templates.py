import pytest
from django.core.exceptions import ValidationError

from certificates.actions import issue_certificate, reissue_certificate, revoke_certificate
from certificates.models import CertificateTemplate, CertificateWording, TemplateSignatory
from certificates.models.templates import shipped_wordings
from certificates.payload import Payload
from certificates.wording import check_text, fill, fixed_note
from tests.certificates.test_actions import CertificateTestCase


class TemplateTests(CertificateTestCase):
    def template(self, **wording) -> CertificateTemplate:
        template = CertificateTemplate(name="Kreis", design="classic", is_default=True)
        template.wordings = [CertificateWording(language="de", **{**shipped_wordings(), **wording})]
        template.signatories = [TemplateSignatory(name="Dr. Schulze", role="Landrat")]
        template.save()
        return template

    def test_a_certificate_copies_its_template(self):
        template = self.template(certificate_statement="{name} kann {course}", note="Glückwunsch.")
        certificate = issue_certificate(enrolment=self.complete())
        template.delete()
        payload = Payload.from_json(certificate.payload)
        assert payload.statement == "Anna Terhorst kann KI-Grundlagen"
        assert payload.note == f"{fixed_note()} Glückwunsch."
        assert [(s.name, s.role) for s in payload.signatories] == [("Dr. Schulze", "Landrat")]

    def test_the_course_takes_its_own_template_before_the_standard_one(self):
        standard = self.template()
        standard.courses.create(course_key="00000000-0000-0000-0000-000000000000")
        own = CertificateTemplate.objects.create(name="Eigene", design="classic", shows_level=False)
        own.courses.create(course_key=self.course.course_key)
        payload = Payload.from_json(issue_certificate(enrolment=self.complete()).payload)
        assert payload.course.level == ""

    def test_a_new_name_stands_in_the_sentence_and_the_old_number_is_cited(self):
        template = self.template(certificate_statement="{name} kann es")
        old = issue_certificate(enrolment=self.complete())
        template.delete()
        self.anna.last_name = "{number}"
        self.anna.save()
        payload = Payload.from_json(reissue_certificate(certificate=old).payload)
        assert payload.statement == "Anna {number} kann es"
        assert payload.replaces == old.number
        assert payload.course == Payload.from_json(old.payload).course

    def test_a_revoked_certificate_gets_no_new_name(self):
        certificate = issue_certificate(enrolment=self.complete())
        revoke_certificate(certificate=certificate, reason="Irrtum", actor=None)
        with pytest.raises(ValidationError):
            reissue_certificate(certificate=certificate)


@pytest.mark.parametrize(
    "text", ["{nmae}", "{name", "name}", "{name!r}", "{name.x}", "{}", "rechtsSicher lernen"]
)
def test_what_may_not_stand_in_a_text(text):
    with pytest.raises(ValidationError):
        check_text(text)


def test_values_are_filled_once():
    assert fill("{name} {x}", {"name": "{course}", "course": "K"}) == "{course} {x}"
