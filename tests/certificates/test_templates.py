import pytest
from django.core.exceptions import ValidationError

from certificates.actions import issue_certificate, reissue_certificate, revoke_certificate
from certificates.models import (
    CertificateTemplate,
    CertificateWording,
    TemplateCourse,
    TemplateSignatory,
)
from certificates.models.templates import shipped_wordings, template_for
from certificates.payload import Payload
from certificates.wording import check_text, fill, fixed_note
from hub.publishing import PublishingRefused
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
        standard.courses.add(TemplateCourse(course_key="00000000-0000-0000-0000-000000000000"))
        standard.save()
        own = CertificateTemplate(name="Eigene", design="classic", shows_level=False)
        own.courses.add(TemplateCourse(course_key=self.course.course_key))
        own.save()
        payload = Payload.from_json(issue_certificate(enrolment=self.complete()).payload)
        assert payload.course.level == ""

    def test_what_is_no_more_than_a_draft_is_not_issued(self):
        draft = self.template(note="Freigegeben.")
        draft.save_revision().publish()
        draft = draft.get_latest_revision_as_object()
        draft.wordings.set([CertificateWording(language="de", **shipped_wordings(), note="Neu.")])
        draft.signatories.set([])
        draft.shows_level = False
        revision = draft.save_revision()
        payload = Payload.from_json(issue_certificate(enrolment=self.complete()).payload)
        assert payload.note == f"{fixed_note()} Freigegeben."
        assert payload.signatories
        assert payload.course.level
        revision.publish()
        assert template_for(self.course.course_key).wording_in("de").note == "Neu."

    def test_one_that_never_went_live_is_not_asked(self):
        template = self.template(note="Nur ein Entwurf.")
        CertificateTemplate.objects.update(live=False)
        assert template_for(self.course.course_key) is None
        template.save_revision().publish()
        assert template_for(self.course.course_key) == template

    def test_a_draft_that_lacks_something_cannot_be_approved(self):
        template = self.template(certificate_title="")
        with pytest.raises(PublishingRefused, match="Titel eines Zertifikats: Dieses Feld"):
            template.save_revision().publish()
        assert CertificateTemplate.objects.get().first_published_at is None

    def test_two_that_want_the_same_course(self):
        key = self.course.course_key
        first, second = (CertificateTemplate(name=name, design="classic") for name in "AB")
        revisions = []
        for template in (first, second):
            template.wordings = [CertificateWording(language="de", **shipped_wordings())]
            template.save()
            template.courses.set([TemplateCourse(course_key=key)])
            revisions.append(template.save_revision())
        revisions[0].publish()
        with pytest.raises(PublishingRefused, match="hat schon die Vorlage „A“"):
            revisions[1].publish()
        assert template_for(key) == first

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
