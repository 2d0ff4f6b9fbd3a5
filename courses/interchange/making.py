"""Many new questions of the bank at once, each as if it had been saved by itself.

The number of queries grows with the calls, not with the questions of a call; only of each picture
that is published its block asks whether it is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone
from wagtail.actions.publish_revision import PublishPermissionError
from wagtail.images.models import AbstractImage
from wagtail.models import ModelLogEntry, ReferenceIndex, Revision
from wagtail.permission_policies.base import ModelPermissionPolicy
from wagtail.search.backends import get_search_backends
from wagtail.signals import published

from courses.models import BankQuestion, TaggedQuestion
from courses.versions import freeze_new_questions
from hub.organisations.models import User
from hub.publishing import PublishingRefused, check_publishable

PUBLISH = "wagtail.publish"


def make_pictures(images: Sequence[AbstractImage]) -> None:
    """Save new pictures of one model with their files, to be found and with their references."""
    if not images:
        return
    model = type(images[0])
    model.objects.bulk_create(images)
    record_references(images)
    for backend in get_search_backends(with_auto_update=True):
        backend.add_bulk(model, images)


def make_drafts(
    questions: Sequence[BankQuestion],
    *,
    user: User | None,
    action: str,
    run: UUID,
    picture_hashes: Mapping[Any, str],
) -> None:
    """Save questions that were never saved: rows, keywords, first revisions and log entries.

    They are logged under ``action``, all under the same ``run``. ``picture_hashes`` names the
    hashes of the files of their pictures, by key. To be called in a transaction.
    """
    for question in questions:
        question.copy_from_block(picture_hashes)
    BankQuestion.objects.bulk_create(questions)
    TaggedQuestion.objects.bulk_create(
        [row for question in questions for row in question.tagged.all()]
    )
    now = timezone.now()
    revisions = Revision.objects.bulk_create(
        Revision(
            content_object=question,
            base_content_type=question.get_base_content_type(),
            user=user,
            created_at=now,
            content=question.serializable_data(),
            object_str=str(question),
        )
        for question in questions
    )
    for question, revision in zip(questions, revisions, strict=True):
        question.latest_revision = revision
        question.has_unpublished_changes = True
    newest = Revision.objects.filter(
        base_content_type=BankQuestion.get_base_content_type(),
        object_id=Cast(OuterRef("pk"), CharField()),
    )
    _rows(questions).update(
        latest_revision=Subquery(newest.order_by("-pk").values("pk")[:1]),
        has_unpublished_changes=True,
    )
    _log(questions, action, user, run)


def refusal(question: BankQuestion) -> str:
    """Why a question that is not saved yet must not be published; empty if it may.

    Nobody was ever asked it, so no correction can be missing, and no query asks for one.
    """
    try:
        check_publishable(question)
    except PublishingRefused as error:
        return str(error)
    return ""


def publish_new(ready: Sequence[BankQuestion], *, user: User | None, run: UUID) -> None:
    """Publish questions that ``make_drafts`` has saved and that have no ``refusal``.

    Raises ``PublishPermissionError`` if ``user`` may not publish.
    """
    policy = ModelPermissionPolicy(BankQuestion)
    if user is not None and not policy.user_has_permission(user, "publish"):
        raise PublishPermissionError
    now = timezone.now()
    for question in ready:
        question.live = True
        question.has_unpublished_changes = False
        question.first_published_at = question.last_published_at = now
        question.live_revision = question.latest_revision
    _rows(ready).update(
        live=True,
        has_unpublished_changes=False,
        first_published_at=now,
        last_published_at=now,
        live_revision=BankQuestion.objects.filter(pk=OuterRef("pk")).values("latest_revision"),
    )
    freeze_new_questions(ready)
    for question in ready:
        published.send(
            sender=BankQuestion,
            instance=question,
            revision=question.latest_revision,
            version=question.version,
        )
    _log(ready, PUBLISH, user, run)


def record_references(made: Sequence[Model]) -> None:
    """Record what new objects of one model refer to, as Wagtail does when one is saved."""
    own = ContentType.objects.get_for_model(made[0], for_concrete_model=False)
    ReferenceIndex.objects.bulk_create(
        ReferenceIndex(
            content_type=own,
            base_content_type=own,
            object_id=new.pk,
            to_content_type_id=kind,
            to_object_id=key,
            model_path=model_path,
            content_path=content_path,
            content_path_hash=ReferenceIndex._get_content_path_hash(content_path),
        )
        for new in made
        for kind, key, model_path, content_path in set(
            ReferenceIndex._extract_references_from_object(new)
        )
    )


def _rows(questions: Iterable[BankQuestion]) -> QuerySet[BankQuestion]:
    return BankQuestion.objects.filter(pk__in=[question.pk for question in questions]).order_by()


def _log(questions: Iterable[BankQuestion], action: str, user: User | None, run: UUID) -> None:
    """What ``wagtail.log_actions.log`` writes for one object, for many."""
    kind = ContentType.objects.get_for_model(BankQuestion, for_concrete_model=False)
    now = timezone.now()
    ModelLogEntry.objects.bulk_create(
        ModelLogEntry(
            content_type=kind,
            object_id=question.pk,
            label=str(question),
            action=action,
            timestamp=now,
            uuid=run,
            user=user,
            revision=question.latest_revision,
            content_changed=True,
        )
        for question in questions
    )
