"""How often one place may ask something that must not be tried out all day.

It is a brake, no lock: what is asked for holds enough random bits that nobody finds it by trying.
"""

from __future__ import annotations

import time
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

#: The length of the time that is counted in, in seconds.
WINDOW = 60


def is_within_limit(request: HttpRequest, purpose: str, *, limit: int) -> bool:
    """Count this request; whether its place has asked ``limit`` times a minute at the most.

    ``purpose`` says what is counted together, for example ``"certificates.check"``. The cache holds
    a number under a key that leads to nobody, for two minutes. Two at the same moment may count as
    one.
    """
    key = _key(request, purpose)
    count = int(cache.get(key, 0)) + 1
    cache.set(key, count, 2 * WINDOW)
    return count <= limit


def _key(request: HttpRequest, purpose: str) -> str:
    value = f"{_place(request)}:{int(time.time()) // WINDOW}"
    return salted_hmac(f"hub.rate_limit.{purpose}", value, algorithm="sha256").hexdigest()


def _place(request: HttpRequest) -> str:
    """The network a request comes from: 24 bits of an IPv4 address, 64 of an IPv6 address.

    64 bits are one connection of a household or an office (RFC 6177): whoever has one has 2⁶⁴
    addresses to ask from.
    """
    try:
        address = ip_address(_address(request))
    except ValueError:
        return ""
    # A server that listens to both may write an IPv4 address as an IPv6 one.
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False))


def _address(request: HttpRequest) -> str:
    """Who connects, or who connected to the first of our own servers in front.

    Each of them adds an address at the end; what stands before those is the visitor's own word.
    A request that did not pass all of them counts as its peer: it came in by another way.
    """
    connected: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    count = settings.TRUSTED_PROXIES
    return hops[-count] if 0 < count <= len(hops) and hops[-count] else connected
