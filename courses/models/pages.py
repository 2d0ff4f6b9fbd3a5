"""The page tree of learning: catalogue, course, module."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.search import index
from wagtail_localize.fields import SynchronizedField

from courses import rules
from courses.changing_panel import ChangePanel
from courses.enums import Level, RefresherContent
from courses.forms import CoursePageForm
from courses.parts_panel import PartsPanel
from courses.readers import Reader
from hub.blocks import INLINE_FEATURES, ContentStreamBlock, LeanStreamField
from hub.pages import HubPageMixin, address_panel, title_panel

from .activities import ActivityMixin
from .changing import UnitMixin
from .frozen_units import FrozenUnitMixin
from .versions import ContentVersion


def parse_days(text: str) -> list[int]:
    """Numbers of days with commas between them, the highest first, each once.

    Raises ``ValueError`` for anything else, for more than ten, and beyond 1 to 365.
    """
    days = {int(part) for part in text.split(",") if text.strip()}
    if len(days) > 10 or not all(1 <= day <= 365 for day in days):
        raise ValueError(text)
    return sorted(days, reverse=True)


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


class CoursePage(ActivityParentMixin, UnitMixin, FrozenUnitMixin, Page):
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
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("After this time a refresher is due. Empty: valid without an end."),
    )
    electives_needed = models.PositiveSmallIntegerField(
        _("number of optional parts that are needed"),
        default=0,
        help_text=_(
            "The course is completed when all parts that are needed are done and, of the optional "
            "ones, as many as you say here; people choose which. 0: none, they are mere offers."
        ),
    )
    read_confirmation = models.CharField(
        _("what people confirm by “Mark as learnt”"),
        max_length=200,
        blank=True,
        help_text=_(
            "One sentence, such as “I have read this module completely and know whom I can ask.” "
            "Empty: “I have read this module completely and understood what matters.” "
            "No time is measured."
        ),
    )
    refresher_content = models.CharField(
        _("what a refresher contains"),
        max_length=20,
        choices=RefresherContent.choices,
        default=RefresherContent.CHANGES,
        help_text=_(
            "If nothing has changed substantively, people take the final test again; a course "
            "without a test is learnt again as a whole."
        ),
    )
    refresh_window_days = models.PositiveSmallIntegerField(
        _("refresher possible so many days before the end"),
        default=60,
        validators=[MinValueValidator(1)],
        help_text=_(
            "From then on people can begin the refresher. Who is early loses no day: the new "
            "validity begins when the old one ends."
        ),
    )
    reminder_days = models.CharField(
        _("reminders so many days before the end"),
        max_length=60,
        blank=True,
        default="60, 30, 7",
        help_text=_(
            "Days before the deadline or before the end of the validity, with commas between "
            "them: 60, 30, 7. Empty: nobody is reminded."
        ),
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

    version_template = "courses/versions/course.html"
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
            [FieldPanel("electives_needed"), FieldPanel("read_confirmation")],
            heading=_("When the course is completed"),
        ),
        MultiFieldPanel(
            [
                FieldPanel("refresh_months"),
                FieldPanel("refresher_content"),
                FieldPanel("refresh_window_days"),
                FieldPanel("reminder_days"),
            ],
            heading=_("Validity and refresher"),
        ),
        MultiFieldPanel(
            [
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
    override_translatable_fields = [
        *UnitMixin.override_translatable_fields,
        SynchronizedField("reminder_days", overridable=False),
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

    @property
    def reminders(self) -> list[int]:
        """How many days before an end people are reminded, the earliest reminder first."""
        return parse_days(self.reminder_days)

    def clean(self) -> None:
        """Refuse a window that is longer than the validity allows, and days that are none."""
        super().clean()
        errors: dict[str, Any] = {}
        try:
            self.reminder_days = ", ".join(map(str, parse_days(self.reminder_days)))
        except ValueError:
            errors["reminder_days"] = _(
                "Please write up to ten whole numbers from 1 to 365 with commas between them, "
                "for example: 60, 30, 7."
            )
        if self.refresh_months and self.refresh_window_days:
            longest = rules.longest_window(self.refresh_months)
            if self.refresh_window_days > longest:
                errors["refresh_window_days"] = _(
                    "That is too early for a validity of %(months)d months. Please enter at most "
                    "%(days)d days: half of the validity."
                ) % {"months": self.refresh_months, "days": longest}
        if errors:
            raise ValidationError(errors)

    def clean_for_publishing(self) -> None:
        """Refuse a course without anything to complete, or that asks for more than there is."""
        from courses.activities import can_be_completed, refuse_too_many_electives

        super().clean_for_publishing()
        refuse_too_many_electives(self)
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

    @classmethod
    def get_version_context(cls, version: ContentVersion, reader: Reader) -> dict[str, Any]:
        from courses.texts import frozen_text

        content = version.content
        introduction = cls._meta.get_field("introduction")
        return {
            "introduction": frozen_text(introduction, content.get("introduction", [])),
            "level": dict(Level.choices).get(content.get("level", ""), ""),
            "legal_as_of": parse_date(content.get("legal_as_of") or ""),
        }

    def get_evidence(self) -> dict[str, Any]:
        """What a content version of the course freezes.

        A rule that is not used leaves no trace: it came later than the first courses, whose text
        has not changed by it.
        """
        rule = {
            "electives_needed": self.electives_needed,
            "read_confirmation": self.read_confirmation,
        }
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
            **{name: value for name, value in rule.items() if value},
        }


class ModulePage(ActivityParentMixin, ActivityMixin, Page):
    """A module: a text to learn from, and the activities that belong to it."""

    activity_icon = "doc-full"
    version_template = "courses/versions/module.html"

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
            [
                FieldPanel("duration_minutes"),
                FieldPanel("is_required"),
                PartsPanel("prerequisites"),
            ],
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

    def get_context(self, request, *args, **kwargs):
        from courses.views.activity import module_context

        return super().get_context(request) | module_context(self, request)

    @classmethod
    def get_version_context(cls, version: ContentVersion, reader: Reader) -> dict[str, Any]:
        from courses.texts import frozen_text

        return {"text": frozen_text(cls._meta.get_field("body"), version.content["body"])}

    def get_evidence(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "summary": self.summary,
            "body": self.body.get_prep_value(),
            "duration_minutes": self.duration_minutes,
        }
