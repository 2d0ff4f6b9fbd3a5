"""Figures of departments, audiences and authorities: as they are told, to whom, and how fast."""

from __future__ import annotations

import re
from datetime import date, timedelta
from unittest.mock import patch
from uuid import uuid4

from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.counting_groups import PATIENCE, keep_counting_groups
from courses.coverage import CourseFacts, figures, hours_by_department, state_of
from courses.enums import EnrolmentStatus, RequirementKind
from courses.models import (
    ContentVersion,
    CountedPerson,
    CountingGroup,
    Enrolment,
    Requirement,
)
from courses.suppression import Span, Table
from hub.exports.models import ReportSwitch
from hub.organisations.models import (
    Audience,
    Department,
    GroupOrganisationPermission,
    Membership,
    User,
)
from tests.cases import LearningHubTestCase

FIGURES = ("abdeckung", "lernstunden", "kreiszahlen")
PAGES = ("coverage_report", "learning_hours_report", "district_report")


class FiguresTestCase(LearningHubTestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.key = cls.course.translation_key
        cls.week_ago = timezone.now() - timedelta(days=8)
        cls.users = Audience.objects.create(code="nutzende-test", name="Nutzende im Test")
        Requirement.objects.create(organisation=cls.coesfeld, course_key=cls.key)
        for report in FIGURES:
            ReportSwitch.objects.create(organisation=cls.coesfeld, report=report, is_on=True)
        for user, organisation in ((cls.hilde, cls.coesfeld), (cls.bernd, cls.olfen)):
            for codename in ("view_figures", "view_district_figures"):
                GroupOrganisationPermission.objects.create(
                    group=user.groups.get(),
                    organisation=organisation,
                    permission=Permission.objects.get(codename=codename),
                )

    def staff(self, count, department, *, done=0, organisation=None, audiences=(), begin=None):
        """So many people of a department, of whom the first have completed the course."""
        organisation = organisation or self.coesfeld
        unit, _made = Department.objects.get_or_create(organisation=organisation, name=department)
        first = User.objects.count()
        people = User.objects.bulk_create(
            User(username=f"p{first + n}", last_name=f"Person{first + n}") for n in range(count)
        )
        memberships = Membership.objects.bulk_create(
            Membership(
                user=user,
                organisation=organisation,
                department=unit,
                starts_on=begin or date(2020, 1, 1),
            )
            for user in people
        )
        for audience in audiences:
            audience.memberships.add(*memberships)
        for membership in memberships[:done]:
            self.complete(membership)
        return memberships

    def complete(self, membership, *, when=None, **fields):
        return Enrolment.objects.create(
            user=membership.user,
            membership=membership,
            course_key=self.key,
            status=EnrolmentStatus.COMPLETED,
            completed_at=when or self.week_ago,
            course_version=self.version(self.course),
            **fields,
        )

    def told(self, organisation=None):
        organisation = organisation or self.coesfeld
        found = figures([organisation])
        told = found.tables[organisation.pk][self.key]
        named = {found.departments[key]: span for key, span in told.departments.items()}
        return told, named

    def as_(self, user) -> Client:
        client = Client()
        client.force_login(user)
        return client


class CountingGroupTests(FiguresTestCase):
    def test_groups_are_made_where_figures_are_switched_on_only(self):
        self.staff(6, "Bauamt")
        self.staff(6, "Bauamt", organisation=self.olfen)
        assert keep_counting_groups() == 1
        group = CountingGroup.objects.get()
        # Anna and Hilde are too few for a department, and too few for the rest.
        assert (group.organisation, group.size, group.people.count()) == (self.coesfeld, 6, 6)
        assert keep_counting_groups() == 0

    def test_nobody_is_ever_in_two_groups_nor_changes_hers(self):
        self.staff(6, "Bauamt")
        keep_counting_groups()
        before = dict(CountedPerson.objects.values_list("membership_id", "group_id"))
        other = Department.objects.create(organisation=self.coesfeld, name="Tiefbau")
        Membership.objects.filter(pk__in=list(before)[:2]).update(department=other)
        self.staff(5, "Tiefbau")
        keep_counting_groups()
        after = dict(CountedPerson.objects.values_list("membership_id", "group_id"))
        assert before.items() <= after.items()
        assert len(after) == 11

    def test_newcomers_wait_for_colleagues(self):
        self.staff(6, "Bauamt")
        keep_counting_groups()
        today = timezone.localdate()
        self.staff(4, "Bauamt", begin=today)
        assert keep_counting_groups() == 0
        self.staff(1, "Bauamt", begin=today)
        assert keep_counting_groups() == 1
        assert sorted(CountingGroup.objects.values_list("size", flat=True)) == [5, 6]

    def test_who_waits_for_a_year_is_counted_with_others(self):
        self.staff(6, "Bauamt")
        keep_counting_groups()
        today = timezone.localdate()
        for department in ("Archiv", "Museum"):
            self.staff(3, department, begin=today)
        assert keep_counting_groups() == 0
        assert keep_counting_groups(on=today + PATIENCE) == 1
        assert CountingGroup.objects.latest("pk").department is None

    def test_a_group_of_which_more_than_half_are_gone_is_retired_for_good(self):
        people = self.staff(6, "Bauamt", done=3)
        keep_counting_groups()
        yesterday = timezone.localdate() - timedelta(days=1)
        Membership.objects.filter(pk__in=[m.pk for m in people[:3]]).update(ends_on=yesterday)
        keep_counting_groups()
        assert self.told()[1] == {"Bauamt": Span(6, 0, 3)}
        Membership.objects.filter(pk=people[3].pk).update(ends_on=yesterday)
        assert keep_counting_groups() == 0
        assert CountingGroup.objects.get().retired_on == timezone.localdate()
        assert self.told()[1] == {}

    def test_a_group_of_which_somebody_was_deleted_is_told_of_no_more(self):
        people = self.staff(6, "Bauamt")
        keep_counting_groups()
        people[0].delete()
        assert self.told()[1] == {}
        keep_counting_groups()
        assert CountingGroup.objects.get().retired_on is not None

    def test_the_command_says_how_many(self):
        self.staff(6, "Bauamt")
        with patch("sys.stdout.write") as written:
            call_command("keep_counting_groups")
        assert "1" in written.call_args_list[0].args[0]
        assert CountingGroup.objects.count() == 1


class TellingTests(FiguresTestCase):
    def test_departments_and_audiences_are_told_of_as_spans(self):
        self.staff(20, "Bauamt", done=13, audiences=[self.users])
        self.staff(8, "Tiefbau", done=8, audiences=[self.users])
        self.staff(6, "Archiv")
        self.staff(4, "Museum", done=2)
        keep_counting_groups()
        told, named = self.told()
        assert named == {
            "Bauamt": Span(20, 12, 14),
            "Tiefbau": Span(8, 6, 8),
            "Archiv": Span(6, 0, 2),
        } or (named["Bauamt"].least <= 13 <= named["Bauamt"].most)
        assert "Museum" not in named
        assert told.audiences[self.users.pk] == named["Bauamt"] + named["Tiefbau"]
        # The Museum, Anna and Hilde are counted with nobody else: six people of no department.
        assert told.total.persons == 40
        assert told.total.most < told.total.persons
        assert told.total.least > 0

    def test_only_who_is_asked_is_counted(self):
        Requirement.objects.update(audience=self.users)
        self.staff(6, "Bauamt", audiences=[self.users])
        self.staff(6, "Archiv")
        keep_counting_groups()
        assert list(self.told()[1]) == ["Bauamt"]
        Requirement.objects.update(kind=RequirementKind.RECOMMENDED)
        assert figures([self.coesfeld]).tables[self.coesfeld.pk] == {}

    def test_a_department_that_is_asked_by_itself(self):
        self.staff(6, "Bauamt")
        self.staff(6, "Archiv")
        Requirement.objects.update(department=Department.objects.get(name="Archiv"))
        keep_counting_groups()
        assert list(self.told()[1]) == ["Archiv"]

    def counts_as_done(self, **fields):
        """Whether six people are told of as having completed it, each with such an enrolment."""
        for membership in self.staff(6, "Bauamt"):
            if ends_on := fields.get("ends_on"):
                Membership.objects.filter(pk=membership.pk).update(ends_on=ends_on)
            self.complete(membership, **{k: v for k, v in fields.items() if k != "ends_on"})
        with patch("courses.counting_groups.still_counts", return_value=True):
            day = timezone.localdate() - timedelta(days=30)
            keep_counting_groups(on=day)
        return self.told()[1]["Bauamt"].least > 0

    def test_what_holds_counts(self):
        assert self.counts_as_done()

    def test_what_is_valid_still_counts(self):
        assert self.counts_as_done(expires_on=state_of())

    def test_what_has_ended_does_not_count(self):
        assert not self.counts_as_done(expires_on=state_of() - timedelta(days=1))

    def test_this_week_does_not_count_yet(self):
        assert not self.counts_as_done(when=timezone.now())

    def test_who_has_left_counts_as_on_the_last_day(self):
        left = state_of() - timedelta(days=3)
        assert self.counts_as_done(
            ends_on=left, expires_on=left, when=timezone.now() - timedelta(days=20)
        )

    def test_what_was_completed_after_leaving_does_not_count(self):
        assert not self.counts_as_done(ends_on=state_of() - timedelta(days=15))

    def test_a_person_with_two_cycles_counts_once(self):
        people = self.staff(9, "Bauamt", done=3)
        for membership in people[:3]:
            self.complete(membership, cycle=2)
        keep_counting_groups()
        assert self.told()[1]["Bauamt"] == Span(9, 0, 3)

    def test_hours_are_the_planned_time_of_what_was_completed(self):
        tables = {
            self.key: Table(Span(20, 10, 12), {1: Span(20, 10, 12)}),
            self.quiz.translation_key: Table(Span(5, 3, 5), {1: Span(5, 3, 5)}),
        }
        facts = {self.key: CourseFacts("A", 90), self.quiz.translation_key: CourseFacts("B", 20)}
        departments, total = hours_by_department(tables, facts)
        assert (departments[1].persons, departments[1].least, departments[1].most) == (20, 16, 20)
        assert total == departments[1]


class PageTests(FiguresTestCase):
    def test_strangers_and_who_is_not_hr_find_nothing(self):
        self.staff(20, "Bauamt", done=13)
        keep_counting_groups()
        for name in PAGES:
            url = reverse(name)
            assert self.as_(self.hilde).get(url).status_code == 200
            # Olfen has none switched on; Anna has no work in the administration.
            assert self.as_(self.bernd).get(url).status_code == 404
            assert self.as_(self.anna).get(url).status_code == 302
        ReportSwitch.objects.filter(report="abdeckung").update(organisation=self.olfen)
        page = self.as_(self.bernd).get(reverse("coverage_report"), {"kurs": str(self.key)})
        assert page.status_code == 404
        assert self.as_(self.hilde).get(reverse("coverage_report")).status_code == 404

    def test_the_menu_leads_to_what_is_on(self):
        client = self.as_(self.hilde)
        ReportSwitch.objects.filter(report="lernstunden").update(is_on=False)
        page = client.get(reverse("wagtailadmin_home"))
        self.assertContains(page, reverse("coverage_report"))
        self.assertNotContains(page, reverse("learning_hours_report"))

    def test_coverage_leads_from_all_courses_to_departments_and_audiences(self):
        self.staff(20, "Bauamt", done=13, audiences=[self.users])
        self.staff(4, "Archiv", done=4)
        keep_counting_groups()
        client = self.as_(self.hilde)
        page = client.get(reverse("coverage_report"))
        self.assertContains(page, "KI-Grundlagen")
        self.assertContains(page, f"?kurs={self.key}")
        self.assertNotContains(page, "Bauamt")
        page = client.get(reverse("coverage_report"), {"kurs": str(self.key)})
        self.assertContains(page, "Bauamt")
        self.assertContains(page, "Nutzende im Test")
        self.assertNotContains(page, "Archiv")
        assert not re.search(r"Person\d", page.content.decode())
        for wrong in ("x", "00000000-0000-0000-0000-000000000000"):
            assert client.get(reverse("coverage_report"), {"kurs": wrong}).status_code == 404

    def test_the_kreis_sees_no_department(self):
        self.staff(20, "Bauamt", done=13, audiences=[self.users])
        keep_counting_groups()
        page = self.as_(self.hilde).get(reverse("district_report"))
        self.assertContains(page, "Stadt Coesfeld")
        for word in ("Bauamt", "Nutzende im Test", "Person1"):
            self.assertNotContains(page, word)

    def test_a_department_of_five_that_has_completed_it_is_not_told_to_be_done(self):
        self.staff(5, "Bauamt", done=5)
        keep_counting_groups()
        page = self.as_(self.hilde).get(reverse("coverage_report"), {"kurs": str(self.key)})
        self.assertContains(page, "3 bis 5")
        self.assertNotContains(page, "100 % bis")

    def test_without_groups_it_says_so(self):
        for name in PAGES:
            page = self.as_(self.hilde).get(reverse(name))
            self.assertContains(page, "zu wenige Personen")


class ManyPeopleTests(FiguresTestCase):
    """Ten thousand people and twenty courses cost a page what a few people and one cost."""

    def pages(self):
        coverage = reverse("coverage_report")
        return [*(reverse(name) for name in PAGES), f"{coverage}?kurs={self.key}"]

    def queries(self, client, url):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(url)
        assert page.status_code == 200
        assert len(queries) <= 12, [query["sql"][:150] for query in queries]
        return len(queries), page.content.decode()

    def add_courses(self, count):
        """So many further courses, published and mandatory."""
        versions = ContentVersion.objects.bulk_create(
            ContentVersion(
                unit_key=uuid4(),
                language="de",
                number=1,
                title=f"Kurs {number}",
                content={"duration_minutes": 45},
                sha256=f"{number:064}",
                published_at=self.week_ago,
            )
            for number in range(count)
        )
        Requirement.objects.bulk_create(
            Requirement(organisation=self.coesfeld, course_key=version.unit_key)
            for version in versions
        )
        return versions

    def test_the_number_of_queries_does_not_grow(self):
        self.staff(10, "Amt 0", done=3)
        keep_counting_groups()
        client = self.as_(self.hilde)
        for url in self.pages():
            client.get(url)  # what is asked once for all requests
        few = [self.queries(client, url)[0] for url in self.pages()]
        versions = self.add_courses(19)
        memberships = [
            membership
            for number in range(100)
            for membership in self.staff(100, f"Amt {number}", audiences=[self.users])
        ]
        Enrolment.objects.bulk_create(
            (
                Enrolment(
                    user=membership.user,
                    membership=membership,
                    course_key=version.unit_key,
                    status=EnrolmentStatus.COMPLETED,
                    completed_at=self.week_ago,
                    course_version=version,
                )
                for number, membership in enumerate(memberships)
                for version in (versions[number % 19], versions[(number + 7) % 19])
            ),
            batch_size=2000,
        )
        keep_counting_groups()
        many = [self.queries(client, url) for url in self.pages()]
        assert [count for count, _page in many] == few
        coverage, hours, district, course = (page for _count, page in many)
        assert "10010" in coverage
        assert coverage.count("?kurs=") == 20
        assert "Amt 99" in hours
        assert "Amt 99" in course
        assert "Kurs 18" in district
