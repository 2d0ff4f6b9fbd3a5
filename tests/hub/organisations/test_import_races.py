"""Imports under races: on the real database, with real transactions and threads."""

import time

from django.core.cache import cache
from django.test import TransactionTestCase, override_settings
from wagtail.models import ModelLogEntry

from hub.organisations.importing import runs
from hub.organisations.models import EmployeeImport, ImportState, Membership
from hub.organisations.tasks import take_over_import
from tests.courses.test_concurrency import at_once
from tests.factories.organisations import OrganisationFactory, UserFactory
from tests.hub.organisations.test_importing import HEADER, csv

THREADS = {"BACKEND": "hub.background.ThreadBackend"}


class RaceTests(TransactionTestCase):
    def setUp(self):
        cache.clear()
        self.actor = UserFactory()

    def waiting(self, organisation, count=30):
        rows = [(str(n), f"Neu {n}", "Kim", "") for n in range(count)]
        return runs.start_import(
            organisation=organisation,
            file_name="Liste.csv",
            content=csv(HEADER, *rows),
            actor=self.actor,
        )

    def confirmed(self, run):
        return runs.confirm(run=run, fingerprint=run.fingerprint, actor=self.actor)

    def test_many_at_once_take_it_over_once(self):
        run = self.confirmed(self.waiting(OrganisationFactory()))
        states = {done.state for done in at_once(runs.take_over, [run] * 6)}
        assert states == {ImportState.DONE}
        assert Membership.objects.count() == 30
        assert ModelLogEntry.objects.filter(action="organisations.import").count() == 1

    def test_two_lists_that_make_the_same_people_make_them_once(self):
        organisation = OrganisationFactory()
        waiting = [self.waiting(organisation) for _number in range(2)]
        done = at_once(runs.take_over, [self.confirmed(run) for run in waiting])
        assert sorted(run.state for run in done) == [ImportState.DONE, ImportState.PREVIEW]
        left = EmployeeImport.objects.get(state=ImportState.PREVIEW)
        assert (left.problem, left.counts["unchanged"]) == ("changed", 30)
        assert Membership.objects.count() == 30

    def test_two_authorities_need_different_user_names(self):
        waiting = [self.waiting(OrganisationFactory()) for _number in range(2)]
        done = at_once(runs.take_over, [self.confirmed(run) for run in waiting])
        # Whoever came second is shown the names that are left.
        for run in done:
            if run.state == ImportState.PREVIEW:
                assert runs.take_over(self.confirmed(run)).state == ImportState.DONE
        assert Membership.objects.count() == 60

    @override_settings(TASKS={"default": THREADS, "long": THREADS})
    def test_a_thread_takes_it_over_while_others_look(self):
        run = self.confirmed(self.waiting(OrganisationFactory(), count=1200))
        take_over_import.enqueue(str(run.uuid))
        for _second in range(300):
            run.refresh_from_db()
            if run.state == ImportState.DONE:
                break
            # As long as it is not done nothing of it is seen.
            assert Membership.objects.count() in (0, 1200)
            time.sleep(0.1)
        assert run.state == ImportState.DONE
        assert Membership.objects.count() == 1200
