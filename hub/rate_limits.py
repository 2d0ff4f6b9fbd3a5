"""How often somebody may ask for something.

The cache holds a number under a key that leads to nobody, for two windows. Two at the same moment
may count as one: it is a brake, no lock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many times in a window of so many seconds, for each who is counted under ``name``."""

    name: str
    limit: int
    window: int

    def allows(self, who: str) -> bool:
        """Count once more for ``who``; whether that is still within the limit."""
        value = f"{who}:{int(time.time()) // self.window}"
        key = salted_hmac(self.name, value, algorithm="sha256").hexdigest()
        count = int(cache.get(key, 0)) + 1
        cache.set(key, count, 2 * self.window)
        return count <= self.limit

    def seconds_left(self) -> int:
        """After how many seconds the next window begins."""
        return self.window - int(time.time()) % self.window


def place_of(request: HttpRequest) -> str:
    """The network a request comes from: 24 bits of an IPv4 address, 64 of an IPv6 address.

    64 bits are one connection of a household or an office (RFC 6177): whoever has one has 2⁶⁴
    addresses to ask from. An address that is none gives an empty text.
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
