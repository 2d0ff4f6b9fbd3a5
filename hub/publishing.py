"""What may go live, of pages and of snippets alike, by whatever way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.blocks import (
    ListBlockValidationError,
    StreamBlockValidationError,
    StructBlockValidationError,
)
from wagtail.fields import StreamField
from wagtail.models import Page, Revision

BLOCK_ERRORS = (
    StreamBlockValidationError,
    StructBlockValidationError,
    ListBlockValidationError,
)
#: What Wagtail's command ``publish_scheduled`` writes into the log.
ON_SCHEDULE = "wagtail.publish.scheduled"

logger = logging.getLogger(__name__)


class PublishingRefused(ValidationError):
    """A page or snippet (``refused``) must not go live as it is; says which one, and why."""

    def __init__(self, refused: Any, error: ValidationError) -> None:
        super().__init__(error)  # type: ignore[arg-type]
        self.refused = refused

    def __str__(self) -> str:
        return _("“%(page)s” cannot be published yet. %(reasons)s") % {
            "page": self.refused.get_admin_display_title()
            if isinstance(self.refused, Page)
            else self.refused,
            "reasons": " ".join(self.reasons()),
        }

    def reasons(self) -> Iterator[str]:
        """What is wrong, each with the name of the field it is about."""
        errors = self.error_dict if hasattr(self, "error_dict") else {NON_FIELD_ERRORS: [self]}
        for name, found in errors.items():
            label = (
                ""
                if name == NON_FIELD_ERRORS
                else f"{capfirst(str(self.refused._meta.get_field(name).verbose_name))}: "
            )
            for error in found:
                yield from (f"{label}{text}" for text in _texts(error))


def _texts(error: ValidationError) -> Iterator[str]:
    """The messages of an error; those of a block stand in the blocks within it."""
    if not isinstance(error, BLOCK_ERRORS):
        yield from error.messages
        return
    for inner in [*error.block_errors.values(), *error.non_block_errors.as_data()]:
        yield from _texts(inner)


class CarefulFormMixin:
    """Says, where it is typed, what keeps something from going live; a draft may have it all."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # Wagtail defers what is required while a draft is saved; to publish and to submit for
        # approval are the moments that count.
        if self.is_deferred_validation or self._errors:  # type: ignore[attr-defined]
            return
        try:
            self.instance.clean_for_publishing()  # type: ignore[attr-defined]
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]


class CarefulPublishingMixin:
    """Publishes nothing that must not be public; stands before Wagtail's own mixins."""

    def clean_for_publishing(self) -> None:
        """Raise ``ValidationError`` for what a draft may be and what is public must not be.

        Asked wherever something is to go live, by the form as well as without one.
        """

    def publish(self, revision: Revision, *args: Any, **kwargs: Any) -> None:
        """Publish ``revision``, or raise ``PublishingRefused`` and change nothing.

        Only the editor's form looks at a draft before it is published. Approving on the start page,
        publishing from a list, by a translation or on schedule come here without it. A schedule is
        kept: nobody is there to be told, and what the draft waits for may be due a moment later.
        """
        draft = revision.as_object()
        try:
            with transaction.atomic():
                check_publishable(draft)
                super().publish(revision, *args, **kwargs)  # type: ignore[misc]
        except ValidationError as error:
            refusal = (
                error if isinstance(error, PublishingRefused) else PublishingRefused(draft, error)
            )
            if kwargs.get("log_action") != ON_SCHEDULE:
                raise refusal from error
            logger.warning("Not published on schedule: %s", refusal)


def check_publishable(draft: Any) -> None:
    """Raise ``PublishingRefused`` if a draft of a ``CarefulPublishingMixin`` must not go live."""
    try:
        _clean_blocks(draft)
        draft.clean_for_publishing()
    except ValidationError as error:
        raise PublishingRefused(draft, error) from error


def _clean_blocks(draft: models.Model) -> None:
    """Hold the StreamFields of a draft against the rules of their blocks, as the form does."""
    errors = {}
    for field in draft._meta.get_fields():
        if isinstance(field, StreamField):
            try:
                field.stream_block.clean(getattr(draft, field.name))
            except ValidationError as error:
                errors[field.name] = error
    if errors:
        raise ValidationError(errors)
