"""Weitere Nachweise on screen: for HR of the authority, for the person, and for nobody else."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses import actions
from courses.attendance import MAX_ROWS
from courses.documents import read_document
from courses.enums import LearningState
from courses.exporters import CompletionExporter
from courses.models import Completion, Enrolment, ExternalLearning
from hub.exports.exporters import ExportScope
from hub.organisations.models import GroupOrganisationPermission, Membership, User
from tests.cases import LearningHubTestCase
from tests.courses.test_crediting import PDF, facts

RIGHTS = ("manage_external_learning", "override_completion")


class FurtherRecordsTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.key = cls.course.course_key
        for hr, organisation in ((cls.hilde, cls.coesfeld), (cls.bernd, cls.olfen)):
            for codename in RIGHTS:
                cls.give(hr, organisation, codename)

    @classmethod
    def give(cls, user, organisation, codename):
        GroupOrganisationPermission.objects.get_or_create(
            group=user.groups.get(),
            organisation=organisation,
            permission=Permission.objects.get(codename=codename),
        )

    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def submit(self, user=None, **changed) -> ExternalLearning:
        return actions.submit_learning(
            membership=self.membership(user or self.anna),
            facts=facts(**changed),
            document=read_document(PDF, "Nachweis.pdf"),
        )

    def sent(self, **changed) -> dict[str, str]:
        return {
            "kind": "webinar",
            "title": "KI im Amt",
            "provider": "Studieninstitut",
            "minutes": "90",
            "held_on": "2026-03-12",
            "course": "",
        } | changed


def upload(content: bytes = PDF, name: str = "Nachweis.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


class StrangerTests(FurtherRecordsTestCase):
    """Bernd is HR of Olfen: Coesfeld's people and records do not exist for him."""

    def test_he_sees_no_record_and_no_document(self):
        record = self.submit()
        client = self.as_(self.bernd)
        for url in (
            reverse("external_record", args=[record.uuid]),
            reverse("courses:record_document", args=[record.uuid]),
        ):
            assert client.get(url).status_code == 404
        self.assertNotContains(client.get(reverse("external_learning")), "Terhorst")
        self.assertNotContains(client.get(reverse("external_people")), "Terhorst")
        self.assertNotContains(client.get(reverse("wagtailadmin_home")), "KI im Amt")

    def test_he_decides_records_and_sets_nothing(self):
        record = self.submit()
        client = self.as_(self.bernd)
        membership = self.membership(self.anna)
        url = reverse("external_record", args=[record.uuid])
        for action in ("accept", "decline", "take_back"):
            sent = {"action": action, "reason": "x", "course": str(self.key)}
            assert client.post(url, sent).status_code == 404
        url = reverse("external_record_for") + f"?person={membership.pk}"
        assert client.get(url).status_code == 404
        assert client.post(url, self.sent(course=str(self.key))).status_code == 404
        url = reverse("override_completion", args=[membership.pk]) + f"?course={self.key}"
        assert client.get(url).status_code == 404
        assert client.post(url, {"part": "", "reason": "x"}).status_code == 404
        response = client.post(reverse("courses:withdraw_record", args=[record.uuid]))
        assert response.status_code == 404
        record.refresh_from_db()
        assert record.waits
        assert ExternalLearning.objects.count() == 1
        assert not Completion.objects.exists()

    def test_he_cannot_name_another_authority_for_a_list(self):
        client = self.as_(self.bernd)
        sent = self.sent(organisation=str(self.coesfeld.pk))
        file = upload(b"E-Mail\nanna@coesfeld.example\n", "liste.csv")
        response = client.post(reverse("external_attendance"), {**sent, "file": file})
        assert response.status_code == 422
        self.assertNotContains(response, "Terhorst", status_code=422)

    def test_another_learner_has_nothing_of_it(self):
        record = self.submit()
        client = self.as_(self.otto)
        url = reverse("courses:record_document", args=[record.uuid])
        assert client.get(url).status_code == 404
        self.assertNotContains(client.get(reverse("courses:own_records")), "KI im Amt")

    def test_without_the_permission_hr_sees_none_of_it(self):
        self.hilde.groups.get().organisation_permissions.filter(
            permission__codename__in=RIGHTS
        ).delete()
        record = self.submit()
        client = self.as_(self.hilde)
        for name, args in (
            ("external_learning", []),
            ("external_people", []),
            ("external_record_for", []),
            ("external_attendance", []),
            ("external_attendance_template", []),
            ("external_record", [record.uuid]),
            ("override_completion", [self.membership(self.anna).pk]),
            ("courses:record_document", [record.uuid]),
        ):
            assert client.get(reverse(name, args=args)).status_code == 404, name

    def test_the_two_permissions_are_apart(self):
        group = self.hilde.groups.get()
        group.organisation_permissions.filter(permission__codename=RIGHTS[0]).delete()
        client = self.as_(self.hilde)
        assert client.get(reverse("external_learning")).status_code == 404
        page = client.get(reverse("external_people"))
        self.assertContains(page, "Kurs von Hand setzen")
        self.assertNotContains(page, 'type="checkbox"')
        url = reverse("external_record_for") + f"?person={self.membership(self.anna).pk}"
        assert client.get(url).status_code == 404

    def test_who_was_transferred_is_decided_upon_where_she_handed_it_in(self):
        record = self.submit()
        membership = self.membership(self.anna)
        membership.ends_on = timezone.localdate()
        membership.save()
        Membership.objects.create(user=self.anna, organisation=self.olfen)
        url = reverse("external_record", args=[record.uuid])
        assert self.as_(self.bernd).get(url).status_code == 404
        assert self.as_(self.hilde).get(url).status_code == 200


