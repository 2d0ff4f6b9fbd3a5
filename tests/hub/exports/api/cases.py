"""Two authorities with the same lists, and programs that ask for them."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from certificates.actions import issue_certificate
from courses import actions as learning
from courses.models import Enrolment
from hub.exports.api.tokens import PERMISSION, issue_token
from hub.exports.exporters import exporters
from hub.exports.models import ReportSwitch
from hub.exports.reports import reports
from hub.organisations.models import GroupOrganisationPermission, User
from tests.cases import LearningHubTestCase
from tests.factories.organisations import permission

#: All lists there are when the tests are collected: the built-in ones and that of a third party.
LISTS = sorted(exporters)
CERTIFICATES = "certificates.view_certificate"
#: What tells of Coesfeld, and what of Olfen.
COESFELD = ("Terhorst", "Bürgerbüro", "Große-Wächter", "05558012", "Coesfeld")
OLFEN = ("Brüning", "Bauamt", "Schulze", "05558036", "Olfen")


def fresh(user) -> User:
    """The person as the next request meets her."""
    return User.objects.get(pk=user.pk)


def in_a_year() -> date:
    return timezone.localdate() + timedelta(days=365)


class ApiTestCase(LearningHubTestCase):
    """*Hilde* makes tokens for Coesfeld, *Bernd* for Olfen; both may hand over every list."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        for user, organisation in ((cls.hilde, cls.coesfeld), (cls.bernd, cls.olfen)):
            for name in (PERMISSION, "organisations.view_department", CERTIFICATES):
                cls.grant(user, organisation, name)
            for report in reports:
                ReportSwitch.objects.create(organisation=organisation, report=report, is_on=True)

    def setUp(self) -> None:
        cache.clear()
        for user in (self.anna, self.otto, self.hilde, self.bernd):
            learning.enrol(membership=self.membership(user), course=self.course)

    @classmethod
    def grant(cls, user, organisation, name) -> None:
        GroupOrganisationPermission.objects.create(
            group=user.groups.get(), organisation=organisation, permission=permission(name)
        )

    def withdraw(self, user, name) -> None:
        GroupOrganisationPermission.objects.filter(
            group__user=user, permission=permission(name)
        ).delete()

    def put_somebody_on_every_list(self):
        """Anna's proof ends soon, Hilde has something open, Mara has released a proof."""
        self.come_from_olfen()
        enrolment = Enrolment.objects.get(user=self.anna)
        for page in (*self.modules, self.quiz):
            learning.complete_activity(enrolment=enrolment, page=page)
        issue_certificate(enrolment=Enrolment.objects.get(pk=enrolment.pk))
        soon = timezone.localdate() + timedelta(days=10)
        Enrolment.objects.filter(pk=enrolment.pk).update(expires_on=soon)
        Enrolment.objects.filter(user=self.hilde).update(kind="mandatory", due_on=soon)

    def token(self, maker=None, organisation=None, **changes):
        """A new token and its secret."""
        asked = {
            "organisation": organisation or self.coesfeld,
            "name": f"Personalsystem {timezone.now().timestamp()}",
            "purpose": "Abgleich mit der Personalakte",
            "scopes": LISTS,
            "expires_on": in_a_year(),
            "maker": fresh(maker or self.hilde),
        }
        return issue_token(**(asked | changes))

    def secret(self, *args, **changes) -> str:
        return self.token(*args, **changes)[1]

    def get(self, address, secret=None, *, client=None, method="get", **headers):
        """Ask as a program does; ``address`` may be the key of a list."""
        if address in exporters:
            address = reverse("hr_api:rows", args=[address])
        if secret is not None:
            headers["Authorization"] = f"Bearer {secret}"
        return getattr(client or Client(), method)(address, headers=headers)

    def walk(self, key, secret, *, limit, query="") -> list[dict]:
        """All pages of a list."""
        found = []
        address = reverse("hr_api:rows", args=[key]) + f"?limit={limit}{query}"
        while address:
            page = self.get(address, secret).json()
            assert len(page["rows"]) <= limit
            found.append(page)
            address = page["next"]
        return found
