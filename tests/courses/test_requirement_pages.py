"""HR's pages of requirements: its own authority's only, and nothing that was not shown."""

import re
import uuid
from datetime import timedelta
from unittest.mock import patch

from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from courses.actions import complete_activity
from courses.enums import EnrolmentSource, RequirementKind
from courses.models import Enrolment, Requirement, RequirementProposal
from courses.proposed_plan import PlanState, plan_for
from courses.requiring import BACKGROUND_FROM
from hub.organisations.models import Audience, Department, Membership
from tests.cases import LearningHubTestCase, new_course, new_module, publish
from tests.factories.organisations import MembershipFactory, OrganisationFactory, grant

PERMISSIONS = tuple(f"courses.{verb}_requirement" for verb in ("view", "add", "change", "delete"))
COMPLETIONS = "courses.view_completion_list"
WHY = "Alle begegnen KI."


def day(days):
    return timezone.localdate() + timedelta(days=days)


class RequirementPagesTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        grant(cls.hilde, cls.coesfeld, *PERMISSIONS)
        grant(cls.bernd, cls.olfen, *PERMISSIONS)
        cls.it = Audience.objects.create(code="it", name="IT und Beschaffung")
        cls.key = cls.course.course_key

    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def require(self, organisation=None, **values):
        values.setdefault("course_key", self.key)
        values.setdefault("reason", WHY)
        return Requirement.objects.create(organisation=organisation or self.coesfeld, **values)

    def url(self, view, *rows):
        return reverse(f"requirements:{view}", args=[row.pk for row in rows])

    def data(self, **values):
        return {"course_key": str(self.key), "kind": "mandatory", "reason": WHY} | values

    def fingerprint(self, response):
        return re.search(r'name="confirmed" value="(\w+)"', response.content.decode())[1]

    def confirm(self, client, url, data):
        """Post a form, look at what is shown, and confirm it; both answers."""
        shown = client.post(url, data)
        confirmed = {"confirmed": self.fingerprint(shown)}
        return shown, client.post(url, data | confirmed)

    def counting(self, counts):
        """Put the number of queries of a block into ``counts``."""

        class Counting(CaptureQueriesContext):
            def __exit__(self, *args):
                super().__exit__(*args)
                counts.append(len(self))

        return Counting(connection)


class FenceTests(RequirementPagesTestCase):
    """Bernd of Olfen never learns what Coesfeld asks."""

    def test_every_address_of_a_foreign_requirement_is_404_and_changes_nothing(self):
        requirement = self.require(reason="Geheimer Grund")
        before = Requirement.objects.values().get()
        bernd = self.as_(self.bernd)
        for view in ("edit", "delete", "history", "history_results"):
            url = self.url(view, requirement)
            for response in (bernd.get(url), bernd.post(url, self.data(confirmed="x"))):
                assert response.status_code == 404, view
                assert b"Geheim" not in response.content
        assert Requirement.objects.values().get() == before

    def test_list_and_filters_hold_the_own_authority_only(self):
        secret = Department.objects.create(organisation=self.coesfeld, name="Geheimes Amt")
        self.require(department=secret)
        self.require(self.olfen, course_key="11111111-1111-4111-8111-111111111111")
        bernd = self.as_(self.bernd)
        for view in ("index", "index_results"):
            page = bernd.get(self.url(view))
            self.assertNotContains(page, "Geheimes Amt")
            self.assertNotContains(page, "KI-Grundlagen")
            assert len(page.context["object_list"]) == 1
        narrowed = bernd.get(self.url("index"), {"department": secret.pk})
        self.assertNotContains(narrowed, "Geheimes Amt")

    def test_a_department_of_another_authority_cannot_be_meant(self):
        secret = Department.objects.create(organisation=self.coesfeld, name="Geheimes Amt")
        bernd = self.as_(self.bernd)
        self.assertNotContains(bernd.get(self.url("add")), "Geheimes Amt")
        response = bernd.post(self.url("add"), self.data(department=secret.pk))
        assert response.context["form"].errors["department"]
        assert not Requirement.objects.exists()

    def test_nobody_makes_a_requirement_for_another_authority(self):
        bernd = self.as_(self.bernd)
        data = self.data(organisation=self.coesfeld.pk)
        self.confirm(bernd, self.url("add"), data)
        assert Requirement.objects.get().organisation == self.olfen

    def test_who_may_only_see_them_changes_nothing(self):
        requirement = self.require()
        reader = MembershipFactory(organisation=self.coesfeld).user
        grant(reader, self.coesfeld, "courses.view_requirement")
        client = self.as_(reader)
        self.assertContains(client.get(self.url("index")), "KI-Grundlagen")
        for view, rows in (("add", ()), ("edit", (requirement,)), ("delete", (requirement,))):
            response = client.post(self.url(view, *rows), self.data())
            assert response.status_code in (302, 404), view
        assert Requirement.objects.get() == requirement

    def test_a_list_has_no_export(self):
        assert self.as_(self.hilde).get(self.url("index"), {"export": "csv"}).status_code == 404


