"""The pieces of work that are measured, each as a browser asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

from django.http import HttpResponseBase
from django.test import Client
from django.test.client import ClientHandler
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from certificates.actions import certificate_pdf, issue_certificate
from courses.models import Enrolment, QuizPage, Requirement
from hub.exports.making import BACKGROUND_FROM
from hub.exports.models import ExportRun
from hub.organisations.importing.applying import import_employees
from hub.organisations.models import Audience, User
from hub.spreadsheets import Column, write_xlsx

from .measuring import NotMeasuredError, Piece, Work
from .world import (
    BEFORE_TEST,
    BEGUN,
    COMPLETED,
    DEPARTMENTS,
    FIRST_NAMES,
    LAST_NAMES,
    Course,
    World,
)

#: One for all browsers: a server loads its middleware once, the test client once for each client.
SERVER = ClientHandler(enforce_csrf_checks=False)


#: People in one list that is imported.
IMPORTED = 1000


def pieces(world: World) -> list[Piece]:
    """All pieces of work in the order of a learner's way, then HR's."""
    work = WorkOf(world)
    lists = [
        piece
        for file_format in ("csv", "xlsx")
        for piece in (
            Piece(
                f"list of one course as {file_format.upper()}",
                9600,
                work.hand_over(file_format),
                aim=100,
                runs=7,
                rows=world.people,
            ),
            Piece(
                f"… of one department, {file_format.upper()}",
                None,
                work.hand_over(file_format, world.department.pk),
                runs=7,
                rows=world.people_in_department,
            ),
        )
    ]
    return [
        Piece("course page", 68, work.course_page),
        Piece("module page, marking it learnt", 93, work.module),
        Piece("quiz from start to result", 544, work.quiz),
        Piece("certificate (issue and PDF)", 259, work.certificate),
        Piece("HR list on screen", 198, work.report),
        *lists,
        Piece("import of 1,000 people", 8400, work.import_people, runs=3),
    ]


class WorkOf:
    """Brings about the beginning of each piece of work, with a fresh person each time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.begun = world.enrolments(BEGUN)
        self.before_test = world.enrolments(BEFORE_TEST)
        self.completed = world.enrolments(COMPLETED)
        self.imports = count()
        audience = Audience.objects.create(code="neu", name="Neue Beschäftigte")
        Requirement.objects.create(
            organisation=world.organisation,
            course_key=world.courses[0].page.course_key,
            audience=audience,
            due_on=timezone.localdate() + timedelta(days=90),
        )
        self.answers = {course.page.pk: right_answers(course.test) for course in world.courses}

    def course_page(self) -> Work:
        """GET of a course the person has begun."""
        client, _enrolment, course = self._learner(self.begun)
        return lambda: expect(client.get(course.page.get_url()), 200)

    def module(self) -> Work:
        """GET of the module that is next, POST of its button."""
        client, _enrolment, course = self._learner(self.begun)
        page, version = course.activities[BEGUN], course.versions[BEGUN]
        learnt = reverse("courses:mark_as_learnt", args=[page.activity_key])

        def work() -> None:
            expect(client.get(page.get_url()), 200)
            expect(client.post(learnt, {"version": version.uuid}), 302)

        return work

    def quiz(self) -> Work:
        """Begin the final test, see it, submit all answers, see the result.

        Everything is right, so the course is completed and its certificate issued, too.
        """
        client, _enrolment, course = self._learner(self.before_test)
        start = reverse("courses:start_attempt", args=[course.test.activity_key])
        answers = self.answers[course.page.pk] | {"action": "submit"}

        def work() -> None:
            attempt = expect(client.post(start), 302)["Location"]
            expect(client.get(attempt), 200)
            result = expect(client.post(attempt, answers), 302)["Location"]
            expect(client.get(result), 200)

        return work

    def certificate(self) -> Work:
        """Issue a certificate and make its PDF."""
        enrolment, _course = next(self.completed)
        enrolment = Enrolment.objects.get(pk=enrolment.pk)
        return lambda: certificate_pdf(certificate=issue_certificate(enrolment=enrolment))

    def report(self) -> Work:
        """The first page of the completion list as HR sees it."""
        address = address_of("completion_list")
        client = signed_in(self.world.hr)
        return lambda: expect(client.get(address), 200)

    def hand_over(self, file_format: str, department: int | None = None) -> Callable[[], Work]:
        """The completion list of one course with everybody in it, as HR hands it over.

        Or with the people of one department: what a row costs must not depend on how many there
        are.

        A long one is made beside the request (here before its answer) and fetched.
        """

        def prepare() -> Work:
            course = self.world.courses[0].page.course_key
            address = f"{address_of('exports:hand_over', 'abschlussliste')}?course={course}"
            rows = self.world.people
            if department is not None:
                address += f"&department={department}"
                rows = self.world.people_in_department
            form = {
                "organisation": self.world.organisation.pk,
                "purpose": "Nachweis nach Art. 4 KI-VO",
                "file_format": file_format,
            }
            latest = ExportRun.objects.order_by("-pk").first()
            whole, part = self.world.people, self.world.people_in_department
            if latest and latest.row_count not in (whole, part):
                raise NotMeasuredError(f"{latest.row_count} of {rows} rows")
            client = signed_in(self.world.hr)

            def work() -> None:
                if rows < BACKGROUND_FROM:
                    expect(client.post(address, form), 200)
                    return
                made = expect(client.post(address, form), 302)["Location"]
                expect(client.get(made), 200)
                expect(client.get(f"{made}datei/"), 200)

            return work

        return prepare

    def import_people(self) -> Work:
        """A thousand new people from a spreadsheet, each enrolled in what their audience needs."""
        first = next(self.imports) * IMPORTED
        content = spreadsheet_of_people(range(first, first + IMPORTED))
        enrolments = Enrolment.objects.count()

        def work() -> None:
            plan = import_employees(organisation=self.world.organisation, content=content)
            if plan.counts["new"] != IMPORTED:
                raise NotMeasuredError(f"{plan.counts['new']} of {IMPORTED} people")
            if Enrolment.objects.count() - enrolments != IMPORTED:
                raise NotMeasuredError("not everybody is enrolled")

        return work

    def _learner(
        self, enrolments: Iterator[tuple[Enrolment, Course]]
    ) -> tuple[Client, Enrolment, Course]:
        enrolment, course = next(enrolments)
        return signed_in(enrolment.user), enrolment, course


