"""Questions in and out by the administration: upload, look, confirm; export what is listed."""

from __future__ import annotations

import io
import re
import time
import zipfile
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.images import get_image_model
from wagtail.models import Locale

from courses.interchange import importing
from courses.interchange.reading import MAX_BYTES, read_file
from courses.models import BankQuestion, QuestionTag
from hub import uploads
from hub.organisations.models import User
from tests.cases import bank_question, single_choice, true_false
from tests.courses.interchange.test_importing import BAD, good, illustrated, quiz
from tests.courses.test_bank_admin import BankAdminTestCase

UNREADY = (
    good(7)
    .replace('type="truefalse"', 'type="multichoice"')
    .replace(
        '<answer fraction="0"><text>false</text><feedback><text>Doch.</text></feedback></answer>',
        "",
    )
)


class InOutTestCase(BankAdminTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.chief = cls.in_group("Leitung", "view", "add", "change", "publish")

    def setUp(self):
        self.client.force_login(self.editor)

    def upload(self, content: bytes, name: str = "fragen.xml", **data):
        file = SimpleUploadedFile(name, content)
        return self.client.post(self.url("import"), {"file": file, "language": "de", **data})

    def confirm(self, preview, **data):
        """Confirm what a preview shows, with all that its page would send."""
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text(preview)))
        sent.pop("csrfmiddlewaretoken", None)
        return self.client.post(self.url("import"), sent | data)


def close(response) -> None:
    """End what makes a page, as a server does when nobody listens any more.

    Closing all of the response would close the database of the tests with it.
    """
    response._resource_closers[0]()


def text(response) -> str:
    content = b"".join(response) if response.streaming else response.content
    return content.decode()


