"""What every page that can be completed has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from courses.enums import CompletionMode
from hub.finding import slim

from .changing import UnitMixin

if TYPE_CHECKING:
    # Every activity is a page; Django wants the page class beside the mixin, not below it.
    from wagtail.models import Page as ActivityBase
else:
    ActivityBase = models.Model


class ActivityMixin(UnitMixin, ActivityBase):
    """A page that can be completed: the contract of an activity type.

    A plug-in combines it with ``wagtail.models.Page``; the page type then appears under "add child
    page" of courses and modules. The unit of learning is the page's ``translation_key``, the same
    in every language.
    """

    #: Name of a Wagtail icon.
    activity_icon = "doc-full"
    #: What completes the activity.
    completion_mode = CompletionMode.MANUAL

    is_required = models.BooleanField(
        _("needed to complete the course"),
        default=True,
        help_text=_("Without it, the activity is an offer that nobody must take."),
    )
    duration_minutes = models.PositiveSmallIntegerField(
        _("duration in minutes"),
        default=10,
        help_text=_("How long most people need, reading calmly."),
    )

    class Meta:
        abstract = True

    @property
    def activity_key(self):
        """The unit of learning this page shows in one language."""
        return self.translation_key

    @cached_property
    def course(self):
        """The course this activity belongs to, in the same language tree; one query."""
        from .pages import CoursePage

        return slim(CoursePage.objects.ancestor_of(self)).get()

    def clean_for_publishing(self) -> None:
        """Refuse to turn the last part that completes a live course into a mere offer."""
        from courses.activities import courses_left_empty

        super().clean_for_publishing()
        if self.live and not self.is_required and courses_left_empty([self]):
            raise ValidationError(
                {
                    "is_required": _(
                        "Nothing else completes this course. Please publish another part that is "
                        "needed to complete it first, or leave the tick here."
                    )
                }
            )

    def get_evidence(self) -> dict[str, Any]:
        """What a content version freezes: everything a learner reads, as JSON values."""
        raise NotImplementedError

    @classmethod
    def get_outline_label(cls, level: int) -> str:
        """What it is called ``level`` steps below its course: Modul, Abschlusstest …"""
        return str(cls._meta.verbose_name)
