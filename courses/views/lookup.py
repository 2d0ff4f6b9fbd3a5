"""Finding the page that shows a unit of learning in the language of this request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from wagtail.models import Page

from courses.activities import activity_models
from courses.models import ActivityMixin, Attempt, CoursePage, QuizPage
from hub.finding import of_model, slim
from hub.i18n import active_locale_id, default_locale_id

AnyPage = TypeVar("AnyPage", bound=Page)


def localized_page(model: type[AnyPage], key: UUID, *fields: str) -> AnyPage:
    """The live page of ``key`` in the active language, else in the default one.

    It has the columns of ``hub.finding.SLIM`` and ``fields``; others are fetched when asked for.
    Raises ``Http404`` when there is none.
    """
    return _chosen(_shown(model._default_manager.live(), *fields).filter(translation_key=key))


def localized_activity(key: UUID) -> ActivityMixin:
    """The same for an activity of whatever type; raises ``Http404`` for any other page."""
    page = localized_page(Page, key)
    model = page.cached_content_type.model_class()
    if model not in activity_models():
        raise Http404
    return slim(model._default_manager).get(pk=page.pk)


def localized_quiz(attempt: Attempt) -> QuizPage:
    """The same for the quiz of an attempt, whose course comes with the same query.

    Was the quiz moved to another course since, that one is fetched when asked for.
    """
    key, course_key = attempt.activity_key, attempt.enrolment.course_key
    pages = list(_shown(Page.objects.live()).filter(translation_key__in=(key, course_key)))
    page = _chosen(page for page in pages if page.translation_key == key)
    quiz = of_model(QuizPage, page)
    for course in pages:
        if course.translation_key == course_key and page.is_descendant_of(course):
            quiz.course = of_model(CoursePage, course)
    return quiz


def _shown(pages: QuerySet[AnyPage], *fields: str) -> QuerySet[AnyPage]:
    """Those of ``pages`` that this request may show."""
    return slim(pages, *fields).filter(locale__in=(active_locale_id(), default_locale_id()))


def _chosen(translations: Iterable[AnyPage]) -> AnyPage:
    """The one in the active language, else in the default one; raises ``Http404``."""
    by_locale = {page.locale_id: page for page in translations}
    page = by_locale.get(active_locale_id()) or by_locale.get(default_locale_id())
    if page is None:
        raise Http404
    return page
