"""Two authorities with the same lists, and programs that ask for them."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses import actions as learning
from hub.exports.api.tokens import PERMISSION, issue_token
from hub.exports.exporters import exporters
from hub.organisations.models import GroupOrganisationPermission, User
from tests.cases import LearningHubTestCase
from tests.factories.organisations import permission

#: All lists there are when the tests are collected: the built-in ones and that of a third party.
LISTS = sorted(exporters)
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
            for name in (PERMISSION, "organisations.view_department"):
                cls.grant(user, organisation, name)

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
