"""What is measured is measured on a hub as it could be."""

from django.test import TestCase

from courses.actions import rebuild_progress
from courses.enums import EnrolmentStatus
from courses.models import CompletionDecision, Enrolment

from .world import COMPLETED, COURSES, build

PEOPLE = 30


class WorldTests(TestCase):
    def test_all_that_is_derived_follows_from_what_was_recorded(self):
        world = build(PEOPLE, lambda _said: None)
        assert Enrolment.objects.count() == PEOPLE * COURSES
        completed = Enrolment.objects.filter(status=EnrolmentStatus.COMPLETED)
        assert completed.count() == CompletionDecision.objects.count() == PEOPLE * COURSES * 7 // 10
        assert list(rebuild_progress(is_check=True)) == []
        enrolment, course = next(world.enrolments(COMPLETED))
        assert enrolment.is_completed
        assert enrolment.course_key == course.page.course_key
