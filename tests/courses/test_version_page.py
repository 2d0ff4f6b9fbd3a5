"""A cited version is opened as it was: by whom, how much of it, and whatever became of its page."""

from __future__ import annotations

import json
from importlib import import_module

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.images import get_image_model
from wagtail.models import GroupPagePermission, Page

from certificates.actions import issue_certificate
from courses import actions
from courses.cited_versions import readable
from courses.frozen_files import FILES
from courses.models import ContentVersion, ModulePage
from courses.readers import Reader
from courses.versions import checksum, current_version
from tests.cases import LearningHubTestCase, bank_question, block_id, publish, single_choice
from tests.plugin_example.models import FilmPage


class VersionPageTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.editor = cls.page_editor("edda", cls.catalogue)

    @classmethod
    def page_editor(cls, username, page):
        user = cls.person(username, "Edda", "Behrens", cls.olfen, "Qualifizierung")
        group = Group.objects.create(name=f"Redaktion {username}")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        GroupPagePermission.objects.create(
            group=group, page=page, permission=Permission.objects.get(codename="change_page")
        )
        user.groups.add(group)
        return user

    def complete(self, user):
        enrolment = actions.enrol(membership=self.membership(user), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        return enrolment

    def get(self, version, user):
        self.client.force_login(user)
        return self.client.get(reverse("courses:version", args=[version.uuid]))

    def edit(self, page, text):
        """Publish another text of a module; the version it had."""
        before = self.version(page)
        page = ModulePage.objects.get(pk=page.pk)
        page.body = json.dumps([{"type": "text", "id": block_id("neu"), "value": text}])
        page.save_revision().publish()
        return before


class AccessTests(VersionPageTestCase):
    def test_strangers_and_who_has_not_signed_in(self):
        self.complete(self.anna)
        version = self.version(self.modules[0])
        for stranger in (self.otto, self.bernd):
            assert self.get(version, stranger).status_code == 404, stranger
        self.client.logout()
        response = self.client.get(reverse("courses:version", args=[version.uuid]))
        assert response.status_code == 302
        assert "einloggen" in response["Location"]

    def test_it_outlives_edits_purges_moves_and_the_page(self):
        self.complete(self.anna)
        version = self.edit(self.modules[0], "<p>Ganz anders.</p>")
        call_command("purge_revisions", verbosity=0)
        for step in ("edited", "moved", "unpublished", "deleted"):
            page = ModulePage.objects.filter(pk=self.modules[0].pk).first()
            if step == "moved":
                page.move(self.catalogue, pos="last-child")
            elif step == "unpublished":
                page.unpublish()
            elif step == "deleted":
                page.delete()
            for reader in (self.anna, self.hilde, self.editor, self.admin):
                response = self.get(version, reader)
                assert response.status_code == 200, (step, reader)
                self.assertContains(response, "Text von Modul 1.")
                self.assertNotContains(response, "Ganz anders.")
                self.assertContains(response, version.sha256)
                place = "Modul 1" if step == "edited" else "Modul"
                self.assertContains(response, f">{place}, Fassung 1 vom")
            for stranger in (self.otto, self.bernd):
                assert self.get(version, stranger).status_code == 404, (step, stranger)

    def test_who_only_edits_elsewhere_reads_only_what_has_no_page_any_more(self):
        other = self.page_editor("emil", self.home)
        GroupPagePermission.objects.filter(group__user=other).update(page=self.catalogue)
        elsewhere = self.page_editor("else", self.modules[1])
        self.complete(self.anna)
        version = self.version(self.modules[0])
        assert self.get(version, elsewhere).status_code == 404
        ModulePage.objects.get(pk=self.modules[0].pk).delete()
        assert self.get(version, elsewhere).status_code == 404, "a module is not courses at all"
        assert self.get(version, other).status_code == 200

    def test_hr_does_not_learn_of_attempts(self):
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        version = self.version(self.quiz)
        assert self.get(version, self.hilde).status_code == 404
        assert self.get(version, self.anna).status_code == 200

    def test_a_question_of_the_bank_is_for_editors(self):
        question = bank_question("Nur hier", single_choice("eins"))
        for reader in (self.anna, self.hilde, self.editor):
            assert self.get(question.version, reader).status_code == 404, reader
        self.assertContains(self.get(question.version, self.admin), "Ja, denn …")


class ContentTests(VersionPageTestCase):
    def test_a_course_with_its_legal_state(self):
        self.complete(self.anna)
        response = self.get(self.version(self.course), self.anna)
        for text in ("Sie kennen KI.", "Art. 4 KI-VO.", "24 Monate", "Untergruppe Qualifizierung"):
            self.assertContains(response, text)

    def test_each_reader_sees_her_share_of_a_quiz(self):
        self.complete(self.anna)
        version = self.version(self.quiz)
        questions, key = "Was gilt für eins?", "Ja, denn …"
        for reader, sees_questions, sees_key in (
            (self.anna, False, False),
            (self.hilde, True, False),
            (self.editor, True, True),
        ):
            response = self.get(version, reader)
            self.assertContains(response, "75 Prozent der Punkte")
            self.assertContains(response, "1 × Einfachauswahl")
            assert (questions in response.text) == sees_questions, reader
            assert (key in response.text) == sees_key, reader
            assert ("richtige Antwort" in response.text) == sees_key, reader

    def test_a_quiz_that_takes_from_the_bank(self):
        chosen = bank_question("Gewählt", single_choice("aus dem Pool"))
        bank_question("Gezogen", single_choice("durch Zufall"), tags="recht")
        quiz = self.quiz
        quiz.questions = json.dumps(
            [
                {
                    "type": "bank_question",
                    "id": block_id("wahl"),
                    "value": {"question": chosen.pk, "points": 3},
                },
                {
                    "type": "random_draw",
                    "id": block_id("zug"),
                    "value": {"tags": ["recht"], "count": 1},
                },
            ]
        )
        quiz.save_revision().publish()
        response = self.get(self.version(quiz), self.editor)
        self.assertContains(response, "Was gilt für aus dem Pool?")
        self.assertContains(response, "1 Frage durch Zufall aus dem Fragenpool: recht")
        self.assertNotContains(response, "durch Zufall?")

    def test_a_picture_that_is_gone_is_told_in_words(self):
        svg = ContentFile(
            b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "a.svg"
        )
        picture = get_image_model().objects.create(title="A", file=svg, width=9, height=9)
        page = ModulePage.objects.get(pk=self.modules[0].pk)
        page.body = json.dumps(
            [
                {
                    "type": "image",
                    "id": block_id("bild"),
                    "value": {
                        "image": {
                            "image": picture.pk,
                            "alt_text": "Ein <Rathaus>",
                            "decorative": False,
                        },
                        "caption": "",
                    },
                }
            ]
        )
        page.save_revision().publish()
        version = self.version(page)
        without_files = {k: v for k, v in version.content.items() if k != FILES}
        self.assertContains(self.get(version, self.editor), "<img")
        picture.delete()
        self.assertContains(self.get(version, self.editor), "/lernen/dateien/")
        # Versions frozen before files were kept have none.
        ContentVersion.objects.filter(pk=version.pk).update(content=without_files)
        response = self.get(version, self.editor)
        self.assertContains(response, "Ein &lt;Rathaus&gt;")
        self.assertContains(response, "Hier war ein Bild")

    def test_a_plug_in_shows_names_and_values_unless_it_says_otherwise(self):
        film = publish(self.course, FilmPage(title="Ein Film", slug="film", duration_minutes=7))
        version = current_version(film)
        self.assertContains(self.get(version, self.editor), "<dt>duration_minutes</dt><dd>7</dd>")

    def test_a_plug_in_that_is_gone_tells_learners_nothing_that_might_be_a_key(self):
        self.complete(self.anna)
        version = self.version(self.modules[0])
        ContentVersion.objects.filter(pk=version.pk).update(unit_type="acme.filmpage")
        response = self.get(version, self.anna)
        self.assertContains(response, version.title)
        self.assertNotContains(response, "Text von Modul 1.")
        self.assertContains(self.get(version, self.editor), "Text von Modul 1.")

    def test_a_question_of_a_type_that_is_gone_leaves_a_placeholder(self):
        version = self.version(self.quiz)
        content = version.content
        content["questions"][0]["type"] = "acme_hotspot"
        ContentVersion.objects.filter(pk=version.pk).update(content=content)
        response = self.get(version, self.editor)
        self.assertContains(response, "Eine Frage eines Typs, der hier nicht mehr installiert ist.")
        self.assertContains(response, "Was alles gilt für zwei?")


class AroundTests(VersionPageTestCase):
    def test_a_learner_is_led_to_her_own_versions_only(self):
        self.complete(self.anna)
        first = self.edit(self.modules[0], "<p>Zwei.</p>")
        self.edit(self.modules[0], "<p>Drei.</p>")
        second, third = ContentVersion.objects.filter(
            unit_key=first.unit_key, number__in=(2, 3)
        ).order_by("number")
        self.assertNotContains(self.get(first, self.anna), "Später:")
        self.assertContains(self.get(first, self.anna), "nicht der heutige Text")
        response = self.get(second, self.editor)
        self.assertContains(response, reverse("courses:version", args=[first.uuid]))
        self.assertContains(response, reverse("courses:version", args=[third.uuid]))
        self.assertContains(self.get(third, self.editor), "auch der heutige Text")

    def test_today_s_page_is_linked_only_where_it_is_public(self):
        self.complete(self.anna)
        version = self.version(self.modules[0])
        url = self.modules[0].get_url()
        self.assertContains(self.get(version, self.anna), f'href="{url}"')
        Page.objects.get(pk=self.course.pk).specific.unpublish()
        self.assertNotContains(self.get(version, self.anna), f'href="{url}"')

    def test_the_certificate_and_the_course_lead_to_it(self):
        certificate = issue_certificate(enrolment=self.complete(self.anna))
        self.client.force_login(self.anna)
        twin = self.client.get(reverse("certificates:certificate", args=[certificate.uuid]))
        for page in (self.course, *self.modules, self.quiz):
            self.assertContains(twin, reverse("courses:version", args=[self.version(page).uuid]))
        course = self.client.get(self.course.get_url())
        self.assertContains(
            course, reverse("courses:version", args=[self.version(self.course).uuid])
        )
        check = self.client.get(reverse("certificates:check", args=[certificate.code]))
        self.assertNotContains(check, "/fassungen/")

    def test_the_list_of_hr_leads_to_it(self):
        self.complete(self.anna)
        self.client.force_login(self.hilde)
        address = reverse("courses:version", args=[self.version(self.course).uuid])
        self.assertContains(self.client.get(reverse("completion_list")), f'href="{address}"')

    def test_as_many_queries_for_many_versions_and_people(self):
        self.complete(self.anna)
        version = self.version(self.modules[0])

        def queries(user):
            self.get(version, user)
            with CaptureQueriesContext(connection) as captured:
                assert self.get(version, user).status_code == 200
            return len(captured)

        readers = (self.anna, self.hilde, self.editor)
        few = [queries(user) for user in readers]
        for number in range(5):
            self.edit(self.modules[0], f"<p>Nummer {number}.</p>")
            self.complete(self.person(f"mehr-{number}", "Mia", "Mehr", self.coesfeld, "Bürgerbüro"))
        assert [queries(user) for user in readers] == few


class KnownVersionTests(VersionPageTestCase):
    def test_versions_of_before_learn_what_they_are(self):
        wanted = dict(ContentVersion.objects.values_list("pk", "unit_type"))
        assert "courses.quizpage" in wanted.values()
        film = publish(self.course, FilmPage(title="Ein Film", slug="film"))
        wanted[current_version(film).pk] = "plugin_example.filmpage"
        question = bank_question("Im Pool", single_choice("eins"))
        wanted[question.version_id] = "courses.bankquestion"
        ModulePage.objects.get(pk=self.modules[0].pk).delete()
        ContentVersion.objects.update(unit_type="")
        migration = import_module("courses.migrations.0017_unit_types_of_known_versions")
        migration.name_unit_types(apps, None)
        assert dict(ContentVersion.objects.values_list("pk", "unit_type")) == wanted

    def test_the_checksum_can_be_recomputed(self):
        version = self.version(self.course)
        assert checksum(version.content) == version.sha256

    def test_hr_who_edits_reads_as_editor(self):
        self.complete(self.anna)
        found = readable(self.admin, self.version(self.quiz))
        assert found is not None
        assert found[0] is Reader.EDITOR
