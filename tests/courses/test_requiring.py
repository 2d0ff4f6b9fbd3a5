"""What a change of requirements is said to do, held against what it does."""

import uuid
from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from courses.actions import enrol_as_required
from courses.actions.enrolling import enrol_authority, enrol_everybody
from courses.enums import (
    EnrolmentSource,
    EnrolmentStatus,
    RequirementKind,
    SystemRole,
    SystemStatus,
)
from courses.models import AISystem, Enrolment, Requirement
from courses.requiring import Effect, effect_of
from hub.organisations.models import Audience, Department, Membership
from tests.factories.courses import ContentVersionFactory, EnrolmentFactory
from tests.factories.organisations import (
    DepartmentFactory,
    MembershipFactory,
    OrganisationFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def version():
    return ContentVersionFactory()


@pytest.fixture
def authority():
    return OrganisationFactory()


def day(days):
    return timezone.localdate() + timedelta(days=days)


class World:
    """Two authorities, three audiences, and people in every state; drawn by a seed."""

    def __init__(self, seed, version):
        self.random = Random(seed)
        self.version = version
        self.course_key = version.unit_key
        self.authority, self.other = OrganisationFactory.create_batch(2)
        self.departments = DepartmentFactory.create_batch(2, organisation=self.authority)
        self.audiences = [Audience.objects.create(code=f"a{n}", name=f"A{n}") for n in range(3)]
        for _n in range(40):
            self.person()
        self.systems = [self.system(name) for name in ("S1", "S2")]

    def person(self):
        draw = self.random
        membership = MembershipFactory(
            organisation=draw.choice([self.authority] * 4 + [self.other]),
            starts_on=day(draw.choice([-400, -30, 0, 14])),
        )
        if membership.organisation == self.authority:
            membership.department = draw.choice([*self.departments, None])
        if draw.random() < 0.1:
            membership.ends_on = max(membership.starts_on, day(-1))
        membership.save()
        membership.audiences.set(draw.sample(self.audiences, draw.randrange(3)))
        if draw.random() < 0.1 and membership.ends_on is None:
            self.moves(membership)

    def moves(self, membership):
        """Who leaves one place and begins at another, today or later."""
        membership.ends_on = max(membership.starts_on, day(self.random.choice([-1, 10])))
        membership.save()
        MembershipFactory(
            user=membership.user,
            organisation=self.random.choice([self.authority, self.other]),
            department=None,
            starts_on=membership.ends_on + timedelta(days=1),
        )

    def system(self, name):
        """An AI system with who uses and who oversees it; it may have ended."""
        system = AISystem.objects.create(
            organisation=self.authority,
            name=name,
            status=self.random.choice([*SystemStatus.values, SystemStatus.IN_USE]),
        )
        system.audiences.set(self.random.sample(self.audiences, 2))
        own = Membership.objects.filter(organisation=self.authority).order_by("pk")
        system.overseers.set(self.random.sample(list(own), 5))
        return system

    def plan(self):
        """A set of requirements, not saved, of different groups."""
        asked = [
            *({"audience": audience} for audience in [None, *self.audiences]),
            *(
                {"ai_system": system, "system_role": role}
                for system in self.systems
                for role in SystemRole.values
            ),
        ]
        groups = dict.fromkeys(
            (self.random.randrange(len(asked)), self.random.choice([None, *self.departments]))
            for _n in range(self.random.randrange(4))
        )
        return [
            Requirement(
                organisation=self.authority,
                course_key=self.course_key,
                department=department,
                kind=self.random.choice(RequirementKind.values),
                due_on=self.random.choice([None, day(-5), day(20), day(90)]),
                due_days=self.random.choice([None, 10, 60]),
                refresh_months=self.random.choice([None, 6, 12]),
                **asked[number],
            )
            for number, department in groups
        ]

    def put_in_force(self, plan):
        Requirement.objects.filter(organisation=self.authority).delete()
        Requirement.objects.bulk_create(plan)

    def learn(self):
        """Some complete what they have, some begin it, some begin of their own accord.

        In a fixed order: a seed must draw the same world on every database.
        """
        in_order = Enrolment.objects.order_by("user", "cycle")
        for enrolment in in_order.filter(completed_at=None):
            fate = self.random.random()
            if fate < 0.25:
                enrolment.status = EnrolmentStatus.COMPLETED
                enrolment.completed_at = timezone.now() - timedelta(days=300)
                enrolment.course_version = self.version
                enrolment.expires_on = self.random.choice([None, day(-3), day(300)])
            elif fate < 0.5:
                enrolment.status = EnrolmentStatus.IN_PROGRESS
                enrolment.last_activity_key = uuid.uuid4()
            enrolment.save()
        for proof in in_order.current().completed():
            if self.random.random() < 0.3:
                EnrolmentFactory(
                    membership=proof.membership,
                    user=proof.user,
                    course_key=self.course_key,
                    cycle=proof.cycle + 1,
                    source=EnrolmentSource.REQUIREMENT,
                    kind=proof.kind,
                    due_on=proof.expires_on if proof.kind else None,
                )
        newcomers = Membership.objects.filter(user__enrolments=None, starts_on__lte=day(0))
        by_user = {membership.user_id: membership for membership in newcomers.order_by("pk")}
        for membership in by_user.values():
            if self.random.random() < 0.2:
                EnrolmentFactory(membership=membership, course_key=self.course_key)


def state():
    return {
        row["pk"]: row
        for row in Enrolment.objects.values(
            "pk", "user", "kind", "due_on", "completed_at", "refresh_on"
        )
    }


def really_done(before, after):
    """The numbers of an effect that can be told from the rows alone."""
    today = timezone.localdate()

    def is_late(row):
        return bool(row and row["due_on"] and row["due_on"] < today)

    made = [row for pk, row in after.items() if pk not in before]
    still = [(before[pk], row) for pk, row in after.items() if pk in before]
    gone = [row for pk, row in before.items() if pk not in after]
    changed = [
        (old, new)
        for old, new in still
        if new["kind"] and (old["kind"], old["due_on"]) != (new["kind"], new["due_on"])
    ]
    rows = [*before.values(), *after.values()]
    # Of who has the refresher open, or had, that is told.
    learning = {row["user"] for row in rows if row["completed_at"] is None}
    refreshed = [
        new
        for old, new in still
        if old["refresh_on"] != new["refresh_on"] and new["user"] not in learning
    ]
    return {
        "refreshed": len(refreshed),
        "enrolled": len(made),
        "changed": len(changed),
        "released": len(gone) + sum(bool(old["kind"]) and not new["kind"] for old, new in still),
        "overdue": sum(is_late(row) for row in made)
        + sum(is_late(new) and not is_late(old) for old, new in changed),
    }


def told_and_done(world, plan):
    """The effect of a plan as it is told before, and the numbers of what it then does."""
    told = effect_of(organisation=world.authority, course_key=world.course_key, requirements=plan)
    before = state()
    world.put_in_force(plan)
    enrol_authority(organisation_id=world.authority.pk, course_key=world.course_key)
    return told, really_done(before, state())


@pytest.mark.parametrize("seed", [*range(12), 26, 27, 68])
def test_what_is_told_is_what_is_done(seed, version):
    world = World(seed, version)
    world.put_in_force(world.plan())
    enrol_authority(organisation_id=world.authority.pk, course_key=world.course_key)
    for _change in range(4):
        world.learn()
        plan = world.plan()
        told, done = told_and_done(world, plan)
        assert done == {name: getattr(told, name) for name in done}
        again = effect_of(
            organisation=world.authority, course_key=world.course_key, requirements=plan
        )
        assert again.touched == 0
        assert (again.completed, again.expired) == (told.completed, told.expired)


class TwoAsking(World):
    """Half of the people work for both authorities, and both ask."""

    def person(self):
        super().person()
        draw = self.random
        membership = Membership.objects.latest("pk")
        if draw.random() < 0.5 and membership.ends_on is None:
            membership.ends_on = day(20)
            membership.save()
            here = membership.organisation == self.authority
            MembershipFactory(
                user=membership.user,
                organisation=self.other if here else self.authority,
                department=None,
                starts_on=day(draw.choice([-500, -30, -10, 0, 5])),
                ends_on=draw.choice([None, day(30)]),
            )

    def other_plan(self):
        draw = self.random
        for audience in draw.sample([None, *self.audiences], draw.randrange(3)):
            Requirement.objects.create(
                organisation=self.other,
                course_key=self.course_key,
                audience=audience,
                kind=draw.choice(RequirementKind.values),
                due_days=draw.choice([None, 10, 60]),
                refresh_months=draw.choice([None, 6, 12]),
            )


@pytest.mark.parametrize("seed", range(8))
def test_what_is_told_is_what_is_done_where_two_ask(seed, version):
    world = TwoAsking(seed, version)
    world.other_plan()
    world.put_in_force(world.plan())
    met = 0
    for _change in range(4):
        world.learn()
        enrol_everybody()
        assert enrol_everybody() == 0
        told, done = told_and_done(world, world.plan())
        # What the other one asks for from now on is let go here.
        assert told.changed + told.released == done.pop("changed") + done.pop("released")
        assert done == {name: getattr(told, name) for name in done}
        met += told.touched
    assert met
    assert enrol_everybody() == 0


def test_the_seeds_meet_every_outcome(version):
    """Or the comparison above would compare zeros."""
    met = set()
    for seed in range(6):
        world = World(seed, version)
        world.put_in_force(world.plan())
        enrol_authority(organisation_id=world.authority.pk, course_key=world.course_key)
        for _change in range(4):
            world.learn()
            plan = world.plan()
            effect = effect_of(
                organisation=world.authority, course_key=world.course_key, requirements=plan
            )
            met |= {name for name in Effect.__dataclass_fields__ if getattr(effect, name)}
            world.put_in_force(plan)
            enrol_authority(organisation_id=world.authority.pk, course_key=world.course_key)
        Requirement.objects.all().delete()
        AISystem.objects.all().delete()
        Membership.audiences.through.objects.all().delete()
        Audience.objects.all().delete()
    assert met == set(Effect.__dataclass_fields__)


class TestEffect:
    def effect(self, authority, version, **fields):
        requirement = Requirement(organisation=authority, course_key=version.unit_key, **fields)
        return effect_of(
            organisation=authority, course_key=version.unit_key, requirements=[requirement]
        )

    def test_another_authority_is_never_touched(self, authority, version):
        MembershipFactory()
        assert self.effect(authority, version).touched == 0

    def test_what_another_asks_of_people_of_both_is_not_told(self, authority, version):
        """Neither that it asks, nor who has done it, nor what it has not brought in line yet."""

        def of_both(other):
            ending = MembershipFactory(
                organisation=authority, starts_on=day(-100), ends_on=day(20), department=None
            )
            return MembershipFactory(user=ending.user, organisation=other, starts_on=day(-5))

        other = OrganisationFactory()
        done, asked_anew, _new = (of_both(other) for _n in range(3))
        EnrolmentFactory(membership=done, version=version, expired=True)
        EnrolmentFactory(membership=asked_anew, version=version, passed=True, expires_on=None)
        nobody = Audience.objects.create(code="nobody", name="Niemand")
        before = self.effect(authority, version, audience=nobody)
        Requirement.objects.create(
            organisation=other, course_key=version.unit_key, refresh_months=6, due_on=day(-1)
        )
        after = self.effect(authority, version, audience=nobody)
        assert before == after
        assert (after.touched, after.completed, after.expired, after.overdue) == (0, 0, 0, 0)
        # What it asks itself is told, though the other one comes first.
        effect = self.effect(authority, version)
        assert (effect.completed, effect.expired) == (2, 1)

    def test_who_has_completed_it_is_told_apart(self, authority, version):
        for trait in ("passed", "expired"):
            membership = MembershipFactory(organisation=authority)
            EnrolmentFactory(membership=membership, version=version, **{trait: True})
        effect = self.effect(authority, version)
        assert (effect.completed, effect.expired, effect.touched) == (2, 1, 0)

    def test_who_is_late_already_is_not_late_at_once(self, authority, version):
        late, new = MembershipFactory.create_batch(2, organisation=authority)
        EnrolmentFactory(
            membership=late, version=version, kind=RequirementKind.MANDATORY, due_on=day(-9)
        )
        effect = self.effect(authority, version, due_on=day(-2))
        assert (effect.enrolled, effect.changed, effect.overdue) == (1, 1, 1)

    def test_the_fingerprint_knows_the_people(self, authority, version):
        first = MembershipFactory(organisation=authority)
        before = self.effect(authority, version)
        Membership.objects.filter(pk=first.pk).update(starts_on=day(-9), ends_on=day(-1))
        MembershipFactory(organisation=authority)
        after = self.effect(authority, version)
        assert (before.enrolled, after.enrolled) == (1, 1)
        assert before.fingerprint != after.fingerprint

    def test_nothing_is_written(self, authority, version):
        EnrolmentFactory(
            membership=MembershipFactory(organisation=authority), version=version, kind="mandatory"
        )
        before = state()
        effect_of(organisation=authority, course_key=version.unit_key, requirements=[])
        assert state() == before

    def test_queries_do_not_grow_with_people(self, authority, version, django_assert_num_queries):
        for count in (1, 20):
            for membership in MembershipFactory.create_batch(count, organisation=authority):
                EnrolmentFactory(membership=membership, version=version)
            MembershipFactory.create_batch(count, organisation=authority)
            with django_assert_num_queries(4):
                self.effect(authority, version, due_days=10)


class TestEnrolAuthority:
    def test_it_goes_on_in_batches_and_cuts_nobody_apart(self, authority, version, monkeypatch):
        monkeypatch.setattr("courses.actions.enrolling.BATCH", 3)
        for _n in range(4):
            membership = MembershipFactory(
                organisation=authority, starts_on=day(-9), ends_on=day(3), department=None
            )
            MembershipFactory(
                organisation=authority,
                user=membership.user,
                starts_on=day(4),
                department=DepartmentFactory(organisation=authority),
            )
        Requirement.objects.create(
            organisation=authority,
            course_key=version.unit_key,
            department=Department.objects.filter(organisation=authority).first(),
        )
        Requirement.objects.create(
            organisation=authority,
            course_key=version.unit_key,
            kind=RequirementKind.RECOMMENDED,
        )
        enrol_authority(organisation_id=authority.pk, course_key=version.unit_key)
        kinds = Enrolment.objects.values_list("kind", "membership__starts_on")
        assert list(kinds) == [(RequirementKind.RECOMMENDED, day(-9))] * 4

    def test_other_courses_are_left_alone(self, authority, version):
        membership = MembershipFactory(organisation=authority)
        other = EnrolmentFactory(membership=membership, kind="mandatory", due_on=day(5))
        enrol_authority(organisation_id=authority.pk, course_key=version.unit_key)
        assert Enrolment.objects.get() == other
        assert Enrolment.objects.get().kind == "mandatory"

    def test_who_begins_later_has_her_own_adapted(self, authority, version):
        membership = MembershipFactory(organisation=authority, starts_on=day(14))
        requirement = Requirement.objects.create(
            organisation=authority, course_key=version.unit_key, due_on=day(30)
        )
        enrol_as_required(membership_ids=[membership.pk])
        requirement.due_on = day(60)
        requirement.save()
        enrol_as_required(membership_ids=[membership.pk])
        assert Enrolment.objects.get().due_on == day(60)
        requirement.delete()
        enrol_as_required(membership_ids=[membership.pk])
        assert not Enrolment.objects.exists()