def spreadsheet_of_people(numbers: Iterable[int]) -> bytes:
    """An XLSX file as HR exports it from its own program."""
    columns = [
        *(Column(label, "text") for label in ("Personalnummer", "Nachname", "Vorname", "E-Mail")),
        *(Column(label, "text") for label in ("Fachbereich", "Zielgruppen", "Beschäftigungsart")),
        Column("Eintritt", "date"),
    ]
    rows = (
        (
            f"N{n:06d}",
            f"{LAST_NAMES[n % len(LAST_NAMES)]}-{n}",
            FIRST_NAMES[n % len(FIRST_NAMES)],
            f"neu{n}@coesfeld.example",
            DEPARTMENTS[n % len(DEPARTMENTS)],
            "Neue Beschäftigte",
            "Tarifbeschäftigte",
            timezone.localdate(),
        )
        for n in numbers
    )
    return b"".join(write_xlsx(columns, rows, sheet_title="Beschäftigte"))


def address_of(name: str, *args: str) -> str:
    """The address of a view. Raises ``NotMeasuredError`` when there is no such view yet."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch as error:
        raise NotMeasuredError("not there yet") from error


def signed_in(user: User) -> Client:
    """A browser in which somebody has signed in."""
    client = Client(raise_request_exception=False)  # a broken page is a line in the table
    client.handler = SERVER
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def expect(response: HttpResponseBase, status: int) -> HttpResponseBase:
    """The response, read to its end, if it is what the piece of work is meant to bring about.

    A page that fails quickly is not fast.
    """
    if response.status_code != status:
        raise NotMeasuredError(f"status {response.status_code} instead of {status}")
    if response.streaming:
        for _part in response:
            pass
    return response


def right_answers(quiz: QuizPage) -> dict[str, Any]:
    """What the form of a quiz sends when all answers are right."""
    return {
        f"{child.id}-{part}": given
        for child in QuizPage.objects.get(pk=quiz.pk).questions
        for part, given in child.block.right_answer(child.value).items()
    }
