"""Reactions to Wagtail's own signals."""

from typing import Any

from wagtail.signals import page_published, page_unpublished

from .guards import unpublish_emptied_courses
from .models import ActivityMixin, CoursePage
from .versions import freeze


def freeze_published_page(sender: type, instance: Any, **kwargs: Any) -> None:
    """Publishing freezes a content version; an alias needs none, it shows its source's."""
    if issubclass(sender, CoursePage | ActivityMixin) and instance.alias_of_id is None:
        freeze(instance)


def keep_courses_completable(sender: type, instance: Any, **kwargs: Any) -> None:
    """A live course always has a part that completes it."""
    if issubclass(sender, ActivityMixin):
        unpublish_emptied_courses(instance)


def connect() -> None:
    """Called once when the apps are ready."""
    page_published.connect(freeze_published_page, dispatch_uid="courses.freeze_published_page")
    page_unpublished.connect(
        keep_courses_completable, dispatch_uid="courses.keep_courses_completable"
    )
