"""Changes since an earlier hand-over: together with it they are the whole list."""

import json
import sqlite3
import tracemalloc
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from hub.exports import actions
from hub.exports.changes import RowDigests, changed, remembered
from hub.exports.exporters import ExportScope
from hub.exports.models import ExportRun
from hub.organisations.models import Department
from hub.storage import private_storage
from tests.factories.organisations import (
    DepartmentFactory,
    HRUserFactory,
    OrganisationFactory,
    grant,
)
from tests.plugin_example.exporters import DepartmentExporter


class HandingOver:
    """Hands the departments of an authority over."""

    def set_up(self):
        self.coesfeld = OrganisationFactory(name="Stadt Coesfeld", slug="coesfeld")
        self.hilde = HRUserFactory(organisation=self.coesfeld)
        self.hilde.memberships.all().delete()
        Department.objects.all().delete()

    def begun(self, since=None, query="", organisation=None, file_format="json"):
        scope = ExportScope(user=self.hilde, organisation=organisation or self.coesfeld)
        filters, exporter = QueryDict(query), DepartmentExporter()
        run = actions.start_run(
            exporter=exporter,
            scope=scope,
            purpose="Abgleich",
            file_format=file_format,
            filters=filters,
            since=since,
        )
        return run, actions.stream(run=run, exporter=exporter, scope=scope, filters=filters)

    def handed_over(self, since=None, **options):
        run, pieces = self.begun(since, **options)
        content = b"".join(pieces)
        run.refresh_from_db()
        return run, content

    def rows(self, since=None, **options):
        run, content = self.handed_over(since, **options)
        return run, json.loads(content)["rows"]


def applied(state, rows):
    """What a receiver holds who keeps up a list by its changes."""
    for row in rows:
        change, key = row.pop("change"), row["row_key"]
        if change == "new":
            assert key not in state
        else:
            assert key in state
        if change == "gone":
            assert set(row.values()) == {key, None}
            del state[key]
        else:
            assert state.get(key) != row
            state[key] = row
    return state


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "rename", "delete", "hand over"]),
        st.integers(0, 4),
        st.text(st.sampled_from("aäB= \n0"), max_size=3),
    ),
    max_size=14,
)


class ChainTests(HandingOver, HypothesisTestCase):
    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(steps=STEPS, names=st.lists(st.text(max_size=3), max_size=4))
    def test_a_full_list_and_its_changes_are_the_full_list(self, steps, names):
        self.set_up()
        for number, name in enumerate(names):
            DepartmentFactory(organisation=self.coesfeld, name=f"{number}{name}".replace("\0", ""))
        last, full = self.rows()
        state = {row["row_key"]: row for row in full}
        for step, (kind, number, text) in enumerate([*steps, ("hand over", 0, "")]):
            departments = list(Department.objects.order_by("pk"))
            chosen = departments[number % len(departments)] if departments else None
            if kind == "add":
                DepartmentFactory(organisation=self.coesfeld, name=f"n{step}x{text}")
            elif kind == "rename" and chosen:
                chosen.name = f"r{chosen.pk}y{text}"
                chosen.save()
            elif kind == "delete" and chosen:
                chosen.delete()
            elif kind == "hand over":
                last, changes = self.rows(last)
                state = applied(state, changes)
        _run, full = self.rows()
        assert state == {row["row_key"]: row for row in full}


