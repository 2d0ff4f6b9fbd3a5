"""Random histories: whatever is edited, corrected, published and purged, nothing is taken."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from io import StringIO

from django.core.exceptions import ValidationError
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from certificates.models import Certificate
from courses import actions, corrections
from courses.enums import CorrectionKind, CorrectionStatus
from courses.models import Attempt, Completion, Correction, QuizPage, Regrading, Response
from courses.questions import WHOLE
from courses.quizzing import frozen_quiz, question_set
from hub.organisations.models import Membership, User
from hub.publishing import PublishingRefused
from tests.cases import LearningHubTestCase, multiple_choice, single_choice, true_false

PEOPLE = 4
number = st.integers(0, 11)
kinds = st.sampled_from(CorrectionKind)
takes = st.lists(st.tuples(st.just("take"), number, number), min_size=2, max_size=4)
correct = st.tuples(st.just("correct"), number, number, kinds)
anything = st.one_of(
    st.tuples(st.just("begin"), number),
    st.tuples(st.just("submit"), number, number),
    st.tuples(st.just("edit"), number, number),
    st.tuples(st.just("remove"), number),
    st.tuples(st.just("propose"), number, kinds),
    st.tuples(st.just("approve"), number),
    st.tuples(st.just("publish")),
    st.tuples(st.just("purge")),
    correct,
)
#: People take the quiz, editors do what they like, and often a correction gets through.
histories = st.lists(
    st.builds(
        lambda taken, done, corrected: [*taken, *done, corrected],
        takes,
        st.lists(anything, max_size=4),
        correct,
    ),
    min_size=2,
    max_size=3,
).map(lambda rounds: [step for steps in rounds for step in steps])


class HistoryTests(HypothesisTestCase, LearningHubTestCase):
    def setup_example(self):
        super().setup_example()
        frozen_quiz.cache_clear()
        self.second = User.objects.create_superuser("zweite")
        self.quiz = QuizPage.objects.get(pk=type(self).quiz.pk)
        self.written = [single_choice("eins"), multiple_choice("zwei"), true_false("drei")]
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
        max_examples=10,
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
            assert counted.is_passed >= attempt.is_passed
            assert counted.score.percent >= attempt.score.percent
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
        if not self.written:
            return
        question = self.written[place % len(self.written)]
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
        else:
            value["is_true"] = bool(change % 2)
        self.save()

    def remove(self, place):
        if len(self.written) > 1:
            self.written.pop(place % len(self.written))
            self.save()

    def save(self):
        page = QuizPage.objects.get(pk=self.quiz.pk)
        page.questions = json.dumps(copy.deepcopy(self.written))
        page.save_revision()

    @property
    def draft(self):
        return QuizPage.objects.get(pk=self.quiz.pk).get_latest_revision_as_object()

    def propose(self, place, kind):
        changes = corrections.changed_questions(self.draft)
        if not changes:
            return
        change = changes[place % len(changes)]
        with suppress(ValidationError):  # no such correction of this change
            expected = corrections.preview(draft=self.draft, change=change, kind=kind)
            assert expected.now_fail == 0
            corrections.propose_correction(
                draft=self.draft, change=change, kind=kind, by=self.admin
            )

    def approve(self, place):
        waiting = list(Correction.objects.filter(status=CorrectionStatus.PROPOSED))
        if not waiting:
            return
        with suppress(ValidationError):  # it was changed again
            corrections.approve_correction(
                correction=waiting[place % len(waiting)], by=self.second, draft=self.draft
            )

    def publish(self):
        page = QuizPage.objects.get(pk=self.quiz.pk)
        with suppress(PublishingRefused):  # something still waits for a correction
            page.get_latest_revision().publish()

    def correct(self, place, change, kind):
        """The whole way at once, so that many histories get to its end."""
        if kind == CorrectionKind.VOID:
            self.remove(place)
        else:
            self.edit(place, change)
        for n, changed in enumerate(corrections.changed_questions(self.draft)):
            self.propose(n, kind if kind in changed.kinds else changed.kinds[-1])
            if not Correction.objects.open().filter(question_id=changed.question_id).exists():
                self.propose(n, changed.kinds[-1])
        for n in range(Correction.objects.filter(status=CorrectionStatus.PROPOSED).count()):
            self.approve(n)
        self.publish()

    def purge(self):
        call_command("purge_revisions", stdout=StringIO())
