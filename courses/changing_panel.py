"""What the editor of a course, a module or a quiz sees of its versions."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from wagtail.admin.panels import Panel


class ChangePanel(Panel):
    """Asks whether a change is substantive or editorial, and shows what either would do.

    A page type with this panel is asked about; without it, a change counts as substantive. Wagtail
    saves while somebody writes; ``wagtailadmin/pages/edit_partials.html`` renews the effect then.
    """

    def get_form_options(self) -> dict[str, Any]:
        """The fields of ``UnitForm`` that stand here."""
        return {"fields": ["kind_of_change", "change_seen"]}

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/changing/editor_panel.html"

        def is_shown(self) -> bool:
            from .changing.answers import is_original

            page = self.instance
            return bool(
                super().is_shown()
                and page.pk
                and page.first_published_at
                and page.alias_of_id is None
                and is_original(page)
            )

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            from .changing.showing import shown_change

            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {
                "form": self.form,
                "address": reverse("courses_versions", args=[self.instance.translation_key]),
                **shown_change(self.instance),
            }


def has_question(model: type[Any]) -> bool:
    """Whether the editor of a page type asks what a change means."""
    return any(isinstance(panel, ChangePanel) for panel in model.content_panels)
