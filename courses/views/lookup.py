"""Finding the page that shows a unit of learning in the language of this request."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.http import Http404
from wagtail.models import Page

from courses.activities import activity_models
from courses.models import ActivityMixin
from hub.finding import slim
from hub.i18n import active_locale_id, default_locale_id

AnyPage = TypeVar("AnyPage", bound=Page)


def localized_page(model: type[AnyPage], key: UUID) -> AnyPage:
    """The live page of ``key`` in the active language, else in the default one.

    It has the columns of ``hub.pages.SLIM``; others are fetched when asked for. Raises ``Http404``
    when there is none.
    """
    pages = {
        page.locale_id: page
        for page in slim(model._default_manager.live()).filter(
            translation_key=key, locale__in=(active_locale_id(), default_locale_id())
        )
    }
    page = pages.get(active_locale_id()) or pages.get(default_locale_id())
    if page is None:
        raise Http404
    return page


def localized_activity(key: UUID) -> ActivityMixin:
    """The same for an activity of whatever type; raises ``Http404`` for any other page."""
    page = localized_page(Page, key)
    model = page.cached_content_type.model_class()
    if model not in activity_models():
        raise Http404
    return slim(model._default_manager).get(pk=page.pk)
