"""How often one place may ask the check page.

Codes hold 80 random bits: nobody finds one by trying. The limit keeps a machine from asking all
day; it is wide enough for a desk that checks a pile of papers, and for a town hall behind one
address.
"""

from __future__ import annotations

from django.http import HttpRequest

from hub.rate_limits import RateLimit, place_of

#: So many checks in so many seconds.
LIMIT, WINDOW = 60, 60
_CHECKS = RateLimit("certificates.rate_limit", LIMIT, WINDOW)


def may_check(request: HttpRequest) -> bool:
    """Count this check; whether it is still within the limit."""
    return _CHECKS.allows(place_of(request))