class MakingTests(RequirementPagesTestCase):
    def setUp(self):
        self.client = self.as_(self.hilde)

    def test_first_it_is_shown_then_it_is_done(self):
        data = self.data(due_on=day(60).isoformat(), due_days="30", refresh_months="24")
        shown = self.client.post(self.url("add"), data)
        self.assertContains(shown, "2 Personen werden angemeldet.")
        assert not Requirement.objects.exists()
        assert not Enrolment.objects.exists()
        done = self.client.post(
            self.url("add"), data | {"confirmed": self.fingerprint(shown)}, follow=True
        )
        self.assertContains(done, "2 Personen werden angemeldet.")
        requirement = Requirement.objects.get()
        assert requirement.organisation == self.coesfeld
        assert (requirement.due_on, requirement.due_days, requirement.refresh_months) == (
            day(60),
            30,
            24,
        )
        assert {enrolment.user for enrolment in Enrolment.objects.all()} == {self.anna, self.hilde}
        entry = ModelLogEntry.objects.get(action="wagtail.create", user=self.hilde)
        assert entry.label == "KI-Grundlagen (alle)"
        assert entry.data["enrolled"] == 2
        assert entry.data["after"]["reason"] == WHY

    def test_the_page_of_confirmation_keeps_what_was_typed(self):
        audience = {"audience": self.it.pk, "due_on": "2027-03-31", "reason": 'Weil "KI" <b>'}
        data = self.data(**audience)
        shown = self.client.post(self.url("add"), data)
        hidden = dict(
            re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.content.decode())
        )
        assert hidden["due_on"] == "2027-03-31"
        assert hidden["audience"] == str(self.it.pk)
        assert hidden["reason"] == "Weil &quot;KI&quot; &lt;b&gt;"
        back = self.client.post(self.url("add"), data | {"back": "1"})
        self.assertContains(back, 'value="2027-03-31"')
        self.assertContains(back, "Weil &quot;KI&quot;")
        assert not Requirement.objects.exists()

    def test_a_mandatory_one_needs_a_reason_a_recommended_one_does_not(self):
        refused = self.client.post(self.url("add"), self.data(reason="  "))
        self.assertContains(refused, "warum diese Gruppe den Kurs braucht")
        self.confirm(self.client, self.url("add"), self.data(kind="recommended", reason=""))
        assert Requirement.objects.get().kind == RequirementKind.RECOMMENDED

    def test_only_public_courses_are_offered_by_their_title(self):
        hidden = publish(
            self.catalogue, new_course("Noch geheimer Kurs"), new_module("Teil", is_required=True)
        )
        hidden.unpublish()
        page = self.client.get(self.url("add"))
        self.assertContains(page, "KI-Grundlagen")
        self.assertNotContains(page, "Noch geheimer Kurs")
        refused = self.client.post(self.url("add"), self.data(course_key=str(hidden.course_key)))
        assert refused.context["form"].errors["course_key"]

    def test_the_same_group_twice_is_refused(self):
        self.require(audience=self.it)
        refused = self.client.post(self.url("add"), self.data(audience=self.it.pk))
        self.assertContains(refused, "Von dieser Gruppe wird dieser Kurs schon verlangt.")
        assert Requirement.objects.count() == 1

    def test_what_is_no_day_or_number_is_refused_in_words(self):
        for values in (
            {"due_on": "31.02.2027"},
            {"due_on": "0001-01-01"},
            {"due_days": "0"},
            {"due_days": "-3"},
            {"due_days": "99999999999999999999"},
            {"refresh_months": "0"},
            {"course_key": "x"},
            {"audience": "99999999999999999999999"},
            {"kind": "anders"},
        ):
            response = self.client.post(self.url("add"), self.data(**values))
            assert response.status_code == 200, values
            assert set(response.context["form"].errors) == set(values)
        assert not Requirement.objects.exists()

    def test_a_deadline_that_has_passed_is_warned_of(self):
        shown = self.client.post(self.url("add"), self.data(due_on=day(-1).isoformat()))
        self.assertContains(shown, "Für 2 Personen ist die Frist sofort abgelaufen.")
        self.assertContains(shown, "Die Frist liegt in der Vergangenheit")
        shown = self.client.post(
            self.url("add"), self.data(due_on=day(-1).isoformat(), due_days="30")
        )
        self.assertNotContains(shown, "abgelaufen")
        self.assertNotContains(shown, "in der Vergangenheit")

    def test_an_empty_group_is_warned_of(self):
        shown = self.client.post(self.url("add"), self.data(audience=self.it.pk))
        self.assertContains(shown, "Zu dieser Gruppe gehört zurzeit niemand.")
        self.assertContains(shown, "Zurzeit ändert sich für niemanden etwas.")

    def test_who_has_completed_is_left_alone_and_told(self):
        self.confirm(self.client, self.url("add"), self.data(kind="recommended"))
        enrolment = Enrolment.objects.get(user=self.anna)
        for page in (*self.modules, self.quiz):
            complete_activity(enrolment=enrolment, page=page)
        before = Enrolment.objects.values().get(user=self.anna)
        url = self.url("edit", Requirement.objects.get())
        shown, _done = self.confirm(self.client, url, self.data(due_days="10"))
        self.assertContains(shown, "1 Person hat den Kurs abgeschlossen")
        self.assertContains(shown, "Für 1 Person ändert sich Art oder Frist.")
        assert Enrolment.objects.values().get(user=self.anna) == before
        assert Enrolment.objects.get(user=self.hilde).due_on == day(10)

    def test_many_are_enrolled_when_it_is_written_beside_the_request(self):
        with patch("courses.requiring.BACKGROUND_FROM", 2):
            with self.captureOnCommitCallbacks() as later:
                self.confirm(self.client, self.url("add"), self.data())
            assert not Enrolment.objects.exists()
        for work in (*later, *later):  # safe to repeat
            work()
        assert Enrolment.objects.count() == 2
        assert BACKGROUND_FROM > 2


