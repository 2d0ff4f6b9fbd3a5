"""Random people in random authorities: no answer to HR of one tells anything of another's.

The matrix of addresses (``test_url_matrix``) asks what a stranger meets at the rows of one person;
here many people are everywhere, HR holds every permission of its own authority, and each word that
tells who somebody is was drawn for that person alone.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from random import Random
from string import ascii_lowercase

from django.contrib.auth.models import Permission
from django.core import mail
from django.http import QueryDict
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from wagtail import hooks

from certificates.actions import issue_certificate
from certificates.models import Certificate
from courses import actions
from courses.ai_systems import name_overseer
from courses.enums import SystemRole
from courses.models import AISystem, Enrolment, Requirement
from courses.reminding import remind
from hub.exports.exporters import exporters
from hub.exports.formats import FORMATS
from hub.exports.models import ExportSchedule, ReportSwitch
from hub.exports.notices import send_waiting
from hub.exports.reports import reports
from hub.exports.scheduled_runs import make_due
from hub.exports.scheduling import set_up_schedule
from hub.organisations.importing.runs import start_import
from hub.organisations.models import (
    Audience,
    Department,
    GroupOrganisationPermission,
    Membership,
    Organisation,
    User,
)
from tests.cases import LearningHubTestCase
from tests.factories.organisations import OrganisationFactory, grant

from .test_url_matrix import PUBLIC, project_urls

AUTHORITIES, PEOPLE = 3, 6


class Tenant:
    """An authority, with its people and the words by which they are known."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.words: set[str] = set()
        self.organisation: Organisation = OrganisationFactory()
        self.departments = [
            Department.objects.create(organisation=self.organisation, name=self.word("Amt "))
            for _n in range(2)
        ]
        self.people = [self.person() for _n in range(PEOPLE)]
        self.hr = self.people[0].user

    def word(self, before: str = "") -> str:
        """A word that nobody else has; it is one of those that tell."""
        drawn = "".join(self.random.choices(ascii_lowercase, k=12)).capitalize()
        self.words.add(drawn)
        return before + drawn

    def person(self) -> Membership:
        user = User.objects.create_user(
            self.word(),
            email=f"{self.word()}@example.org".lower(),
            first_name=self.word(),
            last_name=self.word(),
        )
        return Membership.objects.create(
            user=user,
            organisation=self.organisation,
            department=self.random.choice([*self.departments, None]),
            staff_number=self.word(),
            starts_on=timezone.localdate() - timedelta(days=self.random.randrange(400)),
        )


