"""Names are found in whatever spelling and sorted as German lists are, on every database."""

import importlib
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test import TestCase
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.organisations.lookups import name_contains
from hub.organisations.models import User
from hub.organisations.names import name_key, search_form, user_name
from tests.factories.organisations import MembershipFactory, UserFactory

#: The Latin letters of DIN 91379 that are one character, by their ranges in Unicode.
RANGES = (
    "AZ az ÀÖ Øö øž Ƈƈ ƏƏ ƗƗ Ơơ Ưư ƷƷ Ǎǜ Ǟǟ Ǣǰ Ǵǵ Ǹǿ Ȓȓ Șț Ȟȟ ȧȳ əə ɨɨ ʒʒ "
    "Ḃḃ Ḇḇ Ḋḑ ḗḗ Ḝḫ ḯḷ Ḻḻ Ṁṉ Ṓṛ Ṟṣ Ṫṯ Ẁẇ Ẍẗ ẞẞ Ạỹ"
)
LETTERS = [chr(code) for first, last in RANGES.split() for code in range(ord(first), ord(last) + 1)]
#: Its sequences: a letter and the marks that are put to it.
SEQUENCES = """
    A̋ C̀ C̄ C̆ C̈ C̕ C̣ C̦ C̨̆ D̂ F̀ F̄ G̀ H̄ H̦ H̱ J́ J̌ K̀ K̂ K̄ K̇ K̕ K̛ K̦ K͟H K͟h L̂
    L̥ L̥̄ L̦ M̀ M̂ M̆ M̐ N̂ N̄ N̆ N̦ P̀ P̄ P̕ P̣ R̆ R̥ R̥̄ S̀ S̄ S̛̄ S̱ T̀ T̄ T̈ T̕ T̛ U̇
    Z̀ Z̄ Z̆ Z̈ Z̧ Ç̆ Û̄ ÿ́ Č̕ Č̣ ē̍ Ī́ ō̍ Ž̦ Ž̧ Ḳ̄ Ṣ̄ Ṭ̄ Ạ̈ Ọ̈ Ụ̄ Ụ̈
""".split()  # noqa: SIM905 (a list of eighty strings would hide what it says)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Gökçe", "goekce"),
        ("Goekce", "goekce"),
        ("Weiß", "weiss"),
        ("WEIẞ", "weiss"),
        ("Große-Wächter", "grosse waechter"),
        ("O'Brien", "obrien"),
        ("O’Brien", "obrien"),
        ("Nguyễn Thị Ðức", "nguyen thi duc"),
        ("Łukasz Đorđević", "lukasz dordevic"),
        ("Yıldız İnönü", "yildiz inoenue"),
        ("Åse Sørensen", "aase soerensen"),
        ("Þór Æsir", "thor aesir"),
        ("Ạ̈ǟȫǜ", "aeaeoeue"),
        ("Ǻ Ǿ Ǽ Ĳ Œ Ŋ ĸ Ə Ɨ Ʒ Ǥ Ŀ ŉ Ħ Ŧ Ƈ", "aa oe ae ij oe n k e i z g l n h t c"),
        ("Пётр Чайкин", "пётр чайкин"),
        ("ΓΙΏΡΓΟΣ", "γιώργοσ"),
        ("  von   der Heide ", "von der heide"),
        ("Go\u0308kc\u0327e", "goekce"),
        ("–", ""),
    ],
)
def test_search_form(name, form):
    assert search_form(name) == form


@pytest.mark.parametrize("letter", [*LETTERS, *SEQUENCES])
def test_every_latin_letter_becomes_basic_letters(letter):
    form = search_form(letter)
    assert form.isascii() and form.isalpha() and form.islower(), form


@given(st.text())
@settings(deadline=None)
def test_a_search_form_is_its_own_search_form(text):
    assert search_form(search_form(text)) == search_form(text)


def test_the_key_holds_both_ways_to_write_umlauts():
    assert name_key("Gökçe", "Ali") == "goekce\tali\tgokce\tali"
    assert name_key("Terhorst", "Anna") == "terhorst\tanna"


@pytest.mark.parametrize(
    ("first", "last", "username"),
    [
        ("Anna", "Terhorst", "anna.terhorst"),
        ("Thị Minh Châu", "Nguyễn-Große Hokamp", "thi.nguyen-grosse-hokamp"),
        ("Željka", "Đorđević", "zeljka.dordevic"),
        ("Gökhan", "Yılmaz", "goekhan.yilmaz"),
        ("Marie-Luise", "van der Straeten", "marie-luise.van-der-straeten"),
        ("", "Suharto", "suharto"),
        ("–", "", ""),
    ],
)
def test_user_names_are_readable_and_easy_to_type(first, last, username):
    assert user_name(first, last) == username