class ChangedMeanwhileTests(RequirementPagesTestCase):
    """What was confirmed is what is done; else what would happen now is shown."""

    def setUp(self):
        self.client = self.as_(self.hilde)

    def test_somebody_joins(self):
        shown = self.client.post(self.url("add"), self.data())
        MembershipFactory(organisation=self.coesfeld)
        data = self.data(confirmed=self.fingerprint(shown))
        again = self.client.post(self.url("add"), data)
        self.assertContains(again, "haben sich geändert")
        self.assertContains(again, "3 Personen werden angemeldet.")
        assert not Requirement.objects.exists()
        assert not Enrolment.objects.exists()
        self.client.post(self.url("add"), self.data(confirmed=self.fingerprint(again)))
        assert Enrolment.objects.count() == 3

    def test_somebody_else_takes_her_place(self):
        shown = self.client.post(self.url("add"), self.data())
        Membership.objects.filter(user=self.anna).update(starts_on=day(-9), ends_on=day(-1))
        MembershipFactory(organisation=self.coesfeld)
        data = self.data(confirmed=self.fingerprint(shown))
        self.assertContains(self.client.post(self.url("add"), data), "haben sich geändert")

    def test_a_colleague_has_changed_the_same_requirement(self):
        requirement = self.require(due_on=day(90))
        url = self.url("edit", requirement)
        shown = self.client.post(url, self.data(due_on=day(30).isoformat()))
        Requirement.objects.update(reason="Anders begründet")
        confirmed = {"confirmed": self.fingerprint(shown)}
        again = self.client.post(url, self.data(due_on=day(30).isoformat()) | confirmed)
        self.assertContains(again, "haben sich geändert")
        assert Requirement.objects.get().due_on == day(90)

    def test_a_colleague_asks_the_same_group(self):
        shown = self.client.post(self.url("add"), self.data())
        self.require()
        again = self.client.post(self.url("add"), self.data(confirmed=self.fingerprint(shown)))
        self.assertContains(again, "Von dieser Gruppe wird dieser Kurs schon verlangt.")
        assert Requirement.objects.count() == 1

    def test_confirming_twice_makes_one(self):
        _shown, done = self.confirm(self.client, self.url("add"), self.data())
        assert done.status_code == 302
        again = self.client.post(self.url("add"), self.data(confirmed="0" * 64))
        self.assertContains(again, "Von dieser Gruppe wird dieser Kurs schon verlangt.")
        assert Requirement.objects.count() == 1

    def test_what_is_confirmed_for_one_thing_does_nothing_else(self):
        shown = self.client.post(self.url("add"), self.data())
        other = self.data(kind="recommended", confirmed=self.fingerprint(shown))
        self.assertContains(self.client.post(self.url("add"), other), "haben sich geändert")
        assert not Requirement.objects.exists()


