"""Numbers and certificates under races: on the real database, with real transactions."""

from itertools import count
from threading import Lock
from unittest.mock import patch

from django.test import TransactionTestCase
from django.utils import timezone

from certificates import actions
from certificates.models import Certificate, NumberRange
from courses.actions import complete_activity, enrol
from courses.models import Enrolment
from hub.organisations.models import Membership, User
from tests.cases import LearningHubTestCase
from tests.courses.test_concurrency import at_once

PEOPLE = 8


class Interrupted(Exception):
    """Something fails after the number was drawn and before the certificate is there."""


class IssuingConcurrencyTests(TransactionTestCase):
    def setUp(self):
        case = LearningHubTestCase
        case.build_pages()
        case.build_people()
        self.organisations = [case.coesfeld, case.olfen]
        for organisation in self.organisations:
            for n in range(PEOPLE):
                user = User.objects.create(
                    username=f"{organisation.code}{n}", first_name="P", last_name=f"{n}"
                )
                membership = Membership.objects.create(user=user, organisation=organisation)
                enrolment = enrol(membership=membership, course=case.course)
                for page in (*case.modules, case.quiz):
                    complete_activity(enrolment=enrolment, page=page)
        self.enrolments = list(Enrolment.objects.all())

    def numbers(self, organisation) -> list[str]:
        found = Certificate.objects.filter(enrolment__membership__organisation=organisation)
        return sorted(found.values_list("number", flat=True))

    def gapless(self, organisation, last) -> list[str]:
        year = timezone.localdate().year
        return [f"{organisation.code}-{year}-{number:05d}" for number in range(1, last + 1)]

    def test_numbers_have_no_gap_though_some_fail_in_the_middle(self):
        Certificate.objects.all().delete()
        NumberRange.objects.all().delete()
        calls, lock = count(), Lock()
        new_code = actions.new_code

        def fails_now_and_then():
            with lock:
                number = next(calls)
            if number % 3 == 1:
                raise Interrupted
            return new_code()

        def issue(enrolment) -> int:
            """How often it failed before it worked."""
            for failed in range(50):
                try:
                    actions.issue_certificate(enrolment=enrolment)
                except Interrupted:
                    continue
                return failed
            raise AssertionError("It never worked.")

        with patch("certificates.actions.new_code", fails_now_and_then):
            failed = at_once(issue, self.enrolments * 3)
        assert sum(failed) > PEOPLE
        assert Certificate.objects.count() == len(self.enrolments)
        for organisation in self.organisations:
            assert self.numbers(organisation) == self.gapless(organisation, PEOPLE)
            numbers = NumberRange.objects.get(organisation=organisation)
            assert numbers.last_number == PEOPLE

    def test_a_new_name_asked_for_several_times_at_once_gives_one_certificate(self):
        """By the person and by HR, while others get their first one."""
        certificates = list(Certificate.objects.all())
        at_once(
            lambda certificate: actions.reissue_certificate(certificate=certificate),
            certificates * 4,
        )
        assert Certificate.objects.count() == 2 * len(self.enrolments)
        assert Certificate.objects.current().count() == len(self.enrolments)
        for organisation in self.organisations:
            assert self.numbers(organisation) == self.gapless(organisation, 2 * PEOPLE)
