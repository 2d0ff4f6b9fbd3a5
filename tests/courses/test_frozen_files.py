"""What a content version shows of the library outlives the library."""

import hashlib
import json
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.files.storage import storages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image as Drawing
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page

from courses.frozen_files import FILES, as_it_was, files_of
from courses.models import BankQuestion, ContentVersion, FrozenFile, ModulePage, QuizPage
from courses.texts import module_text
from courses.versions import current_version
from hub.organisations.models import User
from tests.cases import LearningHubTestCase, block_id, publish, single_choice


def png(colour: str) -> bytes:
    file = BytesIO()
    Drawing.new("RGB", (8, 6), colour).save(file, "PNG")
    return file.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


RED, BLUE = png("red"), png("blue")


class FrozenFilesTestCase(LearningHubTestCase):
    def setUp(self):
        self.picture = get_image_model().objects.create(
            title="Schaubild", file=ImageFile(BytesIO(RED), "schaubild.png")
        )
        self.module = self.with_picture("Mit Bild")

    def with_picture(self, title: str) -> ModulePage:
        figure = {
            "image": {"image": self.picture.pk, "alt_text": "Ein Ablauf", "decorative": False},
            "caption": "So geht es",
        }
        body = json.dumps([{"type": "image", "id": block_id(title), "value": figure}])
        module = ModulePage(title=title, slug=title.lower().replace(" ", "-"), body=body)
        with self.captureOnCommitCallbacks(execute=True):
            return publish(self.course, module)

    def replace(self, content: bytes):
        with self.captureOnCommitCallbacks(execute=True):
            self.picture.file = ImageFile(BytesIO(content), "neu.png")
            self.picture._set_image_file_metadata()
            self.picture.save()

    def versions(self, page) -> list[ContentVersion]:
        return list(ContentVersion.objects.filter(unit_key=page.translation_key).order_by("number"))

    def shown(self, version: ContentVersion) -> str:
        body = ModulePage._meta.get_field("body").stream_block.to_python(version.content["body"])
        with as_it_was(version):
            return body.render_as_block()


class FreezingTests(FrozenFilesTestCase):
    def test_a_version_names_its_pictures_by_checksum(self):
        version = self.version(self.module)
        assert version.content[FILES] == {
            "wagtailimages.image": {str(self.picture.pk): sha256(RED)}
        }
        (kept,) = files_of(version).values()
        assert kept.file.read() == RED
        assert kept.name.startswith("schaubild")

    def test_a_text_without_files_has_no_list_of_them(self):
        assert FILES not in self.version(self.modules[0]).content
        assert files_of(self.version(self.modules[0])) == {}

    def test_a_file_that_many_versions_show_is_kept_once(self):
        other = self.with_picture("Noch einmal")
        assert self.version(other).content[FILES] == self.version(self.module).content[FILES]
        assert FrozenFile.objects.count() == 1

    def test_a_picture_that_cannot_be_read_keeps_nobody_from_publishing(self):
        self.picture.file.storage.delete(self.picture.file.name)
        with self.assertLogs("courses.frozen_files", "ERROR"):
            other = self.with_picture("Ohne Datei")
        assert FILES not in self.version(other).content

    def test_documents_are_kept_as_well(self):
        document = get_document_model().objects.create(
            title="Merkblatt", file=ContentFile(b"Lesen!", "merkblatt.txt")
        )
        text = f'<p><a linktype="document" id="{document.pk}">Merkblatt</a></p>'
        body = json.dumps([{"type": "text", "id": block_id("mb"), "value": text}])
        module = publish(self.course, ModulePage(title="Mit Blatt", slug="mit-blatt", body=body))
        files = self.version(module).content[FILES]
        assert files == {"wagtaildocs.document": {str(document.pk): sha256(b"Lesen!")}}

    def test_pictures_of_questions(self):
        question = single_choice("bild")
        question["value"]["image"] = {"image": self.picture.pk, "alt_text": "Ein Ablauf"}
        quiz = publish(
            self.course, QuizPage(title="Mit Bild", slug="q", questions=json.dumps([question]))
        )
        assert self.version(quiz).content[FILES] == self.version(self.module).content[FILES]
        kept = BankQuestion(name="Mit Bild", question=json.dumps([question]), locale=self.de)
        kept.save()
        kept.save_revision().publish()
        kept.refresh_from_db()
        assert kept.version.content[FILES] == self.version(self.module).content[FILES]