class ImportTests(InOutTestCase):
    def test_nothing_is_written_before_it_is_confirmed(self):
        preview = self.upload(quiz(good(1), BAD, UNREADY))
        assert BankQuestion.objects.count() == 0
        self.assertContains(preview, "Quelle 1")
        self.assertContains(preview, "Rechnen")
        self.assertContains(preview, "calculated")
        titles = [(group.title, len(group.steps)) for group in preview.context["groups"]]
        assert titles == [
            ("Können nicht übernommen werden", 1),
            ("Neu, bitte ansehen", 1),
            ("Neu", 1),
        ]
        self.assertContains(preview, "2 Fragen übernehmen")

    def test_confirmed_they_are_made_and_shown(self):
        preview = self.upload(quiz(good(1), BAD), tags=" Neu, 2026 ")
        done = text(self.confirm(preview))
        question = BankQuestion.objects.get()
        assert not question.live
        assert sorted(tag.name for tag in question.tags.all()) == ["2026", "Neu", "Quellen"]
        assert question.author == self.editor.get_full_name()
        assert question.latest_revision.user == self.editor
        assert "Fertig: 1 Frage wurde übernommen." in done
        assert "Rechnen" in done
        assert '<progress value="1" max="1"' in done
        link = re.search(r'href="([^"]+\?imported=[^"]+)"', done)[1]
        bank_question("Eine andere", live=False)
        listed = self.client.get(link)
        assert [row.name for row in listed.context["object_list"]] == ["Quelle 1"]

    def test_the_progress_comes_before_the_end(self):
        preview = self.upload(quiz(*(good(n) for n in range(5))))
        with patch.object(importing, "LOT", 2):
            pieces = iter(self.confirm(preview))
            before = next(pieces).decode()
            assert "<h1" in before
            assert BankQuestion.objects.count() == 0
            values = []
            for piece in pieces:
                if found := re.search(rb'<progress value="(\d+)" max="(\d+)"', piece):
                    values.append((int(found[1]), int(found[2])))
        assert values == [(0, 5), (2, 5), (4, 5), (5, 5)]
        assert "</html>" in piece.decode()

    def test_who_closes_the_window_gets_nothing(self):
        preview = self.upload(quiz(*(illustrated(n) for n in range(5))))
        with patch.object(importing, "LOT", 2):
            response = self.confirm(preview)
            pieces = iter(response)
            while b'value="4"' not in next(pieces):
                pass
            assert BankQuestion.objects.count() == 4
            assert get_image_model().objects.count() == 1
            name = get_image_model().objects.get().file.name
            close(response)
        assert BankQuestion.objects.count() == 0
        assert get_image_model().objects.count() == 0
        assert not get_image_model()._meta.get_field("file").storage.exists(name)
        # The file still waits: it can be confirmed once more.
        text(self.confirm(preview))
        assert BankQuestion.objects.count() == 5

    def test_an_error_ends_the_page_in_words_and_takes_all_back(self):
        preview = self.upload(quiz(*(good(n) for n in range(3))))
        with (
            patch.object(importing, "LOT", 2),
            patch.object(
                importing, "record_references", side_effect=[None, RuntimeError("kaputt")]
            ),
            self.assertLogs("courses.views.bank_import", "ERROR"),
        ):
            page = text(self.confirm(preview))
        assert "Es wurde nichts übernommen." in page
        assert "kaputt" not in page
        assert "Traceback" not in page
        assert "</html>" in page
        assert BankQuestion.objects.count() == 0

    def test_confirmed_twice_it_says_already_there(self):
        preview = self.upload(quiz(good(1), good(2)))
        text(self.confirm(preview))
        again = text(self.confirm(preview))
        assert "Es war nichts zu tun" in again
        assert "<strong>2</strong> Fragen sind schon vorhanden" in again
        assert BankQuestion.objects.count() == 2
        preview = self.upload(quiz(good(1)))
        self.assertNotContains(preview, "Fragen übernehmen")
        self.assertContains(preview, "<strong>1</strong> Frage ist schon vorhanden")

    def test_the_language_is_chosen(self):
        preview = self.upload(quiz(good(1)), language="en")
        self.assertContains(preview, "Sprache, wo die Datei keine nennt: Englisch.")
        text(self.confirm(preview))
        assert BankQuestion.objects.get().locale == Locale.objects.get(language_code="en")
        assert self.upload(quiz(good(1)), language="fr").context["form"].errors["language"]

    def test_only_who_may_publish_is_asked_and_does(self):
        assert "publish" not in self.client.get(self.url("import")).context["form"].fields
        preview = self.upload(quiz(good(1)), publish="on")
        text(self.confirm(preview, publish="on"))
        assert not BankQuestion.objects.get().live
        self.client.force_login(self.chief)
        assert "publish" in self.client.get(self.url("import")).context["form"].fields
        preview = self.upload(quiz(good(1), good(2), UNREADY), publish="on")
        self.assertContains(preview, "werden veröffentlicht")
        done = text(self.confirm(preview))
        assert "1 davon ist veröffentlicht." in done
        question = BankQuestion.objects.get(name="Quelle 2")
        assert question.live
        assert question.version.content["name"] == "Quelle 2"
        assert not BankQuestion.objects.get(name="Quelle 7").live
        preview = self.upload(quiz(good(3)))
        text(self.confirm(preview))
        assert not BankQuestion.objects.get(name="Quelle 3").live

    def test_a_token_is_for_one_person_one_purpose_and_an_hour(self):
        preview = self.upload(quiz(good(1)))
        strangers = uploads.keep(b"x", purpose="course-package", owner=self.editor.pk)
        for user, sent in ((self.chief, {}), (self.editor, {"token": "x"})):
            self.client.force_login(user)
            response = self.confirm(preview, **sent)
            self.assertRedirects(response, self.url("import"))
        self.assertRedirects(self.confirm(preview, token=strangers), self.url("import"))
        with patch("django.core.signing.time.time", return_value=time.time() + 3700):
            self.client.force_login(self.editor)
            assert self.confirm(preview).status_code == 302
        assert BankQuestion.objects.count() == 0

    def test_a_confirmation_without_its_options_is_refused(self):
        preview = self.upload(quiz(good(1)))
        self.assertRedirects(self.confirm(preview, language="fr"), self.url("import"))
        assert BankQuestion.objects.count() == 0

    def test_no_server_in_between_keeps_the_page_back(self):
        response = self.confirm(self.upload(quiz(good(1))))
        assert response.streaming
        assert response["X-Accel-Buffering"] == "no"
        assert "no-store" in response["Cache-Control"]
        close(response)

    def test_a_thousand_are_folded(self):
        preview = self.upload(quiz(*(good(n) for n in range(250))))
        page = text(preview)
        assert page.count('<details class="import-part"') == 3
        assert '<details class="import-group" open' not in page
        self.assertContains(preview, "(50)")

    def test_the_same_queries_for_few_and_for_many(self):
        counts = []
        text(self.confirm(self.upload(quiz(good(900)))))
        for numbers in (range(1), range(1, 21)):
            with CaptureQueriesContext(connection) as queries:
                text(self.confirm(self.upload(quiz(*(good(n) for n in numbers)))))
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_the_template_goes_out_and_says_what_it_is(self):
        page = self.client.get(self.url("import"))
        self.assertContains(page, self.url("import_template"))
        response = self.client.get(self.url("import_template"))
        assert "attachment" in response["Content-Disposition"]
        assert response["Content-Type"].endswith("spreadsheetml.sheet")
        assert zipfile.is_zipfile(io.BytesIO(response.content))


