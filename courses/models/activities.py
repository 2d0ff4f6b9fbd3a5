"""What every page that can be completed has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from courses.enums import CompletionMode
from courses.forms import ActivityPageForm
from hub.finding import slim

from .changing import UnitMixin
from .frozen_units import FrozenUnitMixin

if TYPE_CHECKING:
    # Every activity is a page; Django wants the page class beside the mixin, not below it.
    from wagtail.models import Page as ActivityBase
else:
    ActivityBase = models.Model


def validate_keys(value: Any) -> None:
    """Raise ``ValidationError`` for anything but a list of keys."""
    try:
        is_valid = isinstance(value, list) and all(str(UUID(key)) == key for key in value)
    except (AttributeError, TypeError, ValueError):
        is_valid = False
    if not is_valid:
        raise ValidationError(_("Please choose parts of this course."))


class ActivityMixin(UnitMixin, FrozenUnitMixin, ActivityBase):
    """A page that can be completed: the contract of an activity type.

    A plug-in combines it with ``wagtail.models.Page``; the page type then appears under "add child
    page" of courses and modules. The unit of learning is the page's ``translation_key``, the same
    in every language.
    """

    #: Name of a Wagtail icon.
    activity_icon = "doc-full"
    #: What completes the activity.
    completion_mode = CompletionMode.MANUAL
    base_form_class = ActivityPageForm

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
    #: Keys of other activities, as text: the same in every language. One that is not public in this
    #: course today holds nobody back, so a part can be moved or deleted as ever.
    prerequisites = models.JSONField(
        _("to be completed first"),
        default=list,
        blank=True,
        validators=[validate_keys],
        help_text=_(
            "Until all of these parts are completed, people see only the title of this one and "
            "what comes first. Who has completed it already keeps it open."
        ),
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

        return slim(CoursePage.objects.ancestor_of(self), "read_confirmation").get()

    def serve(self, request, *args, **kwargs):
        """Only for people who may learn, and only what is open to them."""
        from courses.views.activity import serve_activity

        return serve_activity(self, request, super().serve)

    def clean_for_publishing(self) -> None:
        """Refuse to turn the last part that completes a live course into a mere offer.

        And prerequisites that lead in a circle: nobody could begin anywhere.
        """
        from courses.activities import courses_left_empty, refuse_circles

        super().clean_for_publishing()
        refuse_circles(self)
        if (
            self.live
            and not self.is_required
            and not self.course.electives_needed  # then it is one of those to choose
            and courses_left_empty([self])
        ):
            raise ValidationError(
                {
                    "is_required": _(
                        "Nothing else completes this course. Please publish another part that is "
                        "needed to complete it first, or leave the tick here."
                    )
                }
            )

    @classmethod
    def holds_key(cls) -> bool:
        """What is graded has right answers, unless its type says otherwise."""
        return cls.completion_mode == CompletionMode.GRADED

    @classmethod
    def get_outline_label(cls, level: int) -> str:
        """What it is called ``level`` steps below its course: Modul, Abschlusstest …"""
        return str(cls._meta.verbose_name)
