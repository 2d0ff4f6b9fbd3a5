"""Everything derived can be written anew from what was recorded, and nothing is lost by it."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import date
from importlib import import_module
from io import StringIO
from unittest.mock import patch

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase
from wagtail.models import Page

from courses import actions
from courses.actions import rebuilding
from courses.activities import outline
from courses.changing import say
from courses.enums import ChangeKind, CompletionSource, EnrolmentStatus
from courses.models import Completion, CompletionDecision, CoursePage, Enrolment, ModulePage
from courses.progress import course_progress, why_completed
from courses.versions import latest_version
from hub.organisations.models import Membership, User
from tests.cases import LearningHubTestCase, new_module, publish
from tests.courses.test_actions import ActionsTestCase
from tests.factories.courses import EnrolmentFactory

PEOPLE = 3
COMPLETED = ("outcome", "completed_at", "expires_on", "course_version_id")
EXAMPLES = int(os.environ.get("HISTORIES") or (15 if connection.vendor == "sqlite" else 6))


def states():
    return list(Enrolment.objects.order_by("pk").values())


def forget():
    """Delete all derived state."""
    Enrolment.objects.update(
        status=EnrolmentStatus.ENROLLED,
        outcome="",
        completed_at=None,
        expires_on=None,
        course_version=None,
    )


def run(*arguments):
    out = StringIO()
    call_command("rebuild_progress", *arguments, stdout=out)
    return out.getvalue()


class MigrationTests(ActionsTestCase):
    def test_what_was_completed_before_gets_a_decision_that_keeps_it(self):
        lone = EnrolmentFactory(passed=True)
        Completion.objects.create(
            enrolment=lone,
            activity_key=lone.course_key,
            content_version=lone.course_version,
            completed_at=lone.completed_at,
        )
        EnrolmentFactory()
        before = states()
        migration = import_module("courses.migrations.0015_decisions_of_known_completions")
        for _n in range(2):
            migration.decisions_of_known_completions(apps, None)
        decision = CompletionDecision.objects.get()
        assert decision.rule_version == 0
        assert decision.inputs["completed"] == {
            str(lone.course_key): [str(lone.course_version.uuid), "learner"]
        }
        forget()
        # An activity of its own is completed; it is the decision that makes it a course.
        assert [d.enrolment for d in actions.rebuild_progress()] == [lone.uuid]
        assert states() == before
        assert why_completed(lone, date(2026, 1, 1))[1].startswith("Was er an diesem Tag verlangte")


class RebuildTests(ActionsTestCase):
    def setUp(self):
        self.done = self.enrol()
        for page in self.modules:
            actions.complete_activity(enrolment=self.done, page=page)
        self.pass_quiz(self.done)
        self.begun = self.enrol(self.otto)
        actions.complete_activity(enrolment=self.begun, page=self.modules[0])
        self.open = self.enrol(self.hilde)

    def test_it_changes_nothing(self):
        before = states()
        assert run() == "Abweichende Anmeldungen: 0\n"
        assert run("--check") == "Abweichende Anmeldungen: 0\n"
        assert states() == before

    def test_deleting_all_that_is_derived_loses_nothing(self):
        before = states()
        forget()
        with pytest.raises(CommandError) as error:
            run("--check")
        assert error.value.returncode == 3
        assert states() != before
        assert str(self.done.uuid) in run()
        assert states() == before

    def test_a_check_says_what_differs_and_writes_nothing(self):
        Enrolment.objects.filter(pk=self.done.pk).update(outcome="attended")
        before = states()
        (difference,) = actions.rebuild_progress(is_check=True)
        assert (difference.enrolment, difference.fields) == (self.done.uuid, ("outcome",))
        assert states() == before

    def test_what_is_completed_without_a_decision_is_told_and_left(self):
        lone = EnrolmentFactory(passed=True)
        before = states()
        (difference,) = actions.rebuild_progress()
        assert (difference.enrolment, difference.fields) == (lone.uuid, ())
        assert states() == before
        with pytest.raises(CommandError):
            run()

    def test_a_decision_that_was_tampered_with_is_told_and_nobody_is_lowered(self):
        before = states()
        decision = self.done.decision
        decision.inputs["completed"].popitem()
        decision.save()
        (difference,) = actions.rebuild_progress()
        assert difference.enrolment == self.done.uuid
        assert states() == before

    def test_a_completion_that_was_deleted_is_told(self):
        Completion.objects.filter(enrolment=self.done, activity_key=self.quiz.activity_key).delete()
        before = states()
        (difference,) = actions.rebuild_progress()
        assert difference.enrolment == self.done.uuid
        assert states() == before

    def test_it_goes_in_batches_of_few_queries(self):
        EnrolmentFactory.create_batch(11)
        with (
            patch.object(rebuilding, "BATCH", 4),
            CaptureQueriesContext(connection) as queries,
        ):
            assert list(actions.rebuild_progress()) == []
        reading = [q["sql"] for q in queries if q["sql"].startswith("SELECT")]
        # 14 enrolments: 4 batches of enrolments, decisions and completions.
        assert len(reading) <= 4 * 3, reading


number = st.integers(0, 11)
steps = st.one_of(
    st.tuples(st.just("learn"), number, number),
    st.tuples(st.just("learn"), number, number),
    st.tuples(st.just("sit"), number),
    st.tuples(st.just("credit"), number, number),
    st.tuples(st.just("add"), st.booleans()),
    st.tuples(st.just("hide"), number),
    st.tuples(st.just("show"), number),
    st.tuples(st.just("require"), number),
    st.tuples(st.just("ask"), st.integers(0, 2)),
    st.tuples(st.just("first"), number, number),
    st.tuples(st.just("valid"), st.none() | st.integers(1, 36)),
    st.tuples(st.just("look"), number),
    st.tuples(st.just("remove"), number),
    st.tuples(st.just("move"), number, number, st.booleans()),
    st.tuples(st.just("change"), number, st.sampled_from(ChangeKind.values)),
    st.tuples(st.just("refresh"), number),
)
#: The first person completes the course, and two parts to choose from where one is asked for.
MORE_THAN_ASKED = [
    ("add", False),
    ("ask", 1),
    *(("learn", 0, part) for part in (0, 1, 2, 4)),
    ("sit", 0),
]
#: By rank: nobody ever goes back.
RANK = (EnrolmentStatus.ENROLLED, EnrolmentStatus.IN_PROGRESS, EnrolmentStatus.COMPLETED)


class HistoryTests(HypothesisTestCase, LearningHubTestCase):
    """Random histories of people who learn and editors who change the course and its rules."""

    def setup_example(self):
        super().setup_example()
        self.course = CoursePage.objects.get(pk=type(self).course.pk)
        self.added = 0
        self.enrolments, self.memberships = [], []
        for n in range(PEOPLE):
            user = User.objects.create(username=f"p{n}")
            membership = Membership.objects.create(user=user, organisation=self.coesfeld)
            self.memberships.append(membership)
            self.enrolments.append(actions.enrol(membership=membership, course=self.course))
        # Every proof can be refreshed at once.
        window = patch("courses.cycles.window_opens_on", return_value=date(2000, 1, 1))
        window.start()
        self.addCleanup(window.stop)

    @given(st.lists(steps, min_size=4, max_size=14))
    @example([*MORE_THAN_ASKED, ("refresh", 0)])
    @example([*MORE_THAN_ASKED, ("change", 4, "substantive"), ("refresh", 0), ("hide", 4)])
    @example([("first", 0, 2), ("learn", 0, 1), ("learn", 1, 2), ("sit", 1), ("first", 0, 3)])
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    def test_nobody_is_lowered_and_all_can_be_written_anew(self, history):
        decisions, reached, rows, done, opened = [], {}, {}, set(), set()
        for name, *arguments in history:
            # What follows on commit is a part of the step.
            with self.captureOnCommitCallbacks(execute=True):
                getattr(self, name)(*arguments)
            now = list(CompletionDecision.objects.order_by("pk").values())
            assert now[: len(decisions)] == decisions, name
            decisions = now
            for enrolment in Enrolment.objects.all():
                rank = RANK.index(enrolment.status)
                assert rank >= reached.get(enrolment.pk, 0), name
                reached[enrolment.pk] = rank
                if enrolment.is_completed:
                    row = [getattr(enrolment, name) for name in COMPLETED]
                    assert rows.setdefault(enrolment.pk, row) == row
            assert len(decisions) == len(rows)
            completions = set(Completion.objects.values_list("pk", "content_version"))
            assert completions >= done, name
            done = completions
            opened = self.look_at_all(opened)
        before = states()
        assert run("--check") == "Abweichende Anmeldungen: 0\n"
        assert list(actions.rebuild_progress()) == []
        assert states() == before
        forget()
        list(actions.rebuild_progress())
        assert states() == before

    def look_at_all(self, opened):
        """What everybody sees: 0 to 100 %, a way on, and what she has completed stays open.

        ``opened`` and what is returned are the enrolments and activities that were completed.
        """
        items = outline(self.course)
        now = set()
        for enrolment in Enrolment.objects.all():
            seen = course_progress(items, enrolment)
            assert 0 <= seen.progress.percent <= 100
            has_end = seen.progress.is_complete or not seen.progress.required
            assert has_end or seen.next_item is not None
            states = {state.item.key: state for state in seen.activities}
            now |= {(enrolment.pk, key) for key, state in states.items() if state.is_completed}
            assert not any(state.is_locked for state in states.values() if state.is_completed)
            # As long as it stands in the course, nothing that was done is shown as not done.
            mine = {key for pk, key in opened if pk == enrolment.pk}
            assert all(states[key].is_completed for key in mine & states.keys())
        return opened | now

    def progress_of(self, enrolment):
        return course_progress(outline(self.course), enrolment).progress

    def parts(self):
        pages = self.course.get_descendants().order_by("path")
        return [page.specific for page in pages]

    def part(self, n):
        parts = self.parts()
        return parts[n % len(parts)]

    def edit(self, page, **fields):
        page = type(page).objects.get(pk=page.pk)
        for name, value in fields.items():
            setattr(page, name, value)
        with suppress(ValidationError):  # the form says so; here it is an edit nobody made
            page.save_revision().publish()

    def learn(self, who, n):
        page = self.part(n)
        if page.live:
            with suppress(actions.ActivityLocked):
                actions.complete_activity(enrolment=self.enrolments[who % PEOPLE], page=page)

    def sit(self, who):
        quiz = type(self).quiz
        try:
            attempt = actions.start_attempt(enrolment=self.enrolments[who % PEOPLE], quiz=quiz)
        except actions.ActivityLocked:
            return
        ActionsTestCase.answer_right(self, attempt)
        actions.submit_attempt(attempt=attempt, quiz=quiz)

    def credit(self, who, n):
        actions.complete_activity(
            enrolment=self.enrolments[who % PEOPLE],
            page=self.part(n),
            source=CompletionSource.OVERRIDE,
            reason="Präsenzschulung",
        )

    def add(self, is_required):
        self.added += 1
        publish(
            CoursePage.objects.get(pk=self.course.pk),
            new_module(f"Neu {self.added}", is_required=is_required),
        )

    def hide(self, n):
        page = self.part(n)
        if page.live and page.pk != type(self).quiz.pk:
            page.unpublish()
            self.course.refresh_from_db()

    def show(self, n):
        self.edit(self.part(n))

    def require(self, n):
        page = self.part(n)
        self.edit(page, is_required=not page.is_required)

    def ask(self, count):
        self.edit(self.course, electives_needed=count)

    def first(self, n, other):
        self.edit(self.part(n), prerequisites=[str(self.part(other).translation_key)])

    def valid(self, months):
        self.edit(self.course, refresh_months=months)

    def remove(self, n):
        page = self.part(n)
        if page.pk != type(self).quiz.pk and page.is_leaf():
            page.delete()

    def move(self, n, other, is_first):
        """Parts in another order, and tests below another module."""
        page = self.part(n)
        targets = [self.course, *(p for p in self.parts() if isinstance(p, ModulePage))]
        target = Page.objects.get(pk=targets[other % len(targets)].pk).specific
        is_inside = target.pk == page.pk or target.is_descendant_of(page)
        if is_inside or not page.can_exist_under(target):
            return
        page.move(target, pos="first-child" if is_first else "last-child")
        self.course.refresh_from_db()

    def change(self, n, kind):
        page = self.part(n)
        self.added += 1
        say(page, kind, since=latest_version(page))
        self.edit(
            page,
            title=f"Fassung {self.added}",
            change_kind=page.change_kind,
            change_since=page.change_since,
        )

    def refresh(self, who):
        """The next cycle, if the proof has an end: by difference, whatever the course asks for."""
        self.enrolments[who % PEOPLE] = actions.enrol(
            membership=self.memberships[who % PEOPLE], course=self.course, refresh_early=True
        )

    def look(self, who):
        """The course page completes what nothing is missing of any more."""
        enrolment = self.enrolments[who % PEOPLE]
        if self.progress_of(enrolment).is_complete:
            actions.settle(enrolment=enrolment, course=self.course, items=outline(self.course))
