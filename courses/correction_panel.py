"""The way from the editor of a quiz to its corrections."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from wagtail.admin.panels import Panel

from hub.i18n import default_locale_id


class CorrectionsLinkPanel(Panel):
    """Where to say what kind of correction a changed question is; at the original only."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/corrections/editor_panel.html"

        def is_shown(self) -> bool:
            quiz = self.instance
            return bool(
                super().is_shown()
                and quiz.pk
                and quiz.first_published_at
                and quiz.locale_id == default_locale_id()
                and quiz.permissions_for_user(self.request.user).can_edit()
            )

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            key = self.instance.translation_key
            return context | {"address": reverse("courses_corrections", args=[key])}
