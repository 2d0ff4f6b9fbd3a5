"""The register of AI systems: requirements follow it, and it says what is lacking."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from courses.actions import enrol_as_required
from courses.ai_systems import OVERSEER_NAMED, name_overseer, records
from courses.completion_matrix import cells_of
from courses.counting_groups import keep_counting_groups
from courses.enums import EnrolmentStatus, RequirementKind, RiskClass, SystemRole, SystemStatus
from courses.models import AISystem, Enrolment, Requirement, RequirementProposal
from courses.proposed_plan import PlanState, plan_for
from hub.exports.models import ReportSwitch
from hub.organisations.models import Audience, Membership, User
from tests.cases import LearningHubTestCase
from tests.factories.organisations import MembershipFactory, grant

REGISTER = tuple(f"courses.{verb}_aisystem" for verb in ("view", "add", "change", "delete"))
REQUIREMENTS = tuple(f"courses.{verb}_requirement" for verb in ("view", "add", "change", "delete"))
SEES_LIST = "courses.view_completion_list"


class RegisterTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        grant(cls.hilde, cls.coesfeld, *REGISTER, *REQUIREMENTS)
        grant(cls.bernd, cls.olfen, *REGISTER, *REQUIREMENTS)
        cls.users = Audience.objects.create(code="nutzende", name="Nutzende")
        cls.others = Audience.objects.create(code="andere", name="Andere")
        cls.key = cls.course.course_key
        cls.annas = Membership.objects.get(user=cls.anna)

    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def system(self, organisation=None, *, audiences=(), **values):
        values = {"name": "Textassistent", "purpose": "Texte", "status": "in_use"} | values
        system = AISystem.objects.create(organisation=organisation or self.coesfeld, **values)
        system.audiences.set(audiences)
        return system

    def require(self, system, role, **values):
        values = {"course_key": self.key, "reason": "KI-VO", "due_days": 30} | values
        return Requirement.objects.create(
            organisation=system.organisation, ai_system=system, system_role=role, **values
        )

    def asked(self, user):
        return Enrolment.objects.filter(user=user, course_key=self.key).exclude(kind="").exists()

    def url(self, view, *systems):
        return reverse(f"ai_systems:{view}", args=[system.pk for system in systems])

    def data(self, **values):
        return {
            "name": "Textassistent",
            "purpose": "Texte entwerfen",
            "status": "in_use",
            "risk_class": "minimal",
            "risk_reason": "Kein Anhang III",
            "assessed_on": timezone.localdate().isoformat(),
            "impact_assessment": "not_needed",
        } | values

    def lacks(self, system, reader=None):
        system = AISystem.objects.prefetch_related("audiences").get(pk=system.pk)
        (record,) = records([system], reader or self.hilde)
        return " ".join(record.lacks)


class FollowingTests(RegisterTestCase):
    """Who has to do with a system of one authority is asked, and nobody else."""

    def test_a_requirement_asks_the_users_of_the_own_authority_only(self):
        self.annas.audiences.add(self.users)
        Membership.objects.get(user=self.otto).audiences.add(self.users)
        stranger_to_it = MembershipFactory(organisation=self.coesfeld).user
        system = self.system(audiences=[self.users])
        client = self.as_(self.hilde)
        data = {
            "course_key": str(self.key),
            "kind": "mandatory",
            "reason": "KI-VO Art. 4",
            "ai_system": system.pk,
            "system_role": "users",
        }
        shown = client.post(reverse("requirements:add"), data)
        self.assertContains(shown, "Textassistent: wer es nutzt (1 Person)")
        confirmed = {"confirmed": shown.context["preview"].fingerprint}
        client.post(reverse("requirements:add"), data | confirmed)
        assert self.asked(self.anna)
        assert not self.asked(self.otto)
        assert not self.asked(stranger_to_it)

    def test_the_register_is_followed_when_other_audiences_use_the_system(self):
        self.annas.audiences.add(self.users)
        system = self.system(audiences=[self.others])
        self.require(system, SystemRole.USERS)
        client = self.as_(self.hilde)
        with self.captureOnCommitCallbacks(execute=True):
            answer = client.post(
                self.url("edit", system), self.data(audiences=[self.users.pk]), follow=True
            )
        assert self.asked(self.anna)
        self.assertContains(answer, "KI-Grundlagen: 1 Person wird angemeldet.")
        with self.captureOnCommitCallbacks(execute=True):
            client.post(self.url("edit", system), self.data(audiences=[self.others.pk]))
        assert not self.asked(self.anna)

    def test_what_has_ended_asks_nobody(self):
        self.annas.audiences.add(self.users)
        system = self.system(audiences=[self.users])
        self.require(system, SystemRole.USERS)
        self.require(system, SystemRole.OVERSEERS)
        name_overseer(system=system, membership=self.annas, actor=self.hilde)
        assert self.asked(self.anna)
        client = self.as_(self.hilde)
        client.post(self.url("edit", system), self.data(status="ended", audiences=[self.users.pk]))
        assert not self.asked(self.anna)
        self.assertContains(client.get(self.url("inspect", system)), "beendet")

    def test_who_oversees_a_system_is_asked_as_long_as_she_does(self):
        system = self.system()
        self.require(system, SystemRole.OVERSEERS)
        client = self.as_(self.hilde)
        url = self.url("overseers", system)
        for _twice in range(2):
            answer = client.post(url, {"membership": self.annas.pk}, follow=True)
            self.assertContains(answer, "Anna Terhorst beaufsichtigt es ab jetzt.")
        assert self.asked(self.anna)
        assert ModelLogEntry.objects.filter(action=OVERSEER_NAMED).count() == 1
        client.post(url, {"membership": self.annas.pk, "release": "1"})
        assert not self.asked(self.anna)
        assert not system.overseers.exists()

    def test_new_staff_who_use_it_are_asked_by_themselves(self):
        system = self.system(audiences=[self.users])
        self.require(system, SystemRole.USERS)
        newcomer = MembershipFactory(organisation=self.coesfeld)
        newcomer.audiences.add(self.users)
        enrol_as_required(membership_ids=[newcomer.pk])
        assert self.asked(newcomer.user)

    def test_asking_takes_the_same_queries_for_one_and_for_many(self):
        system = self.system(audiences=[self.users])
        self.require(system, SystemRole.USERS)
        counts = []
        for number in (1, 20):
            people = MembershipFactory.create_batch(number, organisation=self.coesfeld)
            for membership in people:
                membership.audiences.add(self.users)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                enrol_as_required(membership_ids=[row.pk for row in people])
            counts.append(len(captured))
        assert counts[0] == counts[1]


class LacksTests(RegisterTestCase):
    def test_a_system_that_nobody_described_lacks_almost_everything(self):
        said = self.lacks(self.system())
        assert "Die Risikoklasse ist noch nicht bestimmt." in said
        assert "Es ist keine Zielgruppe genannt, die es nutzt." in said

    def test_a_high_risk_system_needs_somebody_who_oversees_it(self):
        system = self.system(risk_class=RiskClass.HIGH)
        assert "Art. 26 Abs. 2" in self.lacks(system)
        name_overseer(system=system, membership=self.annas, actor=self.hilde)
        said = self.lacks(system)
        assert "Niemand" not in said
        assert "Für die Personen, die es beaufsichtigen, ist kein Kurs verpflichtend." in said

    def test_who_left_does_not_oversee_any_more(self):
        system = self.system(risk_class=RiskClass.HIGH)
        name_overseer(system=system, membership=self.annas, actor=self.hilde)
        yesterday = timezone.localdate() - timedelta(days=1)
        Membership.objects.filter(pk=self.annas.pk).update(starts_on=yesterday, ends_on=yesterday)
        said = self.lacks(system)
        assert "arbeitet nicht mehr hier" in said
        assert "Niemand" in said

    def test_untrained_overseers_are_named_to_who_may_see_the_completion_list(self):
        system = self.system()
        self.require(system, SystemRole.OVERSEERS)
        name_overseer(system=system, membership=self.annas, actor=self.hilde)
        assert "Anna Terhorst" in self.lacks(system)
        reader = MembershipFactory(organisation=self.coesfeld).user
        grant(reader, self.coesfeld, *REGISTER)
        assert "Anna Terhorst" not in self.lacks(system, reader)
        ReportSwitch.objects.create(
            organisation=self.coesfeld, report="abschlussliste", is_on=False
        )
        assert "Anna Terhorst" not in self.lacks(system, User.objects.get(pk=self.hilde.pk))

    def test_who_has_completed_it_validly_is_trained(self):
        system = self.system()
        self.require(system, SystemRole.OVERSEERS)
        name_overseer(system=system, membership=self.annas, actor=self.hilde)
        enrolment = Enrolment.objects.filter(user=self.anna, course_key=self.key)
        enrolment.update(
            status=EnrolmentStatus.COMPLETED,
            completed_at=timezone.now(),
            course_version=self.version(self.course),
        )
        assert "Anna Terhorst" not in self.lacks(system)
        enrolment.update(expires_on=timezone.localdate() - timedelta(days=1))
        assert "Anna Terhorst" in self.lacks(system)

    def test_audiences_without_a_mandatory_course_are_named(self):
        system = self.system(audiences=[self.users, self.others])
        Requirement.objects.create(
            organisation=self.coesfeld, course_key=self.key, audience=self.users
        )
        assert "Kein Kurs ist verpflichtend für: Andere." in self.lacks(system)
        self.require(system, SystemRole.USERS, kind=RequirementKind.RECOMMENDED)
        assert "Andere" in self.lacks(system)
        Requirement.objects.filter(ai_system=system).update(kind=RequirementKind.MANDATORY)
        assert "Andere" not in self.lacks(system)

    def test_an_ended_system_lacks_nothing(self):
        assert self.lacks(self.system(status=SystemStatus.ENDED)) == ""

    def test_the_list_takes_the_same_queries_for_one_and_for_many(self):
        client = self.as_(self.hilde)
        grant(self.hilde, self.coesfeld, "courses.view_figures")
        counts = []
        for number in (1, 9):
            for _n in range(number):
                system = self.system(name=f"S{AISystem.objects.count()}", audiences=[self.users])
                self.require(system, SystemRole.OVERSEERS)
                system.overseers.add(MembershipFactory(organisation=self.coesfeld))
            client.get(self.url("index"))
            with CaptureQueriesContext(connection) as captured:
                self.assertContains(client.get(self.url("index")), "S0")
            counts.append(len(captured))
        assert counts[0] == counts[1]


class CoverageTests(RegisterTestCase):
    """The figures of groups hold for the users of a system, never for one person."""

    def test_the_record_tells_figures_of_groups_as_the_coverage_report_does(self):
        grant(self.hilde, self.coesfeld, "courses.view_figures")
        ReportSwitch.objects.create(organisation=self.coesfeld, report="abdeckung", is_on=True)
        system = self.system(audiences=[self.users])
        self.require(system, SystemRole.USERS)
        long_ago = timezone.localdate() - timedelta(days=400)
        for membership in MembershipFactory.create_batch(
            6, organisation=self.coesfeld, department=self.annas.department, starts_on=long_ago
        ):
            membership.audiences.add(self.users)
        keep_counting_groups()
        self.assertContains(self.as_(self.hilde).get(self.url("inspect", system)), "0 bis 3 von 6")
        assert "Nutzende: Mindestens 3 Personen haben" in self.lacks(system)


class FenceTests(RegisterTestCase):
    """Bernd of Olfen never learns what Coesfeld uses."""

    def test_every_address_of_a_foreign_system_is_404_and_changes_nothing(self):
        system = self.system(name="Geheimes System")
        system.overseers.add(self.annas)
        before = AISystem.objects.values().get()
        bernd = self.as_(self.bernd)
        ottos = Membership.objects.get(user=self.otto)
        for view in ("edit", "delete", "history", "history_results", "inspect", "overseers"):
            url = self.url(view, system)
            for response in (
                bernd.get(url),
                bernd.post(url, self.data(membership=self.annas.pk, release="1")),
                bernd.post(url, self.data(membership=ottos.pk)),
            ):
                assert response.status_code in (404, 405), view
                assert b"Geheim" not in response.content
        assert AISystem.objects.values().get() == before
        assert list(system.overseers.all()) == [self.annas]
        self.assertNotContains(bernd.get(self.url("index")), "Geheimes System")

    def test_nobody_of_another_authority_oversees(self):
        system = self.system()
        ottos = Membership.objects.get(user=self.otto)
        hilde = self.as_(self.hilde)
        assert (
            hilde.post(self.url("overseers", system), {"membership": ottos.pk}).status_code == 404
        )
        for number in ("x", "", "9" * 30, "0"):
            data = {"membership": number}
            assert hilde.post(self.url("overseers", system), data).status_code == 404, number
        found = hilde.get(self.url("overseers", system), {"q": "Brüning"})
        self.assertNotContains(found, "Otto")
        self.assertContains(found, "Niemand wurde gefunden.")
        self.assertContains(hilde.get(self.url("overseers", system), {"q": "terhorst"}), "Anna")
        with self.assertRaises(ValueError):
            name_overseer(system=system, membership=ottos, actor=self.hilde)

    def test_a_requirement_cannot_mean_a_system_of_another_authority(self):
        system = self.system(name="Geheimes System")
        bernd = self.as_(self.bernd)
        add = reverse("requirements:add")
        self.assertNotContains(
            bernd.get(add, {"system": system.pk, "role": "users"}), "Geheimes System"
        )
        data = {
            "course_key": str(self.key),
            "kind": "recommended",
            "ai_system": system.pk,
            "system_role": "users",
        }
        answer = bernd.post(add, data)
        assert answer.context["form"].errors["ai_system"]
        assert not Requirement.objects.exists()

    def test_who_may_only_look_names_nobody(self):
        system = self.system()
        reader = MembershipFactory(organisation=self.coesfeld).user
        grant(reader, self.coesfeld, "courses.view_aisystem")
        client = self.as_(reader)
        requirement = self.require(system, SystemRole.USERS)
        record = client.get(self.url("inspect", system))
        self.assertContains(record, "KI-Grundlagen")
        self.assertNotContains(record, reverse("requirements:edit", args=[requirement.pk]))
        self.assertContains(
            self.as_(self.hilde).get(self.url("inspect", system)),
            reverse("requirements:edit", args=[requirement.pk]),
        )
        url = self.url("overseers", system)
        answer = client.post(url, {"membership": self.annas.pk})
        assert answer.status_code in (302, 404)
        assert not system.overseers.exists()

    def test_a_list_has_no_export(self):
        assert self.as_(self.hilde).get(self.url("index"), {"export": "csv"}).status_code == 404


class FormTests(RegisterTestCase):
    def errors(self, **values):
        answer = self.as_(self.hilde).post(self.url("add"), self.data(**values))
        return {} if answer.status_code == 302 else answer.context["form"].errors

    def test_a_new_system_leads_to_its_record(self):
        answer = self.as_(self.hilde).post(self.url("add"), self.data(), follow=True)
        self.assertContains(answer, "Es ist keine Zielgruppe genannt")
        assert AISystem.objects.get().organisation == self.coesfeld

    def test_prohibited_practices_are_not_used(self):
        assert "Art. 5" in str(self.errors(risk_class="prohibited"))
        assert not self.errors(risk_class="prohibited", status="ended")

    def test_a_class_has_a_reason_and_a_day(self):
        errors = self.errors(risk_reason=" ", assessed_on="")
        assert set(errors) == {"risk_reason", "assessed_on"}
        tomorrow = timezone.localdate() + timedelta(days=1)
        assert "assessed_on" in self.errors(assessed_on=tomorrow.isoformat())

    def test_one_name_is_there_once(self):
        self.system()
        assert "Namen" in str(self.errors())
        assert not self.errors(name="Anderes System")

    def test_system_and_role_come_together_and_without_audience(self):
        system = self.system()
        hilde = self.as_(self.hilde)

        def errors(**values):
            data = {"course_key": str(self.key), "kind": "recommended"} | values
            return set(hilde.post(reverse("requirements:add"), data).context["form"].errors)

        assert errors(ai_system=system.pk) == {"system_role"}
        assert errors(system_role="users") == {"ai_system"}
        assert errors(ai_system=system.pk, system_role="users", audience=self.users.pk) == {
            "audience"
        }
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.require(system, "")

    def test_a_system_that_asks_cannot_be_deleted_unseen(self):
        system = self.system()
        self.require(system, SystemRole.USERS)
        with self.assertRaises(ProtectedError):
            system.delete()
        self.as_(self.hilde).post(self.url("delete", system))
        assert AISystem.objects.filter(pk=system.pk).exists()

    def test_the_model_says_the_same_without_a_form(self):
        with self.assertRaises(ValidationError):
            AISystem(
                organisation=self.coesfeld,
                name="X",
                purpose="Y",
                status="pilot",
                risk_class="prohibited",
            ).clean()


class NothingElseTests(RegisterTestCase):
    def test_the_matrix_says_who_is_asked_because_of_a_system(self):
        self.annas.audiences.add(self.users)
        overseer, neither = MembershipFactory.create_batch(2, organisation=self.coesfeld)
        system = self.system(audiences=[self.users])
        system.overseers.add(overseer)
        people = [self.annas, overseer, neither]

        def asked(role):
            Requirement.objects.all().delete()
            self.require(system, role)
            told = cells_of([self.coesfeld], [row.user.uuid for row in people], [self.key])
            return [row for row in people if (self.coesfeld.pk, row.user.uuid) in told]

        assert asked(SystemRole.USERS) == [self.annas]
        assert asked(SystemRole.OVERSEERS) == [overseer]
        AISystem.objects.update(status=SystemStatus.ENDED)
        assert asked(SystemRole.USERS) == asked(SystemRole.OVERSEERS) == []

    def test_the_proposed_plan_does_not_take_a_system_for_everybody(self):
        RequirementProposal.objects.create(course_key=self.key, reason="Alle")
        self.require(self.system(), SystemRole.USERS)
        (line,) = plan_for(self.coesfeld)
        assert line.state == PlanState.OPEN

    def test_the_list_of_requirements_tells_them_apart(self):
        self.require(self.system(), SystemRole.USERS)
        hilde = self.as_(self.hilde)
        index = reverse("requirements:index")
        self.assertContains(hilde.get(index), "Textassistent: wer es nutzt")
        page = hilde.get(index, {"audience": "null"})
        assert not page.context["object_list"]