class HostileFileTests(InOutTestCase):
    """Each ends on the page, in words, and leaves nothing."""

    def refused(self, content: bytes, name: str, *words: str) -> None:
        response = self.upload(content, name)
        assert response.status_code == 200
        [error] = response.context["form"].errors["file"]
        for word in words:
            assert word in error, error
        self.assertContains(response, error.split("“")[0][:40])
        assert not BankQuestion.objects.exists()

    def test_an_xml_bomb(self):
        entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        bomb = f'<!DOCTYPE q [<!ENTITY l0 "lol">{entities}]><quiz>&l9;</quiz>'
        self.refused(bomb.encode(), "fragen.xml", "DOCTYPE")

    def test_a_zip_bomb(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
            bomb.writestr("[Content_Types].xml", "<Types/>")
            with bomb.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
                for _block in range(300):
                    part.write(b" " * 1024**2)
        self.refused(packed.getvalue(), "fragen.xlsx")

    def test_more_than_fifty_megabytes(self):
        self.refused(b"<quiz>" + b" " * MAX_BYTES, "fragen.xml", "50 MB")

    def test_broken_encodings(self):
        self.refused("<quiz>".encode("utf-16")[:-1], "fragen.xml")
        self.refused(bytes(range(256)) * 100, "fragen.txt")

    def test_a_course_backup_and_an_empty_file(self):
        self.refused(b"\x1f\x8b" + b"x" * 100, "sicherung.mbz", "Moodle-XML")
        response = self.upload(b"", "leer.xml")
        assert response.context["form"].errors["file"]

    def test_no_file_at_all(self):
        response = self.client.post(self.url("import"), {"language": "de"})
        assert response.context["form"].errors["file"]

    def test_names_are_text_and_nothing_else(self):
        preview = self.upload(
            quiz(good(1).replace("Quelle 1", "&lt;script&gt;alert(1)&lt;/script&gt;")),
            'x"><script>alert(2)</script>.xml',
        )
        page = text(preview)
        assert "<script>alert" not in page
        assert "<script>alert" not in text(self.confirm(preview))


class ExportTests(InOutTestCase):
    def setUp(self):
        super().setUp()
        self.law = bank_question("Recht", single_choice("eins"), tags="recht")
        self.other = bank_question("Anderes", true_false("zwei"), tags="praxis")
        self.draft = bank_question("Entwurf", true_false("drei"), live=False)

    def names(self, file_format: str = "moodle", **query) -> set[str]:
        response = self.client.get(self.url("export_file", file_format), query)
        assert response.status_code == 200
        assert "attachment" in response["Content-Disposition"]
        ending = {"moodle": ".xml", "gift": ".txt", "xlsx": ".xlsx"}[file_format]
        assert f"{ending}" in response["Content-Disposition"]
        return {q.name for q in read_file(response.content, f"a{ending}").questions}

    def test_what_the_list_shows_is_exported(self):
        tag = QuestionTag.objects.get(slug="recht")
        for query in (
            {},
            {"tag": tag.pk},
            {"question_type": "true_false"},
            {"state": "draft"},
            {"q": "zwei"},
            {"locale": "de"},
            {"tag": tag.pk, "q": "eins"},
        ):
            listed = self.client.get(self.url("list"), query).context["object_list"]
            assert self.names(**query) == {question.name for question in listed}, query

    def test_every_format(self):
        assert self.names("moodle") == self.names("xlsx") == {"Recht", "Anderes", "Entwurf"}
        assert self.names("gift", anyway=1) == {"Recht", "Anderes", "Entwurf"}
        assert self.client.get(self.url("export_file", "pdf")).status_code == 404

    def test_what_a_format_cannot_hold_is_said_first(self):
        stored = single_choice("vier")
        stored["value"]["source"] = "KI-VO"
        bank_question("Mit Quelle", stored)
        response = self.client.get(self.url("export_file", "gift"), {"q": "vier"})
        self.assertContains(response, "Mit Quelle")
        anyway = response.context["anyway_url"]
        assert "q=vier" in anyway
        assert "attachment" in self.client.get(anyway)["Content-Disposition"]
        assert self.names("gift", q="vier", anyway=1) == {"Mit Quelle"}

    def test_the_page_counts_and_names_the_filters(self):
        tag = QuestionTag.objects.get(slug="recht")
        page = self.client.get(self.url("export"), {"tag": tag.pk, "q": "eins"})
        self.assertContains(page, "Die Liste zeigt <strong>1</strong> Frage.")
        self.assertContains(page, "Schlagwort: recht")
        self.assertContains(page, "Suche: eins")
        assert all(f"tag={tag.pk}&q=eins" in offer.url for offer in page.context["offers"])
        empty = self.client.get(self.url("export_file", "gift"), {"q": "gibt es nicht"})
        self.assertContains(empty, "Es gibt nichts zu exportieren.")

    def test_too_many_are_refused_in_words(self):
        with patch("courses.views.bank_export.MAX_QUESTIONS", 2):
            for url in (self.url("export"), self.url("export_file", "moodle")):
                self.assertContains(self.client.get(url), "höchstens 2 Fragen")

    def test_the_list_leads_to_both_and_keeps_its_filters(self):
        for view in ("list", "list_results"):
            page = self.client.get(
                self.url(view), {"state": "live", "p": 1, "_w_filter_fragment": 1}
            )
            self.assertContains(page, f'{self.url("export")}?state=live"')
            self.assertContains(page, self.url("import"))
        self.client.force_login(self.reviewer)
        page = self.client.get(self.url("list"))
        self.assertContains(page, self.url("export"))
        self.assertNotContains(page, self.url("import"))

    def test_the_same_queries_for_few_and_for_many(self):
        counts = []
        for number in (1, 20):
            for n in range(number):
                bank_question(f"Frage {n}", single_choice(f"q{number}-{n}"), tags="recht")
            for view in (("export",), ("export_file", "moodle")):
                with CaptureQueriesContext(connection) as queries:
                    self.client.get(self.url(*view))
                counts.append(len(queries))
        assert counts[:2] == counts[2:]


class PermissionTests(InOutTestCase):
    def test_who_may_not_finds_nothing(self):
        question = bank_question("Geheime Frage", single_choice("eins"))
        reader = self.in_group("Lesende", "view")
        everything = [("import",), ("import_template",), ("export",), ("export_file", "moodle")]
        for user, views in (
            (self.anna, everything),
            (self.hilde, everything),
            (self.bernd, everything),
            (self.in_group("Seiten"), everything),
            (self.reviewer, everything[:2]),
            (reader, everything[:2]),
        ):
            self.client.force_login(user)
            expected = {404} if user.has_perm("wagtailadmin.access_admin") else {302, 403}
            for view in views:
                for method in (self.client.get, self.client.post):
                    response = method(self.url(*view))
                    assert response.status_code in expected | {405}, (user, view)
                    assert "Geheime Frage" not in text(response)
        self.client.force_login(reader)
        assert self.client.get(self.url("export")).status_code == 200
        assert question.name in text(self.client.get(self.url("export_file", "moodle")))
        self.client.logout()
        for view in everything:
            assert self.client.get(self.url(*view)).url.startswith(reverse("login"))
        assert User.objects.exists()
