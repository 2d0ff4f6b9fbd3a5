"""Every address of the project against every role; fails when an address is not listed.

The objects belong to Anna and to Coesfeld. *Bernd* is HR of Olfen: he must not learn of them
anywhere, and nothing he sends may change them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.db.models import Model
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver
from django.utils import timezone

from certificates.actions import issue_certificate
from certificates.models import Certificate, CertificateTemplate, IssueRun, RunKind
from courses import actions
from courses.documents import Document
from courses.enums import CorrectionKind, DigestState, ReportKind
from courses.models import (
    AISystem,
    Attempt,
    BankQuestion,
    Completion,
    Correction,
    CorrectionNotice,
    CountedPerson,
    CountingGroup,
    Enrolment,
    ExternalLearning,
    FrozenFile,
    QuestionReport,
    Regrading,
    ReminderDigest,
    ReminderSettings,
    Requirement,
    RequirementProposal,
    Response,
)
from courses.models.reminders import address_key
from courses.quizzing import question_set
from hub.exports.models import ApiToken, ExportRun, ExportSchedule, ReportSwitch
from hub.invitations.models import Invitation
from hub.organisations.importing.runs import start_import
from hub.organisations.merging.actions import merge_accounts, preview
from hub.organisations.models import (
    AccountMerge,
    Department,
    EmployeeImport,
    EmployeeImportRow,
    GroupOrganisationPermission,
    Membership,
    Organisation,
)
from hub.terminals.models import Terminal
from tests.cases import LearningHubTestCase, bank_question, single_choice

PACKAGES = {"hub", "courses", "certificates", "home"}
#: Whoever asks gets an answer; nothing in it is about a person.
PUBLIC = {
    "media",
    "short_check",
    "login",
    "logout",
    "wagtail_serve",
    "wagtailcore_login",
    "certificates:check_form",
    "certificates:check",
    "courses:unsubscribe",
    "hr_api:openapi-json",
    "invitations:redeem",
    "invitations:password",
}
TELLING = ("Terhorst", "Bürgerbüro", "anna", "COE-", "Nur für die Redaktion")
PEOPLE_LISTS = (
    "abschlussmatrix",
    "offen-und-ueberfaellig",
    "laeuft-bald-ab",
    "ausgestellte-nachweise",
)
BANK = "wagtailsnippets_courses_bankquestion"
TEMPLATE = "wagtailsnippets_certificates_certificatetemplate"
#: Its views are Ninja's own.
API = "hr_api"
BANK_CHOOSER = "wagtailsnippetchoosers_courses_bankquestion"


def project_urls() -> Iterator[str]:
    """The names of all addresses whose views are the project's own, plug-in example excluded."""

    def walk(resolver: URLResolver, namespaces: tuple[str, ...]) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                inner = (pattern.namespace,) if pattern.namespace else ()
                yield from walk(pattern, namespaces + inner)
            else:
                view = getattr(pattern.callback, "view_class", pattern.callback)
                name = ":".join([*namespaces, pattern.name or ""])
                is_ours = view.__module__.split(".")[0] in PACKAGES or namespaces[:1] == (API,)
                if is_ours or name in PUBLIC:
                    yield name

    return walk(get_resolver(), ())