class PersonTests(FurtherRecordsTestCase):
    url = "courses:own_records"

    def post(self, client=None, file=None, **changed):
        sent = self.sent(**changed) | {"document": file or upload()}
        return (client or self.as_(self.anna)).post(reverse(self.url), sent)

    def test_she_hands_in_and_reads_what_becomes_of_it(self):
        client = self.as_(self.anna)
        self.assertRedirects(self.post(client, course=str(self.key)), reverse(self.url))
        record = ExternalLearning.objects.get()
        assert record.course_key == self.key
        page = client.get(reverse(self.url))
        self.assertContains(page, "wartet auf Entscheidung")
        self.assertContains(page, "Zurücknehmen")
        actions.decline_learning(record=record, actor=self.hilde, reason="Ohne Bezug zu KI")
        page = client.get(reverse(self.url))
        self.assertContains(page, "abgelehnt")
        self.assertContains(page, "Ohne Bezug zu KI")
        self.assertNotContains(page, "Zurücknehmen<")

    def test_what_is_wrong_is_said_and_what_was_typed_stays(self):
        for changed, text in (
            ({"title": " \u0007 "}, "Bitte schreiben Sie es in Worten."),
            ({"held_on": "2999-01-01"}, "der vorbei ist"),
            ({"held_on": "1999-12-31"}, "der vorbei ist"),
            ({"minutes": "0"}, "größer oder gleich 1"),
            ({"minutes": "99999999999"}, "kleiner oder gleich"),
            ({"kind": "party"}, "gültige Auswahl"),
            ({"course": "5"}, "gültige Auswahl"),
            ({"course": str(self.modules[0].translation_key)}, "gültige Auswahl"),
            ({"file": upload(b"<script>", "a.pdf")}, "keine PDF-, PNG- oder JPEG-Datei"),
            ({"file": upload(b"", "a.pdf")}, "leer"),
        ):
            response = self.post(**changed)
            self.assertContains(response, text, status_code=422)
            self.assertContains(response, "Studieninstitut", status_code=422)
        assert not ExternalLearning.objects.exists()

    def test_nobody_fills_the_storage(self):
        for n in range(actions.crediting.MOST_WAITING):
            self.submit(title=f"Nr. {n}")
        self.assertContains(self.post(), "warten schon auf", status_code=422)

    def test_without_a_document_nothing_is_handed_in(self):
        response = self.as_(self.anna).post(reverse(self.url), self.sent())
        self.assertContains(response, "Bitte wählen Sie die Datei", status_code=422)

    def test_hostile_words_are_shown_as_words(self):
        self.post(title="<script>alert(1)</script> \u202e gnaf", provider="=cmd|' /C calc'!A0")
        record = ExternalLearning.objects.get()
        assert "\u202e" not in record.title
        for client, url in (
            (self.as_(self.anna), reverse(self.url)),
            (self.as_(self.hilde), reverse("external_record", args=[record.uuid])),
            (self.as_(self.hilde), reverse("external_learning")),
        ):
            page = client.get(url)
            self.assertContains(page, "&lt;script&gt;alert(1)")
            self.assertNotContains(page, "<script>alert(1)")

    def test_the_document_is_saved_not_shown_and_never_guessed_at(self):
        file = upload(PDF, "gut\u202efdp.exe")
        self.post(file=file)
        record = ExternalLearning.objects.get()
        assert "exe" not in record.document.name
        assert str(self.anna.pk) not in record.document.name.split("/")[0]
        for user in (self.anna, self.hilde):
            response = self.as_(user).get(reverse("courses:record_document", args=[record.uuid]))
            assert b"".join(response.streaming_content) == PDF
            assert response["Content-Disposition"] == 'attachment; filename="gutfdp.pdf"'
            assert response["X-Content-Type-Options"] == "nosniff"
            assert response["Content-Type"] == "application/pdf"
            assert response["Cache-Control"] == "private, no-store"

    def test_no_colleague_has_it_nor_hr_whose_right_is_gone(self):
        self.post(file=upload(PDF))
        record = ExternalLearning.objects.get()
        address = reverse("courses:record_document", args=[record.uuid])
        for user in (self.otto, self.bernd):
            assert self.as_(user).get(address).status_code == 404
        assert Client().get(address).url.startswith(reverse("login"))
        hilde = self.as_(self.hilde)
        assert hilde.get(address).status_code == 200
        GroupOrganisationPermission.objects.filter(group__user=self.hilde).delete()
        assert hilde.get(address).status_code == 404
        # The address a public file would have leads nowhere.
        assert self.as_(self.admin).get(record.document.url).status_code == 404

    def test_neither_person_nor_employment_can_be_deleted_under_it(self):
        self.post(file=upload(PDF))
        record = ExternalLearning.objects.get()
        for kept in (record.membership, self.anna):
            with pytest.raises(ProtectedError), transaction.atomic():
                kept.delete()
        record.refresh_from_db()
        assert record.document.storage.exists(record.document.name)

    def test_a_document_that_is_lost_is_no_stack_trace(self):
        record = self.submit()
        record.document.storage.delete(record.document.name)
        url = reverse("courses:record_document", args=[record.uuid])
        assert self.as_(self.anna).get(url).status_code == 404

    def test_she_takes_back_what_waits_and_nothing_else(self):
        client, record = self.as_(self.anna), self.submit()
        url = reverse("courses:withdraw_record", args=[record.uuid])
        self.assertRedirects(client.get(url), reverse(self.url))
        assert ExternalLearning.objects.waiting().get() == record
        page = client.post(url, follow=True)
        self.assertContains(page, "Ihr Dokument ist gelöscht")
        other = self.submit()
        actions.accept_learning(record=other, actor=self.hilde, course_key=None)
        url = reverse("courses:withdraw_record", args=[other.uuid])
        self.assertContains(client.post(url, follow=True), "inzwischen entschieden")
        other.refresh_from_db()
        assert other.is_accepted

    def test_what_was_credited_is_marked_on_the_course_page(self):
        actions.accept_learning(record=self.submit(), actor=self.hilde, course_key=self.key)
        client = self.as_(self.anna)
        page = client.get(self.course.url)
        self.assertContains(page, "Angerechnet: Webinar „KI im Amt“ (Studieninstitut), 12.03.2026")
        self.assertContains(page, "<strong>erledigt</strong> · angerechnet", count=3)
        finished = reverse("courses:finished", args=[Enrolment.objects.get().uuid])
        self.assertContains(client.get(finished), "Angerechnet: Webinar „KI im Amt“")
        self.assertContains(client.get(reverse(self.url)), "Angerechnet auf den Kurs")

    def test_what_was_set_by_hand_is_told_with_who_and_why(self):
        actions.override_completion(
            membership=self.membership(self.anna),
            course_key=self.key,
            actor=self.hilde,
            reason="Test <b>auf Papier</b>",
        )
        page = self.as_(self.anna).get(self.course.url)
        self.assertContains(page, "Von Hand gesetzt von Hilde Große-Wächter")
        self.assertContains(page, "Test &lt;b&gt;auf Papier&lt;/b&gt;")

    def test_queries_do_not_grow(self):
        client = self.as_(self.anna)

        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                assert client.get(reverse(self.url)).status_code == 200
            return len(asked)

        first = actions.accept_learning(record=self.submit(), actor=self.hilde, course_key=self.key)
        assert first.credited_to
        queries()
        before = queries()
        for n in range(15):
            record = self.submit(title=f"Nr. {n}")
            if n % 2:
                actions.decline_learning(record=record, actor=self.hilde, reason="Nein")
        assert queries() == before <= 12


