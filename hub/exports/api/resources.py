"""The addresses of the interface and what each answers. Read-only: there is nothing to send."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Query
from ninja.errors import AuthenticationError, Throttled, ValidationError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from hub.exports.exporters import ROW_KEY_COLUMN, Exporter, ExportScope, exporters
from hub.exports.models import ApiToken
from hub.json_tables import write_json
from hub.rate_limits import RateLimit, place_of

from .accesses import log_access
from .document import with_lists
from .pages import CURSOR, DEFAULT_LIMIT, LIMIT, MAX_LIMIT, limit_refused, page_of
from .problems import Problem
from .tokens import note_use, readable_lists, refusal, token_of

#: What an answer with rows is; raised when it means something else.
LIST_FORMAT = "ki-hub-list/1"
#: A list of 100,000 people takes two minutes in full pages.
REQUESTS = RateLimit("exports.api.requests", 60, 60)
#: What does not work may be a mistake; who tries all day is slowed down. It never slows down a
#: token that works, for a whole town hall may share one address.
WRONG_TOKENS = RateLimit("exports.api.wrong_tokens", 20, 60)
READING = ["GET", "HEAD"]


class Api(NinjaAPI):
    """Ninja's own, whose document names every list with its columns, in the caller's language."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        return with_lists(super().get_openapi_schema(**kwargs))


class Token(HttpBearer):
    """``Authorization: Bearer kihub_…``; neither cookies nor sessions play a role."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        found = token_of(token)
        why = refusal(found) if found else _("There is no such token.")
        if found is None or why:
            raise _unauthorised(request, why)
        note_use(found)
        return found


class RequestsOfToken(BaseThrottle):
    """So many requests of one token in a minute."""

    def allow_request(self, request: HttpRequest) -> bool:
        return REQUESTS.allows(str(_token(request).pk))

    def wait(self) -> float:
        return REQUESTS.seconds_left()


def _token(request: HttpRequest) -> ApiToken:
    return cast(ApiToken, request.auth)  # type: ignore[attr-defined]


def _unauthorised(request: HttpRequest, why: str) -> Problem:
    """What who asks without a working token is told; too often, and it is to wait."""
    if not WRONG_TOKENS.allows(place_of(request)):
        return _too_many(WRONG_TOKENS.seconds_left())
    return Problem(
        401, _("No working token"), why, headers={"WWW-Authenticate": 'Bearer realm="KI-Hub"'}
    )


def _too_many(seconds: int) -> Problem:
    return Problem(
        429,
        _("Too many requests"),
        _("Please wait until the minute is over."),
        headers={"Retry-After": str(seconds)},
    )


# Its own name of addresses: a newer Wagtail comes with an interface of the same library.
api = Api(
    title="KI-Hub",
    version="1",
    urls_namespace="hr_api",
    # The pages for trying out load scripts from other servers.
    docs_url=None,
    docs_decorator=cache_control(no_store=True),
    auth=Token(),
    throttle=RequestsOfToken(),
)


@api.exception_handler(Problem)
def tell(request: HttpRequest, problem: Problem) -> HttpResponse:
    """What our own code refuses."""
    return problem.response()


@api.exception_handler(AuthenticationError)
def tell_unauthorised(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """There was no token at all."""
    why = _("Please send a token in the header “Authorization: Bearer …”.")
    return _unauthorised(request, why).response()


@api.exception_handler(Throttled)
def tell_throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    """The token has asked too often."""
    return _too_many(REQUESTS.seconds_left()).response()


@api.exception_handler(ValidationError)
def tell_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What Ninja cannot read: the number of rows, for nothing else has a form that it checks."""
    return limit_refused().response()


def _unknown() -> Problem:
    return Problem(404, _("Not found"), _("There is nothing here that this token may read."))


def _exporter(token: ApiToken, identifier: str) -> Exporter:
    """A list that a token may read. Raises ``Problem`` for any other, as if there were none."""
    if identifier not in readable_lists(token):
        raise _unknown()
    return exporters.get(identifier)()


def _scope(token: ApiToken) -> ExportScope:
    return ExportScope(user=token.made_by, organisation=token.organisation)