class UrlMatrixTests(LearningHubTestCase):
    def setUp(self):
        enrolment = actions.enrol(membership=self.membership(self.anna), course=self.course)
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.quiz)
        question = next(iter(question_set(attempt)))
        waiting = Response.objects.create(
            attempt=attempt, question_id=question, answer={}, answered_at=timezone.now()
        )
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=enrolment, page=page)
        certificate = issue_certificate(enrolment=enrolment)
        membership = self.membership(self.anna)
        run = ExportRun.objects.create(
            year=2026,
            number=1,
            user=self.hilde,
            organisation=self.coesfeld,
            exporter="abschlussliste",
            file_format="csv",
            purpose="Liste mit Anna Terhorst",
        )
        pack = ExportRun.objects.create(
            year=2026,
            number=2,
            user=self.hilde,
            organisation=self.coesfeld,
            exporter="nachweispaket",
            file_format="zip",
            purpose="Paket mit Anna Terhorst",
            filters={"date": ["2026-11-26"]},
            finished_at=timezone.now(),
        )
        long_list = ExportRun.objects.create(
            year=2026,
            number=3,
            user=self.hilde,
            organisation=self.coesfeld,
            exporter="abschlussliste",
            file_format="csv",
            purpose="Liste mit Anna Terhorst",
            in_background=True,
            finished_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=1),
            file=ContentFile(b"Terhorst", "liste.csv"),
        )
        kept = bank_question("Nur für die Redaktion", single_choice("eins"), tags="recht")
        correction = Correction.objects.create(
            unit_key=self.quiz.translation_key,
            question_id=question,
            kind=CorrectionKind.TYPO,
            before=self.version(self.quiz),
            proposed_by=self.admin,
        )
        regrading = Regrading.objects.create(attempt=attempt, correction=correction)
        notice = CorrectionNotice.objects.create(user=self.anna, regrading=regrading)
        report = QuestionReport.objects.create(
            quiz_key=self.quiz.translation_key,
            question_id=question,
            version=self.version(self.quiz),
            kind=ReportKind.SPELLING,
            text="Nur für die Redaktion",
        )
        drawing = FrozenFile.objects.create(
            sha256="0" * 64, file=ContentFile(b"Bild", "bild.png"), name="bild.png"
        )
        self.counted()
        self.refused_reminder()
        learnt, waits = self.further_records()
        employees = self.employees()
        terminal = Terminal.objects.create(organisation=self.coesfeld, name="Bürgerbüro, Empfang")
        invitation = Invitation.objects.create(
            user=self.anna,
            organisation=self.coesfeld,
            code_hash="0",
            expires_on=timezone.localdate() + timedelta(days=1),
        )
        merge = self.merge()
        requirement = Requirement.objects.create(
            organisation=self.coesfeld,
            course_key=self.course.course_key,
            department=membership.department,
            reason="Grund des Amts von Anna Terhorst",
        )
        system = AISystem.objects.create(
            organisation=self.coesfeld, name="Assistent von Anna Terhorst", purpose="Texte"
        )
        system.overseers.add(membership)
        proposal = RequirementProposal.objects.create(
            course_key=self.course.course_key, reason="Vorgeschlagen"
        )
        certificate_run = IssueRun.objects.create(kind=RunKind.MISSING, organisation=self.coesfeld)
        template = CertificateTemplate.objects.create(
            name="Nur für die Redaktion", design="classic"
        )
        token = ApiToken.objects.create(
            organisation=self.coesfeld,
            name="Nur für die Redaktion",
            purpose="Abgleich mit Anna Terhorst",
            scopes=["abschlussliste"],
            hint="kihub_COE-",
            digest="0" * 64,
            made_by=self.hilde,
            expires_on=timezone.localdate(),
        )
        schedule = ExportSchedule.objects.create(
            organisation=self.coesfeld,
            owner=self.hilde,
            exporter="abschlussliste",
            file_format="csv",
            purpose="Abgleich mit Anna Terhorst",
            filters={"q": ["Terhorst"]},
            filter_words=[["Name", "Terhorst"]],
            rhythm="monthly",
            starts_on=timezone.localdate(),
            ends_on=timezone.localdate(),
            next_on=timezone.localdate(),
        )
        rows = {
            TEMPLATE: template.pk,
            "api_tokens": token.pk,
            "export_schedules": schedule.pk,
            "certificates_admin": certificate.pk,
            BANK: kept.pk,
            BANK_CHOOSER: kept.pk,
            "departments": membership.department.pk,
            "department_chooser": membership.department.pk,
            "memberships": membership.pk,
            "person_chooser": self.anna.pk,
            "exports": run.pk,
            "requirements": requirement.pk,
            "ai_systems": system.pk,
            "requirement_proposals": proposal.pk,
            "organisations": self.coesfeld.pk,
            "wagtailusers_users": self.anna.pk,
            "audiences": 1,
            "topics": 1,
        }
        self.arguments: dict[str, list[Any]] = {
            "ai_systems:overseers": [system.pk],
            "completion_list": [],
            "completion_list_results": [],
            "completion_reason": [enrolment.uuid],
            "courses_evidence_pack": [],
            "courses_made_evidence_pack": [pack.uuid],
            "courses_evidence_pack_file": [pack.uuid],
            "media": ["gibt-es-nicht.svg"],
            "short_check": [certificate.code],
            "login": [],
            "logout": [],
            "wagtail_serve": ["kurse/"],
            "wagtailcore_login": [],
            "wagtailadmin_account": [],
            "courses_explorer": [],
            "download_course_package": [self.course.pk],
            "import_course_package": [self.catalogue.pk],
            "marking_list": [],
            "mark_response": [waiting.pk],
            "courses_corrections": [self.quiz.translation_key],
            "courses_versions": [self.quiz.translation_key],
            "courses_correction": [correction.uuid],
            "question_reports": [],
            "question_reports_results": [],
            "question_report": [report.uuid],
            "courses_quiz_statistics": [self.quiz.translation_key],
            "courses_bank_statistics": [kept.translation_key],
            "external_learning": [],
            "external_learning_results": [],
            "external_people": [],
            "external_record_for": [],
            "external_attendance": [],
            "external_attendance_template": [],
            "external_record": [learnt.uuid],
            "override_completion": [membership.pk],
            "courses:own_records": [],
            "courses:withdraw_record": [waits.uuid],
            "courses:record_document": [waits.uuid],
            "hr_api:openapi-json": [],
            "hr_api:api-root": [],
            "hr_api:lists": [],
            "hr_api:rows": ["abschlussliste"],
            "hr_api:filters": ["abschlussliste"],
            "hr_api:nothing": [],
            "hr_api:nothing_else": ["anna"],
            "exports:hand_over": ["abschlussliste"],
            "export_schedules:set_up": ["abschlussliste"],
            "export_schedules:renew": [schedule.pk],
            "export_schedules:stop": [schedule.pk],
            "exports:made": [long_list.uuid],
            "exports:file": [long_list.uuid],
            "proposed_plan": [],
            "coverage_report": [],
            "learning_hours_report": [],
            "district_report": [],
            "completion_matrix": [],
            "completion_matrix_results": [],
            "open_trainings": [],
            "open_trainings_results": [],
            "released_proofs": [],
            "released_proofs_results": [],
            "courses:releases": [],
            "transfers:start": [],
            "transfers:code": [],
            "transfers:take": [],
            "ending_proofs": [],
            "ending_proofs_results": [],
            "issued_certificates": [],
            "issued_certificates_results": [],
            "report_catalogues": [],
            "report_catalogue": [self.coesfeld.slug],
            "report_catalogue_file": [self.coesfeld.slug],
            "report_switches": [self.coesfeld.slug],
            "invitation_people": [],
            "invitation_letters": [],
            "revoke_invitation": [invitation.uuid],
            "invitations:redeem": [],
            "terminals": [],
            "switch_off_terminal": [terminal.uuid],
            "terminals:time": [],
            "invitations:password": [],
            "invitations:welcome": [],
            "employee_imports": [],
            "employee_import": [employees.uuid],
            "employee_import_columns": [employees.uuid],
            "employee_import_report": [employees.uuid, "csv"],
            "duplicate_accounts": [],
            "merge_accounts": [self.anna.uuid, self.twin.uuid],
            "account_merge": [merge.uuid],
            "courses:merge_read": [merge.uuid],
            "courses:my_learning": [],
            "courses:own_settings": [],
            "courses:own_reminders": [],
            # Whoever has a token that the hub wrote may use it; nobody can make one.
            "courses:unsubscribe": [self.anna.uuid.hex],
            "sent_reminders": [],
            "courses:begin_trial": [self.quiz.pk],
            "courses:trial": [self.quiz.pk],
            "courses:trial_result": [self.quiz.pk],
            "courses:enrol": [self.course.translation_key],
            "courses:mark_as_learnt": [self.modules[0].translation_key],
            "courses:start_attempt": [self.quiz.translation_key],
            "courses:attempt": [attempt.uuid],
            "courses:answer": [attempt.uuid, question],
            "courses:report_question": [attempt.uuid, question],
            "courses:result": [attempt.uuid],
            "courses:finished": [enrolment.uuid],
            "courses:frozen_file": [drawing.sha256],
            "courses:version": [self.version(self.quiz).uuid],
            "courses:correction_read": [notice.uuid],
            "certificates:certificate": [certificate.uuid],
            "certificates:new_name": [certificate.uuid],
            "certificate_runs": [],
            "certificate_run": [certificate_run.uuid],
            "certificates:pdf": [certificate.uuid],
            "certificates:check_form": [],
            "certificates:check": [certificate.code],
            "update_translations": [1],
            "make_mirror": [self.course.pk],
            "submit_page_translation": [self.course.pk],
            "submit_snippet_translation": ["courses", "bankquestion", kept.pk],
            "list_snippets": ["courses", "bankquestion"],
            "retrieve_snippet": ["courses", "bankquestion", kept.pk],
        }
        row_views = (
            "edit",
            "delete",
            "inspect",
            "history",
            "history_results",
            "chosen",
            "copy",
            "usage",
            "unpublish",
            "retire",
            "reissue",
            "revoke",
        )
        for space, pk in rows.items():
            for view in (
                "index",
                "index_results",
                "list",
                "list_results",
                "add",
                "choose",
                "choose_results",
                "create",
            ):
                self.arguments[f"{space}:{view}"] = []
            self.arguments[f"{space}:chosen_multiple"] = []
            for view in row_views:
                self.arguments[f"{space}:{view}"] = [pk]
        for view in ("import", "import_template", "export"):
            self.arguments[f"{BANK}:{view}"] = []
        self.arguments[f"{BANK}:export_file"] = ["moodle"]

    def counted(self) -> None:
        """Figures of Coesfeld, which has them switched on, and a group to make them of."""
        for report in ("abdeckung", "lernstunden", "kreiszahlen"):
            ReportSwitch.objects.create(organisation=self.coesfeld, report=report, is_on=True)
        # Bernd has the lists by name, too: of his own people.
        for organisation in (self.coesfeld, self.olfen):
            for report in PEOPLE_LISTS:
                ReportSwitch.objects.create(organisation=organisation, report=report, is_on=True)
        membership = self.membership(self.anna)
        group = CountingGroup.objects.create(
            organisation=self.coesfeld, department=membership.department, size=1
        )
        CountedPerson.objects.create(group=group, membership=membership)

    def refused_reminder(self) -> None:
        """A mail to Anna that her mail server refused."""
        today = timezone.localdate()
        ReminderDigest.objects.create(
            user=self.anna,
            organisation=self.coesfeld,
            day=today,
            since=today,
            until=today,
            state=DigestState.REFUSED,
            refused_address=address_key(self.anna.email),
        )

    def further_records(self) -> list[ExternalLearning]:
        """One record of Anna that was accepted, and one that waits; HR may decide upon both."""
        for codename in (
            "manage_external_learning",
            "override_completion",
            "import_employees",
            "write_letters",
            "manage_terminals",
            "merge_accounts",
            "view_requirement",
            "add_requirement",
            "change_requirement",
            "delete_requirement",
            "view_aisystem",
            "add_aisystem",
            "change_aisystem",
            "delete_aisystem",
            "view_report_catalogue",
            "switch_reports",
            "manage_apitoken",
            "view_figures",
            "view_district_figures",
            "view_certificate",
        ):
            for hr in (self.hilde, self.bernd):
                GroupOrganisationPermission.objects.create(
                    group=hr.groups.get(),
                    organisation=self.membership(hr).organisation,
                    permission=Permission.objects.get(codename=codename),
                )
        learnt, waits = (
            actions.submit_learning(
                membership=self.membership(self.anna),
                facts=actions.LearningFacts("webinar", title, "Institut", 60, date(2026, 3, 12)),
                document=Document("terhorst.pdf", b"Terhorst"),
            )
            for title in ("Nur für die Redaktion", "Wartet: Terhorst")
        )
        actions.accept_learning(record=learnt, actor=self.hilde, course_key=None)
        return [learnt, waits]

    def employees(self) -> EmployeeImport:
        """A list of employees that waits to be confirmed, with Anna's new name in it."""
        self.anna.memberships.update(staff_number="007")
        content = "Personalnummer;Nachname;Vorname\n007;Terhorst-Neu;Anna\n"
        return start_import(
            organisation=self.coesfeld,
            file_name="Terhorst.csv",
            content=content.encode(),
            actor=self.hilde,
        )

    def merge(self) -> AccountMerge:
        """A merge that stands, of an account of Anna's and another one; and one more duplicate."""
        self.twin, gone = (
            self.person(f"{name}.terhorst", "Anna", "Terhorst", self.coesfeld, "Bürgerbüro")
            for name in ("zwilling", "anna.alt")
        )
        shown = preview(kept=self.anna, gone=gone, actor=self.hilde)
        return merge_accounts(
            kept=self.anna,
            gone=gone,
            confirmed=shown.fingerprint,
            reason="Nur für die Redaktion",
            actor=self.hilde,
        )

    def client_of(self, user) -> Client:
        client = Client(raise_request_exception=False)
        if user is not None:
            client.force_login(user)
        return client

    def test_every_address_is_listed(self):
        missing = set(project_urls()) - set(self.arguments)
        assert not missing, f"Addresses without a line in the matrix: {sorted(missing)}"

    def answers(self, user) -> Iterator[tuple[str, str, Any]]:
        """What a person meets at every address, by GET and by POST."""
        client = self.client_of(user)
        for name in sorted(set(project_urls())):
            url = reverse(name, args=self.arguments[name])
            if name.endswith("chosen_multiple"):
                url += f"?id={self.anna.pk}&id={self.membership(self.anna).department_id}"
            for method in ("get", "post"):
                if name == "logout" and method == "post":
                    continue
                yield name, method, getattr(client, method)(url)

    def everything(self) -> dict[type[Model], list[dict[str, Any]]]:
        models = (
            ApiToken,
            AISystem,
            AISystem.overseers.through,
            Attempt,
            BankQuestion,
            Response,
            Completion,
            Certificate,
            CertificateTemplate,
            IssueRun,
            Department,
            AccountMerge,
            EmployeeImport,
            EmployeeImportRow,
            Invitation,
            Terminal,
            Membership,
            Organisation,
            ExportRun,
            ExportSchedule,
            ReportSwitch,
            CountingGroup,
            CountedPerson,
            ExternalLearning,
            Correction,
            CorrectionNotice,
            QuestionReport,
            Regrading,
            Requirement,
            RequirementProposal,
            ReminderDigest,
            ReminderSettings,
        )
        found = {model: list(model.objects.filter().order_by("pk").values()) for model in models}
        found[Enrolment] = list(Enrolment.objects.filter(user=self.anna).values())
        return found

    def test_a_stranger_learns_nothing_and_changes_nothing(self):
        before = self.everything()
        for name, method, response in self.answers(self.bernd):
            where = (name, method, response.status_code)
            assert response.status_code < 500, where
            if name in PUBLIC:
                continue
            body = b"".join(response) if response.streaming else response.content
            for word in TELLING:
                assert word not in body.decode("utf-8", "replace"), (*where, word)
        after = self.everything()
        # What Bernd may do for himself: join the course, mark a module, begin an attempt.
        own = self.membership(self.bernd).pk
        after[Completion] = [
            row
            for row in after[Completion]
            if Enrolment.objects.get(pk=row["enrolment_id"]).membership_id != own
        ]
        after[Attempt] = [
            row
            for row in after[Attempt]
            if Enrolment.objects.get(pk=row["enrolment_id"]).membership_id != own
        ]
        assert after == before

    def test_who_is_not_signed_in_is_asked_to_or_sees_what_is_public(self):
        before = self.everything()
        for name, method, response in self.answers(None):
            if name in PUBLIC:
                assert response.status_code < 500, (name, method)
            else:
                assert response.status_code in {302, 401, 404, 405}, (name, response.status_code)
        assert self.everything() == before

    def test_an_employee_reaches_no_administration(self):
        before = self.everything()
        for name, method, response in self.answers(self.otto):
            if name in PUBLIC or name.startswith(
                ("courses:", "certificates:", "invitations:", "terminals:", "transfers:")
            ):
                continue
            # Programs sign in with a token; the session of a person is none.
            expected = {401, 405} if name.startswith(API) else {302, 403, 404, 405}
            assert response.status_code in expected, (name, method)
        assert self.everything()[ExportRun] == before[ExportRun]
        assert self.everything()[Department] == before[Department]

    def test_hr_sees_its_own(self):
        client = self.client_of(self.hilde)
        self.assertContains(client.get(reverse("completion_list")), "Terhorst")
        self.assertContains(client.get(reverse("exports:index")), "Liste mit Anna Terhorst")
        self.assertContains(client.get(reverse("api_tokens:index")), "kihub_COE-")
        for name in ("export_schedules:index", "export_schedules:inspect"):
            page = client.get(reverse(name, args=self.arguments[name]))
            self.assertContains(page, "Abgleich mit Anna Terhorst")
        url = reverse("employee_import", args=self.arguments["employee_import"])
        self.assertContains(client.get(url), "Terhorst-Neu")
        self.assertContains(client.get(reverse("requirements:index")), "Bürgerbüro")
        url = reverse("ai_systems:inspect", args=self.arguments["ai_systems:inspect"])
        self.assertContains(client.get(url), "Anna Terhorst")
        for name in ("duplicate_accounts", "merge_accounts", "account_merge"):
            url = reverse(name, args=self.arguments[name])
            self.assertContains(client.get(url), "Terhorst")
        for name in ("coverage_report", "learning_hours_report", "district_report"):
            # One of a group is too few to be told of, also where everything is switched on.
            self.assertContains(client.get(reverse(name)), "zu wenige Personen")
        self.assertContains(client.get(reverse("sent_reminders")), "Terhorst")
        letters = client.get(reverse("invitation_people"), {"access": "letter"})
        self.assertContains(letters, "Terhorst")
        for name in ("completion_matrix", "issued_certificates"):
            self.assertContains(client.get(reverse(name)), "Terhorst")