class ChangeTests(HandingOver, TestCase):
    def setUp(self):
        self.set_up()
        self.office = DepartmentFactory(organisation=self.coesfeld, name="Bauamt")
        self.library = DepartmentFactory(organisation=self.coesfeld, name="Bücherei")

    def change_all(self):
        self.office.name = "Bauhof"
        self.office.save()
        self.gone = str(self.library.pk)
        self.library.delete()
        self.new = DepartmentFactory(organisation=self.coesfeld, name="=Zoo")

    def test_new_changed_and_gone(self):
        first, _content = self.handed_over()
        self.change_all()
        second, rows = self.rows(first)
        assert [(row["name"], row["row_key"], row["change"]) for row in rows] == [
            ("=Zoo", str(self.new.pk), "new"),
            ("Bauhof", str(self.office.pk), "changed"),
            (None, self.gone, "gone"),
        ]
        assert second.row_count == 3
        assert self.rows(second)[1] == []
        # From the earlier one on it is the same again: a file that was lost is no loss.
        assert self.rows(first)[1] == rows

    def test_people_read_it_in_words_behind_the_same_columns(self):
        first, content = self.handed_over(file_format="xlsx")
        self.change_all()
        _run, changes = self.handed_over(first, file_format="xlsx")
        with TemporaryDirectory() as folder:
            headers = []
            for number, file in enumerate((content, changes)):
                path = Path(folder) / f"{number}.xlsx"
                path.write_bytes(file)
                book = openpyxl.load_workbook(path)
                headers.append([cell.value for cell in book.worksheets[0][1]])
        assert headers[1] == [*headers[0], "Änderung"]
        assert headers[0] == ["Name", "Length", "Zeilenkennung"]
        rows = list(book.worksheets[0].values)[1:]
        assert [row[3] for row in rows] == ["neu", "geändert", "entfallen"]
        notes = dict(book["Angaben"].values)
        assert notes["Umfang"].startswith(f"Änderungen seit Nr. {first.reference} vom ")

    def test_json_says_since_when(self):
        first, _content = self.handed_over()
        _run, content = self.handed_over(first)
        since = {"number": first.reference, "id": str(first.uuid)}
        assert json.loads(content)["changes_since"] == since

    def offered(self, query="", user=None):
        exporter = DepartmentExporter()
        return list(actions.bases(exporter, [self.coesfeld], QueryDict(query)))

    def test_what_broke_off_is_never_the_last(self):
        first, _content = self.handed_over()
        _second, pieces = self.begun()
        next(pieces)
        pieces.close()
        with (
            patch.object(DepartmentExporter, "rows", side_effect=RuntimeError),
            pytest.raises(RuntimeError),
        ):
            self.begun()
        failed, pieces = self.begun()
        with patch("hub.exports.actions.keep_digests", side_effect=OSError), pytest.raises(OSError):
            list(pieces)
        failed.refresh_from_db()
        assert (failed.finished_at, failed.sha256) == (None, "")
        assert self.offered() == [first]
        with pytest.raises(ValidationError):
            self.begun(failed)

    def test_it_is_of_the_same_list_authority_filters_and_language(self):
        olfen = OrganisationFactory()
        first, _content = self.handed_over(query="q=b&x=2&x=1&y=")
        self.handed_over(organisation=olfen)
        assert self.offered("x=1&q=b&x=2") == [first]
        assert self.offered("q=b") == []
        with translation.override("en"):
            assert self.offered("q=b&x=1&x=2") == []
        with pytest.raises(ValidationError):
            self.begun(first)
        with pytest.raises(ValidationError):
            self.begun(first, query="q=b&x=1&x=2", organisation=olfen)

    def test_no_row_is_kept_in_clear_and_no_digest_can_be_tried_out(self):
        run, _content = self.handed_over()
        with run.digests.open("rb") as file:
            kept = file.read()
        assert b"Bauamt" not in kept and "Bücherei".encode() not in kept
        other, _content = self.handed_over()
        assert bytes(run.digest_secret) != bytes(other.digest_secret)
        digests = []
        for each in (run, other):
            with TemporaryDirectory() as folder:
                path = Path(folder) / "rows"
                path.write_bytes(each.digests.open("rb").read())
                table = RowDigests(path, each.digest_secret)
                digests.append(table.known(str(self.office.pk)))
                table.close()
        assert digests[0] != digests[1]

    def test_they_go_after_their_time_and_then_only_the_whole_list_is_offered(self):
        run, _content = self.handed_over()
        name = run.digests.name
        actions.sweep()
        assert self.offered() == [run]
        ExportRun.objects.update(created_at=timezone.now() - actions.DIGESTS_LIFETIME)
        assert self.offered() == []
        actions.sweep()
        run.refresh_from_db()
        assert (run.digests.name, run.digest_secret) == ("", None)
        assert not private_storage().exists(name)
        assert run.row_count == 2, "the log stays"

    def test_two_rows_with_one_key_are_refused(self):
        with patch.object(
            DepartmentExporter, "rows", lambda self, queryset: iter([("a", (1, 1)), ("a", (2, 2))])
        ):
            run, pieces = self.begun()
            with pytest.raises(sqlite3.IntegrityError):
                list(pieces)
        run.refresh_from_db()
        assert run.finished_at is None


