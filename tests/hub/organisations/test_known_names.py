"""By which name an authority knows a person: that of today, or that of when she left."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from hub.organisations.importing.applying import import_employees
from hub.organisations.models import Membership, User
from hub.organisations.names import name_key
from tests.factories.organisations import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    rename,
)

TODAY = timezone.localdate


class KnownNameTests(TestCase):
    def setUp(self) -> None:
        self.old, self.new = OrganisationFactory(), OrganisationFactory()
        self.anna = UserFactory(first_name="Anna", last_name="Terhorst")
        yesterday = TODAY() - timedelta(days=1)
        self.left = MembershipFactory(
            user=self.anna,
            organisation=self.old,
            ends_on=yesterday,
            starts_on=yesterday - timedelta(days=9),
        )
        self.works = MembershipFactory(user=self.anna, organisation=self.new)

    def known(self, membership: Membership) -> tuple[str, str, str]:
        membership.refresh_from_db()
        return membership.last_name, membership.first_name, membership.name_key

    def both(self, last_name: str) -> tuple[str, str, str]:
        return last_name, "Anna", name_key(last_name, "Anna")

    def test_it_is_there_from_the_beginning(self):
        assert self.known(self.left) == self.known(self.works) == self.both("Terhorst")
        (made,) = Membership.objects.bulk_create(
            [Membership(user=UserFactory(last_name="Öz"), organisation=self.old)]
        )
        assert self.known(made)[2] == name_key("Öz", "Kim")

    def test_who_has_left_keeps_the_name_of_then(self):
        rename(self.anna.pk, last_name="Große-Wächter")
        assert self.known(self.works) == self.both("Große-Wächter")
        assert self.known(self.left) == self.both("Terhorst")
        self.left.staff_number = "7"
        self.left.save()
        assert self.known(self.left) == self.both("Terhorst")

    def test_a_whole_account_may_be_saved(self):
        user = User.objects.get(pk=self.anna.pk)
        user.last_name = "Neu"
        with self.assertNumQueries(2):
            user.save()
        assert self.known(self.works) == self.both("Neu")
        assert self.known(self.left) == self.both("Terhorst")
        with self.assertNumQueries(1):
            user.save(update_fields=["last_login"])

    def test_what_is_begun_anew_takes_the_name_of_today(self):
        self.works.ends_on = TODAY() - timedelta(days=1)
        self.works.starts_on = TODAY() - timedelta(days=9)
        self.works.save()
        rename(self.anna.pk, last_name="Neu")
        assert self.known(self.works) == self.both("Terhorst")
        again = Membership.objects.get(pk=self.works.pk)
        again.ends_on = None
        again.save(update_fields=["ends_on"])
        assert self.known(again) == self.both("Neu")

    def test_changes_in_bulk_take_two_queries(self):
        User.objects.filter(pk=self.anna.pk).update(last_name="Neu", name_key=name_key("Neu", ""))
        with self.assertNumQueries(1):
            Membership.objects.all().take_names()
        assert self.known(self.works)[0] == "Neu"
        assert self.known(self.left)[0] == "Terhorst"

    def test_a_list_of_employees_gives_names(self):
        Membership.objects.filter(pk=self.works.pk).update(staff_number="7")
        content = "Personalnummer;Nachname;Vorname\n7;Neu;Anna\n8;Öz;Ali\n"
        import_employees(organisation=self.new, content=content.encode())
        assert self.known(self.works) == self.both("Neu")
        assert self.known(self.left) == self.both("Terhorst")
        ali = Membership.objects.get(staff_number="8")
        assert self.known(ali) == ("Öz", "Ali", name_key("Öz", "Ali"))

    def test_who_has_no_name_goes_by_the_user_name_while_working(self):
        rename(self.anna.pk, last_name="", first_name="")
        self.works.refresh_from_db()
        assert self.works.person_name == self.anna.username
        nobody = MembershipFactory(
            user__first_name="",
            user__last_name="",
            starts_on=TODAY() - timedelta(days=9),
            ends_on=TODAY() - timedelta(days=1),
        )
        assert nobody.person_name == "–"
