"""What the hub relies on in Wagtail and wagtail-localize, found by running them.

An upgrade that changes one of these facts changes what the data model may assume.
"""

import json

from django.core.management import call_command
from django.urls import reverse
from wagtail.models import Locale, Page, PageViewRestriction, Revision
from wagtail.signals import page_published
from wagtail_localize.models import StringTranslation, Translation, TranslationSource
from wagtail_localize.operations import translate_object

from courses import actions
from courses.activities import outline
from courses.models import (
    BankQuestion,
    Completion,
    CoursePage,
    CourseTopic,
    ModulePage,
    QuizPage,
    Topic,
)
from courses.quizzing import question_set
from courses.versions import current_version
from hub.i18n import source_page, text_language
from hub.publishing import PublishingRefused
from tests.cases import LearningHubTestCase, bank_question, block_id, item, single_choice
from tests.courses.questions.samples import gap_text


class LocalizeTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        for page in (cls.home, cls.catalogue, cls.course):
            translate_object(page.specific, [cls.en])

    def translate(self, page: Page, locale: Locale | None = None) -> Page:
        translate_object(page.specific, [locale or self.en])
        return page.get_translation(locale or self.en).specific

    def sync(self, page: Page) -> None:
        """What the editor's button "sync translated pages" does."""
        source = TranslationSource.objects.get_for_instance(page)
        source.update_from_db()
        for translation in Translation.objects.filter(source=source):
            translation.save_target(publish=True)

    def quiz_ids(self, quiz: QuizPage) -> list[tuple[str, list[str]]]:
        return [
            (question.id, question.block.option_ids(question.value)) for question in quiz.questions
        ]


class BlockIdTests(LocalizeTestCase):
    def test_block_and_list_item_ids_survive_translation_and_sync(self):
        translated = self.translate(self.quiz)
        assert self.quiz_ids(translated) == self.quiz_ids(self.quiz)
        self.sync(self.quiz)
        translated.refresh_from_db()
        assert self.quiz_ids(translated) == self.quiz_ids(self.quiz)

    def test_points_and_right_answers_are_copied_when_synchronised_not_when_published(self):
        translated = self.translate(self.quiz)
        question = single_choice("eins", points=5)
        self.quiz.questions = json.dumps([question])
        self.quiz.save_revision().publish()
        translated.refresh_from_db()
        assert translated.questions[0].value["points"] == 1
        self.sync(QuizPage.objects.get(pk=self.quiz.pk))
        translated.refresh_from_db()
        assert translated.questions[0].value["points"] == 5

    def test_list_items_without_ids_are_not_offered_for_translation(self):
        question = single_choice("ohne")
        question["value"]["options"] = [option["value"] for option in question["value"]["options"]]
        # As naive code stores it; an editor's save would give the items ids.
        QuizPage.objects.filter(pk=self.quiz.pk).update(questions=[question])
        quiz = QuizPage.objects.get(pk=self.quiz.pk)
        source, _created = TranslationSource.update_or_create_from_instance(quiz)
        texts = set(source.stringsegment_set.values_list("string__data", flat=True))
        assert "Was gilt für ohne?" in texts
        assert "Ja, denn …" not in texts

    def test_a_copied_page_keeps_its_block_ids_and_gets_a_new_key(self):
        copy = self.quiz.copy(update_attrs={"slug": "kopie"})
        assert self.quiz_ids(copy) == self.quiz_ids(self.quiz)
        assert copy.translation_key != self.quiz.translation_key


class NestedListTests(LocalizeTestCase):
    """A gap text has lists in a list."""

    def test_answers_of_gaps_are_translated_and_keep_their_ids(self):
        self.quiz.questions = json.dumps([gap_text(), single_choice("eins")])
        self.quiz.save_revision().publish()
        quiz = QuizPage.objects.get(pk=self.quiz.pk)
        translated = self.translate(quiz)
        translation = Translation.objects.get(
            source__object_id=translated.translation_key, target_locale=self.en
        )
        segments = translation.source.stringsegment_set
        for german, english in (("EU", "European Union"), ("Schweiz", "Switzerland")):
            segment = segments.get(string__data=german)
            StringTranslation.objects.create(
                translation_of=segment.string,
                locale=self.en,
                context=segment.context,
                data=english,
            )
        translation.save_target(publish=True)
        self.sync(quiz)
        translated = QuizPage.objects.get(pk=translated.pk)
        assert self.quiz_ids(translated) == self.quiz_ids(quiz)
        gap = translated.questions[0].value["gaps"][1]
        assert list(gap["answers"]) == ["European Union"]
        assert list(gap["distractors"]) == ["Switzerland"]
        assert [text.id for text in gap["answers"].bound_blocks] == [block_id("x-2a")]