class ChangingTests(RequirementPagesTestCase):
    def setUp(self):
        self.client = self.as_(self.hilde)

    def test_course_and_authority_stay_the_group_may_change(self):
        requirement = self.require()
        url = self.url("edit", requirement)
        other = publish(self.catalogue, new_course("Anderer Kurs"), new_module("Teil eins"))
        data = self.data(course_key=str(other.course_key), audience=self.it.pk)
        self.confirm(self.client, url, data | {"organisation": self.olfen.pk})
        requirement.refresh_from_db()
        assert (requirement.course_key, requirement.organisation) == (self.key, self.coesfeld)
        assert requirement.audience == self.it

    def test_whom_nothing_asks_any_longer_is_released(self):
        self.confirm(self.client, self.url("add"), self.data())
        enrolment = Enrolment.objects.get(user=self.anna)
        complete_activity(enrolment=enrolment, page=self.modules[0])
        url = self.url("edit", Requirement.objects.get())
        shown, done = self.confirm(self.client, url, self.data(audience=self.it.pk))
        self.assertContains(shown, "Von 2 Personen wird der Kurs nicht mehr verlangt.")
        left = Enrolment.objects.get()
        assert (left.user, left.kind, left.due_on) == (self.anna, "", None)

    def test_the_page_does_not_tell_who_has_begun(self):
        self.confirm(self.client, self.url("add"), self.data())
        url = self.url("edit", Requirement.objects.get())
        data = self.data(audience=self.it.pk)
        before = self.client.post(url, data)
        enrolment = Enrolment.objects.get(user=self.anna)
        complete_activity(enrolment=enrolment, page=self.modules[0])
        after = self.client.post(url, data)
        assert before.context["lines"] == after.context["lines"]
        assert self.fingerprint(before) == self.fingerprint(after)

    def test_deleting_is_shown_first_and_done_as_shown(self):
        self.confirm(self.client, self.url("add"), self.data())
        requirement = Requirement.objects.get()
        url = self.url("delete", requirement)
        shown = self.client.get(url)
        self.assertContains(shown, "Von 2 Personen wird der Kurs nicht mehr verlangt.")
        for data in ({}, {"confirmed": "0" * 64}):
            self.client.post(url, data)
            assert Requirement.objects.exists()
        MembershipFactory(organisation=self.coesfeld)
        done = self.client.post(url, {"confirmed": self.fingerprint(shown)}, follow=True)
        self.assertContains(done, "Die Vorgabe ist gelöscht.")
        assert not Requirement.objects.exists()
        assert not Enrolment.objects.exists()
        assert ModelLogEntry.objects.get(action="wagtail.delete").data["released"] == 2
        assert self.client.post(url, {"confirmed": "x"}).status_code == 404

    def test_a_deleted_course_is_told_and_its_requirement_can_be_taken_back(self):
        requirement = self.require()
        self.course.delete()
        self.assertContains(self.client.get(self.url("index")), "KI-Grundlagen (gelöscht)")
        shown = self.client.post(self.url("edit", requirement), self.data(due_days="5"))
        self.assertContains(shown, "Der Kurs ist nicht öffentlich")
        url = self.url("delete", requirement)
        self.client.post(url, {"confirmed": self.fingerprint(self.client.get(url))})
        assert not Requirement.objects.exists()

    def test_who_comes_or_changes_the_audience_later_is_enrolled(self):
        self.confirm(self.client, self.url("add"), self.data(audience=self.it.pk))
        assert not Enrolment.objects.exists()
        admin = self.as_(self.admin)
        membership = self.membership(self.anna)
        data = {
            "department": membership.department_id,
            "employment": "employee",
            "audiences": [self.it.pk],
            "starts_on": membership.starts_on.isoformat(),
        }
        with self.captureOnCommitCallbacks(execute=True):
            admin.post(reverse("memberships:edit", args=[membership.pk]), data)
        assert Enrolment.objects.get().source == EnrolmentSource.REQUIREMENT


