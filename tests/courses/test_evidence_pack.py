"""The evidence pack: what is in it, what is not, and that it says the same whatever happens."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tracemalloc
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from unittest import mock
from zipfile import ZIP_STORED, ZipFile

import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.models import ModelLogEntry, Page

from certificates.actions import issue_certificate, reissue_certificate, revoke_certificate
from courses import actions
from courses.enums import EnrolmentStatus, RequirementKind
from courses.evidence import Pack, PackFile, PackPart, pack_parts
from courses.evidence.archive import write_pack
from courses.evidence.making import IDENTIFIER, make_pack
from courses.models import (
    Completion,
    ContentVersion,
    CoursePage,
    Enrolment,
    ModulePage,
    Requirement,
)
from hub.exports.actions import sweep
from hub.exports.models import ExportRun
from hub.organisations.models import Audience, Department, Membership, User
from tests.cases import LearningHubTestCase, block_id
from tests.factories.courses import ContentVersionFactory, EnrolmentFactory
from tests.factories.organisations import MembershipFactory, OrganisationFactory

MADE = {"at": "2027-03-12T10:00:00+01:00", "by": "Hilde", "purpose": "Nachweis"}


class Opened:
    """A pack that was written, file by file."""

    def __init__(self, pack: Pack) -> None:
        with TemporaryFile() as file:
            self.written = write_pack(file, pack, MADE)
            file.seek(0)
            self.bytes = file.read()
        archive = ZipFile(io.BytesIO(self.bytes))
        self.infos = archive.infolist()
        self.files = {info.filename: archive.read(info) for info in self.infos}

    def text(self, path: str) -> str:
        return self.files[path].decode()

    def words(self, path: str) -> str:
        return " ".join(BeautifulSoup(self.text(path), "html.parser").get_text(" ").split())

    def table(self, path: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.text(path).removeprefix("\ufeff")), delimiter=";"))

    def path(self, start: str, ending: str) -> str:
        (found,) = [path for path in self.files if path.startswith(start) and path.endswith(ending)]
        return found

    @property
    def manifest(self) -> dict:
        return json.loads(self.files["manifest.json"])


class PackTestCase(LearningHubTestCase):
    def complete(self, user):
        enrolment = actions.enrol(membership=self.membership(user), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        return enrolment

    def pack(self, organisation=None, day=None, **options):
        return Pack(organisation or self.coesfeld, day or timezone.localdate(), **options)

    def open(self, **options):
        return Opened(self.pack(**options))


class ContentTests(PackTestCase):
    def test_every_file_is_in_the_manifest_with_its_checksum(self):
        self.complete(self.anna)
        opened = self.open()
        listed = {entry["path"]: entry for entry in opened.manifest["files"]}
        assert set(listed) == set(opened.files) - {"manifest.json"}
        for path, entry in listed.items():
            content = opened.files[path]
            assert entry["size"] == len(content)
            assert entry["sha256"] == hashlib.sha256(content).hexdigest(), path
        assert opened.written.sha256 == hashlib.sha256(opened.bytes).hexdigest()
        manifest = opened.files["manifest.json"]
        assert opened.written.manifest_sha256 == hashlib.sha256(manifest).hexdigest()
        assert opened.manifest["made"] == MADE
        assert {info.compress_type for info in opened.infos} == {ZIP_STORED}

    def test_the_list_has_these_columns_and_no_others(self):
        self.complete(self.anna)
        self.complete(self.otto)
        header, *rows = self.open().table("liste.csv")
        assert header == [
            "Nachname",
            "Vorname",
            "Organisationseinheit",
            "Kurs",
            "Inhaltsstand",
            "Niveau",
            "Dauer in Minuten",
            "Rechtsstand",
            "Verantwortliche Stelle",
            "Status",
            "Abgeschlossen am",
            "Gültig bis",
            "Art des Nachweises",
            "Text in diesem Paket",
        ]
        (row,) = rows
        assert row[:4] == ["Terhorst", "Anna", "Bürgerbüro", "KI-Grundlagen"]
        assert row[9] == "abgeschlossen"
        assert row[10] == timezone.localdate().strftime("%d.%m.%Y")
        assert row[12] == "im KI-Hub gelernt"
        assert row[13] in self.open().files

    def test_the_list_says_what_was_set_by_hand(self):
        actions.override_completion(
            membership=self.membership(self.anna),
            course_key=self.course.translation_key,
            actor=self.hilde,
            reason="Test auf Papier",
        )
        _header, row = self.open().table("liste.csv")
        assert row[12] == "von Hand gesetzt"

    def test_the_workbook_says_the_same_as_the_csv(self):
        self.complete(self.anna)
        opened = self.open()
        for name in ("liste", "nachweise", "vorgaben"):
            workbook = openpyxl.load_workbook(io.BytesIO(opened.files[f"{name}.xlsx"]))
            header, *rows = workbook.worksheets[0].iter_rows(values_only=True)
            texts = [[self._as_text(value) for value in row] for row in (header, *rows)]
            assert texts == opened.table(f"{name}.csv"), name
            notes = dict(workbook.worksheets[-1].iter_rows(values_only=True))
            assert notes["Behörde"] == "Stadt Coesfeld"

    def _as_text(self, value):
        if isinstance(value, datetime):
            return value.strftime("%d.%m.%Y")
        return "" if value is None else str(value)

    def test_texts_are_there_as_they_were_learnt(self):
        self.complete(self.anna)
        opened = self.open()
        for page, word in (
            (self.course, "Sie kennen KI."),
            (self.modules[0], "Text von Modul 1."),
            (self.modules[1], "Text von Modul 2."),
        ):
            version = self.version(page)
            start = f"fassungen/{page.slug.replace('grundlagen', 'ki-grundlagen')}-fassung-1-de-"
            html, content = opened.path(start, ".html"), opened.path(start, ".json")
            assert word in opened.words(html)
            assert version.sha256 in opened.words(html)
            assert hashlib.sha256(opened.files[content]).hexdigest() == version.sha256
            assert "Fassung 1 vom" in opened.words("fassungen.html")
            assert version.sha256 in opened.words("fassungen.html")

    def test_a_quiz_is_a_blueprint_without_its_key(self):
        self.complete(self.anna)
        opened = self.open()
        html = opened.path("quiz/abschlusstest-fassung-1-de-", ".html")
        words = opened.words(html)
        for word in ("75 Prozent der Punkte", "Was gilt für eins?", "Fragen je Versuch 3"):
            assert word in words
        everything = b"".join(opened.files.values()).decode("utf-8", "replace")
        assert "Ja, denn" not in everything
        assert "is_correct" not in everything
        assert not [path for path in opened.files if path.startswith("quiz/") and "json" in path]

    def test_an_operator_may_add_the_key(self):
        self.complete(self.anna)
        opened = self.open(with_key=True)
        assert "Ja, denn" in opened.words(opened.path("quiz/", ".html"))
        content = opened.files[opened.path("quiz/", ".json")]
        assert hashlib.sha256(content).hexdigest() == self.version(self.quiz).sha256
        assert "richtigen Antworten der Tests. Bitte geben Sie es niemandem" in opened.words(
            "LIESMICH.html"
        )
        assert opened.manifest["has_right_answers"] is True

    def test_what_is_cited_by_nobody_here_is_not_in_it(self):
        self.complete(self.otto)
        opened = self.open()
        assert not [path for path in opened.files if path.startswith(("fassungen/", "quiz/"))]
        assert "niemand etwas abgeschlossen" in opened.words("fassungen.html")

    def test_requirements_with_their_reason(self):
        audience = Audience.objects.create(name="Führungskräfte")
        key = self.course.translation_key
        office = Department.objects.get(organisation=self.coesfeld, name="Bürgerbüro")
        for who, where, days, kind, reason in (
            (None, None, None, RequirementKind.RECOMMENDED, ""),
            (audience, office, 30, RequirementKind.MANDATORY, "Sie entscheiden <über> KI."),
        ):
            Requirement.objects.create(
                organisation=self.coesfeld,
                course_key=key,
                audience=who,
                department=where,
                kind=kind,
                due_on=date(2027, 3, 1),
                due_days=days,
                refresh_months=12,
                reason=reason,
            )
        Requirement.objects.create(organisation=self.olfen, course_key=key, reason="Nur Olfen")
        opened = self.open()
        assert opened.table("vorgaben.csv")[1:] == [
            [
                "Alle, die für die Behörde arbeiten",
                "",
                "KI-Grundlagen",
                "empfohlen",
                "01.03.2027",
                "",
                "12",
                "",
            ],
            [
                "Führungskräfte",
                "Bürgerbüro",
                "KI-Grundlagen",
                "verpflichtend",
                "01.03.2027",
                "30",
                "12",
                "Sie entscheiden <über> KI.",
            ],
        ]
        assert "Sie entscheiden <über> KI." in opened.words("vorgaben.html")

    def test_legal_texts_say_of_which_day_they_are(self):
        course = CoursePage.objects.get(pk=self.course.pk)
        course.legal_as_of = date(2026, 7, 27)
        course.save_revision().publish()
        self.complete(self.anna)
        words = self.open().words("rechtstexte.html")
        assert "Art. 4 KI-VO." in words
        assert "Rechtsstand vom 27.07.2026" in words

    def test_the_explanation_names_every_part_and_promises_nothing_false(self):
        words = self.open().words("LIESMICH.html")
        for _key, part in pack_parts.items():
            assert " ".join(str(part.label).split()) in words
            for path in part.paths:
                assert path in words
        for never in (
            "vorgeschriebenes Zertifikat",
            "AI-Act-zertifiziert",
            "rechtssicher",
            "ausreichendes Maß",
            "Führerschein",
        ):
            assert never not in words

    def test_pages_need_no_network_and_no_script(self):
        self.complete(self.anna)
        opened = self.open()
        for path in opened.files:
            if path.endswith(".html") and path != "pruefen.html":
                soup = BeautifulSoup(opened.text(path), "html.parser")
                assert soup.html["lang"] == "de"
                assert soup.title.get_text()
                assert len(soup.find_all("h1")) == 1, path
                assert not soup.find_all(["script", "link", "iframe"]), path
                for image in soup.find_all("img"):
                    assert image["src"].startswith("../bilder/")
                for link in soup.find_all("a", href=True):
                    target = link["href"].removeprefix("../")
                    assert target in opened.files or target.startswith(("http", "#")), target

    def test_pictures_come_along(self):
        svg = ContentFile(
            b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "b.svg"
        )
        picture = get_image_model().objects.create(title="A", file=svg, width=9, height=9)
        page = ModulePage.objects.get(pk=self.modules[0].pk)
        value = {"image": picture.pk, "alt_text": "Ein Rathaus", "decorative": False}
        page.body = json.dumps(
            [
                {
                    "type": "image",
                    "id": block_id("bild"),
                    "value": {"image": value, "caption": ""},
                }
            ]
        )
        page.save_revision().publish()
        self.complete(self.anna)
        opened = self.open()
        (path,) = [path for path in opened.files if path.startswith("bilder/")]
        with picture.file.open("rb") as file:
            content = file.read()
        assert opened.files[path] == content
        html = opened.text(opened.path("fassungen/modul-1-", ".html"))
        assert f'src="../{path}"' in html
        # What a version keeps comes along also when the library has it no more.
        picture.delete()
        assert self.open().files[path] == content


class DayTests(PackTestCase):
    """The pack says what was true at the end of its day."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.course_version = ContentVersionFactory(title="KI früher")
        cls.evening = timezone.make_aware(datetime(2026, 3, 12, 23, 59, 59))

    def enrolment(self, last_name, completed_at, **fields):
        membership = MembershipFactory(organisation=self.coesfeld, user__last_name=last_name)
        return EnrolmentFactory(
            membership=membership,
            version=self.course_version,
            passed=True,
            completed_at=completed_at,
            **fields,
        )

    def names(self, day):
        return [row[0] for row in self.open(day=day).table("liste.csv")[1:]]

    def test_what_was_completed_later_is_not_in_it(self):
        self.enrolment("Abends", self.evening)
        self.enrolment("Nachts", self.evening + timedelta(seconds=1))
        assert self.names(date(2026, 3, 11)) == []
        assert self.names(date(2026, 3, 12)) == ["Abends"]
        assert self.names(date(2026, 3, 13)) == ["Abends", "Nachts"]

    def test_who_has_expired_since_was_valid_then(self):
        self.enrolment("Terhorst", self.evening, expires_on=date(2026, 6, 1))
        states = [self.open(day=date(2026, 6, day)).table("liste.csv")[1][9] for day in (1, 2)]
        assert states == ["abgeschlossen", "Auffrischung fällig"]

    def test_versions_that_were_learnt_only_afterwards_are_not_in_it(self):
        enrolment = self.enrolment("Terhorst", self.evening)
        later = ContentVersionFactory(title="Zum Vergnügen")
        before = ContentVersionFactory(title="Davor")
        for version, moment in (
            (before, self.evening - timedelta(hours=1)),
            (later, self.evening + timedelta(hours=1)),
        ):
            Completion.objects.create(
                enrolment=enrolment,
                activity_key=version.unit_key,
                content_version=version,
                completed_at=moment,
            )
        words = self.open(day=date(2026, 12, 1)).words("fassungen.html")
        assert "KI früher" in words
        assert "Davor" in words
        assert "Zum Vergnügen" not in words

    def test_certificates_are_worth_what_they_were_worth_then(self):
        enrolment = self.complete(self.anna)
        issued = timezone.make_aware(datetime(2026, 1, 10, 12))
        first = issue_certificate(enrolment=enrolment, issued_at=issued)
        second = reissue_certificate(certificate=first)
        type(second).objects.filter(pk=second.pk).update(
            issued_at=timezone.make_aware(datetime(2026, 2, 10, 12))
        )
        revoke_certificate(certificate=second, reason="Irrtum", actor=None)
        type(second).objects.filter(pk=second.pk).update(
            revoked_at=timezone.make_aware(datetime(2026, 3, 10, 12))
        )

        def states(day):
            rows = self.open(day=day).table("nachweise.csv")[1:]
            return {row[0]: (row[6], row[7]) for row in rows}

        assert states(date(2026, 1, 9)) == {}
        assert states(date(2026, 1, 10)) == {first.number: ("gültig", "")}
        assert states(date(2026, 2, 10)) == {
            first.number: ("ersetzt", second.number),
            second.number: ("gültig", ""),
        }
        assert states(date(2026, 3, 10))[second.number] == ("widerrufen", "")

    def test_a_day_to_come_is_refused(self):
        with pytest.raises(ValidationError):
            make_pack(
                organisation=self.coesfeld,
                day=timezone.localdate() + timedelta(days=1),
                purpose="Nachweis",
                user=self.hilde,
            )
        assert not ExportRun.objects.exists()


