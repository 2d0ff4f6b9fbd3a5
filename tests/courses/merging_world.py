"""Two accounts of one person with any history that the hub lets people have, by chance."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.db import connection
from django.utils import timezone

from certificates.models import Certificate, CertificateKind
from courses import rules
from courses.enums import (
    CompletionSource,
    CorrectionKind,
    DecisionCause,
    DigestState,
    EnrolmentSource,
    EnrolmentStatus,
    LearningState,
    MoreTime,
    Outcome,
    RequirementKind,
)
from courses.models import (
    AISystem,
    Attempt,
    Completion,
    CompletionDecision,
    ContentVersion,
    Correction,
    CorrectionNotice,
    CountedPerson,
    CountingGroup,
    Enrolment,
    ExternalLearning,
    OwnSettings,
    Regrading,
    ReminderDigest,
    ReminderSettings,
    Response,
)
from courses.models.own_settings import owner_key
from hub.organisations.models import Audience, Department, Membership, Organisation, User
from tests.factories.courses import ContentVersionFactory
from tests.factories.organisations import DepartmentFactory, OrganisationFactory, UserFactory

#: What a merge may change besides: the log, its own record.
NOT_COMPARED = {
    "organisations_accountmerge",
    "wagtailcore_modellogentry",
    "wagtailcore_pagelogentry",
    "django_session",
}


def all_tables() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as the database has it."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table not in NOT_COMPARED:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
                found[table] = sorted(cursor.fetchall(), key=repr)
    return found


@dataclass
class Course:
    """A course of two modules and a quiz, of which nothing is there but the versions."""

    version: ContentVersion = field(default_factory=ContentVersionFactory)
    parts: dict[uuid.UUID, list[ContentVersion]] = field(default_factory=dict)

    @classmethod
    def make(cls) -> Course:
        course = cls()
        for _part in range(3):
            first = ContentVersionFactory(unit_type="courses.modulepage")
            second = ContentVersionFactory(
                unit_key=first.unit_key, number=2, edition=2, unit_type="courses.modulepage"
            )
            course.parts[first.unit_key] = [first, second]
        return course

    @property
    def key(self) -> uuid.UUID:
        return self.version.unit_key

    @property
    def quiz(self) -> uuid.UUID:
        return list(self.parts)[-1]


class World:
    """One authority, another one, three courses, and the two accounts."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.today = timezone.localdate()
        self.here: Organisation = OrganisationFactory()
        self.there: Organisation = OrganisationFactory()
        self.department: Department = DepartmentFactory(organisation=self.here)
        self.audiences = [
            Audience.objects.create(code=f"gruppe-{n}", name=f"Gruppe {n}") for n in range(3)
        ]
        self.system = AISystem.objects.create(
            organisation=self.here, name="Textassistenz", purpose="Texte"
        )
        self.group = CountingGroup.objects.create(organisation=self.here, size=5)
        self.courses = [Course.make() for _n in range(3)]
        self.admin = User.objects.create_superuser("admin")
        self.correction = Correction.objects.create(
            unit_key=self.courses[0].quiz,
            question_id=uuid.uuid4(),
            kind=CorrectionKind.TYPO,
            before=self.courses[0].version,
            proposed_by=self.admin,
        )
        self.kept, self.gone = self.account(), self.account()

    def maybe(self, share: float = 0.5) -> bool:
        return self.random.random() < share

    def moment(self, days: int) -> datetime:
        return timezone.now() - timedelta(days=days, microseconds=self.random.randrange(10**9))

    def account(self) -> User:
        user: User = UserFactory()
        memberships = self.employments(user)
        for course in self.courses:
            if self.maybe(0.8):
                self.history(user, self.random.choice(memberships), course)
        for title in ("KI im Amt", "Recht"):
            if self.maybe():
                self.further_record(user, self.random.choice(memberships), title)
        self.belongings(user, memberships[0].organisation)
        return user

    def employments(self, user: User) -> list[Membership]:
        """A present one here, perhaps an earlier one here or at the other authority."""
        found = [
            Membership.objects.create(
                user=user,
                organisation=self.here,
                department=self.department if self.maybe() else None,
                staff_number=str(user.pk) if self.maybe() else "",
                starts_on=self.today - timedelta(days=self.random.randrange(0, 900)),
                ends_on=self.today + timedelta(days=30) if self.maybe(0.2) else None,
            )
        ]
        if self.maybe(0.4):
            found.append(
                Membership.objects.create(
                    user=user,
                    organisation=self.random.choice([self.here, self.there]),
                    starts_on=self.today - timedelta(days=1500),
                    ends_on=self.today - timedelta(days=self.random.randrange(100, 1000)),
                )
            )
        for membership in found:
            membership.audiences.set(audience for audience in self.audiences if self.maybe())
            if self.maybe() and membership.organisation == self.here:
                CountedPerson.objects.create(group=self.group, membership=membership)
                self.system.overseers.add(membership)
        return found

    def history(self, user: User, membership: Membership, course: Course) -> None:
        """Completed cycles in the order of their days, then perhaps an open one."""
        count = self.random.choice([0, 0, 1, 1, 2])
        days = sorted((self.random.randrange(1, 1400) for _n in range(count)), reverse=True)
        proof: Enrolment | None = None
        for cycle, ago in enumerate(days, start=1):
            proof = self.completed(user, membership, course, cycle, ago, proof)
        if proof is None or self.maybe(0.3):
            self.open(user, membership, course, count + 1)

    def enrolment(
        self, user: User, membership: Membership, course: Course, cycle: int
    ) -> Enrolment:
        return Enrolment.objects.create(
            user=user,
            membership=membership,
            course_key=course.key,
            cycle=cycle,
            source=self.random.choice(EnrolmentSource.values),
            kind=self.random.choice(["", *RequirementKind.values]),
            due_on=self.today + timedelta(days=self.random.randrange(300)),
            asked_on=self.today if self.maybe() else None,
        )

    def completed(
        self,
        user: User,
        membership: Membership,
        course: Course,
        cycle: int,
        ago: int,
        proof: Enrolment | None,
    ) -> Enrolment:
        row = self.enrolment(user, membership, course, cycle)
        moment = self.moment(ago)
        rows = [self.completion(row, course, key, moment) for key in course.parts]
        self.attempts(row, course.quiz, moment, has_open=False)
        inputs = rules.Inputs(
            asked=rules.Asked(required=tuple(course.parts)),
            completed={c.activity_key: (c.content_version.uuid, c.source) for c in rows},
            refresh_months=self.random.choice([None, 12, 24]),
            earlier_until=proof.expires_on if proof else None,
        )
        expires_on = inputs.expires_on(timezone.localdate(moment))
        CompletionDecision.objects.create(
            enrolment=row,
            rule_version=rules.VERSION,
            cause=DecisionCause.ACTIVITY,
            course_version=course.version,
            inputs=inputs.as_json(),
            outcome=Outcome.PASSED,
            expires_on=expires_on,
            decided_at=moment,
        )
        Enrolment.objects.filter(pk=row.pk).update(
            status=EnrolmentStatus.COMPLETED,
            outcome=Outcome.PASSED,
            completed_at=moment,
            expires_on=expires_on,
            course_version=course.version,
            enrolled_at=moment - timedelta(days=3),
        )
        row.refresh_from_db()
        if self.maybe():
            Certificate.objects.create(
                enrolment=row,
                kind=CertificateKind.CERTIFICATE,
                number=f"COE-{row.pk}",
                code=f"code-{row.pk}",
                payload={"person_name": str(user)},
                design="classic",
                issued_at=moment,
            )
        return row

    def open(self, user: User, membership: Membership, course: Course, cycle: int) -> Enrolment:
        row = self.enrolment(user, membership, course, cycle)
        for key in course.parts:
            if self.maybe(0.4):
                self.completion(row, course, key, self.moment(self.random.randrange(1, 400)))
                row.status = EnrolmentStatus.IN_PROGRESS
                row.last_activity_key = key if self.maybe() else None
        if cycle > 1 and self.maybe():
            row.scope = [str(key) for key in list(course.parts)[:2]]
        row.save()
        Enrolment.objects.filter(pk=row.pk).update(enrolled_at=self.moment(500))
        self.attempts(row, course.quiz, self.moment(2), has_open=self.maybe())
        return row

    def completion(
        self, row: Enrolment, course: Course, key: uuid.UUID, moment: datetime
    ) -> Completion:
        return Completion.objects.create(
            enrolment=row,
            activity_key=key,
            content_version=self.random.choice(course.parts[key]),
            source=CompletionSource.LEARNER,
            completed_at=moment,
        )

    def attempts(
        self, row: Enrolment, quiz: uuid.UUID, moment: datetime, *, has_open: bool
    ) -> None:
        count = self.random.randrange(3)
        for number in range(1, count + 1 + has_open):
            is_open = number > count
            begun = moment - timedelta(days=9 - number)
            attempt = Attempt.objects.create(
                enrolment=row,
                activity_key=quiz,
                number=number,
                content_version=self.courses[0].version,
                drawn=[],
                submitted_at=None if is_open else begun,
                graded_at=None if is_open else begun,
            )
            Attempt.objects.filter(pk=attempt.pk).update(started_at=begun)
            for _question in range(self.random.randrange(3)):
                Response.objects.create(
                    attempt=attempt,
                    question_id=uuid.uuid4(),
                    answer={"": ["eins"]},
                    answered_at=begun,
                )
            if not is_open and self.maybe(0.3):
                regrading = Regrading.objects.create(attempt=attempt, correction=self.correction)
                CorrectionNotice.objects.create(user=row.user, regrading=regrading)

    def further_record(self, user: User, membership: Membership, title: str) -> None:
        state = self.random.choice([*LearningState.values])
        by = self.random.choice([user, self.admin])
        is_open = state == LearningState.SUBMITTED
        row = ExternalLearning.objects.create(
            membership=membership,
            kind="webinar",
            title=title,
            provider="Studieninstitut",
            minutes=60,
            held_on=date(2026, 3, 12),
            state=state,
            reason="" if is_open else "Darum",
            recorded_by=by,
            decided_by=None if is_open else by,
            decided_at=None if is_open else self.moment(5),
        )
        ExternalLearning.objects.filter(pk=row.pk).update(recorded_at=self.moment(20))

    def belongings(self, user: User, organisation: Organisation) -> None:
        if self.maybe():
            OwnSettings.objects.create(owner_key=owner_key(user), more_time=MoreTime.values[1])
        if self.maybe():
            ReminderSettings.objects.create(user=user, only_mandatory=self.maybe())
        for ago, state in ((0, DigestState.WAITING), (1, DigestState.SENT)):
            if self.maybe():
                day = self.today - timedelta(days=ago + self.random.randrange(2))
                ReminderDigest.objects.get_or_create(
                    user=user,
                    day=day,
                    defaults={
                        "organisation": organisation,
                        "since": day,
                        "until": day,
                        "state": state,
                    },
                )
