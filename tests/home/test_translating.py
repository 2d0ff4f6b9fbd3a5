"""Nobody publishes a translation who may not publish the page."""

from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from wagtail.models import GroupPagePermission, PageViewRestriction
from wagtail_localize.models import StringTranslation, Translation, TranslationSource
from wagtail_localize.operations import translate_object

from courses.models import ContentVersion, CoursePage
from hub.organisations.models import User
from tests.cases import LearningHubTestCase


class TranslatingTests(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        for page in (cls.home, cls.catalogue, cls.course):
            translate_object(page.specific, [cls.en])
        cls.editor = User.objects.create_user("erika")
        cls.group = Group.objects.create(name="Redaktion")
        cls.group.permissions.set(
            Permission.objects.filter(codename__in=("access_admin", "submit_translation"))
        )
        cls.editor.groups.add(cls.group)
        cls.permit("change_page")

    @classmethod
    def permit(cls, codename):
        # From the root: translations stand in trees of their own.
        GroupPagePermission.objects.create(
            group=cls.group,
            page=cls.home.get_parent(),
            permission=Permission.objects.get(codename=codename),
        )

    def setUp(self):
        self.client.force_login(self.editor)
        self.source = TranslationSource.objects.get_for_instance(self.course)
        translation = Translation.objects.get(source=self.source)
        segment = self.source.stringsegment_set.get(context__path="title")
        StringTranslation.objects.create(
            translation_of=segment.string,
            locale=self.en,
            context=segment.context,
            data="Hacked",
        )
        self.english = translation.get_target_instance()
        self.update_url = reverse("update_translations", args=[self.source.pk])

    def title(self) -> str:
        return CoursePage.objects.get(pk=self.english.pk).title

    def test_an_editor_publishes_nothing_by_an_update(self):
        before = ContentVersion.objects.count()
        self.client.post(self.update_url, {"publish_translations": "on"})
        assert self.title() == "KI-Grundlagen"
        assert ContentVersion.objects.count() == before

    def test_an_editor_lifts_no_restriction_by_an_update(self):
        restriction = PageViewRestriction.objects.create(
            page=self.english, restriction_type=PageViewRestriction.LOGIN
        )
        self.client.post(self.update_url, {})
        assert PageViewRestriction.objects.filter(pk=restriction.pk).exists()

    def test_an_editor_begins_no_translation_of_what_is_public(self):
        url = reverse("submit_page_translation", args=[self.course.pk])
        assert url == reverse("wagtail_localize:submit_page_translation", args=[self.course.pk])
        chosen = {"locales": [self.simple.pk], "include_subtree": "on"}
        self.client.post(url, chosen)
        assert not self.course.has_translation(self.simple)
        self.permit("publish_page")
        self.client.post(url, chosen)
        assert self.course.has_translation(self.simple)

    def test_who_may_publish_does_so(self):
        self.permit("publish_page")
        self.client.post(self.update_url, {"publish_translations": "on"})
        assert self.title() == "Hacked"

    def test_an_editor_replaces_no_translation_by_its_original(self):
        url = reverse("make_mirror", args=[self.english.pk])
        assert url == reverse("wagtail_localize:convert_to_alias", args=[self.english.pk])
        self.client.post(url)
        self.english.refresh_from_db()
        assert self.english.alias_of is None
        self.permit("publish_page")
        self.client.post(url)
        self.english.refresh_from_db()
        assert self.english.alias_of_id == self.course.pk
