"""Open reports of a quiz or of a question of the bank, at the top of its editor."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from wagtail.admin.panels import Panel

#: More are in the list of all reports.
SHOWN_AT_MOST = 10


class OpenReportsPanel(Panel):
    """What learners have reported and nobody has closed yet; not there if there is nothing."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/question_reports/editor_panel.html"

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._reports: list[Any] | None = None

        @property
        def reports(self) -> list[Any]:
            """The newest open reports, one more than are shown."""
            from courses.question_reports import reports_of

            if self._reports is None:
                key, language = self.instance.translation_key, self.instance.locale.language_code
                about = Q(quiz_key=key) | Q(question_id=key)
                found = reports_of(self.request.user).filter(
                    about, status="open", version__language=language
                )
                self._reports = list(found.select_related("version")[: SHOWN_AT_MOST + 1])
            return self._reports

        def is_shown(self) -> bool:
            return bool(super().is_shown() and self.instance.pk and self.reports)

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            from courses.reported_questions import reported_questions

            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {
                "rows": reported_questions(self.reports[:SHOWN_AT_MOST], self.request.user),
                "is_longer": len(self.reports) > SHOWN_AT_MOST,
            }
