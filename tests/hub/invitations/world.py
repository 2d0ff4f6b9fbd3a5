"""People of two authorities, and the codes of the letters that are written to them."""

from unittest.mock import patch

from django.test import TestCase

from hub.invitations import actions
from hub.invitations.letters import Letter
from hub.organisations.models import Membership, User
from tests.factories.organisations import (
    HRUserFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)


class InvitationTestCase(TestCase):
    """*Hilde* is HR of Coesfeld, *Bernd* of Olfen; *Anna* and *Dora* work in Coesfeld."""

    @classmethod
    def setUpTestData(cls):
        cls.coesfeld = OrganisationFactory(name="Stadt Coesfeld", hr_label="Personalamt")
        cls.olfen = OrganisationFactory(name="Stadt Olfen")
        cls.hilde = HRUserFactory(username="hilde", organisation=cls.coesfeld)
        cls.bernd = HRUserFactory(username="bernd", organisation=cls.olfen)
        cls.anna = cls.person("anna", "Anna", "Terhorst", cls.coesfeld)
        cls.dora = cls.person("dora", "Dora", "Vennemann", cls.coesfeld)
        cls.otto = cls.person("otto", "Otto", "Brüning", cls.olfen)

    @classmethod
    def person(cls, username, first_name, last_name, organisation, **fields) -> User:
        user = UserFactory(
            username=username, first_name=first_name, last_name=last_name, email="", password="!"
        )
        MembershipFactory(user=user, organisation=organisation, **fields)
        return user

    def membership(self, user) -> Membership:
        return Membership.objects.select_related("user", "organisation", "department").get(
            user=user
        )

    def write(self, *users, actor=None, language="") -> list[Letter]:
        """The letters that are written, as they are handed to the printer."""
        rows = [self.membership(user) for user in users]
        with patch.object(actions, "render_letters", return_value=b"%PDF") as printer:
            actions.write_letters(memberships=rows, actor=actor or self.hilde, language=language)
        return printer.call_args.args[0]

    def code(self, user) -> str:
        return self.write(user)[0].code
