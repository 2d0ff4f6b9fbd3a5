"""The whole load, with the first three modules of each course."""

import json
import tempfile
from datetime import date
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import F
from django.http import QueryDict
from django.test import TestCase, override_settings
from django.urls import reverse
from wagtail.images import get_image_model
from wagtail.models import Page, Workflow

from certificates.models import Certificate, CertificateStatus, CertificateTemplate
from courses.activities import outline
from courses.ai_systems import records
from courses.coverage import figures
from courses.documents import read_document
from courses.enums import EnrolmentSource, EnrolmentStatus
from courses.models import (
    AISystem,
    Attempt,
    BankQuestion,
    Completion,
    CompletionDecision,
    ContentVersion,
    CoursePage,
    Enrolment,
    ExternalLearning,
    QuizPage,
    Requirement,
)
from courses.proposed_plan import PlanState, plan_for
from courses.questions import QuestionBlock
from courses.reckoning import reckon
from courses.refreshing import CourseToday, learnt_editions
from hub.demo.content import COURSES, read_bank
from hub.demo.identifiers import stable_id
from hub.demo.plan import course_key, page_key
from hub.exports.exporters import ExportScope, exporters
from hub.exports.models import ExportSchedule
from hub.exports.reports import organisations_for
from hub.exports.scheduling import against
from hub.organisations.merging.accounts import proposals
from hub.organisations.merging.actions import preview
from hub.organisations.models import GroupOrganisationPermission, Membership, Organisation, User

from .small import copy_small

TODAY = date(2026, 11, 24)


