"""What all pages of the hub have in common."""

from __future__ import annotations

from contextlib import suppress

from django.http import Http404, HttpRequest, HttpResponse
from wagtail.models import Page, PageViewRestriction, Site

from hub.i18n import active_locale_id, languages


class HubPageMixin:
    """Base of the hub's page types."""

    def get_view_restrictions(self):
        """Wagtail's answer, for the price of one query where no page is restricted at all.

        Wagtail asks for every ancestor and, below aliases, for each of them once more.
        """
        if not PageViewRestriction.objects.exists():
            return PageViewRestriction.objects.none()
        return super().get_view_restrictions()


def serve(request: HttpRequest, path: str) -> HttpResponse:
    """Serve a page, found by its address in two queries instead of two for each level.

    What has no exact page (a plug-in's own route, a redirect, nothing) is left to Wagtail.
    """
    # Models import this module, and Wagtail's views want all models loaded.
    from wagtail.views import serve as wagtail_serve

    page = _page_at(path)
    if page is not None:
        # A page that is not live raises: Wagtail says so in its own way.
        with suppress(Http404):
            request._wagtail_route_for_request = page.route(request, [])  # type: ignore[attr-defined]
    return wagtail_serve(request, path)


def _page_at(path: str) -> Page | None:
    language = languages().get(active_locale_id())
    roots = [root for root in Site.get_site_root_paths() if root.language_code == language]
    if len(roots) != 1:
        return None  # several sites: Wagtail knows which one is meant
    page = (
        Page.objects.filter(url_path=roots[0].root_path + path.strip("/") + ("/" if path else ""))
        .select_related("alias_of")
        .first()
    )
    if page is None:
        return None
    specific = page.specific
    if page.alias_of_id is not None:
        specific.alias_of = page.alias_of
    return specific
