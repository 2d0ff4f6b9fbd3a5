"""What the authority that somebody has left is told of her, whatever becomes of her elsewhere."""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random
from tempfile import TemporaryFile
from zipfile import ZipFile

from django.core.cache import cache
from django.test import Client, SimpleTestCase
from django.urls import reverse
from django.utils import timezone

from certificates.actions import issue_certificate, reissue_certificate, revoke_certificate
from courses import actions
from courses.completion_list import PERMISSION, rows_of
from courses.evidence import Pack
from courses.evidence.archive import write_pack
from courses.models import Enrolment
from hub.exports.api.tokens import PERMISSION as USE_INTERFACE
from hub.exports.api.tokens import issue_token
from hub.exports.exporters import exporters
from hub.exports.models import ExportRun, ReportSwitch
from hub.exports.reports import reports
from hub.organisations.models import Membership, Organisation, User
from hub.organisations.told import told_since
from hub.tables import read_rows
from tests.cases import LearningHubTestCase
from tests.factories.organisations import grant, rename

PAGES = (
    "completion_list",
    "completion_matrix",
    "open_trainings",
    "ending_proofs",
    "issued_certificates",
    "certificates_admin:index",
    "external_learning",
    "duplicate_accounts",
)
FILES = (
    "abschlussliste",
    "abschlussmatrix",
    "offen-und-ueberfaellig",
    "laeuft-bald-ab",
    "ausgestellte-nachweise",
)


class FenceInTimeTests(SimpleTestCase):
    def test_months_end_where_a_month_has_no_such_day(self):
        assert told_since(12, date(2026, 11, 27)) == date(2025, 11, 27)
        assert told_since(1, date(2026, 3, 31)) == date(2026, 2, 28)
        assert told_since(0, date(2026, 3, 31)) == date(2026, 3, 31)
        assert told_since(12, date(2028, 2, 29)) == date(2027, 2, 28)