class KeyTests(TestCase):
    """The key is right whatever way a person is written."""

    def key(self, user):
        return User.objects.values_list("name_key", flat=True).get(pk=user.pk)

    def test_create(self):
        assert self.key(UserFactory(last_name="Weiß", first_name="Jo")) == "weiss\tjo"

    def test_save(self):
        user = UserFactory()
        user.last_name, user.first_name = "Weiß", "Jo"
        user.save()
        assert self.key(user) == "weiss\tjo"

    def test_save_of_one_field(self):
        user = UserFactory(first_name="Jo")
        user.last_name = "Weiß"
        user.save(update_fields=["last_name"])
        assert self.key(user) == "weiss\tjo"
        user.email = "jo@example.org"
        with self.assertNumQueries(1):
            user.save(update_fields=["email"])

    def test_bulk_create(self):
        user = User.objects.bulk_create([User(username="jo", last_name="Weiß")])[0]
        assert self.key(user) == "weiss\t"

    def test_update_or_create(self):
        user = UserFactory(first_name="Jo")
        User.objects.update_or_create(pk=user.pk, defaults={"last_name": "Weiß"})
        assert self.key(user) == "weiss\tjo"

    def test_the_longest_name(self):
        user = UserFactory(last_name="Ö" * 150, first_name="Ü" * 150)
        assert self.key(user).startswith("oeoe")

    def test_the_migration_fills_what_was_there_before(self):
        user = UserFactory(last_name="Weiß", first_name="Jo")
        User.objects.filter(pk=user.pk).update(name_key="")
        migration = importlib.import_module("hub.organisations.migrations.0003_fill_user_name_key")
        migration.fill(apps, SimpleNamespace(connection=connection))
        assert self.key(user) == "weiss\tjo"


class SearchTests(TestCase):
    def found(self, query):
        return set(User.objects.filter(name_contains(query)).values_list("username", flat=True))

    def test_every_spelling_finds_every_spelling(self):
        for username, last in (("ö", "Gökçe"), ("oe", "Goekce"), ("o", "Gokce")):
            UserFactory(username=username, last_name=last, first_name="Ali")
        assert self.found("Goekce") == self.found("Gökçe") == self.found("ali GÖKCE") == {"ö", "oe"}
        assert self.found("Gokce") == {"ö", "o"}

    def test_every_word_must_be_found(self):
        UserFactory(username="hilde", last_name="Große-Wächter", first_name="Hilde")
        assert self.found("wacht hil") == self.found("Große Waechter") == {"hilde"}
        assert self.found("Große Anna") == set()

    def test_other_alphabets(self):
        UserFactory(username="pjotr", last_name="Чайкин", first_name="Пётр")
        assert self.found("чайкин") == self.found("ЧАЙКИН пётр") == {"pjotr"}

    def test_signs_and_wildcards_find_nobody(self):
        UserFactory()
        for query in ("", "%", "_", "–", "%_"):
            assert self.found(query) == set()


class OrderTests(TestCase):
    def test_german_lists(self):
        order = [
            "Łaski",
            "Ödland",
            "Oehler",
            "Oeser",
            "Özdemir",
            "Ofen",
            "Schulze",
            "Schulze Höping",
            "Schulzek",
            "Zander",
            "Чайкин",
        ]
        for last_name, first_name in zip(reversed(order), "AZAZAZAZAZA", strict=True):
            UserFactory(last_name=last_name, first_name=first_name)
        names = User.objects.order_by("name_key").values_list("last_name", flat=True)
        assert list(names) == order


class AdministrationTests(TestCase):
    """Lists and choosers of the administration search and sort alike."""

    @classmethod
    def setUpTestData(cls):
        cls.admin = User.objects.create_superuser("admin", last_name="Admin")
        cls.ali = MembershipFactory(
            user__username="ag",
            user__last_name="Gökçe",
            user__first_name="Ali",
            staff_number="00417",
        )
        MembershipFactory(user__last_name="Terhorst", user__first_name="Anna")

    def setUp(self):
        self.client.force_login(self.admin)

    def test_memberships_accounts_and_chooser(self):
        chooser = reverse("person_chooser:choose_results")
        for url, queries in (
            (reverse("memberships:index"), ("Goekce", "gokce ali", "0041")),
            (reverse("wagtailusers_users:index"), ("Goekce", "gokce ali", "ag")),
            (chooser, ("Goekce", "gokce ali", "ag")),
        ):
            for query in queries:
                page = self.client.get(url, {"q": query})
                self.assertContains(page, "Gökçe")
                self.assertNotContains(page, "Terhorst")
            assert self.client.get(url, {"ordering": "-name"}).status_code == 200
