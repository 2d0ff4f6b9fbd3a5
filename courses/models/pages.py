"""The page tree of learning: catalogue, course, module."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.search import index

from courses.changing_panel import ChangePanel
from courses.enums import Level
from courses.forms import CoursePageForm
from hub.blocks import INLINE_FEATURES, ContentStreamBlock, LeanStreamField
from hub.pages import HubPageMixin, address_panel, title_panel

from .activities import ActivityMixin
from .changing import UnitMixin


class ActivityParentMixin:
    """A page below which every activity type may stand, also those of plug-ins."""

    # As learners meet them, and to be dragged into another order.
    admin_default_ordering = "ord"

    @classmethod
    def clean_subpage_models(cls) -> list[type[Page]]:
        from courses.activities import activity_models

        return list(activity_models())


class CourseIndexPage(HubPageMixin, Page):
    """The catalogue."""

    introduction = RichTextField(_("introduction"), features=INLINE_FEATURES, blank=True)

    admin_default_ordering = "ord"
    page_description = _("The list of all courses; there is one in each language.")
    content_panels = [
        title_panel(_("Title of the catalogue")),
        FieldPanel("introduction"),
        address_panel(),
    ]
    parent_page_types = ["home.HomePage"]
    subpage_types = ["courses.CoursePage"]
    max_count_per_parent = 1

    class Meta:
        verbose_name = _("course catalogue")
        verbose_name_plural = _("course catalogues")

    def get_context(self, request, *args, **kwargs):
        from courses.views.catalogue import catalogue_context

        return super().get_context(request) | catalogue_context(self, request)


class CoursePage(ActivityParentMixin, UnitMixin, Page):
    """A course: what it is for, and the activities below it."""

    summary = models.CharField(
        _("summary"),
        max_length=300,
        help_text=_("One or two sentences: what the course is about and what it is good for."),
    )
    introduction = LeanStreamField(
        ContentStreamBlock(),
        verbose_name=_("introduction"),
        blank=True,
        help_text=_("Stands on the course page, before anybody has signed in. May be left empty."),
    )
    objectives = LeanStreamField(
        [("objective", blocks.CharBlock(label=_("Learning objective"), icon="check"))],
        verbose_name=_("learning objectives"),
        help_text=_(
            "What people can do afterwards, one sentence each: “You recognise …”. "
            "These sentences stand on the certificate."
        ),
    )
    level = models.CharField(_("level"), max_length=20, choices=Level.choices, default=Level.BASIC)
    duration_minutes = models.PositiveSmallIntegerField(
        _("duration in minutes"),
        default=60,
        help_text=_("The whole course with all its modules and its test."),
    )
    audience_note = models.CharField(
        _("for whom"),
        max_length=300,
        blank=True,
        help_text=_("For example: “All employees”, “Who buys or introduces AI systems”."),
    )
    topics = ClusterTaggableManager(
        through="courses.CourseTopic", verbose_name=_("topics"), blank=True
    )
    refresh_months = models.PositiveSmallIntegerField(
        _("validity in months"),
        null=True,
        blank=True,
        help_text=_("After this time a refresher is due. Empty: valid without an end."),
    )
    legal_basis = RichTextField(
        _("legal basis"),
        features=INLINE_FEATURES,
        blank=True,
        help_text=_("Which duty the course serves, in the words that hold on the day below."),
    )
    legal_as_of = models.DateField(_("legal state as of (Stand)"), null=True, blank=True)
    responsible_body = models.CharField(
        _("responsible body"), max_length=200, default="Untergruppe Qualifizierung"
    )
    review_on = models.DateField(
        _("check the content again on"),
        null=True,
        blank=True,
        help_text=_("Until then somebody reads the whole course and confirms that it is true."),
    )

    page_description = _(
        "What a course is for and for whom. Its modules and tests are pages below it."
    )
    content_panels = [
        title_panel(_("Title of the course")),
        FieldPanel("summary"),
        FieldPanel("objectives"),
        FieldPanel("introduction"),
        MultiFieldPanel(
            [
                FieldPanel("level"),
                FieldPanel("duration_minutes"),
                FieldPanel("audience_note"),
                FieldPanel("topics"),
            ],
            heading=_("For the catalogue"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("refresh_months"),
                FieldPanel("legal_basis"),
                FieldPanel("legal_as_of"),
                FieldPanel("responsible_body"),
                FieldPanel("review_on"),
            ],
            heading=_("Evidence and upkeep"),
        ),
        ChangePanel(heading=_("Versions")),
        address_panel(),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("introduction"),
    ]
    parent_page_types = ["courses.CourseIndexPage"]
    base_form_class = CoursePageForm

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")

    @property
    def course_key(self):
        """The unit of learning this page shows in one language."""
        return self.translation_key

    def clean_for_publishing(self) -> None:
        """Refuse a course without anything to complete."""
        from courses.activities import can_be_completed

        super().clean_for_publishing()
        if not can_be_completed(self):
            raise ValidationError(
                _(
                    "This course has no part yet that can be completed. Please save it as a draft, "
                    "add a module or a quiz below it, publish that, and then publish the course."
                )
            )

    def get_context(self, request, *args, **kwargs):
        from courses.views.course import course_context

        return super().get_context(request) | course_context(self, request)

    def get_evidence(self) -> dict[str, Any]:
        """What a content version of the course freezes."""
        return {
            "title": self.title,
            "summary": self.summary,
            "introduction": self.introduction.get_prep_value(),
            "objectives": [str(objective.value) for objective in self.objectives],
            "level": self.level,
            "duration_minutes": self.duration_minutes,
            "refresh_months": self.refresh_months,
            "legal_basis": self.legal_basis,
            "legal_as_of": self.legal_as_of.isoformat() if self.legal_as_of else None,
            "responsible_body": self.responsible_body,
        }


class ModulePage(ActivityParentMixin, ActivityMixin, Page):
    """A module: a text to learn from, and the activities that belong to it."""

    activity_icon = "doc-full"

    summary = models.CharField(
        _("summary"), max_length=300, blank=True, help_text=_("One sentence for the outline.")
    )
    body = LeanStreamField(
        ContentStreamBlock(),
        verbose_name=_("text"),
        help_text=_(
            "Put it together from texts, headings, boxes, pictures and tables. "
            "Begin with a scene from everyday work, and end with the key points and the sources."
        ),
    )

    page_description = _("A text to learn from. A knowledge check may stand below it.")
    content_panels = [
        title_panel(_("Title of the module")),
        FieldPanel("summary"),
        FieldPanel("body"),
        MultiFieldPanel(
            [FieldPanel("duration_minutes"), FieldPanel("is_required")],
            heading=_("In the course"),
        ),
        ChangePanel(heading=_("Versions")),
        address_panel(),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("body"),
    ]
    parent_page_types = ["courses.CoursePage"]

    class Meta:
        verbose_name = _("module")
        verbose_name_plural = _("modules")

    def serve(self, request, *args, **kwargs):
        from courses.views.activity import serve_activity

        return serve_activity(self, request, super().serve)

    def get_context(self, request, *args, **kwargs):
        from courses.views.activity import module_context

        return super().get_context(request) | module_context(self, request)

    def get_evidence(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "summary": self.summary,
            "body": self.body.get_prep_value(),
            "duration_minutes": self.duration_minutes,
        }
