"""Reactions to what happens elsewhere: pages are published, people come and change."""

from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models.signals import post_save
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import ReferenceIndex
from wagtail.signals import page_published, page_unpublished, published

from hub.organisations.signals import memberships_changed

from .actions import adapt_refreshers, enrol_as_required
from .changing import log_version
from .corrections import bring_into_force, is_original
from .guards import unpublish_emptied_courses
from .models import ActivityMixin, BankQuestion, ContentVersion, CoursePage, QuizPage
from .signals import content_version_created
from .versions import freeze, freeze_question, latest_version


def freeze_published_page(sender: type, instance: Any, **kwargs: Any) -> None:
    """Publishing freezes a content version; an alias needs none, it shows its source's.

    A new version is named in the history of its page. Corrections that were approved for what is
    public now are in force.
    """
    if issubclass(sender, CoursePage | ActivityMixin) and instance.alias_of_id is None:
        before = latest_version(instance)
        version = freeze(instance)
        log_version(page=instance, before=before, after=version, revision=kwargs.get("revision"))
        # Corrections are made at the original; its translations follow.
        if isinstance(instance, QuizPage) and is_original(instance):
            bring_into_force(version)


def freeze_published_question(
    sender: type, instance: BankQuestion, version: ContentVersion | None = None, **kwargs: Any
) -> None:
    """Publishing a question of the bank freezes what is asked from now on.

    Corrections that were approved for it are in force. Whoever publishes many new ones at once has
    frozen them, too, and hands in the ``version``.
    """
    if instance.live and version is None:
        version = freeze_question(instance)
        if is_original(instance):
            bring_into_force(version)


def freeze_what_shows(sender: type, instance: Any, created: bool, **kwargs: Any) -> None:
    """Who puts another file in the place of a picture or document changes every text with it.

    Nothing is published then: the texts that show it get a version of their own at once.
    """
    if not created:
        transaction.on_commit(partial(_freeze_all_with, instance))


def _freeze_all_with(shown: Any) -> None:
    references = ReferenceIndex.get_references_to(shown)
    for content_type, key in references.values_list("content_type", "object_id").distinct():
        model: Any = ContentType.objects.get_for_id(content_type).model_class()
        unit = model._default_manager.filter(pk=key, live=True).first() if _is_unit(model) else None
        if isinstance(unit, BankQuestion):
            freeze_question(unit)
        elif unit is not None and unit.alias_of_id is None:
            freeze(unit)


def _is_unit(model: Any) -> bool:
    return model is not None and issubclass(model, CoursePage | ActivityMixin | BankQuestion)


def enrol_people(sender: type, membership_ids: list[int], **kwargs: Any) -> None:
    """Who is new or in another audience is enrolled in what the authority asks."""
    enrol_as_required(membership_ids=membership_ids)


def keep_courses_completable(sender: type, instance: Any, **kwargs: Any) -> None:
    """A live course always has a part that completes it."""
    if issubclass(sender, ActivityMixin):
        unpublish_emptied_courses(instance)


def adapt_refreshers_to_change(sender: type, version: ContentVersion, **kwargs: Any) -> None:
    """Refreshers that nobody has begun contain what has just changed."""
    adapt_refreshers(version=version)


def connect() -> None:
    """Called once when the apps are ready."""
    page_published.connect(freeze_published_page, dispatch_uid="courses.freeze_published_page")
    published.connect(
        freeze_published_question,
        sender=BankQuestion,
        dispatch_uid="courses.freeze_published_question",
    )
    for library in (get_image_model(), get_document_model()):
        post_save.connect(
            freeze_what_shows, sender=library, dispatch_uid=f"courses.freeze.{library._meta.label}"
        )
    memberships_changed.connect(enrol_people, dispatch_uid="courses.enrol_people")
    content_version_created.connect(
        adapt_refreshers_to_change, dispatch_uid="courses.adapt_refreshers_to_change"
    )
    page_unpublished.connect(
        keep_courses_completable, dispatch_uid="courses.keep_courses_completable"
    )