class ListTests(RequirementPagesTestCase):
    def test_filters(self):
        department = self.membership(self.anna).department
        self.require(audience=self.it)
        self.require(department=department, kind="recommended")
        self.require()
        client = self.as_(self.hilde)
        for query, count in (
            ({}, 3),
            ({"audience": self.it.pk}, 1),
            ({"audience": "null"}, 2),
            ({"department": department.pk}, 1),
            ({"kind": "recommended"}, 1),
            ({"course": str(self.key)}, 3),
            ({"ordering": "-due_on"}, 3),
        ):
            page = client.get(self.url("index"), query)
            assert len(page.context["object_list"]) == count, query

    def test_queries_do_not_grow(self):
        client = self.as_(self.hilde)
        audiences = [Audience.objects.create(code=f"a{n}", name=f"A{n}") for n in range(20)]
        self.require(audience=audiences[0])
        client.get(self.url("index"))
        counts = []
        for more in ([], audiences[1:]):
            for audience in more:
                self.require(audience=audience, department=self.membership(self.anna).department)
            with self.assertNumQueries(counts[0]) if counts else self.counting(counts):
                self.assertContains(client.get(self.url("index")), "KI-Grundlagen")

    def test_confirming_asks_as_often_for_many_people(self):
        client = self.as_(self.hilde)
        counts = []
        client.post(self.url("add"), self.data())
        for more in (1, 20):
            for membership in MembershipFactory.create_batch(more, organisation=self.coesfeld):
                membership.audiences.add(self.it)
            data = self.data(audience=self.it.pk)
            with self.assertNumQueries(counts[0]) if counts else self.counting(counts):
                self.assertContains(client.post(self.url("add"), data), "angemeldet")

    def test_an_administrator_sees_whose_it_is(self):
        other = OrganisationFactory(name="Gemeinde Nordkirchen")
        self.require(other)
        page = self.as_(self.admin).get(self.url("index"))
        self.assertContains(page, "Gemeinde Nordkirchen")