class SegmentTests(LocalizeTestCase):
    def test_text_is_translated_and_keys_are_shared(self):
        translated = self.translate(self.modules[0])
        assert translated.translation_key == self.modules[0].translation_key
        translation = Translation.objects.get(
            source__object_id=translated.translation_key, target_locale=self.en
        )
        segment = translation.source.stringsegment_set.get(string__data="Text von Modul 1.")
        StringTranslation.objects.create(
            translation_of=segment.string,
            locale=self.en,
            context=segment.context,
            data="Text of module 1.",
        )
        translation.save_target(publish=True)
        translated.refresh_from_db()
        assert "Text of module 1." in str(translated.body)
        assert text_language(translated) == "en"

    def test_topics_are_synchronised_and_shared(self):
        topic = Topic.objects.create(name="Recht", slug="recht")
        course = CoursePage.objects.get(pk=self.course.pk)
        course.course_topics = [CourseTopic(tag=topic)]
        course.save_revision().publish()
        self.sync(course)
        translated = course.get_translation(self.en)
        assert [t.pk for t in translated.topics.all()] == [topic.pk]


class AliasTests(LocalizeTestCase):
    def alias(self) -> ModulePage:
        for page in (self.home, self.catalogue, self.course, self.modules[0]):
            page.specific.copy_for_translation(self.simple, copy_parents=True, alias=True)
        return ModulePage.objects.get(locale=self.simple)

    def test_an_alias_shows_its_sources_text_in_its_sources_language(self):
        alias = self.alias()
        assert source_page(alias).pk == self.modules[0].pk
        assert text_language(alias) == "de"

    def test_republishing_the_source_updates_the_alias_but_not_its_live_revision(self):
        alias = self.alias()
        before = alias.live_revision_id
        heard = []

        def listen(sender, instance, **kwargs):
            heard.append((instance.pk, kwargs.get("alias")))

        page_published.connect(listen)
        self.addCleanup(page_published.disconnect, listen)
        module = ModulePage.objects.get(pk=self.modules[0].pk)
        module.title = "Neu"
        module.save_revision().publish()
        alias.refresh_from_db()
        assert alias.title == "Neu"
        assert alias.live_revision_id == before
        assert (alias.pk, True) in heard


class RevisionTests(LocalizeTestCase):
    def test_purging_revisions_takes_the_live_one_when_a_draft_is_newer(self):
        module = ModulePage.objects.get(pk=self.modules[0].pk)
        module.title = "Entwurf"
        module.save_revision()
        call_command("purge_revisions", verbosity=0)
        module.refresh_from_db()
        assert module.live
        assert module.live_revision is None

    def test_deleting_a_page_deletes_its_revisions(self):
        module = ModulePage.objects.get(pk=self.modules[1].pk)
        revisions = list(module.revisions.values_list("pk", flat=True))
        module.delete()
        assert not Revision.objects.filter(pk__in=revisions).exists()


class UnknownQuestionTests(LearningHubTestCase):
    """Architecture 4.3: removing a plug-in destroys no question."""

    def test_a_question_of_an_unknown_type_survives_load_and_save(self):
        foreign = {
            "type": "acme_number",
            "id": block_id("fremd"),
            "value": {"text": "<p>Wie viele?</p>", "accepted": [item("x", 3)]},
        }
        self.quiz.questions = json.dumps([foreign, single_choice("eins")])
        self.quiz.save_revision().publish()
        quiz = QuizPage.objects.get(pk=self.quiz.pk)
        quiz.title = "Geändert"
        quiz.save_revision().publish()
        stored = QuizPage.objects.get(pk=self.quiz.pk).stored_questions()
        assert stored[0] == foreign
        assert [child.block_type for child in quiz.questions][0] == "unknown_question"


