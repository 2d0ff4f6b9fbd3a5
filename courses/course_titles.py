"""What courses are called that rows mean by their key, whether or not their page is still there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from hub.i18n import default_locale_id

from .models import ContentVersion, CoursePage


def with_courses(rows: QuerySet) -> QuerySet[Any]:
    """Annotate rows that have a ``course_key`` by ``course_title`` and ``is_course_live``.

    The title is that of the page in the first language, of its newest version where the page was
    deleted; then ``is_course_live`` is null.
    """
    page = CoursePage.objects.filter(
        translation_key=OuterRef("course_key"), locale=default_locale_id()
    )
    version = (
        ContentVersion.objects.filter(unit_key=OuterRef("course_key"))
        .annotate(is_first=Q(language=settings.LANGUAGE_CODE))
        .order_by("-is_first", "-number")
    )
    return rows.annotate(
        is_course_live=Subquery(page.values("live")[:1]),
        course_title=Coalesce(
            Subquery(page.values("title")[:1]), Subquery(version.values("title")[:1]), Value("")
        ),
    )


def titles_of(course_keys: Collection[UUID]) -> dict[UUID, str]:
    """The titles of courses by key, as ``with_courses`` has them; two queries."""
    versions = (
        ContentVersion.objects.filter(unit_key__in=course_keys)
        .annotate(is_first=Q(language=settings.LANGUAGE_CODE))
        .order_by("is_first", "number")
    )
    pages = CoursePage.objects.filter(translation_key__in=course_keys, locale=default_locale_id())
    return dict(versions.values_list("unit_key", "title")) | dict(
        pages.values_list("translation_key", "title")
    )


def course_label(row: Any) -> str:
    """The course of a row that ``with_courses`` annotated, and whether it is still there."""
    if row.is_course_live:
        return str(row.course_title)
    if row.is_course_live is None:
        return _("%(course)s (deleted)") % {"course": row.course_title or _("Course")}
    return _("%(course)s (not public)") % {"course": row.course_title}
