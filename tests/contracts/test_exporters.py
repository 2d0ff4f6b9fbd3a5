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
