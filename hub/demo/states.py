"""The states of learning of the documented accounts, through the hub's own actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from django.utils import timezone

from certificates.actions import issue_certificate, reissue_certificate, revoke_certificate
from certificates.models import Certificate
from courses import actions
from courses.models import Attempt, Completion, CoursePage, Enrolment, ModulePage, QuizPage
from courses.questions import Answer
from courses.quizzing import AskedQuestion, draw, frozen_quiz, question_set
from courses.released_proofs import to_release

from .learning import BASICS, EXPERTS, PRACTICE, Course, Cycle
from .people import Person
from .plan import course_key


def written_cycles(person: Person, course: Course, due_on: date | None, today: date) -> list[Cycle]:
    """The cycles of a documented employee; everything else is done by the actions below."""
    everything = len(course.parts)

    def done(days: int, *, is_former: bool = False) -> Cycle:
        day = today - timedelta(days=days)
        return Cycle(everything, day, day + timedelta(days=14), is_former)

    state = person.account.state if person.account else ""
    match state, course.slug:
        case "new" | "arrived", _:
            return [Cycle(due_on=today + timedelta(days=38))]
        case "all_done", _:
            return [done({BASICS: 14, PRACTICE: 9, EXPERTS: 4}[course.slug])]
        case "overdue", slug if slug == BASICS:
            return [Cycle(1, today - timedelta(days=11), due_on)]
        case "refresher", slug if slug == BASICS:
            return [done(345), Cycle(due_on=today + timedelta(days=20))]
        case "refresher", slug if slug == PRACTICE:
            return [done(385), Cycle(due_on=today + timedelta(days=10))]
        case "transferred", slug if slug == BASICS:
            return [done(130, is_former=True)]
        case "left", slug if slug == BASICS:
            return [done(70)]
        case "renamed" | "revoked", slug if slug == BASICS:
            return [done(16)]
    return [Cycle(due_on=due_on)]


class Stage:
    """Plays the documented employees one after the other."""

    def __init__(self, random: Random, today: date, administrator: Person) -> None:
        self.random = random
        self.today = today
        self.administrator = administrator
        self.course = CoursePage.objects.get(
            translation_key=course_key(BASICS), locale__language_code="de"
        )
        self.modules = list(ModulePage.objects.child_of(self.course))
        self.test = QuizPage.objects.child_of(self.course).get()

    def play(self, person: Person) -> None:
        """Bring one person into her state; states without an action are complete already."""
        state = person.account.state if person.account else ""
        scenes: dict[str, Callable[[Person], None]] = {
            "in_module": self._in_module,
            "open_attempt": self._open_attempt,
            "just_passed": self._just_passed,
            "renamed": self._renamed,
            "revoked": self._revoked,
            "transferred": self._transferred,
        }
        if state in scenes:
            scenes[state](person)

    def _transferred(self, person: Person) -> None:
        proofs = to_release(person.membership).values_list("uuid", flat=True)
        actions.release_proofs(membership=person.membership, enrolments=list(proofs))

    def _enrol(self, person: Person) -> Enrolment:
        return actions.enrol(membership=person.membership, course=self.course)

    def _learn(self, enrolment: Enrolment, count: int, days: int) -> None:
        """Complete the first modules, one a day, beginning so many days ago."""
        for place, module in enumerate(self.modules[:count]):
            completion = actions.complete_activity(enrolment=enrolment, page=module)
            moment = self._moment(days - place)
            Completion.objects.filter(pk=completion.pk).update(completed_at=moment)

    def _moment(self, days: int) -> datetime:
        day = self.today - timedelta(days=max(1, days))
        return timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(
            hours=9, minutes=self.random.randrange(59)
        )

    def _in_module(self, person: Person) -> None:
        enrolment = self._enrol(person)
        self._learn(enrolment, 2, days=4)
        actions.visit_activity(enrolment=enrolment, activity_key=self.modules[2].activity_key)

    def _open_attempt(self, person: Person) -> None:
        enrolment = self._enrol(person)
        self._learn(enrolment, len(self.modules), days=7)
        attempt = self._start(enrolment)
        asked = list(question_set(attempt).values())[:3]
        actions.save_answers(
            attempt=attempt, raw={question.id: self._right(question) for question in asked}
        )
        actions.visit_activity(enrolment=enrolment, activity_key=self.test.activity_key)

    def _just_passed(self, person: Person) -> None:
        enrolment = self._enrol(person)
        self._learn(enrolment, len(self.modules), days=8)
        for is_ready in (False, True):
            attempt = self._start(enrolment)
            asked = list(question_set(attempt).values())
            known = asked if is_ready else asked[: len(asked) // 2]
            actions.save_answers(
                attempt=attempt, raw={question.id: self._right(question) for question in known}
            )
            actions.submit_attempt(attempt=attempt, quiz=self.test)
        enrolment.refresh_from_db()
        issue_certificate(enrolment=enrolment)

    def _start(self, enrolment: Enrolment) -> Attempt:
        """An attempt whose questions are drawn by the demo's own chance, the same on every run."""
        attempt = actions.start_attempt(enrolment=enrolment, quiz=self.test)
        attempt.drawn = draw(frozen_quiz(attempt.content_version_id), self.random)
        attempt.save(update_fields=["drawn"])
        return attempt

    def _right(self, question: AskedQuestion) -> Answer:
        return question.block.right_answer(question.value)

    def _certificate(self, person: Person) -> Certificate:
        return Certificate.objects.get(
            enrolment__user=person.user,
            enrolment__course_key=self.course.course_key,
            replaced_by__isnull=True,
        )

    def _renamed(self, person: Person) -> None:
        certificate = self._certificate(person)
        if person.account is not None:
            person.user.last_name = person.account.last_name
        person.user.save(update_fields=["last_name"])
        reissue_certificate(certificate=certificate, actor=self.administrator.user)

    def _revoked(self, person: Person) -> None:
        revoke_certificate(
            certificate=self._certificate(person),
            reason="Versehentlich für die falsche Person ausgestellt (Beispiel).",
            actor=self.administrator.user,
        )
