"""The hub's own pages: the start page and plain pages such as the imprint."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.search import index

from hub.blocks import INLINE_FEATURES, ContentStreamBlock, LeanStreamField
from hub.pages import HubPageMixin, address_panel, title_panel


class PromiseBlock(blocks.StructBlock):
    """One thing people can count on, on the start page."""

    title = blocks.CharBlock(label=_("Title"))
    text = blocks.TextBlock(label=_("Text"))

    class Meta:
        icon = "tick"
        label = _("Promise")
        template = "blocks/promise.html"


class WorkingGroupBlock(blocks.StructBlock):
    """One of the Untergruppen of the cooperation."""

    name = blocks.CharBlock(label=_("Name"))
    text = blocks.TextBlock(label=_("What it works on"))
    picture = blocks.ChoiceBlock(
        choices=[
            ("strategie", _("Strategy")),
            ("anwendungsfaelle", _("Use cases")),
            ("qualifizierung", _("Qualification")),
            ("recht", _("Law and organisation")),
        ],
        label=_("Picture"),
    )

    class Meta:
        icon = "group"
        label = _("Working group")
        template = "blocks/working_group.html"


class HomePage(HubPageMixin, Page):
    """The start page: what the hub is, the courses, who stands behind it."""

    hero_title = models.CharField(_("headline"), max_length=120)
    hero_text = RichTextField(_("text below the headline"), features=INLINE_FEATURES)
    promises = LeanStreamField(
        [("promise", PromiseBlock())], verbose_name=_("promises"), blank=True
    )
    courses_title = models.CharField(_("headline of the courses"), max_length=120)
    groups_title = models.CharField(_("headline of the working groups"), max_length=120, blank=True)
    groups = LeanStreamField(
        [("group", WorkingGroupBlock())], verbose_name=_("working groups"), blank=True
    )
    partners_title = models.CharField(_("headline of the authorities"), max_length=120)
    partners_text = RichTextField(
        _("text about the authorities"), features=INLINE_FEATURES, blank=True
    )

    content_panels = [
        title_panel(_("Title of the start page")),
        MultiFieldPanel([FieldPanel("hero_title"), FieldPanel("hero_text")], heading=_("Top")),
        FieldPanel("promises"),
        FieldPanel("courses_title"),
        MultiFieldPanel(
            [FieldPanel("groups_title"), FieldPanel("groups")], heading=_("Working groups")
        ),
        MultiFieldPanel(
            [FieldPanel("partners_title"), FieldPanel("partners_text")], heading=_("Authorities")
        ),
        address_panel(),
    ]
    parent_page_types = ["wagtailcore.Page"]
    max_count_per_parent = 3

    class Meta:
        verbose_name = _("start page")
        verbose_name_plural = _("start pages")

    def get_context(self, request, *args, **kwargs):
        from courses.views.catalogue import live_courses
        from hub.organisations.models import Organisation

        return super().get_context(request) | {
            "courses": live_courses(self.locale_id, request),
            "organisations": Organisation.objects.filter(is_active=True),
        }


class PlainPage(HubPageMixin, Page):
    """A page of text: imprint, privacy, accessibility statement, help."""

    introduction = models.TextField(_("introduction"), blank=True)
    body = LeanStreamField(ContentStreamBlock(), verbose_name=_("text"), blank=True)
    show_in_footer = models.BooleanField(
        _("show in the footer"), default=False, help_text=_("For legal pages and help.")
    )

    page_description = _("A text of its own, such as help, imprint or privacy.")
    content_panels = [
        title_panel(_("Title of the page")),
        FieldPanel("introduction"),
        FieldPanel("body"),
        FieldPanel("show_in_footer"),
        address_panel(),
    ]
    search_fields = [*Page.search_fields, index.SearchField("body")]
    parent_page_types = ["home.HomePage", "home.PlainPage"]
    subpage_types = ["home.PlainPage"]

    class Meta:
        verbose_name = _("plain page")
        verbose_name_plural = _("plain pages")