class FormTests(HandingOver, TestCase):
    def setUp(self):
        self.set_up()
        DepartmentFactory(organisation=self.coesfeld, name="Bauamt")
        self.client.force_login(self.hilde)
        self.url = reverse("exports:hand_over", args=["example-departments"])

    def post(self, **data):
        form = {"organisation": self.coesfeld.pk, "purpose": "Abgleich", "file_format": "json"}
        return self.client.post(self.url, form | data)

    def test_it_offers_changes_once_there_was_a_hand_over(self):
        self.assertNotContains(self.client.get(self.url), "Alle Zeilen")
        self.post().getvalue()
        first = ExportRun.objects.get()
        page = self.client.get(self.url)
        self.assertContains(page, "Alle Zeilen")
        self.assertContains(page, f"Nur was sich seit Nr. {first.reference} vom ")
        DepartmentFactory(organisation=self.coesfeld, name="Zoo")
        response = self.post(since=str(first.uuid))
        assert "-aenderungen.json" in response["Content-Disposition"]
        rows = json.loads(response.getvalue())["rows"]
        assert [(row["name"], row["change"]) for row in rows] == [("Zoo", "new")]
        log = ExportRun.objects.get(since=first)
        page = self.client.get(reverse("exports:inspect", args=[log.pk]))
        self.assertContains(page, f"Änderungen seit Nr. {first.reference} vom ")

    def test_what_is_not_offered_is_refused(self):
        self.post().getvalue()
        first = ExportRun.objects.get()
        olfen = OrganisationFactory()
        theirs, _content = self.handed_over(organisation=olfen)
        for since in ("unsinn", str(theirs.uuid), "00000000-0000-0000-0000-000000000001"):
            assert self.post(since=since).status_code == 422
        grant(self.hilde, olfen, "organisations.view_department")
        response = self.post(since=str(theirs.uuid))
        self.assertContains(response, "ist eine einer anderen Behörde", status_code=422)
        assert ExportRun.objects.count() == 2
        self.assertContains(self.client.get(self.url), f"{self.coesfeld}: Nur was sich seit")
        assert self.post(since=str(first.uuid)).status_code == 200

    def test_a_few_are_offered(self):
        for _number in range(5):
            self.handed_over()
        page = self.client.get(self.url)
        self.assertContains(page, "Nur was sich seit", count=3)


class MemoryTests(SimpleTestCase):
    def test_a_list_of_any_length_is_compared_in_flat_memory(self):
        def rows(count, name):
            return ((f"{n:08}", (f"{name} {n % 3 or n}", date(2026, 3, 1))) for n in range(count))

        def peak(count):
            with TemporaryDirectory() as name:
                base = RowDigests(Path(name) / "base", b"a")
                for _row in remembered(rows(count, "Müller"), base):
                    pass
                digests = RowDigests(Path(name) / "rows", b"b")
                tracemalloc.start()
                try:
                    found = sum(1 for _row in changed(rows(count - 5, "Müller"), digests, base, 2))
                    return found, tracemalloc.get_traced_memory()[1]
                finally:
                    tracemalloc.stop()
                    base.close()
                    digests.close()

        peak(100)
        (few, small), (many, large) = peak(2_000), peak(20_000)
        assert (few, many) == (5, 5)
        assert large < 1.2 * small + 50_000