class LoadDemoTests(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.enterClassContext(override_settings(VAR_DIR=Path(cls.folder) / "var"))
        super().setUpClass()

    @classmethod
    def setUpTestData(cls):
        cls.content = copy_small(Path(cls.folder) / "content")
        # wagtail-localize publishes after commit, page by page. Within a test nothing is committed,
        # and published all at the end the pages would overwrite their counters of children.
        with patch("django.db.transaction.on_commit", side_effect=lambda do: do()):
            cls.printed = cls.load()

    @classmethod
    def load(cls):
        out = StringIO()
        call_command("load_demo", content=cls.content, today=TODAY, stdout=out)
        return out.getvalue()

    def accounts(self):
        return json.loads((Path(self.folder) / "var" / "demo-accounts.json").read_text())

    def enrolment(self, username, slug=COURSES[0], **fields):
        return Enrolment.objects.get(user__username=username, course_key=course_key(slug), **fields)

    def test_shows_progress_and_accounts(self):
        self.assertIn("[1/9]", self.printed)
        self.assertIn("[9/9]", self.printed)
        self.assertIn("anna.terhorst", self.printed)

    def test_second_call_changes_nothing_and_prints_the_accounts(self):
        def counts():
            models = (Page, User, Enrolment, Completion, Certificate, ContentVersion)
            return [model.objects.count() for model in models]

        before = counts()
        printed = self.load()

        self.assertIn("nichts geändert", printed)
        self.assertIn("anna.terhorst", printed)
        self.assertEqual(counts(), before)

    def test_hr_of_one_authority_gets_a_list_regularly(self):
        schedule = ExportSchedule.objects.get()
        assert schedule.owner.username == "hr.coesfeld"
        assert schedule.is_running
        assert against(schedule) is None

    def test_second_call_remembers_the_password(self):
        out = StringIO()
        call_command("load_demo", content=self.content, password="anders", stdout=out)

        self.assertNotIn("anders", out.getvalue())

    def test_accounts_file(self):
        accounts = self.accounts()

        self.assertEqual(len(accounts), 30)
        for account in accounts:
            self.assertEqual(set(account), {"role", "authority", "username", "password"})
        self.assertEqual(
            {account["role"] for account in accounts},
            {"employee", "hr", "council", "editor", "reviewer", "administrator"},
        )
        self.assertEqual(len({a["authority"] for a in accounts if a["role"] == "hr"}), 12)

    def test_hr_of_coesfeld_is_proposed_one_pair_of_duplicates(self):
        hr = User.objects.get(username="hr.coesfeld")
        (pair,) = proposals(hr)
        shown = preview(kept=pair.one, gone=pair.other, actor=hr)
        self.assertTrue(shown.is_possible)
        self.assertTrue(any("abgeschlossen am" in note for note in shown.plan.notes))
        self.assertEqual(proposals(User.objects.get(username="hr.duelmen")), [])

    def test_everybody_can_log_in_with_the_password(self):
        for account in self.accounts()[:3]:
            self.assertTrue(
                self.client.login(username=account["username"], password=account["password"])
            )

    def test_the_bank_is_published_and_a_knowledge_check_takes_from_it(self):
        self.assertEqual(
            BankQuestion.objects.offered().count(), len(read_bank(content=self.content).entries)
        )
        self.assertEqual(
            set(BankQuestion.objects.values_list("author", flat=True)),
            {"Untergruppe Qualifizierung"},
        )
        quiz = QuizPage.objects.get(
            translation_key=page_key(
                "generative-ki/03-datenschutz-und-vertraulichkeit/wissenscheck"
            ),
            locale__language_code="de",
        )
        self.assertTrue(quiz.live)
        reckoning = reckon(quiz)
        self.assertEqual((reckoning.count, reckoning.short_places), (7, []))

    def test_authorities_and_people(self):
        self.assertEqual(Organisation.objects.count(), 12)
        # One of the 240 people has two accounts; one has left.
        self.assertEqual(User.objects.count(), 241)
        self.assertEqual(Membership.objects.active(TODAY).count(), 240)
        self.assertGreater(User.objects.filter(email="").count(), 10)
        self.assertEqual(User.objects.filter(is_superuser=True).count(), 1)

    def test_hr_finds_further_records_and_one_that_waits(self):
        records = ExternalLearning.objects.in_organisations(
            Organisation.objects.filter(slug="coesfeld")
        )
        self.assertEqual(records.filter(state="accepted").count(), 4)
        waiting = records.waiting().get()
        self.assertTrue(read_document(waiting.document.read(), waiting.document_name))

    def test_same_ids_on_every_run(self):
        self.assertEqual(
            User.objects.get(username="anna.terhorst").uuid, stable_id("user", "anna.terhorst")
        )
        keys = set(CoursePage.objects.values_list("translation_key", flat=True))
        self.assertEqual(keys, {page_key(slug) for slug in COURSES})

    def test_every_page_is_there_and_live_in_every_language(self):
        for language in ("de", "en", "de-simple"):
            pages = Page.objects.filter(locale__language_code=language, depth__gt=1)
            german = Page.objects.filter(locale__language_code="de", depth__gt=1)
            self.assertEqual(
                set(pages.values_list("translation_key", flat=True)),
                set(german.values_list("translation_key", flat=True)),
            )
            self.assertFalse(pages.filter(live=False).exists())
            self.assertEqual(self.client.get(f"/{language}/").status_code, 200)

    def test_tree_is_sound(self):
        self.assertEqual(Page.find_problems(), ([], [], [], [], []))

    def test_first_course_is_english_and_the_others_are_aliases(self):
        for slug in COURSES:
            page = CoursePage.objects.get(
                translation_key=course_key(slug), locale__language_code="en"
            )
            self.assertEqual(page.alias_of_id is None, slug == COURSES[0], slug)

    def test_question_and_option_ids_are_the_same_in_every_language(self):
        def ids(quiz):
            return [
                (child.id, child.block.option_ids(child.value))
                for child in quiz.questions
                if isinstance(child.block, QuestionBlock)
            ]

        for quiz in QuizPage.objects.filter(locale__language_code="de"):
            for other in QuizPage.objects.filter(translation_key=quiz.translation_key):
                self.assertEqual(ids(other), ids(quiz))

    def test_every_course_can_be_completed(self):
        for course in CoursePage.objects.all():
            required = [item for item in outline(course) if item.is_required]
            self.assertGreaterEqual(len(required), 2, course)
        for quiz in QuizPage.objects.all():
            self.assertTrue(reckon(quiz).can_be_passed, quiz)

    def test_present_version_is_frozen_with_its_day(self):
        course = CoursePage.objects.get(slug=COURSES[0], locale__language_code="de")
        latest = ContentVersion.objects.filter(unit_key=course.course_key, language="de").latest(
            "number"
        )

        self.assertEqual(latest.number, 2)
        self.assertEqual(latest.content["refresh_months"], course.refresh_months)
        self.assertEqual(latest.published_at, course.last_published_at)
        self.assertLess(latest.published_at.date(), TODAY)

    def test_requirements_say_why(self):
        self.assertEqual(Requirement.objects.filter(ai_system=None).count(), 60)
        self.assertFalse(Requirement.objects.filter(reason="").exists())

    def test_the_register_shows_what_is_lacking_and_what_is_not(self):
        systems = AISystem.objects.prefetch_related("audiences").order_by("pk")
        hr = User.objects.get(username="hr.coesfeld")
        lacks = {record.system.name: record.lacks for record in records(list(systems), hr)}
        self.assertEqual(len(lacks), 4)
        self.assertIn("Art. 26", " ".join(lacks["Vorauswahl von Bewerbungen"]))
        self.assertFalse(lacks["Sortierung des Posteingangs"])
        assistant = systems.get(name="Textassistenz")
        self.assertEqual(assistant.overseers.count(), 1)
        self.assertTrue(assistant.requirements.exists())

    def test_the_proposed_plan_is_taken_over_in_part(self):
        for organisation in Organisation.objects.all():
            states = [line.state for line in plan_for(organisation)]
            self.assertEqual(len(states), 7)
            self.assertEqual(set(states), set(PlanState), organisation)

    def test_nothing_happened_out_of_order(self):
        checks = {
            "completed before enrolled": Enrolment.objects.filter(
                completed_at__lt=F("enrolled_at")
            ),
            "enrolled before employed": Enrolment.objects.filter(
                enrolled_at__date__lt=F("membership__starts_on")
            ),
            "learnt before enrolled": Completion.objects.filter(
                completed_at__lt=F("enrolment__enrolled_at")
            ),
            "learnt before published": Completion.objects.filter(
                completed_at__lt=F("content_version__published_at")
            ),
            "submitted before started": Attempt.objects.filter(submitted_at__lt=F("started_at")),
        }
        for what, rows in checks.items():
            self.assertFalse(rows.exists(), what)

    def test_completed_means_everything_required_is_done(self):
        required = {
            course.course_key: {item.key for item in outline(course) if item.is_required}
            for course in CoursePage.objects.filter(locale__language_code="de")
        }
        for enrolment in Enrolment.objects.prefetch_related("completions"):
            done = {completion.activity_key for completion in enrolment.completions.all()}
            is_done = required[enrolment.course_key] <= done
            self.assertEqual(enrolment.status == EnrolmentStatus.COMPLETED, is_done, enrolment)

    def test_every_state_is_there(self):
        first = Enrolment.objects.for_course(course_key(COURSES[0])).current()
        share = first.completed().count() / first.count()

        self.assertTrue(0.45 < share < 0.65, share)
        self.assertGreater(first.overdue(TODAY).count(), 10)
        self.assertGreater(first.expired(TODAY).count(), 3)
        self.assertTrue(Enrolment.objects.filter(cycle=2).exists())
        self.assertTrue(Enrolment.objects.filter(source=EnrolmentSource.SELF).exists())

    def test_every_completed_enrolment_has_its_certificate(self):
        completed = Enrolment.objects.completed()

        self.assertEqual(
            Certificate.objects.filter(replaced_by__isnull=True).count(), completed.count()
        )
        self.assertEqual(
            {certificate.status_on(TODAY) for certificate in Certificate.objects.all()},
            set(CertificateStatus),
        )

    def test_templates_are_published_and_what_is_issued_since_speaks_their_words(self):
        own = CertificateTemplate.objects.get(courses__course_key=course_key(COURSES[2]))
        standard = CertificateTemplate.objects.get(is_default=True)
        self.assertTrue(own.live and standard.live)
        self.assertTrue(own.latest_revision.as_object().signatories.all()[0].signature)
        for template, slug in ((own, COURSES[2]), (standard, COURSES[0])):
            published_at = template.first_published_at
            rows = Certificate.objects.filter(enrolment__course_key=course_key(slug))
            since = rows.filter(issued_at__gte=published_at, replaced_by=None)
            names = [signatory.name for signatory in template.signatories.all()]
            self.assertTrue(since)
            for certificate in since:
                signed = [person["name"] for person in certificate.payload["signatories"]]
                self.assertEqual(signed, names)
                self.assertNotIn("{", certificate.payload["statement"])
            before = rows.filter(issued_at__lt=published_at).first()
            self.assertNotEqual([p["name"] for p in before.payload["signatories"]], names)

    def test_courses_use_the_rules(self):
        course = CoursePage.objects.get(
            translation_key=course_key(COURSES[2]), locale__language_code="de"
        )
        items = outline(course)
        keys = {item.key for item in items}
        self.assertTrue(any(keys.intersection(item.prerequisites) for item in items))
        decision = CompletionDecision.objects.filter(
            enrolment__course_key=course.course_key
        ).latest("decided_at")
        self.assertEqual(decision.inputs["electives_needed"], 2)
        practice = Completion.objects.filter(enrolment__course_key=course_key(COURSES[1]))
        self.assertTrue(practice.filter(confirmation__contains="wen ich in meiner").exists())

    def test_progress_rebuilt_is_progress_written(self):
        call_command("rebuild_progress", check=True, stdout=StringIO())

    def test_documented_employees_are_in_their_states(self):
        self.assertEqual(self.enrolment("ole.brinkmann").status, EnrolmentStatus.ENROLLED)
        self.assertEqual(self.enrolment("anna.terhorst").status, EnrolmentStatus.IN_PROGRESS)
        attempt = Attempt.objects.get(enrolment=self.enrolment("emine.yilmaz"))
        self.assertTrue(attempt.is_open)
        self.assertEqual(attempt.responses.count(), 3)
        passed = self.enrolment("jan.kowalczyk")
        self.assertTrue(passed.is_completed)
        self.assertEqual(passed.attempts.count(), 2)
        overdue = self.enrolment("tobias.niehues")
        self.assertLess(overdue.due_on, TODAY)
        self.assertFalse(overdue.is_completed)
        self.assertLess(self.enrolment("linh.nguyen", COURSES[1], cycle=1).expires_on, TODAY)
        self.assertGreaterEqual(self.enrolment("linh.nguyen", cycle=1).expires_on, TODAY)
        refresher = self.enrolment("linh.nguyen", cycle=2)
        self.assertEqual(len(refresher.scope), 1)
        course = CoursePage.objects.get(
            translation_key=refresher.course_key, locale__language_code="de"
        )
        learnt = learnt_editions([refresher.user_id], refresher.course_key)[refresher.user_id]
        self.assertEqual(refresher.scope, CourseToday.read(course).scope_for(learnt))
        moved = self.enrolment("katharina.elpers")
        self.assertEqual(moved.membership.organisation.slug, "olfen")
        renamed = Certificate.objects.get(
            enrolment__user__username="sophie.grosse-waechter", replaced_by__isnull=True
        )
        self.assertEqual(renamed.payload["person_name"], "Sophie Große-Wächter")
        self.assertEqual(renamed.replaces.get().payload["person_name"], "Sophie Wächter")

    def test_some_authorities_have_figures_switched_on_and_the_kreis_sees_them_as_a_whole(self):
        coesfeld = Organisation.objects.get(slug="coesfeld")
        found = figures([coesfeld])
        told = found.tables[coesfeld.pk][course_key(COURSES[0])]
        self.assertGreaterEqual(told.total.persons, 20)
        self.assertTrue(told.departments)
        self.assertTrue(told.audiences)
        self.client.force_login(User.objects.get(username="hr.kreis-coesfeld"))
        page = self.client.get(reverse("district_report"))
        self.assertContains(page, "Stadt Coesfeld")
        self.assertNotContains(page, "Stadt Olfen")
        self.client.force_login(User.objects.get(username="hr.olfen"))
        self.assertEqual(self.client.get(reverse("coverage_report")).status_code, 404)

    def test_lists_by_name_show_something_where_they_are_switched_on(self):
        duelmen = Organisation.objects.get(slug="duelmen")
        hr = User.objects.get(username="hr.duelmen")
        for report in (
            "abschlussmatrix",
            "offen-und-ueberfaellig",
            "laeuft-bald-ab",
            "ausgestellte-nachweise",
        ):
            self.assertIn(duelmen, organisations_for(hr, report))
            scope = ExportScope(user=hr, organisation=duelmen)
            columns, rows = exporters.get(report)().table(scope, QueryDict(""))
            # To the end: PostgreSQL closes the cursor of a list that is left half-read too late.
            widths = {len(row) for _key, row in rows}
            self.assertEqual(widths, {len(columns)})

    def test_who_sees_authorities_as_a_whole_sees_nothing_else_by_it(self):
        group = Group.objects.get(name="Kreis: Zahlen der Behörden")
        grants = GroupOrganisationPermission.objects.filter(group=group)
        self.assertEqual(
            set(grants.values_list("permission__codename", flat=True)), {"view_district_figures"}
        )
        self.assertEqual(grants.count(), 12)

    def test_hr_holds_permissions_for_its_own_authority_only(self):
        user = User.objects.get(username="hr.olfen")
        grants = GroupOrganisationPermission.objects.filter(group__in=user.groups.all())

        self.assertEqual(set(grants.values_list("organisation__slug", flat=True)), {"olfen"})
        self.assertTrue(user.has_perm("wagtailadmin.access_admin"))
        self.assertFalse(user.has_perm("courses.view_completion_list"))

    def test_editors_write_and_reviewers_publish(self):
        page = CoursePage.objects.get(slug=COURSES[0], locale__language_code="de")
        editor = User.objects.get(username="redaktion.celik")
        reviewer = User.objects.get(username="freigabe.holtkamp")

        self.assertTrue(page.permissions_for_user(editor).can_edit())
        self.assertFalse(page.permissions_for_user(editor).can_publish())
        self.assertTrue(page.permissions_for_user(reviewer).can_publish())
        # A translation is published in its own editor, which asks for the right to change it.
        english = page.get_translations().get(locale__language_code="en")
        self.assertTrue(english.permissions_for_user(reviewer).can_edit())
        self.assertEqual(page.get_workflow(), Workflow.objects.get())
        template = CertificateTemplate.objects.first()
        self.assertEqual(template.get_workflow(), Workflow.objects.get())
        publish = "certificates.publish_certificatetemplate"
        self.assertEqual([u.has_perm(publish) for u in (editor, reviewer)], [False, True])
        self.client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
        address = reverse("wagtailadmin_pages:edit", args=[page.pk])
        self.assertEqual(self.client.get(address).status_code, 200)


@pytest.mark.django_db
def test_a_database_with_something_else_is_left_alone(small_content):
    User.objects.create_user("jemand")

    with pytest.raises(CommandError, match="nicht leer"):
        call_command("load_demo", content=small_content, stdout=StringIO())

    assert not Organisation.objects.exists()


@pytest.mark.django_db
def test_wrong_content_writes_nothing(tmp_path):
    content = copy_small(tmp_path / "content")
    path = content / "site" / "start.en.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.rindex("[[groups]]")], encoding="utf-8")

    with pytest.raises(CommandError, match=r"start\.en\.toml: groups\.recht"):
        call_command("load_demo", content=content, stdout=StringIO())

    assert not Organisation.objects.exists()
    assert not get_image_model().objects.exists()
