"""Random histories of two accounts: nothing is lost by a merge, nothing is left of it by undoing.

``MERGES=500 pytest tests/courses/test_merging_histories.py`` tries more of them.
"""

from __future__ import annotations

import os
from collections import defaultdict

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from certificates.models import Certificate
from courses.actions.rebuilding import rebuild_progress
from courses.models import (
    Attempt,
    Completion,
    CompletionDecision,
    Enrolment,
    ExternalLearning,
    Regrading,
)
from hub.organisations.merging.actions import merge_accounts, preview, undo_merge
from hub.organisations.models import AccountMerge, Membership
from tests.courses.merging_world import World, all_tables

EXAMPLES = int(os.environ.get("MERGES") or (40 if connection.vendor == "sqlite" else 15))


def merged(world: World) -> AccountMerge:
    """The two accounts of a world put together by its administrator."""
    who = {"kept": world.kept, "gone": world.gone, "actor": world.admin}
    shown = preview(**who)
    assert shown.is_possible, shown.plan.obstacles
    return merge_accounts(**who, confirmed=shown.fingerprint, reason="Doppelt angelegt")


class HistoryTests(TestCase):
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(seed=st.integers(0, 10**6))
    def test_merge_and_undo_leave_every_table_as_it_was(self, seed):
        world = World(seed)
        before = all_tables()
        facts = Facts(world)

        merge = merged(world)
        assert all_tables() != before
        facts.still_hold()
        connection.check_constraints()

        undo_merge(merge=merge, reason="Doch zwei Personen", actor=world.admin)
        after = all_tables()
        for table, rows in before.items():
            assert after[table] == rows, table
        assert not list(rebuild_progress(is_check=True))
        connection.check_constraints()


class Facts:
    """What was true before a merge and is true after it."""

    def __init__(self, world: World) -> None:
        self.world = world
        assert not list(rebuild_progress(is_check=True))
        self.proofs = self._proofs()
        self.frozen = self._frozen()
        self.learnt = self._learnt()
        self.parts = self._parts()
        self.tries = set(
            Attempt.objects.filter(submitted_at__isnull=False).values_list("pk", "started_at")
        )
        self.records = set(ExternalLearning.objects.values_list("pk", "title", "held_on"))

    def _proofs(self):
        """Every completed cycle with its dates."""
        return set(
            Enrolment.objects.completed().values_list(
                "uuid", "completed_at", "expires_on", "outcome", "course_version", "enrolled_at"
            )
        )

    def _frozen(self):
        """What is never changed: decisions with what they rest on, certificates, regradings."""
        return [
            sorted(map(repr, model.objects.values()))
            for model in (CompletionDecision, Certificate, Regrading)
        ]

    def _learnt(self):
        """The highest edition of each part that either account has learnt in an open or done
        cycle that stays, and the earliest day of it."""
        return set(
            Completion.objects.filter(enrolment__completed_at__isnull=False).values_list(
                "pk", "enrolment__uuid", "activity_key", "content_version", "completed_at"
            )
        )

    def _parts(self):
        return set(
            Completion.objects.values_list("enrolment__course_key", "activity_key").distinct()
        )

    def still_hold(self):
        world = self.world
        assert not list(rebuild_progress(is_check=True))
        assert self._proofs() == self.proofs
        assert self._frozen() == self.frozen
        assert self.learnt <= self._learnt()
        assert self._parts() == self.parts
        assert self.tries <= set(Attempt.objects.values_list("pk", "started_at"))
        assert self.records == set(ExternalLearning.objects.values_list("pk", "title", "held_on"))
        assert not Enrolment.objects.filter(user=world.gone).exists()
        assert not Membership.objects.filter(user=world.gone).exists()
        world.gone.refresh_from_db()
        assert not world.gone.is_active
        for row in Enrolment.objects.select_related("membership"):
            assert row.membership.user_id == row.user_id
        self.cycles_are_in_order()
        self.attempts_are_in_order()

    def cycles_are_in_order(self):
        courses = defaultdict(list)
        for row in Enrolment.objects.filter(user=self.world.kept).order_by("cycle"):
            courses[row.course_key].append(row)
        for rows in courses.values():
            assert [row.cycle for row in rows] == list(range(1, len(rows) + 1))
            done = [row.completed_at for row in rows if row.is_completed]
            assert done == sorted(done)
            # One is open at most, and it comes last.
            assert all(row.is_completed for row in rows[:-1])

    def attempts_are_in_order(self):
        tries = defaultdict(list)
        for row in Attempt.objects.order_by("number"):
            tries[row.enrolment_id, row.activity_key].append(row)
        for rows in tries.values():
            assert [row.number for row in rows] == list(range(1, len(rows) + 1))
            assert all(not row.is_open for row in rows[:-1])
