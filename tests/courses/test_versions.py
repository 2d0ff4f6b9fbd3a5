from wagtail.actions.copy_for_translation import CopyPageForTranslationAction

from courses.models import ContentVersion, ModulePage
from courses.versions import current_version, freeze
from tests.cases import LearningHubTestCase, text_body


class ContentVersionTests(LearningHubTestCase):
    def setUp(self):
        self.module = ModulePage.objects.get(pk=self.modules[0].pk)

    def publish(self, text: str) -> None:
        self.module.body = text_body(text)
        self.module.save_revision().publish()

    def versions(self):
        return ContentVersion.objects.filter(unit_key=self.module.translation_key)

    def test_publishing_freezes_a_version(self):
        version = self.versions().get()
        assert version.number == 1
        assert version.language == "de"
        assert version.content["body"][0]["value"] == "Über Modul 1"
        assert len(version.sha256) == 64

    def test_publishing_the_same_text_again_makes_no_version(self):
        self.module.save_revision().publish()
        assert self.versions().count() == 1

    def test_a_draft_makes_no_version(self):
        self.module.body = text_body("einem Entwurf")
        self.module.save_revision()
        assert self.versions().count() == 1

    def test_a_changed_text_makes_the_next_version_and_leaves_the_first(self):
        before = self.versions().get()
        self.publish("etwas Neuem")
        after = self.versions().latest("number")
        before.refresh_from_db()
        assert after.number == 2
        assert before.content["body"][0]["value"] == "Über Modul 1"
        assert before.sha256 != after.sha256

    def test_going_back_to_an_older_text_is_a_new_version(self):
        self.publish("etwas Neuem")
        self.publish("Modul 1")
        assert [version.number for version in self.versions()] == [1, 2, 3]

    def test_versions_survive_deleted_pages_and_purged_revisions(self):
        version = self.versions().get()
        self.module.revisions.all().delete()
        self.module.delete()
        version.refresh_from_db()
        assert version.content["title"] == "Modul 1"

    def test_an_alias_shows_the_version_of_its_source(self):
        for page in (self.home, self.catalogue, self.course):
            CopyPageForTranslationAction(page.specific, self.simple, alias=True).execute(
                skip_permission_checks=True
            )
        CopyPageForTranslationAction(self.module, self.simple, alias=True).execute(
            skip_permission_checks=True
        )
        alias = ModulePage.objects.get(locale=self.simple)
        assert current_version(alias) == self.versions().get()
        self.publish("etwas Neuem")
        alias.refresh_from_db()
        assert current_version(alias).number == 2
        assert current_version(alias).language == "de"

    def test_freezing_is_safe_to_repeat(self):
        assert freeze(self.module) == freeze(self.module)
        assert self.versions().count() == 1
