"""The way from the editor of a quiz or a question of the bank to its corrections."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from wagtail.admin.panels import Panel


class CorrectionsLinkPanel(Panel):
    """Where to say what kind of correction a changed question is; at the original only."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/corrections/editor_panel.html"

        def is_shown(self) -> bool:
            from .corrections import is_original
            from .permissions import may_propose_corrections

            unit = self.instance
            return bool(
                super().is_shown()
                and unit.pk
                and unit.first_published_at
                and is_original(unit)
                and may_propose_corrections(self.request.user, unit)
            )

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            from .models import BankQuestion

            context: dict[str, Any] = super().get_context_data(parent_context)
            key = self.instance.translation_key
            return context | {
                "address": reverse("courses_corrections", args=[key]),
                "is_of_bank": isinstance(self.instance, BankQuestion),
            }