class HRTests(FurtherRecordsTestCase):
    def test_what_waits_stands_on_the_start_page_and_in_the_menu(self):
        client = self.as_(self.hilde)
        self.assertNotContains(client.get(reverse("wagtailadmin_home")), "auf Ihre Entscheidung")
        self.submit()
        page = client.get(reverse("wagtailadmin_home"))
        self.assertContains(page, "1 Nachweis wartet auf Ihre Entscheidung")
        self.assertContains(page, "Weitere Nachweise")

    def test_the_list_is_filtered_and_searched(self):
        self.submit()
        self.submit(self.hilde, title="Anderes")
        client, url = self.as_(self.hilde), reverse("external_learning")
        for query, found in (
            ({"state": "submitted"}, True),
            ({"state": "declined"}, False),
            ({"q": "terh"}, True),
            ({"q": "niemand"}, False),
        ):
            page = client.get(url, query).content.decode()
            assert ("KI im Amt" in page) is found, query
        assert client.get(url, {"export": "csv"}).status_code == 404

    def test_the_list_takes_the_same_queries_for_one_and_many(self):
        client, url = self.as_(self.hilde), reverse("external_learning")

        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                assert client.get(url).status_code == 200
            return len(asked)

        actions.accept_learning(record=self.submit(), actor=self.hilde, course_key=self.key)
        queries()
        before = queries()
        for n in range(20):
            user = self.person(f"n{n}", "N", f"N{n}", self.coesfeld, "Amt")
            record = self.submit(user)
            if n < 4:
                actions.accept_learning(record=record, actor=self.hilde, course_key=self.key)
        assert queries() == before

    def test_accepting_declining_and_taking_back(self):
        client, record = self.as_(self.hilde), self.submit(course_key=self.key)
        url = reverse("external_record", args=[record.uuid])
        page = client.get(url)
        self.assertContains(page, f'<option value="{self.key}" selected>')
        response = client.post(url, {"action": "decline", "reason": " "})
        self.assertContains(response, "Bitte geben Sie eine Begründung an", status_code=422)
        page = client.post(url, {"action": "accept", "course": str(self.key)}, follow=True)
        self.assertContains(page, "der Kurs ist abgeschlossen")
        page = client.post(url, {"action": "decline", "reason": "Doch nicht"}, follow=True)
        self.assertContains(page, "inzwischen entschieden")
        page = client.post(url, {"action": "take_back", "reason": "Fälschung"}, follow=True)
        self.assertContains(page, "widerrufen Sie diese bitte gesondert")
        self.assertContains(page, "Fälschung")
        assert client.post(url, {"action": "delete", "reason": "x"}).status_code == 404
        record.refresh_from_db()
        assert record.state == LearningState.WITHDRAWN
        assert Enrolment.objects.get().is_completed

    def test_ones_own_record_has_no_buttons(self):
        record = self.submit(self.hilde)
        client, url = self.as_(self.hilde), reverse("external_record", args=[record.uuid])
        page = client.get(url)
        self.assertContains(page, "Ihr eigener Nachweis")
        self.assertNotContains(page, 'value="accept"')
        page = client.post(url, {"action": "accept", "course": ""}, follow=True)
        self.assertContains(page, "eigener Sache")

    def test_recording_for_people_who_were_ticked(self):
        client = self.as_(self.hilde)
        berta = self.person("berta", "Berta", "Kötter", self.coesfeld, "Bauamt")
        page = client.get(reverse("external_people"), {"q": "kött"})
        self.assertContains(page, "Kötter")
        self.assertNotContains(page, "Terhorst")
        query = QueryDict(mutable=True)
        query.setlist("person", [self.membership(user).pk for user in (self.anna, berta)])
        url = f"{reverse('external_record_for')}?{query.urlencode()}"
        self.assertContains(client.get(url), "Berta Kötter, Anna Terhorst")
        page = client.post(url, self.sent(course=str(self.key)) | {"document": upload()})
        assert page.status_code == 302
        assert ExternalLearning.objects.filter(state="accepted").exclude(document="").count() == 2
        assert Enrolment.objects.completed().count() == 2
        page = client.post(url, self.sent(course=str(self.key)), follow=True)
        self.assertContains(page, "0 Nachweise wurden erfasst. 2 waren schon vorhanden.")

    def test_recording_for_nobody_leads_to_the_people(self):
        client, url = self.as_(self.hilde), reverse("external_record_for")
        self.assertRedirects(client.get(url), reverse("external_people"))
        assert client.get(url, {"person": "9" * 30}).status_code == 302
        assert client.get(url, {"person": "4711"}).status_code == 404
        for wrong in ("abc", "-1", "1' OR 1=1"):
            assert client.get(url, {"person": wrong}).status_code == 302

    def test_setting_a_course_by_hand(self):
        client = self.as_(self.hilde)
        url = reverse("override_completion", args=[self.membership(self.anna).pk])
        self.assertContains(client.get(url), "KI-Grundlagen")
        chosen = f"{url}?course={self.key}"
        page = client.get(chosen)
        self.assertContains(page, "nicht rückgängig")
        for part in (*self.modules, self.quiz, self.knowledge_check):
            self.assertContains(page, part.title)
        response = client.post(chosen, {"part": "", "reason": " "})
        self.assertContains(response, "Bitte geben Sie eine Begründung an", status_code=422)
        sent = {"part": str(self.course.course_key), "reason": "x"}
        assert client.post(chosen, sent).status_code == 422
        assert not Completion.objects.exists()
        page = client.post(chosen, {"part": "", "reason": "Test auf Papier"}, follow=True)
        self.assertContains(page, "ist für Anna Terhorst gesetzt")
        assert Enrolment.objects.get(user=self.anna).is_completed

    def test_what_may_be_set_tells_nothing_of_what_was_learnt(self):
        client = self.as_(self.hilde)
        url = reverse("override_completion", args=[self.membership(self.anna).pk])
        url = f"{url}?course={self.key}"

        before = client.get(url).context["form"].fields["part"].choices
        own = actions.enrol(membership=self.membership(self.anna), course=self.course)
        actions.complete_activity(enrolment=own, page=self.modules[0])
        assert client.get(url).context["form"].fields["part"].choices == before

    def test_the_completion_list_says_how_it_came_about(self):
        actions.accept_learning(record=self.submit(), actor=self.hilde, course_key=self.key)
        berta = self.person("berta", "Berta", "Kötter", self.coesfeld, "Bauamt")
        actions.override_completion(
            membership=self.membership(berta),
            course_key=self.key,
            actor=self.hilde,
            reason="Geheim: Krankheit",
        )
        clara = self.person("clara", "Clara", "Vogt", self.coesfeld, "Bauamt")
        own = actions.enrol(membership=self.membership(clara), course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=own, page=page)
        dora = self.person("dora", "Dora", "Weiß", self.coesfeld, "Bauamt")
        actions.override_completion(
            membership=self.membership(dora),
            course_key=self.key,
            activity_key=self.modules[0].activity_key,
            actor=self.hilde,
            reason="Nur ein Teil",
        )
        expected = {
            "Kötter": "von Hand gesetzt",
            "Terhorst": "angerechnet: Webinar „KI im Amt“, 12.03.2026",
            "Vogt": "im KI-Hub gelernt",
            "Weiß": "",
        }
        exporter = CompletionExporter()
        scope = ExportScope(user=self.hilde, organisation=self.coesfeld)
        rows = exporter.rows(exporter.get_queryset(scope, QueryDict("")))
        assert {row[0]: row[-1] for _key, row in rows} == expected
        client, url = self.as_(self.hilde), reverse("completion_list")
        page = client.get(url)
        self.assertContains(page, "angerechnet: Webinar „KI im Amt“, 12.03.2026")
        self.assertNotContains(page, "Geheim")
        for evidence, name in (("external", "Terhorst"), ("override", "Kötter"), ("hub", "Vogt")):
            found = client.get(url, {"evidence": evidence}).context["table"].data
            assert [row[0] for row in found] == [name]
        record = ExternalLearning.objects.get()
        actions.take_back_learning(record=record, actor=self.hilde, reason="Fälschung")
        self.assertContains(client.get(url), "(später zurückgenommen)")


