"""Random histories: whatever is edited, corrected, published and purged, nothing is taken.

Of a quiz with questions typed in it, one chosen from the bank and one by chance.
``HISTORIES=500 pytest tests/courses/test_correction_histories.py`` tries more of them.
"""

from __future__ import annotations

import copy
import json
import os
from contextlib import suppress
from io import StringIO

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from certificates.models import Certificate
from courses import actions, bank_actions, corrections
from courses.enums import CorrectionKind, CorrectionStatus
from courses.frozen import forget_frozen_questions
from courses.models import (
    Attempt,
    BankQuestion,
    Completion,
    Correction,
    QuizPage,
    Regrading,
    Response,
)
from courses.questions import WHOLE
from courses.quizzing import frozen_quiz, question_set
from hub.organisations.models import Membership, User
from hub.publishing import PublishingRefused
from tests.cases import (
    LearningHubTestCase,
    bank_question,
    multiple_choice,
    single_choice,
    true_false,
)
from tests.courses.test_bank_quizzes import by_chance, chosen

PEOPLE = 4
#: Of the units that are edited, how many are questions of the bank.
POOL = 3
#: A server takes longer for each of the many small queries.
EXAMPLES = int(os.environ.get("HISTORIES") or (20 if connection.vendor == "sqlite" else 8))
number = st.integers(0, 11)
kinds = st.sampled_from(CorrectionKind)
takes = st.lists(st.tuples(st.just("take"), number, number), min_size=2, max_size=4)
correct = st.tuples(st.just("correct"), number, number, kinds)
correct_bank = st.tuples(st.just("correct_bank"), number, number, kinds)
anything = st.one_of(
    st.tuples(st.just("begin"), number),
    st.tuples(st.just("submit"), number, number),
    st.tuples(st.just("edit"), number, number),
    st.tuples(st.just("remove"), number),
    st.tuples(st.just("propose"), number, kinds),
    st.tuples(st.just("approve"), number),
    st.tuples(st.just("publish")),
    st.tuples(st.just("purge")),
    st.tuples(st.just("edit_bank"), number, number),
    st.tuples(st.just("retire"), number),
    st.tuples(st.just("unpublish"), number),
    correct,
    correct_bank,
)
#: People take the quiz, editors do what they like, and often a correction gets through.
histories = st.lists(
    st.builds(
        lambda taken, done, corrected: [*taken, *done, corrected],
        takes,
        st.lists(anything, max_size=4),
        st.one_of(correct, correct_bank),
    ),
    min_size=2,
    max_size=3,
).map(lambda rounds: [step for steps in rounds for step in steps])


