"""What was learnt, without the pages it was learnt on: evidence outlives them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from courses.enums import EnrolmentStatus, Outcome
from courses.models import ContentVersion, Enrolment

from .organisations import MembershipFactory


class ContentVersionFactory(DjangoModelFactory):
    class Meta:
        model = ContentVersion

    unit_key = factory.LazyFunction(uuid.uuid4)
    unit_type = "courses.coursepage"
    language = "de"
    number = 1
    title = "KI-Grundlagen"
    content = factory.LazyAttribute(lambda version: {"title": version.title})
    sha256 = "0" * 64
    published_at = factory.LazyFunction(timezone.now)


class EnrolmentFactory(DjangoModelFactory):
    """An enrolment; ``passed``, ``expired`` and ``overdue`` say how it stands."""

    class Meta:
        model = Enrolment

    class Params:
        version = factory.SubFactory(ContentVersionFactory)
        passed = factory.Trait(
            status=EnrolmentStatus.COMPLETED,
            outcome=Outcome.PASSED,
            completed_at=factory.LazyFunction(timezone.now),
            course_version=factory.SelfAttribute("version"),
            expires_on=factory.LazyFunction(lambda: timezone.localdate() + timedelta(days=700)),
        )
        expired = factory.Trait(
            passed=True,
            completed_at=factory.LazyFunction(lambda: timezone.now() - timedelta(days=800)),
            expires_on=factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=70)),
        )
        overdue = factory.Trait(
            due_on=factory.LazyFunction(lambda: timezone.localdate() - timedelta(days=1))
        )

    membership = factory.SubFactory(MembershipFactory)
    user = factory.SelfAttribute("membership.user")
    course_key = factory.SelfAttribute("version.unit_key")