class LastingTests(PackTestCase):
    def test_purging_deleting_renaming_and_moving_change_nothing_in_it(self):
        self.complete(self.anna)
        before = self.open()
        module = ModulePage.objects.get(pk=self.modules[0].pk)
        module.title = "Ganz anders"
        module.body = json.dumps([{"type": "text", "id": block_id("x"), "value": "<p>Neu.</p>"}])
        module.save_revision().publish()
        call_command("purge_revisions", verbosity=0)
        Page.objects.get(pk=self.modules[1].pk).delete()
        Page.objects.get(pk=self.quiz.pk).specific.unpublish()
        self.anna.last_name = "Terhorst"  # a person may be renamed; the list says today's name
        self.anna.save()
        membership = self.membership(self.anna)
        membership.ends_on = timezone.localdate()
        membership.save()
        after = self.open()
        assert after.bytes == before.bytes

    def test_equal_data_give_equal_bytes_but_for_the_record_of_making(self):
        self.complete(self.anna)
        issue_certificate(enrolment=Enrolment.objects.get(user=self.anna))
        pack = self.pack()
        with TemporaryFile() as one, TemporaryFile() as other:
            write_pack(one, pack, MADE)
            write_pack(other, pack, MADE | {"at": "2028-01-01T00:00:00+01:00"})
            first, second = ZipFile(one), ZipFile(other)
            different = {name for name in first.namelist() if first.read(name) != second.read(name)}
        assert different == {"manifest.json"}

    def test_the_department_of_another_authority_stays_out(self):
        self.complete(self.anna)
        Department.objects.create(organisation=self.olfen, name="Geheimdienst")
        assert b"Geheimdienst" not in self.open().bytes