class PeopleWhoLeftTests(LearningHubTestCase):
    """Anna worked for Coesfeld, learnt there, and works for Olfen now."""

    def setUp(self) -> None:
        super().setUp()
        grant(
            self.hilde,
            self.coesfeld,
            PERMISSION,
            "certificates.view_certificate",
            "courses.manage_external_learning",
            "organisations.merge_accounts",
            "organisations.view_department",
        )
        for report in reports:
            ReportSwitch.objects.get_or_create(
                organisation=self.coesfeld, report=report, defaults={"is_on": True}
            )
        self.old = self.anna.memberships.get()
        self.proof = self.complete(self.old)
        self.certificate = issue_certificate(enrolment=self.proof)
        self.left_on = timezone.localdate()
        Enrolment.objects.filter(pk=self.proof.pk).update(
            completed_at=timezone.now() - timedelta(days=40),
            expires_on=timezone.localdate() - timedelta(days=1),
        )
        self.old.starts_on = timezone.localdate() - timedelta(days=400)
        self.old.ends_on = timezone.localdate() - timedelta(days=20)
        self.old.save()
        type(self.certificate).objects.update(issued_at=timezone.now() - timedelta(days=40))
        self.new = Membership.objects.create(user=self.anna, organisation=self.olfen)

    def complete(self, membership: Membership) -> Enrolment:
        enrolment = actions.enrol(membership=membership, course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        return Enrolment.objects.get(pk=enrolment.pk)

    def as_(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def rows(self) -> list[object]:
        found = rows_of([Organisation.objects.get(pk=self.coesfeld.pk)])
        return list(found.order_by("pk").values_list("uuid", "list_status", "list_due_on"))

    def told(self) -> dict[str, object]:
        """What HR of the old authority reads: lists with searches, and the rows of all files."""
        client = self.as_(self.hilde)
        said: dict[str, object] = {"rows": self.rows()}
        for name in PAGES:
            for query in ("", "?q=terhorst", "?q=weddings", "?q=anna"):
                response = client.get(reverse(name) + query)
                assert response.status_code == 200, name
                table = response.context.get("table") or response.context.get("object_list")
                said[name + query] = (
                    response.status_code,
                    [str(row) for row in getattr(table, "data", table) or ()],
                    "Weddings" in response.content.decode().replace('value="', ""),
                )
        for key in FILES:
            response = client.post(
                reverse("exports:hand_over", args=[key]),
                {"organisation": self.coesfeld.pk, "purpose": "P", "file_format": "csv"},
            )
            body = b"".join(response) if response.streaming else response.content
            assert response.status_code == 200, (key, response.status_code)
            said[key] = body
        return said

    def hand_over(self, key: str, file_format: str, since: str = "") -> bytes:
        """A list of the old authority as a file; with ``since`` what changed since then."""
        asked = {"organisation": self.coesfeld.pk, "purpose": "P", "file_format": file_format}
        response = self.as_(self.hilde).post(
            reverse("exports:hand_over", args=[key]), asked | {"since": since}
        )
        assert response.status_code == 200, (key, file_format)
        return b"".join(response)

    def told_to_programs(self) -> dict[str, object]:
        """What files for programs, the interface for HR systems and the evidence pack say."""
        cache.clear()  # The interface answers so many requests a minute.
        said: dict[str, object] = {}
        for key in FILES:
            said[f"{key}.json"] = json.loads(self.hand_over(key, "json"))["rows"]
            for ending in ("xlsx", "ods"):
                said[f"{key}.{ending}"] = read_rows(self.hand_over(key, ending))
        _token, secret = issue_token(
            organisation=self.coesfeld,
            name=f"Personalsystem {timezone.now().timestamp()}",
            purpose="Abgleich",
            scopes=list(exporters),
            expires_on=timezone.localdate() + timedelta(days=30),
            maker=User.objects.get(pk=self.hilde.pk),
        )
        for key in exporters:
            filters = reverse("hr_api:filters", args=[key])
            rows = reverse("hr_api:rows", args=[key])
            for address in (filters, rows, f"{rows}?q=terhorst", f"{rows}?q=weddings"):
                answer = Client().get(address, headers={"Authorization": f"Bearer {secret}"})
                body = answer.json()
                said[address] = (
                    answer.status_code,
                    body.get("columns"),
                    # Without the addresses of pages and the number of the hand-over.
                    body.get("rows"),
                    body.get("filters"),
                )
        with TemporaryFile() as file:
            write_pack(file, Pack(self.coesfeld, timezone.localdate()), {"at": "", "by": ""})
            file.seek(0)
            with ZipFile(file) as archive:
                said |= {name: archive.read(name) for name in archive.namelist()}
        return said

    def rename(self, random: Random) -> None:
        rename(self.anna.pk, last_name=f"Weddings{random.randrange(99)}", first_name="Ann")

    def address(self, random: Random) -> None:
        self.anna.refresh_from_db()
        self.anna.email = f"{random.randrange(99)}@olfen.example"
        self.anna.username = f"weddings{random.randrange(99)}"
        self.anna.save()

    def number(self, random: Random) -> None:
        self.new.refresh_from_db()
        self.new.staff_number = str(random.randrange(99))
        self.new.save()

    def refresh(self, random: Random) -> None:
        latest = Enrolment.objects.filter(user=self.anna).order_by("-cycle").first()
        if latest.is_completed:
            latest = Enrolment.objects.create(
                user=self.anna,
                membership=self.new,
                course_key=latest.course_key,
                cycle=latest.cycle + 1,
            )
        for page in (*self.modules, self.quiz)[: random.randrange(5)]:
            actions.complete_activity(enrolment=latest, page=page)

    def issue(self, random: Random) -> None:
        for enrolment in Enrolment.objects.filter(membership=self.new).completed():
            certificate = issue_certificate(enrolment=enrolment)
            if random.random() < 0.5:
                revoke_certificate(certificate=certificate, reason="Irrtum", actor=None)

    def reissue(self, random: Random) -> None:
        self.certificate.refresh_from_db()
        if self.certificate.revoked_at is None:
            reissue_certificate(certificate=self.certificate, actor=self.anna)

    def leave(self, random: Random) -> None:
        self.new.refresh_from_db()
        self.new.ends_on = None if self.new.ends_on else timezone.localdate()
        self.new.save()

    def test_nothing_that_happens_elsewhere_is_told(self):
        for seed in range(2):
            random = Random(seed)
            before = self.told()
            assert "Terhorst" in before["abschlussliste"].decode("utf-8-sig")
            steps = [
                self.rename,
                self.address,
                self.number,
                self.refresh,
                self.refresh,
                self.issue,
                self.reissue,
                self.leave,
            ]
            random.shuffle(steps)
            for first, second in zip(steps[::2], steps[1::2], strict=True):
                first(random)
                second(random)
                after = self.told()
                for what, said in before.items():
                    assert after[what] == said, (seed, first.__name__, second.__name__, what)

    def test_nothing_is_told_to_programs_and_in_the_evidence_pack(self):
        # Valid without end, so that more than one list and the pack know of it.
        Enrolment.objects.filter(pk=self.proof.pk).update(expires_on=None)
        grant(self.hilde, self.coesfeld, USE_INTERFACE)
        before = self.told_to_programs()
        telling = {what for what, said in before.items() if "Terhorst" in self.words(said)}
        assert telling >= {
            *(f"abschlussliste.{ending}" for ending in ("json", "xlsx", "ods")),
            *(f"ausgestellte-nachweise.{ending}" for ending in ("json", "xlsx", "ods")),
            reverse("hr_api:rows", args=["abschlussliste"]) + "?q=terhorst",
            "liste.csv",
            "nachweise.csv",
        }
        first = {}
        for key in FILES:
            self.hand_over(key, "json")
            first[key] = str(ExportRun.objects.latest("pk").uuid)
        random = Random(3)
        for step in (
            self.rename,
            self.address,
            self.number,
            self.refresh_wholly,
            self.issue,
            self.reissue,
            self.leave,
        ):
            step(random)
        for key, since in first.items():
            assert json.loads(self.hand_over(key, "json", since))["rows"] == [], key
        after = self.told_to_programs()
        assert after.keys() == before.keys()
        for what, said in before.items():
            assert after[what] == said, what
            assert "Weddings" not in self.words(after[what]), what
        # Where she learnt it, it is told, and under her new name.
        text = self.words(list(rows_of([self.olfen]).values_list("membership__last_name")))
        assert "Weddings" in text

    def words(self, said: object) -> str:
        """Anything that was said as text, to look for a word in it."""
        return said.decode("utf-8", "replace") if isinstance(said, bytes) else repr(said)

    def refresh_wholly(self, random: Random) -> None:
        newer = Enrolment.objects.create(
            user=self.anna, membership=self.new, course_key=self.proof.course_key, cycle=2
        )
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=newer, page=page)
        newer.refresh_from_db()
        assert newer.is_completed

    def test_the_expired_proof_stays_expired(self):
        assert [status for _uuid, status, _due in self.rows()] == ["expired"]
        self.refresh(Random(1))
        assert [status for _uuid, status, _due in self.rows()] == ["expired"]

    def test_after_some_months_nobody_is_told(self):
        months = {
            0: False,
            12: True,
        }
        for number, is_told in months.items():
            Organisation.objects.filter(pk=self.coesfeld.pk).update(months_after_leaving=number)
            assert bool(self.rows()) is is_told
            page = self.as_(self.hilde).get(reverse("completion_list"))
            assert ("Terhorst" in page.content.decode()) is is_told
            page = self.as_(self.hilde).get(reverse("certificates_admin:index"))
            assert (self.certificate.number in page.content.decode()) is is_told

    def test_the_person_keeps_her_own_record(self):
        Organisation.objects.filter(pk=self.coesfeld.pk).update(months_after_leaving=0)
        page = self.as_(self.anna).get(
            reverse("certificates:certificate", args=[self.certificate.uuid])
        )
        assert page.status_code == 200

    def test_what_was_open_goes_along(self):
        Enrolment.objects.filter(pk=self.proof.pk).update(status="enrolled", completed_at=None)
        assert not self.rows()

    def test_revoking_takes_along_what_was_issued_anew(self):
        rename(self.anna.pk, last_name="Weddings")
        new = reissue_certificate(certificate=self.certificate, actor=self.anna)
        revoke_certificate(certificate=self.certificate, reason="Irrtum", actor=self.hilde)
        new.refresh_from_db()
        assert new.revoked_at is not None
