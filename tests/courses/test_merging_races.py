"""Two clicks at once, and a person who learns while her accounts are merged: nothing is halved."""

from __future__ import annotations

from contextlib import suppress

from django.core.exceptions import ObjectDoesNotExist
from django.test import TransactionTestCase
from wagtail.models import ModelLogEntry

from courses import actions
from courses.actions.rebuilding import rebuild_progress
from courses.models import Completion, Enrolment
from hub.organisations.merging.actions import NotAsShown, merge_accounts, preview, undo_merge
from hub.organisations.models import AccountMerge, Membership, User
from tests.cases import LearningHubTestCase
from tests.courses.test_concurrency import at_once


class MergingRaceTests(TransactionTestCase):
    def setUp(self):
        case = self.case = LearningHubTestCase
        case.build_pages()
        case.build_people()
        self.twin = case.person("zwilling", "Anna", "Terhorst", case.coesfeld, "Bürgerbüro")
        self.enrolment = actions.enrol(
            membership=Membership.objects.get(user=self.twin), course=case.course
        )

    def merge(self) -> AccountMerge:
        kept, gone, admin = (
            User.objects.get(pk=user.pk) for user in (self.case.anna, self.twin, self.case.admin)
        )
        return merge_accounts(
            kept=kept, gone=gone, confirmed=self.confirmed, reason="Doppelt", actor=admin
        )

    def look(self) -> None:
        shown = preview(kept=self.case.anna, gone=self.twin, actor=self.case.admin)
        self.confirmed = shown.fingerprint

    def test_many_clicks_merge_once_and_undo_once(self):
        self.look()
        merges = at_once(lambda _n: self.merge(), range(6))
        assert len({merge.pk for merge in merges}) == 1
        assert ModelLogEntry.objects.filter(action="organisations.merge").count() == 1

        def undo(_n):
            merge = AccountMerge.objects.get()
            return undo_merge(
                merge=merge, reason="Irrtum", actor=User.objects.get(pk=self.case.admin.pk)
            )

        assert all(merge.is_undone for merge in at_once(undo, range(6)))
        assert ModelLogEntry.objects.filter(action="organisations.undo_merge").count() == 1
        assert Enrolment.objects.get().user == self.twin

    def test_who_learns_meanwhile_loses_nothing(self):
        self.look()
        done = []

        def work(what):
            if what is None:
                with suppress(NotAsShown):
                    self.merge()
            elif what == "join":
                # As an import does at the same moment.
                anna = Membership.objects.get(user=self.case.anna)
                actions.enrol_as_required(membership_ids=[anna.pk])
            else:
                with suppress(ObjectDoesNotExist):
                    enrolment = Enrolment.objects.get(pk=self.enrolment.pk)
                    actions.complete_activity(enrolment=enrolment, page=what)
                    done.append(what.activity_key)

        at_once(work, [self.case.modules[0], "join", None, self.case.modules[1], None, "join"])
        kept = set(Completion.objects.values_list("activity_key", flat=True))
        assert kept == set(done)
        assert len(done) == 2
        assert not list(rebuild_progress(is_check=True))
        for row in Enrolment.objects.select_related("membership"):
            assert row.membership.user_id == row.user_id