class ReplacingTests(FrozenFilesTestCase):
    def test_another_file_makes_another_version_of_every_text_that_shows_it(self):
        other, plain = self.with_picture("Noch einmal"), self.version(self.modules[0])
        self.replace(BLUE)
        for page in (self.module, other):
            old, new = self.versions(page)
            assert old.content[FILES]["wagtailimages.image"][str(self.picture.pk)] == sha256(RED)
            assert new.content[FILES]["wagtailimages.image"][str(self.picture.pk)] == sha256(BLUE)
            assert current_version(page) == new
        assert self.versions(self.modules[0]) == [plain]

    def test_another_title_of_the_picture_makes_none(self):
        with self.captureOnCommitCallbacks(execute=True):
            self.picture.title = "Anderer Titel"
            self.picture.save()
        assert len(self.versions(self.module)) == 1

    def test_a_draft_is_not_frozen(self):
        self.module.unpublish()
        self.replace(BLUE)
        assert len(self.versions(self.module)) == 1

    def test_an_alias_has_no_version_of_its_own(self):
        for page in (self.home, self.catalogue, self.course, self.module):
            page.specific.copy_for_translation(self.simple, alias=True)
        self.replace(BLUE)
        assert [version.language for version in self.versions(self.module)] == ["de", "de"]


class ShowingTests(FrozenFilesTestCase):
    def test_an_earlier_version_shows_its_own_picture(self):
        old = self.version(self.module)
        self.replace(BLUE)
        address = reverse("courses:frozen_file", args=[sha256(RED)])
        assert f'src="{address}" alt="Ein Ablauf"' in self.shown(old)
        assert sha256(BLUE) in self.shown(current_version(self.module))

    def test_it_is_there_when_picture_and_page_are_deleted(self):
        version = self.version(self.module)
        self.picture.delete()
        Page.objects.get(pk=self.module.pk).delete()
        assert sha256(RED) in self.shown(ContentVersion.objects.get(pk=version.pk))
        assert files_of(version)[sha256(RED)].file.read() == RED

    def test_learners_see_the_library_as_long_as_it_has_the_picture(self):
        assert (
            self.picture.get_rendition("width-960").url
            in module_text(self.version(self.module)).html
        )

    def test_learners_see_the_kept_picture_when_it_was_deleted(self):
        version = self.version(self.module)
        self.picture.delete()
        assert sha256(RED) in module_text(version).html

    def test_a_text_without_pictures_asks_the_library_nothing(self):
        version = self.version(self.modules[0])
        with self.assertNumQueries(0), as_it_was(version, only_missing=True):
            pass

    def test_the_editor_has_the_picture_of_today(self):
        with as_it_was(self.version(self.module)):
            pass
        figure = ModulePage.objects.get(pk=self.module.pk).body[0].value
        assert figure["image"].pk == self.picture.pk
        assert not hasattr(figure["image"], "kept_url")


class HandingOutTests(FrozenFilesTestCase):
    def address(self) -> str:
        return reverse("courses:frozen_file", args=[sha256(RED)])

    def test_nobody_without_an_account(self):
        assert self.client.get(self.address()).status_code == 302

    def test_nobody_who_works_for_no_authority(self):
        self.client.force_login(User.objects.create(username="fremd"))
        assert self.client.get(self.address()).status_code == 404

    def test_who_learns_and_who_edits(self):
        for user in (self.anna, self.admin):
            self.client.force_login(user)
            response = self.client.get(self.address())
            assert b"".join(response) == RED
            assert response["Content-Type"] == "image/png"
            assert response["Content-Disposition"].startswith("inline")

    def test_what_is_no_picture_is_downloaded(self):
        FrozenFile.objects.create(
            sha256=sha256(b"<script>"),
            file=ContentFile(b"<script>", "x.html"),
            name="x.html",
        )
        self.client.force_login(self.anna)
        response = self.client.get(reverse("courses:frozen_file", args=[sha256(b"<script>")]))
        assert response["Content-Disposition"].startswith("attachment")

    def test_an_unknown_checksum(self):
        self.client.force_login(self.anna)
        response = self.client.get(reverse("courses:frozen_file", args=["0" * 64]))
        assert response.status_code == 404


class ManyTests(FrozenFilesTestCase):
    def test_the_same_queries_for_few_and_many_pictures(self):
        def queries(count: int) -> int:
            figures = []
            for n in range(count):
                picture = get_image_model().objects.create(
                    title=f"{count}-{n}", file=ImageFile(BytesIO(RED), f"{count}-{n}.png")
                )
                image = {"image": picture.pk, "alt_text": "A", "decorative": False}
                figures.append(
                    {
                        "type": "image",
                        "id": block_id(f"{count}-{n}"),
                        "value": {"image": image, "caption": ""},
                    }
                )
            page = publish(
                self.course,
                ModulePage(title=f"M{count}", slug=f"m{count}", body=json.dumps(figures)),
            )
            version = self.version(page)
            with CaptureQueriesContext(connection) as found:
                self.shown(version)
                files_of(version)
            return len(found)

        assert queries(2) == queries(12)

    def test_files_are_private(self):
        (kept,) = files_of(self.version(self.module)).values()
        assert kept.file.storage is storages["private"]
