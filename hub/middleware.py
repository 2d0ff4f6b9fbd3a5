"""What every response carries, and what no request may."""

from collections.abc import Callable, Iterator
from itertools import chain

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.middleware import locale
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.admin.utils import get_valid_next_url_from_request

from hub.publishing import PublishingRefused

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def refuse_null_bytes(get_response: GetResponse) -> GetResponse:
    """No address of ours holds a null byte, and PostgreSQL takes none."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest
        return get_response(request)

    return middleware


def keep_personal_pages_private(get_response: GetResponse) -> GetResponse:
    """No browser keeps a page that knows who asked: the next person may use the same computer."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_personal = settings.SESSION_COOKIE_NAME in request.COOKIES and request.session.accessed
        if is_personal and not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "private, no-store"
        return response

    return middleware


class LocaleMiddleware(locale.LocaleMiddleware):
    """Django's own, but what does not exist in the administration, or in the interface for
    programs, is not looked for elsewhere.

    Their addresses carry no language. Django would answer a 404 there with a redirect to the
    address with a language in front, as if the page might be a public one.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        without_language = (reverse("wagtailadmin_home"), reverse("hr_api:api-root"))
        if response.status_code == 404 and request.path.startswith(without_language):
            return response
        return super().process_response(request, response)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere, the Wagtail admin's own below its address."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith(reverse("wagtailadmin_home")):
            policy = settings.CONTENT_SECURITY_POLICY_ADMIN["DIRECTIVES"]
            setattr(response, "_csp_config", policy)  # noqa: B010 - what django-csp reads
        return super().process_response(request, response)


def _ways_out(error: ValidationError) -> Iterator[str]:
    """Buttons for what an error offers to do about it: its parameter ``way_out``, (url, label)."""
    for inner in chain.from_iterable(getattr(error, "error_dict", {}).values()):
        if way_out := (inner.params or {}).get("way_out"):
            yield messages.button(*way_out)


class PublishingRefusedMiddleware:
    """Says why something was not published, where Wagtail would answer with an error page.

    Wagtail publishes from many views, and only that of the editor expects a refusal.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        if not isinstance(exception, PublishingRefused):
            return None
        editor = AdminURLFinder(request.user).get_edit_url(exception.refused)
        messages.error(
            request,
            str(exception),
            buttons=[
                *([messages.button(editor, _("Edit it"))] if editor else []),
                *_ways_out(exception),
            ],
        )
        address = get_valid_next_url_from_request(request) or editor or reverse("wagtailadmin_home")
        # Wagtail's dialogues follow the address themselves.
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            return JsonResponse({"step": "success", "redirect": address})
        return redirect(address)
