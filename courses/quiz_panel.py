"""What the editor of a quiz sees of its points."""

from __future__ import annotations

from typing import Any

from wagtail.admin.panels import Panel


class PointsPanel(Panel):
    """Number of questions, sum of points and what is needed to pass, as last saved.

    Wagtail saves while somebody writes; ``wagtailadmin/pages/edit_partials.html`` renews it then.
    """

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/points_panel.html"

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            from courses.reckoning import reckon

            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {"reckoning": reckon(self.instance)}
