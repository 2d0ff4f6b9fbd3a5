"""What a page says about languages: dates, notices, and which language a title is in."""

from datetime import date

import pytest
from django.utils.formats import date_format
from django.utils.translation import override
from wagtail.actions.copy_for_translation import CopyPageForTranslationAction

from courses import actions
from tests.cases import LearningHubTestCase

NOTICE = "Diesen Text gibt es noch nicht in Leichter Sprache. Sie lesen ihn auf Deutsch."


@pytest.mark.parametrize(
    ("language", "short", "long"),
    [
        ("de", "02.01.2027", "2. Januar 2027"),
        ("de-simple", "02.01.2027", "2. Januar 2027"),
        ("en", "2 Jan 2027", "2 January 2027"),
    ],
)
def test_a_date_can_be_read_in_one_way_only(language, short, long):
    with override(language):
        assert date_format(date(2027, 1, 2), "SHORT_DATE_FORMAT") == short
        assert date_format(date(2027, 1, 2), "DATE_FORMAT") == long


class AliasTests(LearningHubTestCase):
    """Pages nobody has translated yet show the German text in the tree of another language."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        for locale in (cls.simple, cls.en):
            for page in (cls.home, cls.catalogue, cls.course, *cls.modules, cls.quiz):
                CopyPageForTranslationAction(page.specific, locale, alias=True).execute(
                    skip_permission_checks=True
                )

    def setUp(self):
        self.client.force_login(self.anna)

    def get(self, page, locale=None):
        return self.client.get((page.get_translation(locale) if locale else page).url)

    def test_a_text_in_another_language_says_so_once(self):
        for page in (self.catalogue, self.course, self.modules[0], self.quiz):
            self.assertContains(self.get(page, self.simple), NOTICE, 1)
            self.assertContains(
                self.get(page, self.en),
                "This text is not available in English yet. You are reading it in German.",
                1,
            )
            self.assertNotContains(self.get(page), "gibt es noch nicht")

    def test_an_attempt_says_in_which_language_it_asks(self):
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        url = f"/de-simple/lernen/versuch/{attempt.uuid}/"
        self.assertContains(self.client.get(url), NOTICE, 1)

    def test_a_course_card_names_the_language(self):
        self.assertContains(self.get(self.catalogue, self.simple), "(auf Deutsch)")
        self.assertNotContains(self.get(self.catalogue), "(auf Deutsch)")

    def test_german_titles_are_marked_in_pager_outline_and_list(self):
        module = self.get(self.modules[0], self.en)
        # The English tree has no mirror of the check: it is there in German all the same.
        self.assertContains(module, f'<span lang="de">{self.knowledge_check.title}</span>')
        actions.enrol(membership=self.membership(self.anna), course=self.course)
        course = self.get(self.course, self.en)
        self.assertContains(course, '<p class="hub-outline__title" lang="de">', 4)
        self.assertContains(course, 'Next: <span lang="de">Modul 1</span>')
