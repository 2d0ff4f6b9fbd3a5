"""A hub of realistic size: one authority, five courses, and 70 % of everything completed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.db.models import Count
from django.utils import timezone
from wagtail.models import Locale, Page, Site
from wagtail_localize.synctree import PageIndex, synchronize_tree

from courses import rules
from courses.actions.completing import follow
from courses.enums import CompletionSource, DecisionCause, EnrolmentStatus, Outcome
from courses.models import (
    ActivityMixin,
    Completion,
    CompletionDecision,
    ContentVersion,
    CourseIndexPage,
    CoursePage,
    Enrolment,
    ModulePage,
    QuizPage,
)
from courses.versions import current_version
from home.models import HomePage
from hub.organisations.models import Department, Membership, Organisation, User
from tests.cases import (
    LearningHubTestCase,
    block_id,
    multiple_choice,
    publish,
    single_choice,
    true_false,
)

COURSES, MODULES, QUESTIONS = 5, 8, 10
REFRESH_MONTHS = 24
DEPARTMENTS = ("Bürgerbüro", "Bauamt", "Jugendamt", "Kämmerei", "Ordnungsamt", "Personalamt")
FIRST_NAMES = ("Anna", "Jörg", "Çiğdem", "Łukasz", "Hildegard", "Thị Minh", "Sören", "Marie-Luise")
LAST_NAMES = ("Terhorst", "Große-Wächter", "Brüning", "Öztürk", "Nguyễn", "Schulze Höping")

#: How many activities people have done who have not completed a course: none, half, all but the
#: test. Each is a state that a piece of work begins with.
NOT_BEGUN, BEGUN, BEFORE_TEST = 0, MODULES // 2, MODULES
COMPLETED = MODULES + 1
STATUS = {NOT_BEGUN: EnrolmentStatus.ENROLLED, COMPLETED: EnrolmentStatus.COMPLETED}
#: More people in each state than all runs together take.
ENOUGH = 100

Say = Callable[[str], None]


@dataclass(frozen=True)
class Course:
    """A course with everything that is completed in it, in order, and the texts that count."""

    page: CoursePage
    activities: list[ActivityMixin]
    version: ContentVersion
    versions: list[ContentVersion]

    @property
    def test(self) -> QuizPage:
        return self.activities[-1]


@dataclass
class World:
    """Everything the pieces of work need."""

    organisation: Organisation
    hr: User
    courses: list[Course]
    people: int

    @property
    def department(self) -> Department:
        """One of those in which equally many work."""
        return self.organisation.departments.get(name=DEPARTMENTS[0])

    @property
    def people_in_department(self) -> int:
        return self.department.memberships.count()

    def enrolments(self, done: int) -> Iterator[tuple[Enrolment, Course]]:
        """People who have done so many activities of a course, each of them once."""
        of_key = {course.page.course_key: course for course in self.courses}
        found = (
            Enrolment.objects.annotate(done=Count("completions"))
            .filter(done=done)
            .select_related("user")
            .order_by("pk")
        )
        for enrolment in found[:ENOUGH]:
            yield enrolment, of_key[enrolment.course_key]


def build(people: int, say: Say) -> World:
    """Fill the database."""
    say(f"{COURSES} courses of {MODULES} modules and a quiz of {QUESTIONS} questions")
    courses = _courses()
    say(f"{people} people")
    organisation = LearningHubTestCase.organisation("Kreis Coesfeld", "COE", "05558")
    memberships = _people(organisation, people)
    hr = LearningHubTestCase.hr_person("hilde", "Hilde", "Große-Wächter", organisation)
    say(f"{people * COURSES} enrolments, 70 % completed")
    for number, course in enumerate(courses):
        _learn(course, number, memberships)
    return World(organisation, hr, courses, people)


def _courses() -> list[Course]:
    locales = [
        Locale.objects.get_or_create(language_code=code)[0] for code in ("de", "en", "de-simple")
    ]
    root = Page.objects.get(depth=1)
    for child in root.get_children():
        child.delete()
    root.refresh_from_db()
    home = root.add_child(
        instance=HomePage(
            title="KI-Hub",
            slug="home",
            hero_title="KI verstehen",
            hero_text="<p>Willkommen.</p>",
            courses_title="Kurse",
            partners_title="Wer dahintersteht",
            locale=locales[0],
        )
    )
    Site.objects.update_or_create(
        is_default_site=True, defaults={"hostname": "localhost", "root_page": home}
    )
    catalogue = publish(home, CourseIndexPage(title="Kurse", slug="kurse"))
    courses = [_course(catalogue, f"Kurs {number}") for number in range(1, COURSES + 1)]
    for locale in locales[1:]:
        # What is not translated appears in German in the other trees, too.
        index = PageIndex.from_database().sort_by_tree_position()
        synchronize_tree(locales[0], locale, page_index=index)
    return courses


def _course(catalogue: Page, title: str) -> Course:
    page = CoursePage(
        title=title,
        slug=title.lower().replace(" ", "-"),
        summary="Worum es geht, für wen und wozu.",
        refresh_months=REFRESH_MONTHS,
        legal_basis="<p>Art. 4 der Verordnung (EU) 2024/1689.</p>",
        introduction=_text(f"{title} Einleitung", paragraphs=2),
        objectives=json.dumps(
            [
                {"type": "objective", "id": block_id(f"{title} Ziel {n}"), "value": f"Ziel {n}"}
                for n in range(4)
            ]
        ),
    )
    activities: list[ActivityMixin] = [
        ModulePage(
            title=f"Modul {n} von {title}",
            slug=f"modul-{n}",
            summary="Ein Satz für die Übersicht.",
            body=_text(f"{title} Modul {n}", paragraphs=5),
        )
        for n in range(1, MODULES + 1)
    ]
    questions = [
        (single_choice, multiple_choice, true_false)[n % 3](f"{title} Frage {n}")
        for n in range(QUESTIONS)
    ]
    activities.append(
        QuizPage(title="Abschlusstest", slug="abschlusstest", questions=json.dumps(questions))
    )
    publish(catalogue, page, *activities)
    return Course(
        page, activities, current_version(page), [current_version(unit) for unit in activities]
    )


def _text(name: str, *, paragraphs: int) -> str:
    """Headings and paragraphs of some eighty words, with a link and a list as editors write."""
    words = " ".join(["Was ein Werkzeug vorschlägt, prüft ein Mensch."] * 12)
    value = (
        f'<p>{words} <a href="https://eur-lex.europa.eu/">Verordnung</a></p>'
        "<ul><li>Erstens</li><li>Zweitens</li></ul>"
    )
    blocks = []
    for n in range(paragraphs):
        heading, text = block_id(f"{name} {n} h"), block_id(f"{name} {n} t")
        blocks += [
            {"type": "heading", "id": heading, "value": f"Abschnitt {n + 1}"},
            {"type": "text", "id": text, "value": value},
        ]
    return json.dumps(blocks)


def _people(organisation: Organisation, count: int) -> list[Membership]:
    departments = Department.objects.bulk_create(
        Department(organisation=organisation, name=name) for name in DEPARTMENTS[:-1]
    )
    users = User.objects.bulk_create(
        (
            User(
                username=f"person{n}",
                first_name=FIRST_NAMES[n % len(FIRST_NAMES)],
                last_name=f"{LAST_NAMES[n % len(LAST_NAMES)]} {n}",
                email=f"person{n}@coesfeld.example",
                password="!",
            )
            for n in range(count)
        ),
        batch_size=500,
    )
    since = timezone.localdate() - timedelta(days=900)
    return Membership.objects.bulk_create(
        (
            Membership(
                user=user,
                organisation=organisation,
                department=departments[n % len(departments)],
                staff_number=f"P{n:06d}",
                starts_on=since,
            )
            for n, user in enumerate(users)
        ),
        batch_size=500,
    )


def _done(person: int, course: int) -> int:
    """How many activities somebody has done: everything for seven of ten, evenly spread."""
    if (person + 3 * course) % 10 < 7:
        return COMPLETED
    return (NOT_BEGUN, BEGUN, BEFORE_TEST)[person // 10 % 3]


def _inputs(course: Course) -> rules.Inputs:
    """What the decision on the course rests on: the same for all, on its one version."""
    keys = [unit.activity_key for unit in course.activities]
    versions = [(version.uuid, CompletionSource.LEARNER.value) for version in course.versions]
    return rules.Inputs(
        asked=rules.Asked(tuple(keys)),
        completed=dict(zip(keys, versions, strict=True)),
        refresh_months=REFRESH_MONTHS,
    )


def _learn(course: Course, number: int, memberships: list[Membership]) -> None:
    """Enrolments and completions of one course, completed during the last year."""
    now = timezone.now()
    enrolments, decisions = [], []
    inputs = _inputs(course)
    for n, membership in enumerate(memberships):
        done = _done(n, number)
        enrolment = Enrolment(
            user=membership.user,
            membership=membership,
            course_key=course.page.course_key,
            status=STATUS.get(done, EnrolmentStatus.IN_PROGRESS),
            due_on=timezone.localdate() + timedelta(days=30),
        )
        if done == COMPLETED:
            moment = now - timedelta(days=1 + n % 365, minutes=n % 480)
            decisions.append(
                CompletionDecision(
                    enrolment=enrolment,
                    rule_version=rules.VERSION,
                    cause=DecisionCause.ACTIVITY,
                    course_version=course.version,
                    inputs=inputs.as_json(),
                    outcome=Outcome.PASSED,
                    expires_on=inputs.expires_on(timezone.localdate(moment)),
                    decided_at=moment,
                )
            )
            follow(enrolment, decisions[-1])
        elif done:
            enrolment.last_activity_key = course.activities[done - 1].activity_key
        enrolments.append(enrolment)
    Enrolment.objects.bulk_create(enrolments, batch_size=500)
    CompletionDecision.objects.bulk_create(decisions, batch_size=500)
    rows = (
        Completion(
            enrolment=enrolment,
            activity_key=unit.activity_key,
            content_version=version,
            completed_at=(enrolment.completed_at or now) - timedelta(hours=COMPLETED - place),
        )
        for n, enrolment in enumerate(enrolments)
        for place, (unit, version) in enumerate(
            islice(zip(course.activities, course.versions, strict=True), _done(n, number)), start=1
        )
    )
    while batch := list(islice(rows, 2000)):
        Completion.objects.bulk_create(batch)
