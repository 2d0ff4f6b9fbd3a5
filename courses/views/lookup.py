"""Finding the page that shows a unit of learning in the language of this request."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.http import Http404
from wagtail.models import Page

from hub.i18n import active_locale_id, default_locale_id

AnyPage = TypeVar("AnyPage", bound=Page)


def localized_page(model: type[AnyPage], key: UUID) -> AnyPage:
    """The live page of ``key`` in the active language, else in the default one.

    Raises ``Http404`` when there is none.
    """
    pages = {
        page.locale_id: page
        for page in model._default_manager.live()
        .filter(translation_key=key, locale__in=(active_locale_id(), default_locale_id()))
        .select_related("alias_of")
    }
    page = pages.get(active_locale_id()) or pages.get(default_locale_id())
    if page is None:
        raise Http404
    return page.specific