class PartTests(PackTestCase):
    def test_a_plug_in_adds_a_part(self):
        class NotePart(PackPart):
            identifier = "acme_notiz"
            label = "Notiz"
            description = "Was noch zu sagen ist."
            paths = ("notiz.txt",)

            def files(self, pack):
                yield PackFile("notiz.txt", [pack.organisation.slug.encode()])

        with pack_parts.register_temporarily(NotePart):
            opened = self.open()
        assert opened.files["notiz.txt"] == b"coesfeld"
        assert "Was noch zu sagen ist." in opened.words("LIESMICH.html")

    def test_two_files_of_one_name_are_refused(self):
        class Double(PackPart):
            identifier = "acme_doppelt"
            label = description = "Doppelt"
            paths = ()

            def files(self, pack):
                yield PackFile("liste.csv", [b"gefaelscht"])

        with pack_parts.register_temporarily(Double), pytest.raises(ValueError, match="liste.csv"):
            self.open()

    def test_a_part_without_its_contract_is_refused(self):
        class Half(PackPart):
            identifier = "liste"
            label = description = "Zweimal"
            paths = ()

            def files(self, pack):
                return iter(())

        with pytest.raises(ImproperlyConfigured):
            pack_parts.register(Half)


class SizeTests(TestCase):
    def write(self, organisation):
        with TemporaryFile() as file:
            write_pack(file, Pack(organisation, timezone.localdate()), MADE)

    def people(self, organisation, version, count):
        """People who completed a course, made at once."""
        department = Department.objects.create(organisation=organisation, name=f"Amt {count}")
        users = User.objects.bulk_create(
            User(username=f"p-{count}-{n}", first_name="Kim", last_name=f"N-{n}", name_key=f"n {n}")
            for n in range(count)
        )
        memberships = Membership.objects.bulk_create(
            Membership(user=user, organisation=organisation, department=department)
            for user in users
        )
        Enrolment.objects.bulk_create(
            Enrolment(
                user=membership.user,
                membership=membership,
                course_key=version.unit_key,
                course_version=version,
                status=EnrolmentStatus.COMPLETED,
                completed_at=timezone.now(),
            )
            for membership in memberships
        )

    def test_as_many_queries_for_many_people(self):
        organisation, version = OrganisationFactory(), ContentVersionFactory()
        self.people(organisation, version, 2)
        with CaptureQueriesContext(connection) as few:
            self.write(organisation)
        self.people(organisation, version, 30)
        with CaptureQueriesContext(connection) as many:
            self.write(organisation)
        assert len(many) == len(few)

    def test_memory_does_not_grow_with_people(self):
        organisation, version = OrganisationFactory(), ContentVersionFactory()

        def peak():
            tracemalloc.start()
            self.write(organisation)
            used = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return used

        self.people(organisation, version, 500)
        self.write(organisation)  # templates and translations are kept from the first time on
        with mock.patch("courses.evidence.people.CHUNK", 200):
            few = peak()
            self.people(organisation, version, 3000)
            assert peak() < few + 200_000


