"""What all pages of the hub have in common."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, Panel, TitleFieldPanel
from wagtail.blocks import (
    ListBlockValidationError,
    StreamBlockValidationError,
    StructBlockValidationError,
)
from wagtail.fields import StreamField
from wagtail.models import Page, PageViewRestriction, Revision

BLOCK_ERRORS = (
    StreamBlockValidationError,
    StructBlockValidationError,
    ListBlockValidationError,
)
#: What Wagtail's command ``publish_scheduled`` writes into the log.
ON_SCHEDULE = "wagtail.publish.scheduled"

logger = logging.getLogger(__name__)


class PublishingRefused(ValidationError):
    """A page must not go live as it is; says which one, and in words why."""

    def __init__(self, page: Page, error: ValidationError) -> None:
        super().__init__(error)  # type: ignore[arg-type]
        self.page = page

    def __str__(self) -> str:
        return _("“%(page)s” cannot be published yet. %(reasons)s") % {
            "page": self.page.get_admin_display_title(),
            "reasons": " ".join(self.reasons()),
        }

    def reasons(self) -> Iterator[str]:
        """What is wrong, each with the name of the field it is about."""
        errors = self.error_dict if hasattr(self, "error_dict") else {NON_FIELD_ERRORS: [self]}
        for name, found in errors.items():
            label = (
                ""
                if name == NON_FIELD_ERRORS
                else f"{capfirst(str(self.page._meta.get_field(name).verbose_name))}: "
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


class HubPageForm(WagtailAdminPageForm):
    """Says, where it is typed, what keeps a page from going live; a draft may have it all."""

    def _post_clean(self) -> None:
        super()._post_clean()
        # Wagtail defers what is required while a draft is saved; to publish and to submit for
        # approval are the moments that count.
        if self.is_deferred_validation or self._errors:
            return
        try:
            self.instance.clean_for_publishing()
        except ValidationError as error:
            self._update_errors(error)


def title_panel(placeholder: str | Promise) -> TitleFieldPanel:
    """The title at the top of the editor; ``placeholder`` says whose title it is."""
    return TitleFieldPanel(
        "title",
        placeholder=placeholder,
        help_text=gettext_lazy("Short and telling: it stands above the page and in every list."),
    )


def address_panel() -> MultiFieldPanel:
    """The end of the page's address, folded: it follows the title by itself."""
    return MultiFieldPanel(
        [
            FieldPanel(
                "slug",
                heading=gettext_lazy("End of the address"),
                help_text=gettext_lazy(
                    "Made from the title. Please leave it as it is once the page is public: "
                    "links to it would break."
                ),
            )
        ],
        heading=gettext_lazy("Address of the page"),
        classname="collapsed",
    )


class HubPageMixin:
    """Base of the hub's page types."""

    base_form_class = HubPageForm
    # The hub has no generated menus, and what search engines show stands on the page itself.
    promote_panels: list[Panel] = []

    def clean_for_publishing(self) -> None:
        """Raise ``ValidationError`` for what a draft may be and a public page must not be.

        Asked wherever a page is to go live, by the form as well as without one.
        """

    def publish(self, revision: Revision, *args: Any, **kwargs: Any) -> None:
        """Publish ``revision``, or raise ``PublishingRefused`` and change nothing.

        Only the editor's form looks at a page before it is published. Approving on the start page,
        publishing from a list, by a translation or on schedule come here without it. A schedule is
        kept: nobody is there to be told, and what the page waits for may be due a moment later.
        """
        try:
            with transaction.atomic():
                draft = revision.as_object()
                _clean_blocks(draft)
                draft.clean_for_publishing()
                super().publish(revision, *args, **kwargs)  # type: ignore[misc]
        except ValidationError as error:
            refusal = PublishingRefused(draft, error)
            if kwargs.get("log_action") != ON_SCHEDULE:
                raise refusal from error
            logger.warning("Not published on schedule: %s", refusal)

    def get_view_restrictions(self):
        """What keeps people from this page: restrictions of it and of all above it.

        A restriction holds in every language. Wagtail's own answer differs for translations, and
        asks for every ancestor one by one, also where no page is restricted at all.
        """
        known = getattr(self, "are_any_restricted", None)
        if not (PageViewRestriction.objects.exists() if known is None else known):
            return PageViewRestriction.objects.none()
        above = self.get_ancestors(inclusive=True)
        return PageViewRestriction.objects.filter(
            Q(page__translation_key__in=above.values("translation_key"))
            | Q(page__in=above.filter(alias_of__isnull=False).values("alias_of"))
        )


def _clean_blocks(page: Page) -> None:
    """Hold the StreamFields of a page against the rules of their blocks, as the form does."""
    errors = {}
    for field in page._meta.get_fields():
        if isinstance(field, StreamField):
            try:
                field.stream_block.clean(getattr(page, field.name))
            except ValidationError as error:
                errors[field.name] = error
    if errors:
        raise ValidationError(errors)