class RandomTenantsTests(LearningHubTestCase):
    """Everything that the hub keeps of people is there, for everybody, in every authority."""

    def build(self, seed: int) -> list[Tenant]:
        random = Random(seed)
        audience = Audience.objects.create(code=f"alle-{seed}", name=f"Zielgruppe {seed}")
        tenants = [Tenant(random) for _n in range(AUTHORITIES)]
        for tenant in tenants:
            self.give_every_permission(tenant)
            Requirement.objects.create(
                organisation=tenant.organisation,
                course_key=self.course.course_key,
                department=random.choice(tenant.departments),
                due_on=timezone.localdate() + timedelta(days=7),
                reason=tenant.word("Grund: "),
            )
            system = AISystem.objects.create(
                organisation=tenant.organisation,
                name=tenant.word("System "),
                purpose=tenant.word("Zweck "),
                status="in_use",
            )
            system.audiences.add(audience)
            Requirement.objects.create(
                organisation=tenant.organisation,
                course_key=self.course.course_key,
                ai_system=system,
                system_role=SystemRole.OVERSEERS,
                due_on=timezone.localdate() + timedelta(days=30),
            )
            name_overseer(system=system, membership=tenant.people[1], actor=tenant.hr)
            for membership in tenant.people:
                membership.audiences.add(audience)
            actions.enrol_as_required(membership_ids=[row.pk for row in tenant.people])
            for membership in tenant.people:
                self.learn(membership, random)
            start_import(
                organisation=tenant.organisation,
                file_name=f"{tenant.word()}.csv",
                content=f"Personalnummer;Nachname;Vorname\n1;{tenant.word()};Kim\n".encode(),
                actor=tenant.hr,
            )
            self.hand_over_regularly(tenant)
        for old, new in zip(tenants, [*tenants[1:], tenants[0]], strict=True):
            self.move(old, new)
        return tenants

    def hand_over_regularly(self, tenant: Tenant) -> None:
        """From tomorrow on; purpose and filter are words of this authority."""
        for name in exporters:
            set_up_schedule(
                exporter=exporters.get(name)(),
                owner=User.objects.get(pk=tenant.hr.pk),
                organisation=tenant.organisation,
                filters=QueryDict(f"q={tenant.people[2].user.last_name}"),
                purpose=tenant.word("Übergabe "),
                file_format="csv",
                changes_only=False,
                rhythm="monthly",
                starts_on=timezone.localdate() + timedelta(days=1),
                ends_on=timezone.localdate() + timedelta(days=40),
            )

    def move(self, old: Tenant, new: Tenant) -> None:
        """Somebody goes to another authority, gets another name there, and releases a proof.

        What she was called belongs to the old authority, what she is called to the new one.
        """
        there = old.person()
        proof = actions.enrol(membership=there, course=self.course)
        for page in (*self.modules, self.quiz):
            actions.complete_activity(enrolment=proof, page=page)
        issue_certificate(enrolment=Enrolment.objects.get(pk=proof.pk))
        today, before = timezone.localdate(), timezone.now() - timedelta(days=3)
        Enrolment.objects.filter(pk=proof.pk).update(completed_at=before)
        Certificate.objects.filter(enrolment=proof).update(issued_at=before)
        there.starts_on, there.ends_on = today - timedelta(days=400), today - timedelta(days=1)
        there.save()
        user = there.user
        user.username, user.email = new.word(), f"{new.word()}@example.org".lower()
        user.first_name, user.last_name = new.word(), new.word()
        user.save()
        here = Membership.objects.create(
            user=user,
            organisation=new.organisation,
            department=new.departments[0],
            staff_number=new.word(),
            starts_on=today,
        )
        actions.release_proofs(membership=here, enrolments=[proof.uuid])

    def give_every_permission(self, tenant: Tenant) -> None:
        """All that groups can hold for an authority, for this one; all evaluations are on."""
        group = grant(tenant.hr, tenant.organisation, "courses.view_completion_list")
        offered = {
            permission.permission
            for offer in hooks.get_hooks("register_organisation_permissions")
            for permission in offer()
        }
        for name in offered - {"courses.view_completion_list"}:
            app_label, codename = name.split(".")
            GroupOrganisationPermission.objects.create(
                group=group,
                organisation=tenant.organisation,
                permission=Permission.objects.get(
                    content_type__app_label=app_label, codename=codename
                ),
            )
        for report in reports:
            ReportSwitch.objects.create(organisation=tenant.organisation, report=report, is_on=True)

    def learn(self, membership: Membership, random: Random) -> None:
        """Somebody is somewhere on the way; who has completed it has a certificate."""
        enrolment = actions.enrol(membership=membership, course=self.course)
        for page in (*self.modules, self.quiz)[: random.randrange(4)]:
            actions.complete_activity(enrolment=enrolment, page=page)
        enrolment = Enrolment.objects.get(pk=enrolment.pk)
        if enrolment.is_completed:
            issue_certificate(enrolment=enrolment)

    def addresses(self, tenants: list[Tenant], own: Tenant) -> Iterator[str]:
        """Every address that needs no row, plain, and asked for what is of others."""
        others = [tenant for tenant in tenants if tenant is not own]
        for name in sorted(set(project_urls()) - PUBLIC):
            try:
                url = reverse(name)
            except NoReverseMatch:
                continue
            yield url
            for other in others:
                person = other.people[2]
                # Part of a name: the page repeats what was searched for.
                yield f"{url}?q={person.user.last_name[:6]}"
                yield f"{url}?organisation={other.organisation.pk}"
                yield f"{url}?department={other.departments[0].pk}"

    def told(self, response) -> str:
        """All that an answer says, unpacked where it is a ZIP."""
        body = b"".join(response) if response.streaming else response.content
        if zipfile.is_zipfile(BytesIO(body)):
            with zipfile.ZipFile(BytesIO(body)) as archive:
                body = b"\n".join(archive.read(name) for name in archive.namelist())
        return body.decode("utf-8", "replace").lower()

    def test_no_answer_to_hr_tells_of_people_elsewhere(self):
        for seed in range(2):
            tenants = self.build(seed)
            for own in tenants:
                foreign = {
                    word.lower() for tenant in tenants if tenant is not own for word in tenant.words
                }
                client = Client(raise_request_exception=False)
                client.force_login(own.hr)
                told_of_own = 0
                for url, response in self.answers(client, tenants, own):
                    assert response.status_code < 500, (url, response.status_code)
                    said = self.told(response)
                    assert not {word for word in foreign if word in said}, url
                    told_of_own += any(word.lower() in said for word in own.words)
                # Or the pages above would be empty for everybody.
                assert told_of_own > 20

    def answers(self, client: Client, tenants: list[Tenant], own: Tenant):
        for url in self.addresses(tenants, own):
            yield url, client.get(url)
        make_due(timezone.localdate() + timedelta(days=1))
        for schedule in ExportSchedule.objects.all():
            for name in ("inspect", "renew", "stop"):
                url = reverse(f"export_schedules:{name}", args=[schedule.pk])
                yield url, client.get(url)
            for run in schedule.runs.all():
                for name in ("made", "file"):
                    url = reverse(f"exports:{name}", args=[run.uuid])
                    yield url, client.get(url)
        for identifier in exporters:
            url = reverse("exports:hand_over", args=[identifier])
            for organisation in (tenant.organisation for tenant in tenants):
                for file_format in FORMATS:
                    form = {
                        "organisation": organisation.pk,
                        "purpose": "Prüfung",
                        "file_format": file_format,
                    }
                    yield f"{url} {file_format}", client.post(url, form)

    def test_no_mail_tells_anybody_of_anybody_else(self):
        tenants = self.build(seed=7)
        remind()
        assert len(mail.outbox) >= AUTHORITIES
        reminders = len(mail.outbox)
        make_due(timezone.localdate() + timedelta(days=1))
        send_waiting()
        assert len(mail.outbox) == reminders + AUTHORITIES * len(exporters)
        words = {word.lower() for tenant in tenants for word in tenant.words}
        people = {row.user.email: row.user for tenant in tenants for row in tenant.people}
        for message in mail.outbox:
            (address,) = message.to
            own = self.own_words(people[address])
            said = message.message().as_string().lower()
            parts = [message.body, *(content for content, _kind in message.alternatives)]
            for text in (said, *(part.lower() for part in parts)):
                found = {word for word in words - own if word in text}
                assert found <= self.reasons(people[address], words), address

    def own_words(self, user: User) -> set[str]:
        return {
            part.lower()
            for part in (user.username, user.first_name, user.last_name, user.email.split("@")[0])
        }

    def reasons(self, user: User, words: set[str]) -> set[str]:
        """The words of what the own authority gives as its reasons: they may be in a mail."""
        said = " ".join(
            Requirement.objects.filter(organisation__memberships__user=user).values_list(
                "reason", flat=True
            )
        ).lower()
        return {word for word in words if word in said}