class PlanTests(RequirementPagesTestCase):
    """The proposed plan by role, and what an authority makes of it."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.proposal = RequirementProposal.objects.create(
            course_key=cls.key,
            audience=cls.it,
            kind="mandatory",
            due_days=30,
            refresh_months=12,
            reason="Vorgeschlagener Grund",
        )

    def state(self, organisation=None):
        (line,) = plan_for(organisation or self.coesfeld)
        return line.state

    def take_over(self, client, **values):
        """Follow the link of the plan, confirm what the form holds."""
        page = client.get(reverse("proposed_plan"))
        url = re.search(r'href="([^"]*\?proposal=[^"]*)"', page.content.decode())[1]
        form = client.get(url.replace("&amp;", "&")).context["form"]
        data = {name: form[name].value() for name in form.fields}
        data = {name: value for name, value in data.items() if value is not None} | values
        return form, self.confirm(client, url.replace("&amp;", "&"), data)

    def test_what_one_authority_took_over_no_other_learns(self):
        self.require(self.coesfeld, audience=self.it, reason="Geheimer Grund", due_days=30)
        page = self.as_(self.bernd).get(
            reverse("proposed_plan"), {"organisation": self.coesfeld.pk}
        )
        assert page.context["organisation"] == self.olfen
        self.assertNotContains(page, "Geheim")
        self.assertNotContains(page, "Coesfeld")
        assert page.context["rows"][0]["line"].state == PlanState.OPEN

    def test_who_keeps_no_requirements_finds_no_plan(self):
        grant(
            other := MembershipFactory(organisation=self.coesfeld).user, self.coesfeld, COMPLETIONS
        )
        for user in (self.anna, other):
            response = self.as_(user).get(reverse("proposed_plan"))
            assert response.status_code in (302, 404)

    def test_it_is_taken_over_with_its_reason_by_the_same_confirmation(self):
        self.membership(self.anna).audiences.add(self.it)
        client = self.as_(self.hilde)
        assert self.state() == PlanState.OPEN
        form, (shown, _done) = self.take_over(client, reason="Unser Grund")
        assert form["reason"].value() == "Vorgeschlagener Grund"
        self.assertContains(shown, "1 Person wird angemeldet.")
        requirement = Requirement.objects.get()
        assert requirement.organisation == self.coesfeld
        assert (requirement.audience, requirement.due_days, requirement.refresh_months) == (
            self.it,
            30,
            12,
        )
        assert requirement.reason == "Unser Grund"
        assert Enrolment.objects.get().user == self.anna
        assert self.state() == PlanState.TAKEN
        assert self.state(self.olfen) == PlanState.OPEN

    def test_a_later_change_of_the_proposal_is_shown_and_changes_nothing(self):
        client = self.as_(self.hilde)
        self.take_over(client)
        before = Requirement.objects.values().get()
        RequirementProposal.objects.update(kind="recommended", refresh_months=24)
        assert Requirement.objects.values().get() == before
        page = client.get(reverse("proposed_plan"))
        self.assertContains(page, "Art: verpflichtend")
        self.assertContains(page, "Auffrischung: alle 12 Monate")
        form, _answers = self.take_over(client)
        assert "course_key" not in form.fields
        requirement = Requirement.objects.get()
        assert (requirement.pk, requirement.kind) == (before["id"], "recommended")
        assert (requirement.refresh_months, requirement.reason) == (24, "Vorgeschlagener Grund")
        assert self.state() == PlanState.TAKEN

    def test_a_proposal_without_days_leaves_the_deadline_to_the_authority(self):
        self.require(audience=self.it, due_on=day(50), refresh_months=12)
        assert self.state() == PlanState.DIFFERS
        RequirementProposal.objects.update(due_days=None)
        assert self.state() == PlanState.TAKEN

    def test_a_requirement_of_one_department_takes_nothing_over(self):
        department = self.membership(self.anna).department
        self.require(audience=self.it, department=department, due_days=30, refresh_months=12)
        assert self.state() == PlanState.OPEN

    def test_an_address_with_a_strange_proposal_is_an_empty_form(self):
        client = self.as_(self.hilde)
        for strange in ("x", "-1", "0", "99999999999999999999", "٣"):
            page = client.get(self.url("add"), {"proposal": strange, "organisation": strange})
            assert page.status_code == 200
            assert not page.context["form"]["reason"].value()

    def test_a_proposal_for_another_group_changes_no_form(self):
        requirement = self.require(due_days=90)
        page = self.as_(self.hilde).get(
            self.url("edit", requirement), {"proposal": self.proposal.pk}
        )
        assert page.context["form"]["due_days"].value() == 90

    def test_what_is_not_public_is_shown_and_cannot_be_taken_over(self):
        self.course.unpublish()
        page = self.as_(self.hilde).get(reverse("proposed_plan"))
        self.assertContains(page, "KI-Grundlagen (nicht öffentlich)")
        self.assertNotContains(page, "proposal=")

    def test_who_may_only_read_is_offered_nothing(self):
        reader = MembershipFactory(organisation=self.coesfeld).user
        grant(reader, self.coesfeld, "courses.view_requirement")
        page = self.as_(reader).get(reverse("proposed_plan"))
        self.assertContains(page, "Vorgeschlagener Grund")
        self.assertNotContains(page, "proposal=")

    def test_queries_do_not_grow_with_the_plan(self):
        client = self.as_(self.hilde)
        counts = []
        client.get(reverse("proposed_plan"))
        for more in (0, 20):
            for n in range(more):
                audience = Audience.objects.create(code=f"p{n}", name=f"P{n}")
                RequirementProposal.objects.create(
                    course_key=self.key, audience=audience, reason=WHY
                )
                self.require(audience=audience)
            with self.assertNumQueries(counts[0]) if counts else self.counting(counts):
                client.get(reverse("proposed_plan"))

    def test_the_untergruppe_keeps_it_and_hr_does_not(self):
        assert self.as_(self.hilde).get(reverse("requirement_proposals:index")).status_code == 302
        editor = MembershipFactory(organisation=self.olfen).user
        group = grant(editor, self.olfen)
        group.permissions.add(*Permission.objects.filter(content_type__model="requirementproposal"))
        client = self.as_(editor)
        self.assertContains(client.get(reverse("requirement_proposals:index")), "KI-Grundlagen")
        data = self.data(audience="", reason="Für alle")
        client.post(reverse("requirement_proposals:add"), data)
        made = RequirementProposal.objects.get(audience=None)
        twice = client.post(reverse("requirement_proposals:add"), data)
        self.assertContains(twice, "Der Plan nennt diesen Kurs für diese Zielgruppe schon.")
        url = reverse("requirement_proposals:edit", args=[made.pk])
        client.post(url, data | {"due_days": "60", "course_key": str(uuid.uuid4())})
        made.refresh_from_db()
        assert (made.due_days, made.course_key) == (60, self.key)
        client.post(reverse("requirement_proposals:delete", args=[made.pk]))
        assert not RequirementProposal.objects.filter(pk=made.pk).exists()
