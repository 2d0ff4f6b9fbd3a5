"""The tenant fence of the administration: Bernd of Olfen meets 404 on all that is Coesfeld's."""

from __future__ import annotations

import pytest
from django.test import Client, TestCase
from django.urls import reverse
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.models import ModelLogEntry
from wagtail.snippets.views.snippets import SnippetViewSet

from certificates.models import Certificate
from courses.models import Completion, CoursePage, Enrolment, Requirement, Topic
from hub.exports.models import ExportRun
from hub.organisations.checks import unscoped, viewsets_are_scoped
from hub.organisations.lookups import organisation_lookup
from hub.organisations.models import Audience, Department, Membership, Organisation, User
from hub.organisations.viewsets import (
    DepartmentViewSet,
    ScopedChooserViewSet,
    ScopedModelViewSet,
)
from tests.factories.organisations import (
    DepartmentFactory,
    HRUserFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    grant,
)


class TenantTestCase(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.coesfeld = OrganisationFactory(name="Stadt Coesfeld", slug="coesfeld")
        cls.olfen = OrganisationFactory(name="Stadt Olfen", slug="olfen")
        cls.hilde = HRUserFactory(username="hilde", organisation=cls.coesfeld)
        cls.bernd = HRUserFactory(username="bernd", organisation=cls.olfen)
        cls.admin = User.objects.create_superuser("admin")
        cls.theirs = DepartmentFactory(organisation=cls.coesfeld, name="Geheimes Bauamt")
        cls.own = DepartmentFactory(organisation=cls.olfen, name="Bürgerbüro")
        cls.handed_over = ExportRun.objects.create(
            year=2026,
            number=1,
            user=cls.hilde,
            organisation=cls.coesfeld,
            exporter="abschlussliste",
            file_format="csv",
            purpose="Geheimer Zweck",
        )

    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client


class DepartmentTests(TenantTestCase):
    def test_every_address_of_a_foreign_department_is_404_and_changes_nothing(self):
        bernd = self.as_(self.bernd)
        for view in ("edit", "delete", "history", "history_results"):
            url = reverse(f"departments:{view}", args=[self.theirs.pk])
            for response in (
                bernd.get(url),
                bernd.post(url, {"name": "Meins"}),
                bernd.post(url, {"name": "Meins", "organisation": self.olfen.pk}),
            ):
                assert response.status_code == 404, (view, response.status_code)
                assert b"Geheim" not in response.content
        self.theirs.refresh_from_db()
        assert (self.theirs.name, self.theirs.organisation) == ("Geheimes Bauamt", self.coesfeld)

    def test_the_list_holds_the_own_departments_only(self):
        bernd = self.as_(self.bernd)
        for name in ("departments:index", "departments:index_results"):
            for query in ({}, {"q": "Geheimes"}, {"ordering": "name"}):
                response = bernd.get(reverse(name), query)
                assert response.status_code == 200
                self.assertNotContains(response, "Geheimes Bauamt")
                self.assertNotContains(response, "Coesfeld")
        self.assertContains(bernd.get(reverse("departments:index")), "Bürgerbüro")

    def test_a_list_has_no_export_without_purpose(self):
        for user in (self.bernd, self.admin):
            for file_format in ("csv", "xlsx"):
                url = reverse("departments:index")
                response = self.as_(user).get(url, {"export": file_format})
                assert response.status_code == 404

    def test_who_has_no_rights_is_sent_away_before_a_row_is_looked_at(self):
        grant(stranger := UserFactory(), self.olfen)
        client = self.as_(stranger)
        for url in (
            reverse("departments:index"),
            reverse("departments:add"),
            reverse("exports:index"),
            reverse("memberships:index"),
        ):
            assert client.get(url).status_code == 302, url
        assert client.get(reverse("departments:edit", args=[self.own.pk])).status_code == 404

    def test_the_right_counts_for_the_authority_it_was_given_for(self):
        mixed = HRUserFactory(organisation=self.olfen)
        grant(mixed, self.coesfeld, "organisations.view_department")
        client = self.as_(mixed)
        self.assertContains(client.get(reverse("departments:index")), "Geheimes Bauamt")
        url = reverse("departments:edit", args=[self.theirs.pk])
        assert client.get(url).status_code == 404
        assert client.post(url, {"name": "Meins"}).status_code == 404
        page = client.get(reverse("departments:add"))
        self.assertNotContains(page, "Stadt Coesfeld")

    def test_hr_keeps_its_own_departments(self):
        bernd = self.as_(self.bernd)
        response = bernd.post(reverse("departments:add"), {"name": "Bauhof"})
        self.assertRedirects(response, reverse("departments:index"))
        made = Department.objects.get(name="Bauhof")
        assert made.organisation == self.olfen
        bernd.post(reverse("departments:edit", args=[made.pk]), {"name": "Baubetriebshof"})
        made.refresh_from_db()
        assert made.name == "Baubetriebshof"
        bernd.post(reverse("departments:delete", args=[made.pk]))
        assert not Department.objects.filter(pk=made.pk).exists()
        assert ModelLogEntry.objects.filter(user=self.bernd, action="wagtail.delete").exists()

    def test_a_department_cannot_be_smuggled_into_another_authority(self):
        bernd = self.as_(self.bernd)
        foreign = {"name": "Trojaner", "organisation": self.coesfeld.pk}
        bernd.post(reverse("departments:add"), foreign)
        assert Department.objects.get(name="Trojaner").organisation == self.olfen
        bernd.post(reverse("departments:edit", args=[self.own.pk]), foreign | {"name": "Amt"})
        self.own.refresh_from_db()
        assert self.own.organisation == self.olfen

    def test_who_works_for_several_authorities_chooses_one_of_them(self):
        grant(self.bernd, self.coesfeld, "organisations.add_department")
        elsewhere = OrganisationFactory()
        client = self.as_(self.bernd)
        response = client.post(
            reverse("departments:add"), {"name": "Neu", "organisation": elsewhere.pk}
        )
        assert response.status_code == 200
        assert not Department.objects.filter(name="Neu").exists()
        client.post(reverse("departments:add"), {"name": "Neu", "organisation": self.coesfeld.pk})
        assert Department.objects.get(name="Neu").organisation == self.coesfeld

    def test_a_name_that_exists_is_refused_where_it_is_typed(self):
        response = self.as_(self.bernd).post(reverse("departments:add"), {"name": "Bürgerbüro"})
        assert response.status_code == 200
        self.assertContains(response, "gibt es schon")

    def test_a_department_with_people_stays_and_says_why(self):
        MembershipFactory(organisation=self.olfen, department=self.own)
        bernd = self.as_(self.bernd)
        url = reverse("departments:delete", args=[self.own.pk])
        self.assertContains(bernd.get(url), "kann nicht gelöscht werden")
        response = bernd.post(url, follow=True)
        self.assertContains(response, "kann nicht gelöscht werden")
        assert Department.objects.filter(pk=self.own.pk).exists()

    def test_queries_do_not_grow_with_the_departments(self):
        client = self.as_(self.bernd)
        client.get(reverse("departments:index"))
        with self.assertNumQueries(FuzzyAtMost(14)) as few:
            client.get(reverse("departments:index"))
        DepartmentFactory.create_batch(20, organisation=self.olfen)
        with self.assertNumQueries(len(few.captured_queries)):
            client.get(reverse("departments:index"))


class FuzzyAtMost(int):
    """Equal to every number up to itself."""

    def __eq__(self, other):
        return other <= int(self)

    __hash__ = int.__hash__


class ExportRunTests(TenantTestCase):
    def test_a_foreign_hand_over_is_404(self):
        url = reverse("exports:inspect", args=[self.handed_over.pk])
        response = self.as_(self.bernd).get(url)
        assert response.status_code == 404
        assert b"Geheimer Zweck" not in response.content
        self.assertContains(self.as_(self.hilde).get(url), "Geheimer Zweck")

    def test_the_log_holds_the_own_hand_overs_only(self):
        for name in ("exports:index", "exports:index_results"):
            response = self.as_(self.bernd).get(reverse(name), {"q": "Geheimer"})
            self.assertNotContains(response, "Geheimer Zweck")
            self.assertContains(self.as_(self.hilde).get(reverse(name)), "Geheimer Zweck")

    def test_nobody_changes_the_log(self):
        for path in (
            "new",
            f"edit/{self.handed_over.pk}",
            f"delete/{self.handed_over.pk}",
            f"copy/{self.handed_over.pk}",
        ):
            response = self.as_(self.admin).post(f"/admin/uebergaben/{path}/", {"purpose": "Neu"})
            assert response.status_code == 404, path
        self.handed_over.refresh_from_db()
        assert self.handed_over.purpose == "Geheimer Zweck"

    def test_the_page_has_no_buttons_that_lead_nowhere(self):
        response = self.as_(self.admin).get(reverse("exports:index"))
        assert response.status_code == 200
        assert (
            self.as_(self.admin).get(reverse("wagtailadmin_reports:site_history")).status_code
            == 200
        )


class ChooserTests(TenantTestCase):
    def urls(self, department):
        return (
            reverse("department_chooser:chosen", args=[department.pk]),
            reverse("department_chooser:chosen_multiple") + f"?id={department.pk}",
            reverse("department_chooser:choose"),
            reverse("department_chooser:choose_results"),
        )

    def test_foreign_departments_are_not_offered(self):
        bernd = self.as_(self.bernd)
        chosen, several, *lists = self.urls(self.theirs)
        assert bernd.get(chosen).status_code == 404
        for url in (several, *lists):
            response = bernd.get(url)
            assert response.status_code == 200
            assert "Geheimes" not in response.content.decode("unicode_escape")

    def test_own_departments_are(self):
        chosen, several, *lists = self.urls(self.own)
        for url in (chosen, several, *lists):
            response = self.as_(self.bernd).get(url)
            assert response.status_code == 200
            assert "rgerb" in response.content.decode(), url

    def test_people_are_shown_to_administrators_only(self):
        anna = UserFactory(first_name="Anna", last_name="Terhorst")
        MembershipFactory(user=anna, organisation=self.olfen)
        for user in (self.bernd, self.hilde):
            client = self.as_(user)
            chosen = client.get(reverse("person_chooser:chosen", args=[anna.pk]))
            assert chosen.status_code == 404
            for name in ("choose", "choose_results"):
                response = client.get(reverse(f"person_chooser:{name}"), {"q": "Terhorst"})
                assert b"Anna" not in response.content
        response = self.as_(self.admin).get(
            reverse("person_chooser:choose_results"), {"q": "terh ann"}
        )
        self.assertContains(response, "Anna Terhorst")

    def test_a_nonsense_key_is_404(self):
        url = reverse("department_chooser:chosen", args=["nichts"])
        assert self.as_(self.bernd).get(url).status_code == 404


class AdministratorTests(TenantTestCase):
    PAGES = ("organisations", "memberships", "audiences")

    def test_hr_reaches_none_of_it(self):
        bernd = self.as_(self.bernd)
        membership = Membership.objects.get(user=self.bernd)
        audience = Audience.objects.create(code="alle", name="Alle Beschäftigten")
        for name, row in zip(self.PAGES, (self.olfen, membership, audience), strict=True):
            for view, args in (
                ("index", []),
                ("add", []),
                ("edit", [row.pk]),
                ("delete", [row.pk]),
                ("history", [row.pk]),
            ):
                response = bernd.post(reverse(f"{name}:{view}", args=args), {"name": "Meins"})
                assert response.status_code in {302, 404}, (name, view)
        self.olfen.refresh_from_db()
        assert self.olfen.name == "Stadt Olfen"

    def test_administrators_reach_all_of_it(self):
        admin = self.as_(self.admin)
        membership = Membership.objects.get(user=self.bernd)
        for name, row in (("organisations", self.olfen), ("memberships", membership)):
            for view, args in (
                ("index", []),
                ("add", []),
                ("edit", [row.pk]),
                ("delete", [row.pk]),
                ("history", [row.pk]),
            ):
                response = admin.get(reverse(f"{name}:{view}", args=args))
                assert response.status_code == 200, (name, view)

    def test_a_membership_stays_within_its_authority(self):
        person = UserFactory()
        data = {
            "user": person.pk,
            "organisation": self.olfen.pk,
            "department": self.theirs.pk,
            "employment": "employee",
            "starts_on": "2026-01-01",
        }
        response = self.as_(self.admin).post(reverse("memberships:add"), data)
        self.assertContains(response, "gehört zu einer anderen Behörde")
        data["department"] = self.own.pk
        self.as_(self.admin).post(reverse("memberships:add"), data)
        assert Membership.objects.get(user=person).department == self.own

    def test_a_second_open_membership_is_refused_where_it_is_typed(self):
        response = self.as_(self.admin).post(
            reverse("memberships:add"),
            {
                "user": self.bernd.pk,
                "organisation": self.olfen.pk,
                "employment": "employee",
                "starts_on": "2026-01-01",
            },
        )
        assert response.status_code == 200
        assert Membership.objects.filter(user=self.bernd).count() == 1


class TestLookup:
    """Every model finds its authority, or is known to have none."""

    @pytest.mark.parametrize(
        ("model", "lookup"),
        [
            (Department, "organisation"),
            (Membership, "organisation"),
            (Requirement, "organisation"),
            (ExportRun, "organisation"),
            (Enrolment, "membership__organisation"),
            (Completion, "enrolment__membership__organisation"),
            (Certificate, "enrolment__membership__organisation"),
            (Organisation, None),
            (Audience, None),
            (User, None),
            (Topic, None),
            (CoursePage, None),
        ],
    )
    def test_the_way_to_the_authority(self, model, lookup):
        assert organisation_lookup(model) == lookup


class TestCheck:
    """``organisations.E001``: nobody forgets the fence."""

    def test_the_hub_itself_is_scoped(self):
        assert viewsets_are_scoped(None) == []

    @pytest.mark.parametrize("base", [ModelViewSet, SnippetViewSet])
    def test_an_unscoped_viewset_is_refused(self, base):
        careless = type("CarelessViewSet", (base,), {"model": Enrolment})()
        (error,) = unscoped([careless])
        assert error.id == "organisations.E001"
        assert "CarelessViewSet" in error.msg
        assert "Enrolment" in error.msg

    @pytest.mark.parametrize("model", [Department, User, "organisations.Membership"])
    def test_an_unscoped_chooser_is_refused(self, model):
        careless = type("CarelessChooser", (ChooserViewSet,), {"model": model})("careless")
        assert [error.id for error in unscoped([careless])] == ["organisations.E001"]

    def test_a_snippet_cannot_be_scoped(self):
        snippet = type("Both", (ScopedModelViewSet, SnippetViewSet), {"model": Enrolment})()
        assert len(unscoped([snippet])) == 1

    def test_what_belongs_to_no_authority_is_free(self):
        assert unscoped([type("Topics", (ModelViewSet,), {"model": Topic})("topics")]) == []

    def test_scoped_ones_pass(self):
        chooser = type("Chooser", (ScopedChooserViewSet,), {"model": Department})("chooser")
        assert unscoped([DepartmentViewSet(), chooser]) == []
