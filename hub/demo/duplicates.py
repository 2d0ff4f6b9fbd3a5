"""One person of the demo has two accounts, as after a list with another user name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from courses import actions
from courses.models import CoursePage, Enrolment, ModulePage
from hub.organisations.models import Membership, User

from .identifiers import stable_id
from .learning import BASICS
from .people import Person
from .plan import course_key

#: The authority whose HR finds the pair under "Doppelte Konten".
AUTHORITY = "coesfeld"


def create_duplicate(people: Iterable[Person], today: date) -> User:
    """A second account of somebody who has completed the first course; there it is begun anew."""
    completed = set(
        Enrolment.objects.completed()
        .filter(course_key=course_key(BASICS), membership__organisation__slug=AUTHORITY)
        .values_list("user", flat=True)
    )
    person = next(
        person
        for person in people
        if person.account is None and person.user.email and person.user.pk in completed
    )
    first = person.user
    username = f"{first.username}2"
    name, _at, domain = first.email.partition("@")
    second = User.objects.create(
        uuid=stable_id("user", username),
        username=username,
        first_name=first.first_name,
        last_name=first.last_name,
        email=f"{name}2@{domain}",
        password=first.password,
    )
    membership = Membership.objects.create(
        user=second,
        organisation=person.membership.organisation,
        department=person.membership.department,
        starts_on=today - timedelta(days=20),
    )
    membership.audiences.set(person.membership.audiences.all())
    actions.enrol_as_required(membership_ids=[membership.pk])
    course = CoursePage.objects.get(translation_key=course_key(BASICS), locale__language_code="de")
    enrolment = actions.enrol(membership=membership, course=course)
    module = ModulePage.objects.child_of(course).first()
    if module is not None:
        actions.complete_activity(enrolment=enrolment, page=module)
    return second