class AttendanceTests(FurtherRecordsTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        User.objects.filter(pk=cls.anna.pk).update(email="Anna@Coesfeld.example")
        Membership.objects.filter(user=cls.anna).update(staff_number="0815")
        Membership.objects.filter(user=cls.otto).update(staff_number="4711")
        cls.berta = cls.person("berta", "Berta", "Kötter", cls.coesfeld, "Bauamt")
        Membership.objects.filter(user=cls.berta).update(staff_number="77")

    def setUp(self):
        self.url = reverse("external_attendance")
        self.client.force_login(self.hilde)

    def show(self, text: str | bytes, name="liste.csv", **changed):
        content = text.encode() if isinstance(text, str) else text
        sent = self.sent(organisation=str(self.coesfeld.pk), **changed)
        return self.client.post(self.url, {**sent, "file": upload(content, name)})

    def confirm(self, shown, **changed):
        sent = {field.name: field.value() or "" for field in shown.context["confirm"]}
        return self.client.post(
            self.url, {**sent, "token": shown.context["token"], **changed}, follow=True
        )

    def entries(self, shown):
        return {
            entry.row: (entry.outcome.value, entry.note) for entry in shown.context["plan"].entries
        }

    def test_every_row_says_what_becomes_of_it_and_nothing_is_written(self):
        self.submit(self.berta)
        shown = self.show(
            "Fortbildung am 12.3.\n"
            "Personalnummer;E-Mail;Nachname\n"
            "815;;Ganz-Anders\n"
            "77;;\n"
            ";niemand@coesfeld.example;Nix\n"
            "4711;;Brüning\n"
            "\n"
            ";;Nur-Name\n"
            "77;anna@coesfeld.example;\n"
            "0815;ANNA@coesfeld.example;\n",
            course=str(self.key),
        )
        there = (
            "Die Person hat den Nachweis selbst eingereicht. Bitte entscheiden Sie darüber in der "
            "Liste."
        )
        assert self.entries(shown) == {
            3: ("recorded", ""),
            4: ("there", there),
            5: (
                "refused",
                "E-Mail: So ist hier heute niemand beschäftigt.",
            ),
            6: ("refused", "Personalnummer: So ist hier heute niemand beschäftigt."),
            8: ("refused", "Es fehlen Personalnummer und E-Mail-Adresse."),
            9: (
                "refused",
                "Personalnummer, E-Mail: Die Angaben gehören zu verschiedenen Personen.",
            ),
            10: ("refused", "Das ist dieselbe Person wie in Zeile 3."),
        }
        self.assertContains(shown, "KI-Grundlagen")
        self.assertContains(shown, "1 Person erfassen")
        assert ExternalLearning.objects.count() == 1
        assert not Completion.objects.exists()

    def test_confirmed_it_records_and_credits_and_a_second_time_changes_nothing(self):
        text = "Personalnummer\n0815\n77\n"
        shown = self.show(text, course=str(self.key))
        page = self.confirm(shown)
        self.assertContains(page, "2 Nachweise wurden erfasst.")
        assert Enrolment.objects.completed().count() == 2
        before = list(ExternalLearning.objects.values()), list(Completion.objects.values())
        self.confirm(shown)
        again = self.show(text, course=str(self.key))
        assert {outcome for outcome, _note in self.entries(again).values()} == {"there"}
        self.assertNotContains(again, "Personen erfassen")
        assert (
            list(ExternalLearning.objects.values()),
            list(Completion.objects.values()),
        ) == before

    def test_the_template_can_be_filled_in_with_any_program(self):
        response = self.client.get(reverse("external_attendance_template"))
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        sheet = book.worksheets[0]
        assert [cell.value for cell in sheet[1]] == [
            "Personalnummer",
            "E-Mail",
            "Nachname",
            "Vorname",
        ]
        sheet.append([815, None, "Terhorst"])
        file = io.BytesIO()
        book.save(file)
        shown = self.show(file.getvalue(), "liste.xlsx")
        assert self.entries(shown) == {2: ("recorded", "")}

    def test_nobody_is_found_by_an_empty_or_a_zero_number(self):
        shown = self.show("Personalnummer;E-Mail\n000;\n0;\n")
        assert {outcome for outcome, _note in self.entries(shown).values()} == {"refused"}

    def test_who_uploads_is_left_out(self):
        Membership.objects.filter(user=self.hilde).update(staff_number="1")
        shown = self.show("Personalnummer\n1\n77\n")
        assert self.entries(shown)[2] == (
            "refused",
            "Das sind Sie selbst. Bitte lassen Sie es von jemand anderem erfassen.",
        )
        self.assertContains(self.confirm(shown), "1 Nachweis wurde erfasst.")

    def test_files_that_are_no_list_say_so(self):
        for content, text in (
            (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x00", "als XLSX, ODS oder CSV"),
            (b"PK\x03\x04kaputt", "ohne Kennwort"),
            (b"Name;Vorname\nA;B\n", "keine Zeile mit der Überschrift"),
            (b"Personalnummer\n", "Die Liste ist leer"),
            (b"E-Mail;E-Mail\na;b\n", "bedeuten dasselbe"),
            (b"Personalnummer\n" + b"1\n" * (MAX_ROWS + 1), "Bitte teilen Sie sie auf"),
        ):
            response = self.show(content)
            self.assertContains(response, text, status_code=422)
            self.assertContains(response, "Studieninstitut", status_code=422)
        assert not ExternalLearning.objects.exists()

    def test_hostile_cells_are_shown_as_words(self):
        shown = self.show("Personalnummer;Nachname\n=1+1;<script>alert(1)</script>\n")
        self.assertContains(shown, "&lt;script&gt;alert(1)")
        self.assertNotContains(shown, "<script>alert(1)")

    def test_a_confirmation_that_was_tampered_with_records_nothing(self):
        shown = self.show("Personalnummer\n77\n")
        for changed in (
            {"organisation": str(self.olfen.pk)},
            {"held_on": "2999-01-01"},
            {"token": "falsch"},
        ):
            self.confirm(shown, **changed)
        assert not ExternalLearning.objects.exists()

    def test_looking_takes_the_same_queries_for_few_and_many_rows(self):
        def queries(rows: str) -> int:
            with CaptureQueriesContext(connection) as asked:
                self.show("Personalnummer\n" + rows)
            return len(asked)

        queries("77\n")
        few = queries("77\n")
        for n in range(20):
            user = self.person(f"n{n}", "N", f"N{n}", self.coesfeld, "Amt")
            Membership.objects.filter(user=user).update(staff_number=f"10{n}")
        assert queries("".join(f"10{n}\n" for n in range(20))) == few
