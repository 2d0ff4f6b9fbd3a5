"""The staff council reads the log of hand-overs of its authority, and the names of nobody in it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from hub.exports.auditing import without_names
from hub.exports.models import ExportRun
from tests.factories.organisations import (
    HRUserFactory,
    OrganisationFactory,
    UserFactory,
    grant,
)
from tests.plugin_example.exporters import DepartmentExporter

LIST = DepartmentExporter.identifier


def run_of(organisation=None, exporter=LIST, query=("Terhorst",), words=(), **fields):
    return ExportRun(
        organisation=organisation,
        exporter=exporter,
        filters={"q": list(query), "status": ["open"]},
        filter_words=[["Status", "offen"], *words],
        year=2026,
        purpose="Abgleich mit der Stellenliste",
        file_format="xlsx",
        row_count=17,
        **fields,
    )


@pytest.mark.parametrize("exporter", [LIST, "abschlussliste", "uninstalled"])
def test_a_name_that_was_searched_for_is_hidden(exporter):
    run = run_of(exporter=exporter, query=[" Terhorst "], words=[["Name", "Terhorst"]])
    (_, status), (_, name) = without_names(run)
    assert status == "offen"
    assert "Terhorst" not in name


def test_where_it_cannot_be_told_which_names_none_is_told():
    run = run_of(words=[["Suche", "„Terhorst“"]])
    assert not {"offen", "„Terhorst“"} & {value for _label, value in without_names(run)}


def test_without_a_search_all_is_told():
    assert without_names(run_of(query=[" "])) == [("Status", "offen")]


class AuditTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.coesfeld, cls.olfen = OrganisationFactory(), OrganisationFactory()
        cls.hilde = HRUserFactory(organisation=cls.coesfeld, last_name="Böwing")
        cls.council = UserFactory()
        grant(
            cls.council,
            cls.coesfeld,
            "exports.audit_exportrun",
            "exports.view_report_catalogue",
        )
        cls.ours = run_of(
            cls.coesfeld,
            number=4,
            user=cls.hilde,
            words=[["Name", "Terhorst"]],
            in_background=True,
            finished_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=1),
            file=ContentFile(b"Terhorst", "liste.xlsx"),
        )
        cls.theirs = run_of(cls.olfen, number=1)
        cls.theirs.purpose = "Geheimer Zweck"
        cls.ours.save()
        cls.theirs.save()
        cls.page = reverse("exports:inspect", args=[cls.ours.pk])

    def setUp(self):
        self.client.force_login(self.council)

    def test_it_reads_who_when_what_for_and_how_much(self):
        moment = timezone.localtime(self.ours.created_at)
        for page in (self.client.get(reverse("exports:index")), self.client.get(self.page)):
            for told in ("Abgleich mit der Stellenliste", "Böwing", "2026-4", "XLSX", "17"):
                self.assertContains(page, told)
            self.assertContains(page, f"{moment:%d.%m.%Y}")
            self.assertNotContains(page, "Terhorst")
        self.assertContains(page, "Status: offen")
        self.assertContains(page, "hier nicht gezeigt")

    def test_hr_reads_whom_it_searched_for(self):
        self.client.force_login(self.hilde)
        self.assertContains(self.client.get(self.page), "Name: Terhorst")

    def test_it_gets_no_file_and_hands_nothing_over(self):
        for url in (
            reverse("exports:made", args=[self.ours.uuid]),
            reverse("exports:file", args=[self.ours.uuid]),
            reverse("exports:hand_over", args=[LIST]),
            reverse("exports:hand_over", args=["abschlussliste"]),
        ):
            assert self.client.get(url).status_code == 404, url
            assert self.client.post(url).status_code in {404, 405}, url
            self.assertNotContains(self.client.get(self.page), url)
        # The administration leads whoever may not see a list to its start page.
        assert self.client.get(reverse("completion_list")).status_code in {302, 404}

    def test_it_changes_nothing(self):
        for path in ("new", f"edit/{self.ours.pk}", f"delete/{self.ours.pk}"):
            url = f"{reverse('exports:index')}{path}/"
            assert self.client.post(url, {"purpose": "x"}).status_code == 404
        self.ours.refresh_from_db()
        assert self.ours.purpose == "Abgleich mit der Stellenliste"

    def test_another_authority_does_not_exist(self):
        assert self.client.get(reverse("exports:inspect", args=[self.theirs.pk])).status_code == 404
        for name in ("exports:index", "exports:index_results"):
            page = self.client.get(reverse(name), {"q": "Geheimer"})
            self.assertNotContains(page, "Geheimer Zweck")
        assert (
            self.client.get(reverse("report_catalogue", args=[self.olfen.slug])).status_code == 404
        )

    def test_the_menu_leads_to_the_log_and_the_catalogue_and_to_no_list(self):
        page = self.client.get(reverse("wagtailadmin_home"))
        self.assertContains(page, reverse("exports:index"))
        self.assertContains(page, reverse("report_catalogues"))
        self.assertNotContains(page, reverse("completion_list"))
        catalogue = self.client.get(reverse("report_catalogue", args=[self.coesfeld.slug]))
        self.assertContains(catalogue, "Auswertungen: ")
        self.assertNotContains(catalogue, reverse("report_switches", args=[self.coesfeld.slug]))

    def test_who_audits_one_authority_and_is_hr_of_another_sees_each_as_such(self):
        grant(self.council, self.olfen, "exports.view_exportrun")
        self.theirs.filter_words = [["Name", "Brüning"]]
        self.theirs.filters = {"q": ["Brüning"]}
        self.theirs.save()
        self.client.force_login(self.council)
        theirs = self.client.get(reverse("exports:inspect", args=[self.theirs.pk]))
        self.assertContains(theirs, "Name: Brüning")
        self.assertNotContains(self.client.get(self.page), "Terhorst")