class CommandTests(PackTestCase):
    def setUp(self):
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.target = Path(folder.name) / "paket.zip"

    def call(self, **options):
        output = io.StringIO()
        arguments = {
            "authority": "coesfeld",
            "date": timezone.localdate().isoformat(),
            "output": self.target,
        }
        call_command("evidence_pack", stdout=output, **arguments | options)
        return output.getvalue()

    def test_it_writes_the_pack_and_the_log(self):
        self.complete(self.anna)
        said = self.call(purpose="Anfrage der Aufsicht")
        run = ExportRun.objects.get()
        content = self.target.read_bytes()
        assert run.sha256 == hashlib.sha256(content).hexdigest()
        assert (run.user, run.purpose, run.row_count) == (None, "Anfrage der Aufsicht", 1)
        assert run.organisation == self.coesfeld
        assert not run.file
        for text in (run.manifest_sha256, run.sha256, str(run.uuid)):
            assert text in said
        manifest = json.loads(ZipFile(self.target).read("manifest.json"))
        assert manifest["made"]["by"] == "manage.py evidence_pack"
        assert manifest["made"]["number"] == str(run.uuid)
        assert ModelLogEntry.objects.filter(action="exports.hand_over").count() == 1
        self.client.force_login(self.hilde)
        self.assertContains(self.client.get(reverse("exports:index")), "der Betrieb, mit einem")
        page = self.client.get(reverse("exports:inspect", args=[run.pk]))
        self.assertContains(page, run.manifest_sha256)
        self.assertContains(page, "Nachweispaket")

    def test_what_is_refused_leaves_no_file_and_says_why(self):
        for options, text in (
            ({"authority": "muenster"}, "coesfeld, olfen"),
            ({"date": "gestern"}, "kein Datum"),
            ({"date": "2999-01-01"}, "kommt erst noch"),
        ):
            with pytest.raises(CommandError, match=text) as refused:
                self.call(**options)
            assert refused.value.returncode == 2
            assert list(self.target.parent.iterdir()) == []
        assert not ExportRun.objects.exists()

    def test_german_dates_and_files_that_are_there(self):
        self.call(date="1.3.2026")
        assert ExportRun.objects.get().filters == {"date": ["2026-03-01"]}
        with pytest.raises(CommandError, match="--force"):
            self.call()
        self.call(force=True)
        assert ExportRun.objects.count() == 2

    def test_a_folder_that_is_not_there(self):
        with pytest.raises(CommandError) as refused:
            self.call(output=self.target / "gibt" / "es" / "nicht.zip")
        assert refused.value.returncode == 3


