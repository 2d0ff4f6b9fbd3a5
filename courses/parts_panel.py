"""How the history of a page shows which parts of its course come first: by their titles."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.compare import M2MFieldComparison
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page


class PartsComparison(M2MFieldComparison):
    """Two lists of keys as the titles of today; a part that is gone has none any more."""

    def __init__(self, field: Any, obj_a: Page, obj_b: Page) -> None:
        super().__init__(field, obj_a, obj_b)
        pages = Page.objects.filter(translation_key__in={*self.val_a, *self.val_b})
        # The title in the language of the page itself comes last, and so it is the one that counts.
        in_order = sorted(pages, key=lambda page: page.locale_id == obj_b.locale_id)
        self.titles = {str(page.translation_key): page.draft_title for page in in_order}

    def get_item_display(self, item: str) -> str:
        return self.titles.get(item) or _("a part that was deleted")


class PartsPanel(FieldPanel):
    """The panel of a field that holds the keys of other parts."""

    def get_comparison_class(self) -> type[PartsComparison]:
        return PartsComparison
