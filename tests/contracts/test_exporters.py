"""What holds for every exporter, also for one of a third party."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.test import TestCase
from django.utils import timezone

from certificates.actions import issue_certificate
from courses import actions as learning
from courses.enums import RequirementKind
from hub.exports import actions
from hub.exports.api.pages import CURSOR, LIMIT, page_of
from hub.exports.exporters import Exporter, ExporterRegistry, ExportScope, exporters
from hub.exports.formats import FORMATS
from hub.exports.models import ExportRun
from hub.registry import Registry
from hub.spreadsheets import Column
from tests.cases import LearningHubTestCase


class ContractTests(LearningHubTestCase):
    def setUp(self):
        open_here = learning.enrol(membership=self.membership(self.anna), course=self.course)
        open_here.kind = RequirementKind.MANDATORY
        open_here.save()
        done = learning.enrol(membership=self.membership(self.hilde), course=self.course)
        for page in (*self.modules, self.quiz):
            learning.complete_activity(enrolment=done, page=page)
        done.refresh_from_db()
        issue_certificate(enrolment=done)
        done.expires_on = timezone.localdate()
        done.save()
        self.come_from_olfen()
        self.scope = ExportScope(user=self.hilde, organisation=self.coesfeld)

    def hand_over(self, exporter, **options):
        filters = QueryDict("")
        run = actions.start_run(
            exporter=exporter,
            scope=self.scope,
            purpose="Test",
            filters=filters,
            **{"file_format": "json", **options},
        )
        pieces = actions.stream(run=run, exporter=exporter, scope=self.scope, filters=filters)
        return run, b"".join(pieces)

    def test_both_kinds_of_lists_are_there(self):
        assert {"abschlussliste", "example-departments"} <= set(exporters)

    def test_every_list_goes_out_in_every_format_and_its_changes_too(self):
        for identifier, exporter_class in exporters.items():
            exporter = exporter_class()
            full, _content = self.hand_over(exporter)
            for file_format in FORMATS:
                for since in (None, full):
                    run, content = self.hand_over(exporter, file_format=file_format, since=since)
                    assert content, identifier
                    assert ExportRun.objects.get(pk=run.pk).handed_over_at, identifier

    def test_keys_of_rows_are_their_own_and_the_same_each_time(self):
        for _identifier, exporter_class in exporters.items():
            first, second = (
                json.loads(self.hand_over(exporter_class())[1])["rows"] for _time in range(2)
            )
            keys = [row["row_key"] for row in first]
            assert keys and len(set(keys)) == len(keys)
            assert first == second

    def test_filters_for_programs_have_keys_of_their_own(self):
        for identifier, exporter_class in exporters.items():
            offered = exporter_class().offered_filters(self.scope)
            keys = [offer.key for offer in offered]
            assert len(set(keys)) == len(keys), identifier
            assert not {CURSOR, LIMIT} & set(keys), identifier
            for offer in offered:
                assert offer.label, (identifier, offer.key)
                assert (offer.kind == "choice") or not offer.choices, (identifier, offer.key)

    def test_pages_of_any_size_are_the_list(self):
        for identifier, exporter_class in exporters.items():
            exporter, filters = exporter_class(), QueryDict("")
            whole = list(exporter.rows(exporter.get_queryset(self.scope, filters)))
            cursor, met = "", []
            while True:
                page = page_of(exporter, self.scope, filters, limit=1, cursor=cursor)
                met += page.rows
                cursor = page.next_cursor
                if not cursor:
                    break
            by_key = {row[-1]: tuple(row[:-1]) for row in met}
            assert by_key == {key: tuple(row) for key, row in whole}, identifier
            assert len(by_key) == len(met) == len(whole), identifier

    def test_changes_since_something_else_are_refused(self):
        lists = [exporter_class() for _identifier, exporter_class in exporters.items()]
        run, _content = self.hand_over(lists[0])
        with pytest.raises(ValidationError):
            self.hand_over(lists[1], since=run)


class RegistrationTests(TestCase):
    def test_columns_need_keys_of_their_own(self):
        registry = ExporterRegistry("exporter", key_attribute="identifier")
        for keys in ((("",)), ("a", "a"), ("row_key",), ("change",)):

            class Faulty(Exporter):
                identifier = "faulty"
                columns = [Column("A", "text", key=key) for key in keys]

            with self.assertRaisesMessage(TypeError, "key of its own"):
                registry.register(Faulty)
        assert isinstance(exporters, Registry)