class PageTests(PackTestCase):
    def post(self, user, **data):
        self.client.force_login(user)
        return self.client.post(
            reverse("courses_evidence_pack"),
            {
                "organisation": self.coesfeld.pk,
                "day": timezone.localdate().isoformat(),
                "purpose": "Anfrage der Aufsicht",
            }
            | data,
        )

    def test_only_hr_of_the_authority(self):
        address = reverse("courses_evidence_pack")
        self.client.force_login(self.anna)
        assert self.client.get(address).status_code in {302, 403, 404}
        self.client.force_login(self.bernd)
        assert self.client.get(address).status_code == 200
        response = self.post(self.bernd)
        assert response.status_code == 422
        assert not ExportRun.objects.exists()

    def test_making_leads_to_the_file_and_to_what_the_letter_needs(self):
        self.complete(self.anna)
        response = self.post(self.hilde)
        run = ExportRun.objects.get()
        assert run.exporter == IDENTIFIER
        assert run.user == self.hilde
        page = self.client.get(response["Location"])
        for text in (run.manifest_sha256, run.sha256, str(run.uuid), "Anfrage der Aufsicht"):
            self.assertContains(page, text)
        fetched = self.client.get(reverse("courses_evidence_pack_file", args=[run.uuid]))
        content = b"".join(fetched.streaming_content)
        assert hashlib.sha256(content).hexdigest() == run.sha256
        assert "no-store" in fetched["Cache-Control"]
        day = timezone.localdate().isoformat()
        assert f"nachweispaket-coesfeld-{day}.zip" in fetched["Content-Disposition"]
        manifest = json.loads(ZipFile(io.BytesIO(content)).read("manifest.json"))
        assert manifest["made"]["by"] == "Hilde Große-Wächter"
        assert manifest["made"]["purpose"] == "Anfrage der Aufsicht"
        for name in ("courses_made_evidence_pack", "courses_evidence_pack_file"):
            self.client.force_login(self.bernd)
            assert self.client.get(reverse(name, args=[run.uuid])).status_code == 404
        run.file.delete()

    def test_the_file_goes_after_a_day_and_the_log_stays(self):
        self.post(self.hilde)
        run = ExportRun.objects.get()
        name, storage = run.file.name, run.file.storage
        assert storage.exists(name)
        assert sweep() == 0
        ExportRun.objects.update(expires_at=timezone.now())
        fetched = self.client.get(reverse("courses_evidence_pack_file", args=[run.uuid]))
        self.assertRedirects(fetched, reverse("courses_evidence_pack"))
        assert not storage.exists(name)
        page = self.client.get(reverse("courses_made_evidence_pack", args=[run.uuid]))
        self.assertContains(page, run.manifest_sha256)
        self.assertContains(page, "wird nicht mehr aufbewahrt")

    def test_bad_input_is_answered_in_words(self):
        tomorrow = timezone.localdate() + timedelta(days=1)
        for data, text in (
            ({"day": tomorrow.isoformat()}, "kommt erst noch"),
            ({"day": "0001-01-01"}, "aus diesem Jahrhundert"),
            ({"day": "neulich"}, "gültiges Datum"),
            ({"purpose": ""}, "muss ausgefüllt werden"),
        ):
            self.assertContains(self.post(self.hilde, **data), text, status_code=422)
        assert not ExportRun.objects.exists()

    def test_versions_survive_even_if_nobody_looks(self):
        """What a certificate cites is in the pack: nothing but evidence keeps it alive."""
        self.complete(self.anna)
        assert ContentVersion.objects.filter(title="Modul 1").exists()
        Page.objects.get(pk=self.course.pk).delete()
        opened = self.open()
        assert "Text von Modul 1." in opened.words(opened.path("fassungen/modul-1-", ".html"))