def _answer(content: dict[str, Any]) -> HttpResponse:
    return JsonResponse(
        content,
        headers={"Cache-Control": "no-store"},
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


def _head(token: ApiToken, exporter: Exporter) -> dict[str, Any]:
    return {
        "list": {"key": exporter.identifier, "label": str(exporter.label)},
        "authority": {
            "name": token.organisation.name,
            "official_key": token.organisation.official_key,
        },
    }


@api.api_operation(READING, "/lists", operation_id="lists")
def lists(request: HttpRequest) -> HttpResponse:
    """The lists the token reads today, with their columns; nothing of a person, so not logged."""
    token = _token(request)
    found = []
    for key in readable_lists(token):
        exporter = exporters.get(key)()
        columns = [*exporter.columns, ROW_KEY_COLUMN]
        found.append(
            {
                "key": key,
                "label": str(exporter.label),
                "description": str(exporter.description),
                "url": request.build_absolute_uri(reverse("hr_api:rows", args=[key])),
                "filters_url": request.build_absolute_uri(reverse("hr_api:filters", args=[key])),
                "columns": [
                    {"key": column.key, "label": str(column.label), "kind": column.kind}
                    for column in columns
                ],
                "further_columns": str(exporter.further_columns),
            }
        )
    return _answer({"lists": found})


@api.api_operation(READING, "/lists/{identifier}", operation_id="rows", url_name="rows")
def rows(
    request: HttpRequest,
    identifier: str,
    limit: int = Query(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT),  # type: ignore[type-arg]
    cursor: str = "",
) -> HttpResponse:
    """A page of a list. It is written into the log when it is made and before it is sent."""
    token = _token(request)
    exporter, scope = _exporter(token, identifier), _scope(token)
    filters = _filters(request)
    page = page_of(exporter, scope, filters, limit=limit, cursor=cursor)
    run = log_access(
        token=token, exporter=exporter, scope=scope, filters=filters, row_count=len(page.rows)
    )
    words = exporter.describe(scope, filters)
    about = {
        "format": LIST_FORMAT,
        **_head(token, exporter),
        "purpose": token.purpose,
        "number": run.reference,
        "made_at": localtime(now()).isoformat(timespec="seconds"),
        "filters": [{"label": label, "value": value} for label, value in words],
        "next": _next(request, identifier, filters, limit, page.next_cursor),
    }
    pieces = write_json([*page.columns, ROW_KEY_COLUMN], page.rows, about=about)
    return HttpResponse(
        b"".join(pieces), content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _filters(request: HttpRequest) -> QueryDict:
    filters = request.GET.copy()
    for key in (CURSOR, LIMIT):
        filters.pop(key, None)
    return filters


def _next(
    request: HttpRequest, identifier: str, filters: QueryDict, limit: int, cursor: str
) -> str | None:
    """The address of the next page."""
    if not cursor:
        return None
    given = [(key, value) for key, values in filters.lists() for value in values]
    query = urlencode([*given, (LIMIT, limit), (CURSOR, cursor)])
    return request.build_absolute_uri(f"{reverse('hr_api:rows', args=[identifier])}?{query}")


@api.api_operation(
    READING, "/lists/{identifier}/filters", operation_id="filters", url_name="filters"
)
def filters(request: HttpRequest, identifier: str) -> HttpResponse:
    """The filters of a list with the values they take for this authority."""
    token = _token(request)
    exporter = _exporter(token, identifier)
    offered = [
        {
            "key": offer.key,
            "label": offer.label,
            "kind": offer.kind,
            "takes_many": offer.takes_many,
            "choices": [{"value": value, "label": label} for value, label in offer.choices],
        }
        for offer in exporter.offered_filters(_scope(token))
    ]
    return _answer({**_head(token, exporter), "filters": offered})


# Behind all others: what is not there is told in the same form as everything else.
@api.api_operation(READING, "/", include_in_schema=False, url_name="nothing")
def nothing(request: HttpRequest) -> HttpResponse:
    """The address above all others: there is nothing to see."""
    raise _unknown()


@api.api_operation(READING, "/{path:rest}", include_in_schema=False, url_name="nothing_else")
def nothing_else(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address, also that of a list with a slash behind it."""
    raise _unknown()


def only_reading(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """``view``, which refuses every method that could change something."""

    @csrf_exempt
    @wraps(view)
    def reading(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in READING:
            return view(request, *args, **kwargs)
        return Problem(
            405,
            _("Only reading"),
            _("This interface is for reading only."),
            headers={"Allow": ", ".join(READING)},
        ).response()

    return reading
