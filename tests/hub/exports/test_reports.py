"""Evaluations: switched for each authority, and in the catalogue with all they tell."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.http import Http404
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from courses import actions
from courses.completion_list import REPORT
from hub.exports.catalogue import catalogue, fingerprint
from hub.exports.exporters import exporters
from hub.exports.models import ExportRun, ReportSwitch
from hub.exports.reports import (
    Report,
    ReportColumn,
    organisations_for,
    reports,
    switched_on,
    where_on,
)
from hub.exports.switching import SWITCH, switch_report
from hub.organisations.models import GroupOrganisationPermission, Membership, User
from tests.cases import LearningHubTestCase


def grant(user, organisation, *codenames):
    for codename in codenames:
        GroupOrganisationPermission.objects.create(
            group=user.groups.get(),
            organisation=organisation,
            permission=Permission.objects.get(codename=codename),
        )


def fresh(user) -> User:
    """The person as the next request meets her."""
    return User.objects.get(pk=user.pk)


class ReportTestCase(LearningHubTestCase):
    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def switch(self, organisation, on, *, report=REPORT, purpose=""):
        return switch_report(
            organisation=organisation,
            report=reports.get(report),
            on=on,
            purpose=purpose,
            actor=self.admin,
        )


class SwitchTests(ReportTestCase):
    def test_only_the_completion_list_is_on_by_itself(self):
        assert [key for key, report in reports.items() if report.is_on_by_default] == [REPORT]

    def test_the_condition_says_the_same_whatever_the_default_and_the_decision(self):
        authorities = [self.coesfeld, self.olfen]
        for report in (REPORT, "laeuft-bald-ab"):
            for on in (None, False, True):
                with self.subTest(report=report, on=on):
                    if on is not None:
                        self.switch(self.coesfeld, on, report=report)
                    found = Membership.objects.filter(
                        where_on(report, "organisation"), organisation__in=authorities
                    )
                    expected = switched_on(authorities, report, fresh(self.admin))
                    assert {row.organisation for row in found} == set(expected)

    def test_what_is_off_is_nowhere(self):
        actions.enrol(membership=self.membership(self.anna), course=self.course)
        hand_over = reverse("exports:hand_over", args=[REPORT])
        addresses = [reverse("completion_list"), reverse("courses_evidence_pack"), hand_over]
        client = self.as_(self.hilde)
        for address in addresses:
            assert client.get(address).status_code == 200, address
        assert self.switch(self.coesfeld, False)
        home = client.get(reverse("wagtailadmin_home"))
        self.assertNotContains(home, reverse("completion_list"))
        for address in addresses:
            # The administration leads whoever finds nothing there to its start page.
            assert client.get(address).status_code in {302, 404}, address
        client.post(
            hand_over,
            {"organisation": self.coesfeld.pk, "purpose": "Nachweis", "file_format": "csv"},
        )
        assert not ExportRun.objects.exists()
        # Another authority keeps it.
        assert self.as_(self.bernd).get(addresses[0]).status_code == 200

    def test_of_several_authorities_those_count_that_have_it_on(self):
        grant(self.hilde, self.olfen, "view_completion_list")
        for user in (self.anna, self.otto):
            actions.enrol(membership=self.membership(user), course=self.course)
        self.switch(self.coesfeld, False)
        assert organisations_for(fresh(self.hilde), REPORT) == [self.olfen]
        page = self.as_(self.hilde).get(reverse("completion_list"))
        self.assertContains(page, "Brüning")
        self.assertNotContains(page, "Terhorst")
        self.switch(self.olfen, False)
        with self.assertRaises(Http404):
            organisations_for(fresh(self.hilde), REPORT)

    def test_each_change_is_logged_and_no_change_is_none(self):
        assert not self.switch(self.coesfeld, True)
        assert not ReportSwitch.objects.exists()
        assert self.switch(self.coesfeld, False, purpose="Erst nach der Vereinbarung")
        assert not self.switch(self.coesfeld, False, purpose="Erst nach der Vereinbarung")
        entry = ModelLogEntry.objects.get(action=SWITCH)
        assert entry.user == self.admin
        assert entry.data == {
            "report": REPORT,
            "authority": self.coesfeld.slug,
            "on": False,
            "purpose": "Erst nach der Vereinbarung",
        }


class SwitchPageTests(ReportTestCase):
    def setUp(self):
        self.url = reverse("report_switches", args=[self.coesfeld.slug])

    def data(self, **changes):
        data = {f"{key}-purpose": "" for key in reports}
        data |= {f"{key}-on": "on" for key, r in reports.items() if r.is_on_by_default}
        return data | changes

    def test_hr_cannot_switch_on_what_the_staff_council_has_to_agree_to(self):
        grant(self.hilde, self.coesfeld, "view_report_catalogue")
        client = self.as_(self.hilde)
        assert client.get(self.url).status_code == 404
        assert client.post(self.url, {}).status_code == 404
        assert not ReportSwitch.objects.exists()
        page = client.get(reverse("report_catalogue", args=[self.coesfeld.slug]))
        self.assertNotContains(page, self.url)

    def test_who_may_switch_does_so_for_her_authority_only(self):
        grant(self.hilde, self.coesfeld, "switch_reports")
        client = self.as_(self.hilde)
        self.assertContains(client.get(self.url), "Personalrat")
        data = self.data(**{f"{REPORT}-purpose": "Nachweis für die Aufsicht"})
        del data[f"{REPORT}-on"]
        response = client.post(self.url, data)
        self.assertRedirects(response, reverse("report_catalogue", args=[self.coesfeld.slug]))
        switch = ReportSwitch.objects.get()
        assert (switch.organisation, switch.report, switch.is_on) == (self.coesfeld, REPORT, False)
        assert (switch.purpose, switch.changed_by) == ("Nachweis für die Aufsicht", self.hilde)
        foreign = reverse("report_switches", args=[self.olfen.slug])
        assert client.post(foreign, data).status_code == 404
        assert ReportSwitch.objects.count() == 1

    def test_saving_what_is_there_changes_nothing_and_says_so(self):
        grant(self.hilde, self.coesfeld, "switch_reports")
        response = self.as_(self.hilde).post(self.url, self.data(), follow=True)
        self.assertContains(response, "Es wurde nichts geändert.")
        assert not ReportSwitch.objects.exists()

    def test_a_purpose_that_is_too_long_is_refused_with_everything(self):
        grant(self.hilde, self.coesfeld, "switch_reports")
        data = self.data(**{f"{REPORT}-purpose": "x" * 301})
        del data[f"{REPORT}-on"]
        assert self.as_(self.hilde).post(self.url, data).status_code == 422
        assert not ReportSwitch.objects.exists()


class CatalogueTests(ReportTestCase):
    def setUp(self):
        grant(self.hilde, self.coesfeld, "view_report_catalogue")
        self.url = reverse("report_catalogue", args=[self.coesfeld.slug])
        self.file = reverse("report_catalogue_file", args=[self.coesfeld.slug])

    def test_strangers_find_none(self):
        grant(self.bernd, self.olfen, "view_report_catalogue", "switch_reports")
        for user in (self.bernd, self.anna):
            for url in (self.url, self.file):
                assert self.as_(user).get(url).status_code in {302, 404}
        # With one authority only, that is shown at once.
        response = self.as_(self.bernd).get(reverse("report_catalogues"))
        self.assertRedirects(response, reverse("report_catalogue", args=[self.olfen.slug]))

    def test_it_names_every_evaluation_with_every_column_and_who_sees_it(self):
        for url in (self.url, self.file):
            page = self.as_(self.hilde).get(url)
            for report in dict(reports.items()).values():
                self.assertContains(page, report.label)
                self.assertContains(page, report.retention)
                for column in report.columns:
                    self.assertContains(page, column.meaning)
            for column in exporters.get(REPORT).columns:
                self.assertContains(page, column.label)
            self.assertContains(page, "Personalabteilung Coesfeld")
            self.assertNotContains(page, "Personalabteilung Olfen")

    def test_a_new_evaluation_is_in_it_by_itself_switched_off(self):
        class Heights(Report):
            identifier = "koerpergroesse"
            label = "Körpergröße"
            purpose = "Für die Dienstkleidung."
            required_permission = "courses.view_completion_list"
            view_name = "completion_list"
            names_people = True
            retention = "Bis zum Abend."
            columns = (ReportColumn("Größe", "In Zentimetern, in Socken."),)

        before = fingerprint(catalogue(self.coesfeld))
        with reports.register_temporarily(Heights):
            page = self.as_(self.hilde).get(self.url)
            self.assertContains(page, "Körpergröße: ausgeschaltet")
            self.assertContains(page, "In Zentimetern, in Socken.")
            assert fingerprint(catalogue(self.coesfeld)) != before

    def test_its_version_changes_with_switch_purpose_and_groups(self):
        seen = [fingerprint(catalogue(self.coesfeld))]
        assert fingerprint(catalogue(self.coesfeld)) == seen[0]
        self.switch(self.coesfeld, False)
        seen.append(fingerprint(catalogue(self.coesfeld)))
        self.switch(self.coesfeld, False, purpose="Anderes")
        seen.append(fingerprint(catalogue(self.coesfeld)))
        grant(self.bernd, self.coesfeld, "view_completion_list")
        seen.append(fingerprint(catalogue(self.coesfeld)))
        assert len(set(seen)) == 4

    def test_the_file_is_german_and_stands_alone(self):
        client = self.as_(self.hilde)
        response = client.get(self.file, headers={"accept-language": "en"})
        text = response.content.decode()
        assert "Auswertungskatalog: Stadt Coesfeld" in text
        assert "src=" not in text
        assert "href=" not in text
        assert response["Content-Disposition"].startswith(
            'attachment; filename="auswertungskatalog-coesfeld-'
        )
        assert client.post(self.file).status_code == 405

    def test_every_address_of_an_evaluation_exists(self):
        for report in dict(reports.items()).values():
            assert reverse(report.view_name)
