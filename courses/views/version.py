"""A content version as it was: the text that evidence cites."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from wagtail.models import Page

from courses.cited_versions import readable
from courses.models import ContentVersion
from courses.permissions import is_accessible
from courses.shown_versions import place_today, version_html
from hub.finding import slim
from hub.i18n import locale_id


@login_required
@require_GET
def version(request: HttpRequest, version: UUID) -> HttpResponse:
    """The frozen text with its number, date and checksum; who may not read it gets 404."""
    shown = get_object_or_404(ContentVersion, uuid=version)
    found = readable(request.user, shown)
    if found is None:
        raise Http404
    reader, versions = found
    newest = (
        ContentVersion.objects.filter(unit_key=shown.unit_key, language=shown.language)
        .order_by("-number")
        .values_list("pk", flat=True)
        .first()
    )
    page = _public_page(shown, request)
    before, after = _neighbours(shown, list(versions.defer("content").order_by("number")))
    response = render(
        request,
        "courses/version.html",
        {
            "version": shown,
            "label": shown.label_at(place_today(shown)),
            "text": version_html(shown, reader),
            "is_newest": shown.pk == newest,
            "today": page,
            "previous": before,
            "next": after,
        },
    )
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response


def _neighbours(
    shown: ContentVersion, versions: list[ContentVersion]
) -> tuple[ContentVersion | None, ContentVersion | None]:
    """Those of ``versions`` that come before and after the one that is shown."""
    earlier = [other for other in versions if other.number < shown.number]
    later = [other for other in versions if other.number > shown.number]
    return next(reversed(earlier), None), next(iter(later), None)


def _public_page(shown: ContentVersion, request: HttpRequest) -> Page | None:
    """Today's page of the unit in the language of the version, if the person may open it.

    An activity goes with its course: is that not published, neither is the activity.
    """
    page = (
        slim(Page.objects.live())
        .filter(translation_key=shown.unit_key, locale=locale_id(shown.language))
        .first()
    )
    if page is None or not is_accessible(page, request):
        return None
    is_hidden = Page.objects.ancestor_of(page).filter(depth__gt=1, live=False).exists()
    return None if is_hidden else page