class CompletionTests(LocalizeTestCase):
    def test_a_translation_that_lacks_a_part_makes_the_course_no_shorter(self):
        first, second = self.modules
        for page in (self.course, first):
            english = self.translate(page)
            english.save_revision().publish()
        english.refresh_from_db()
        enrolment = actions.enrol(membership=self.membership(self.anna), course=english.course)
        actions.complete_activity(enrolment=enrolment, page=english)
        assert not enrolment.is_completed
        assert [item.key for item in outline(english.course)] == [
            item.key for item in outline(self.course)
        ]
        for page in (second, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        assert enrolment.is_completed

    def test_what_is_not_translated_yet_is_evidence_of_the_german_text(self):
        german = current_version(self.modules[0])
        module = self.translate(self.modules[0])
        module.save_revision().publish()
        module.refresh_from_db()
        assert current_version(module) == german
        module.title = "Module 1"
        module.save_revision().publish()
        assert current_version(module).language == "en"

    def test_a_translation_goes_with_its_original(self):
        english = self.translate(self.course)
        english.save_revision().publish()
        module = self.translate(self.modules[0])
        module.save_revision().publish()
        self.client.force_login(self.anna)
        assert self.client.get(module.url).status_code == 200
        self.course.unpublish()
        assert self.client.get(module.url).status_code == 404

    def test_a_restriction_holds_in_every_language(self):
        english = self.translate(self.course)
        english.save_revision().publish()
        module = self.translate(self.modules[0])
        module.save_revision().publish()
        module.refresh_from_db()
        PageViewRestriction.objects.create(
            page=self.course, restriction_type=PageViewRestriction.GROUPS
        )
        self.client.force_login(self.anna)
        for page in (english, module):
            assert self.client.get(page.url).status_code != 200
        url = reverse("courses:mark_as_learnt", args=[module.translation_key])
        version = current_version(module)
        assert self.client.post(f"/en{url[3:]}", {"version": version.uuid}).status_code == 404
        assert not Completion.objects.exists()


class BankTests(LocalizeTestCase):
    """Questions of the bank are translated like pages, and quizzes find them by their keys."""

    def setUp(self):
        self.question = bank_question("Eins", single_choice("eins"), tags="recht")

    def option_ids(self, question: BankQuestion) -> list[str]:
        return question.block.block.option_ids(question.block.value)

    def translated(self) -> BankQuestion:
        translate_object(self.question, [self.en])
        return BankQuestion.objects.get(locale=self.en)

    def write(self, german: str, english: str) -> None:
        """Translate one string and publish the translation."""
        source = TranslationSource.objects.get_for_instance(self.question)
        segment = source.stringsegment_set.get(string__data=german)
        StringTranslation.objects.create(
            translation_of=segment.string, context=segment.context, locale=self.en, data=english
        )
        with self.captureOnCommitCallbacks(execute=True):
            Translation.objects.get(source=source).save_target(publish=True)

    def test_ids_stay_through_translation_and_every_sync(self):
        english = self.translated()
        assert english.block.id == self.question.block.id == block_id("eins")
        assert self.option_ids(english) == self.option_ids(self.question)
        assert english.translation_key == self.question.translation_key
        self.question.question = json.dumps([single_choice("eins", points=5)])
        self.question.save_revision().publish()
        self.sync(self.question)
        english = BankQuestion.objects.get(pk=english.pk)
        assert self.option_ids(english) == self.option_ids(self.question)
        assert english.points == 5

    def test_a_translated_question_is_frozen_in_its_language(self):
        self.translated()
        self.write("Was gilt für eins?", "What holds for one?")
        english = BankQuestion.objects.get(locale=self.en)
        assert english.live
        assert (english.version.language, english.version.number) == ("en", 1)
        assert english.version.unit_key == self.question.translation_key

    def test_keywords_are_synchronised(self):
        english = self.translated()
        self.question.tags.add("praxis")
        self.question.save_revision().publish()
        self.sync(self.question)
        english = BankQuestion.objects.get(pk=english.pk)
        assert {tag.name for tag in english.tags.all()} == {"recht", "praxis"}

    def test_a_translated_quiz_keeps_its_choice_and_asks_it_in_its_own_language(self):
        chosen = {
            "type": "bank_question",
            "id": block_id("c"),
            "value": {"question": self.question.pk, "points": None},
        }
        drawn = {
            "type": "random_draw",
            "id": block_id("d"),
            "value": {"tags": ["praxis"], "count": 1},
        }
        bank_question("Zwei", single_choice("zwei"), tags="praxis")
        self.quiz.questions = json.dumps([chosen, drawn])
        self.quiz.save_revision().publish()
        english = self.translate(self.quiz)
        assert english.stored_questions() == [chosen, drawn]
        self.translated()
        self.write("Was gilt für eins?", "What holds for one?")
        english.title = "Final test"
        english.save_revision().publish()
        self.sync(self.quiz)
        assert QuizPage.objects.get(pk=english.pk).stored_questions() == [chosen, drawn]
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        attempt = actions.start_attempt(enrolment=enrolment, quiz=english)
        languages = {str(key): asked.language for key, asked in question_set(attempt).items()}
        assert languages.pop(str(self.question.translation_key)) == "en"
        assert list(languages.values()) == ["de"]

    def test_what_must_not_go_live_does_not_by_a_translation(self):
        self.translated()
        BankQuestion.objects.filter(locale=self.en).update(question=json.dumps([]))
        english = BankQuestion.objects.get(locale=self.en)
        with self.assertRaises(PublishingRefused):
            english.save_revision().publish()
