"""Each hand-over of an authority has the next number of its year."""

import json
from datetime import UTC, datetime
from importlib import import_module
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase
from django.urls import reverse
from django.utils import timezone

from hub.exports.actions import log_hand_over
from hub.exports.models import ExportRun
from tests.courses.test_concurrency import at_once
from tests.factories.organisations import HRUserFactory, OrganisationFactory


def hand_over(organisation, user=None):
    return log_hand_over(
        identifier="abschlussliste",
        user=user,
        organisation=organisation,
        purpose="Nachweis",
        file_format="csv",
        filters={},
        filter_words=[],
    )


def numbers(organisation):
    return list(organisation.export_runs.order_by("pk").values_list("year", "number"))


class NumberTests(TestCase):
    def test_each_authority_counts_for_itself(self):
        coesfeld, olfen = OrganisationFactory(), OrganisationFactory()
        for organisation in (coesfeld, olfen, coesfeld):
            hand_over(organisation)
        year = timezone.localdate().year
        assert numbers(coesfeld) == [(year, 1), (year, 2)]
        assert numbers(olfen) == [(year, 1)]
        assert coesfeld.export_runs.last().reference == f"{year}-1"

    def test_each_local_year_begins_with_one(self):
        coesfeld = OrganisationFactory()
        for moment in (
            datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
            datetime(2026, 12, 31, 23, 1, tzinfo=UTC),
            datetime(2027, 1, 2, tzinfo=UTC),
        ):
            with patch("django.utils.timezone.now", return_value=moment):
                hand_over(coesfeld)
        assert numbers(coesfeld) == [(2026, 1), (2027, 1), (2027, 2)]

    def test_what_is_rolled_back_leaves_no_gap(self):
        coesfeld = OrganisationFactory()
        with pytest.raises(RuntimeError), transaction.atomic():
            hand_over(coesfeld)
            raise RuntimeError
        hand_over(coesfeld)
        assert [number for _year, number in numbers(coesfeld)] == [1]

    def test_the_database_refuses_a_number_that_is_taken(self):
        run = hand_over(OrganisationFactory())
        run.pk, run.uuid = None, "00000000-0000-0000-0000-000000000001"
        with pytest.raises(IntegrityError), transaction.atomic():
            run.save(force_insert=True)

    def test_known_runs_are_numbered_in_the_order_in_which_they_were_made(self):
        coesfeld, olfen = OrganisationFactory(), OrganisationFactory()
        made = (
            (coesfeld, "2026-11-03T10:00:00Z"),
            (olfen, "2026-01-01T10:00:00Z"),
            (coesfeld, "2025-12-31T23:30:00Z"),  # it was 2026 already
            (coesfeld, "2025-06-01T10:00:00Z"),
        )
        runs = []
        for number, (organisation, created_at) in enumerate(made, start=100):
            run = hand_over(organisation)
            ExportRun.objects.filter(pk=run.pk).update(
                year=2000, number=number, created_at=created_at
            )
            runs.append(run)
        migration = import_module("hub.exports.migrations.0005_number_known_runs")
        migration.number(apps, SimpleNamespace(connection=connection))
        found = [ExportRun.objects.get(pk=run.pk).reference for run in runs]
        assert found == ["2026-2", "2026-1", "2026-1", "2025-1"]

    def test_page_log_and_file_tell_it(self):
        coesfeld = OrganisationFactory(slug="coesfeld")
        hr = HRUserFactory(organisation=coesfeld)
        hand_over(coesfeld)
        self.client.force_login(hr)
        url = reverse("exports:hand_over", args=["abschlussliste"])
        form = {"organisation": coesfeld.pk, "purpose": "Nachweis"}
        number = f"{timezone.localdate().year}-2"
        response = self.client.post(url, {**form, "file_format": "json"})
        assert f"nr-{number}.json" in response["Content-Disposition"]
        assert json.loads(response.getvalue())["number"] == number
        response = self.client.post(url, {**form, "file_format": "xlsx"})
        self.assertContains(self.client.get(reverse("exports:index")), number)
        run = ExportRun.objects.get(number=2)
        page = self.client.get(reverse("exports:inspect", args=[run.pk]))
        self.assertContains(page, number)
        self.assertContains(page, run.sha256)


class RaceTests(TransactionTestCase):
    def test_many_at_once_get_a_number_each_without_a_gap(self):
        organisations = [OrganisationFactory(), OrganisationFactory()]
        runs = at_once(hand_over, organisations * 10)
        for organisation in organisations:
            given = [run.number for run in runs if run.organisation_id == organisation.pk]
            assert sorted(given) == list(range(1, 11))
