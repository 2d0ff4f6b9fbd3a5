"""Invented people: names, logins, chance."""

from random import Random

from hub.demo.content import CONTENT
from hub.demo.people import ROLES, names, read_accounts


def test_names_are_the_same_on_every_run_and_never_twice():
    first, second = (names(CONTENT, Random(1)) for _run in range(2))

    drawn = [next(first) for _number in range(300)]

    assert drawn == [next(second) for _number in range(300)]
    assert len(set(drawn)) == 300


def test_every_role_is_documented():
    accounts = read_accounts(CONTENT)
    count = {role: sum(account.role == role for account in accounts) for role in ROLES}

    assert count == {
        "employee": 12,
        "hr": 12,
        "council": 1,
        "editor": 3,
        "reviewer": 1,
        "administrator": 1,
    }
    assert len({account.username for account in accounts}) == len(accounts)
