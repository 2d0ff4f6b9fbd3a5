"""The course package: out of one hub, into another."""

from __future__ import annotations

import json
import tempfile
import time
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from unittest.mock import patch
from zipfile import ZipFile, ZipInfo

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import GroupPagePermission, Page
from wagtail_localize.models import StringTranslation, Translation, TranslationSource
from wagtail_localize.operations import translate_object

from courses.enums import ChangeKind
from courses.interchange.package import (
    PackageRefused,
    read_package,
    sha256,
    write_package,
)
from courses.interchange.package_export import export_course
from courses.interchange.package_import import import_course, plan_course
from courses.models import (
    BankQuestion,
    ContentVersion,
    CoursePage,
    ModulePage,
    QuestionTag,
    QuizPage,
    Topic,
)
from courses.versions import newer_original
from hub.organisations.models import User
from tests.cases import (
    LearningHubTestCase,
    bank_question,
    block_id,
    draft,
    new_module,
    single_choice,
)
from tests.plugin_example.models import FilmPage

Image, Document = get_image_model(), get_document_model()


class PackageTestCase(LearningHubTestCase):
    """The course of all tests, with pictures, links, the bank and three languages."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.image = Image.objects.create(
            title="Rathaus", description="Das Rathaus", file=get_test_image_file("rathaus.png")
        )
        cls.image._set_file_hash()
        cls.image.save()
        cls.document = Document.objects.create(
            title="Merkblatt", file=ContentFile(b"Merke!", name="merkblatt.txt")
        )
        cls.files = {}
        for row in (cls.image, cls.document):
            with row.file.open("rb") as file:
                cls.files[row.file.name] = file.read()
        topic = Topic.objects.create(name="Recht", slug="recht")
        topic.labels.create(language="en", text="Law")
        topic.save()
        cls.chosen = bank_question("Gewählt", cls.with_picture("gewählt"), author="AG KI")
        cls.drawn = bank_question("Gezogen", single_choice("gezogen"), tags="recht datenschutz")
        cls.other = bank_question("Andere", single_choice("andere"), tags="recht")
        cls.fill_module()
        cls.fill_quiz()
        cls.course.topics.add(topic)
        cls.course.save_revision().publish()
        cls.translate()
        cls.course = CoursePage.objects.get(pk=cls.course.pk)

    @classmethod
    def with_picture(cls, name):
        question = single_choice(name)
        question["value"]["image"] = {"image": cls.image.pk, "alt_text": "Ein Rathaus"}
        return question

    @classmethod
    def fill_module(cls):
        module = cls.modules[0]
        text = (
            f'<p>Siehe <a id="{cls.modules[1].pk}" linktype="page">Modul 2</a>, '
            f'<a linktype="page" id="{cls.home.pk}">die Startseite</a> und '
            f'<a linktype="document" id="{cls.document.pk}">das Merkblatt</a>.</p>'
        )
        module.body = json.dumps(
            [
                {"type": "text", "id": block_id("links"), "value": text},
                {
                    "type": "image",
                    "id": block_id("bild"),
                    "value": {
                        "image": {
                            "image": cls.image.pk,
                            "alt_text": "Das Rathaus",
                            "decorative": False,
                        },
                        "caption": "Rathaus",
                        "source": "",
                    },
                },
            ]
        )
        module.save_revision().publish()

    @classmethod
    def fill_quiz(cls):
        cls.quiz.questions = json.dumps(
            [
                single_choice("eins"),
                {
                    "type": "bank_question",
                    "id": block_id("platz"),
                    "value": {"question": cls.chosen.pk, "points": 3},
                },
                {
                    "type": "random_draw",
                    "id": block_id("zufall"),
                    "value": {"tags": ["recht", "datenschutz"], "count": 1},
                },
            ]
        )
        cls.quiz.save_revision().publish()

    @classmethod
    def translate(cls):
        """English: a synced course, one translated module and an alias; plain German: a course."""
        for locale in (cls.en, cls.simple):
            home = cls.home.copy_for_translation(locale)
            home.save_revision().publish()
            catalogue = cls.catalogue.copy_for_translation(locale)
            catalogue.save_revision().publish()
        translate_object(cls.course, [cls.en])
        translate_object(cls.modules[0], [cls.en])
        course = cls.course.get_translation(cls.en)
        course.title = "AI basics"
        course.save_revision().publish()
        module = cls.modules[0].get_translation(cls.en)
        module.title = "Module one"
        module.save_revision().publish()
        cls.modules[1].copy_for_translation(cls.en, alias=True)
        easy = cls.course.copy_for_translation(cls.simple)
        easy.title = "KI leicht"
        easy.save_revision()

    def setUp(self):
        # A test that is over gives its rows back, but not the files it deleted.
        for row in (self.image, self.document):
            storage, name = row.file.storage, row.file.name
            if not storage.exists(name):
                storage.save(name, ContentFile(self.files[name]))

    def editor(self, *permissions, page=None):
        user = User.objects.create_user(f"editor{User.objects.count()}", password="geheim")
        group = Group.objects.create(name=f"Redaktion {user.pk}")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        for codename in permissions:
            if codename.endswith("_page"):
                GroupPagePermission.objects.create(
                    group=group,
                    page=page or self.catalogue,
                    permission=Permission.objects.get(codename=codename),
                )
            else:
                group.permissions.add(Permission.objects.get(codename=codename))
        user.groups.add(group)
        return User.objects.get(pk=user.pk)

    def packed(self):
        return write_package(export_course(self.course))

    def package(self):
        return read_package(self.packed())

    def empty_the_hub(self):
        """Delete the course and all that belongs to it, so that new primary keys are given."""
        if not Page.objects.filter(slug="platzhalter").exists():
            draft(self.catalogue, new_module("Platzhalter"))
        for course in CoursePage.objects.all():
            Page.objects.get(pk=course.pk).delete()
        for row in (*Image.objects.all(), *Document.objects.all()):
            row.file.delete(save=False)
        for model in (BankQuestion, QuestionTag, Topic, Image, Document, TranslationSource):
            model.objects.all().delete()
        Translation.objects.all().delete()

    def take(self, package=None, **options):
        options = {"user": None, "publish": False, **options}
        return import_course(package=package or self.package(), catalogue=self.catalogue, **options)


class RoundTripTests(PackageTestCase):
    def test_the_same_course_gives_the_same_bytes(self):
        package = export_course(self.course)
        assert write_package(package) == write_package(package)
        again = export_course(self.course)
        again.created = package.created
        assert write_package(again) == write_package(package)

    def test_into_an_empty_hub_and_out_again(self):
        before = self.package()
        keys = {place: page.pk for place, page in self.by_place().items()}
        self.empty_the_hub()
        report = self.take(before, publish=True)
        assert not report.lost, report.lost
        assert report.counts["left_out"] == 0, [s.reason for s in report.steps]
        assert report.counts["created"] == len(before.pages) + len(before.questions)
        after = export_course(report.course)
        after.created, before.notes = before.created, after.notes
        assert after.pages == before.pages
        assert after.questions == before.questions
        assert write_package(after) == write_package(before)
        assert keys.keys() == self.by_place().keys()
        assert not set(keys.values()) & {page.pk for page in self.by_place().values()}

    def by_place(self):
        return {
            (page.translation_key, page.locale_id): page
            for course in CoursePage.objects.all()
            for page in course.get_descendants(inclusive=True)
        }

    def test_what_refers_to_something_finds_it(self):
        package = self.package()
        self.empty_the_hub()
        self.take(package, publish=True)
        module = ModulePage.objects.get(translation_key=self.modules[0].translation_key, locale=1)
        second = ModulePage.objects.get(translation_key=self.modules[1].translation_key, locale=1)
        text = str(module.body[0].value.source)
        assert f'<a id="{second.pk}" linktype="page">Modul 2</a>' in text
        assert f'id="{Document.objects.get().pk}"' in text
        assert ", die Startseite und" in text
        image = Image.objects.get()
        assert (image.title, image.description) == ("Rathaus", "Das Rathaus")
        quiz = QuizPage.objects.get(translation_key=self.quiz.translation_key)
        chosen = BankQuestion.objects.get(translation_key=self.chosen.translation_key)
        assert quiz.questions[1].value["question"] == chosen
        assert chosen.block.value["image"]["image"] == image
        assert chosen.author == "AG KI"
        drawn = BankQuestion.objects.get(translation_key=self.drawn.translation_key)
        assert set(drawn.tags.values_list("slug", flat=True)) == {"recht", "datenschutz"}
        assert not BankQuestion.objects.filter(name="Andere").exists()
        topic = CoursePage.objects.get(locale=self.de).topics.get()
        assert topic.labels.get().text == "Law"

    def test_the_page_of_a_plug_in_comes_along(self):
        film = draft(self.course, FilmPage(title="Film", slug="film", duration_minutes=7))
        package = self.package()
        self.empty_the_hub()
        assert not FilmPage.objects.exists()
        self.take(package)
        found = FilmPage.objects.get(translation_key=film.translation_key)
        assert (found.title, found.duration_minutes) == ("Film", 7)

    def test_a_question_type_that_is_not_installed_comes_along(self):
        kept = {
            "type": "hotspot",
            "id": block_id("fremd"),
            "value": {
                "text": "<p>Wo?</p>",
                "image": {"image": self.image.pk, "alt_text": "Plan"},
            },
        }
        quiz = QuizPage(title="Q", slug="q", questions=json.dumps([single_choice("a"), kept]))
        quiz = draft(self.course, quiz)
        package = self.package()
        self.empty_the_hub()
        self.take(package)
        found = QuizPage.objects.get(translation_key=quiz.translation_key).stored_questions()[1]
        kept["value"]["image"]["image"] = Image.objects.get().pk
        assert found == kept

    def test_an_alias_stays_one(self):
        package = self.package()
        self.empty_the_hub()
        self.take(package, publish=True)
        key = self.modules[1].translation_key
        alias = ModulePage.objects.get(translation_key=key, locale=self.en)
        assert alias.alias_of.locale == self.de
        assert alias.live
        assert alias.title == "Modul 2"

    def test_nothing_is_public_unless_asked_for(self):
        package = self.package()
        self.empty_the_hub()
        versions = ContentVersion.objects.count()
        self.take(package)
        for course in CoursePage.objects.all():
            assert not course.get_descendants(inclusive=True).live().exists()
        assert not BankQuestion.objects.filter(live=True).exists()
        assert ContentVersion.objects.count() == versions
        module = ModulePage.objects.get(
            translation_key=self.modules[1].translation_key, locale=self.en
        )
        assert module.body[0].value == "Über Modul 2"

    def test_no_person_is_in_it(self):
        self.course.owner = self.admin
        self.course.save()
        self.course.save_revision(user=self.admin).publish()
        with ZipFile(BytesIO(self.packed())) as archive:
            text = archive.read("course.json").decode() + archive.read("manifest.json").decode()
        for word in ("owner", "admin", "user", "comment", "locked", "revision"):
            assert f'"{word}' not in text, word

    def test_a_preview_leaves_nothing(self):
        package = self.package()
        self.empty_the_hub()
        report = plan_course(package=package, catalogue=self.catalogue, user=None, publish=True)
        assert report.counts["created"] == len(package.pages) + len(package.questions)
        assert not CoursePage.objects.exists()
        assert not BankQuestion.objects.exists()
        assert not Image.objects.exists()


class AgainTests(PackageTestCase):
    def test_importing_twice_changes_nothing(self):
        package = self.package()
        self.empty_the_hub()
        self.take(package)
        rows = self.counted()
        report = self.take(package)
        assert {step.outcome for step in report.steps} == {"identical"}, [
            (step.title, step.changes) for step in report.steps if step.changes
        ]
        assert not report.made
        assert not report.notes
        assert self.counted() == rows

    def counted(self):
        models = (Page, BankQuestion, Topic, QuestionTag, Image, Document, ContentVersion)
        return {model: model.objects.count() for model in models} | {
            "revisions": sum(page.revisions.count() for page in Page.objects.all())
        }

    def test_where_it_came_from_it_is_there_already(self):
        versions = list(ContentVersion.objects.values())
        report = self.take()
        changed = {step.title: step.changes for step in report.steps if step.changes}
        # The one link that leads out of the course is a plain text in the package.
        assert changed.keys() <= {"Modul 1", "Module one"}
        assert list(ContentVersion.objects.values()) == versions

    def newer(self, **fields):
        """The package, with other fields of the second module."""
        package = self.package()
        key = str(self.modules[1].translation_key)
        package.pages = [
            replace(page, fields=page.fields | fields)
            if (page.key, page.language) == (key, "de")
            else page
            for page in package.pages
        ]
        return package

    def test_a_newer_package_is_a_draft(self):
        live = ModulePage.objects.get(pk=self.modules[1].pk)
        report = self.take(self.newer(summary="Neu", duration_minutes=25))
        step = next(s for s in report.steps if s.title == "Modul 2" and s.entry.language == "de")
        assert step.outcome == "updated"
        assert step.changes == ["Dauer in Minuten", "Zusammenfassung"] or len(step.changes) == 2
        module = ModulePage.objects.get(pk=live.pk)
        assert module.summary == live.summary
        assert module.live
        assert module.has_unpublished_changes
        assert module.get_latest_revision_as_object().summary == "Neu"

    def test_publishing_brings_the_newer_text_live(self):
        versions = ContentVersion.objects.count()
        self.take(self.newer(summary="Neu"), publish=True)
        module = ModulePage.objects.get(pk=self.modules[1].pk)
        assert module.summary == "Neu"
        assert not module.has_unpublished_changes
        assert ContentVersion.objects.count() >= versions + 1

    def with_both_newer(self, **flags):
        """The package, with another text of the first module and of its translation."""
        package = self.package()
        key = str(self.modules[0].translation_key)
        package.pages = [
            replace(page, fields=page.fields | {"summary": f"Neu {page.language}"}, **flags)
            if page.key == key and page.language in ("de", "en")
            else page
            for page in package.pages
        ]
        return package

    def module_versions(self):
        versions = ContentVersion.objects.filter(unit_key=self.modules[0].translation_key)
        return {language: versions.filter(language=language).last() for language in ("de", "en")}

    def test_a_translation_that_came_with_its_original_is_up_to_date(self):
        before = self.module_versions()
        self.take(self.with_both_newer(), publish=True)
        after = self.module_versions()
        for language in ("de", "en"):
            assert after[language].content["summary"] == f"Neu {language}"
            assert after[language].edition == before["de"].edition + 1
        english = self.modules[0].get_translation(self.en).specific
        assert newer_original(english) is None

    def test_one_that_was_older_where_it_came_from_stays_so(self):
        before = self.module_versions()
        self.take(self.with_both_newer(is_older=True), publish=True)
        after = self.module_versions()
        assert after["de"].edition == before["de"].edition + 1
        assert after["en"].edition == before["en"].edition
        english = self.modules[0].get_translation(self.en).specific
        assert newer_original(english) is not None
        entry = next(
            page
            for page in self.package().pages
            if (page.key, page.language) == (str(english.translation_key), "en")
        )
        assert entry.is_older

    def test_it_stays_so_in_an_empty_hub_too(self):
        package = self.with_both_newer(is_older=True)
        self.empty_the_hub()
        ContentVersion.objects.all().delete()
        self.take(package, publish=True)
        english = ModulePage.objects.get(locale=self.en, title="Module one")
        assert newer_original(english) is not None
        course = CoursePage.objects.get(locale=self.de)
        assert [page.is_older for page in export_course(course).pages if page.language == "en"] == [
            page.is_older for page in package.pages if page.language == "en"
        ]

    def test_of_drafts_the_answer_for_the_original_decides(self):
        before = self.module_versions()
        self.take(self.with_both_newer())
        german = ModulePage.objects.get(pk=self.modules[0].pk)
        draft = german.get_latest_revision_as_object()
        draft.change_kind = ChangeKind.EDITORIAL
        draft.save_revision().publish(user=self.admin)
        self.modules[0].get_translation(self.en).get_latest_revision().publish()
        after = self.module_versions()
        assert after["de"].number == before["de"].number + 1
        assert after["en"].content["summary"] == "Neu en"
        assert after["de"].edition == after["en"].edition == before["de"].edition

    def test_a_translation_alone_is_brought_up_to_date(self):
        self.take(self.with_both_newer(is_older=True), publish=True)
        english = self.modules[0].get_translation(self.en).specific
        assert newer_original(english) is not None
        package = self.with_both_newer()
        package.pages = [
            replace(page, fields=page.fields | {"summary": "Newer", "title": "Module one"})
            if page.place == (str(english.translation_key), "en")
            else page
            for page in package.pages
        ]
        package.pages = [replace(page, is_older=False) for page in package.pages]
        report = self.take(package, publish=True)
        german = next(
            s for s in report.steps if s.entry.place == (str(english.translation_key), "de")
        )
        assert german.outcome == "identical"
        assert newer_original(english) is None

    def test_what_nobody_could_complete_stays_a_draft(self):
        package = self.package()
        self.empty_the_hub()
        package.pages = [
            replace(page, fields=page.fields | {"is_required": False})
            if "is_required" in page.fields
            else page
            for page in package.pages
        ]
        report = self.take(package, publish=True)
        assert not CoursePage.objects.filter(live=True, locale=self.de).exists()
        assert any(
            "cannot be published" in note or "veröffentlicht" in note
            for step in report.steps
            for note in step.notes
        )

    def test_order_and_what_the_package_does_not_know(self):
        own = draft(self.course, new_module("Eigenes"))
        package = self.package()
        package.pages = [p for p in package.pages if p.key != str(own.translation_key)]
        first = [p for p in package.pages if p.key == str(self.modules[0].translation_key)]
        below = [p for p in package.pages if p.parent == str(self.modules[0].translation_key)]
        package.pages = [p for p in package.pages if p not in (*first, *below)] + first + below
        report = self.take(package)
        titles = [page.title for page in CoursePage.objects.get(pk=self.course.pk).get_children()]
        assert titles == ["Modul 2", "Abschlusstest", "Eigenes", "Modul 1"]
        assert any("Eigenes" in note for note in report.notes)
        assert self.take(package).notes == [n for n in report.notes if "Eigenes" in n]

    def test_a_module_moves(self):
        package = self.package()
        key = str(self.knowledge_check.translation_key)
        package.pages = [
            replace(page, parent=str(self.course.translation_key)) if page.key == key else page
            for page in package.pages
        ]
        self.take(package)
        assert Page.objects.get(pk=self.knowledge_check.pk).get_parent().pk == self.course.pk

    def test_synchronising_keeps_the_translation(self):
        package = self.package()
        self.empty_the_hub()
        self.take(package, publish=True)
        course = CoursePage.objects.get(locale=self.en)
        translation = Translation.objects.get(
            source__object_id=course.translation_key, target_locale=self.en
        )
        translation.source.update_from_db()
        translation.save_target()
        course.refresh_from_db()
        assert course.title == "AI basics"
        # What the import prevents: without the strings, the original's text takes its place.
        StringTranslation.objects.all().delete()
        translation.save_target()
        course.refresh_from_db()
        assert course.title == "KI-Grundlagen"

    def test_an_address_that_is_taken(self):
        package = self.package()
        self.empty_the_hub()
        draft(self.catalogue, CoursePage(title="Fremd", slug="grundlagen", summary="x"))
        report = self.take(package)
        assert report.course.slug == "grundlagen-2"
        assert {s.outcome for s in self.take(package).steps} == {"identical"}


class RefusalTests(PackageTestCase):
    def test_a_page_elsewhere_is_left_alone(self):
        package = self.package()
        other = draft(self.catalogue, CoursePage(title="Fremd", slug="fremd", summary="x"))
        self.modules[1].move(other, pos="last-child")
        report = self.take(package)
        step = next(s for s in report.steps if s.title == "Modul 2" and s.entry.language == "de")
        assert step.outcome == "left_out"
        assert not report.is_complete
        assert Page.objects.get(pk=self.modules[1].pk).get_parent().pk == other.pk

    def test_a_type_that_is_not_installed(self):
        package = self.package()
        self.empty_the_hub()
        key = str(self.modules[0].translation_key)
        package.pages = [
            replace(page, model="films.filmpage") if page.key == key else page
            for page in package.pages
        ]
        report = self.take(package)
        left = {(s.title, s.entry.language) for s in report.steps if s.outcome == "left_out"}
        assert left >= {("Modul 1", "de"), ("Wissenscheck", "de")}
        assert report.counts["created"]

    def changed(self, package, **fields):
        """The package with other fields of the first module, and a hub without the course."""
        self.empty_the_hub()
        key = str(self.modules[0].translation_key)
        pages = [
            replace(page, fields=page.fields | fields) if page.key == key else page
            for page in package.pages
        ]
        return replace(package, pages=pages)

    def test_damaged_content_is_left_out_and_the_rest_taken(self):
        package = self.package()
        for fields in (
            {"body": [1, 2]},
            {"body": "x"},
            {"body": [{"type": "text", "id": "x", "value": {}}]},
            {"duration_minutes": "viele"},
            {"duration_minutes": 10**20},
            {"duration_minutes": None},
            {"summary": "x" * 1000},
        ):
            with self.subTest(fields=str(fields)[:60]):
                report = self.take(self.changed(package, **fields))
                left = {(s.title, s.entry.language) for s in report.steps if s.reason}
                assert left == {("Modul 1", "de"), ("Module one", "en"), ("Wissenscheck", "de")}
                assert Page.objects.filter(title="Modul 2", locale=self.de).exists()
                assert not Page.objects.filter(title="Modul 1").exists()

    def test_code_and_foreign_keys_do_not_get_in(self):
        html = (
            '<p onclick="x()">A<script>x()</script><a href="javascript:x()">b</a>'
            f'<a linktype="page" id="{self.home.pk}">c</a><![CDATA[><img src=x onerror=x()>]]></p>'
        )
        body = [
            {"type": "text", "id": block_id("x"), "value": html},
            {
                "type": "image",
                "id": block_id("y"),
                "value": {"image": self.image.pk, "caption": ""},
            },
        ]
        self.take(
            self.changed(
                self.package(),
                body=body,
                owner=self.admin.pk,
                live=True,
                path="0001",
                locked=True,
            )
        )
        module = ModulePage.objects.get(
            translation_key=self.modules[0].translation_key, locale=self.de
        )
        source = module.body[0].value.source
        for word in ("onclick", "<script", "javascript", "linktype", "onerror", "CDATA"):
            assert word not in source, source
        assert module.owner is None
        assert not module.live
        assert not module.locked

    def test_who_may_not_edit_changes_nothing(self):
        package = self.package()
        package.pages = [
            replace(page, fields=page.fields | {"title": "Anders"}) for page in package.pages
        ]
        user = self.editor("add_page")
        report = self.take(package, user=user, publish=True)
        outcomes = {step.outcome for step in report.steps}
        assert outcomes == {"left_out"}
        assert not Page.objects.filter(draft_title="Anders").exists()

    def test_who_may_not_publish_leaves_drafts(self):
        package = self.package()
        self.empty_the_hub()
        user = self.editor("add_page", "change_page", "add_bankquestion", "change_bankquestion")
        report = self.take(package, user=user, publish=True)
        assert CoursePage.objects.get(locale=self.de).live is False
        assert not BankQuestion.objects.filter(live=True).exists()
        assert any("draft" in n or "Entwurf" in n for s in report.steps for n in s.notes)
        # Neither pictures nor topics may be added by this person.
        assert report.lost

    def test_a_locked_page_stays(self):
        Page.objects.filter(pk=self.modules[1].pk).update(locked=True)
        package = self.package()
        report = self.take(package)
        step = next(s for s in report.steps if s.title == "Modul 2" and s.entry.language == "de")
        assert step.outcome == "left_out"


class HostileFileTests(PackageTestCase):
    def rezip(self, change):
        """The package with its files changed by ``change``, hashes as they were."""
        with ZipFile(BytesIO(self.packed())) as archive:
            parts = {info.filename: archive.read(info) for info in archive.infolist()}
        return self.zipped(change(parts) or parts)

    def zipped(self, parts):
        target = BytesIO()
        with ZipFile(target, "w") as archive:
            for name, part in parts.items() if isinstance(parts, dict) else parts:
                archive.writestr(name, part)
        return target.getvalue()

    def signed(self, change):
        """The package with another content and the right hashes."""

        def act(parts):
            content = json.loads(parts["course.json"])
            manifest = json.loads(parts["manifest.json"])
            change(content, manifest)
            parts["course.json"] = json.dumps(content).encode()
            manifest["files"]["course.json"]["sha256"] = sha256(parts["course.json"])
            parts["manifest.json"] = json.dumps(manifest).encode()

        return self.rezip(act)

    def refused(self, content):
        with pytest.raises(PackageRefused) as caught:
            read_package(content)
        assert str(caught.value)
        return str(caught.value)

    def test_files_that_are_no_package(self):
        good = self.packed()
        for content in (b"", b"PK", b"<html>", good[:2000], good[2000:], self.zipped({"a": b"b"})):
            self.refused(content)

    def test_names(self):
        for name in ("../evil", "/etc/passwd", "media/../../x", "media/x.png", "C:\\x", "x/"):
            self.refused(self.rezip(lambda parts, name=name: parts | {name: b""}))

    def test_two_files_of_one_name(self):
        with pytest.warns(UserWarning, match="Duplicate name"):
            content = self.rezip(lambda parts: [*parts.items(), ("course.json", b"{}")])
        self.refused(content)

    def test_a_symlink(self):
        info = ZipInfo("media/" + "0" * 64 + ".png")
        info.external_attr = 0o120777 << 16
        self.refused(self.rezip(lambda parts: [*parts.items(), (info, b"/etc/passwd")]))

    def test_wrong_hashes(self):
        def change(parts):
            parts["course.json"] += b" "

        self.refused(self.rezip(change))

        def picture(parts):
            name = next(name for name in parts if name.startswith("media/"))
            parts[name] = b"something else"

        self.refused(self.rezip(picture))

    def test_a_bomb(self):
        import zipfile

        target = BytesIO()
        with ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("manifest.json", b" " * 60 * 1024 * 1024)
            archive.writestr("course.json", b"{}")
        self.refused(target.getvalue())

    def test_json_bombs(self):
        for text in (b"[" * 100_000, b"[]", b'{"format": NaN}', b"\xff", b'{"format":"\\ud800"}'):
            self.refused(self.rezip(lambda parts, text=text: parts | {"manifest.json": text}))

    def test_a_newer_format(self):
        def change(content, manifest):
            manifest["version"] = 2

        newer = self.refused(self.signed(change))
        assert "newer" in newer or "neuer" in newer

    def test_content_that_makes_no_course(self):
        def twice(content, manifest):
            content["pages"].append(content["pages"][0])

        def orphan(content, manifest):
            content["pages"][1]["parent"] = block_id("nirgends")

        def no_key(content, manifest):
            content["pages"][0]["key"] = "1"

        def no_list(content, manifest):
            content["questions"] = {}

        def numbers(content, manifest):
            content["pages"] = [1]

        def nul(content, manifest):
            content["pages"][0]["fields"]["summary"] = "\0"

        def foreign(content, manifest):
            content["pages"][0]["model"] = "../x"

        def lost(content, manifest):
            content["media"] = content["media"] * 2 + [{"sha256": "0" * 64}]

        for change in (twice, orphan, no_key, no_list, numbers, nul, foreign, lost):
            with self.subTest(change.__name__):
                self.refused(self.signed(change))

    def test_what_is_unchanged_is_read(self):
        assert read_package(self.signed(lambda content, manifest: None)).title

    def test_a_file_that_is_no_picture(self):
        package = self.package()
        self.empty_the_hub()
        entry = next(entry for entry in package.media if entry.kind == "image")
        evil = b"<html><script>x()</script></html>"
        package.files[entry.sha256] = evil
        report = self.take(package)
        assert any("rathaus" in line for line in report.lost)
        assert not Image.objects.exists()


class CommandTests(PackageTestCase):
    def call(self, *args):
        out = StringIO()
        try:
            call_command(*args, stdout=out)
        except CommandError as error:
            return error.returncode, out.getvalue()
        return 0, out.getvalue()

    def test_out_and_in(self):
        with tempfile.TemporaryDirectory() as folder:
            target = str(Path(folder) / "kurs.zip")
            # The link to the start page stays behind.
            assert self.call("export_course", "grundlagen", "--output", target)[0] == 3
            key = str(self.course.translation_key)
            assert self.call("export_course", key, "--output", target)[0] == 3
            self.empty_the_hub()
            status, said = self.call("import_course", target, "--dry-run", "--json")
            assert status == 0
            assert json.loads(said)["counts"]["created"] > 5
            assert not CoursePage.objects.exists()
            assert self.call("import_course", target, "--publish")[0] == 0
            assert CoursePage.objects.get(locale=self.de).live
            status, said = self.call("import_course", target, "--json")
            assert status == 0
            assert json.loads(said)["counts"]["created"] == 0

    def test_exit_statuses(self):
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "kurs.zip"
            assert self.call("import_course", str(target))[0] == 2
            target.write_bytes(b"nichts")
            assert self.call("import_course", str(target))[0] == 2
            assert self.call("export_course", "fehlt", "--output", str(target))[0] == 2
            Page.objects.filter(pk=self.modules[1].pk).update(locked=True)
            target.write_bytes(self.packed())
            assert self.call("import_course", str(target))[0] == 3


class AdminTests(PackageTestCase):
    """Download, upload, preview, confirm."""

    ALL = (
        "add_page",
        "change_page",
        "publish_page",
        "add_bankquestion",
        "change_bankquestion",
        "publish_bankquestion",
        "add_topic",
        "add_image",
        "add_document",
    )

    def download_url(self):
        return reverse("download_course_package", args=[self.course.pk])

    def import_url(self):
        return reverse("import_course_package", args=[self.catalogue.pk])

    def upload(self, content, **data):
        file = SimpleUploadedFile("kurs.zip", content, "application/zip")
        return self.client.post(self.import_url(), {"file": file, **data})

    def test_buttons(self):
        self.client.force_login(self.admin)
        course = reverse("wagtailadmin_explore", args=[self.course.pk])
        self.assertContains(self.client.get(course), self.download_url())
        catalogue = reverse("wagtailadmin_explore", args=[self.catalogue.pk])
        self.assertContains(self.client.get(catalogue), self.import_url())

    def test_download(self):
        self.client.force_login(self.editor("change_page"))
        response = self.client.get(self.download_url())
        assert response["Content-Type"] == "application/zip"
        assert "attachment" in response["Content-Disposition"]
        assert read_package(response.content).title == "KI-Grundlagen"

    def test_strangers_find_nothing(self):
        nobody = self.editor()
        elsewhere = self.editor("add_page", "change_page", page=self.course)
        for user, url in (
            (nobody, self.download_url()),
            (nobody, self.import_url()),
            (self.hilde, self.download_url()),
            (elsewhere, self.import_url()),
        ):
            self.client.force_login(user)
            assert self.client.get(url).status_code == 404
            assert self.client.post(url).status_code in {404, 405}

    def test_upload_look_confirm(self):
        content = self.packed()
        self.empty_the_hub()
        self.client.force_login(self.admin)
        response = self.upload(content, publish="on")
        self.assertContains(response, "KI-Grundlagen")
        assert not CoursePage.objects.exists()
        token = response.context["token"]
        response = self.client.post(self.import_url(), {"token": token, "publish": "on"})
        course = CoursePage.objects.get(locale=self.de)
        assert course.live
        assert response.url == reverse("wagtailadmin_explore", args=[course.pk])
        # The file is gone: the button works once.
        pages = Page.objects.count()
        self.client.post(self.import_url(), {"token": token})
        assert Page.objects.count() == pages

    def test_a_token_is_for_one_person_and_for_an_hour(self):
        content = self.packed()
        self.empty_the_hub()
        self.client.force_login(self.admin)
        token = self.upload(content).context["token"]
        self.client.force_login(self.editor(*self.ALL[:2]))
        self.client.post(self.import_url(), {"token": token})
        self.client.post(self.import_url(), {"token": "x"})
        assert not CoursePage.objects.exists()
        self.client.force_login(self.admin)
        with patch("django.core.signing.time.time", return_value=time.time() + 3700):
            self.client.post(self.import_url(), {"token": token})
        assert not CoursePage.objects.exists()

    def test_who_may_not_publish_is_not_asked_and_does_not(self):
        content = self.packed()
        self.empty_the_hub()
        self.client.force_login(self.editor(*(p for p in self.ALL if not p.startswith("publish"))))
        assert "publish" not in self.client.get(self.import_url()).context["form"].fields
        token = self.upload(content, publish="on").context["token"]
        self.client.post(self.import_url(), {"token": token, "publish": "on"})
        assert CoursePage.objects.filter(locale=self.de).exists()
        assert not CoursePage.objects.filter(live=True).exists()

    def test_a_broken_file_is_said_in_words(self):
        self.client.force_login(self.admin)
        for content in (b"nichts", self.packed()[:3000]):
            response = self.upload(content)
            assert response.context["form"].errors["file"]