class HistoryTests(HypothesisTestCase, LearningHubTestCase):
    def setup_example(self):
        super().setup_example()
        frozen_quiz.cache_clear()
        forget_frozen_questions()
        self.second = User.objects.create_superuser("zweite")
        self.quiz = QuizPage.objects.get(pk=type(self).quiz.pk)
        self.written = [single_choice("eins"), true_false("drei")]
        self.pool = [single_choice("p0", points=2), multiple_choice("p1"), true_false("p2")]
        self.bank = [
            bank_question(f"Frage {n}", stored, tags="" if n == 0 else "recht").pk
            for n, stored in enumerate(self.pool)
        ]
        self.save()
        self.publish()
        self.results = {}
        self.enrolments = []
        for n in range(PEOPLE):
            user = User.objects.create(username=f"p{n}", first_name="P", last_name=str(n))
            membership = Membership.objects.create(user=user, organisation=self.coesfeld)
            enrolment = actions.enrol(membership=membership, course=self.course)
            for page in self.modules:
                actions.complete_activity(enrolment=enrolment, page=page)
            self.enrolments.append(enrolment)

    @given(histories)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    def test_nothing_is_taken_and_nothing_overwritten(self, history):
        kept = self.evidence()
        for name, *arguments in history:
            with self.captureOnCommitCallbacks(execute=True):
                getattr(self, name)(*arguments)
            now = self.evidence()
            for model, rows in kept.items():
                for pk, row in rows.items():
                    assert now[model].get(pk) == row, (name, model)
            kept = now
            self.nobody_has_less()

    def evidence(self):
        """What must never change, by model and primary key."""
        submitted = Attempt.objects.graded()
        querysets = (
            submitted,
            Response.objects.filter(attempt__in=submitted),
            Completion.objects.all(),
            Certificate.objects.all(),
            Regrading.objects.all(),
        )
        return {
            queryset.model: {
                row["pk"]: row for row in queryset.values("pk", *self.columns(queryset))
            }
            for queryset in querysets
        }

    def columns(self, queryset):
        return [field.attname for field in queryset.model._meta.concrete_fields]

    def nobody_has_less(self):
        """An attempt counts at least what it did before, and who has passed has a completion."""
        for attempt in Attempt.objects.graded():
            counted = attempt.counted
            earlier = self.results.get(attempt.pk, (attempt.is_passed, attempt.score.share))
            now = (counted.is_passed, counted.score.share)
            assert all(new >= old for new, old in zip(now, earlier, strict=True)), earlier
            self.results[attempt.pk] = now
            if counted.is_passed:
                assert Completion.objects.filter(
                    enrolment=attempt.enrolment, activity_key=self.quiz.translation_key
                ).exists()
                assert Certificate.objects.filter(enrolment=attempt.enrolment).exists()

    def begin(self, person):
        return actions.start_attempt(
            enrolment=self.enrolments[person % PEOPLE], quiz=QuizPage.objects.get(pk=self.quiz.pk)
        )

    def submit(self, person, choice):
        attempt = Attempt.objects.filter(
            enrolment=self.enrolments[person % PEOPLE], submitted_at__isnull=True
        ).first()
        if attempt is None:
            return
        answers = {}
        for place, (question_id, question) in enumerate(question_set(attempt).items()):
            options = sorted(question.block.option_ids(question.value))
            answers[question_id] = {WHOLE: [options[(choice + place) % len(options)]]}
        actions.save_answers(attempt=attempt, raw=answers)
        actions.submit_attempt(attempt=attempt, quiz=QuizPage.objects.get(pk=self.quiz.pk))

    def take(self, person, choice):
        self.begin(person)
        self.submit(person, choice)

    def edit(self, place, change):
        if self.written:
            change_text(self.written[place % len(self.written)], place, change)
            self.save()

    def edit_bank(self, place, change):
        stored = self.pool[place % POOL]
        change_text(stored, place, change)
        question = self.question(place)
        question.question = json.dumps([copy.deepcopy(stored)])
        question.save_revision()

    def remove(self, place):
        if len(self.written) > 1:
            self.written.pop(place % len(self.written))
            self.save()

    def save(self):
        page = QuizPage.objects.get(pk=self.quiz.pk)
        fixed = BankQuestion.objects.get(pk=self.bank[0])
        page.questions = json.dumps(
            [*copy.deepcopy(self.written), chosen(fixed, points=3), by_chance(1, "recht")]
        )
        page.save_revision()

    def question(self, place):
        question = BankQuestion.objects.get(pk=self.bank[place % POOL])
        return question.get_latest_revision_as_object()

    def retire(self, place):
        bank_actions.retire(question=self.question(place), actor=self.admin)

    def unpublish(self, place):
        BankQuestion.objects.get(pk=self.bank[place % POOL]).unpublish()

    @property
    def drafts(self):
        """The latest draft of the quiz and of each question of the bank."""
        quiz = QuizPage.objects.get(pk=self.quiz.pk).get_latest_revision_as_object()
        return [quiz, *map(self.question, range(POOL))]

    def propose(self, place, kind):
        changes = [
            (draft, change)
            for draft in self.drafts
            for change in corrections.correctable_questions(draft)
        ]
        if changes:
            self.declare(*changes[place % len(changes)], kind)

    def declare(self, draft, change, kind):
        with suppress(ValidationError):  # no such correction of this change
            expected = corrections.preview(draft=draft, change=change, kind=kind)
            assert expected.now_fail == 0
            corrections.propose_correction(draft=draft, change=change, kind=kind, by=self.admin)

    def approve(self, place):
        waiting = list(Correction.objects.filter(status=CorrectionStatus.PROPOSED))
        if not waiting:
            return
        correction = waiting[place % len(waiting)]
        (draft,) = (d for d in self.drafts if d.translation_key == correction.unit_key)
        with suppress(ValidationError):  # it was changed again
            corrections.approve_correction(correction=correction, by=self.second, draft=draft)

    def publish(self):
        for unit in self.drafts:
            with suppress(PublishingRefused):  # something still waits for a correction
                type(unit).objects.get(pk=unit.pk).get_latest_revision().publish()

    def correct(self, place, change, kind):
        """The whole way at once, so that many histories get to its end."""
        if kind == CorrectionKind.VOID:
            self.remove(place)
        else:
            self.edit(place, change)
        self.get_through(self.drafts[0], kind)

    def correct_bank(self, place, change, kind):
        if kind != CorrectionKind.VOID:
            self.edit_bank(place, change)
        self.get_through(self.question(place), kind)

    def get_through(self, draft, kind):
        for changed in corrections.correctable_questions(draft):
            # The first kind that fits; what was not changed is not to be void by accident.
            for wanted in (kind, *(changed.kinds if changed.is_changed else ())):
                if not self.is_declared(changed):
                    self.declare(draft, changed, wanted)
        for n in range(Correction.objects.filter(status=CorrectionStatus.PROPOSED).count()):
            self.approve(n)
        self.publish()

    def is_declared(self, changed):
        return Correction.objects.open().filter(question_id=changed.question_id).exists()

    def purge(self):
        call_command("purge_revisions", stdout=StringIO())


def change_text(question, place, change):
    """Ask otherwise, or take something else for right."""
    value = question["value"]
    if change % 4 == 0:
        value["text"] = f"<p>Fassung {change} von {place}</p>"
    elif "options" in value:
        options = value["options"]
        right = change % len(options)
        for index, option in enumerate(options):
            option["value"]["is_correct"] = index == right
        if change % 4 == 3 and len(options) > 2:
            options.pop((right + 1) % len(options))
        if change % 4 == 2:
            value["points"] = value["points"] % 3 + 1
    else:
        value["is_true"] = bool(change % 2)
