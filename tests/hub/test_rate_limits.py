"""Whom a limit counts as one place, and that nobody can choose hers."""

from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from hub.rate_limits import RateLimit, place_of

VISITOR = "203.0.113.9"
PROXY = "10.0.0.1"
LIMIT, WINDOW = 60, 60


@pytest.fixture(autouse=True)
def _fresh():
    """An empty count, and one minute however long the test takes."""
    cache.clear()
    with patch("hub.rate_limits.time.time", return_value=0):
        yield


def ask(peer, forwarded=None, purpose="test") -> bool:
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **headers)
    return RateLimit(purpose, LIMIT, WINDOW).allows(place_of(request))


def exhaust(peer, forwarded=None):
    assert all(ask(peer, forwarded) for _n in range(LIMIT))
    assert not ask(peer, forwarded)


def test_after_the_minute_it_goes_on():
    exhaust(VISITOR)
    with patch("hub.rate_limits.time.time", return_value=WINDOW):
        assert ask(VISITOR)


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_who_invents_addresses_gains_nothing(proxies, settings):
    """Through none, one or two servers of ours: another invented address in front each time."""
    settings.TRUSTED_PROXIES = proxies
    ours = [VISITOR, "10.0.0.2"][:proxies]
    peer = PROXY if proxies else VISITOR

    def forwarded(number):
        return ", ".join([f"198.51.{number % 200}.7", *ours])

    answers = [ask(peer, forwarded(number)) for number in range(LIMIT + 20)]
    assert answers == [True] * LIMIT + [False] * 20


@pytest.mark.parametrize(
    "words", ["", " ", ",", "unknown", "1.2.3.4.5", "<script>", "::1%eth0", "a" * 5000]
)
def test_an_address_that_is_none_is_one_place_and_no_error(words, settings):
    settings.TRUSTED_PROXIES = 1
    exhaust(PROXY, words)


def test_behind_a_proxy_each_visitor_counts_for_herself(settings):
    settings.TRUSTED_PROXIES = 1
    exhaust(PROXY, VISITOR)
    assert ask(PROXY, "198.51.100.1")


def test_none_is_trusted_unless_the_operator_says_so(settings):
    assert settings.TRUSTED_PROXIES == 0
    exhaust(PROXY, VISITOR)
    assert not ask(PROXY, "198.51.100.1")
    assert ask("10.9.9.9", VISITOR)


def test_who_comes_by_another_way_than_the_proxies_counts_as_the_peer(settings):
    settings.TRUSTED_PROXIES = 2
    exhaust(VISITOR, "198.51.100.1")
    assert not ask(VISITOR, "192.0.2.200")
    assert not ask(VISITOR)


@pytest.mark.parametrize(
    ("one", "same", "other"),
    [
        ("192.0.2.7", "192.0.2.250", "192.0.3.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", "2001:db8:1:3::7"),
        ("::ffff:192.0.2.7", "192.0.2.9", "::ffff:192.0.3.7"),
    ],
)
def test_a_place_is_a_network(one, same, other):
    exhaust(one)
    assert not ask(same)
    assert ask(other)


def test_each_purpose_is_counted_for_itself():
    exhaust(VISITOR)
    assert ask(VISITOR, purpose="other")
