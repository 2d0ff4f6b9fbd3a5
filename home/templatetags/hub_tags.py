"""What every page of the hub shows around its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings
from django.core.cache import cache
from django.templatetags.static import static
from django.urls import reverse, translate_url
from django.utils.translation import get_language, get_language_info, gettext

from courses.models import CourseIndexPage
from home.models import PlainPage
from hub.finding import addresses
from hub.i18n import active_locale_id, text_language
from hub.organisations.models import Membership
from hub.organisations.permissions import active_membership, may_administrate

register = template.Library()

#: How long the addresses in header and footer may lag behind a changed page tree.
LINK_SECONDS = 60


@dataclass(frozen=True)
class LanguageLink:
    code: str
    name: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class MenuLink:
    title: str
    url: str
    #: What ``aria-current`` says: "page" on this very page, "true" on one that belongs to it.
    current: str


@dataclass(frozen=True)
class FooterLink:
    title: str
    url: str
    language: str
    slug: str


#: Views of the hub's own addresses, by the view behind the menu's link they belong to.
_BELOW = {
    "courses:my_learning": {
        "courses:finished",
        "courses:own_records",
        "certificates:certificate",
    },
    "certificates:check_form": {"certificates:check"},
}


@register.simple_tag(takes_context=True)
def menu(context: dict[str, Any]) -> list[MenuLink]:
    """The main menu, with where in it this page stands."""
    request = context["request"]
    match = request.resolver_match
    view = match.view_name if match else ""
    catalogue = catalogue_url()
    in_course = view.startswith("courses:") and view not in {
        "courses:my_learning",
        *_BELOW["courses:my_learning"],
    }
    links = [
        MenuLink(
            gettext("Courses"),
            catalogue,
            _current(request.path == catalogue, in_course or request.path.startswith(catalogue)),
        )
    ]
    names = {
        "courses:my_learning": gettext("My learning"),
        "certificates:check_form": gettext("Check a certificate"),
    }
    if not request.user.is_authenticated:
        del names["courses:my_learning"]
    for name, title in names.items():
        links.append(MenuLink(title, reverse(name), _current(view == name, view in _BELOW[name])))
    return links


def _current(is_this_page: bool, is_below: bool) -> str:
    return "page" if is_this_page else "true" if is_below else ""


@register.simple_tag(takes_context=True)
def language_links(context: dict[str, Any]) -> list[LanguageLink]:
    """This very place in every language."""
    request = context["request"]
    # Views that only borrow a page for their title have no "self": their own address translates.
    page = context.get("self")
    urls = addresses(page) if page is not None and page.pk else {}
    # "//elsewhere/" would be an address of another host.
    here = "/" + request.path.lstrip("/\\")
    return [
        LanguageLink(
            code=code,
            name=get_language_info(code)["name_local"],
            url=urls.get(code) or translate_url(here, code),
            is_current=code == get_language(),
        )
        for code, _name in settings.LANGUAGES
    ]


@register.simple_tag(takes_context=True)
def membership(context: dict[str, Any]) -> Membership | None:
    """The membership of the person who asks, for the authority's name and logo."""
    request = context.get("request")
    return active_membership(request.user) if request and hasattr(request, "user") else None


@register.simple_tag
def footer_pages() -> list[FooterLink]:
    """The legal pages and the help in the language of this request."""
    key = f"home:footer:{get_language()}"
    links: list[FooterLink] | None = cache.get(key)
    if links is None:
        pages = (
            PlainPage.objects.live()
            .filter(locale=active_locale_id(), show_in_footer=True)
            .select_related("alias_of")
            .order_by("path")
        )
        links = [
            FooterLink(page.title, page.get_url(), text_language(page), page.slug) for page in pages
        ]
        cache.set(key, links, LINK_SECONDS)
    return links


@register.simple_tag
def help_url() -> str:
    """The address of the page with the slug ``hilfe`` among those of the footer, else nothing."""
    return next((link.url for link in footer_pages() if link.slug == "hilfe"), "")


@register.simple_tag
def group_picture(name: str) -> str:
    """The address of the drawing of a working group."""
    return static(f"home/illustrations/group-{name}.svg")


@register.simple_tag
def catalogue_url() -> str:
    """The address of the catalogue in the language of this request."""
    key = f"home:catalogue:{get_language()}"
    url = cache.get(key)
    if url is None:
        page = CourseIndexPage.objects.live().filter(locale=active_locale_id()).first()
        url = page.get_url() if page else "/"
        cache.set(key, url, LINK_SECONDS)
    return url


@register.simple_tag
def illustration(name: str) -> str:
    """The address of one of the hub's drawings."""
    return static(f"home/illustrations/{name}.svg")


@register.simple_tag(takes_context=True)
def offers_administration(context: dict[str, Any]) -> bool:
    """Whether to show the way into the administration; the answer there is given anew."""
    return may_administrate(context["request"])
