"""Invented people: names, logins, chance."""

from random import Random

import pytest

from hub.demo.content import CONTENT
from hub.demo.people import ROLES, login_name, names, read_accounts


@pytest.mark.parametrize(
    ("first", "last", "login"),
    [
        ("Anna", "Terhorst", "anna.terhorst"),
        ("Thị Minh Châu", "Nguyễn-Große Hokamp", "thi.nguyen-grosse-hokamp"),
        ("Željka", "Đorđević", "zeljka.dordevic"),
        ("Gökhan", "Yılmaz", "goekhan.yilmaz"),
        ("Łucja", "Çelik", "lucja.celik"),
        ("Marie-Luise", "van der Straeten", "marie-luise.van-der-straeten"),
    ],
)
def test_login_is_plain_ascii(first, last, login):
    assert login_name(first, last) == login


def test_names_are_the_same_on_every_run_and_never_twice():
    first, second = (names(CONTENT, Random(1)) for _run in range(2))

    drawn = [next(first) for _number in range(300)]

    assert drawn == [next(second) for _number in range(300)]
    assert len(set(drawn)) == 300


def test_every_role_is_documented():
    accounts = read_accounts(CONTENT)
    count = {role: sum(account.role == role for account in accounts) for role in ROLES}

    assert count == {"employee": 10, "hr": 12, "editor": 3, "reviewer": 1, "administrator": 1}
    assert len({account.username for account in accounts}) == len(accounts)
