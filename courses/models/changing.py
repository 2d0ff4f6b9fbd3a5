"""What a page keeps of the change that is to be published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Revision
from wagtail_localize.fields import SynchronizedField

from courses.changing_forms import UnitForm
from courses.enums import ChangeKind
from hub.pages import HubPageMixin

if TYPE_CHECKING:
    # Every unit is a page; Django wants the page class beside the mixin, not below it.
    from wagtail.models import Page as UnitBase
else:
    UnitBase = models.Model


class UnitMixin(HubPageMixin, UnitBase):
    """A page whose published texts are frozen, and which is asked what a change of them means.

    The answer is a part of the draft, so it comes along through approval and schedule. It is about
    the change of one version, ``change_since``: once another one is public it says nothing any
    more, and neither does it in a copy or a translation. Decision 0017.
    """

    base_form_class = UnitForm
    exclude_fields_in_copy = ["change_kind", "change_since", "edition"]
    override_translatable_fields = [SynchronizedField("edition", overridable=False)]

    change_kind = models.CharField(
        _("kind of change"),
        max_length=20,
        choices=ChangeKind.choices,
        blank=True,
        editable=False,
    )
    change_since = models.UUIDField(null=True, editable=False)
    #: The edition of the text. A translation receives that of the text it is brought up to date
    #: with; empty while it never was since editions are counted.
    edition = models.PositiveIntegerField(null=True, editable=False)

    class Meta:
        abstract = True

    def publish(self, revision: Revision, user: Any = None, *args: Any, **kwargs: Any) -> None:
        """Publish as Wagtail does; who publishes has said what the change means.

        Without a ``user`` (on schedule, by a command, by a translation) what was not said counts as
        substantive. The editor's button comes here only through its form, which asks itself.
        """
        from courses.changing import acted_by, require_answer

        if user is not None:
            require_answer(revision.as_object())
        with acted_by(user):
            super().publish(revision, user, *args, **kwargs)
