"""Answers that somebody sends whose session has ended: kept until she has signed in again.

They stand in the session of nobody that this request begins, which Django keeps on at signing in.
"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, QueryDict

SESSION_KEY = "courses_unsent_answers"
#: Characters; more than the answers of any quiz, and little enough for everybody who asks.
LIMIT = 100_000


def keep_unsent(request: HttpRequest, attempt: UUID) -> None:
    """Keep the form that was sent for an attempt."""
    data = request.POST.urlencode()
    if len(data) <= LIMIT:
        request.session[SESSION_KEY] = {"attempt": str(attempt), "data": data}


def take_unsent(request: HttpRequest, attempt: UUID) -> QueryDict | None:
    """The form kept for an attempt, once."""
    kept = request.session.get(SESSION_KEY)
    if kept is None or kept["attempt"] != str(attempt):
        return None
    del request.session[SESSION_KEY]
    return QueryDict(kept["data"])
