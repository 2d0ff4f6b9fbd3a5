"""Requirements and the learning of everybody, written in bulk by the rules of the core."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from certificates.actions import issue_certificate
from courses import cycles as rounds
from courses import rules
from courses.actions.completing import follow
from courses.enums import (
    CompletionSource,
    DecisionCause,
    EnrolmentSource,
    EnrolmentStatus,
    Outcome,
    RefresherContent,
    RequirementKind,
)
from courses.models import (
    Attempt,
    Completion,
    CompletionDecision,
    ContentVersion,
    CoursePage,
    Enrolment,
    ModulePage,
    QuizPage,
    Requirement,
    RequirementProposal,
    Response,
)
from courses.questions import WHOLE, Answer
from courses.quizzing import AskedQuestion, asked_questions, draw, frozen_quiz
from courses.versions import checksum
from hub.organisations.models import Audience, Membership

from .content import COURSES, Table
from .identifiers import stable_id
from .languages import as_page
from .people import Person, Town
from .plan import PlannedPage, course_key

BASICS, PRACTICE, EXPERTS = COURSES
#: The pilot phase of the courses began so many days ago; what was completed in it holds a year.
PILOT_DAYS = 480
PILOT_MONTHS = 12
#: The courses of today were published so many days ago.
PUBLISHED_DAYS = 21
#: So many days before the end of a proof the refresher is open.
WINDOW_DAYS = 60
PILOT_LAW = (
    "<p>Rechtsstand: Art. 4 KI-VO in der Fassung vom 13.06.2024, anzuwenden seit 02.02.2025."
    " Die Erprobungsfassung dieses Kurses war eine Maßnahme im Sinn dieser Vorschrift.</p>"
)


@dataclass(frozen=True)
class Unit:
    """An activity or a course with its frozen versions, the oldest first."""

    key: UUID
    versions: tuple[ContentVersion, ...]

    def version_at(self, moment: datetime, language: str = "de") -> ContentVersion:
        """The version a person had before her at a moment, in her language where there is one."""
        for wanted in (language, "de"):
            known = [
                version
                for version in self.versions
                if version.language == wanted and version.published_at <= moment
            ]
            if known:
                return known[-1]
        raise ValueError(f"{self.key} had no version at {moment}")


@dataclass(frozen=True)
class Course:
    slug: str
    course: Unit
    modules: tuple[Unit, ...]
    test: Unit
    #: The knowledge checks, and how many of them the course asks for.
    checks: tuple[Unit, ...] = ()
    checks_needed: int = 0

    @property
    def parts(self) -> tuple[Unit, ...]:
        """What people complete here, in order; of the checks everybody takes the first ones."""
        return (*self.modules, *self.checks[: self.checks_needed], self.test)

    @property
    def asked(self) -> rules.Asked:
        """What the rules of the core make of it."""
        return rules.Asked(
            required=tuple(unit.key for unit in self.required),
            electives=tuple(unit.key for unit in self.checks) if self.checks_needed else (),
            electives_needed=self.checks_needed,
        )

    @property
    def required(self) -> tuple[Unit, ...]:
        return (*self.modules, self.test)

    def confirmation_at(self, moment: datetime) -> str:
        """What people confirmed by marking a module as learnt, where the course words it."""
        confirmation: str = self.course.version_at(moment).content.get("read_confirmation", "")
        return confirmation

    @property
    def rewritten(self) -> Unit:
        """The one module whose text is substantively new since the pilot phase."""
        return self.modules[-1]

    def scope_after(self, learnt: Collection[ContentVersion]) -> list[str] | None:
        """What a refresher contains for somebody who has learnt these versions."""
        return rounds.scope_of(
            RefresherContent.CHANGES,
            [unit.key for unit in self.required],
            {self.test.key},
            today={unit.key: unit.versions[-1].edition for unit in self.required},
            learnt={version.unit_key: version.edition for version in learnt},
        )


@dataclass(frozen=True)
class Cycle:
    """What becomes of one cycle: how many activities were done, and on which day the last one."""

    done: int = 0
    last_on: date | None = None
    due_on: date | None = None
    is_former: bool = False
    language: str = "de"


@dataclass(frozen=True)
class Task:
    """A course a person is to take or takes on her own wish."""

    course: Course
    requirement: Requirement | None = None


@dataclass
class Ledger:
    """Rows to be written together."""

    enrolments: list[Enrolment] = field(default_factory=list)
    enrolled_at: list[datetime] = field(default_factory=list)
    completions: list[Completion] = field(default_factory=list)
    decisions: list[CompletionDecision] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    attempt_started_at: list[datetime] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    def write(self) -> None:
        """Write all rows; what the database stamps with the present is dated back after that."""
        Enrolment.objects.bulk_create(self.enrolments, batch_size=200)
        for enrolment, moment in zip(self.enrolments, self.enrolled_at, strict=True):
            enrolment.enrolled_at = moment
        Enrolment.objects.bulk_update(self.enrolments, ["enrolled_at"], batch_size=200)
        Completion.objects.bulk_create(self.completions, batch_size=500)
        CompletionDecision.objects.bulk_create(self.decisions, batch_size=200)
        Attempt.objects.bulk_create(self.attempts, batch_size=200)
        for attempt, moment in zip(self.attempts, self.attempt_started_at, strict=True):
            attempt.started_at = moment
        Attempt.objects.bulk_update(self.attempts, ["started_at"], batch_size=200)
        Response.objects.bulk_create(self.responses, batch_size=500)


def create_pilot_versions(plan: Iterable[PlannedPage], today: date) -> None:
    """The versions of the pilot phase, number 1 of each unit; call before the pages are published.

    Without them nobody could have completed anything a year ago.
    """
    began = working_hour(today - timedelta(days=PILOT_DAYS), Random(PILOT_DAYS))
    versions = []
    for planned in plan:
        if planned.model not in (CoursePage, ModulePage, QuizPage):
            continue
        page = as_page(planned, planned.german)
        content = page.get_evidence()
        if planned.model is CoursePage:
            content |= {
                "refresh_months": PILOT_MONTHS,
                "legal_basis": PILOT_LAW,
                "legal_as_of": (today - timedelta(days=PILOT_DAYS)).isoformat(),
            }
        elif planned.model is ModulePage:
            block_id = str(stable_id("pilot", planned.name))
            text = f"<p>Erprobungsfassung. {page.summary}</p>"
            content["body"] = [{"type": "text", "id": block_id, "value": text}]
        else:
            # One question fewer, and so another version than the present one.
            content["questions"] = content["questions"][:-1]
            content["draw_count"] = min(
                content["draw_count"] or len(content["questions"]), len(content["questions"])
            )
        content = json.loads(json.dumps(content, cls=DjangoJSONEncoder))
        versions.append(
            ContentVersion(
                uuid=stable_id("version", planned.name, "pilot"),
                unit_key=planned.key,
                unit_type=planned.model._meta.label_lower,
                language="de",
                number=1,
                title=page.title,
                content=content,
                sha256=checksum(content),
                published_at=began,
            )
        )
    ContentVersion.objects.bulk_create(versions)


def courses_with_versions(plan: Sequence[PlannedPage]) -> dict[str, Course]:
    """The courses by slug, with all frozen versions of all their activities."""
    versions: dict[UUID, list[ContentVersion]] = {}
    for version in ContentVersion.objects.order_by("published_at", "number"):
        versions.setdefault(version.unit_key, []).append(version)

    def unit(planned: PlannedPage) -> Unit:
        return Unit(planned.key, tuple(versions[planned.key]))

    courses = {}
    for planned in plan:
        if planned.model is not CoursePage:
            continue
        below = [page for page in plan if page.parent == planned.name]
        courses[planned.name] = Course(
            slug=planned.name,
            course=unit(planned),
            modules=tuple(unit(page) for page in below if page.model is ModulePage),
            test=next(unit(page) for page in below if page.model is QuizPage),
            checks=tuple(
                unit(page)
                for module in below
                for page in plan
                if page.parent == module.name and page.model is QuizPage
            ),
            checks_needed=planned.german.fields["electives_needed"],
        )
    return courses


def tell_editions(courses: Iterable[Course]) -> None:
    """Say what was substantively new after the pilot phase: one module of each course."""
    changed = []
    for course in courses:
        for unit in course.required:
            for version in unit.versions[1:]:
                version.is_substantive = unit is course.rewritten
                version.edition = 2 if version.is_substantive else 1
                changed.append(version)
    ContentVersion.objects.bulk_update(changed, ["edition", "is_substantive"], batch_size=200)


def create_requirements(
    towns: dict[str, Town], folder: Path, today: date
) -> dict[int, list[Requirement]]:
    """What each authority asks of whom, by the primary key of the authority."""
    audiences = {audience.code: audience for audience in Audience.objects.all()}
    entries = [
        (
            entry.text("course"),
            audiences.get(entry.take("audience", str)),
            entry.take("refresh_months", int),
            entry.text("reason"),
        )
        for entry in Table.read(folder / "authorities.toml").tables("requirements")
    ]
    requirements: dict[int, list[Requirement]] = {}
    for town in towns.values():
        for course, audience, months, reason in entries:
            kind = town.b_kind if course == PRACTICE else RequirementKind.MANDATORY
            sooner = town.a_refresh_months if course == BASICS else None
            due_on = {
                BASICS: today + timedelta(days=town.a_due_in_days),
                PRACTICE: today + timedelta(days=town.a_due_in_days + 35),
                EXPERTS: today + timedelta(days=56),
            }[course]
            requirements.setdefault(town.organisation.pk, []).append(
                Requirement(
                    organisation=town.organisation,
                    course_key=course_key(course),
                    audience=audience,
                    kind=kind,
                    due_on=due_on if kind == RequirementKind.MANDATORY else None,
                    refresh_months=sooner or months,
                    reason=reason,
                )
            )
    Requirement.objects.bulk_create(row for rows in requirements.values() for row in rows)
    return requirements


def create_proposals(folder: Path) -> None:
    """The plan that is proposed to all authorities, by role."""
    audiences = {audience.code: audience for audience in Audience.objects.all()}
    RequirementProposal.objects.bulk_create(
        RequirementProposal(
            course_key=course_key(entry.text("course")),
            audience=audiences.get(entry.take("audience", str)),
            kind=entry.text("kind"),
            due_days=entry.take("due_days", int, None),
            refresh_months=entry.take("refresh_months", int),
            reason=entry.text("reason"),
        )
        for entry in Table.read(folder / "authorities.toml").tables("proposals")
    )


def working_hour(day: date, random: Random) -> datetime:
    """A moment of a working day; on a weekend the Friday before."""
    day -= timedelta(days=max(0, day.weekday() - 4))
    moment = time(random.randrange(7, 17), random.randrange(60), random.randrange(60))
    return timezone.make_aware(datetime.combine(day, moment))


def tasks(
    person: Person, requirements: Sequence[Requirement], courses: dict[str, Course]
) -> list[Task]:
    """The courses that are asked of a person: one for each course, however many audiences fit."""
    by_key = {course.course.key: course for course in courses.values()}
    found: dict[UUID, Task] = {}
    for requirement in requirements:
        fits = requirement.audience is None or requirement.audience.code in person.audiences
        if fits and requirement.course_key not in found:
            found[requirement.course_key] = Task(by_key[requirement.course_key], requirement)
    return list(found.values())


class Chance:
    """Draws what becomes of the people nobody has written a state for."""

    #: Share of people for whom a course has expired, is completed from the pilot phase, is
    #: completed in its present version, is begun; the rest has not begun.
    SHARES = {
        BASICS: (0.10, 0.20, 0.36, 0.15),
        PRACTICE: (0.08, 0.12, 0.20, 0.25),
        EXPERTS: (0.06, 0.10, 0.24, 0.25),
    }

    def __init__(self, random: Random, today: date) -> None:
        self.random = random
        self.today = today

    def wishes(
        self, person: Person, asked: Sequence[Task], courses: dict[str, Course]
    ) -> list[Task]:
        """What a person takes of her own accord: one in twelve the course on generative AI."""
        practice = courses[PRACTICE]
        is_asked = any(task.course is practice for task in asked)
        has_state = person.account is not None and person.account.state
        if is_asked or has_state or self.random.random() >= 1 / 12:
            return []
        return [Task(practice)]

    def cycles(self, course: Course, membership: Membership, due_on: date | None) -> list[Cycle]:
        """The cycles of a person who works for the authority since a day."""
        random, today = self.random, self.today
        shares = self.SHARES[course.slug]
        everything = len(course.parts)
        kind = random.choices(
            ("expired", "pilot", "done", "begun", "open"), (*shares, 1 - sum(shares)), k=1
        )[0]
        days = {
            "expired": random.randrange(372, 440),
            "pilot": random.randrange(PUBLISHED_DAYS + 10, 350),
            "done": random.randrange(1, PUBLISHED_DAYS - 3),
            "begun": random.randrange(1, PUBLISHED_DAYS - 3),
            "open": 0,
        }[kind]
        last_on = today - timedelta(days=days)
        if kind == "open" or membership.starts_on + timedelta(days=21) > last_on:
            return [Cycle(due_on=self._due(due_on, membership))]
        if kind == "begun":
            done = random.randrange(1, everything)
            return [Cycle(done, last_on, self._due(due_on, membership))]
        if kind == "done":
            language = "en" if course.slug == BASICS and random.random() < 0.08 else "de"
            return [Cycle(everything, last_on, due_on, language=language)]
        past = Cycle(everything, last_on, last_on + timedelta(days=random.randrange(5, 60)))
        ends_on = rules.add_months(last_on, PILOT_MONTHS)
        if kind == "pilot" and ends_on <= today + timedelta(days=WINDOW_DAYS):
            return [past, Cycle(due_on=ends_on)]
        if kind == "pilot" or random.random() < 0.6:
            return [past]
        again = last_on + timedelta(days=365 + random.randrange(20, 120))
        return [past, Cycle(due_on=again)]

    def _due(self, due_on: date | None, membership: Membership) -> date | None:
        """Who has just come has six weeks in any case."""
        if due_on is None:
            return None
        return max(due_on, membership.starts_on + timedelta(days=42))


def record(
    ledger: Ledger, person: Person, task: Task, cycles: Sequence[Cycle], random: Random, today: date
) -> None:
    """Add what became of one person in one course to the rows to be written."""
    learnt: list[ContentVersion] = []
    for number, cycle in enumerate(cycles, start=1):
        membership = person.former if cycle.is_former and person.former else person.membership
        moments = _moments(task.course, cycle, membership, random, today)
        enrolment = Enrolment(
            uuid=stable_id("enrolment", person.user.username, task.course.slug, str(number)),
            user=person.user,
            membership=membership,
            course_key=task.course.course.key,
            cycle=number,
            source=EnrolmentSource.REQUIREMENT if task.requirement else EnrolmentSource.SELF,
            kind=task.requirement.kind if task.requirement else "",
            due_on=cycle.due_on,
            scope=task.course.scope_after(learnt) if learnt else None,
        )
        ledger.enrolments.append(enrolment)
        ledger.enrolled_at.append(moments[0])
        _complete(ledger, enrolment, task.course, cycle, moments[1:], random)
        learnt += [
            unit.version_at(moment, cycle.language)
            for unit, moment in zip(task.course.parts[: cycle.done], moments[1:], strict=True)
        ]


def _moments(
    course: Course, cycle: Cycle, membership: Membership, random: Random, today: date
) -> list[datetime]:
    """When the person was enrolled and did each activity, in order.

    Nothing lies before the membership, the version it refers to, or in the future.
    """
    published = [
        timezone.localdate(version.published_at)
        for version in course.course.versions
        if version.language == "de"
    ]
    last_on = cycle.last_on or today
    began_on = max(day for day in published if day <= last_on) + timedelta(days=1)
    earliest = max(membership.starts_on, began_on, last_on - timedelta(days=30))
    span = max(0, (last_on - earliest).days)
    if not cycle.done:
        return [working_hour(max(membership.starts_on, began_on), random)]
    days = sorted(random.randrange(span + 1) for _ in range(cycle.done - 1))
    dates = [earliest, *(earliest + timedelta(days=day) for day in days), last_on]
    moments = sorted(working_hour(day, random) for day in dates)
    # Two activities of the same hour still have an order.
    return [moment + timedelta(seconds=place) for place, moment in enumerate(moments)]


def _complete(
    ledger: Ledger,
    enrolment: Enrolment,
    course: Course,
    cycle: Cycle,
    moments: Sequence[datetime],
    random: Random,
) -> None:
    done = course.parts[: cycle.done]
    completions = [
        Completion(
            enrolment=enrolment,
            activity_key=unit.key,
            content_version=unit.version_at(moment, cycle.language),
            completed_at=moment,
            confirmation=course.confirmation_at(moment) if unit in course.modules else "",
        )
        for unit, moment in zip(done, moments, strict=True)
    ]
    ledger.completions += completions
    for unit, completion in zip(done, completions, strict=True):
        if unit not in course.modules:
            _attempts(ledger, completion, random)
    if not done:
        return
    if len(done) < len(course.parts):
        enrolment.status = EnrolmentStatus.IN_PROGRESS
        enrolment.last_activity_key = course.parts[len(done)].key
        return
    moment = moments[-1]
    version = course.course.version_at(moment, cycle.language)
    inputs = rules.Inputs(
        asked=course.asked,
        completed={
            completion.activity_key: (completion.content_version.uuid, CompletionSource.LEARNER)
            for completion in completions
        },
        refresh_months=version.content["refresh_months"],
    )
    decision = CompletionDecision(
        enrolment=enrolment,
        rule_version=rules.VERSION,
        cause=DecisionCause.ACTIVITY,
        course_version=version,
        inputs=inputs.as_json(),
        outcome=Outcome.PASSED,
        expires_on=inputs.expires_on(timezone.localdate(moment)),
        decided_at=moment,
    )
    follow(enrolment, decision)
    ledger.decisions.append(decision)


def _attempts(ledger: Ledger, completion: Completion, random: Random) -> None:
    """The attempts at a quiz that was passed: one in four needed a second one."""
    enrolment, version = completion.enrolment, completion.content_version
    results = [True] if random.random() < 0.75 else [False, True]
    for number, is_passed in enumerate(results, start=1):
        drawn = draw(frozen_quiz(version.pk), random)
        maximum = len(drawn)
        needed = -(-maximum * version.content["pass_mark"] // 100)
        points = random.randrange(needed, maximum + 1) if is_passed else needed - 1
        submitted_at = completion.completed_at - timedelta(minutes=25 * (len(results) - number))
        attempt = Attempt(
            uuid=stable_id("attempt", str(enrolment.uuid), str(version.unit_key), str(number)),
            enrolment=enrolment,
            activity_key=version.unit_key,
            number=number,
            content_version=version,
            drawn=drawn,
            submitted_at=submitted_at,
            graded_at=submitted_at,
            points=Decimal(points),
            maximum=Decimal(maximum),
            is_passed=is_passed,
        )
        ledger.attempts.append(attempt)
        ledger.responses += _responses(attempt, points, submitted_at)
        ledger.attempt_started_at.append(submitted_at - timedelta(minutes=random.randrange(6, 20)))


def _responses(attempt: Attempt, points: int, moment: datetime) -> Iterator[Response]:
    """Answers of which ``points`` are right; some questions are harder than others."""
    random = Random(str(attempt.uuid))
    quiz = frozen_quiz(attempt.content_version_id)
    asked = list(asked_questions(quiz, attempt.drawn).values())
    asked.sort(key=lambda question: random.random() + Random(str(question.id)).random())
    for place, question in enumerate(asked):
        yield Response(
            attempt=attempt,
            question_id=question.id,
            answer=_answer(question, random, is_right=place < points),
            answered_at=moment,
        )


def _answer(question: AskedQuestion, random: Random, *, is_right: bool) -> Answer:
    """A right answer, or one that earns nothing: one of the wrong options."""
    right = question.block.right_answer(question.value)
    if is_right:
        return right
    wrong = [key for key in question.order if key not in right[WHOLE]]
    return {WHOLE: [random.choice(wrong)]}


def completed_in_order(ledger: Ledger, since: datetime) -> tuple[list[Enrolment], list[Enrolment]]:
    """What was completed before a moment and since, the oldest first: so the numbers rise."""
    completed = [
        (enrolment.completed_at, enrolment.pk, enrolment)
        for enrolment in ledger.enrolments
        if enrolment.completed_at
    ]
    earlier, later = [], []
    for moment, _pk, enrolment in sorted(completed, key=lambda row: row[:2]):
        (later if moment >= since else earlier).append(enrolment)
    return earlier, later


def issue_certificates(enrolments: Iterable[Enrolment]) -> None:
    """The certificates of completed enrolments, each dated the day it was completed."""
    for enrolment in enrolments:
        issue_certificate(enrolment=enrolment, issued_at=enrolment.completed_at)
