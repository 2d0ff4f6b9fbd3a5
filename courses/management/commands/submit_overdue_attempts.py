"""``manage.py submit_overdue_attempts``: what was answered counts, also if nobody comes back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import ngettext

from courses.actions import is_time_up, submit_attempt
from courses.models import Attempt, QuizPage
from hub.i18n import default_locale_id


class Command(BaseCommand):
    help = "Submits the attempts at quizzes whose time is up. Meant to run every night."

    def handle(self, *args: Any, **options: Any) -> None:
        """Submit them, and say how many there were."""
        timed = QuizPage.objects.filter(
            time_limit_minutes__isnull=False, locale=default_locale_id()
        )
        quizzes = {quiz.activity_key: quiz for quiz in timed}
        overdue = [
            attempt
            for attempt in Attempt.objects.filter(
                submitted_at__isnull=True, activity_key__in=quizzes
            ).select_related("enrolment__user")
            if is_time_up(attempt)
        ]
        for attempt in overdue:
            submit_attempt(attempt=attempt, quiz=quizzes[attempt.activity_key])
        self.stdout.write(
            ngettext(
                "%(count)s attempt was submitted.",
                "%(count)s attempts were submitted.",
                len(overdue),
            )
            % {"count": len(overdue)}
        )
