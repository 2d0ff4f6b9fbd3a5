"""Which page stands for which in another language, and which language a text is really in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models.signals import post_delete, post_save
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale, Page

#: A language as it stands in a sentence: "Diesen Text gibt es noch nicht in Leichter Sprache."
_IN_LANGUAGE = {
    "de": _("in German"),
    "en": _("in English"),
    "de-simple": _("in plain German (Leichte Sprache)"),
}
_LANGUAGES = "hub:languages"
_SECONDS = 300


def languages() -> dict[int, str]:
    """The language code of every locale by its primary key; cached, for every page asks."""
    found: dict[int, str] | None = cache.get(_LANGUAGES)
    if found is None:
        found = dict(Locale.objects.values_list("pk", "language_code"))
        cache.set(_LANGUAGES, found, _SECONDS)
    return found


def _forget_languages(**kwargs: Any) -> None:
    cache.delete(_LANGUAGES)


post_save.connect(_forget_languages, sender=Locale, dispatch_uid="hub.i18n.saved")
post_delete.connect(_forget_languages, sender=Locale, dispatch_uid="hub.i18n.deleted")


def locale_id(language: str | None) -> int:
    """The primary key of a language's locale; the default locale's for one that has none."""
    ids = {code: pk for pk, code in languages().items()}
    return ids.get(language or "") or ids[settings.LANGUAGE_CODE]


def active_locale_id() -> int:
    """The locale of this request."""
    return locale_id(get_language())


def default_locale_id() -> int:
    """The locale all content is written in first."""
    return locale_id(settings.LANGUAGE_CODE)


def source_page(page: Page) -> Page:
    """The page whose text an alias shows, or the page itself.

    An alias copies content but keeps a stale ``live_revision`` and carries the locale of its own
    tree, so language and version are read from the page at the end of ``alias_of``.
    """
    while page.alias_of_id is not None:
        page = page.alias_of
    return page


def text_language(page: Page) -> str:
    """The language code of the text a page shows (WCAG 2.2, 3.1.2)."""
    return languages()[source_page(page).locale_id]


def in_language(code: str) -> str:
    """ "auf Deutsch", "in Leichter Sprache" …, in the language of this request."""
    return str(_IN_LANGUAGE.get(code) or get_language_info(code)["name_local"])
