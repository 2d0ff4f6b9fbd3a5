"""Finding pages with few queries, and reading no more of them than is needed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import Page, PageViewRestriction, Site

from hub.i18n import active_locale_id, languages

AnyPage = TypeVar("AnyPage", bound=Page)

#: What is needed to link to a page, to name it and to know whether it may be seen. A page has some
#: forty columns more, and each costs time whether it is looked at or not.
SLIM = (
    "path",
    "depth",
    "title",
    "seo_title",
    "search_description",
    "url_path",
    "translation_key",
    "live",
    "locale",
    "content_type",
    "alias_of",
)
_ALIAS = tuple(f"alias_of__{name}" for name in ("path", "depth", "locale", "alias_of"))


ARE_ANY_RESTRICTED = Exists(PageViewRestriction.objects.all())


def slim(pages: QuerySet, *fields: str) -> QuerySet:
    """``pages`` with the columns of ``SLIM`` and ``fields``; others are fetched when asked for.

    The pages know whether any page is restricted at all, so that ``get_view_restrictions`` need
    not ask, and of aliases whose text they show.
    """
    return (
        pages.annotate(are_any_restricted=ARE_ANY_RESTRICTED)
        .select_related("alias_of")
        .only(*SLIM, *_ALIAS, *fields)
    )


def of_model(model: type[AnyPage], page: Page) -> AnyPage:
    """A slim page as one of its own ``model``, whose other columns are fetched when asked for.

    Wagtail's ``specific_deferred`` would fetch each column of a page that a slim one lacks.
    """
    known = page.__dict__ | {model._meta.pk.attname: page.pk}
    names = [field.attname for field in model._meta.concrete_fields if field.attname in known]
    specific = model.from_db(page._state.db, names, [known[name] for name in names])
    specific._state.fields_cache |= page._state.fields_cache
    specific.are_any_restricted = page.are_any_restricted
    return specific


def addresses(page: Page) -> dict[str, str]:
    """Where ``page`` is live in each language, by language code; no query for a served page."""
    if not hasattr(page, "_addresses"):
        page._addresses = _addresses(
            Page.objects.live()
            .filter(translation_key=page.translation_key)
            .values_list("locale", "url_path")
        )
    found: dict[str, str] = page._addresses
    return found


def _addresses(paths: Iterable[tuple[int, str]]) -> dict[str, str]:
    """The addresses that belong to locales and paths in the page tree."""
    roots = {root.language_code: root.root_path for root in Site.get_site_root_paths()}
    found = {}
    for locale, url_path in paths:
        language = languages()[locale]
        root = roots.get(language)
        if root is not None and url_path.startswith(root):
            with override(language):
                found[language] = reverse("wagtail_serve", args=[url_path.removeprefix(root)])
    return found


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


def _page_at(path: str) -> Any:
    """The page of an address, which knows its other addresses and the page its text is from."""
    language = languages().get(active_locale_id())
    roots = [root for root in Site.get_site_root_paths() if root.language_code == language]
    if len(roots) != 1:
        return None  # several sites: Wagtail knows which one is meant
    url_path = roots[0].root_path + path.strip("/") + ("/" if path else "")
    found = None
    live: list[tuple[int, str]] = []
    # One unit of learning in all its languages, and whether any page is restricted at all.
    for pk, its_path, locale, is_live, content_type, are_any_restricted in Page.objects.filter(
        translation_key__in=Page.objects.filter(url_path=url_path).values("translation_key")
    ).values_list("pk", "url_path", "locale", "live", "content_type", ARE_ANY_RESTRICTED):
        if is_live:
            live.append((locale, its_path))
        if its_path == url_path:
            found = pk, content_type, are_any_restricted
    if found is None:
        return None
    pk, content_type, are_any_restricted = found
    model = ContentType.objects.get_for_id(content_type).model_class()
    page: Any = (model or Page)._default_manager.select_related("alias_of").get(pk=pk)
    page._addresses = _addresses(live)
    page.are_any_restricted = are_any_restricted
    return page
