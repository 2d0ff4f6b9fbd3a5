"""What all pages of the hub have in common."""

from __future__ import annotations

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminPageForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, Panel, TitleFieldPanel
from wagtail.models import PageViewRestriction

from hub.publishing import CarefulFormMixin, CarefulPublishingMixin


class HubPageForm(CarefulFormMixin, WagtailAdminPageForm):
    """The form of every page."""


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


class HubPageMixin(CarefulPublishingMixin):
    """Base of the hub's page types."""

    base_form_class = HubPageForm
    # The hub has no generated menus, and what search engines show stands on the page itself.
    promote_panels: list[Panel] = []

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
