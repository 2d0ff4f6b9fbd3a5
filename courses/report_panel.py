"""Open reports of a quiz or of a question of the bank, at the top of its editor."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.functional import cached_property
from wagtail.admin.panels import Panel

from courses.enums import ReportStatus
from hub.i18n import languages

#: More are in the list of all reports.
SHOWN_AT_MOST = 10


class OpenReportsPanel(Panel):
    """What learners have reported and nobody has closed yet; not there if there is nothing."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/question_reports/editor_panel.html"

        @cached_property
        def reports(self) -> list[Any]:
            """The newest open reports, one more than are shown."""
            from courses.question_reports import reports_of

            key, language = self.instance.translation_key, languages()[self.instance.locale_id]
            found = reports_of(self.request.user).filter(
                Q(quiz_key=key) | Q(question_id=key),
                status=ReportStatus.OPEN,
                version__language=language,
            )
            return list(found.select_related("version")[: SHOWN_AT_MOST + 1])

        def is_shown(self) -> bool:
            return bool(super().is_shown() and self.instance.pk and self.reports)

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            from courses.reported_questions import reported_questions

            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | {
                "rows": reported_questions(self.reports[:SHOWN_AT_MOST], self.request.user),
                "is_longer": len(self.reports) > SHOWN_AT_MOST,
            }
